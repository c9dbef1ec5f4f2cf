//! One training step by network, width and tile size: median milliseconds on the clock and mean milliseconds of
//! processor time over all threads (which a busy machine does not stretch), and the parts of it.
//!
//! `cargo run --release -p train --example step_times -- [threads] [classifier|translator] [steps]`

use burn::tensor::{Device, Tensor, TensorData};
use nets::{Architecture, ClassifierConfig, DiscriminatorConfig, GeneratorConfig};
use rand::RngExt;
use std::time::Instant;
use tissue::augment::Augment;
use train::adam::Adam;
use train::{Observer, TranslatorConfig, TranslatorJob, loss};

#[global_allocator]
static ALLOCATOR: kernels::memory::Recycling<mimalloc::MiMalloc> =
    kernels::memory::Recycling(mimalloc::MiMalloc);

fn noise(n: usize) -> Vec<f32> {
    let mut rng = tissue::random::stream(1, "noise");
    (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// Seconds of processor time that the threads now alive have used; 0 where the system does not tell.
fn processor_seconds() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = |task: std::fs::DirEntry| -> Option<f64> {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    threads.filter_map(nanoseconds).sum::<f64>() * 1e-9
}

/// Times the parts of a step; the first step warms up.
struct Parts {
    last: (Instant, f64),
    steps: Vec<Vec<(f64, f64)>>,
}

impl Parts {
    fn new() -> Self {
        Self { last: (Instant::now(), processor_seconds()), steps: Vec::new() }
    }

    fn start(&mut self) {
        self.steps.push(Vec::new());
        self.last = (Instant::now(), processor_seconds());
    }

    fn end_of_part(&mut self) {
        let now = (Instant::now(), processor_seconds());
        if let Some(parts) = self.steps.last_mut() {
            parts.push(((now.0 - self.last.0).as_secs_f64(), now.1 - self.last.1));
        }
        self.last = now;
    }

    /// Of every part: the median on the clock and the mean of the processor, in milliseconds.
    fn summary(&self) -> Vec<String> {
        let steps: Vec<_> = self.steps.iter().skip(1).filter(|parts| !parts.is_empty()).collect();
        let column = |i: usize| {
            let mut clock: Vec<f64> = steps.iter().map(|parts| parts[i].0 * 1e3).collect();
            clock.sort_by(f64::total_cmp);
            let processor = steps.iter().map(|parts| parts[i].1 * 1e3).sum::<f64>() / steps.len() as f64;
            format!("{:.1} ({processor:.1})", clock[clock.len() / 2])
        };
        (0..steps[0].len()).map(column).collect()
    }
}

fn classifier(size: usize, width: usize, steps: usize) {
    let (device, mut rng) = (Device::flex().autodiff(), tissue::random::stream(1, "init"));
    let mut model =
        ClassifierConfig { architecture: Architecture::ResNet18, classes: 2, width }.init(&mut rng, &device);
    let mut adam = Adam::new(0.9, 1e-4);
    let pixels = noise(16 * 3 * size * size);
    let tile = vec![150u8; size * size * 3];
    let mut parts = Parts::new();
    for _ in 0..steps {
        let input = TensorData::new(pixels.clone(), [16, size, size, 3]);
        parts.start();
        let input = Tensor::<4>::from_data(input, &device).permute([0, 3, 1, 2]);
        let targets = Tensor::from_data(TensorData::new([0f32, 1.0].repeat(16), [16, 2]), &device);
        let loss = loss::cross_entropy(model.forward_train(input), targets);
        let _ = loss::value(&loss);
        parts.end_of_part();
        let grads = loss.backward();
        parts.end_of_part();
        model = adam.step(model, grads, 1e-3);
        parts.end_of_part();
        for i in 0..16 {
            let mut rng = tissue::random::stream(1, &format!("item-{i}"));
            Augment::paper().apply(&mut tile.clone(), size, &mut rng);
        }
        parts.end_of_part();
    }
    let [forward, backward, update, augment] = &parts.summary()[..] else { return };
    println!(
        "classifier {size} px, width {width}, batch 16: forward {forward} + backward {backward} + Adam {update}; \
         augmentation, beside it, {augment}"
    );
}

struct Timer(std::sync::Mutex<Parts>);

impl Observer for Timer {
    fn step(&self, _done: u64, _total: u64) {
        // Only this thread ever takes the lock, so it is never poisoned.
        let mut parts = self.0.lock().expect("one thread");
        parts.end_of_part();
        parts.start();
    }
}

fn translator(size: usize, width: usize, blocks: usize, steps: usize) {
    let tile = vec![150u8; size * size * 3];
    let tiles = vec![tile.as_slice(); steps];
    let dir = tempfile::tempdir().expect("a temporary folder");
    let job = TranslatorJob {
        stream: "bench".into(),
        seed: 1,
        config: TranslatorConfig { epochs: 1, width, blocks, ..TranslatorConfig::default() },
        size,
        a: tiles.clone(),
        b: tiles,
        sample: Vec::new(),
        judge: None,
        dir: dir.path().to_owned(),
    };
    let timer = Timer(std::sync::Mutex::new(Parts::new()));
    train::train_translator(&job, &Device::flex(), &timer).expect("training");
    let step = timer.0.lock().expect("one thread").summary().remove(0);

    // The networks alone: a step is four generator passes with gradients both ways and six discriminator passes.
    let (device, mut rng) = (Device::flex().autodiff(), tissue::random::stream(1, "init"));
    let generator =
        GeneratorConfig { width, blocks, upsampling: nets::Upsampling::Transposed }.init(&mut rng, &device);
    let discriminator = DiscriminatorConfig { width }.init(&mut rng, &device);
    let input = Tensor::<4>::from_data(TensorData::new(noise(3 * size * size), [1, 3, size, size]), &device);
    let mut parts = Parts::new();
    for _ in 0..steps {
        parts.start();
        let loss = generator.forward(input.clone()).sum();
        parts.end_of_part();
        drop(loss.backward());
        parts.end_of_part();
        let loss = discriminator.forward(input.clone()).sum();
        parts.end_of_part();
        drop(loss.backward());
        parts.end_of_part();
    }
    let [g, g_back, d, d_back] = &parts.summary()[..] else { return };
    println!(
        "translator {size} px, width {width}, {blocks} blocks: step {step}; alone: generator {g} and back {g_back}, \
         discriminator {d} and back {d_back}"
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize| arguments.get(i).and_then(|n| n.parse().ok());
    let (threads, steps) = (number(0).unwrap_or(2), number(2).unwrap_or(12));
    let wanted = |name| arguments.get(1).is_none_or(|only| only == name);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
    println!("{threads} threads; milliseconds on the clock (and of processor time)");
    pool.install(|| {
        for (size, width) in [(48, 16), (48, 32), (64, 16), (64, 32)] {
            if wanted("classifier") {
                classifier(size, width, steps);
            }
        }
        for size in [48, 64] {
            for (width, blocks) in [(16, 3), (16, 6), (24, 3), (24, 6)] {
                if wanted("translator") {
                    translator(size, width, blocks, steps);
                }
            }
        }
    });
}
