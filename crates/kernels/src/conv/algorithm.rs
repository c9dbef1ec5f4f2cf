//! Which way a convolution is computed: the one place where shapes decide it.

use super::shape::ConvShape;
use super::{positions, winograd};

/// What of a convolution is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// The output.
    Forward,
    /// The gradient of the input, and the transposed convolution.
    InputGradient,
    /// The gradient of the weights.
    WeightGradient,
}

/// A way to compute a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Matrix products over gathered patches: any shape.
    Patches,
    /// Matrix products for each pixel of a small map: see [`positions`].
    Positions,
    /// The same by patches of the output: a weight gradient of few output channels.
    Scattered,
    /// Winograd's tiles: kernels of 3×3 and 4×4, maps large enough: see [`winograd`].
    Winograd,
}

/// Most pixels of a map, input or output, that are taken one by one.
const FEW_PIXELS: usize = 64;
/// What transforming a weight costs, in multiplications.
const WEIGHT: usize = 96;
/// Images in a vector of the widest kind.
const LANES: usize = 16;

/// The way that was fastest for such shapes.
pub fn choose(s: &ConvShape, pass: Pass) -> Algorithm {
    if many_tiles(s, pass) {
        Algorithm::Winograd
    } else if few_pixels(s) {
        Algorithm::Positions
    } else if pass == Pass::WeightGradient && few_outputs(s) {
        Algorithm::Scattered
    } else {
        Algorithm::Patches
    }
}

/// At most half the multiplications, and fewer also counting what the transforms cost. ResNet-18's convolutions of 3×3 run at two to three and a half
/// times the rate of patches, 256→256 on 4×4 at twice that of positions, the discriminator's of 4×4 at one and a half times that of
/// patches with stride 2 and at two to five times with stride 1.
fn many_tiles(s: &ConvShape, pass: Pass) -> bool {
    if !winograd::suits(s) {
        return false;
    }
    let (ci, co, taps) = (s.x.c, s.y.c, s.k[0] * s.k[1]);
    let plain = s.y.pixels() * taps * ci * co;
    let products = match pass {
        Pass::InputGradient => winograd::backward_multiplications(s),
        Pass::Forward | Pass::WeightGradient => winograd::multiplications(s),
    };
    2 * products < plain && (products + WEIGHT * taps * ci * co) * 5 < plain * 4
}

/// To 3 channels of 7×7: patches of the output are a twentieth of the input's. From 64 channels at 224 pixels that takes 13 ms instead
/// of 25 (one thread).
fn few_outputs(s: &ConvShape) -> bool {
    s.stride == 1 && s.y.c <= 4 && s.x.c >= LANES && s.k[0] * s.k[1] > 1
}

/// Images fill the vectors, so a batch of 16 wastes nothing, and what lies outside the map is left out. Of ResNet-18 at 64 pixels, batch 16,
/// one thread, against patches of the kind before: 512→512 on 2×2 takes 1.3 ms instead of 10 forward, 2.0 instead of 8.4 and 1.8 instead
/// of 8.5 backward; 256→256 on 4×4 takes 2.1, 2.6 and 2.4 instead of 4.6, 5.0 and 3.9.
fn few_pixels(s: &ConvShape) -> bool {
    let lanes = s.x.n as f64 / s.x.n.next_multiple_of(LANES) as f64;
    let few = (s.x.h * s.x.w).max(s.y.h * s.y.w) <= FEW_PIXELS;
    few && !(s.reflect && s.pad > 0) && s.x.c >= LANES && positions::share_inside(s) <= 0.9 * lanes
}
