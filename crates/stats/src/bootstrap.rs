//! Intervals for statistics of units that are alike within clusters, such as tiles of one slide.

use crate::summary::quantile;
use rand::{Rng, RngExt};

/// An interval of a bootstrap, at 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end: of a percentile interval, the 2.5 % quantile of the replicates.
    pub low: f64,
    /// Upper end: of a percentile interval, the 97.5 % quantile.
    pub high: f64,
    /// Replicates in which the statistic was defined; the interval rests on these.
    pub replicates_used: usize,
}

/// Percentile interval at 95 % of a statistic, by drawing whole clusters (Davison & Hinkley 1997, section 3.8: clusters
/// with replacement, the units within them as they are).
///
/// `clusters` says of each unit which cluster it belongs to; only equality matters. A replicate draws as many clusters
/// as there are, with replacement, and hands `statistic` the indices of all their units, a unit as often as its
/// cluster was drawn, so that the number of units varies with the clusters' sizes. A replicate whose statistic is `None`
/// or not finite is left out, and counted as such by `replicates_used`.
///
/// The same state of `rng` gives the same interval; the clusters may be renamed freely.
///
/// `None` if there are fewer than two clusters, whose spread could not be seen, or if no replicate has a value.
pub fn cluster_bootstrap<R: Rng + ?Sized>(
    clusters: &[usize],
    replicates: usize,
    rng: &mut R,
    statistic: impl Fn(&[usize]) -> Option<f64>,
) -> Option<Interval> {
    let members = members(clusters);
    if members.len() < 2 {
        return None;
    }
    let mut values = Vec::new();
    let mut units = Vec::with_capacity(clusters.len());
    for _ in 0..replicates {
        units.clear();
        for _ in 0..members.len() {
            units.extend_from_slice(&members[rng.random_range(0..members.len())]);
        }
        values.extend(statistic(&units).filter(|value| value.is_finite()));
    }
    Some(Interval {
        low: quantile(&values, 0.025)?,
        high: quantile(&values, 0.975)?,
        replicates_used: values.len(),
    })
}

/// The units of each cluster, the clusters in order of their first units.
pub(crate) fn members(clusters: &[usize]) -> Vec<Vec<usize>> {
    let mut units: Vec<usize> = (0..clusters.len()).collect();
    units.sort_by_key(|unit| clusters[*unit]);
    let mut members: Vec<Vec<usize>> =
        units.chunk_by(|a, b| clusters[*a] == clusters[*b]).map(<[usize]>::to_vec).collect();
    members.sort_unstable();
    members
}
