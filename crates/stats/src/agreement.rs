//! Agreement of several raters beyond chance.
//!
//! Ratings of many raters come as counts: one row an item, one column a category, how many raters chose it. Ratings of
//! a pair come as two lists, one entry an item.

use std::collections::BTreeMap;

/// Fleiss' kappa (Fleiss 1971). Every item must have the same number of ratings, at least two: the definition knows no
/// other case. Where the numbers differ, [`krippendorff_alpha_nominal`] is the statistic.
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

/// Share of the items, 0 to 1, that two raters put in the same category. `None` of nothing, or if the lengths differ.
pub fn raw_agreement(a: &[usize], b: &[usize]) -> Option<f64> {
    if a.is_empty() || a.len() != b.len() {
        return None;
    }
    Some(same(a, b) as f64 / a.len() as f64)
}

/// Cohen's kappa of two raters (Cohen 1960, *Educational and Psychological Measurement* 20), from −1 to 1: `a` and `b`
/// hold the category that each chose, one entry an item, in any numbering.
///
/// `None` if it is undefined: no items, lists of different lengths, or both raters chose one and the same category
/// throughout (then chance alone explains full agreement).
pub fn cohen_kappa(a: &[usize], b: &[usize]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let mut chosen: BTreeMap<usize, [u128; 2]> = BTreeMap::new();
    for (a, b) in a.iter().zip(b) {
        chosen.entry(*a).or_default()[0] += 1;
        chosen.entry(*b).or_default()[1] += 1;
    }
    // In whole numbers of n², so that full agreement is exactly 1.
    let items = a.len() as u128;
    let by_chance: u128 = chosen.values().map(|[a, b]| a * b).sum();
    let room = items * items - by_chance;
    let disagreeing = (items - same(a, b)) * items;
    (room > 0).then(|| 1.0 - disagreeing as f64 / room as f64)
}

/// How many items the two put in the same category.
fn same(a: &[usize], b: &[usize]) -> u128 {
    a.iter().zip(b).filter(|(a, b)| a == b).count() as u128
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
