//! Every kernel over odd sizes, with one thread and with three, at every level of vector instructions. What the sanitizers run: see `just
//! sanitize`.

mod numbers;

use kernels::Dims;
use kernels::adam::{AdamRule, adam_step};
use kernels::conv::{self, ConvShape, Finish};
use kernels::norm::{self, Groups, Incoming, Saved};
use kernels::simd::{Level, set_level};
use kernels::{elementwise, layout, pool};
use numbers::numbers;

/// The passes over single numbers, norms and poolings.
fn passes(d: Dims, slope: f32) -> Vec<Vec<f32>> {
    let (x, r, g) = (numbers(d.len(), 1), numbers(d.len(), 2), numbers(d.len(), 3));
    let shift = numbers(d.c, 4);
    let mut all = Vec::new();
    for groups in [Groups::batch(d), Groups::images(d)] {
        let (mean, var) = norm::statistics(&x, &groups);
        let inverse = norm::inverse_deviation(&var, 1e-5);
        for residual in [None, Some(&r[..])] {
            let y = norm::apply(&x, &groups, &mean, &inverse, &shift, residual, slope);
            let saved = Saved {
                groups,
                mean: mean.clone(),
                inverse: inverse.clone(),
                scale: inverse.clone(),
                shift: shift.clone(),
                slope,
                from_batch: true,
            };
            let mut own = g.clone();
            if residual.is_some() {
                let done = norm::gradients_with_residual(&x, &y, &mut own, &saved);
                all.extend([done.x.unwrap(), done.gamma, done.beta, own]);
            } else {
                let done = norm::gradients(&x, Incoming::Own(&mut own), &saved);
                let beside = norm::gradients(&x, Incoming::Shared(&g), &saved);
                assert_eq!(beside.x.as_ref(), Some(&own));
                all.extend([own, done.gamma, done.beta]);
            }
            all.push(y);
        }
    }
    let (y, from) = pool::max_forward(&x, d);
    all.push(pool::max_backward(&y, &from, d));
    let y = pool::mean_forward(&x, d);
    all.extend([pool::mean_backward(&y, d), conv::bias_gradient(&x, d.c), y]);
    let mut sum = elementwise::activate(&x, slope);
    elementwise::add(&mut sum, &r);
    elementwise::activate_backward(&mut sum, &x, slope);
    all.push(sum);
    let [row, plane] = [d.w, d.h * d.w].map(|size| size as isize);
    all.push(layout::channels_last(&x, 0, [plane * d.c as isize, plane, row, 1], d));
    all
}

/// All passes of a convolution.
fn convolve([n, ci, h, w, co, k, stride, pad]: [usize; 8], reflect: bool) -> Vec<Vec<f32>> {
    let s = ConvShape::new(Dims { n, h, w, c: ci }, [co, ci, k, k], stride, pad, reflect);
    let (x, g, weights) =
        (numbers(s.input().len(), 1), numbers(s.output().len(), 2), numbers(s.weights(), 3));
    let (shift, residual) = (numbers(co, 4), numbers(s.output().len(), 5));
    let finish = Finish { scale: Some(&shift), shift: Some(&shift), residual: Some(&residual), slope: 0.0 };
    let mut all = vec![
        conv::forward(&s, &x, &weights, &Finish::bias(None)),
        conv::forward(&s, &x, &weights, &Finish::bias(Some(&shift))),
        conv::forward(&s, &x, &weights, &finish),
        conv::input_gradient(&s, &g, &weights, None),
        conv::weight_gradient(&s, &x, &g),
        conv::bias_gradient(&g, co),
    ];
    if !reflect {
        all.push(conv::input_gradient(&s, &g, &weights, Some(&numbers(ci, 6))));
    }
    all
}

fn adam(len: usize) -> Vec<Vec<f32>> {
    let rule = AdamRule {
        one_minus_beta1: 0.1,
        beta2: 0.999,
        one_minus_beta2: 0.001,
        step_size: 0.01,
        inverse_sqrt_correction2: 2.0,
        epsilon: 1e-8,
        weight_decay: 0.1,
    };
    let (mut p, g, mut m, mut v) = (numbers(len, 1), numbers(len, 2), vec![0.0; len], vec![0.0; len]);
    adam_step(rule, &mut p, &g, &mut m, &mut v);
    vec![p, m, v]
}

/// One thread against three at every level: the same bits; nothing in it that is no number.
fn compare(what: &str, run: impl Fn() -> Vec<Vec<f32>> + Sync + Send) {
    let threads = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    let (one, three) = (threads(1), threads(3));
    for level in Level::available() {
        set_level(level).unwrap();
        let wanted = one.install(&run);
        assert!(three.install(&run) == wanted, "{what} at {level}");
        assert!(wanted.iter().flatten().all(|v| v.is_finite()), "{what} at {level}");
    }
}

/// One test: the level is the whole process's.
#[test]
fn every_kernel_computes_the_same_with_any_number_of_threads() {
    // n, in, h, w, out, k, stride, pad
    for shape in [
        [1, 1, 1, 1, 1, 1, 1, 0],
        [2, 3, 7, 5, 4, 3, 1, 1],
        [3, 5, 8, 11, 7, 3, 2, 1],
        [2, 4, 9, 8, 3, 1, 2, 0],
        [2, 3, 17, 12, 8, 7, 2, 3],
        [1, 6, 8, 8, 5, 4, 2, 1],
        [2, 6, 7, 5, 1, 4, 1, 1],
        [1, 16, 20, 20, 3, 7, 1, 3],
        [2, 3, 5, 5, 2, 3, 3, 2],
        [16, 64, 2, 2, 64, 3, 1, 1],
        [16, 32, 4, 4, 48, 3, 2, 1],
        [1, 96, 23, 21, 80, 3, 1, 1],
        [1, 64, 22, 26, 64, 3, 2, 1],
        [1, 64, 25, 25, 96, 4, 2, 1],
        [1, 64, 19, 18, 64, 4, 1, 1],
        [2, 16, 61, 58, 16, 3, 1, 1],
    ] {
        for reflect in [false, true] {
            let [_, _, h, w, .., pad] = shape;
            if !reflect || (pad > 0 && pad < h.min(w)) {
                compare(&format!("convolution {shape:?} {reflect}"), || convolve(shape, reflect));
            }
        }
    }
    for len in [1, 17, 100_001] {
        compare("Adam", || adam(len));
    }
    for [n, h, w, c] in [
        [1, 1, 1, 1],
        [2, 5, 4, 3],
        [64, 1, 1, 1],
        [3, 4, 3, 70],
        [2, 9, 7, 130],
        [3, 37, 29, 64],
        [2, 61, 67, 33],
    ] {
        for slope in [1.0, 0.0, 0.2] {
            let d = Dims { n, h, w, c };
            compare(&format!("{d:?} {slope}"), || passes(d, slope));
        }
    }
}
