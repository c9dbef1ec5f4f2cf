//! Disturbs the test tiles of a retrained classifier and notes what it then says: attacks on its gradients, other concentrations of the
//! stains, JPEG.
//!
//! Leaves `tiles.csv`, a row a test tile. Attacks take some seventy passes through the network a tile, so that they are made on no more than
//! [`MOST_ATTACKED`] tiles, the same ones for every network.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::seq::SliceRandom;
use rayon::prelude::*;
use record::{DisturbedRow, StepName, TrainingSet};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tissue::random::{Stream, stream};
use train::attack::{Attacked, PGD_STEPS, random_start, unit_pixels};

use crate::cost::{Cost, Training};
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::step::Step;
use crate::study::Study;

/// More tiles are not attacked.
const MOST_ATTACKED: usize = 400;
/// The ε of attacks, in 255ths, as [`DisturbedRow`] has columns for.
const EPSILONS: [u8; 3] = [1, 2, 4];
/// By how much the concentration of a stain changes.
const STAIN: f64 = 0.2;
/// The quality of JPEG.
const QUALITY: u8 = 40;
/// Passes through the network that every tile takes: undisturbed, four changes of a stain, JPEG.
const PASSES: usize = 6;
/// Passes of an attacked tile besides. A gradient takes two.
const ATTACK_PASSES: usize = 2 + EPSILONS.len() + EPSILONS.len() * (2 * PGD_STEPS + 1);
/// What is measured so far is written down this often.
const BETWEEN_NOTES: Duration = Duration::from_mins(1);

/// Disturbs the test tiles of the classifier that one training made.
pub struct Robustness {
    /// What it was trained on.
    pub set: TrainingSet,
    /// Its seed among the study's.
    pub seed: u64,
}

impl Step for Robustness {
    fn name(&self) -> StepName {
        StepName::robustness(self.set, self.seed)
    }

    fn settings(&self, study: &Study) -> Value {
        study.config.with_agreement(json!({
            "tiles": MOST_ATTACKED, "epsilon": EPSILONS, "steps": PGD_STEPS, "stain": STAIN, "jpeg": QUALITY,
        }))
    }

    fn cost(&self, study: &Study) -> Cost {
        let tiles = study.data.test.len();
        let passes = PASSES * tiles + ATTACK_PASSES * tiles.min(MOST_ATTACKED);
        Cost { gflop: passes as f64 * study.config.classifier.gflop(study.px()), like: Training::Classifier }
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let data = &study.data;
        let weights = study.run.step(&StepName::retrain(self.set, self.seed)).join("weights.safetensors");
        let (network, _) = nets::load_classifier(&weights, &study.device)?;
        let network = Attacked::new(&network, study.px(), &data.normalise, &study.device);

        let batches = batches(study, network.batch());
        let passes = |batch: &Batch| {
            (batch.tiles.len() * (PASSES + if batch.is_attacked { ATTACK_PASSES } else { 0 })) as u64
        };
        let total: u64 = batches.iter().map(passes).sum();
        let mut begun = Begun::open(study, &self.name(), &weights, &batches)?;
        let (mut done, mut noted) = (0, Instant::now());
        let mut before = 0;
        for batch in &batches {
            before += batch.tiles.len();
            if before > begun.rows.len() {
                let rows = disturb(study, &network, batch, observer);
                if matches!(rows, Err(StudyError::Interrupted)) || noted.elapsed() > BETWEEN_NOTES {
                    begun.write(study, &self.name())?;
                    noted = Instant::now();
                }
                begun.rows.extend(rows?);
            }
            done += passes(batch);
            observer.progressed(done, total);
        }
        let names = |row: &DisturbedRow| data.tile_named(&row.image, &study.run.manifest_csv());
        let mut rows: Vec<(usize, DisturbedRow)> =
            begun.rows.into_iter().map(|row| Ok((names(&row)?, row))).collect::<Result<_, StudyError>>()?;
        rows.sort_by_key(|(tile, _)| *tile);
        let rows: Vec<DisturbedRow> = rows.into_iter().map(|(_, row)| row).collect();
        files::write_rows(&study.run.disturbed_csv(self.set, self.seed), &rows)?;
        Begun::remove(study, &self.name())
    }
}

/// Tiles that go through the network together, as indices into the manifest.
struct Batch {
    tiles: Vec<usize>,
    is_attacked: bool,
}

/// All test tiles, those that are attacked first.
fn batches(study: &Study, size: usize) -> Vec<Batch> {
    let data = &study.data;
    let group = |&i: &usize| {
        let tile = &data.manifest.tiles[i];
        Group { is_x: tile.class == data.x, of: (tile.class, data.stratum(i)) }
    };
    let groups: Vec<Group> = data.test.iter().map(group).collect();
    let drawn = drawn(&groups, MOST_ATTACKED, &mut stream(study.config.seed, "robustness/tiles"));
    let (attacked, others): (Vec<usize>, Vec<usize>) =
        (0..data.test.len()).partition(|at| drawn.binary_search(at).is_ok());
    let batches = |at: Vec<usize>, is_attacked: bool| -> Vec<Batch> {
        let tiles: Vec<usize> = at.into_iter().map(|at| data.test[at]).collect();
        tiles.chunks(size).map(|tiles| Batch { tiles: tiles.to_vec(), is_attacked }).collect()
    };
    batches(attacked, true).into_iter().chain(batches(others, false)).collect()
}

/// What tiles are drawn by.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Group<Of = (usize, Option<tissue::Agreement>)> {
    is_x: bool,
    of: Of,
}

/// Up to `most` of the tiles, as sorted indices: of class X as many as of all others, as far as there are; on either side every class and
/// stratum by its share, so that the area under the ROC curve is that of all tiles on average.
fn drawn<Of: Copy + PartialEq>(groups: &[Group<Of>], most: usize, rng: &mut Stream) -> Vec<usize> {
    let side = |is_x: bool| (0..groups.len()).filter(|&i| groups[i].is_x == is_x).collect::<Vec<usize>>();
    let (of_x, others) = (side(true), side(false));
    let n_x = of_x.len().min((most / 2).max(most.saturating_sub(others.len())));
    let n_others = others.len().min(most - n_x);
    let mut drawn = Vec::new();
    for (mut tiles, n) in [(of_x, n_x), (others, n_others)] {
        tiles.shuffle(rng);
        // The tiles of each group one after the other: every k-th of them are each group's share, to within one tile.
        let mut kinds: Vec<Of> = Vec::new();
        for &i in &tiles {
            if !kinds.contains(&groups[i].of) {
                kinds.push(groups[i].of);
            }
        }
        let in_groups: Vec<usize> =
            kinds.iter().flat_map(|kind| tiles.iter().copied().filter(|&i| groups[i].of == *kind)).collect();
        drawn.extend((0..n).map(|k| in_groups[k * in_groups.len() / n]));
    }
    drawn.sort_unstable();
    drawn
}

/// What the network says of a batch, undisturbed and disturbed.
fn disturb(
    study: &Study,
    network: &Attacked,
    batch: &Batch,
    observer: &StepObserver,
) -> Result<Vec<DisturbedRow>, StudyError> {
    let data = &study.data;
    let tiles = data.pixels(&batch.tiles);
    let name = |at: usize| data.manifest.tiles[batch.tiles[at]].image.as_str();
    let margins = |pixels: &[f32]| -> Result<Vec<f64>, StudyError> {
        if observer.should_stop() {
            return Err(StudyError::Interrupted);
        }
        Ok(network.logits(pixels).iter().map(|logits| nets::margin(logits, data.x)).collect())
    };
    let of_tiles = |tiles: &[Vec<u8>]| -> Result<Vec<f64>, StudyError> {
        margins(&tiles.iter().flat_map(|tile| unit_pixels(tile)).collect::<Vec<f32>>())
    };
    let stained = |factors: [f64; 2]| -> Result<Vec<f64>, StudyError> {
        of_tiles(&tiles.par_iter().map(|tile| tissue::stain_shifted(tile, factors)).collect::<Vec<_>>())
    };
    let (less, more) = (1.0 - STAIN, 1.0 + STAIN);
    let hematoxylin = [stained([less, 1.0])?, stained([more, 1.0])?];
    let eosin = [stained([1.0, less])?, stained([1.0, more])?];
    let compressed = |(at, tile): (usize, &&[u8])| {
        tissue::jpeg::compressed(tile, study.px(), QUALITY)
            .map_err(|e| StudyError::Broken { path: name(at).into(), why: e.to_string() })
    };
    let compressed: Vec<Vec<u8>> =
        tiles.par_iter().enumerate().map(compressed).collect::<Result<_, StudyError>>()?;
    let jpeg = of_tiles(&compressed)?;

    let pixels: Vec<f32> = tiles.iter().flat_map(|tile| unit_pixels(tile)).collect();
    let undisturbed = margins(&pixels)?;
    let attacks = if batch.is_attacked {
        Some(attack(study, network, (&pixels, &batch.tiles), &margins)?)
    } else {
        None
    };
    let by = |method: fn(&Attacks) -> &[Vec<f64>; EPSILONS.len()], epsilon: usize, at: usize| {
        attacks.as_ref().map(|attacks| method(attacks)[epsilon][at])
    };
    let row = |at: usize| DisturbedRow {
        image: name(at).to_owned(),
        undisturbed: undisturbed[at],
        fgsm_1: by(|a| &a.fgsm, 0, at),
        fgsm_2: by(|a| &a.fgsm, 1, at),
        fgsm_4: by(|a| &a.fgsm, 2, at),
        pgd_1: by(|a| &a.pgd, 0, at),
        pgd_2: by(|a| &a.pgd, 1, at),
        pgd_4: by(|a| &a.pgd, 2, at),
        hematoxylin_less: hematoxylin[0][at],
        hematoxylin_more: hematoxylin[1][at],
        eosin_less: eosin[0][at],
        eosin_more: eosin[1][at],
        jpeg_40: jpeg[at],
    };
    Ok((0..tiles.len()).map(row).collect())
}

/// Margins of tiles under attack, at each ε.
struct Attacks {
    fgsm: [Vec<f64>; EPSILONS.len()],
    pgd: [Vec<f64>; EPSILONS.len()],
}

/// What a network says of pixels, tile after tile.
type Margins<'a> = &'a dyn Fn(&[f32]) -> Result<Vec<f64>, StudyError>;

fn attack(
    study: &Study,
    network: &Attacked,
    (pixels, tiles): (&[f32], &[usize]),
    margins: Margins,
) -> Result<Attacks, StudyError> {
    let manifest = &study.data.manifest;
    let classes: Vec<usize> = tiles.iter().map(|&i| manifest.tiles[i].class).collect();
    // A tile starts from the same place at every ε and against every network, so that these compare.
    let start: Vec<f32> = tiles
        .iter()
        .flat_map(|&i| {
            let name = format!("robustness/start/{}", manifest.tiles[i].image);
            random_start(pixels.len() / tiles.len(), &mut stream(study.config.seed, &name))
        })
        .collect();
    let gradient = network.gradient(pixels, &classes);
    let mut attacks = Attacks { fgsm: Default::default(), pgd: Default::default() };
    for (at, levels) in EPSILONS.into_iter().enumerate() {
        let epsilon = f32::from(levels) / 255.0;
        attacks.fgsm[at] = margins(&Attacked::fgsm(pixels, &gradient, epsilon))?;
        attacks.pgd[at] = margins(&network.pgd(pixels, &classes, &start, epsilon))?;
    }
    Ok(attacks)
}

/// What was measured before a stop.
#[derive(Serialize, Deserialize)]
struct Begun {
    /// SHA-256 of the weights that it was measured with.
    weights: String,
    /// Batch by batch, all of each.
    rows: Vec<DisturbedRow>,
}

impl Begun {
    fn path(study: &Study, step: &StepName) -> PathBuf {
        study.run.step(step).join("begun.json")
    }

    /// What there is, if it is of these weights and of these batches; else nothing.
    fn open(study: &Study, step: &StepName, weights: &Path, batches: &[Batch]) -> Result<Self, StudyError> {
        let weights = files::sha256_of_file(weights)
            .map_err(|source| files::OwnFileError::Read { path: weights.into(), source })?;
        // One that is damaged is as good as none.
        let begun: Option<Self> = files::read_json(&Self::path(study, step)).ok();
        let tiles: Vec<&str> = batches
            .iter()
            .flat_map(|batch| &batch.tiles)
            .map(|&i| study.data.manifest.tiles[i].image.as_str())
            .collect();
        let is_of_these = |begun: &Self| {
            begun.weights == weights
                && begun
                    .rows
                    .iter()
                    .map(|r| r.image.as_str())
                    .eq(tiles.iter().copied().take(begun.rows.len()))
        };
        let none = Self { weights: weights.clone(), rows: Vec::new() };
        Ok(begun.filter(is_of_these).unwrap_or(none))
    }

    fn write(&self, study: &Study, step: &StepName) -> Result<(), StudyError> {
        Ok(files::write_json(&Self::path(study, step), self)?)
    }

    fn remove(study: &Study, step: &StepName) -> Result<(), StudyError> {
        let path = Self::path(study, step);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(files::OwnFileError::Write { path, source }.into())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many tiles of class X and of others, each with a number that tells its kind.
    fn groups(of_x: &[usize], others: &[usize]) -> Vec<Group<usize>> {
        let side = |is_x: bool, counts: &[usize]| -> Vec<Group<usize>> {
            let kinds = counts.iter().enumerate();
            kinds.flat_map(|(of, n)| vec![Group { is_x, of }; *n]).collect()
        };
        [side(true, of_x), side(false, others)].concat()
    }

    #[test]
    fn as_many_of_x_as_of_others_are_drawn_and_every_kind_by_its_share() {
        let all = groups(&[600, 200, 1], &[90, 210]);
        let found = drawn(&all, 400, &mut stream(1, "draw"));
        let count =
            |is_x: bool, of: usize| found.iter().filter(|&&i| all[i] == Group { is_x, of }).count() as f64;
        assert_eq!(found.len(), 400);
        for (is_x, of, share) in
            [(true, 0, 600.0 / 801.0), (true, 1, 200.0 / 801.0), (false, 0, 0.3), (false, 1, 0.7)]
        {
            assert!((count(is_x, of) - 200.0 * share).abs() <= 1.0, "{is_x} {of}: {}", count(is_x, of));
        }
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "each once, in order");
        assert_eq!(found, drawn(&all, 400, &mut stream(1, "draw")));
        assert_ne!(found, drawn(&all, 400, &mut stream(2, "draw")));
    }

    #[test]
    fn where_one_side_is_short_the_other_fills_up_and_few_tiles_are_all_drawn() {
        for (of_x, others, n_x, n) in
            [(500, 30, 370, 400), (30, 500, 30, 400), (50, 60, 50, 110), (0, 9, 0, 9)]
        {
            let all = groups(&[of_x], &[others]);
            let found = drawn(&all, 400, &mut stream(1, "draw"));
            assert_eq!(found.len(), n);
            assert_eq!(found.iter().filter(|&&i| all[i].is_x).count(), n_x);
        }
    }
}
