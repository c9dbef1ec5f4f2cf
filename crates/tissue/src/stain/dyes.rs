//! The two dyes of a stain out of its colours (Macenko et al. 2009).

use super::symmetric::{dot, eigen};

/// The share of pixels beyond the robust extremes on either side (α of Macenko et al. 2009).
pub(super) const BEYOND: f64 = 0.01;
/// Fewer pixels of tissue do not tell their stains.
pub(super) const FEWEST: u64 = 64;
/// Stains nearer to one another than this angle, in radians, are one.
const ALIKE: f64 = 0.05;

/// Optical densities of hematoxylin and eosin in red, green, blue, of length 1, out of the densities of tissue and how many pixels have each;
/// `None` if they do not tell them.
pub(super) fn dyes(tissue: &[([f64; 3], u64)]) -> Option<[[f64; 3]; 2]> {
    if tissue.iter().map(|(_, n)| n).sum::<u64>() < FEWEST {
        return None;
    }
    let plane = plane_of(tissue)?;
    let angles =
        tissue.iter().map(|(d, n)| (dot(*d, plane[1]).atan2(dot(*d, plane[0])), *n)).collect::<Vec<_>>();
    let (low, high) = extremes(angles)?;
    let stain = |angle: f64| {
        // A stain takes light away; a robust extreme may be a little off all the same.
        unit(std::array::from_fn(|c| (angle.cos() * plane[0][c] + angle.sin() * plane[1][c]).max(0.0)))
    };
    let [a, b] = [stain(low), stain(high)];
    let is_told = high - low > ALIKE && dot(a, b) < ALIKE.cos();
    // Hematoxylin is the bluer: of the two it takes more of the red.
    is_told.then_some(if a[0] > b[0] { [a, b] } else { [b, a] })
}

/// The values beyond which lie a hundredth of the pixels on either side; `None` of nothing.
pub(super) fn extremes(mut values: Vec<(f64, u64)>) -> Option<(f64, f64)> {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let beyond = (BEYOND * values.iter().map(|(_, n)| n).sum::<u64>() as f64) as u64;
    let n = values.len();
    let at = |order: &mut dyn Iterator<Item = usize>| {
        let mut before = 0;
        for k in order {
            before += values[k].1;
            if before > beyond {
                return Some(values[k].0);
            }
        }
        None
    };
    Some((at(&mut (0..n))?, at(&mut (0..n).rev())?))
}

/// The amounts of two dyes in a density, by least squares; below 0 where the density lies beyond the other dye.
pub(super) fn concentrations(density: [f64; 3], [h, e]: [[f64; 3]; 2]) -> [f64; 2] {
    let cosine = dot(h, e);
    // The inverse of the dyes' products with one another.
    let determinant = 1.0 - cosine * cosine;
    let (along_h, along_e) = (dot(density, h), dot(density, e));
    [(along_h - cosine * along_e) / determinant, (along_e - cosine * along_h) / determinant]
}

/// The two directions in which densities vary most, the first so that their mean lies on its positive side; `None` if they do not vary.
fn plane_of(densities: &[([f64; 3], u64)]) -> Option<[[f64; 3]; 2]> {
    let n = densities.iter().map(|(_, n)| n).sum::<u64>() as f64;
    let mean: [f64; 3] =
        std::array::from_fn(|c| densities.iter().map(|(d, n)| d[c] * *n as f64).sum::<f64>() / n);
    let covariance = std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            densities.iter().map(|(d, n)| (d[i] - mean[i]) * (d[j] - mean[j]) * *n as f64).sum::<f64>() / n
        })
    });
    let (values, [first, second, _]) = eigen(&covariance);
    if values[1] <= 1e-9 {
        return None;
    }
    let turn = |v: [f64; 3]| if dot(v, mean) < 0.0 { v.map(|x| -x) } else { v };
    Some([turn(first), turn(second)])
}

/// The level of that optical density.
pub(super) fn level(density: f64) -> u8 {
    // `as u8` saturates.
    (256.0 * 10_f64.powf(-density) - 1.0).round() as u8
}

pub(super) fn unit(v: [f64; 3]) -> [f64; 3] {
    let length = dot(v, v).sqrt();
    v.map(|x| x / length)
}
