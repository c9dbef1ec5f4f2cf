//! The loop that trains a classifier, read from top to bottom: start or resume, then epoch after epoch train, evaluate,
//! write metrics, snapshot and checkpoint.

use super::config::ClassifierConfig;
use super::evaluation::{Evaluation, Judgement, LabelledTiles};
use super::initial;
use super::learner::{Learner, Steps};
use super::timetable::{Shown, Timetable};
use crate::checkpoint::{Clock, Fingerprint, JobFolder, first_not_finite};
use crate::error::TrainError;
use crate::observer::Observer;
use crate::pixels;
use crate::read_ahead::read_ahead;
use burn::tensor::{Device, Tensor, TensorData};
use nets::{Classifier, ClassifierMeta, NamedTensors};
use record::{ClassifierEpoch, EpochChoice, ScoreRow};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tissue::Agreement;
use tissue::augment::{Augment, Normalise};
use tissue::random::stream;

/// What [`crate::train_classifier`] and [`crate::train_regressor`] have in common: a classifier fitted to one row of target
/// numbers a tile.
pub struct Fit<'a> {
    pub name: &'a str,
    pub init_stream: &'a str,
    pub seed: u64,
    pub config: &'a ClassifierConfig,
    pub normalise: &'a Normalise,
    pub size: usize,
    pub tiles: &'a [&'a [u8]],
    /// One row a tile, one number an output.
    pub targets: Vec<Vec<f32>>,
    pub timetable: Timetable<'a>,
    pub loss: fn(Tensor<2>, Tensor<2>) -> Tensor<1>,
    pub augment: Augment,
    /// What such jobs do to tiles unless something else is asked for.
    pub usual_augment: Augment,
    pub evaluation: Option<&'a Evaluation<'a>>,
    pub outputs: &'a [String],
    pub snapshots: &'a [usize],
    pub dir: &'a Path,
    pub epochs_total: usize,
}

/// How far the job is: with the tensors of the network and of Adam, everything needed to go on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Progress {
    /// Epochs completed.
    epoch: usize,
    /// Steps completed of the epoch at work.
    step: usize,
    #[serde(flatten)]
    steps: Steps,
    /// Sum over the tiles seen in the epoch at work.
    loss_sum: f64,
    seen: usize,
    metrics: Vec<ClassifierEpoch>,
}

/// One step's input.
struct Batch {
    tiles: usize,
    auxiliary: bool,
    pixels: Vec<f32>,
    targets: Vec<f32>,
}

impl Fit<'_> {
    pub fn run(&self, device: &Device, observer: &dyn Observer) -> Result<Classifier, TrainError> {
        let device = device.clone().autodiff();
        let weights = self.dir.join("weights.safetensors");
        let folder =
            JobFolder::open(self.dir, self.fingerprint(), &["weights.safetensors"], &device, observer)?;
        if folder.is_finished() {
            // A kill may have come between the results and this.
            folder.finish()?;
            return Ok(nets::load_classifier(&weights, &device.without_autodiff())?.0);
        }

        let (mut learner, mut progress) = self.start_or_resume(&folder, &device, observer)?;
        let steps = self.timetable.steps(self.epochs_total);
        let mut clock = Clock::new(observer.checkpoint_seconds());
        while progress.epoch < self.epochs_total {
            let checkpoint = (&folder, &mut clock);
            learner = self.train_one_epoch(learner, &mut progress, &steps, checkpoint, &device, observer)?;
            self.end_epoch(&learner.model, &mut progress, &device, observer)?;
            // After the last epoch the results themselves are written.
            if progress.epoch < self.epochs_total && clock.is_due_at_epoch_end() {
                clock.time(|| folder.write(&progress, &learner.tensors()))?;
            }
        }

        // The epochs after `config.epochs` were for their snapshots: the result is the network before them.
        let result = if self.config.epochs == self.epochs_total {
            learner.model
        } else {
            nets::load_classifier(&snapshot_path(self.dir, self.config.epochs), &device)?.0
        };
        if let Some(value) = first_not_finite(&result.tensors()) {
            return Err(self.not_finite("network", value, self.epochs_total.saturating_sub(1), 0));
        }
        nets::save_classifier(&weights, &result, &self.meta())?;
        folder.finish()?;
        Ok(nets::load_classifier(&weights, &device.without_autodiff())?.0)
    }

    fn start_or_resume(
        &self,
        folder: &JobFolder,
        device: &Device,
        observer: &dyn Observer,
    ) -> Result<(Learner, Progress), TrainError> {
        let mut rng = stream(self.seed, &format!("{}/init", self.init_stream));
        let model = initial::begin(self.config, self.outputs, &mut rng, device)?;
        let has_auxiliary = self.timetable.auxiliary.is_some();
        let learner = Learner::new(model, self.config.weight_decay, has_auxiliary, device);
        let Some((progress, tensors)) = folder.read::<Progress>(observer)? else {
            return Ok((learner, Progress::default()));
        };
        Ok((learner.restore(progress.steps, &tensors)?, progress))
    }

    fn train_one_epoch(
        &self,
        mut learner: Learner,
        progress: &mut Progress,
        steps: &[usize],
        (folder, clock): (&JobFolder, &mut Clock),
        device: &Device,
        observer: &dyn Observer,
    ) -> Result<Learner, TrainError> {
        let epoch = progress.epoch;
        let lr = self.config.lr * self.config.lr_decay.powi(epoch as i32);
        let batches = self.timetable.epoch(epoch);
        let before: usize = steps[..epoch].iter().sum();
        let total = steps.iter().sum::<usize>() as u64;
        observer.step((before + progress.step) as u64, total);

        let steps = progress.step..batches.len();
        let make = |step: usize| self.make_batch(epoch, &batches[step]);
        read_ahead(steps, make, |ready| {
            for (step, batch) in ready {
                let input = pixels::to_tensor(batch.pixels, batch.tiles, self.size, device);
                let targets = TensorData::new(batch.targets, [batch.tiles, self.outputs.len()]);
                let targets = Tensor::from_data(targets, device);

                let stepped = learner.step(input, targets, batch.auxiliary, self.loss, lr);
                let (stepped, loss) =
                    stepped.map_err(|loss| self.not_finite("loss", loss, epoch, step as u64 + 1))?;
                learner = stepped;

                progress.step = step + 1;
                progress.steps = learner.steps();
                progress.loss_sum += loss * batch.tiles as f64;
                progress.seen += batch.tiles;
                observer.step((before + progress.step) as u64, total);
                let stop = observer.should_stop();
                if stop || clock.is_due() {
                    clock.time(|| folder.write(progress, &learner.tensors()))?;
                }
                if stop {
                    return Err(TrainError::Interrupted);
                }
            }
            Ok(learner)
        })
    }

    /// Evaluates, writes metrics and snapshots, and moves on to the next epoch.
    fn end_epoch(
        &self,
        model: &Classifier,
        progress: &mut Progress,
        device: &Device,
        observer: &dyn Observer,
    ) -> Result<(), TrainError> {
        let epoch = progress.epoch + 1;
        let mut row = ClassifierEpoch {
            epoch,
            lr: self.config.lr * self.config.lr_decay.powi(progress.epoch as i32),
            train_loss: progress.loss_sum / progress.seen as f64,
            auc_all: None,
            auc_high: None,
            auc_low: None,
            auc_val: None,
        };
        if let Some(evaluation) = self.evaluation {
            let judgement = evaluation.judge(model, self.normalise, device);
            let Judgement { aucs, scores } =
                judgement.map_err(|wrong| self.not_finite("output", wrong, epoch - 1, 0))?;
            (row.auc_all, row.auc_high, row.auc_low) = (aucs.all, aucs.high, aucs.low);
            row.auc_val = aucs.validation;
            self.keep_scores(&row, &progress.metrics, &scores)?;
        }
        observer.epoch(epoch, &summary(&row));
        progress.metrics.push(row);
        files::write_rows(&self.dir.join("metrics.csv"), &progress.metrics)?;
        let is_result = epoch == self.config.epochs && epoch < self.epochs_total;
        if is_result || self.snapshots.contains(&epoch) {
            nets::save_classifier(&snapshot_path(self.dir, epoch), model, &self.meta())?;
        }
        progress.epoch = epoch;
        (progress.step, progress.loss_sum, progress.seen) = (0, 0.0, 0);
        Ok(())
    }

    /// Writes the tiles' scores of the last epoch, and of the best on validation so far: of several as good, the earliest. Epochs that are
    /// repeated after a stop leave the same.
    fn keep_scores(
        &self,
        now: &ClassifierEpoch,
        before: &[ClassifierEpoch],
        scores: &[ScoreRow],
    ) -> Result<(), TrainError> {
        if scores.is_empty() || now.epoch > self.config.epochs {
            return Ok(());
        }
        if now.auc_val.is_some_and(|auc| before.iter().filter_map(|row| row.auc_val).all(|b| auc > b)) {
            files::write_rows(&EpochChoice::Validation.scores_csv(self.dir), scores)?;
        }
        if now.epoch == self.config.epochs {
            files::write_rows(&EpochChoice::Last.scores_csv(self.dir), scores)?;
        }
        Ok(())
    }

    /// Augments and normalises the tiles of one batch, each with its own random stream.
    fn make_batch(&self, epoch: usize, shown: &Shown) -> Batch {
        let mut pixels = Vec::with_capacity(shown.tiles.len() * self.size * self.size * 3);
        let mut targets = Vec::new();
        let kind = if shown.auxiliary { "auxiliary" } else { "item" };
        for (place, i) in shown.tiles.iter().enumerate() {
            let item = shown.number * self.config.batch + place;
            let mut rng = stream(self.seed, &format!("{}/epoch-{epoch}/{kind}-{item}", self.name));
            let mut tile = self.tiles[*i].to_vec();
            self.augment.apply(&mut tile, self.size, &mut rng);
            pixels::push_normalised(&tile, self.normalise, &mut pixels);
            targets.extend(&self.targets[*i]);
        }
        Batch { tiles: shown.tiles.len(), auxiliary: shown.auxiliary, pixels, targets }
    }

    fn meta(&self) -> ClassifierMeta {
        ClassifierMeta {
            classes: self.outputs.to_vec(),
            mean: self.normalise.mean,
            std: self.normalise.std,
            tile_size: self.size,
            width: self.config.width,
        }
    }

    fn not_finite(&self, what: &str, value: f64, epoch: usize, step: u64) -> TrainError {
        TrainError::NotFinite {
            job: self.name.into(),
            dir: self.dir.into(),
            what: what.into(),
            value,
            epoch: epoch + 1,
            step,
        }
    }

    /// Everything that shapes the files of this job.
    fn fingerprint(&self) -> Fingerprint {
        let normalise = (self.normalise.mean, self.normalise.std);
        let names = (self.name, self.init_stream, self.seed, self.outputs);
        let (snapshots, groups) = (self.snapshots, &self.timetable.groups);
        let mut print = Fingerprint::new(&(
            names,
            self.config.identity(),
            normalise,
            self.epochs_total,
            snapshots,
            groups,
        ));
        // What came later is left out where it is as it was before there was any.
        if self.augment != self.usual_augment {
            print.settings("augment", &self.augment);
        }
        if let Some(from) = &self.timetable.from_epoch {
            print.settings("from_epoch", from);
        }
        if let Some(auxiliary) = &self.timetable.auxiliary {
            print.settings("auxiliary", auxiliary);
        }
        print.tiles(self.tiles);
        print.bytes(&self.targets.iter().flatten().flat_map(|t| t.to_le_bytes()).collect::<Vec<u8>>());
        if let Some(evaluation) = self.evaluation {
            let labels =
                |set: &LabelledTiles| set.labels.iter().flat_map(|l| l.to_le_bytes()).collect::<Vec<u8>>();
            for set in [Some(&evaluation.set), evaluation.validation.as_ref()].into_iter().flatten() {
                print.tiles(&set.tiles);
                print.bytes(&labels(set));
            }
            let strata = evaluation.strata.iter().map(|s| match s {
                None => 0,
                Some(Agreement::High) => 1,
                Some(Agreement::Low) => 2,
            });
            print.bytes(&strata.collect::<Vec<u8>>());
            print.bytes(&[evaluation.positive as u8]);
        }
        print
    }
}

/// Where [`crate::train_classifier`] keeps the weights after `epoch` (from 1), for a job with folder `dir`.
pub fn snapshot_path(dir: &Path, epoch: usize) -> PathBuf {
    dir.join(format!("snapshot-{epoch}.safetensors"))
}

/// One line for people: `loss 0.412, test AUC 0.853, validation AUC 0.840`.
fn summary(row: &ClassifierEpoch) -> String {
    let auc =
        |name: &str, auc: Option<f64>| auc.map_or(String::new(), |auc| format!(", {name} AUC {auc:.3}"));
    format!("loss {:.3}{}{}", row.train_loss, auc("test", row.auc_all), auc("validation", row.auc_val))
}
