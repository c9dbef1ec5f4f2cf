//! The kernels against plain loops in double precision.

mod numbers;

use kernels::Dims;
use kernels::conv::{self, ConvShape, Finish};
use kernels::norm::{self, Groups, Incoming, Saved};
use kernels::{elementwise, layout, pool};
use numbers::numbers;

/// 1e-5 of the largest number.
fn assert_close(found: &[f32], wanted: &[f64], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let largest = wanted.iter().fold(1e-3, |most: f64, v| most.max(v.abs()));
    for (i, (a, b)) in found.iter().zip(wanted).enumerate() {
        assert!((f64::from(*a) - b).abs() <= 1e-5 * largest, "{what}: {a} is not {b} at {i}");
    }
}

/// Where in a map a coordinate of the padded map lies, if not in zeros.
fn inside(at: isize, size: usize, reflect: bool) -> Option<usize> {
    let last = size as isize - 1;
    match at {
        _ if (0..=last).contains(&at) => Some(at as usize),
        _ if !reflect => None,
        _ if at < 0 => Some(-at as usize),
        _ => Some((2 * last - at) as usize),
    }
}

/// Calls `f` with the places of input, output and weight of every product of a convolution.
fn products(
    [n, ci, h, w, co, k, stride, pad]: [usize; 8],
    reflect: bool,
    mut f: impl FnMut(usize, usize, usize),
) {
    let (oh, ow) = ((h + 2 * pad - k) / stride + 1, (w + 2 * pad - k) / stride + 1);
    let at =
        |o: usize, tap: usize, size: usize| inside((o * stride + tap) as isize - pad as isize, size, reflect);
    for image in 0..n {
        for (oy, ox) in (0..oh).flat_map(|oy| (0..ow).map(move |ox| (oy, ox))) {
            for (ky, kx) in (0..k).flat_map(|ky| (0..k).map(move |kx| (ky, kx))) {
                let (Some(y), Some(x)) = (at(oy, ky, h), at(ox, kx, w)) else { continue };
                for o in 0..co {
                    for i in 0..ci {
                        f(
                            ((image * h + y) * w + x) * ci + i,
                            ((image * oh + oy) * ow + ox) * co + o,
                            ((o * k + ky) * k + kx) * ci + i,
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn convolutions_and_their_gradients() {
    // n, in, h, w, out, k, stride, pad: each algorithm, with tiles and blocks that end within the map.
    for sizes in [
        [1, 1, 1, 1, 1, 1, 1, 0],
        [2, 3, 7, 5, 4, 3, 1, 1],
        [3, 5, 8, 11, 7, 3, 2, 1],
        [2, 3, 17, 12, 8, 7, 2, 3],
        [2, 4, 9, 8, 6, 1, 2, 0],
        [2, 6, 7, 5, 1, 4, 1, 1],
        [1, 16, 14, 15, 3, 7, 1, 3],
        [16, 32, 2, 2, 48, 3, 1, 1],
        [16, 32, 4, 4, 32, 3, 2, 1],
        [1, 64, 13, 15, 48, 3, 1, 1],
        [1, 32, 17, 16, 48, 4, 2, 1],
        [1, 32, 13, 11, 32, 4, 1, 1],
    ] {
        for reflect in [false, true] {
            let [n, ci, h, w, co, k, stride, pad] = sizes;
            if reflect && (pad == 0 || pad >= h.min(w)) {
                continue;
            }
            let what = format!("{sizes:?} {reflect}");
            let s = ConvShape::new(Dims { n, h, w, c: ci }, [co, ci, k, k], stride, pad, reflect);
            let (x, g) = (numbers(s.input().len(), 1), numbers(s.output().len(), 2));
            let (weights, residual) = (numbers(s.weights(), 3), numbers(s.output().len(), 4));
            let (scale, shift) = (numbers(co, 5), numbers(co, 6));
            let (mut y, mut dx, mut dw) =
                (vec![0.0f64; g.len()], vec![0.0f64; x.len()], vec![0.0f64; weights.len()]);
            products(sizes, reflect, |xi, yi, wi| {
                y[yi] += f64::from(x[xi]) * f64::from(weights[wi]);
                dx[xi] += f64::from(g[yi]) * f64::from(weights[wi]);
                dw[wi] += f64::from(g[yi]) * f64::from(x[xi]);
            });
            assert_close(&conv::forward(&s, &x, &weights, &Finish::bias(None)), &y, &what);
            assert_close(&conv::input_gradient(&s, &g, &weights, None), &dx, &what);
            assert_close(&conv::weight_gradient(&s, &x, &g), &dw, &what);
            let db: Vec<f64> =
                (0..co).map(|c| g.iter().skip(c).step_by(co).map(|v| f64::from(*v)).sum()).collect();
            assert_close(&conv::bias_gradient(&g, co), &db, &what);

            let finish =
                Finish { scale: Some(&scale), shift: Some(&shift), residual: Some(&residual), slope: 0.0 };
            for (i, v) in y.iter_mut().enumerate() {
                let (scale, shift) = (f64::from(scale[i % co]), f64::from(shift[i % co]));
                *v = (*v * scale + shift + f64::from(residual[i])).max(0.0);
            }
            assert_close(&conv::forward(&s, &x, &weights, &finish), &y, &what);
            if !reflect {
                let bias = numbers(ci, 7);
                dx.iter_mut().enumerate().for_each(|(i, v)| *v += f64::from(bias[i % ci]));
                assert_close(&conv::input_gradient(&s, &g, &weights, Some(&bias)), &dx, &what);
            }
        }
    }
}

#[test]
#[should_panic(expected = "weights are as many")]
fn weights_of_another_shape_are_refused() {
    let s = ConvShape::new(Dims { n: 1, h: 8, w: 8, c: 16 }, [16, 16, 3, 3], 1, 1, false);
    conv::forward(&s, &vec![0.0; s.input().len()], &[0.0; 16], &Finish::bias(None));
}

#[test]
fn normalisation_and_its_gradients() {
    const EPS: f64 = 1e-5;
    for (d, by_image) in [
        (Dims { n: 2, h: 5, w: 4, c: 3 }, false),
        (Dims { n: 3, h: 4, w: 3, c: 70 }, true),
        (Dims { n: 2, h: 37, w: 29, c: 64 }, true),
        (Dims { n: 4, h: 31, w: 33, c: 20 }, false),
    ] {
        let what = format!("{d:?} {by_image}");
        let groups = if by_image { Groups::images(d) } else { Groups::batch(d) };
        let (count, pixels) = if by_image { (d.n, d.h * d.w) } else { (1, d.pixels()) };
        let (x, g) = (numbers(d.len(), 1), numbers(d.len(), 2));
        let (gamma, beta) = (numbers(d.c, 3), numbers(d.c, 4));
        let (mut y, mut dx) = (vec![0.0; d.len()], vec![0.0; d.len()]);
        let (mut dgamma, mut dbeta) = (vec![0.0; d.c], vec![0.0; d.c]);
        for group in 0..count {
            for c in 0..d.c {
                let at = |pixel: usize| (group * pixels + pixel) * d.c + c;
                let of = |v: &[f32], pixel: usize| f64::from(v[at(pixel)]);
                let mean = (0..pixels).map(|p| of(&x, p)).sum::<f64>() / pixels as f64;
                let var = (0..pixels).map(|p| (of(&x, p) - mean).powi(2)).sum::<f64>() / pixels as f64;
                let inverse = 1.0 / (var + EPS).sqrt();
                let hat = |p: usize| (of(&x, p) - mean) * inverse;
                let (scale, shift) = (f64::from(gamma[c]), f64::from(beta[c]));
                let passed = |p: usize| if scale * hat(p) + shift > 0.0 { of(&g, p) } else { 0.0 };
                let sum = (0..pixels).map(passed).sum::<f64>();
                let product = (0..pixels).map(|p| passed(p) * hat(p)).sum::<f64>();
                dgamma[c] += product;
                dbeta[c] += sum;
                for p in 0..pixels {
                    y[at(p)] = (scale * hat(p) + shift).max(0.0);
                    dx[at(p)] = scale
                        * inverse
                        * (passed(p) - sum / pixels as f64 - hat(p) * product / pixels as f64);
                }
            }
        }
        let (mean, var) = norm::statistics(&x, &groups);
        let inverse = norm::inverse_deviation(&var, EPS);
        let scale: Vec<f32> = inverse.iter().enumerate().map(|(i, v)| v * gamma[i % d.c]).collect();
        assert_close(&norm::apply(&x, &groups, &mean, &scale, &beta, None, 0.0), &y, &what);
        let saved = Saved { groups, mean, inverse, scale, shift: beta, slope: 0.0, from_batch: true };
        let found = norm::gradients(&x, Incoming::Shared(&g), &saved);
        assert_close(&found.x.unwrap(), &dx, &what);
        assert_close(&found.gamma, &dgamma, &what);
        assert_close(&found.beta, &dbeta, &what);
    }
}

#[test]
fn poolings_and_their_gradients() {
    let d = Dims { n: 2, h: 7, w: 6, c: 5 };
    let o = pool::pooled(d);
    assert_eq!((o.h, o.w), (4, 3));
    let (x, g) = (numbers(d.len(), 1), numbers(o.len(), 2));
    let (mut y, mut dx) = (vec![0.0; o.len()], vec![0.0; d.len()]);
    for (place, y) in y.iter_mut().enumerate() {
        let (c, pixel) = (place % o.c, place / o.c);
        let (image, oy, ox) = (pixel / (o.h * o.w), pixel / o.w % o.h, pixel % o.w);
        let window = (0..9).filter_map(|tap| {
            let (y, x) = ((2 * oy + tap / 3).checked_sub(1)?, (2 * ox + tap % 3).checked_sub(1)?);
            (y < d.h && x < d.w).then_some(((image * d.h + y) * d.w + x) * d.c + c)
        });
        let most = window.max_by(|a, b| x[*a].total_cmp(&x[*b])).unwrap();
        *y = f64::from(x[most]);
        dx[most] += f64::from(g[place]);
    }
    let (found, from) = pool::max_forward(&x, d);
    assert_close(&found, &y, "maxima");
    assert_close(&pool::max_backward(&g, &from, d), &dx, "their gradient");

    let area = (d.h * d.w) as f64;
    let means: Vec<f64> = (0..d.n * d.c)
        .map(|i| {
            let image = &x[i / d.c * d.h * d.w * d.c..][..d.h * d.w * d.c];
            image.iter().skip(i % d.c).step_by(d.c).map(|v| f64::from(*v)).sum::<f64>() / area
        })
        .collect();
    assert_close(&pool::mean_forward(&x, d), &means, "means");
    let g = numbers(d.n * d.c, 3);
    let share: Vec<f64> =
        (0..d.len()).map(|i| f64::from(g[i / (d.h * d.w * d.c) * d.c + i % d.c]) / area).collect();
    assert_close(&pool::mean_backward(&g, d), &share, "their gradient");
}

#[test]
fn passes_over_single_numbers() {
    let (x, g) = (numbers(40_000, 1), numbers(40_000, 2));
    let slope = |v: f32| if v > 0.0 { 1.0 } else { 0.2 };
    let y = elementwise::activate(&x, 0.2);
    assert!(y.iter().zip(&x).all(|(y, x)| *y == x * slope(*x)));
    let mut dx = g.clone();
    elementwise::activate_backward(&mut dx, &y, 0.2);
    assert!(dx.iter().zip(&g).zip(&x).all(|((dx, g), x)| *dx == g * slope(*x)));
    let mut sum = x.clone();
    elementwise::add(&mut sum, &g);
    assert!(sum.iter().zip(&x).zip(&g).all(|((sum, x), g)| *sum == x + g));
}

#[test]
fn images_of_any_strides_become_channels_last() {
    // As torch has it, `[n, c, h, w]`, and mirrored from right to left.
    let d = Dims { n: 2, h: 3, w: 4, c: 19 };
    let x = numbers(d.len(), 1);
    let (row, plane) = (d.w as isize, (d.h * d.w) as isize);
    let strides = [plane * d.c as isize, plane, row, 1];
    let mirrored = [strides[0], strides[1], strides[2], -1];
    let straight = layout::channels_last(&x, 0, strides, d);
    let turned = layout::channels_last(&x, d.w - 1, mirrored, d);
    for (place, (straight, turned)) in straight.iter().zip(&turned).enumerate() {
        let (c, pixel) = (place % d.c, place / d.c);
        let (image, y, px) = (pixel / (d.h * d.w), pixel / d.w % d.h, pixel % d.w);
        let line = ((image * d.c + c) * d.h + y) * d.w;
        assert_eq!([*straight, *turned], [x[line + px], x[line + d.w - 1 - px]]);
    }
}
