//! How far two sets of tiles lie apart in a network's features.
//!
//! A set is a list of rows, one a tile, each with its features. The distances are as good as the features: in another
//! network's they differ, also in order.

use crate::matrix::{dot, nuclear_norm_of_product, triangular};
use crate::summary::mean;

/// Fréchet distance of two sets of features, each taken as a normal distribution (Dowson & Landau 1982, *Journal of
/// Multivariate Analysis* 12; the formula of FID, Heusel et al. 2017):
/// |μₐ − μ_b|² + tr(Σₐ + Σ_b − 2 (Σₐ Σ_b)^½), covariances with n − 1; in the unit of the features, squared.
///
/// tr (Σₐ Σ_b)^½ is the sum of the singular values of A Bᵀ over √((nₐ − 1)(n_b − 1)), A and B being the centred rows: no root
/// of a matrix is taken, and where there are fewer tiles than features nothing is lost.
///
/// Of few tiles it is too large, also between two samples of one set (Chong & Forsyth 2020, *CVPR*): compare only
/// distances of equally many tiles, and have several times as many tiles as features.
///
/// `None` if a set has fewer than two rows, rows differ in length or have no features, or a feature is not finite.
pub fn frechet_distance(a: &[Vec<f64>], b: &[Vec<f64>]) -> Option<f64> {
    if !are_features(a, b) {
        return None;
    }
    let (a, b) = (Centred::new(a)?, Centred::new(b)?);
    let apart: Vec<f64> = a.mean.iter().zip(&b.mean).map(|(a, b)| a - b).collect();
    let free = (a.rows.len() - 1) as f64 * (b.rows.len() - 1) as f64;
    let (spread_a, spread_b) = (a.total_variance(), b.total_variance());
    let shared = nuclear_norm_of_product(&triangular(a.rows), &triangular(b.rows)) / free.sqrt();
    let distance = dot(&apart, &apart) + (spread_a + spread_b - 2.0 * shared);
    // Of equal sets rounding may leave less than nothing.
    distance.is_finite().then_some(distance.max(0.0))
}

/// Kernel distance of two sets of features: the unbiased estimate of the squared maximum mean discrepancy (Gretton et al.
/// 2012, *Journal of Machine Learning Research* 13, equation 3) with the kernel (x·y / d + 1)³, d being the number of
/// features (KID, Bińkowski et al. 2018, *ICLR*). Over all pairs, without the random subsets of KID's first code.
///
/// Right on average for any number of tiles, hence below 0 at times for sets that are alike.
///
/// `None` where [`frechet_distance`] is.
pub fn kernel_distance(a: &[Vec<f64>], b: &[Vec<f64>]) -> Option<f64> {
    if !are_features(a, b) {
        return None;
    }
    let d = a.first()?.len() as f64;
    let kernel = |x: &[f64], y: &[f64]| (dot(x, y) / d + 1.0).powi(3);
    let within = |rows: &[Vec<f64>]| {
        let pairs = rows.len() * (rows.len() - 1) / 2;
        let sum: f64 =
            (1..rows.len()).map(|i| rows[..i].iter().map(|y| kernel(&rows[i], y)).sum::<f64>()).sum();
        sum / pairs as f64
    };
    let across: f64 = a.iter().map(|x| b.iter().map(|y| kernel(x, y)).sum::<f64>()).sum();
    let distance = within(a) + within(b) - 2.0 * across / (a.len() as f64 * b.len() as f64);
    distance.is_finite().then_some(distance)
}

fn are_features(a: &[Vec<f64>], b: &[Vec<f64>]) -> bool {
    let width = a.first().map_or(0, Vec::len);
    let fits = |row: &Vec<f64>| row.len() == width && row.iter().all(|v| v.is_finite());
    width > 0 && a.len() > 1 && b.len() > 1 && a.iter().chain(b).all(fits)
}

/// Rows less their mean.
struct Centred {
    mean: Vec<f64>,
    rows: Vec<Vec<f64>>,
}

impl Centred {
    fn new(rows: &[Vec<f64>]) -> Option<Self> {
        let column = |j: usize| mean(&rows.iter().map(|row| row[j]).collect::<Vec<_>>());
        let mean: Vec<f64> = (0..rows.first()?.len()).map(column).collect::<Option<_>>()?;
        let less = |row: &Vec<f64>| row.iter().zip(&mean).map(|(v, m)| v - m).collect();
        Some(Self { rows: rows.iter().map(less).collect(), mean })
    }

    /// The trace of the covariance.
    fn total_variance(&self) -> f64 {
        self.rows.iter().map(|row| dot(row, row)).sum::<f64>() / (self.rows.len() - 1) as f64
    }
}
