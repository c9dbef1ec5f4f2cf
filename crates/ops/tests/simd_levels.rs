//! Every kernel at every level of vector instructions that the processor has, against the portable one. One test: the level is the
//! whole process's.

use burn::tensor::{Device, Tensor, TensorData};
use kernels::simd::{Level, set_level};
use ops::{Activation, Padding};

fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn leaf(shape: [usize; 4], seed: u64) -> Tensor<4> {
    let [n, c, h, w] = shape;
    let data = TensorData::new(numbers(n * c * h * w, seed), [n, h, w, c]);
    Tensor::<4>::from_data(data, &Device::flex().autodiff()).permute([0, 3, 1, 2]).require_grad()
}

fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_to_vec().unwrap()
}

type Op = Box<dyn Fn(&[Tensor<4>]) -> Tensor<4>>;

/// Output and the gradients of all inputs.
fn run(op: &Op, shapes: &[[usize; 4]]) -> Vec<Vec<f32>> {
    let inputs: Vec<_> = shapes.iter().enumerate().map(|(i, shape)| leaf(*shape, i as u64)).collect();
    let y = op(&inputs);
    let grads = (y.clone() * leaf(y.dims(), 99)).sum().backward();
    let mut all = vec![values(y)];
    all.extend(inputs.iter().map(|x| values(x.grad(&grads).unwrap())));
    all
}

const SHAPES: [[usize; 4]; 7] = [
    [1, 1, 1, 1],
    [2, 3, 5, 4],
    [16, 8, 3, 3],
    [3, 70, 4, 3],
    [1, 5, 40, 41],
    [2, 64, 33, 31],
    [16, 16, 24, 24],
];

/// Kernels without a fused multiply-add: the same bits at every level.
fn exact() -> Vec<(String, Vec<[usize; 4]>, Op)> {
    let mut all: Vec<(String, Vec<[usize; 4]>, Op)> = Vec::new();
    for shape in SHAPES {
        let channel = [1, shape[1], 1, 1];
        for act in [Activation::None, Activation::Relu, Activation::LeakyRelu] {
            for residual in [false, true] {
                let other = if residual { vec![shape] } else { vec![] };
                let flat = move |x: &Tensor<4>| x.clone().reshape([shape[1]]);
                all.push((
                    format!("batch norm {act:?} {residual}"),
                    [&[shape, channel, channel][..], &other].concat(),
                    Box::new(move |x| {
                        let residual = x.get(3).cloned();
                        ops::batch_norm_train(x[0].clone(), flat(&x[1]), flat(&x[2]), 1e-5, residual, act).y
                    }),
                ));
                all.push((
                    format!("instance norm {act:?} {residual}"),
                    [&[shape][..], &other].concat(),
                    Box::new(move |x| ops::instance_norm(x[0].clone(), 1e-5, x.get(1).cloned(), act)),
                ));
            }
            all.push((
                format!("activation {act:?}"),
                vec![shape],
                Box::new(move |x| ops::activate(x[0].clone(), act)),
            ));
        }
        all.push(("max pool".into(), vec![shape], Box::new(|x| ops::max_pool_3x3_s2_p1(x[0].clone()))));
        all.push((
            "mean pool".into(),
            vec![shape],
            Box::new(|x| {
                let y = ops::global_avg_pool(x[0].clone());
                let [n, c] = y.dims();
                y.reshape([n, c, 1, 1])
            }),
        ));
        all.push((
            "fork".into(),
            vec![shape],
            Box::new(|x| {
                let (main, side) = ops::fork(x[0].clone());
                main * 2.0 + side
            }),
        ));
    }
    all
}

/// Convolutions: matrix products may be fused and summed in another order. 1e-5 of the largest number.
fn rounded() -> Vec<(String, Vec<[usize; 4]>, Op)> {
    let mut all: Vec<(String, Vec<[usize; 4]>, Op)> = Vec::new();
    // n, in, h, w, out, k, stride, pad
    let shapes = [
        [1, 1, 1, 1, 1, 1, 1, 0],
        [2, 3, 7, 5, 4, 3, 1, 1],
        [1, 3, 32, 32, 64, 7, 2, 3],
        [16, 16, 12, 12, 32, 3, 2, 1],
        [1, 64, 24, 24, 64, 3, 1, 1],
        [16, 256, 4, 4, 160, 3, 1, 1],
        [16, 64, 2, 2, 32, 3, 1, 1],
        [1, 16, 40, 40, 32, 3, 2, 1],
        [1, 32, 40, 40, 32, 4, 2, 1],
        [1, 32, 40, 40, 32, 4, 1, 1],
        [2, 7, 9, 8, 2, 3, 1, 1],
        [1, 16, 20, 20, 3, 7, 1, 3],
        [1, 16, 20, 20, 1, 4, 1, 1],
        [16, 32, 9, 9, 16, 1, 2, 0],
    ];
    for [n, ci, h, w, co, k, stride, pad] in shapes {
        for reflect in [false, true] {
            if reflect && (pad == 0 || pad >= h.min(w)) {
                continue;
            }
            let padding = if reflect { Padding::Reflect(pad) } else { Padding::Zero(pad) };
            all.push((
                format!("convolution {padding:?} stride {stride}"),
                vec![[n, ci, h, w], [co, ci, k, k]],
                Box::new(move |x| ops::conv2d(x[0].clone(), x[1].clone(), None, stride, padding)),
            ));
        }
    }
    // With norm, residual and activation in the last write, for every way to compute a convolution; the statistics are constants.
    for [ci, px, co, k, pad] in
        [[64, 24, 64, 3, 1], [5, 9, 7, 3, 1], [16, 12, 3, 7, 3], [16, 8, 1, 4, 1], [3, 5, 9, 1, 0]]
    {
        let out = px + 2 * pad + 1 - k;
        for act in [Activation::None, Activation::Relu, Activation::LeakyRelu] {
            let channel = [1, co, 1, 1];
            all.push((
                format!("convolution and norm {act:?}"),
                vec![[1, ci, px, px], [co, ci, k, k], channel, channel, [1, co, out, out]],
                Box::new(move |x| {
                    let flat = |i: usize| x[i].clone().reshape([co]);
                    let one = flat(2).detach().ones_like();
                    let mean = one.zeros_like();
                    ops::conv2d_batch_norm_eval(
                        x[0].clone(),
                        x[1].clone(),
                        1,
                        Padding::Zero(pad),
                        flat(2),
                        flat(3),
                        mean,
                        one,
                        1e-5,
                        Some(x[4].clone()),
                        act,
                    )
                }),
            ));
        }
    }
    for [n, ci, h, w, co] in [[1, 3, 4, 5, 2], [1, 64, 16, 16, 32]] {
        all.push((
            "transposed convolution".into(),
            vec![[n, ci, h, w], [ci, co, 3, 3]],
            Box::new(|x| ops::conv_transpose2d(x[0].clone(), x[1].clone(), None, 2, 1, 1)),
        ));
    }
    all
}

/// Multiplications and additions that are fused or not give other last bits: so it is seen that a level does use its own instructions.
fn assert_narrowed() {
    if Level::most() == Level::Portable {
        return;
    }
    // By a matrix product; by dot products.
    for (ci, co, k, stride, pad) in [(16, 32, 3, 2, 1), (16, 3, 7, 1, 3)] {
        let op: Op =
            Box::new(move |x| ops::conv2d(x[0].clone(), x[1].clone(), None, stride, Padding::Zero(pad)));
        let outputs: Vec<Vec<f32>> = [Level::Portable, Level::Avx2]
            .into_iter()
            .map(|level| {
                set_level(level).unwrap();
                run(&op, &[[1, ci, 40, 40], [co, ci, k, k]]).swap_remove(0)
            })
            .collect();
        assert!(outputs[0] != outputs[1], "{ci} to {co}: both levels compute with the same instructions");
    }
}

#[test]
fn every_level_computes_the_same() {
    assert_narrowed();
    for (limit, cases) in [(0.0, exact()), (1e-5, rounded())] {
        for (what, shapes, op) in cases {
            set_level(Level::Portable).unwrap();
            let wanted = run(&op, &shapes);
            for level in Level::available() {
                set_level(level).unwrap();
                for (i, (got, want)) in run(&op, &shapes).iter().zip(&wanted).enumerate() {
                    let worst = got.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    let largest = want.iter().map(|v| v.abs()).fold(1e-3, f32::max);
                    assert!(got.len() == want.len() && got.iter().all(|v| v.is_finite()));
                    assert!(
                        worst <= limit * largest,
                        "{what} {shapes:?} at {level}: tensor {i} (0 is the output) is off by {worst:e} of {largest:e}"
                    );
                }
            }
        }
    }
}
