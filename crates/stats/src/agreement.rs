//! Agreement of several raters beyond chance.
//!
//! Ratings come as counts: one row an item, one column a category, how many raters chose it.

/// Fleiss' kappa (Fleiss 1971). Every item must have the same number of ratings, at least two.
///
/// `None` if it is undefined: no items, rows of different lengths or totals, fewer than two ratings an item, or all
/// ratings in one category (then chance alone explains full agreement).
pub fn fleiss_kappa(counts: &[Vec<u32>]) -> Option<f64> {
    let first = counts.first()?;
    let raters = total(first);
    let categories = first.len();
    if raters < 2.0 || counts.iter().any(|row| row.len() != categories || total(row) != raters) {
        return None;
    }
    let items = counts.len() as f64;
    let agreeing: f64 = counts.iter().map(|row| pairs_in_agreement(row)).sum();
    let observed = agreeing / (raters * (raters - 1.0)) / items;
    let column = column_totals(counts)?;
    let ratings = items * raters;
    if column.contains(&ratings) {
        return None;
    }
    let by_chance: f64 = column.iter().map(|c| (c / ratings) * (c / ratings)).sum();
    Some((observed - by_chance) / (1.0 - by_chance))
}

/// Krippendorff's alpha for nominal categories (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").
/// Items may have different numbers of ratings; items with fewer than two are left out, as the formula asks.
///
/// `None` if it is undefined: no item has two ratings, rows differ in length, or only one category was ever used.
pub fn krippendorff_alpha_nominal(counts: &[Vec<u32>]) -> Option<f64> {
    let paired: Vec<&Vec<u32>> = counts.iter().filter(|row| total(row) >= 2.0).collect();
    let column = column_totals(&paired)?;
    let values: f64 = column.iter().sum();
    // The coincidence matrix's diagonal, one item at a time: pairs in agreement over (ratings − 1).
    let agreeing: f64 = paired.iter().map(|row| pairs_in_agreement(row) / (total(row) - 1.0)).sum();
    let expected: f64 = column.iter().map(|c| c * (values - c)).sum();
    (expected > 0.0).then(|| 1.0 - (values - 1.0) * (values - agreeing) / expected)
}

fn total(row: &[u32]) -> f64 {
    row.iter().map(|c| f64::from(*c)).sum()
}

/// Ordered pairs of raters who chose the same category.
fn pairs_in_agreement(row: &[u32]) -> f64 {
    row.iter().map(|c| f64::from(*c) * (f64::from(*c) - 1.0)).sum()
}

/// Ratings a category. `None` if there are no rows or their lengths differ.
fn column_totals<R: AsRef<[u32]>>(counts: &[R]) -> Option<Vec<f64>> {
    let mut sums = vec![0.0; counts.first()?.as_ref().len()];
    for row in counts {
        let row = row.as_ref();
        if row.len() != sums.len() {
            return None;
        }
        for (sum, c) in sums.iter_mut().zip(row) {
            *sum += f64::from(*c);
        }
    }
    Some(sums)
}
