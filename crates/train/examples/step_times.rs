//! Seconds of one training step by network, width and tile size, and what the loop around the networks takes of it.
//!
//! `cargo run --release -p train --example step_times -- [threads]`

use burn::tensor::{Device, Tensor, TensorData};
use nets::{DiscriminatorConfig, GeneratorConfig, ResNet18Config};
use rand::RngExt;
use std::time::Instant;
use tissue::augment::{Augment, Normalise};
use train::adam::Adam;
use train::{Observer, TranslatorConfig, TranslatorJob, loss};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STEPS: usize = 12;

fn noise(n: usize) -> Vec<f32> {
    let mut rng = tissue::random::stream(1, "noise");
    (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2] * 1e3
}

fn classifier(size: usize, width: usize) {
    let (device, mut rng) = (Device::flex().autodiff(), tissue::random::stream(1, "init"));
    let mut model = ResNet18Config { classes: 2, width }.init(&mut rng, &device);
    let mut adam = Adam::new(0.9, 1e-4);
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..STEPS {
        let start = Instant::now();
        let input = TensorData::new(noise(16 * 3 * size * size), [16, size, size, 3]);
        let input = Tensor::<4>::from_data(input, &device).permute([0, 3, 1, 2]);
        let targets = Tensor::from_data(TensorData::new([0f32, 1.0].repeat(16), [16, 2]), &device);
        let made = start.elapsed().as_secs_f64();
        let loss = loss::cross_entropy(model.forward_train(input), targets);
        let _ = loss::value(&loss);
        let forward = start.elapsed().as_secs_f64();
        let mut grads = loss.backward();
        let backward = start.elapsed().as_secs_f64();
        model = adam.step(model, &mut grads, 1e-3, &device);
        let all = start.elapsed().as_secs_f64();
        for (list, seconds) in
            times.iter_mut().zip([forward - made, backward - forward, all - backward, all - made])
        {
            list.push(seconds);
        }
    }
    let [forward, backward, update, all] = times.map(median);
    let tile = vec![150u8; size * size * 3];
    let start = Instant::now();
    for i in 0..160 {
        let mut rng = tissue::random::stream(1, &format!("item-{i}"));
        Augment::paper().apply(&mut tile.clone(), size, &mut rng);
    }
    let augment = start.elapsed().as_secs_f64() * 1e2;
    println!(
        "classifier {size} px, width {width}, batch 16: step {all:.1} ms = forward {forward:.1} + backward \
         {backward:.1} + Adam {update:.1}; augmentation beside it {augment:.1} ms a batch ({:?})",
        Normalise::paper().mean.len()
    );
}

struct Timer(std::sync::Mutex<(Instant, Vec<f64>)>);

impl Observer for Timer {
    fn step(&self, _done: u64, _total: u64) {
        let mut guard = self.0.lock().unwrap();
        let seconds = guard.0.elapsed().as_secs_f64();
        guard.0 = Instant::now();
        guard.1.push(seconds);
    }
}

fn translator(size: usize, width: usize, blocks: usize) {
    let tile = vec![150u8; size * size * 3];
    let tiles = vec![tile.as_slice(); STEPS];
    let dir = tempfile::tempdir().unwrap();
    let job = TranslatorJob {
        stream: "bench".into(),
        seed: 1,
        config: TranslatorConfig { epochs: 1, steps: None, width, blocks, lr: 2e-4, identity: 0.0 },
        size,
        a: tiles.clone(),
        b: tiles,
        sample: Vec::new(),
        judge: None,
        dir: dir.path().to_owned(),
    };
    let timer = Timer(std::sync::Mutex::new((Instant::now(), Vec::new())));
    train::train_translator(&job, &Device::flex(), &timer).unwrap();
    let step = median(timer.0.into_inner().unwrap().1.split_off(1));

    // The networks alone, forward: four generator passes and six discriminator passes make a step.
    let (device, mut rng) = (Device::flex(), tissue::random::stream(1, "init"));
    let generator = GeneratorConfig { width, blocks }.init(&mut rng, &device);
    let discriminator = DiscriminatorConfig { width }.init(&mut rng, &device);
    let input = Tensor::<4>::from_data(TensorData::new(noise(3 * size * size), [1, 3, size, size]), &device);
    let time = |f: &dyn Fn()| {
        median(
            (0..STEPS)
                .map(|_| {
                    let start = Instant::now();
                    f();
                    start.elapsed().as_secs_f64()
                })
                .collect(),
        )
    };
    let forward_g = time(&|| {
        let _ = generator.forward(input.clone()).into_data();
    });
    let forward_d = time(&|| {
        let _ = discriminator.forward(input.clone()).into_data();
    });
    println!(
        "translator {size} px, width {width}, {blocks} blocks: step {step:.1} ms; forward alone: generator \
         {forward_g:.1}, discriminator {forward_d:.1} ms"
    );
}

fn main() {
    let threads = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(2);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    println!("{threads} threads");
    pool.install(|| {
        for size in [48, 64] {
            for width in [16, 32] {
                classifier(size, width);
            }
        }
        for size in [48, 64] {
            for (width, blocks) in [(16, 3), (16, 6), (24, 3), (24, 6)] {
                translator(size, width, blocks);
            }
        }
    });
}
