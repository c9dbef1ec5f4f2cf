//! The loop that trains a classifier, read from top to bottom: start or resume, then epoch after epoch train, evaluate,
//! write metrics, snapshot and checkpoint.

use super::config::{Balance, ClassifierConfig};
use super::evaluation::{Evaluation, Judgement, LabelledTiles};
use crate::adam::Adam;
use crate::checkpoint::{Clock, Fingerprint, JobFolder, first_not_finite, put_under, under};
use crate::error::TrainError;
use crate::observer::Observer;
use crate::read_ahead::read_ahead;
use crate::{loss, pixels};
use burn::tensor::{Device, Tensor, TensorData};
use nets::{Classifier, ClassifierMeta, NamedTensors, Tensors};
use rand::seq::SliceRandom;
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
    /// The first epoch, from 0, that shows each tile; all from the start where it is left out.
    pub from_epoch: Option<Vec<usize>>,
    /// The tiles to show, in groups that `Balance::Oversample` makes equally large.
    pub order: Vec<Vec<usize>>,
    pub loss: fn(Tensor<2>, Tensor<2>) -> Tensor<1>,
    pub augment: Augment,
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
    adam_steps: u64,
    /// Sum over the tiles seen in the epoch at work.
    loss_sum: f64,
    seen: usize,
    metrics: Vec<ClassifierEpoch>,
}

/// One step's input.
struct Batch {
    tiles: usize,
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

        let (mut model, mut adam, mut progress) = self.start_or_resume(&folder, &device, observer)?;
        let mut clock = Clock::new(observer.checkpoint_seconds());
        while progress.epoch < self.epochs_total {
            let checkpoint = (&folder, &mut clock);
            model = self.train_one_epoch(model, &mut adam, &mut progress, checkpoint, &device, observer)?;
            self.end_epoch(&model, &mut progress, &device, observer)?;
            // After the last epoch the results themselves are written.
            if progress.epoch < self.epochs_total && clock.is_due_at_epoch_end() {
                clock.time(|| write_checkpoint(&folder, &model, &adam, &progress))?;
            }
        }

        // The epochs after `config.epochs` were for their snapshots: the result is the network before them.
        let result = if self.config.epochs == self.epochs_total {
            model
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
    ) -> Result<(Classifier, Adam, Progress), TrainError> {
        let mut rng = stream(self.seed, &format!("{}/init", self.init_stream));
        let config = self.config.network(self.outputs.len());
        let model = config.init(&mut rng, device);
        let adam = Adam::new(0.9, self.config.weight_decay);
        let Some((progress, tensors)) = folder.read::<Progress>(observer)? else {
            return Ok((model, adam, Progress::default()));
        };
        let model = model.load_tensors(&under(&tensors, "model"))?;
        let adam = adam.restore(progress.adam_steps, &under(&tensors, "adam"));
        Ok((model, adam, progress))
    }

    fn train_one_epoch(
        &self,
        // By value: an update in place needs parameters that nobody else holds.
        mut model: Classifier,
        adam: &mut Adam,
        progress: &mut Progress,
        (folder, clock): (&JobFolder, &mut Clock),
        device: &Device,
        observer: &dyn Observer,
    ) -> Result<Classifier, TrainError> {
        let epoch = progress.epoch;
        let lr = self.config.lr * self.config.lr_decay.powi(epoch as i32);
        let batches = self.batches(epoch);
        let before = self.steps_before(epoch);
        let total = self.steps_before(self.epochs_total) as u64;
        observer.step((before + progress.step) as u64, total);

        let steps = progress.step..batches.len();
        let make = |step: usize| self.make_batch(epoch, step, &batches[step]);
        read_ahead(steps, make, |ready| {
            for (step, batch) in ready {
                let input = pixels::to_tensor(batch.pixels, batch.tiles, self.size, device);
                let targets = TensorData::new(batch.targets, [batch.tiles, self.outputs.len()]);
                let targets = Tensor::from_data(targets, device);

                let loss = (self.loss)(model.forward_train(input), targets);
                let loss_value = loss::value(&loss);
                if !loss_value.is_finite() {
                    return Err(self.not_finite("loss", loss_value, epoch, step as u64 + 1));
                }
                model = adam.step(model, loss.backward(), lr);

                progress.step = step + 1;
                progress.adam_steps = adam.steps();
                progress.loss_sum += loss_value * batch.tiles as f64;
                progress.seen += batch.tiles;
                observer.step((before + progress.step) as u64, total);
                let stop = observer.should_stop();
                if stop || clock.is_due() {
                    clock.time(|| write_checkpoint(folder, &model, adam, progress))?;
                }
                if stop {
                    return Err(TrainError::Interrupted);
                }
            }
            Ok(model)
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

    /// The tiles of every batch of an epoch: shuffled anew, a last short batch kept unless it is a single tile.
    fn batches(&self, epoch: usize) -> Vec<Vec<usize>> {
        let mut rng = stream(self.seed, &format!("{}/epoch-{epoch}/order", self.name));
        let groups = self.groups(epoch);
        let largest = groups.iter().map(Vec::len).max().unwrap_or(0);
        let mut order = Vec::new();
        for mut group in groups {
            group.shuffle(&mut rng);
            let shown = match self.config.balance {
                Balance::Oversample if !group.is_empty() => largest,
                _ => group.len(),
            };
            order.extend(group.iter().cycle().take(shown));
        }
        order.shuffle(&mut rng);
        let mut batches: Vec<Vec<usize>> = order.chunks(self.config.batch).map(<[_]>::to_vec).collect();
        batches.pop_if(|last| last.len() == 1);
        batches
    }

    /// The tiles that an epoch shows.
    fn groups(&self, epoch: usize) -> Vec<Vec<usize>> {
        let Some(from) = &self.from_epoch else { return self.order.clone() };
        self.order.iter().map(|group| group.iter().copied().filter(|&i| from[i] <= epoch).collect()).collect()
    }

    /// Steps of all epochs before that one.
    fn steps_before(&self, epoch: usize) -> usize {
        let (mut steps, mut last) = (0, (0, 0));
        for epoch in 0..epoch {
            // Epochs differ only until the last tile is shown.
            let shown = |from: &Vec<usize>| from.iter().filter(|from| **from <= epoch).count();
            let shown = self.from_epoch.as_ref().map_or(self.tiles.len(), shown);
            if epoch == 0 || last.0 != shown {
                last = (shown, self.batches(epoch).len());
            }
            steps += last.1;
        }
        steps
    }

    /// Augments and normalises the tiles of one batch, each with its own random stream.
    fn make_batch(&self, epoch: usize, step: usize, indices: &[usize]) -> Batch {
        let mut pixels = Vec::with_capacity(indices.len() * self.size * self.size * 3);
        let mut targets = Vec::new();
        for (place, i) in indices.iter().enumerate() {
            let item = step * self.config.batch + place;
            let mut rng = stream(self.seed, &format!("{}/epoch-{epoch}/item-{item}", self.name));
            let mut tile = self.tiles[*i].to_vec();
            self.augment.apply(&mut tile, self.size, &mut rng);
            pixels::push_normalised(&tile, self.normalise, &mut pixels);
            targets.extend(&self.targets[*i]);
        }
        Batch { tiles: indices.len(), pixels, targets }
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
        let mut print = Fingerprint::new(&(
            names,
            self.config,
            normalise,
            self.epochs_total,
            self.snapshots,
            &self.order,
        ));
        // Left out where it was before there was any.
        if let Some(from) = &self.from_epoch {
            print.bytes(&from.iter().flat_map(|epoch| epoch.to_le_bytes()).collect::<Vec<u8>>());
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

fn write_checkpoint(
    folder: &JobFolder,
    model: &Classifier,
    adam: &Adam,
    progress: &Progress,
) -> Result<(), TrainError> {
    let mut tensors = Tensors::new();
    put_under(&mut tensors, "model", model.tensors());
    put_under(&mut tensors, "adam", adam.tensors());
    folder.write(progress, &tensors)
}

/// One line for people: `loss 0.412, test AUC 0.853, validation AUC 0.840`.
fn summary(row: &ClassifierEpoch) -> String {
    let auc =
        |name: &str, auc: Option<f64>| auc.map_or(String::new(), |auc| format!(", {name} AUC {auc:.3}"));
    format!("loss {:.3}{}{}", row.train_loss, auc("test", row.auc_all), auc("validation", row.auc_val))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(balance: Balance, groups: Vec<Vec<usize>>, epoch: usize) -> Vec<Vec<usize>> {
        let config = ClassifierConfig { batch: 4, balance, ..ClassifierConfig::default() };
        let fit = Fit {
            name: "test",
            init_stream: "test",
            seed: 1,
            config: &config,
            normalise: &Normalise::paper(),
            size: 8,
            tiles: &[],
            targets: Vec::new(),
            from_epoch: None,
            order: groups,
            loss: loss::cross_entropy,
            augment: Augment::paper(),
            evaluation: None,
            outputs: &[],
            snapshots: &[],
            dir: Path::new(""),
            epochs_total: 1,
        };
        fit.batches(epoch)
    }

    #[test]
    fn every_tile_is_shown_once_an_epoch_in_another_order_each() {
        let groups = || vec![(0..7).collect(), (7..10).collect()];
        let first = shown(Balance::Off, groups(), 0);
        assert_eq!(first.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
        let mut all = first.concat();
        assert_ne!(all, shown(Balance::Off, groups(), 1).concat());
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_last_batch_of_one_tile_is_left_out() {
        let batches = shown(Balance::Off, vec![(0..9).collect()], 0);
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4]);
    }

    #[test]
    fn oversampling_shows_every_class_equally_often_and_every_tile_at_least_so_often() {
        let all = shown(Balance::Oversample, vec![(0..8).collect(), (8..11).collect(), vec![]], 0).concat();
        let times: Vec<usize> = (0..11).map(|i| all.iter().filter(|shown| **shown == i).count()).collect();
        assert_eq!(times[..8], [1; 8]);
        assert_eq!(times[8..].iter().sum::<usize>(), 8);
        assert!(times[8..].iter().all(|n| (2..=3).contains(n)), "{times:?}");
    }
}
