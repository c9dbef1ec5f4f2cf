//! Numbers and names as a reader likes to see them.

use record::{Phi, TileSet, TrainingSet};

/// What stands for a number that is undefined.
pub const NONE: &str = "–";

/// With `digits` decimals and a true minus sign; [`NONE`] if it is not a number.
pub fn fixed(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        // "−0.0" is a zero.
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// As [`fixed`], for what may be undefined.
pub fn maybe(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| NONE.to_owned(), |v| fixed(v, digits))
}

/// With its sign always shown.
pub fn signed(value: f64, digits: usize) -> String {
    let text = fixed(value, digits);
    if text.starts_with('−') || text == NONE { text } else { format!("+{text}") }
}

/// An AUC from 0 to 1 in percent, as the paper prints it.
pub fn auc(value: Option<f64>) -> String {
    maybe(value.map(|v| 100.0 * v), 1)
}

/// A share in whole percent; [`NONE`] of nothing.
pub fn share(part: usize, whole: usize) -> String {
    share_to(part, whole, 0)
}

/// A share in percent with so many decimals; [`NONE`] of nothing.
pub fn share_to(part: usize, whole: usize, digits: usize) -> String {
    if whole == 0 {
        NONE.to_owned()
    } else {
        format!("{}\u{a0}%", fixed(100.0 * part as f64 / whole as f64, digits))
    }
}

/// A count with thin spaces between thousands.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A count and its noun: `1 seed`, `2 seeds`.
pub fn counted(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A p value: three decimals, or a power of ten where it is small.
pub fn p_value(p: f64) -> String {
    if !p.is_finite() {
        return NONE.to_owned();
    }
    if p >= 0.001 {
        return fixed(p, 3);
    }
    if p <= 0.0 {
        return "below 10⁻³⁰⁰".to_owned();
    }
    let scientific = format!("{p:.1e}");
    let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: String = power.chars().map(superscript).collect();
    format!("{digits}\u{a0}×\u{a0}10{power}")
}

fn superscript(c: char) -> char {
    match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0'..='9' => char::from_u32(0x2070 + u32::from(c) - u32::from('0')).unwrap_or(c),
        other => other,
    }
}

/// A selectivity in words, kept on one line: `φ = 12.5`.
pub fn phi(phi: Phi) -> String {
    format!("φ\u{a0}=\u{a0}{phi}")
}

/// A training set of Table 3 in words: `original`, `+ naive mix`, `+ generated, φ = 25`.
pub fn training_set(set: TrainingSet) -> String {
    match set {
        TrainingSet::Original => set.to_string(),
        TrainingSet::Naive => "+ naive mix".to_owned(),
        TrainingSet::Phi(at) => format!("+ generated, {}", phi(at)),
        TrainingSet::Recipe(name) => name.to_string(),
    }
}

/// A set of tiles in words.
pub fn tile_set(set: TileSet) -> String {
    match set {
        TileSet::Source => "source (easy)".to_owned(),
        TileSet::Generated(at) => format!("translated, {}", phi(at)),
        TileSet::Reconstructed(at) => format!("back again, {}", phi(at)),
        TileSet::Hard(at) => format!("real hard, {}", phi(at)),
        TileSet::Other => "other class".to_owned(),
    }
}

/// A length of time in words.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return NONE.to_owned();
    }
    let whole = seconds.round() as u64;
    match whole {
        0..=1 => format!("{}\u{a0}s", fixed(seconds, 1)),
        2..=119 => format!("{whole} s"),
        120..=7199 => format!("{} min", (whole + 30) / 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(fixed(-1.25, 1), "−1.2");
        assert_eq!(fixed(-0.01, 1), "0.0");
        assert_eq!(fixed(f64::NAN, 1), NONE);
        assert_eq!(signed(0.0, 1), "+0.0");
        assert_eq!(auc(Some(0.8484)), "84.8");
        assert_eq!(auc(None), NONE);
        assert_eq!(count(1_530_000), "1\u{202f}530\u{202f}000");
        assert_eq!(count(153), "153");
        assert_eq!(share(1, 0), NONE);
        assert_eq!(counted(1, "seed"), "1 seed");
        assert_eq!(duration(5400.0), "90 min");
        assert_eq!(duration(7260.0), "2 h 01 min");
    }

    #[test]
    fn p_values_have_powers_of_ten_where_small() {
        assert_eq!(p_value(0.0421), "0.042");
        assert_eq!(p_value(1.5e-30), "1.5\u{a0}×\u{a0}10⁻³⁰");
        assert_eq!(p_value(0.0), "below 10⁻³⁰⁰");
        assert_eq!(p_value(f64::NAN), NONE);
    }

    #[test]
    fn sets_are_named_in_words() {
        let phi = Phi::new(12.5);
        assert_eq!(training_set(TrainingSet::Phi(phi)), "+ generated, φ\u{a0}=\u{a0}12.5");
        assert_eq!(tile_set(TileSet::Reconstructed(phi)), "back again, φ\u{a0}=\u{a0}12.5");
        assert_eq!(tile_set(TileSet::Hard(phi)), "real hard, φ\u{a0}=\u{a0}12.5");
        assert_eq!(tile_set(TileSet::Source), "source (easy)");
    }
}
