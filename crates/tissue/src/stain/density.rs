//! Between levels of 0 to 255 and optical density, in which stains add up (Beer and Lambert).

/// Mean optical density above which a pixel is tissue and not glass (β = 0.15, Macenko et al. 2009).
pub(super) const GLASS: f64 = 0.15;
/// A pixel whose brightest channel is below this is padding or ink, not stain.
const BLACK: f64 = 25.0;

/// The optical density −log10((v + 1) / 256) of each channel of a pixel of levels 0 to 255 (a generator's need not be whole): 0 is white, 1 a
/// tenth of the light.
pub fn optical_density(levels: [f64; 3]) -> [f64; 3] {
    levels.map(|v| -((v.clamp(0.0, 255.0) + 1.0) / 256.0).log10())
}

/// The levels of a pixel of such a density, within 0 to 255 and not rounded.
pub fn levels_of(density: [f64; 3]) -> [f64; 3] {
    density.map(|d| (256.0 * 10f64.powf(-d) - 1.0).clamp(0.0, 255.0))
}

/// Whether a pixel of levels 0 to 255 is tissue: neither glass (a mean optical density up to 0.15) nor black.
pub fn is_tissue(levels: [f64; 3]) -> bool {
    mean(optical_density(levels)) > GLASS && !is_black(levels)
}

/// Whether a pixel is padding or ink.
pub(super) fn is_black(levels: [f64; 3]) -> bool {
    levels.iter().all(|&v| v < BLACK)
}

/// The mean over the channels.
pub(super) fn mean(density: [f64; 3]) -> f64 {
    density.iter().sum::<f64>() / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_come_back_and_glass_and_black_are_no_tissue() {
        for levels in [[0.0, 12.5, 255.0], [100.0, 80.0, 170.0]] {
            let again = levels_of(optical_density(levels));
            assert!(levels.iter().zip(again).all(|(a, b)| (a - b).abs() < 1e-9), "{again:?}");
        }
        assert_eq!(levels_of([9.0, -1.0, 0.0]), [0.0, 255.0, 255.0]);
        assert!((optical_density([24.6; 3])[0] - 1.0).abs() < 1e-12);
        let tissue = [[200.0, 120.0, 160.0], [240.0, 240.0, 240.0], [24.0, 0.0, 24.0], [25.0, 0.0, 0.0]];
        assert_eq!(tissue.map(is_tissue), [true, false, false, true]);
    }
}
