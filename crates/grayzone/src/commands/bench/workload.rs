//! What is timed: whole steps, from zeroed gradients to the optimiser's update, on random data.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};
use clap::ValueEnum;
use nets::{GeneratorConfig, ResNet18Config};
use tissue::augment::Normalise;
use tissue::random::stream;
use train::adam::Adam;
use train::{TranslatorConfig, TranslatorJob, loss};

use super::Measured;

/// Steps before the clock counts.
const WARM_UP: usize = 2;
/// Steps that count; the median is told.
const TIMED: usize = 7;

/// One network at one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// ResNet-18 training, 224 px, batch 16
    #[value(name = "resnet18-train-224-b16")]
    ResNet18Train224,
    /// CycleGAN training, 224 px, batch 1, ngf 64, 9 blocks: the generators' step and the discriminators' step
    #[value(name = "cyclegan-train-224")]
    CycleGanTrain224,
    /// One 224 px tile through a full-size generator
    #[value(name = "translate-224")]
    Translate224,
    /// ResNet-18 training, 64 px, batch 16
    #[value(name = "resnet18-train-64-b16")]
    ResNet18Train64,
    /// ResNet-18 forward only, 224 px, batch 16
    #[value(name = "predict-224-b16")]
    Predict224,
}

impl Workload {
    /// As in the results.
    pub fn name(self) -> &'static str {
        match self {
            Self::ResNet18Train224 => "resnet18-train-224-b16",
            Self::CycleGanTrain224 => "cyclegan-train-224",
            Self::Translate224 => "translate-224",
            Self::ResNet18Train64 => "resnet18-train-64-b16",
            Self::Predict224 => "predict-224-b16",
        }
    }

    /// Times it in this process.
    pub fn measure(self, device: &Device) -> anyhow::Result<Measured> {
        let (images, seconds, peak_rss_bytes) = match self {
            Self::ResNet18Train224 => (16, train_classifier(224, 16, device), peak_rss()),
            Self::ResNet18Train64 => (16, train_classifier(64, 16, device), peak_rss()),
            Self::Predict224 => (16, predict(224, 16, device), peak_rss()),
            Self::Translate224 => (1, translate(224, device), peak_rss()),
            Self::CycleGanTrain224 => {
                let (seconds, peak) = train_translator(224, device)?;
                (1, seconds, peak)
            }
        };
        let seconds = median(seconds);
        Ok(Measured {
            name: self.name().into(),
            seconds,
            images_per_second: f64::from(images) / seconds,
            peak_rss_bytes,
        })
    }
}

/// Seconds of each step after warm-up.
fn time(mut step: impl FnMut()) -> Vec<f64> {
    (0..WARM_UP + TIMED)
        .map(|_| {
            let start = Instant::now();
            step();
            start.elapsed().as_secs_f64()
        })
        .skip(WARM_UP)
        .collect()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Random RGB tiles, the same at every call.
fn random_tiles(n: usize, size: usize) -> Vec<Vec<u8>> {
    use rand::Rng as _;
    let mut rng = stream(0, "bench/tiles");
    (0..n)
        .map(|_| {
            let mut tile = vec![0; size * size * 3];
            rng.fill_bytes(&mut tile);
            tile
        })
        .collect()
}

/// Random tiles as a network takes them.
fn random_input(n: usize, size: usize, device: &Device) -> Tensor<4> {
    let mut input = vec![0.0; n * 3 * size * size];
    for (tile, out) in random_tiles(n, size).iter().zip(input.chunks_mut(3 * size * size)) {
        Normalise::paper().to_chw(tile, size, out);
    }
    Tensor::from_data(TensorData::new(input, [n, 3, size, size]), device)
}

fn train_classifier(size: usize, batch: usize, device: &Device) -> Vec<f64> {
    let device = device.clone().autodiff();
    let classes = 2;
    let mut network = Some(ResNet18Config { classes, width: 64 }.init(&mut stream(0, "bench/init"), &device));
    let mut adam = Adam::new(0.9, 1e-4);
    let input = random_input(batch, size, &device);
    let one_hot: Vec<f32> = (0..batch).flat_map(|i| [f32::from(i % 2 == 0), f32::from(i % 2 == 1)]).collect();
    let targets: Tensor<2> = Tensor::from_data(TensorData::new(one_hot, [batch, classes]), &device);
    time(|| {
        let Some(model) = network.take() else { return };
        let loss = loss::cross_entropy(model.forward_train(input.clone()), targets.clone());
        let mut grads = loss.backward();
        network = Some(adam.step(model, &mut grads, 1e-3, &device));
    })
}

fn predict(size: usize, batch: usize, device: &Device) -> Vec<f64> {
    let network = ResNet18Config { classes: 2, width: 64 }.init(&mut stream(0, "bench/init"), device);
    let input = random_input(batch, size, device);
    time(|| {
        let _ = network.forward(input.clone()).into_data();
    })
}

fn translate(size: usize, device: &Device) -> Vec<f64> {
    let generator = GeneratorConfig { width: 64, blocks: 9 }.init(&mut stream(0, "bench/init"), device);
    let input = random_input(1, size, device);
    time(|| {
        let _ = generator.forward(input.clone()).into_data();
    })
}

/// The real training loop, stopped after enough steps; tiles are augmented ahead of it, on another thread.
fn train_translator(size: usize, device: &Device) -> anyhow::Result<(Vec<f64>, Option<u64>)> {
    let tiles = random_tiles(WARM_UP + TIMED + 1, size);
    let tiles: Vec<&[u8]> = tiles.iter().map(Vec::as_slice).collect();
    let folder = tempfile::tempdir()?;
    let job = TranslatorJob {
        stream: "bench".into(),
        seed: 0,
        config: TranslatorConfig { epochs: 1, steps: None, width: 64, blocks: 9, lr: 2e-4, identity: 0.0 },
        size,
        a: tiles.clone(),
        b: tiles,
        sample: Vec::new(),
        judge: None,
        dir: folder.path().to_path_buf(),
    };
    let watch = StepClock::default();
    match train::train_translator(&job, device, &watch) {
        Err(train::TrainError::Interrupted) | Ok(_) => {}
        Err(e) => return Err(e.into()),
    }
    let ticks = watch.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    let seconds = ticks.at.windows(2).map(|w| (w[1] - w[0]).as_secs_f64()).skip(WARM_UP).collect();
    Ok((seconds, ticks.peak))
}

/// Notes when each step ends, and the memory before the loop saves itself.
#[derive(Default)]
struct StepClock(Mutex<Ticks>);

#[derive(Default)]
struct Ticks {
    at: Vec<Instant>,
    peak: Option<u64>,
}

impl train::Observer for StepClock {
    fn step(&self, _done: u64, _total: u64) {
        let mut ticks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ticks.at.push(Instant::now());
        ticks.peak = peak_rss();
    }

    fn checkpoint_seconds(&self) -> u64 {
        u64::MAX
    }

    fn should_stop(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).at.len() > WARM_UP + TIMED
    }
}

/// The most memory this process has held, as Linux tells it.
fn peak_rss() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
