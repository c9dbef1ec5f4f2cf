//! More or less of one stain: what another batch of the laboratory would have made of a tile.

use super::density::{is_black, is_tissue, optical_density};
use super::dyes::{concentrations, dyes, level, unit};

/// Hematoxylin's and eosin's optical densities in red, green, blue (Ruifrok & Johnston 2001, table 1), for tiles that do not tell their own.
const REFERENCE: [[f64; 3]; 2] = [[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]];

/// The tile, RGB8, with the concentrations of its two stains, hematoxylin and eosin, multiplied by `factors`.
///
/// The stains are the tile's own, by Macenko et al. 2009 (*ISBI*): the robust extremes of the angle in the plane in which optical densities
/// vary most; of a tile that has too little tissue, or one stain alone, they are Ruifrok & Johnston's. What a pixel has beside the two stains
/// stays as it is, and so do black padding and ink. Factors of 1 give the tile back to the bit.
pub fn stain_shifted(tile: &[u8], factors: [f64; 2]) -> Vec<u8> {
    let stains = stains_of(tile).unwrap_or_else(|| REFERENCE.map(unit));
    let [h, e] = stains;
    let pixels = tile.as_chunks::<3>().0.iter();
    pixels
        .flat_map(|&pixel| {
            let levels = pixel.map(f64::from);
            if is_black(levels) {
                return pixel;
            }
            let density = optical_density(levels);
            let concentrations = concentrations(density, stains).map(|amount| amount.max(0.0));
            let more = [0, 1].map(|s| (factors[s] - 1.0) * concentrations[s]);
            std::array::from_fn(|c| level(density[c] + more[0] * h[c] + more[1] * e[c]))
        })
        .collect()
}

/// Optical densities of hematoxylin and eosin in red, green, blue, of length 1; `None` if the tile does not tell them.
fn stains_of(tile: &[u8]) -> Option<[[f64; 3]; 2]> {
    let tissue: Vec<([f64; 3], u64)> = tile
        .as_chunks::<3>()
        .0
        .iter()
        .map(|pixel| pixel.map(f64::from))
        .filter(|levels| is_tissue(*levels))
        .map(|levels| (optical_density(levels), 1))
        .collect();
    dyes(&tissue)
}

#[cfg(test)]
mod tests {
    use super::super::symmetric::dot;
    use super::*;
    use crate::random::stream;
    use rand::RngExt;

    /// A tile of stains that are not the reference's, with those concentrations.
    const STAINS: [[f64; 3]; 2] = [[0.55, 0.75, 0.36], [0.15, 0.95, 0.27]];

    fn composed(concentrations: &[[f64; 2]]) -> Vec<u8> {
        let [h, e] = STAINS.map(unit);
        concentrations.iter().flat_map(|[a, b]| [0, 1, 2].map(|c| level(a * h[c] + b * e[c]))).collect()
    }

    fn concentrations(seed: u64) -> Vec<[f64; 2]> {
        let mut rng = stream(seed, "stain");
        // Some pixels are of one stain alone, as nuclei and stroma are.
        let mut pixel = |i: usize| match i % 4 {
            0 => [rng.random_range(0.3..1.0), 0.0],
            1 => [0.0, rng.random_range(0.3..0.9)],
            _ => [rng.random_range(0.1..0.7), rng.random_range(0.1..0.6)],
        };
        (0..32 * 32).map(&mut pixel).collect()
    }

    #[test]
    fn a_tile_s_own_stains_are_found_and_changed_one_by_one() {
        let concentrations = concentrations(1);
        let tile = composed(&concentrations);
        for (found, true_one) in stains_of(&tile).unwrap().into_iter().zip(STAINS.map(unit)) {
            assert!(dot(found, true_one).acos().to_degrees() < 2.0, "{found:?} {true_one:?}");
        }
        for factors in [[0.8, 1.0], [1.2, 1.0], [1.0, 0.8], [1.0, 1.2]] {
            let wanted: Vec<[f64; 2]> =
                concentrations.iter().map(|[a, b]| [a * factors[0], b * factors[1]]).collect();
            let (shifted, wanted) = (stain_shifted(&tile, factors), composed(&wanted));
            let most = shifted.iter().zip(&wanted).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
            assert!(most <= 4, "{factors:?}: {most} levels");
            let before = tile.iter().zip(&wanted).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
            assert!(before > 15, "{factors:?}: it was no change");
        }
    }

    #[test]
    fn unchanged_stains_padding_and_glass_stay_to_the_bit() {
        let mut tile = composed(&concentrations(2));
        assert_eq!(stain_shifted(&tile, [1.0, 1.0]), tile);
        let padding = [0, 0, 0, 24, 3, 0, 255, 255, 255];
        tile.extend(padding);
        for factors in [[0.8, 0.8], [1.2, 1.2]] {
            let shifted = stain_shifted(&tile, factors);
            assert_eq!(shifted[tile.len() - 9..], padding);
            assert!(shifted != tile);
        }
        assert!(stain_shifted(&[], [1.2, 1.0]).is_empty());
    }

    #[test]
    fn tiles_that_tell_no_two_stains_are_taken_apart_by_the_reference() {
        let of_reference = |concentration: f64, which: usize| {
            let stain = unit(REFERENCE[which]);
            [0, 1, 2].map(|c| level(concentration * stain[c]))
        };
        // One colour, and glass with a little stain.
        for pixels in [vec![of_reference(0.6, 0); 400], vec![[250, 251, 252]; 400]] {
            let tile: Vec<u8> = pixels.concat();
            assert_eq!(stains_of(&tile), None);
        }
        let tile = vec![of_reference(0.6, 0); 400].concat();
        let more = stain_shifted(&tile, [1.2, 1.0]);
        let off = more[..3].iter().zip(of_reference(0.72, 0)).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(off <= 2, "{:?}", &more[..3]);
        let unmoved = stain_shifted(&tile, [1.0, 1.2]);
        assert!(unmoved.iter().zip(&tile).all(|(a, b)| a.abs_diff(*b) <= 1));
    }
}
