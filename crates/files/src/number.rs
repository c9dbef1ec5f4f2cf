//! Numbers as tables write them.

use std::borrow::Cow;

/// A finite number. With `comma`, a cell may write its decimal sign as a comma, as tables do that semicolons or tabs separate.
pub fn number(cell: &str, comma: bool) -> Option<f64> {
    let mut text = Cow::Borrowed(cell.trim());
    if text.contains('\u{2212}') {
        text = Cow::Owned(text.replace('\u{2212}', "-"));
    }
    if comma && text.matches(',').count() == 1 && !text.contains('.') {
        text = Cow::Owned(text.replace(',', "."));
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A count: a whole number from 0, which programs that know only real numbers write as `2.0`.
pub fn count(cell: &str, comma: bool) -> Option<u64> {
    const MOST: f64 = 9_007_199_254_740_992.0;
    let value = number(cell, comma)?;
    (value.is_sign_positive() && value.fract() == 0.0 && value <= MOST).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_signs_and_counts() {
        assert_eq!(number("0,5", true), Some(0.5));
        assert_eq!(number("\u{2212}1,25e-3", true), Some(-1.25e-3));
        assert_eq!(number("0.5", true), Some(0.5));
        for (bad, comma) in
            [("0,5", false), ("1.234,5", true), ("1,2,3", true), ("", true), ("inf", true), ("nan", true)]
        {
            assert_eq!(number(bad, comma), None, "{bad}");
        }
        for (cell, wanted) in [("2", 2), ("2.0", 2), ("2,0", 2), ("02", 2), ("0.000", 0), (" 7 ", 7)] {
            assert_eq!(count(cell, true), Some(wanted), "{cell}");
        }
        for bad in ["2.5", "-1", "-0", "1e300", "two", "", "2,0,0"] {
            assert_eq!(count(bad, true), None, "{bad}");
        }
        assert_eq!(count("2,0", false), None);
    }
}
