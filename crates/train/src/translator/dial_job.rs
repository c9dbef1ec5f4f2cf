//! The dial's training: one tile of the class a step, with a setting that is drawn.

use super::config::{TranslatorConfig, TranslatorKind};
use super::dial::{Dial, DialLosses, FrozenScorer, SETTINGS, Scale, Shown};
use super::framing::Framing;
use super::grid;
use super::image::Image;
use super::job::{Judge, augmented};
use super::schedule::Schedule;
use crate::checkpoint::{Clock, Fingerprint, JobFolder, first_not_finite};
use crate::error::TrainError;
use crate::observer::Observer;
use crate::predict;
use crate::read_ahead::read_ahead;
use burn::module::Module;
use burn::tensor::Device;
use nets::{Discriminator, Generator, GeneratorMeta};
use rand::{RngExt, seq::SliceRandom};
use record::DialEpoch;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tissue::augment::Normalise;
use tissue::random::stream;

/// The file of a dial's weights, in the folder of its job.
pub const DIAL_WEIGHTS: &str = "dial.safetensors";

/// A trained classifier that a dial's translations are to convince while it is trained; whoever judges them later must be another.
#[derive(Debug, Clone)]
pub struct DialScorer {
    /// The file of its weights.
    pub weights: PathBuf,
    /// Which of its outputs is the class.
    pub class: usize,
    /// How pixels are normalised for it.
    pub normalise: Normalise,
    /// What it says of the job's tiles: the logits of its confidences in the class ([`nets::margin`]), in any order.
    pub logits: Vec<f64>,
}

/// One dial to train.
#[derive(Clone)]
pub struct DialJob<'a> {
    /// The job's name: it names its random streams (weights, order, crops, settings, pool) and appears in messages.
    pub stream: String,
    /// The seed of those.
    pub seed: u64,
    /// How to train; its kind is [`TranslatorKind::Dial`].
    pub config: TranslatorConfig,
    /// Side of the tiles in pixels.
    pub size: usize,
    /// The tiles of a class: RGB, `size * size * 3` bytes each.
    pub tiles: Vec<&'a [u8]>,
    /// Their ranks of confidence within the class, 0 (hardest) to 1.
    pub ranks: Vec<f64>,
    /// The scorers that translations are to convince: each has a part in the judge loss. Without any there is no such loss.
    pub scorers: Vec<DialScorer>,
    /// Tiles for the sample grid.
    pub sample: Vec<&'a [u8]>,
    /// Gives tiles their confidence, for the sample grid.
    pub judge: Option<Judge<'a>>,
    /// Where metrics, samples, weights and the checkpoint go.
    pub dir: PathBuf,
}

/// Trains a dial, or goes on with it, or reads it if it is done already.
///
/// Writes to `job.dir`: `metrics.csv` ([`DialEpoch`]) and `samples/epoch-001.png` after every epoch, which shows each tile once,
/// `checkpoint.safetensors` while at work, and `dial.safetensors` at the end. What is returned has gradients off.
///
/// # Errors
/// [`TrainError::Interrupted`] when the observer says stop, [`TrainError::NotFinite`] when a loss leaves the numbers,
/// [`TrainError::BadJob`] where there are no tiles, not a rank a tile or tiles of another size, or a file that cannot be written or read.
pub fn train_dial(job: &DialJob, device: &Device, observer: &dyn Observer) -> Result<Generator, TrainError> {
    check(job)?;
    let device = device.clone().autodiff();
    let folder = JobFolder::open(&job.dir, fingerprint(job)?, &[DIAL_WEIGHTS], &device, observer)?;
    if folder.is_finished() {
        // A kill may have come between the results and this.
        folder.finish()?;
        return read_dial(&job.dir, &device);
    }

    let scorers = job.scorers.iter().map(|scorer| frozen(scorer, &device)).collect::<Result<Vec<_>, _>>()?;
    let framing = Framing::measured(&job.config, &job.tiles, job.size);
    let (mut dial, mut progress) = start_or_resume(job, &folder, &device, observer)?;
    let mut clock = Clock::new(observer.checkpoint_seconds());
    let epochs = job.schedule().epochs();
    while progress.epoch < epochs {
        let checkpoint = (&folder, &mut clock);
        dial =
            train_one_epoch((job, &framing), dial, &scorers, &mut progress, checkpoint, &device, observer)?;
        end_epoch((job, &framing), &dial, &mut progress, &device, observer)?;
        // After the last epoch the results themselves are written.
        if progress.epoch < epochs && clock.is_due_at_epoch_end() {
            clock.time(|| folder.write(&progress, &dial.tensors()))?;
        }
    }

    if let Some(value) = first_not_finite(&dial.tensors()) {
        return Err(not_finite(job, "network", value, progress.epoch.saturating_sub(1), 0));
    }
    let meta = GeneratorMeta {
        width: job.config.width,
        blocks: job.config.blocks,
        tile_size: Some(job.size),
        framing: framing.told(),
    };
    nets::save_generator(&job.dir.join(DIAL_WEIGHTS), &dial.g, &meta)?;
    folder.finish()?;
    read_dial(&job.dir, &device)
}

impl DialJob<'_> {
    fn schedule(&self) -> Schedule {
        let n = self.tiles.len();
        Schedule { total: self.config.steps_for(n, n), per_epoch: n, lr: self.config.lr }
    }
}

fn check(job: &DialJob) -> Result<(), TrainError> {
    let bad = |because: &str| Err(TrainError::BadJob { job: job.stream.clone(), because: because.into() });
    if job.config.kind != TranslatorKind::Dial {
        return bad("a CycleGAN is trained by another loop");
    }
    if job.tiles.is_empty() {
        return bad("its class has no tiles");
    }
    if job.ranks.len() != job.tiles.len() || job.ranks.iter().any(|rank| !(0.0..=1.0).contains(rank)) {
        return bad("its tiles do not each have a rank from 0 to 1");
    }
    if job.scorers.iter().any(|scorer| scorer.logits.is_empty()) {
        return bad("one of its scorers says nothing of the tiles");
    }
    if job.tiles.iter().chain(&job.sample).any(|tile| tile.len() != job.size * job.size * 3) {
        return bad("its tiles are not all of one size");
    }
    Generator::check_size(job.size)?;
    Discriminator::check_size(job.size)?;
    Ok(())
}

/// A scorer on the tape, without gradients of its own.
fn frozen(scorer: &DialScorer, device: &Device) -> Result<FrozenScorer, TrainError> {
    let (network, _) = nets::load_classifier(&scorer.weights, device)?;
    Ok(FrozenScorer {
        network: network.no_grad(),
        normalise: scorer.normalise,
        class: scorer.class,
        scale: Scale::new(scorer.logits.clone()),
    })
}

/// How far the job is: with the tensors of the networks, optimisers and pool, everything needed to go on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Progress {
    /// Epochs completed.
    epoch: usize,
    /// Steps completed of the epoch at work.
    step: usize,
    /// Steps completed in all; both optimisers have taken that many.
    steps: u64,
    /// Sums over the epoch at work.
    sums: DialLosses,
    metrics: Vec<DialEpoch>,
}

fn train_one_epoch(
    (job, framing): (&DialJob, &Framing),
    // By value: an update in place needs parameters that nobody else holds.
    mut dial: Dial,
    scorers: &[FrozenScorer],
    progress: &mut Progress,
    (folder, clock): (&JobFolder, &mut Clock),
    device: &Device,
    observer: &dyn Observer,
) -> Result<Dial, TrainError> {
    let (epoch, schedule) = (progress.epoch, job.schedule());
    observer.step(progress.steps, schedule.total);
    let order = order(job, epoch);
    let make = |step: usize| {
        let mut rng = stream(job.seed, &format!("{}/epoch-{epoch}/tile-{step}", job.stream));
        augmented(job.tiles[order[step]], job.size, framing, &mut rng)
    };
    read_ahead(progress.step..schedule.steps_in(epoch), make, |ready| {
        for (step, real) in ready {
            let named = |what: &str| stream(job.seed, &format!("{}/epoch-{epoch}/{what}-{step}", job.stream));
            let mut settings = named("settings");
            let rank = job.ranks[order[step]];
            let shown = Shown {
                real: Image::of(real, job.size, device),
                rank,
                target: settings.random_range(0.0..=1.0),
                // At least a third away from its own: neighbours are hardly wrong.
                wrong: (rank + settings.random_range(1.0 / 3.0..2.0 / 3.0)) % 1.0,
            };

            let losses;
            let lr = schedule.lr_at(progress.steps);
            (dial, losses) = dial.step(&shown, scorers, lr, &mut named("pool"), device);
            if let Some((what, value)) = losses.first_not_finite() {
                return Err(not_finite(job, what, value, epoch, step as u64 + 1));
            }

            progress.sums.add(&losses);
            progress.step = step + 1;
            progress.steps += 1;
            observer.step(progress.steps, schedule.total);
            let stop = observer.should_stop();
            if stop || clock.is_due() {
                clock.time(|| folder.write(progress, &dial.tensors()))?;
            }
            if stop {
                return Err(TrainError::Interrupted);
            }
        }
        Ok(dial)
    })
}

/// Which tile each step of an epoch takes.
fn order(job: &DialJob, epoch: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..job.tiles.len()).collect();
    order.shuffle(&mut stream(job.seed, &format!("{}/epoch-{epoch}/order", job.stream)));
    order
}

/// Draws the sample grid, writes metrics, and moves on to the next epoch.
fn end_epoch(
    (job, framing): (&DialJob, &Framing),
    dial: &Dial,
    progress: &mut Progress,
    device: &Device,
    observer: &dyn Observer,
) -> Result<(), TrainError> {
    let epoch = progress.epoch + 1;
    let (sums, n) = (progress.sums, progress.step as f64);
    let mut row = DialEpoch {
        epoch,
        step: progress.steps,
        lr: job.schedule().lr_at(progress.steps - progress.step as u64),
        loss_g: sums.g / n,
        loss_d: sums.d / n,
        loss_cycle: sums.cycle / n,
        loss_identity: sums.identity / n,
        loss_judge: (!job.scorers.is_empty()).then_some(sums.judge / n),
        judge_source: None,
        judge_hardest: None,
        judge_easiest: None,
    };
    if !job.sample.is_empty() {
        draw_samples((job, framing), dial, &mut row, device)?;
    }
    observer.epoch(epoch, &summary(&row));
    progress.metrics.push(row);
    files::write_rows(&job.dir.join("metrics.csv"), &progress.metrics)?;
    progress.epoch = epoch;
    progress.step = 0;
    progress.sums = DialLosses::default();
    Ok(())
}

/// A row a sample tile: itself, then at every setting.
fn draw_samples(
    (job, framing): (&DialJob, &Framing),
    dial: &Dial,
    row: &mut DialEpoch,
    device: &Device,
) -> Result<(), TrainError> {
    let samples = &job.sample;
    let at_setting = |setting: f64| {
        let ranks = vec![setting; samples.len()];
        predict::translate_framed(&dial.g, framing, (samples, Some(&ranks)), job.size, device, &|_| {})
    };
    let made = SETTINGS.map(at_setting);
    let confidences = job.judge.as_ref().map(|judge| {
        let of = |tiles: &[&[u8]]| (judge.confidences)(tiles);
        let mut all = vec![of(samples)];
        all.extend(made.iter().map(|made| of(&made.iter().map(Vec::as_slice).collect::<Vec<_>>())));
        all
    });
    if let Some(all) = &confidences {
        let mean = |column: usize| stats::mean(&all[column]);
        (row.judge_source, row.judge_hardest, row.judge_easiest) = (mean(0), mean(1), mean(SETTINGS.len()));
    }
    let rows: Vec<Vec<&[u8]>> = (0..samples.len())
        .map(|tile| [samples[tile]].into_iter().chain(made.iter().map(|made| &made[tile][..])).collect())
        .collect();
    let under: Option<Vec<Vec<f64>>> =
        confidences.map(|all| (0..samples.len()).map(|tile| all.iter().map(|c| c[tile]).collect()).collect());
    let path = job.dir.join(format!("samples/epoch-{:03}.png", row.epoch));
    let rows: Vec<&[&[u8]]> = rows.iter().map(Vec::as_slice).collect();
    grid::write(&path, &rows, under.as_deref(), job.size)
}

/// One line for people: `cycle 0.123, identity 0.05, GAN 0.51, D 0.24, judge 0.31, confidence 0.98 -> 0.61 to 0.99`.
fn summary(row: &DialEpoch) -> String {
    let DialEpoch { loss_cycle, loss_identity, loss_g, loss_d, .. } = row;
    let losses =
        format!("cycle {loss_cycle:.3}, identity {loss_identity:.3}, GAN {loss_g:.2}, D {loss_d:.2}");
    let judge = row.loss_judge.map(|judge| format!("judge {judge:.2}"));
    let judged = row.judge_source.zip(row.judge_hardest).zip(row.judge_easiest);
    let confidence = judged.map(|((source, hardest), easiest)| {
        format!("confidence {source:.2} -> {hardest:.2} to {easiest:.2}")
    });
    [Some(losses), judge, confidence].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn start_or_resume(
    job: &DialJob,
    folder: &JobFolder,
    device: &Device,
    observer: &dyn Observer,
) -> Result<(Dial, Progress), TrainError> {
    let mut rng = stream(job.seed, &format!("{}/init", job.stream));
    let dial = Dial::init(&mut rng, &job.config, device);
    match folder.read::<Progress>(observer)? {
        None => Ok((dial, Progress::default())),
        Some((progress, tensors)) => Ok((dial.load(progress.steps, &tensors)?, progress)),
    }
}

/// The generator that [`train_dial`] left in `dir`, without gradients.
pub(super) fn read_dial(dir: &Path, device: &Device) -> Result<Generator, TrainError> {
    let path = dir.join(DIAL_WEIGHTS);
    let (generator, _) = nets::load_generator(&path, &device.clone().without_autodiff())?;
    Ok(generator)
}

fn not_finite(job: &DialJob, what: &str, value: f64, epoch: usize, step: u64) -> TrainError {
    TrainError::NotFinite {
        job: job.stream.clone(),
        dir: job.dir.clone(),
        what: what.into(),
        value,
        epoch: epoch + 1,
        step,
    }
}

/// Everything that shapes the files of this job. A scorer is its weights: the last digits of what it says are another processor's matter.
fn fingerprint(job: &DialJob) -> Result<Fingerprint, TrainError> {
    let judge = job.judge.as_ref().map(|judge| &judge.fingerprint);
    let mut print = Fingerprint::new(&(&job.stream, job.seed, &job.config, job.size, judge));
    for scorer in &job.scorers {
        let weights = files::sha256_of_file(&scorer.weights)
            .map_err(|source| files::OwnFileError::Read { path: scorer.weights.clone(), source })?;
        print.bytes(weights.as_bytes());
        print.bytes(format!("{} {:?}", scorer.class, scorer.normalise).as_bytes());
    }
    print.tiles(&job.tiles);
    print.bytes(&job.ranks.iter().flat_map(|rank| rank.to_le_bytes()).collect::<Vec<u8>>());
    print.tiles(&job.sample);
    Ok(print)
}
