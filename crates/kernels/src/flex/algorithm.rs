//! Which way a convolution is computed: the one place where shapes decide it.

use super::conv::ConvShape;
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
    /// Winograd's F(4×4, 3×3): kernels of 3×3, stride 1, maps large enough.
    Winograd,
}

/// Most pixels of a map, input or output, that are taken one by one.
const FEW_PIXELS: usize = 64;
/// What transforming the weights costs, in tiles.
const TRANSFORM: usize = 24;
/// Images in a vector of the widest kind.
const LANES: usize = 16;

/// The way that was fastest for such shapes.
pub fn choose(s: &ConvShape, pass: Pass) -> Algorithm {
    if many_tiles(s, pass) {
        Algorithm::Winograd
    } else if few_pixels(s) {
        Algorithm::Positions
    } else {
        Algorithm::Patches
    }
}

/// A product of the patches multiplies 9 times a pixel, Winograd's 36 times a tile, and transforming the weights costs as much as some
/// [`TRANSFORM`] tiles.
fn many_tiles(s: &ConvShape, pass: Pass) -> bool {
    let to = if pass == Pass::InputGradient { s.x } else { s.y };
    winograd::suits(s) && 4 * (to.n * winograd::tiles_of(to.h, to.w) + TRANSFORM) < to.pixels()
}

/// Images fill the vectors, so a batch of 16 wastes nothing.
fn few_pixels(s: &ConvShape) -> bool {
    let lanes = s.x.n as f64 / s.x.n.next_multiple_of(LANES) as f64;
    let few = (s.x.h * s.x.w).max(s.y.h * s.y.w) <= FEW_PIXELS;
    few && !(s.reflect && s.pad > 0) && s.x.c >= LANES && positions::share_inside(s) <= 0.9 * lanes
}
