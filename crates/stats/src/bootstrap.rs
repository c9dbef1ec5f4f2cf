//! Intervals for statistics of units that are alike within clusters, such as tiles of one slide.

use crate::normal;
use crate::student::t_deviations;
use crate::summary::{mean, quantile};
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

/// What the percentiles of [`stretched_bootstrap`] are moved to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Centre {
    /// They stay where they are about the estimate: of means, shares, areas, which draws do not bias.
    Estimate,
    /// As far below the estimate as the replicates lie above it: of distances and errors that chance alone makes larger, such as
    /// Kolmogorov–Smirnov's and the expected calibration error. Draws add as much chance again as the estimate has already.
    LessBias,
}

/// Interval at 95 % of a statistic, by drawing whole clusters as [`cluster_bootstrap`] does, stretched about the estimate so that it
/// reaches as far as t standard errors do: n draws from n see (n − 1) / n of the variance, and percentiles are the normal distribution's
/// rather than Student's (Hesterberg 2015, *The American Statistician* 69). By λ = t / 1.96 · √(n / (n − k)), t of n − k degrees of
/// freedom, n clusters in k `samples`: 2 where each cluster is of one class and the statistic compares classes ([`samples_in`]), else 1.
/// Ends beyond `bounds`, the least and the largest value that the statistic can have, are moved there.
///
/// `None` if there are no more than k clusters, the statistic of all units is `None`, or all replicates have one value, as of a share
/// that is 0 on every slide: nothing then tells how far chance reaches.
pub fn stretched_bootstrap<R: Rng + ?Sized>(
    (clusters, samples): (&[usize], usize),
    (centre, bounds): (Centre, [f64; 2]),
    replicates: usize,
    rng: &mut R,
    statistic: impl Fn(&[usize]) -> Option<f64>,
) -> Option<Interval> {
    let members = members(clusters);
    let stretch = stretch(members.len(), samples)?;
    let estimate = statistic(&(0..clusters.len()).collect::<Vec<_>>())?;
    let mut values = Vec::with_capacity(replicates);
    let mut units = Vec::with_capacity(clusters.len());
    for _ in 0..replicates {
        units.clear();
        for _ in 0..members.len() {
            units.extend_from_slice(&members[rng.random_range(0..members.len())]);
        }
        values.extend(statistic(&units).filter(|value| value.is_finite()));
    }
    if values.iter().all(|value| *value == values[0]) {
        return None;
    }
    let (middle, centre) = match centre {
        Centre::Estimate => (estimate, estimate),
        Centre::LessBias => (mean(&values)?, 2.0 * estimate - mean(&values)?),
    };
    let end = |q| Some((centre + stretch * (quantile(&values, q)? - middle)).clamp(bounds[0], bounds[1]));
    Some(Interval { low: end(0.025)?, high: end(0.975)?, replicates_used: values.len() })
}

/// In how many samples clusters are drawn: 2 if every cluster holds positive or negative units alone, both kinds being there; else 1.
pub fn samples_in(clusters: &[usize], positive: &[bool]) -> usize {
    let of_one_class = |units: &Vec<usize>| units.iter().all(|u| positive[*u] == positive[units[0]]);
    let both = positive.contains(&true) && positive.contains(&false);
    if both && members(clusters).iter().all(of_one_class) { 2 } else { 1 }
}

/// By how much percentiles of draws of `n` clusters in so many samples reach too short.
pub(crate) fn stretch(n: usize, samples: usize) -> Option<f64> {
    let df = n.checked_sub(samples).filter(|df| *df > 0)? as f64;
    Some(t_deviations(0.95, df)? / normal::deviations(0.95) * (n as f64 / df).sqrt())
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
