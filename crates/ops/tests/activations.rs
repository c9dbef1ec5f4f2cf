//! One ReLU: wherever an activation is fused into a kernel, at every level of vector instructions, it does to −∞, −0, NaN and subnormal
//! numbers what torch does. One test: the level is the whole process's.

use burn::tensor::{Device, Tensor, TensorData};
use kernels::simd::{Level, set_level};
use ops::{Activation, Padding, composed};

const SUBNORMAL: f32 = 1e-40;
const SPECIAL: [f32; 11] = [
    f32::NEG_INFINITY,
    -0.0,
    0.0,
    f32::NAN,
    -SUBNORMAL,
    SUBNORMAL,
    -1.5,
    2.5,
    f32::INFINITY,
    f32::MIN,
    f32::MAX,
];
/// What `torch.relu` gives for them (torch 2.15), and what its gradient lets through.
const RELU: [(f32, bool); 11] = [
    (0.0, false),
    (-0.0, false),
    (0.0, false),
    (f32::NAN, true),
    (0.0, false),
    (SUBNORMAL, true),
    (0.0, false),
    (2.5, true),
    (f32::INFINITY, true),
    (0.0, false),
    (f32::MAX, true),
];
const GRADIENTS: [f32; 4] = [1.0, f32::INFINITY, -2.0, 0.5];

fn wanted(act: Activation, v: f32) -> f32 {
    match act {
        Activation::Relu if v < 0.0 => 0.0,
        Activation::LeakyRelu if v < 0.0 => 0.2 * v,
        _ => v,
    }
}

/// torch: a ReLU's gradient is nothing at zero and below, a leaky one's the slope wherever the input is not above zero.
fn wanted_gradient(act: Activation, v: f32, g: f32) -> f32 {
    match act {
        Activation::Relu if v <= 0.0 => 0.0,
        Activation::LeakyRelu if v.is_nan() || v <= 0.0 => 0.2 * g,
        _ => g,
    }
}

fn is_same(a: f32, b: f32) -> bool {
    (a.is_nan() && b.is_nan()) || a.to_bits() == b.to_bits()
}

fn cycled(values: &[f32], count: usize) -> Vec<f32> {
    values.iter().copied().cycle().take(count).collect()
}

fn images(values: &[f32], [n, c, h, w]: [usize; 4]) -> Tensor<4> {
    let data = TensorData::new(cycled(values, n * c * h * w), [n, h, w, c]);
    Tensor::<4>::from_data(data, &Device::flex().autodiff()).permute([0, 3, 1, 2])
}

fn vector(values: &[f32], count: usize) -> Tensor<1> {
    Tensor::from_data(TensorData::new(cycled(values, count), [count]), &Device::flex().autodiff())
}

fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_to_vec().unwrap()
}

/// The gradient of `x` where `y` has the cyclic gradients.
fn gradient(y: &Tensor<4>, x: &Tensor<4>) -> (Vec<f32>, Vec<f32>) {
    let g = images(&GRADIENTS, y.dims());
    let grads = (y.clone() * g.clone()).sum().backward();
    (values(g), values(x.grad(&grads).unwrap()))
}

type Op<'a> = &'a dyn Fn(Option<Tensor<4>>, Activation) -> Tensor<4>;

/// With the activation an operation gives the activation of what it gives without, forward and back into its residual.
fn check(what: &str, op: Op, residual: Option<&Tensor<4>>, differentiable: bool) {
    let plain = values(op(residual.cloned(), Activation::None));
    if residual.is_some() {
        assert!(
            plain.contains(&f32::NEG_INFINITY) && plain.iter().any(|v| v.to_bits() == (-0.0f32).to_bits()),
            "{what}"
        );
    }
    for act in [Activation::Relu, Activation::LeakyRelu] {
        let residual = residual.map(|r| r.clone().detach().require_grad());
        let y = op(residual.clone(), act);
        for (i, (got, v)) in values(y.clone()).iter().zip(&plain).enumerate() {
            assert!(is_same(*got, wanted(act, *v)), "{what} {act:?}: {got} of {v} at {i}");
        }
        if let (Some(r), true) = (residual, differentiable) {
            let (g, got) = gradient(&y, &r);
            for ((got, v), g) in got.iter().zip(&plain).zip(&g) {
                assert!(
                    is_same(*got, wanted_gradient(act, *v, *g)),
                    "{what} {act:?}: gradient {got} at {v} of {g}"
                );
            }
        }
    }
}

#[test]
fn every_activation_is_torchs_at_every_level() {
    for (v, (y, passes)) in SPECIAL.iter().zip(RELU) {
        assert!(is_same(wanted(Activation::Relu, *v), y));
        assert_eq!(wanted_gradient(Activation::Relu, *v, 2.0), if passes { 2.0 } else { 0.0 });
    }
    for level in Level::available() {
        set_level(level).unwrap();
        for shape in [[1, 1, 1, 1], [1, 3, 5, 7], [2, 17, 3, 5], [1, 32, 8, 8], [1, 11, 120, 130]] {
            let x = images(&SPECIAL, shape).require_grad();
            let inputs = values(x.clone());
            for act in [Activation::Relu, Activation::LeakyRelu] {
                let y = ops::activate(x.clone(), act);
                let (g, back) = gradient(&y, &x);
                for (((y, back), v), g) in values(y).iter().zip(&back).zip(&inputs).zip(&g) {
                    assert!(is_same(*y, wanted(act, *v)), "{level} {act:?}: {y} of {v}");
                    assert!(
                        is_same(*back, wanted_gradient(act, *v, *g)),
                        "{level} {act:?}: gradient {back} at {v}"
                    );
                }
                // Other devices compose it of Burn's operations, which know one zero.
                let y = composed::activate(x.clone(), act);
                let (_, back) = gradient(&y, &x);
                for (((y, back), v), g) in values(y).iter().zip(&back).zip(&inputs).zip(&g) {
                    let want = wanted(act, *v);
                    assert!(*y == want || (y.is_nan() && want.is_nan()), "composed {act:?}: {y} of {v}");
                    assert!(
                        *back == wanted_gradient(act, *v, *g),
                        "composed {act:?}: gradient {back} at {v}"
                    );
                }
            }
        }
        for shape in [[2, 3, 5, 4], [1, 16, 6, 6], [2, 20, 7, 5]] {
            let c = shape[1];
            // Normalised zeros, turned to −0, so that the residual alone decides.
            let zeros = images(&[0.0], shape);
            let (turned, none) = (vector(&[-1.0], c), vector(&[-0.0], c));
            let (mean, one) = (vector(&[0.0], c), vector(&[1.0], c));
            let residual = images(&SPECIAL, shape);
            let all = Some(&residual);
            check(
                &format!("{level} batch norm {shape:?}"),
                &|r, act| ops::batch_norm_train(zeros.clone(), turned.clone(), none.clone(), 1e-5, r, act).y,
                all,
                true,
            );
            check(
                &format!("{level} instance norm {shape:?}"),
                &|r, act| ops::instance_norm(zeros.clone(), 1e-5, r, act),
                None,
                true,
            );
            check(
                &format!("{level} fixed norm {shape:?}"),
                &|r, act| {
                    let (gamma, beta) = (turned.clone(), none.clone());
                    ops::batch_norm_eval(zeros.clone(), gamma, beta, mean.clone(), one.clone(), 1e-5, r, act)
                },
                all,
                true,
            );
            let shifts = vector(&SPECIAL, c);
            check(
                &format!("{level} fixed norm, shifts {shape:?}"),
                &|_, act| {
                    let (gamma, beta) = (turned.clone(), shifts.clone());
                    ops::batch_norm_eval(
                        zeros.clone(),
                        gamma,
                        beta,
                        mean.clone(),
                        one.clone(),
                        1e-5,
                        None,
                        act,
                    )
                },
                None,
                false,
            );
        }
        // By tiles, by patches, by dot products: inputs, outputs, side, kernel, padding.
        for [ci, co, px, k, pad] in [
            [64, 64, 24, 3, 1],
            [32, 48, 9, 3, 1],
            [5, 7, 6, 3, 1],
            [16, 3, 12, 7, 3],
            [3, 9, 5, 1, 0],
            [16, 1, 8, 4, 1],
        ] {
            let out = px + 2 * pad + 1 - k;
            let zeros = images(&[0.0], [1, ci, px, px]);
            let weights = images(&[0.5, -0.25, 1.0], [co, ci, k, k]);
            let residual = images(&SPECIAL, [1, co, out, out]);
            let (mean, one, turned) = (vector(&[0.0], co), vector(&[1.0], co), vector(&[-1.0], co));
            for (shifts, residual) in [(vector(&SPECIAL, co), None), (vector(&[-0.0], co), Some(&residual))] {
                check(
                    &format!("{level} convolution {ci} to {co}, {k}×{k}"),
                    &|r, act| {
                        ops::conv2d_batch_norm_eval(
                            zeros.clone(),
                            weights.clone(),
                            1,
                            Padding::Zero(pad),
                            turned.clone(),
                            shifts.clone(),
                            mean.clone(),
                            one.clone(),
                            1e-5,
                            r,
                            act,
                        )
                    },
                    residual,
                    false,
                );
            }
        }
    }
}
