//! The two dyes of a stain, found in the tile itself (Macenko et al. 2009, "A method for normalizing histology slides for quantitative
//! analysis").

use serde::{Deserialize, Serialize};

use super::density::{GLASS, is_tissue, optical_density};
use super::symmetric::{dot, eigen};

/// Fewer tissue pixels than this tell no dyes.
const FEWEST: usize = 64;
/// Extreme angles are those of this share of the pixels, from either end (α = 1 %).
const ALPHA: f64 = 0.01;
/// Dyes whose colours are closer than this, as sine of the angle between them, are one.
const ONE: f64 = 0.02;

/// The colours of two dyes in optical density, and how much of each a densely stained pixel has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dyes {
    /// Red, green and blue of each dye, of length 1; first the one that takes more of the red: hematoxylin, then eosin.
    pub colours: [[f64; 3]; 2],
    /// The amount of each dye that 99 % of the tissue's pixels stay below.
    pub most: [f64; 2],
}

impl Dyes {
    /// The dyes of a tile's pixels, levels 0 to 255. As in the paper: pixels with a channel of an optical density up to 0.15 are left out
    /// (and black ones), the others are projected on the plane of their two greatest eigenvectors, and the dyes are the directions at the 1st
    /// and 99th percentile of the angles. `None` where they cannot tell: fewer than 64 such pixels, or all of one hue.
    pub fn of(pixels: impl IntoIterator<Item = [f64; 3]>) -> Option<Self> {
        let tissue: Vec<[f64; 3]> = pixels
            .into_iter()
            .filter(|&levels| is_tissue(levels))
            .map(optical_density)
            .filter(|density| density.iter().all(|&d| d > GLASS))
            .collect();
        if tissue.len() < FEWEST {
            return None;
        }
        let n = tissue.len() as f64;
        let mean: [f64; 3] = std::array::from_fn(|c| tissue.iter().map(|p| p[c]).sum::<f64>() / n);
        let covariance = std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                tissue.iter().map(|p| (p[i] - mean[i]) * (p[j] - mean[j])).sum::<f64>() / n
            })
        });
        let (_, [first, second, _]) = eigen(&covariance);
        // Density points to the positive side of both axes of the plane, so that angles lie around 0 and not around half a turn.
        let upright = |v: [f64; 3]| if v.iter().sum::<f64>() < 0.0 { v.map(|x| -x) } else { v };
        let (first, second) = (upright(first), second);
        let mut angles: Vec<f64> = tissue.iter().map(|&p| dot(p, second).atan2(dot(p, first))).collect();
        let direction = |angle: f64| {
            let (s, c) = angle.sin_cos();
            std::array::from_fn(|i| c * first[i] + s * second[i])
        };
        let ends = [ALPHA, 1.0 - ALPHA].map(|share| direction(quantile(&mut angles, share)));
        let colours = if ends[0][0] > ends[1][0] { ends } else { [ends[1], ends[0]] };
        let dyes = Self { colours, most: [1.0; 2] };
        if dyes.determinant() < ONE * ONE {
            return None;
        }
        let most = [0, 1].map(|dye| {
            let mut amounts: Vec<f64> = tissue.iter().map(|&p| dyes.amounts(p)[dye]).collect();
            quantile(&mut amounts, 1.0 - ALPHA)
        });
        most.iter().all(|&m| m > 0.0).then_some(Self { colours, most })
    }

    /// How much of each dye explains an optical density best (least squares).
    pub fn amounts(&self, density: [f64; 3]) -> [f64; 2] {
        let [a, b] = self.colours;
        let (aa, ab, bb) = (dot(a, a), dot(a, b), dot(b, b));
        let (x, y) = (dot(a, density), dot(b, density));
        let determinant = self.determinant();
        [(bb * x - ab * y) / determinant, (aa * y - ab * x) / determinant]
    }

    /// An optical density with its dyes' amounts replaced; what neither dye explains stays as it is.
    pub fn with_amounts(&self, density: [f64; 3], amounts: [f64; 2]) -> [f64; 3] {
        let now = self.amounts(density);
        std::array::from_fn(|c| {
            density[c] + (0..2).map(|dye| (amounts[dye] - now[dye]) * self.colours[dye][c]).sum::<f64>()
        })
    }

    /// An optical density of these dyes as `other` ones would show it: each dye's amount in proportion to [`most`](Self::most), in the
    /// other's colour; what neither dye explains stays as it is.
    pub fn to(&self, other: &Self, density: [f64; 3]) -> [f64; 3] {
        let now = self.amounts(density);
        std::array::from_fn(|c| {
            let dye =
                |dye: usize| other.colours[dye][c] * other.most[dye] / self.most[dye] - self.colours[dye][c];
            density[c] + now[0] * dye(0) + now[1] * dye(1)
        })
    }

    fn determinant(&self) -> f64 {
        let [a, b] = self.colours;
        dot(a, a) * dot(b, b) - dot(a, b) * dot(a, b)
    }
}

/// The quantile of values, linear between neighbours as NumPy's.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = share * (values.len() - 1) as f64;
    let (below, part) = (at.floor() as usize, at.fract());
    let above = (below + 1).min(values.len() - 1);
    values[below] + part * (values[above] - values[below])
}

#[cfg(test)]
mod tests {
    use super::super::density::levels_of;
    use super::*;
    use crate::random::stream;
    use rand::RngExt;

    fn unit(v: [f64; 3]) -> [f64; 3] {
        v.map(|x| x / dot(v, v).sqrt())
    }

    /// A tile of two dyes in known amounts, a part of its pixels with one alone.
    fn mixture(colours: [[f64; 3]; 2]) -> Vec<[f64; 3]> {
        let mut rng = stream(4, "mixture");
        (0..4096)
            .map(|i| {
                let (h, e) = (rng.random_range(0.4..1.2), rng.random_range(0.6..1.1));
                let [h, e] = match i % 8 {
                    0 => [h, 0.0],
                    1 => [0.0, e],
                    _ => [h / 2.0, e / 2.0],
                };
                levels_of(std::array::from_fn(|c| h * colours[0][c] + e * colours[1][c]))
            })
            .collect()
    }

    fn degrees(a: [f64; 3], b: [f64; 3]) -> f64 {
        dot(a, b).clamp(-1.0, 1.0).acos().to_degrees()
    }

    #[test]
    fn the_dyes_of_a_mixture_are_found_and_their_amounts() {
        let colours = [unit([0.65, 0.70, 0.29]), unit([0.25, 0.90, 0.35])];
        let dyes = Dyes::of(mixture(colours)).unwrap();
        for (found, put) in dyes.colours.into_iter().zip(colours) {
            assert!(degrees(found, put) < 0.2, "{found:?} for {put:?}");
        }
        // Of eight pixels one has 0.4 to 1.2 of the first dye alone, one 0.6 to 1.1 of the second, six half of either: 99 % stay below the
        // value that 8 % of the pure ones pass.
        let expected = [1.2 - 0.08 * 0.8, 1.1 - 0.08 * 0.5];
        for (found, put) in dyes.most.into_iter().zip(expected) {
            assert!((found - put).abs() < 0.02, "{found} for {put}");
        }
        let density = std::array::from_fn(|c| 0.3 * colours[0][c] + 0.7 * colours[1][c]);
        let amounts = dyes.amounts(density);
        assert!((amounts[0] - 0.3).abs() < 0.01 && (amounts[1] - 0.7).abs() < 0.01, "{amounts:?}");
        let more = dyes.with_amounts(density, [amounts[0] * 1.2, amounts[1]]);
        let got = dyes.amounts(more);
        assert!((got[0] - 1.2 * amounts[0]).abs() < 1e-12 && (got[1] - amounts[1]).abs() < 1e-12);
    }

    #[test]
    fn one_stain_becomes_the_other_and_back() {
        let dyes = Dyes::of(mixture([unit([0.65, 0.70, 0.29]), unit([0.25, 0.90, 0.35])])).unwrap();
        let other = Dyes::of(mixture([unit([0.55, 0.75, 0.40]), unit([0.20, 0.80, 0.55])])).unwrap();
        let density = [0.5, 0.8, 0.31];
        let there = dyes.to(&other, density);
        assert!((0..3).any(|c| (there[c] - density[c]).abs() > 0.02));
        let proportion = |dyes: &Dyes, density| {
            let amounts = dyes.amounts(density);
            [0, 1].map(|dye| amounts[dye] / dyes.most[dye])
        };
        // What neither dye explains is no longer at right angles to the other dyes, and counts a little as one of them.
        let (before, after) = (proportion(&dyes, density), proportion(&other, there));
        assert!((0..2).all(|dye| (before[dye] - after[dye]).abs() < 0.05), "{before:?} became {after:?}");
        let mixed = std::array::from_fn(|c| 0.4 * dyes.colours[0][c] + 0.2 * dyes.colours[1][c]);
        let back = other.to(&dyes, dyes.to(&other, mixed));
        assert!((0..3).all(|c| (back[c] - mixed[c]).abs() < 1e-12), "{back:?}");
    }

    #[test]
    fn one_hue_or_no_tissue_tells_no_dyes() {
        for flat in [[255.0; 3], [0.0; 3], [200.0, 120.0, 160.0]] {
            assert_eq!(Dyes::of(vec![flat; 4096]), None, "{flat:?}");
        }
        let colour = unit([0.65, 0.70, 0.29]);
        let shades = (0..4096).map(|i| levels_of(colour.map(|c| c * (0.5 + f64::from(i) / 4096.0))));
        assert_eq!(Dyes::of(shades), None, "shades of one dye");
        assert_eq!(Dyes::of([]), None);
    }
}
