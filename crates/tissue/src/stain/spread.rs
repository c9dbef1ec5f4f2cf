//! A stain as mean and covariance of optical density over tissue, and the map that gives a tile another's.

use serde::{Deserialize, Serialize};

use super::density::{self, GLASS, is_tissue, levels_of, optical_density};
use super::symmetric::{Matrix, diagonal, map_eigenvalues, product, times};

/// Fewer tissue pixels than this have no covariance to speak of.
const FEWEST: usize = 64;
/// The least share of the pixels asked about that must be tissue.
const LEAST_SHARE: f64 = 1.0 / 32.0;
/// A standard deviation of optical density that is noise (of the camera, of 8 bits, of JPEG) and not stain: no direction is taken for flatter.
const NOISE: f64 = 0.01;
/// The least standard deviation, over all channels, of tissue: below, a tile is of one colour.
const FLATTEST: f64 = 0.03;
/// Mean optical density up to which a pixel is bare glass and keeps its colour; from here to [`GLASS`] the stain sets in.
const BARE: f64 = 0.05;

/// The stain of tissue: mean and covariance of the optical density (as [`optical_density`] has it) of its pixels, red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StainSpread {
    /// Mean of each channel.
    pub mean: [f64; 3],
    /// Covariance (over n), symmetric.
    pub covariance: [[f64; 3]; 3],
}

impl StainSpread {
    /// The stain of a picture's pixels, levels 0 to 255, that are tissue ([`is_tissue`]). `None` where they cannot tell: fewer than 64 or than
    /// a 32nd of the pixels, or all of about one colour.
    pub fn of(pixels: impl IntoIterator<Item = [f64; 3]>) -> Option<Self> {
        let (mut all, mut n) = (0usize, 0usize);
        let mut sum = [0.0; 3];
        let mut squares = [[0.0; 3]; 3];
        for levels in pixels {
            all += 1;
            if !is_tissue(levels) {
                continue;
            }
            n += 1;
            let density = optical_density(levels);
            for i in 0..3 {
                sum[i] += density[i];
                for j in 0..3 {
                    squares[i][j] += density[i] * density[j];
                }
            }
        }
        if n < FEWEST || (n as f64) < LEAST_SHARE * all as f64 {
            return None;
        }
        let mean = sum.map(|s| s / n as f64);
        let covariance: Matrix =
            std::array::from_fn(|i| std::array::from_fn(|j| squares[i][j] / n as f64 - mean[i] * mean[j]));
        let spread = (0..3).map(|i| covariance[i][i]).sum::<f64>().max(0.0).sqrt();
        (spread >= FLATTEST).then_some(Self { mean, covariance })
    }

    /// The stain of a tile, HWC RGB8, without the pixels where `left_out` is true; `None` as in [`of`](Self::of).
    pub fn of_tile(tile: &[u8], left_out: &[bool]) -> Option<Self> {
        let pixels = tile.as_chunks::<3>().0.iter().zip(left_out);
        Self::of(pixels.filter(|(_, out)| !**out).map(|(p, _)| p.map(f64::from)))
    }

    /// The stain in the middle of several: means of their means and of their covariances. `None` of none.
    pub fn middle(of: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut n = 0.0;
        let mut middle = Self { mean: [0.0; 3], covariance: [[0.0; 3]; 3] };
        for one in of {
            n += 1.0;
            for i in 0..3 {
                middle.mean[i] += one.mean[i];
                for j in 0..3 {
                    middle.covariance[i][j] += one.covariance[i][j];
                }
            }
        }
        let Self { mean, covariance } = middle;
        (n > 0.0)
            .then(|| Self { mean: mean.map(|v| v / n), covariance: covariance.map(|row| row.map(|v| v / n)) })
    }

    /// What gives a picture of this stain another.
    pub fn to(&self, other: &Self) -> Restaining {
        // Both a little wider than they are: where neither has more than noise, the map is near the identity, and noise is not blown up.
        let wider = |covariance: &Matrix| -> Matrix {
            let noise = diagonal([NOISE * NOISE; 3]);
            std::array::from_fn(|i| std::array::from_fn(|j| covariance[i][j] + noise[i][j]))
        };
        let (from, to) = (wider(&self.covariance), wider(&other.covariance));
        let root = map_eigenvalues(&from, |v| v.max(NOISE * NOISE).sqrt());
        let unroot = map_eigenvalues(&from, |v| 1.0 / v.max(NOISE * NOISE).sqrt());
        let between = map_eigenvalues(&product(&product(&root, &to), &root), |v| v.max(0.0).sqrt());
        let matrix = product(&product(&unroot, &between), &unroot);
        Restaining { from: self.mean, matrix, to: other.mean }
    }
}

/// The map of optical density that takes one stain's mean and covariance to another's: o ↦ A (o − m) + m′ with
/// A = S^(−½) (S^½ S′ S^½)^½ S^(−½), the one of least displacement (Monge's, for normal distributions; Pitié & Kokaram 2007). A is symmetric and
/// positive definite, so whatever grows before the map grows behind it: it never swaps light and dark, which a map by Cholesky factors may.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Restaining {
    from: [f64; 3],
    matrix: Matrix,
    to: [f64; 3],
}

impl Restaining {
    /// A pixel's levels, 0 to 255, with the other stain, not rounded. Bare glass keeps its colour; between it and tissue the stain sets in.
    pub fn restain(&self, levels: [f64; 3]) -> [f64; 3] {
        let before = optical_density(levels);
        let weight = ((density::mean(before) - BARE) / (GLASS - BARE)).clamp(0.0, 1.0);
        if weight == 0.0 {
            return levels;
        }
        let mapped = times(&self.matrix, std::array::from_fn(|i| before[i] - self.from[i]));
        levels_of(std::array::from_fn(|i| before[i] + weight * (mapped[i] + self.to[i] - before[i])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;
    use rand::RngExt;

    /// Pixels of two dyes in random amounts, so dense that none is glass.
    fn stained(dyes: [[f64; 3]; 2], name: &str) -> Vec<[f64; 3]> {
        let mut rng = stream(3, name);
        (0..4096)
            .map(|_| {
                let amounts = [rng.random_range(0.2..0.9), rng.random_range(0.3..0.7)];
                levels_of(std::array::from_fn(|c| amounts[0] * dyes[0][c] + amounts[1] * dyes[1][c]))
            })
            .collect()
    }

    const PURPLE: [[f64; 3]; 2] = [[0.65, 0.70, 0.29], [0.27, 0.68, 0.20]];
    const BROWN: [[f64; 3]; 2] = [[0.45, 0.60, 0.49], [0.25, 0.48, 0.40]];

    fn off(a: &StainSpread, b: &StainSpread) -> f64 {
        let means = a.mean.iter().zip(b.mean).map(|(a, b)| (a - b).abs());
        let covariances = a.covariance.as_flattened().iter().zip(b.covariance.as_flattened());
        means.chain(covariances.map(|(a, b)| (a - b).abs())).fold(0.0, f64::max)
    }

    #[test]
    fn a_picture_takes_the_other_stain_and_its_own_again() {
        let (purple, brown) = (stained(PURPLE, "purple"), stained(BROWN, "brown"));
        let (from, to) = (StainSpread::of(purple.clone()).unwrap(), StainSpread::of(brown).unwrap());
        assert!(off(&from, &to) > 0.05);
        let there: Vec<[f64; 3]> = purple.iter().map(|&p| from.to(&to).restain(p)).collect();
        let got = StainSpread::of(there.clone()).unwrap();
        assert!(off(&got, &to) < 2e-3, "{got:?} for {to:?}");
        let back = there.iter().map(|&p| to.to(&from).restain(p));
        let worst =
            back.zip(&purple).flat_map(|(a, b)| [0, 1, 2].map(|c| (a[c] - b[c]).abs())).fold(0.0, f64::max);
        assert!(worst < 1e-6, "{worst} levels");
    }

    #[test]
    fn the_same_stain_changes_nothing_and_glass_keeps_its_colour() {
        let purple = StainSpread::of(stained(PURPLE, "purple")).unwrap();
        let brown = StainSpread::of(stained(BROWN, "brown")).unwrap();
        for levels in [[200.0, 120.0, 160.0], [90.0, 40.0, 130.0], [3.0, 2.0, 1.0]] {
            let same = purple.to(&purple).restain(levels);
            assert!((0..3).all(|c| (same[c] - levels[c]).abs() < 1e-6), "{levels:?} became {same:?}");
        }
        for glass in [[255.0, 255.0, 255.0], [240.0, 238.0, 243.0]] {
            assert_eq!(purple.to(&brown).restain(glass), glass);
        }
    }

    #[test]
    fn darker_stays_darker() {
        let purple = StainSpread::of(stained(PURPLE, "purple")).unwrap();
        let brown = StainSpread::of(stained(BROWN, "brown")).unwrap();
        let (a, b) = ([90.0, 40.0, 130.0], [190.0, 140.0, 200.0]);
        let map = purple.to(&brown);
        let step: f64 = (0..3)
            .map(|c| {
                let density = |levels: [f64; 3]| optical_density(levels)[c];
                (density(a) - density(b)) * (density(map.restain(a)) - density(map.restain(b)))
            })
            .sum();
        assert!(step > 0.0, "{step}");
    }

    #[test]
    fn what_has_too_little_tissue_has_no_stain() {
        let mut rng = stream(3, "noise");
        let of = |pixel: [f64; 3]| StainSpread::of(vec![pixel; 4096]);
        for flat in [[255.0; 3], [0.0; 3], [3.0, 2.0, 5.0], [200.0, 120.0, 160.0], [243.0, 240.0, 244.0]] {
            assert_eq!(of(flat), None, "{flat:?}");
        }
        let noisy = (0..4096).map(|_| [200.0, 120.0, 160.0].map(|v: f64| v + rng.random_range(-2.0..2.0)));
        assert_eq!(StainSpread::of(noisy), None, "one colour with the noise of a camera");
        let few = stained(PURPLE, "purple").into_iter().take(100);
        assert_eq!(StainSpread::of(few.clone().chain(vec![[250.0; 3]; 3996])), None, "100 of 4096");
        assert!(StainSpread::of(few).is_some());
        assert_eq!(StainSpread::of([]), None);
        assert_eq!(StainSpread::middle([]), None);
    }
}
