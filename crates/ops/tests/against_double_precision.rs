//! Every kernel, forward and all gradients, against the same operation composed of Burn's own in double precision, over many shapes
//! and memory layouts; and the same to the bit for one thread and for several.

use burn::tensor::{DType, Device, Tensor, TensorData};
use ops::{Activation, Padding, composed};

/// How a batch of images lies in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Lie {
    ChannelsFirst,
    ChannelsLast,
    Odd,
}

const LIES: [Lie; 3] = [Lie::ChannelsLast, Lie::ChannelsFirst, Lie::Odd];

fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            // Representable in single precision, so that both precisions start from the same numbers.
            f64::from(((state >> 40) as f32 / (1u64 << 23) as f32) - 1.0)
        })
        .collect()
}

/// A leaf whose view by [`view`] has shape `shape`.
fn leaf(shape: [usize; 4], lie: Lie, seed: u64, dtype: DType, device: &Device) -> Tensor<4> {
    let [n, c, h, w] = shape;
    let lying = match lie {
        Lie::ChannelsFirst => shape,
        Lie::ChannelsLast => [n, h, w, c],
        Lie::Odd => [w, c, n, h + 1],
    };
    let data = TensorData::new(numbers(lying.iter().product(), seed), lying);
    Tensor::from_data(data, (device, dtype))
}

fn view(x: Tensor<4>, lie: Lie) -> Tensor<4> {
    match lie {
        Lie::ChannelsFirst => x,
        Lie::ChannelsLast => x.permute([0, 3, 1, 2]),
        Lie::Odd => {
            let rows = x.dims()[3];
            x.narrow(3, 1, rows - 1).permute([2, 1, 3, 0])
        }
    }
}

fn values<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.into_data().convert::<f64>().try_to_vec().unwrap()
}

type Op<'a> = &'a (dyn Fn(&[Tensor<4>]) -> Tensor<4> + Sync);

/// Output and the gradients of all inputs under a fixed cotangent.
fn run(op: Op, inputs: &[([usize; 4], Lie)], seed: u64, dtype: DType, device: &Device) -> Vec<Vec<f64>> {
    let leaves: Vec<_> = inputs
        .iter()
        .enumerate()
        .map(|(i, (shape, lie))| leaf(*shape, *lie, seed + i as u64, dtype, device).require_grad())
        .collect();
    let views: Vec<_> = leaves.iter().zip(inputs).map(|(x, (_, lie))| view(x.clone(), *lie)).collect();
    let y = op(&views);
    let lie = inputs[0].1;
    let cotangent = view(leaf(y.dims(), lie, seed + 99, dtype, device), lie);
    let grads = (y.clone() * cotangent).sum().backward();
    let mut all = vec![values(y)];
    all.extend(leaves.iter().map(|x| values(x.grad(&grads).unwrap())));
    all
}

fn worst(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let difference = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(a.iter().all(|v| v.is_finite()));
    difference / b.iter().map(|b| b.abs()).fold(1e-3, f64::max)
}

fn check(what: &str, tuned: Op, reference: Op, inputs: &[([usize; 4], Lie)], seed: u64) {
    let device = Device::flex().autodiff();
    let wanted = run(reference, inputs, seed, DType::F64, &device);
    let threads = |n: usize| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    let one = threads(1).install(|| run(tuned, inputs, seed, DType::F32, &Device::flex().autodiff()));
    let three = threads(3).install(|| run(tuned, inputs, seed, DType::F32, &Device::flex().autodiff()));
    assert!(one == three, "{what} {inputs:?}: one thread and three differ");
    // The transforms of Winograd's gradients cost a digit.
    let winograd = inputs.get(1).is_some_and(|w| w.0[2] > 2) && inputs[0].0[1].is_multiple_of(16);
    for (i, (got, want)) in one.iter().zip(&wanted).enumerate() {
        let off = worst(got, want);
        let limit = if i > 0 && winograd { 1e-4 } else { 1e-5 };
        assert!(off < limit, "{what} {inputs:?}: tensor {i} (0 is the output) is off by {off:e}");
    }
}

fn flat(x: &Tensor<4>) -> Tensor<1> {
    let count = x.dims().iter().product::<usize>();
    x.clone().reshape([count])
}

#[test]
fn convolution() {
    // n, in, h, w, out, k, stride, pad
    let shapes = [
        [1, 1, 1, 1, 1, 1, 1, 0],
        [2, 3, 7, 5, 4, 3, 1, 1],
        [1, 1, 9, 6, 1, 3, 1, 1],
        [3, 5, 8, 11, 7, 3, 2, 1],
        [2, 4, 9, 9, 3, 1, 1, 0],
        [2, 4, 9, 8, 3, 1, 2, 0],
        [1, 3, 13, 10, 8, 7, 1, 3],
        [2, 3, 17, 12, 8, 7, 2, 3],
        [1, 6, 8, 8, 5, 4, 2, 1],
        [2, 6, 7, 5, 1, 4, 1, 1],
        [1, 2, 4, 4, 3, 4, 1, 0],
        [16, 8, 12, 12, 16, 3, 1, 1],
        [16, 16, 12, 12, 32, 3, 2, 1],
        [1, 32, 24, 24, 32, 3, 1, 1],
        [1, 16, 20, 20, 3, 7, 1, 3],
        [16, 32, 9, 9, 16, 1, 2, 0],
        [16, 32, 16, 16, 48, 1, 1, 0],
        [2, 3, 5, 5, 2, 3, 3, 2],
        [1, 192, 5, 5, 8, 3, 1, 1],
        [1, 7, 9, 8, 2, 3, 1, 1],
        [2, 7, 5, 6, 4, 3, 2, 1],
        [2, 3, 12, 10, 32, 4, 2, 1],
        [2, 16, 9, 9, 4, 3, 2, 1],
        // maps of a few pixels
        [16, 32, 2, 2, 40, 3, 1, 1],
        [16, 20, 1, 1, 7, 3, 1, 1],
        [16, 17, 4, 4, 130, 3, 1, 1],
        [15, 130, 3, 2, 17, 3, 1, 1],
        [16, 24, 4, 4, 33, 3, 2, 1],
        [37, 16, 5, 3, 1, 3, 2, 1],
        [16, 16, 2, 2, 16, 3, 3, 2],
        [16, 16, 3, 3, 24, 5, 1, 2],
        [48, 16, 2, 2, 16, 4, 2, 1],
        [16, 16, 1, 1, 16, 1, 1, 2],
        [64, 70, 2, 2, 70, 3, 1, 1],
        // by Winograd: whole and cut tiles, few weights and many, in one chunk of tiles and in several
        [1, 16, 24, 20, 48, 3, 1, 1],
        [5, 32, 13, 10, 16, 3, 1, 1],
        [3, 16, 9, 17, 32, 3, 1, 2],
        [3, 16, 19, 17, 32, 3, 1, 0],
        [64, 16, 8, 8, 16, 3, 1, 1],
        [16, 256, 4, 4, 288, 3, 1, 1],
        [1, 144, 84, 82, 144, 3, 1, 1],
        [2, 16, 30, 27, 32, 4, 1, 1],
        [2, 16, 30, 27, 32, 4, 2, 1],
        [2, 16, 39, 38, 32, 3, 2, 1],
        [2, 32, 41, 42, 16, 3, 2, 0],
        [2, 32, 37, 36, 16, 3, 2, 2],
        [2, 32, 32, 31, 48, 4, 2, 0],
        [1, 80, 52, 54, 112, 3, 2, 1],
        [1, 96, 53, 54, 96, 4, 2, 2],
        // last tiles of four and five points, each way, alone and beside whole ones
        [3, 32, 14, 14, 48, 3, 1, 1],
        [3, 48, 7, 7, 32, 3, 1, 1],
        [2, 16, 6, 15, 16, 3, 1, 1],
        [2, 16, 29, 11, 16, 3, 1, 1],
        [64, 16, 3, 3, 16, 3, 1, 1],
        [64, 16, 2, 3, 16, 3, 1, 1],
        [4, 16, 23, 15, 16, 4, 1, 1],
        [4, 32, 18, 25, 16, 4, 2, 1],
        [2, 160, 14, 7, 176, 3, 1, 1],
        // weight gradients in strips
        [16, 16, 31, 30, 16, 3, 1, 1],
        [2, 16, 61, 58, 48, 3, 1, 1],
        [1, 16, 70, 67, 32, 4, 1, 1],
        [6, 16, 78, 82, 16, 4, 2, 1],
    ];
    for (i, [n, ci, h, w, co, k, stride, pad]) in shapes.into_iter().enumerate() {
        for reflect in [false, true] {
            if reflect && (pad == 0 || pad >= h.min(w)) {
                continue;
            }
            let padding = if reflect { Padding::Reflect(pad) } else { Padding::Zero(pad) };
            for (j, lie) in LIES.into_iter().enumerate() {
                if n * ci * h * w > 8000 && lie != Lie::ChannelsLast {
                    continue;
                }
                let mut inputs = vec![([n, ci, h, w], lie), ([co, ci, k, k], Lie::ChannelsFirst)];
                if j != 1 {
                    inputs.push(([co, 1, 1, 1], Lie::ChannelsFirst));
                }
                check(
                    &format!("convolution {padding:?} stride {stride}"),
                    &|x| ops::conv2d(x[0].clone(), x[1].clone(), x.get(2).map(flat), stride, padding),
                    &|x| composed::conv2d(x[0].clone(), x[1].clone(), x.get(2).map(flat), stride, padding),
                    &inputs,
                    i as u64 * 100,
                );
            }
        }
    }
}

#[test]
fn transposed_convolution() {
    // n, in, h, w, out, k, stride, pad, output padding
    let shapes = [
        [1, 1, 1, 1, 1, 1, 1, 0, 0],
        [2, 3, 4, 5, 4, 3, 2, 1, 1],
        [1, 1, 3, 3, 1, 3, 2, 1, 1],
        [2, 3, 4, 5, 2, 4, 2, 1, 0],
        [2, 3, 5, 4, 2, 3, 1, 1, 0],
        [1, 2, 3, 3, 2, 1, 3, 0, 2],
        [16, 16, 6, 6, 8, 3, 2, 1, 1],
        [1, 64, 16, 16, 32, 3, 2, 1, 1],
        [16, 16, 2, 2, 24, 3, 2, 1, 1],
    ];
    for (i, [n, ci, h, w, co, k, stride, pad, more]) in shapes.into_iter().enumerate() {
        for (j, lie) in LIES.into_iter().enumerate() {
            let mut inputs = vec![([n, ci, h, w], lie), ([ci, co, k, k], Lie::ChannelsFirst)];
            if j != 1 {
                inputs.push(([co, 1, 1, 1], Lie::ChannelsFirst));
            }
            check(
                &format!("transposed convolution stride {stride} pad {pad} more {more}"),
                &|x| ops::conv_transpose2d(x[0].clone(), x[1].clone(), x.get(2).map(flat), stride, pad, more),
                &|x| {
                    composed::conv_transpose2d(
                        x[0].clone(),
                        x[1].clone(),
                        x.get(2).map(flat),
                        stride,
                        pad,
                        more,
                    )
                },
                &inputs,
                7000 + i as u64 * 100,
            );
        }
    }
}

const ACTIVATIONS: [Activation; 3] = [Activation::None, Activation::Relu, Activation::LeakyRelu];
const NORM_SHAPES: [[usize; 4]; 11] = [
    [64, 1, 1, 1],
    [64, 3, 1, 1],
    [2, 130, 9, 7],
    [33, 64, 5, 3],
    [2, 3, 5, 4],
    [1, 1, 2, 3],
    [16, 8, 1, 1],
    [3, 70, 4, 3],
    [16, 16, 12, 12],
    [1, 64, 48, 48],
    [1, 5, 40, 41],
];

#[test]
fn batch_norm() {
    for (i, shape) in NORM_SHAPES.into_iter().enumerate() {
        for act in ACTIVATIONS {
            for with_residual in [false, true] {
                for lie in LIES {
                    let c = [shape[1], 1, 1, 1];
                    let mut inputs = vec![(shape, lie), (c, Lie::ChannelsFirst), (c, Lie::ChannelsFirst)];
                    if with_residual {
                        inputs.push((shape, lie));
                    }
                    let seed = 20000 + i as u64 * 100;
                    let residual = |x: &[Tensor<4>]| x.get(3).cloned();
                    check(
                        &format!("batch norm {act:?}"),
                        &|x| {
                            let (x0, g, b) = (x[0].clone() + 0.5, flat(&x[1]), flat(&x[2]));
                            ops::batch_norm_train(x0, g, b, 1e-5, residual(x), act).y
                        },
                        &|x| {
                            let (x0, g, b) = (x[0].clone() + 0.5, flat(&x[1]), flat(&x[2]));
                            composed::batch_norm_train(x0, g, b, 1e-5, residual(x), act).y
                        },
                        &inputs,
                        seed,
                    );
                    let fixed = |x: &Tensor<4>| {
                        let c = x.dims()[1];
                        let at = (&x.device(), x.dtype());
                        (Tensor::<1>::full([c], 0.25, at), Tensor::<1>::full([c], 0.5, at))
                    };
                    check(
                        &format!("batch norm by given statistics {act:?}"),
                        &|x| {
                            let (m, v) = fixed(&x[0]);
                            let x0 = x[0].clone();
                            ops::batch_norm_eval(x0, flat(&x[1]), flat(&x[2]), m, v, 1e-5, residual(x), act)
                        },
                        &|x| {
                            let (m, v) = fixed(&x[0]);
                            let x0 = x[0].clone();
                            composed::batch_norm_eval(
                                x0,
                                flat(&x[1]),
                                flat(&x[2]),
                                m,
                                v,
                                1e-5,
                                residual(x),
                                act,
                            )
                        },
                        &inputs,
                        seed + 50,
                    );
                }
            }
        }
    }
}

#[test]
fn convolution_and_batch_norm_in_one() {
    let device = Device::flex();
    // n, in, h, w, out, k, stride, pad: by Winograd, by positions, by patches, of few outputs
    let shapes = [
        [2, 16, 24, 22, 32, 3, 1, 1],
        [1, 144, 24, 20, 144, 3, 1, 1],
        [16, 32, 2, 2, 24, 3, 1, 1],
        [2, 3, 17, 19, 20, 7, 2, 3],
        [2, 16, 9, 9, 33, 1, 2, 0],
        [1, 16, 20, 20, 3, 7, 1, 3],
    ];
    for [n, ci, h, w, co, k, stride, pad] in shapes {
        for (act, residual) in
            [(Activation::Relu, true), (Activation::None, false), (Activation::LeakyRelu, true)]
        {
            let of = |dtype| {
                let make = |shape, seed| leaf(shape, Lie::ChannelsFirst, seed, dtype, &device);
                let (x, weight) = (make([n, ci, h, w], 1), make([co, ci, k, k], 2));
                let line = |seed| flat(&make([co, 1, 1, 1], seed));
                let size = |s: usize| (s + 2 * pad - k) / stride + 1;
                let r = residual.then(|| make([n, co, size(h), size(w)], 7));
                (x, weight, [line(3), line(4), line(5), line(6).abs()], r)
            };
            let (x, weight, [gamma, beta, mean, var], r) = of(DType::F32);
            let got = ops::conv2d_batch_norm_eval(
                x,
                weight,
                stride,
                Padding::Zero(pad),
                gamma,
                beta,
                mean,
                var,
                1e-5,
                r,
                act,
            );
            let (x, weight, [gamma, beta, mean, var], r) = of(DType::F64);
            let y = composed::conv2d(x, weight, None, stride, Padding::Zero(pad));
            let want = composed::batch_norm_eval(y, gamma, beta, mean, var, 1e-5, r, act);
            let off = worst(&values(got), &values(want));
            assert!(off < 1e-5, "{n} {ci} {h} {w} {co} {k} {stride} {act:?}: off by {off:e}");
        }
    }
}

#[test]
fn statistics_of_batch_norm() {
    let device = Device::flex();
    for shape in NORM_SHAPES {
        let run = |dtype| {
            let x = leaf(shape, Lie::ChannelsFirst, 5, dtype, &device) + 3.0;
            let one = Tensor::<1>::ones([shape[1]], (&device, dtype));
            if dtype == DType::F64 {
                composed::batch_norm_train(x, one.clone(), one, 1e-5, None, Activation::None)
            } else {
                ops::batch_norm_train(x, one.clone(), one, 1e-5, None, Activation::None)
            }
        };
        let (got, want) = (run(DType::F32), run(DType::F64));
        assert!(worst(&values(got.mean), &values(want.mean)) < 1e-6);
        assert!(worst(&values(got.var), &values(want.var)) < 1e-6);
    }
}

/// Means far from zero, and a first sixteenth (from whose mean distances are taken) unlike the rest.
#[test]
fn statistics_of_numbers_far_from_zero() {
    for c in [1, 3, 64, 70] {
        let pixels = 5000;
        let mut x: Vec<f32> = numbers(c * pixels, 9).into_iter().map(|v| v as f32 + 300.0).collect();
        x[..c * pixels / 16].iter_mut().for_each(|v| *v -= 290.0);
        let moments = |ch: usize| {
            let of = || x[ch..].iter().step_by(c).map(|v| f64::from(*v));
            let mean = of().sum::<f64>() / pixels as f64;
            (mean, of().map(|v| (v - mean).powi(2)).sum::<f64>() / pixels as f64)
        };
        let (means, vars): (Vec<f64>, Vec<f64>) = (0..c).map(moments).unzip();
        let device = Device::flex();
        let one = Tensor::<1>::ones([c], &device);
        let x = Tensor::<4>::from_data(TensorData::new(x, [1, pixels, 1, c]), &device).permute([0, 3, 1, 2]);
        let got = ops::batch_norm_train(x, one.clone(), one, 1e-5, None, Activation::None);
        assert!(worst(&values(got.mean), &means) < 1e-6);
        assert!(worst(&values(got.var), &vars) < 1e-5);
    }
}

#[test]
fn a_relu_passes_nothing_on_where_it_is_zero_not_even_of_infinity() {
    let device = Device::flex().autodiff();
    for c in [1, 64] {
        let [inf, nan] = [f32::INFINITY, f32::NAN];
        let numbers: Vec<f32> = [-inf, inf, nan, -1.0, 2.0, 0.0].into_iter().cycle().take(6 * c).collect();
        let x = Tensor::<4>::from_data(TensorData::new(numbers, [1, c, 2, 3]), &device).require_grad();
        let g = Tensor::<4>::full([1, c, 2, 3], inf, &device);
        let (mean, var) = (Tensor::<1>::zeros([c], &device), Tensor::<1>::ones([c], &device));
        let (gamma, beta) = (var.clone(), mean.clone());
        for fused in [false, true] {
            let y = if fused {
                let (gamma, beta) = (gamma.clone(), beta.clone());
                ops::batch_norm_eval(
                    x.clone(),
                    gamma,
                    beta,
                    mean.clone(),
                    var.clone(),
                    0.0,
                    None,
                    Activation::Relu,
                )
            } else {
                ops::activate(x.clone(), Activation::Relu)
            };
            let grads = (y.clone() * g.clone()).sum().backward();
            let (y, dx) = (values(y), values(x.grad(&grads).unwrap()));
            assert!(y[0] == 0.0 && y[1] == f64::INFINITY && y[2].is_nan() && y[3] == 0.0 && y[5] == 0.0);
            assert!(dx[0] == 0.0 && dx[3] == 0.0 && dx[5] == 0.0 && dx[4] == f64::INFINITY);
        }
    }
}

#[test]
fn instance_norm() {
    for (i, shape) in NORM_SHAPES.into_iter().enumerate() {
        for act in ACTIVATIONS {
            for with_residual in [false, true] {
                for lie in LIES {
                    let mut inputs = vec![(shape, lie)];
                    if with_residual {
                        inputs.push((shape, lie));
                    }
                    check(
                        &format!("instance norm {act:?}"),
                        &|x| ops::instance_norm(x[0].clone(), 1e-5, x.get(1).cloned(), act),
                        &|x| composed::instance_norm(x[0].clone(), 1e-5, x.get(1).cloned(), act),
                        &inputs,
                        40000 + i as u64 * 100,
                    );
                }
            }
        }
    }
}

#[test]
fn poolings() {
    let shapes = [[1, 1, 1, 1], [2, 3, 5, 4], [1, 2, 2, 2], [3, 70, 7, 8], [16, 8, 12, 12], [16, 64, 24, 24]];
    for (i, shape) in shapes.into_iter().enumerate() {
        for lie in LIES {
            let seed = 60000 + i as u64 * 100;
            check(
                "max pool",
                &|x| ops::max_pool_3x3_s2_p1(x[0].clone()),
                &|x| composed::max_pool_3x3_s2_p1(x[0].clone()),
                &[(shape, lie)],
                seed,
            );
            let as_images = |y: Tensor<2>| {
                let [n, c] = y.dims();
                y.reshape([n, c, 1, 1])
            };
            check(
                "global average",
                &|x| as_images(ops::global_avg_pool(x[0].clone())),
                &|x| as_images(composed::global_avg_pool(x[0].clone())),
                &[(shape, lie)],
                seed,
            );
        }
    }
}

#[test]
fn activation_alone() {
    for (i, shape) in NORM_SHAPES.into_iter().enumerate() {
        for (act, lie) in ACTIVATIONS.into_iter().zip(LIES) {
            check(
                &format!("activation {act:?}"),
                &|x| ops::activate(x[0].clone(), act),
                &|x| composed::activate(x[0].clone(), act),
                &[(shape, lie)],
                // No zero among the numbers: there Burn takes the slope's other side.
                71000 + i as u64,
            );
        }
    }
}

#[test]
fn fork_adds_both_gradients() {
    for (i, shape) in NORM_SHAPES.into_iter().enumerate() {
        for lie in LIES {
            let c = shape[1];
            let block = |main: Tensor<4>, side: Tensor<4>, w: &Tensor<4>| {
                ops::conv2d(main, w.clone(), None, 1, Padding::Zero(1)) * side.clone() + side * 3.0
            };
            let inputs = [(shape, lie), ([c, c, 3, 3], Lie::ChannelsFirst)];
            check(
                "fork",
                &|x| {
                    let (main, side) = ops::fork(x[0].clone() * 2.0);
                    block(main, side, &x[1])
                },
                &|x| {
                    let y = x[0].clone() * 2.0;
                    block(y.clone(), y, &x[1])
                },
                &inputs,
                80000 + i as u64,
            );
        }
    }
    // On a tape that does not reach the input, and off any tape.
    for device in [Device::flex().autodiff(), Device::flex()] {
        let x = leaf([1, 2, 3, 4], Lie::ChannelsLast, 1, DType::F32, &device);
        let (main, side) = ops::fork(x.clone());
        assert_eq!(values(main), values(x.clone()));
        assert_eq!(values(side), values(x));
    }
}

#[test]
fn max_pool_hands_on_what_is_not_a_number() {
    for c in [1, 16] {
        let mut x = vec![1.0f32; c * 25];
        x[12] = f32::NAN; // the middle of the first channel
        let x = Tensor::<4>::from_data(TensorData::new(x, [1, c, 5, 5]), &Device::flex());
        let y = values(ops::max_pool_3x3_s2_p1(x));
        assert_eq!(y.iter().filter(|v| v.is_nan()).count(), 1);
        assert!(y[4].is_nan());
    }
}
