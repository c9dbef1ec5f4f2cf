//! Several tests at a time.

/// Holm's correction (1979, *Scandinavian Journal of Statistics* 6): p-values adjusted so that, calling those below α
/// findings, the chance of any false one among all of them is at most α, however the tests depend on each other.
/// The k-th smallest of m is multiplied by m − k + 1, and is at least those before it and at most 1; statsmodels'
/// `multipletests(method="holm")`.
///
/// In the order they were handed in. `None` if a value is not from 0 to 1.
pub fn holm(p_values: &[f64]) -> Option<Vec<f64>> {
    if p_values.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return None;
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least = 0.0_f64;
    for (before, i) in order.into_iter().enumerate() {
        least = least.max(p_values[i] * (p_values.len() - before) as f64).min(1.0);
        adjusted[i] = least;
    }
    Some(adjusted)
}
