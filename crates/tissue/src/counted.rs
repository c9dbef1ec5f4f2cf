//! Counts in words.

/// "1 tile", "1,234 tiles".
pub(crate) fn tiles(n: usize) -> String {
    format!("{} {}", grouped(n), if n == 1 { "tile" } else { "tiles" })
}

/// "1 pair", "1,234 pairs".
pub(crate) fn pairs(n: usize) -> String {
    format!("{} {}", grouped(n), if n == 1 { "pair" } else { "pairs" })
}

/// A count with thousands separated: "2,894".
pub(crate) fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
