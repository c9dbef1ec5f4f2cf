//! The translator's training: a CycleGAN between domain A (easy) and domain B (hard), one image of each a step.

use super::config::{TranslatorConfig, TranslatorKind};
use super::cycle_gan::CycleGan;
use super::framing::Framing;
use super::image::Image;
use super::losses::Losses;
use super::metrics::Row;
use super::schedule::Schedule;
use super::{grid, metrics};
use crate::checkpoint::{Clock, Fingerprint, JobFolder, first_not_finite};
use crate::error::TrainError;
use crate::observer::Observer;
use crate::read_ahead::read_ahead;
use crate::{pixels, predict};
use burn::tensor::Device;
use nets::{Discriminator, Generator, GeneratorMeta};
use rand::{RngExt, seq::SliceRandom};
use record::TranslatorEpoch;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use tissue::augment::{hflip, random_crop};
use tissue::random::{Stream, stream};

/// A trained classifier that is asked, for the sample grid, how confident it is that tiles are of class X.
#[derive(Clone)]
pub struct Judge<'a> {
    /// What it is, as a hash of its weights: its answers' last digits are another processor's matter, and must not make the job another
    /// one.
    pub fingerprint: String,
    /// The confidences of tiles (RGB, of the job's size).
    pub confidences: &'a (dyn Fn(&[&[u8]]) -> Vec<f64> + Sync),
}

/// One translator to train.
#[derive(Clone)]
pub struct TranslatorJob<'a> {
    /// The job's name: it names its random streams (weights, order, crops, pools) and appears in messages.
    pub stream: String,
    /// The seed of those.
    pub seed: u64,
    /// How to train.
    pub config: TranslatorConfig,
    /// Side of the tiles in pixels.
    pub size: usize,
    /// Domain A: RGB tiles, `size * size * 3` bytes each.
    pub a: Vec<&'a [u8]>,
    /// Domain B.
    pub b: Vec<&'a [u8]>,
    /// Tiles of A for the sample grid, 4 to 6.
    pub sample: Vec<&'a [u8]>,
    /// Gives tiles their confidence, for the sample grid.
    pub judge: Option<Judge<'a>>,
    /// Where metrics, samples, weights and the checkpoint go.
    pub dir: PathBuf,
}

/// The two generators of a trained translator.
#[derive(Debug, Clone)]
pub struct Translator {
    /// From A (easy) to B (hard).
    pub g_ab: Generator,
    /// From B back to A.
    pub g_ba: Generator,
}

/// Trains a translator, or goes on with it, or reads it if it is done already.
///
/// Writes to `job.dir`: `metrics.csv` ([`TranslatorEpoch`]) after every epoch, `samples/epoch-001.png` after every
/// epoch or, if there are many, evenly chosen ones, `checkpoint.safetensors` while at work, and
/// `g_ab.safetensors` and `g_ba.safetensors` at the end. What is returned has gradients off.
///
/// # Errors
/// [`TrainError::Interrupted`] when the observer says stop, [`TrainError::NotFinite`] when a loss leaves the
/// numbers, [`TrainError::BadJob`] for an empty domain or tiles of another size, or a file that cannot be written or
/// read.
pub fn train_translator(
    job: &TranslatorJob,
    device: &Device,
    observer: &dyn Observer,
) -> Result<Translator, TrainError> {
    check(job)?;
    let device = device.clone().autodiff();
    let folder = JobFolder::open(
        &job.dir,
        fingerprint(job),
        &["g_ab.safetensors", "g_ba.safetensors"],
        &device,
        observer,
    )?;
    if folder.is_finished() {
        // A kill may have come between the results and this.
        folder.finish()?;
        return read_translator(job, &device);
    }

    let framing = job.framing();
    let (mut gan, mut progress) = start_or_resume(job, &folder, &device, observer)?;
    let mut clock = Clock::new(observer.checkpoint_seconds());
    while progress.epoch < job.schedule().epochs() {
        let checkpoint = (&folder, &mut clock);
        gan = train_one_epoch((job, &framing), gan, &mut progress, checkpoint, &device, observer)?;
        end_epoch((job, &framing), &gan, &mut progress, &device, observer)?;
        // After the last epoch the results themselves are written.
        if progress.epoch < job.schedule().epochs() && clock.is_due_at_epoch_end() {
            clock.time(|| folder.write(&progress, &gan.tensors()))?;
        }
    }

    if let Some(value) = first_not_finite(&gan.tensors()) {
        return Err(not_finite(job, "network", value, progress.epoch.saturating_sub(1), 0));
    }
    let meta = GeneratorMeta {
        width: job.config.width,
        blocks: job.config.blocks,
        tile_size: Some(job.size),
        framing: framing.told(),
    };
    nets::save_generator(&job.dir.join("g_ab.safetensors"), &gan.g_ab, &meta)?;
    nets::save_generator(&job.dir.join("g_ba.safetensors"), &gan.g_ba, &meta)?;
    folder.finish()?;
    read_translator(job, &device)
}

impl TranslatorJob<'_> {
    /// How its tiles are framed: the common stain is that of both domains.
    fn framing(&self) -> Framing {
        let both: Vec<&[u8]> = self.a.iter().chain(&self.b).copied().collect();
        Framing::measured(&self.config, &both, self.size)
    }

    fn schedule(&self) -> Schedule {
        let (a, b) = (self.a.len(), self.b.len());
        Schedule { total: self.config.steps_for(a, b), per_epoch: a.min(b), lr: self.config.lr }
    }
}

fn check(job: &TranslatorJob) -> Result<(), TrainError> {
    let bad = |because: &str| Err(TrainError::BadJob { job: job.stream.clone(), because: because.into() });
    if job.config.kind == TranslatorKind::Dial {
        return bad("a dial is trained by another loop");
    }
    if job.a.is_empty() || job.b.is_empty() {
        return bad("one of its domains has no tiles");
    }
    if job.a.iter().chain(&job.b).chain(&job.sample).any(|tile| tile.len() != job.size * job.size * 3) {
        return bad("its tiles are not all of one size");
    }
    Generator::check_size(job.size)?;
    Discriminator::check_size(job.size)?;
    Ok(())
}

/// How far the job is: with the tensors of the networks, optimisers and pools, everything needed to go on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Progress {
    /// Epochs completed.
    epoch: usize,
    /// Steps completed of the epoch at work.
    step: usize,
    /// Steps completed in all; every optimiser has taken that many.
    steps: u64,
    /// Sums over the epoch at work.
    sums: Losses,
    metrics: Vec<Row>,
}

fn train_one_epoch(
    (job, framing): (&TranslatorJob, &Framing),
    // By value: an update in place needs parameters that nobody else holds.
    mut gan: CycleGan,
    progress: &mut Progress,
    (folder, clock): (&JobFolder, &mut Clock),
    device: &Device,
    observer: &dyn Observer,
) -> Result<CycleGan, TrainError> {
    let epoch = progress.epoch;
    let total = job.schedule().total;
    observer.step(progress.steps, total);
    let (order_a, order_b) = (order(job, "a", epoch), order(job, "b", epoch));
    let make = |step: usize| {
        let a = augment((job, framing), "a", epoch, step, job.a[order_a[step]]);
        let b = augment((job, framing), "b", epoch, step, job.b[order_b[step]]);
        (a, b)
    };
    read_ahead(progress.step..job.schedule().steps_in(epoch), make, |ready| {
        for (step, (real_a, real_b)) in ready {
            let [real_a, real_b] = [real_a, real_b].map(|real| Image::of(real, job.size, device));
            let mut pool_rng = stream(job.seed, &format!("{}/epoch-{epoch}/pool-{step}", job.stream));

            let losses;
            (gan, losses) =
                gan.step(&real_a, &real_b, &job.config, job.schedule().lr(epoch), &mut pool_rng, device);
            if let Some((what, value)) = losses.first_not_finite() {
                return Err(not_finite(job, &what, value, epoch, step as u64 + 1));
            }

            progress.sums.add(&losses);
            progress.step = step + 1;
            progress.steps += 1;
            observer.step(progress.steps, total);
            let stop = observer.should_stop();
            if stop || clock.is_due() {
                clock.time(|| folder.write(progress, &gan.tensors()))?;
            }
            if stop {
                return Err(TrainError::Interrupted);
            }
        }
        Ok(gan)
    })
}

/// Which tile of a domain each step of an epoch takes.
fn order(job: &TranslatorJob, domain: &str, epoch: usize) -> Vec<usize> {
    let n = if domain == "a" { job.a.len() } else { job.b.len() };
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(&mut stream(job.seed, &format!("{}/epoch-{epoch}/order-{domain}", job.stream)));
    order
}

fn augment(
    (job, framing): (&TranslatorJob, &Framing),
    domain: &str,
    epoch: usize,
    step: usize,
    tile: &[u8],
) -> Augmented {
    let mut rng = stream(job.seed, &format!("{}/epoch-{epoch}/{domain}-{step}", job.stream));
    augmented(tile, job.size, framing, &mut rng)
}

/// One image as the networks see it: framed, resized to 1.12 times its side, a random crop of its own side, and a horizontal
/// flip half of the time; in [−1, 1]. With it, pixel by pixel, 1 where it is shown and 0 where padding is hidden, if any is.
pub(super) fn augmented(tile: &[u8], size: usize, framing: &Framing, rng: &mut Stream) -> Augmented {
    if framing.is_plain() {
        return (signed(&moved(tile, size, rng)), None);
    }
    let framed = framing.frame(tile, size);
    // `as u8` saturates.
    let levels: Vec<u8> = framed.levels.iter().flatten().map(|v| v.round() as u8).collect();
    // What is hidden moves with the tile.
    let mask = framed.shown().map(|shown| {
        let mask: Vec<u8> = shown.iter().flat_map(|shown| [if *shown > 0.0 { 255 } else { 0 }; 3]).collect();
        let moved = moved(&mask, size, &mut rng.clone());
        moved.as_chunks::<3>().0.iter().map(|pixel| f32::from(pixel[0] == 255)).collect()
    });
    (signed(&moved(&levels, size, rng)), mask)
}

/// Pixels in [−1, 1] and where they are shown.
pub(super) type Augmented = (Vec<f32>, Option<Vec<f32>>);

/// Resized, cropped and perhaps flipped.
fn moved(tile: &[u8], size: usize, rng: &mut Stream) -> Vec<u8> {
    let large = size * 28 / 25;
    let resized = tissue::resize_bilinear(tile, size, large);
    let mut tile = random_crop(&resized, large, size, rng);
    if rng.random_bool(0.5) {
        hflip(&mut tile, size);
    }
    tile
}

fn signed(tile: &[u8]) -> Vec<f32> {
    let mut out = Vec::with_capacity(tile.len());
    pixels::push_signed(tile, &mut out);
    out
}

/// Draws the sample grid, writes metrics, and moves on to the next epoch.
fn end_epoch(
    (job, framing): (&TranslatorJob, &Framing),
    gan: &CycleGan,
    progress: &mut Progress,
    device: &Device,
    observer: &dyn Observer,
) -> Result<(), TrainError> {
    let epoch = progress.epoch + 1;
    let mut means = progress.sums.means(progress.step as f64);
    let mut mean = |column: &str| means.remove(column);
    // A checkpoint of grayzone 0.1 has a zero for the identity loss where that is off.
    let loss_identity = mean("loss_identity").filter(|_| job.config.identity > 0.0);
    let mut row = TranslatorEpoch {
        epoch,
        step: progress.steps,
        lr: job.schedule().lr(progress.epoch),
        loss_g: mean("loss_g").unwrap_or_default(),
        loss_d_a: mean("loss_d_a").unwrap_or_default(),
        loss_d_b: mean("loss_d_b").unwrap_or_default(),
        loss_cycle_a: mean("loss_cycle_a").unwrap_or_default(),
        loss_cycle_b: mean("loss_cycle_b").unwrap_or_default(),
        loss_identity,
        judge_source: None,
        judge_generated: None,
        judge_reconstructed: None,
    };
    if !job.sample.is_empty() {
        draw_samples((job, framing), gan, &mut row, device)?;
    }
    observer.epoch(epoch, &summary(&row));
    progress.metrics.push(Row { epoch: row, further: means });
    metrics::write(&job.dir.join("metrics.csv"), &progress.metrics)?;
    progress.epoch = epoch;
    progress.step = 0;
    progress.sums = Losses::default();
    Ok(())
}

fn draw_samples(
    (job, framing): (&TranslatorJob, &Framing),
    gan: &CycleGan,
    row: &mut TranslatorEpoch,
    device: &Device,
) -> Result<(), TrainError> {
    let translate = |generator: &Generator, tiles: &[&[u8]]| {
        predict::translate_framed(generator, framing, (tiles, None), job.size, device, &|_| {})
    };
    let generated = translate(&gan.g_ab, &job.sample);
    let generated: Vec<&[u8]> = generated.iter().map(Vec::as_slice).collect();
    let reconstructed = translate(&gan.g_ba, &generated);
    let reconstructed: Vec<&[u8]> = reconstructed.iter().map(Vec::as_slice).collect();
    let rows = [&job.sample, &generated, &reconstructed];
    let confidences = job.judge.as_ref().map(|judge| rows.map(|tiles| (judge.confidences)(tiles)));
    if let Some([source, generated, reconstructed]) = &confidences {
        row.judge_source = stats::mean(source);
        row.judge_generated = stats::mean(generated);
        row.judge_reconstructed = stats::mean(reconstructed);
    }
    let path = job.dir.join(format!("samples/epoch-{:03}.png", row.epoch));
    grid::write(&path, &rows.map(Vec::as_slice), confidences.as_ref().map(|all| &all[..]), job.size)
}

/// One line for people: `cycle 0.123 / 0.118, GAN 0.51, D 0.24 / 0.22, confidence 0.98 -> 0.61 (back 0.97)`.
fn summary(row: &TranslatorEpoch) -> String {
    let TranslatorEpoch { loss_cycle_a, loss_cycle_b, loss_g, loss_d_a, loss_d_b, .. } = row;
    let losses = format!(
        "cycle {loss_cycle_a:.3} / {loss_cycle_b:.3}, GAN {loss_g:.2}, D {loss_d_a:.2} / {loss_d_b:.2}"
    );
    match (row.judge_source, row.judge_generated, row.judge_reconstructed) {
        (Some(source), Some(generated), Some(back)) => {
            format!("{losses}, confidence {source:.2} -> {generated:.2} (back {back:.2})")
        }
        _ => losses,
    }
}

fn start_or_resume(
    job: &TranslatorJob,
    folder: &JobFolder,
    device: &Device,
    observer: &dyn Observer,
) -> Result<(CycleGan, Progress), TrainError> {
    let mut rng = stream(job.seed, &format!("{}/init", job.stream));
    let gan = CycleGan::init(&mut rng, &job.config, device);
    match folder.read::<Progress>(observer)? {
        None => Ok((gan, Progress::default())),
        Some((progress, tensors)) => Ok((gan.load(progress.steps, &tensors)?, progress)),
    }
}

fn read_translator(job: &TranslatorJob, device: &Device) -> Result<Translator, TrainError> {
    let device = device.clone().without_autodiff();
    let (g_ab, _) = nets::load_generator(&job.dir.join("g_ab.safetensors"), &device)?;
    let (g_ba, _) = nets::load_generator(&job.dir.join("g_ba.safetensors"), &device)?;
    Ok(Translator { g_ab, g_ba })
}

fn not_finite(job: &TranslatorJob, what: &str, value: f64, epoch: usize, step: u64) -> TrainError {
    TrainError::NotFinite {
        job: job.stream.clone(),
        dir: job.dir.clone(),
        what: what.into(),
        value,
        epoch: epoch + 1,
        step,
    }
}

/// Everything that shapes the files of this job.
fn fingerprint(job: &TranslatorJob) -> Fingerprint {
    let judge = job.judge.as_ref().map(|judge| &judge.fingerprint);
    let mut print = Fingerprint::new(&(&job.stream, job.seed, &job.config, job.size, judge));
    print.tiles(&job.a);
    print.tiles(&job.b);
    print.tiles(&job.sample);
    print
}
