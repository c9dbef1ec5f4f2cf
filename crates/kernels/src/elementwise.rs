//! Passes over single numbers: sums and activations.

use std::mem::MaybeUninit;

use crate::activation::{activated, passed, with_act};
use crate::work::{Output, Writer, run_blocks, vectorised};

/// Numbers in a block.
const BLOCK: usize = 1 << 14;
/// Numbers from which several threads are worth it.
const PARALLEL: usize = 1 << 17;

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
///
/// # Panics
/// If they are not equally many numbers.
pub fn add(sum: &mut [f32], more: &[f32]) {
    assert_eq!(sum.len(), more.len(), "a sum's terms are equally large");
    let writer = Writer::over(sum);
    for_blocks(more.len(), |range| {
        // SAFETY: each block has its own range, and what is written over holds numbers.
        add_block(unsafe { writer.range(range.start, range.len()).assume_init_mut() }, &more[range]);
    });
}

/// The activation of `x` whose factor of negative numbers is `slope`: 1 none, 0 a ReLU, else a leaky one. As in torch, a ReLU makes −∞ zero
/// and leaves −0 and what is no number as they are.
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
///
/// # Panics
/// If they are not equally many numbers.
pub fn activate_backward(grad: &mut [f32], y: &[f32], slope: f32) {
    assert_eq!(grad.len(), y.len(), "a gradient is as large as its output");
    let writer = Writer::over(grad);
    with_act!(slope, ACT => for_blocks(y.len(), |range| {
        // SAFETY: each block has its own range, and what is written over holds numbers.
        let grad = unsafe { writer.range(range.start, range.len()).assume_init_mut() };
        pass_block::<ACT>(grad, &y[range], slope);
    }));
}
