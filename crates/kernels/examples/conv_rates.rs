//! Times the kernels against Burn's own operations on Flex, on the shapes of small studies: the forward pass, and forward and backward
//! together (input and weights; the loss is a global mean), medians. On a machine that others use, ask for one thread and the fastest run instead.
//!
//! `cargo run --release -p kernels --example conv_rates [threads] [fastest] [part of a line's name]`

use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};
use kernels::{Activation, Padding, composed};

#[global_allocator]
static ALLOCATOR: kernels::memory::Recycling<mimalloc::MiMalloc> =
    kernels::memory::Recycling(mimalloc::MiMalloc);

type Mean = fn(Tensor<4>) -> Tensor<2>;

fn median(mut f: impl FnMut()) -> f64 {
    f();
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || (times.len() < 41 && begin.elapsed().as_secs_f64() < 0.3) {
        let start = Instant::now();
        f();
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    times[if std::env::args().any(|a| a == "fastest") { 0 } else { times.len() / 2 }]
}

fn channels_last(shape: [usize; 4], device: &Device) -> Tensor<4> {
    let [n, c, h, w] = shape;
    Tensor::<4>::random([n, h, w, c], Distribution::Normal(0.0, 1.0), device).permute([0, 3, 1, 2])
}

fn channels_first(shape: [usize; 4], device: &Device) -> Tensor<4> {
    Tensor::<4>::random(shape, Distribution::Normal(0.0, 1.0), device)
}

/// Seconds of the forward pass, and of forward and backward together.
fn time(x: &Tensor<4>, w: Option<&Tensor<4>>, op: &Op, mean: Mean) -> (f64, f64) {
    let forward = median(|| {
        std::hint::black_box(op(x.clone(), w.cloned()));
    });
    let up = |t: &Tensor<4>| Tensor::<4>::from_inner(t.clone());
    let both = median(|| {
        let (x, w) = (up(x).require_grad(), w.map(|w| up(w).require_grad()));
        let y = op(x.clone(), w.clone());
        let grads = mean(y).backward();
        std::hint::black_box((x.grad(&grads), w.and_then(|w| w.grad(&grads))));
    });
    (forward, both)
}

type Op = Box<dyn Fn(Tensor<4>, Option<Tensor<4>>) -> Tensor<4>>;

fn op(f: impl Fn(Tensor<4>, Option<Tensor<4>>) -> Tensor<4> + 'static) -> Op {
    Box::new(f)
}

fn line(name: &str, shape: [usize; 4], w: Option<[usize; 4]>, multiplications: f64, ours: &Op, theirs: &Op) {
    if std::env::args().nth(3).is_some_and(|part| !name.contains(&part)) {
        return;
    }
    let device = Device::flex();
    let weights = w.map(|w| channels_first(w, &device));
    let (first, last) = (channels_first(shape, &device), channels_last(shape, &device));
    let theirs = time(&first, weights.as_ref(), theirs, composed::global_avg_pool);
    let ours = time(&last, weights.as_ref(), ours, kernels::global_avg_pool);
    println!(
        "{name:34} forward {:8.3} ms (x{:5.1}) {:5.0} GFLOP/s   with backward {:8.3} ms (x{:5.1}) {:5.0} GFLOP/s",
        ours.0 * 1e3,
        theirs.0 / ours.0,
        2e-9 * multiplications / ours.0,
        ours.1 * 1e3,
        theirs.1 / ours.1,
        6e-9 * multiplications / ours.1,
    );
}

fn conv(n: usize, ci: usize, co: usize, size: usize, k: usize, stride: usize, padding: Padding) {
    let out = (size + 2 * padding.pixels() - k) / stride + 1;
    line(
        &format!(
            "conv {k}x{k}/{stride} {ci}->{co} {n}x{size}x{size} {}",
            if matches!(padding, Padding::Reflect(_)) { "r" } else { "" }
        ),
        [n, ci, size, size],
        Some([co, ci, k, k]),
        (n * out * out * ci * co * k * k) as f64,
        &op(move |x, w| kernels::conv2d(x, w.unwrap(), None, stride, padding)),
        &op(move |x, w| composed::conv2d(x, w.unwrap(), None, stride, padding)),
    );
}

fn transposed(n: usize, ci: usize, co: usize, size: usize) {
    line(
        &format!("transposed 3x3/2 {ci}->{co} {n}x{size}x{size}"),
        [n, ci, size, size],
        Some([ci, co, 3, 3]),
        (n * size * size * ci * co * 9) as f64,
        &op(|x, w| kernels::conv_transpose2d(x, w.unwrap(), None, 2, 1, 1)),
        &op(|x, w| composed::conv_transpose2d(x, w.unwrap(), None, 2, 1, 1)),
    );
}

fn norms(n: usize, c: usize, size: usize) {
    let one = |x: &Tensor<4>| Tensor::<1>::ones([x.dims()[1]], &x.device());
    let shape = [n, c, size, size];
    if n > 1 {
        line(
            &format!("batch norm+relu {c} {n}x{size}x{size}"),
            shape,
            None,
            0.0,
            &op(move |x, _| {
                kernels::batch_norm_train(x.clone(), one(&x), one(&x), 1e-5, None, Activation::Relu).y
            }),
            &op(move |x, _| {
                composed::batch_norm_train(x.clone(), one(&x), one(&x), 1e-5, None, Activation::Relu).y
            }),
        );
    } else {
        line(
            &format!("instance norm+relu {c} {n}x{size}x{size}"),
            shape,
            None,
            0.0,
            &op(|x, _| kernels::instance_norm(x, 1e-5, None, Activation::Relu)),
            &op(|x, _| composed::instance_norm(x, 1e-5, None, Activation::Relu)),
        );
    }
}

fn main() {
    let threads = std::env::args().nth(1).and_then(|t| t.parse().ok()).unwrap_or(2);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
    let (zero, mirror) = (Padding::Zero(1), Padding::Reflect(1));
    pool.install(|| {
        println!(
            "ResNet-18, batch 16, {threads} threads; (xN): N times as fast as composed of Burn's operations"
        );
        conv(16, 3, 16, 64, 7, 2, Padding::Zero(3));
        for (c, size) in [(16, 16), (32, 8), (64, 4), (128, 2), (32, 16), (64, 16), (64, 8)] {
            conv(16, c, c, size, 3, 1, zero);
        }
        conv(16, 16, 32, 16, 3, 2, zero);
        conv(16, 64, 128, 16, 3, 2, zero);
        conv(16, 64, 128, 16, 1, 2, Padding::Zero(0));
        norms(16, 16, 32);
        norms(16, 64, 16);
        let (ours, theirs): (Op, Op) =
            (Box::new(|x, _| kernels::max_pool_3x3_s2_p1(x)), op(|x, _| composed::max_pool_3x3_s2_p1(x)));
        line("max pool 16 16x32x32", [16, 16, 32, 32], None, 0.0, &ours, &theirs);
        println!("CycleGAN, batch 1");
        conv(1, 3, 16, 64, 7, 1, Padding::Reflect(3));
        conv(1, 3, 64, 64, 7, 1, Padding::Reflect(3));
        conv(1, 16, 32, 64, 3, 2, zero);
        conv(1, 64, 64, 16, 3, 1, mirror);
        conv(1, 128, 128, 16, 3, 1, mirror);
        conv(1, 256, 256, 16, 3, 1, mirror);
        transposed(1, 64, 32, 16);
        transposed(1, 256, 128, 16);
        conv(1, 16, 3, 64, 7, 1, Padding::Reflect(3));
        conv(1, 64, 3, 64, 7, 1, Padding::Reflect(3));
        conv(1, 3, 16, 64, 4, 2, zero);
        conv(1, 32, 64, 16, 4, 2, zero);
        conv(1, 128, 1, 7, 4, 1, zero);
        norms(1, 64, 16);
        norms(1, 16, 64);
        norms(1, 64, 64);
    });
}
