//! Passes over single numbers that Burn's own operations would repack channels-last tensors for, and the activations.

use std::mem::MaybeUninit;

use pulp::Simd;

use super::work::{Output, Writer, run_blocks, vectorised};

/// Numbers in a block.
const BLOCK: usize = 1 << 14;
/// Numbers from which several threads are worth it.
const PARALLEL: usize = 1 << 17;

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
                const $act: u8 = crate::flex::elementwise::NONE;
                $e
            }
            0.0 => {
                const $act: u8 = crate::flex::elementwise::RELU;
                $e
            }
            _ => {
                const $act: u8 = crate::flex::elementwise::LEAKY;
                $e
            }
        }
    };
}
pub(super) use with_act;

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

vectorised! {
    fn add_block(sum: &mut [f32], more: &[f32]) {
        for (s, m) in sum.iter_mut().zip(more) {
            *s += m;
        }
    }
}

vectorised! {
    fn activate_block<const ACT: u8>(x: &[f32], slope: f32, out: &mut [MaybeUninit<f32>]) {
        for (o, x) in out.iter_mut().zip(x) {
            o.write(activated::<ACT>(*x, slope));
        }
    }
}

vectorised! {
    fn pass_block<const ACT: u8>(grad: &mut [f32], y: &[f32], slope: f32) {
        for (g, y) in grad.iter_mut().zip(y) {
            *g = passed::<ACT>(*y, *g, slope);
        }
    }
}

/// Calls `f` with the ranges of blocks that together are `0..len`.
fn for_blocks(len: usize, f: impl Fn(std::ops::Range<usize>) + Sync + Send) {
    run_blocks(len.div_ceil(BLOCK), len > PARALLEL, |block| f(block * BLOCK..len.min((block + 1) * BLOCK)));
}

/// `sum += more`.
pub fn add(sum: &mut [f32], more: &[f32]) {
    assert_eq!(sum.len(), more.len(), "a sum's terms are equally large");
    let writer = Writer::over(sum);
    for_blocks(more.len(), |range| {
        // SAFETY: each block has its own range, and what is written over holds numbers.
        add_block(unsafe { writer.range(range.start, range.len()).assume_init_mut() }, &more[range]);
    });
}

/// The activation of `x`, with the factor of what is negative.
pub fn activate(x: &[f32], slope: f32) -> Vec<f32> {
    let mut out = Output::new(x.len());
    let writer = out.writer();
    with_act!(slope, ACT => for_blocks(x.len(), |range| {
        // SAFETY: each block has its own range.
        let out = unsafe { writer.range(range.start, range.len()) };
        activate_block::<ACT>(&x[range], slope, out);
    }));
    // SAFETY: the blocks cover the output, and each writes all of its own.
    unsafe { out.finish() }
}

/// Makes the gradient of an activation's output `y` that of its input.
pub fn pass(grad: &mut [f32], y: &[f32], slope: f32) {
    assert_eq!(grad.len(), y.len(), "a gradient is as large as its output");
    let writer = Writer::over(grad);
    with_act!(slope, ACT => for_blocks(y.len(), |range| {
        // SAFETY: each block has its own range, and what is written over holds numbers.
        let grad = unsafe { writer.range(range.start, range.len()).assume_init_mut() };
        pass_block::<ACT>(grad, &y[range], slope);
    }));
}
