//! Passes over single numbers that Burn's own operations would repack channels-last tensors for.

use std::mem::MaybeUninit;

use super::work::{Output, run_blocks, vectorised};

/// Numbers in a block.
const BLOCK: usize = 1 << 14;
/// Numbers from which several threads are worth it.
const PARALLEL: usize = 1 << 17;

vectorised! {
    fn add_block(a: &[f32], b: &[f32], out: &mut [MaybeUninit<f32>]) {
        for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
            o.write(a + b);
        }
    }
}

vectorised! {
    fn activate_block(x: &[f32], sign: &[f32], slope: f32, out: &mut [MaybeUninit<f32>]) {
        for ((o, x), s) in out.iter_mut().zip(x).zip(sign) {
            o.write(if *s > 0.0 { *x } else { x * slope });
        }
    }
}

fn map(len: usize, f: impl Fn(std::ops::Range<usize>, &mut [MaybeUninit<f32>]) + Sync + Send) -> Vec<f32> {
    let mut out = Output::new(len);
    let writer = out.writer();
    run_blocks(len.div_ceil(BLOCK), len > PARALLEL, |block| {
        let range = block * BLOCK..len.min((block + 1) * BLOCK);
        // SAFETY: each block has its own range.
        f(range.clone(), unsafe { writer.range(range.start, range.len()) });
    });
    // SAFETY: the blocks cover the output, and each writes all of its own.
    unsafe { out.finish() }
}

/// `a + b`.
pub fn add(a: &[f32], b: &[f32]) -> Vec<f32> {
    assert_eq!(a.len(), b.len(), "a sum's terms are equally large");
    map(a.len(), |range, out| add_block(&a[range.clone()], &b[range], out))
}

/// `x` where `sign` is positive, else `slope·x`: an activation (`sign` its input) or its gradient (`sign` its output).
pub fn activate(x: &[f32], sign: &[f32], slope: f32) -> Vec<f32> {
    assert_eq!(x.len(), sign.len(), "a gradient is as large as its output");
    map(x.len(), |range, out| activate_block(&x[range.clone()], &sign[range], slope, out))
}
