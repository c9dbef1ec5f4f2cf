//! Times the three passes of every convolution of ResNet-18 (batch 16) and CycleGAN (batch 1), and the norms and the pooling.
//!
//! A gradient's time is that of a forward and backward pass with only its tensor on the tape, less the forward pass alone and the backward
//! pass of the global mean that stands for the loss. GFLOP/s count the multiplications of the definition, so that a way that needs
//! fewer can be above the processor's peak, which the first line gives as a large matrix product reaches it. Medians; on a machine that
//! others use, ask for one thread and the fastest run instead.
//!
//! `cargo run --release -p ops --example conv_rates [threads] [fastest|median] [part of a line's name]`

use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};
use ops::{Activation, Padding};

#[global_allocator]
static ALLOCATOR: kernels::memory::Recycling<mimalloc::MiMalloc> =
    kernels::memory::Recycling(mimalloc::MiMalloc);

fn time(mut f: impl FnMut()) -> f64 {
    f();
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || (times.len() < 101 && begin.elapsed().as_secs_f64() < 0.3) {
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

fn wanted(name: &str) -> bool {
    std::env::args().nth(3).is_none_or(|part| name.contains(&part))
}

fn taped(x: &Tensor<4>) -> Tensor<4> {
    Tensor::<4>::from_inner(x.clone())
}

/// Seconds of a forward and backward pass, the loss being the global mean.
fn there_and_back(x: &Tensor<4>, w: &Tensor<4>, of: [bool; 2], op: &Op) -> f64 {
    time(|| {
        let leaf = |t: &Tensor<4>, of: bool| if of { taped(t).require_grad() } else { taped(t) };
        let (x, w) = (leaf(x, of[0]), leaf(w, of[1]));
        let grads = ops::global_avg_pool(op(x.clone(), w.clone())).backward();
        std::hint::black_box((x.grad(&grads), w.grad(&grads)));
    })
}

type Op = dyn Fn(Tensor<4>, Tensor<4>) -> Tensor<4>;

fn line(name: &str, shape: [usize; 4], w: [usize; 4], multiplications: f64, op: &Op) {
    if !wanted(name) {
        return;
    }
    let device = Device::flex();
    let (x, w) = (channels_last(shape, &device), channels_last(w, &device));
    let forward = time(|| {
        std::hint::black_box(op(x.clone(), w.clone()));
    });
    let y = op(x.clone(), w.clone());
    let loss = there_and_back(&y, &w, [true, false], &|x, _| x);
    let dx = there_and_back(&x, &w, [true, false], op) - forward - loss;
    let dw = there_and_back(&x, &w, [false, true], op) - forward - loss;
    let rate =
        |seconds: f64| format!("{:9.3} ms {:5.0} GFLOP/s", seconds * 1e3, 2e-9 * multiplications / seconds);
    println!(
        "{name:34} forward {}   input gradient {}   weight gradient {}",
        rate(forward),
        rate(dx),
        rate(dw)
    );
}

fn conv(n: usize, ci: usize, co: usize, size: usize, k: usize, stride: usize, padding: Padding) {
    let out = (size + 2 * padding.pixels() - k) / stride + 1;
    let mirrored = if matches!(padding, Padding::Reflect(_)) { " mirrored" } else { "" };
    line(
        &format!("{k}x{k}/{stride} {ci}->{co} {n}x{size}x{size}{mirrored}"),
        [n, ci, size, size],
        [co, ci, k, k],
        (n * out * out * ci * co * k * k) as f64,
        &move |x, w| ops::conv2d(x, w, None, stride, padding),
    );
}

fn transposed(n: usize, ci: usize, co: usize, size: usize) {
    line(
        &format!("transposed 3x3/2 {ci}->{co} {n}x{size}x{size}"),
        [n, ci, size, size],
        [ci, co, 3, 3],
        (n * size * size * ci * co * 9) as f64,
        &|x, w| ops::conv_transpose2d(x, w, None, 2, 1, 1),
    );
}

/// Something without weights.
fn pass(name: &str, shape: [usize; 4], op: impl Fn(Tensor<4>) -> Tensor<4>) {
    if !wanted(name) {
        return;
    }
    let x = channels_last(shape, &Device::flex());
    let forward = time(|| {
        std::hint::black_box(op(x.clone()));
    });
    let both = there_and_back(&x, &x, [true, false], &|x, _| x);
    let both = there_and_back_of(&x, &op) - both;
    println!("{name:34} forward {:9.3} ms   with backward {:9.3} ms", forward * 1e3, both * 1e3);
}

fn there_and_back_of(x: &Tensor<4>, op: &impl Fn(Tensor<4>) -> Tensor<4>) -> f64 {
    time(|| {
        let x = taped(x).require_grad();
        let grads = ops::global_avg_pool(op(x.clone())).backward();
        std::hint::black_box(x.grad(&grads));
    })
}

fn norms(n: usize, c: usize, size: usize) {
    let one = |x: &Tensor<4>| Tensor::<1>::ones([x.dims()[1]], &x.device());
    if n > 1 {
        pass(&format!("batch norm+relu {c} {n}x{size}x{size}"), [n, c, size, size], |x| {
            ops::batch_norm_train(x.clone(), one(&x), one(&x), 1e-5, None, Activation::Relu).y
        });
    } else {
        pass(&format!("instance norm+relu {c} {n}x{size}x{size}"), [n, c, size, size], |x| {
            ops::instance_norm(x, 1e-5, None, Activation::Relu)
        });
    }
}

/// What a large square product reaches here on one thread.
fn peak() {
    const N: usize = 960;
    let matrix = || Tensor::<2>::ones([N, N], &Device::flex());
    let (a, b) = (matrix(), matrix());
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let seconds = one.install(|| {
        time(|| {
            std::hint::black_box(a.clone().matmul(b.clone()));
        })
    });
    println!("a matrix product on one thread: {:.0} GFLOP/s", 2e-9 * (N * N * N) as f64 / seconds);
}

fn resnet18(size: usize) {
    let one = Padding::Zero(1);
    println!("ResNet-18, batch 16, {size} px");
    conv(16, 3, 64, size, 7, 2, Padding::Zero(3));
    norms(16, 64, size / 2);
    pass(&format!("max pool 64 16x{0}x{0}", size / 2), [16, 64, size / 2, size / 2], ops::max_pool_3x3_s2_p1);
    let mut map = size / 4;
    conv(16, 64, 64, map, 3, 1, one);
    norms(16, 64, map);
    for channels in [128, 256, 512] {
        conv(16, channels / 2, channels, map, 3, 2, one);
        conv(16, channels / 2, channels, map, 1, 2, Padding::Zero(0));
        map /= 2;
        conv(16, channels, channels, map, 3, 1, one);
    }
}

fn cycle_gan(size: usize) {
    let (three, one) = (Padding::Reflect(3), Padding::Zero(1));
    println!("CycleGAN, batch 1, {size} px");
    conv(1, 3, 64, size, 7, 1, three);
    conv(1, 64, 128, size, 3, 2, one);
    conv(1, 128, 256, size / 2, 3, 2, one);
    conv(1, 256, 256, size / 4, 3, 1, Padding::Reflect(1));
    transposed(1, 256, 128, size / 4);
    transposed(1, 128, 64, size / 2);
    conv(1, 64, 3, size, 7, 1, three);
    conv(1, 3, 64, size, 4, 2, one);
    conv(1, 64, 128, size / 2, 4, 2, one);
    conv(1, 128, 256, size / 4, 4, 2, one);
    conv(1, 256, 512, size / 8, 4, 1, one);
    conv(1, 512, 1, size / 8 - 1, 4, 1, one);
    norms(1, 64, size);
    norms(1, 256, size / 4);
}

fn main() {
    let threads = std::env::args().nth(1).and_then(|t| t.parse().ok()).unwrap_or(2);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
    pool.install(|| {
        peak();
        println!("{threads} threads");
        resnet18(224);
        resnet18(64);
        cycle_gan(224);
    });
}
