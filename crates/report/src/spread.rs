//! Picking without looking.

/// `wanted` indices spread evenly over `0..n`, ends included.
pub fn spread(n: usize, wanted: usize) -> Vec<usize> {
    match (n, wanted) {
        (0, _) | (_, 0) => Vec::new(),
        (n, wanted) if n <= wanted => (0..n).collect(),
        (n, 1) => vec![n / 2],
        (n, wanted) => (0..wanted).map(|i| i * (n - 1) / (wanted - 1)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn picks_are_spread_evenly_and_never_twice() {
        assert_eq!(spread(10, 4), [0, 3, 6, 9]);
        assert_eq!(spread(3, 8), [0, 1, 2]);
        assert_eq!(spread(9, 1), [4]);
        assert!(spread(0, 3).is_empty());
    }
}
