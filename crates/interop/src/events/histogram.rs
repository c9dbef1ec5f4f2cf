//! Values as counts.

use super::message::Histogram;

/// How many counts; TensorBoard shows as many.
const BINS: usize = 30;

/// Counts of 30 equally wide bins from the least value to the greatest; of equal values one bin of width 1 around them. The error is the reason.
pub(super) fn histogram(values: &[f64]) -> Result<Histogram, String> {
    if let Some(at) = values.iter().position(|v| !v.is_finite()) {
        return Err(format!("value {at} is {}", values[at]));
    }
    let (min, max) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    if values.is_empty() {
        return Err("there are no values".to_owned());
    }
    let width = max - min;
    if !width.is_finite() {
        return Err("its values are too far apart".to_owned());
    }
    let (limits, counts) = if width == 0.0 {
        // The first limit opens a bin of its own, which is empty.
        (vec![min - 0.5, min + 0.5], vec![0.0, values.len() as f64])
    } else {
        let limit = |bin: usize| if bin == BINS { max } else { min + width * (bin as f64 / BINS as f64) };
        let mut counts = vec![0.0; BINS + 1];
        for &value in values {
            let bin = ((value - min) / width * BINS as f64) as usize;
            counts[1 + bin.min(BINS - 1)] += 1.0;
        }
        ((0..=BINS).map(limit).collect(), counts)
    };
    let sum = values.iter().sum();
    let sum_squares = values.iter().map(|v| v * v).sum();
    Ok(Histogram { min, max, num: values.len() as f64, sum, sum_squares, limits, counts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted_once_below_its_limit() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let told = histogram(&values).unwrap();
        assert_eq!((told.min, told.max, told.num), (0.0, 99.0, 100.0));
        assert_eq!((told.sum, told.sum_squares), (4950.0, 328_350.0));
        assert_eq!(told.counts.iter().sum::<f64>(), 100.0);
        assert_eq!(told.limits.len(), told.counts.len());
        assert!(told.limits.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(told.counts[30], 4.0, "95.7 to 99: 96, 97, 98, 99");
    }

    #[test]
    fn equal_values_have_a_bin_and_what_is_no_number_has_none() {
        let told = histogram(&[2.0; 7]).unwrap();
        assert_eq!((told.limits, told.counts), (vec![1.5, 2.5], vec![0.0, 7.0]));
        assert!(histogram(&[]).is_err());
        assert_eq!(histogram(&[1.0, f64::NAN]).unwrap_err(), "value 1 is NaN");
        assert!(histogram(&[f64::MIN, f64::MAX]).is_err());
    }
}
