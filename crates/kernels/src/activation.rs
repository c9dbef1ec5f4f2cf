//! The activations of single numbers and vectors, and what they pass on of a gradient. They are told apart by the factor of negative
//! numbers, their slope: 1 is none, 0 a ReLU.

use pulp::Simd;

/// No activation, for [`activated`] and [`passed`].
pub const NONE: u8 = 0;
/// Zero for what is negative.
pub const RELU: u8 = 1;
/// What is negative times a slope.
pub const LEAKY: u8 = 2;

/// Evaluates the expression with the constant `ACT` for a slope.
macro_rules! with_act {
    ($slope:expr, $act:ident => $e:expr) => {
        match $slope {
            1.0 => {
                const $act: u8 = crate::activation::NONE;
                $e
            }
            0.0 => {
                const $act: u8 = crate::activation::RELU;
                $e
            }
            _ => {
                const $act: u8 = crate::activation::LEAKY;
                $e
            }
        }
    };
}
pub(crate) use with_act;

/// The activation of `v`, the one definition of it: torch's. A ReLU makes −∞ zero; −0 and what is not a number stay as they are.
#[inline(always)]
pub fn activated<const ACT: u8>(v: f32, slope: f32) -> f32 {
    match ACT {
        // By bits, and not by a choice: a choice in place becomes a store of the zeros alone, which takes a third longer.
        RELU => f32::from_bits(v.to_bits() & u32::from(v < 0.0).wrapping_sub(1)),
        LEAKY if v < 0.0 => v * slope,
        _ => v,
    }
}

/// [`activated`] of a vector; a slope of 1 is none.
#[inline(always)]
pub fn activated_vector<S: Simd>(s: S, v: S::f32s, slope: f32) -> S::f32s {
    let zero = s.splat_f32s(0.0);
    // Zero times −∞ is not a number.
    let below = if slope == 0.0 { zero } else { s.mul_f32s(v, s.splat_f32s(slope)) };
    s.select_f32s(s.less_than_f32s(v, zero), below, v)
}

/// What the activation of `v` (or of anything of its sign) passes on of the gradient `g`, as in torch: a ReLU passes nothing on where `v` is
/// zero or below, not even of infinity, and all of it where `v` is not a number; a leaky one all of it only above zero.
#[inline(always)]
pub fn passed<const ACT: u8>(v: f32, g: f32, slope: f32) -> f32 {
    match ACT {
        RELU if v <= 0.0 => 0.0,
        LEAKY if !is_above_zero(v) => g * slope,
        _ => g,
    }
}

/// False of what is not a number, too.
#[inline(always)]
fn is_above_zero(v: f32) -> bool {
    v > 0.0
}
