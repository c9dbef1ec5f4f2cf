//! Summaries of one or two samples.
//!
//! All of them are `None` where the value is undefined, which includes samples that hold a NaN or an infinity.

fn all_finite(values: &[f64]) -> bool {
    values.iter().all(|v| v.is_finite())
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Arithmetic mean. `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() || !all_finite(values) {
        return None;
    }
    // Centred on the first value, so that a large common offset costs no digits; it must not overflow either.
    let n = values.len() as f64;
    let first = values[0];
    let centred = first + values.iter().map(|v| v - first).sum::<f64>() / n;
    finite(centred).or_else(|| finite(values.iter().map(|v| v / n).sum()))
}

/// Sum of squared deviations from the mean, and the mean.
fn squares(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let (mut squares, mut rest) = (0.0, 0.0);
    for v in values {
        squares += (v - mean) * (v - mean);
        rest += v - mean;
    }
    // The second term takes out what rounding left in the mean.
    finite((squares - rest * rest / values.len() as f64).max(0.0))
}

/// Sample standard deviation (n − 1). `None` of fewer than two values.
pub fn sd(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    Some((squares(values)? / (values.len() - 1) as f64).sqrt())
}

/// Standard error of the mean: `sd / √n`. `None` of fewer than two values.
pub fn standard_error(values: &[f64]) -> Option<f64> {
    Some(sd(values)? / (values.len() as f64).sqrt())
}

/// Mean of the `k` highest values (the paper's five best epochs); of all of them where there are fewer.
/// `None` if `k` is 0 or there are no values.
pub fn mean_of_highest(values: &[f64], k: usize) -> Option<f64> {
    if !all_finite(values) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted.truncate(k);
    mean(&sorted)
}

/// Pearson's correlation of `x` and `y`, from −1 to 1. `None` if the lengths differ, there are fewer than two pairs,
/// or one of the two is constant.
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.len() < 2 {
        return None;
    }
    let unit = |values: &[f64]| -> Option<Vec<f64>> {
        let mean = mean(values)?;
        if values.iter().all(|v| *v == values[0]) {
            return None;
        }
        // Scaled by the largest first, so that squares neither overflow nor vanish.
        let largest =
            finite(values.iter().map(|v| (v - mean).abs()).fold(0.0, f64::max)).filter(|l| *l > 0.0)?;
        let scaled: Vec<f64> = values.iter().map(|v| (v - mean) / largest).collect();
        let norm = scaled.iter().map(|v| v * v).sum::<f64>().sqrt();
        Some(scaled.into_iter().map(|v| v / norm).collect())
    };
    let (x, y) = (unit(x)?, unit(y)?);
    Some(x.iter().zip(&y).map(|(a, b)| a * b).sum::<f64>().clamp(-1.0, 1.0))
}

/// The `q`-quantile, `q` from 0 to 1, interpolated linearly between order statistics (Hyndman & Fan's type 7, as
/// `NumPy`'s default). `None` of nothing, or for a `q` outside 0 to 1.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    if values.is_empty() || !all_finite(values) || !(0.0..=1.0).contains(&q) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = q * (sorted.len() - 1) as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let share = at - below as f64;
    finite(sorted[below] * (1.0 - share) + sorted[above] * share)
}

/// One bar of a histogram: the values from `from` to below `to` (the last bar includes its `to`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Lower edge.
    pub from: f64,
    /// Upper edge.
    pub to: f64,
    /// How many values.
    pub count: usize,
}

/// Histogram of `values` in `bins` equally wide bars from `low` to `high`, as `NumPy`'s: bars are closed below and open
/// above, except for the last; values outside are not counted. `None` if `bins` is 0, the range is empty or not
/// finite, or a value is NaN.
pub fn histogram(values: &[f64], bins: usize, low: f64, high: f64) -> Option<Vec<Bin>> {
    let width = finite((high - low) / bins as f64)?;
    if bins == 0 || low >= high || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    let edge = |i: usize| if i == bins { high } else { low + width * i as f64 };
    let mut result: Vec<Bin> = (0..bins).map(|i| Bin { from: edge(i), to: edge(i + 1), count: 0 }).collect();
    for v in values.iter().filter(|v| (low..=high).contains(*v)) {
        // The division may land one bar off by rounding: the edges decide.
        let mut i = (((v - low) / (high - low) * bins as f64) as usize).min(bins - 1);
        while i > 0 && *v < result[i].from {
            i -= 1;
        }
        while i + 1 < bins && *v >= result[i].to {
            i += 1;
        }
        result[i].count += 1;
    }
    Some(result)
}
