//! Turns the dial: some tiles of class X at every setting, judged by the scorers that never saw their slides and by nobody else, since the
//! dial was trained to convince the scorer that saw all of them.
//!
//! Leaves `tiles.csv` ([`DialRow`]) and, of some of the tiles, the pictures.

use nets::Cost as _;
use rand::seq::SliceRandom;
use record::{DialRow, RunFolder, StepName};
use serde_json::{Value, json};
use tissue::random::stream;
use train::{SETTINGS, Sources, TrainedTranslator};

use crate::cost::{Cost, Training};
use crate::dial::Ranked;
use crate::error::StudyError;
use crate::judge::Judge;
use crate::observer::StepObserver;
use crate::pictures;
use crate::step::{Places, Step};
use crate::study::Study;

/// Tiles that are measured, at most: as many of the hardest, the middle and the easiest third.
const MEASURED: usize = 99;
/// Tiles whose pictures are kept, at most.
const SHOWN: usize = 12;
/// Parts of the class that tiles are drawn from alike.
const PARTS: usize = 3;

/// Shows tiles at every setting of the dial.
pub struct Dial;

impl Step for Dial {
    fn name(&self) -> StepName {
        StepName::DIAL
    }

    fn settings(&self, _: &Study) -> Value {
        json!(null)
    }

    fn cost(&self, study: &Study) -> Cost {
        let (config, px) = (&study.config, study.px());
        let n = study.data.train_of_x.len().min(MEASURED) as f64;
        let turned = SETTINGS.len() as f64;
        let gflop = n * turned * config.translator.dial_generator().gflop(px)
            + n * (turned + 1.0) * config.scorer.gflop(px);
        Cost { gflop, like: Training::Translator }
    }

    fn outputs(&self, run: &RunFolder) -> Places {
        Places { folders: vec![run.step(&self.name())], files: Vec::new() }
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let data = &study.data;
        let trained = study.run.step(&StepName::translator_dial(None));
        let translator = TrainedTranslator::load(&trained, &study.device)?;
        let ranked = Ranked::read(study, None)?;
        let chosen = chosen(study, &ranked.tiles);
        let tiles: Vec<usize> = chosen.iter().map(|(tile, _)| *tile).collect();
        let (pixels, ranks) = (data.pixels(&tiles), ranked.of(&tiles));
        let sources = Sources { tiles: &pixels, size: data.tiles.size, ranks: &ranks };

        let source = margins(study, &tiles, &pixels)?;
        let (mut turned, mut judged) = (Vec::new(), Vec::new());
        for (at, setting) in SETTINGS.into_iter().enumerate() {
            if observer.should_stop() {
                return Err(StudyError::Interrupted);
            }
            let made = translator.translate(sources, Some(setting), &study.device, &|_| {});
            let views: Vec<&[u8]> = made.iter().map(Vec::as_slice).collect();
            judged.push(margins(study, &tiles, &views)?);
            turned.push(made);
            observer.progressed(at as u64 + 1, SETTINGS.len() as u64);
        }

        let rows: Vec<DialRow> = (0..tiles.len())
            .map(|at| {
                let margins: Vec<f64> = judged.iter().map(|judged| judged[at]).collect();
                DialRow {
                    image: data.manifest.tiles[tiles[at]].image.clone(),
                    rank: ranks[at],
                    shown: chosen[at].1,
                    source: confidence(source[at]),
                    // Of the logits: confidences near 1 are the same number.
                    spearman: stats::spearman(&SETTINGS, &margins),
                    translated: margins.into_iter().map(confidence).collect(),
                }
            })
            .collect();
        for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.shown) {
            let name = files::png_name(&row.image);
            pictures::write(&study.run.dial_sources().join(&name), pixels[at], data.tiles.size)?;
            for (setting, made) in turned.iter().enumerate() {
                let path = study.run.dial_setting(setting).join(&name);
                pictures::write(&path, &made[at], data.tiles.size)?;
            }
        }
        Ok(files::write_rows(&study.run.dial_csv(), &rows)?)
    }
}

/// The tiles that are measured, in the order of their ranks, and whether they are shown: drawn from each part of the class alike.
fn chosen(study: &Study, ranked: &[usize]) -> Vec<(usize, bool)> {
    let mut rng = stream(study.config.seed, "dial/tiles");
    let mut all = Vec::new();
    for part in 0..PARTS {
        let (from, to) = (part * ranked.len() / PARTS, (part + 1) * ranked.len() / PARTS);
        let mut places: Vec<usize> = (from..to).collect();
        places.shuffle(&mut rng);
        places.truncate(MEASURED / PARTS);
        all.extend(places.into_iter().enumerate().map(|(nth, place)| (place, nth < SHOWN / PARTS)));
    }
    all.sort_unstable();
    all.into_iter().map(|(place, shown)| (ranked[place], shown)).collect()
}

/// The logits of the confidences in class X by the scorers that never saw the slides of `sources`; `tiles` are made from these.
fn margins(study: &Study, sources: &[usize], tiles: &[&[u8]]) -> Result<Vec<f64>, StudyError> {
    let mut margins = vec![f64::NAN; sources.len()];
    for k in 0..study.config.folds {
        let members: Vec<usize> =
            (0..sources.len()).filter(|&at| study.data.fold_of(sources[at]) == Some(k)).collect();
        let pixels: Vec<&[u8]> = members.iter().map(|&at| tiles[at]).collect();
        for (&at, logits) in members.iter().zip(Judge::fold(study, k)?.logits(study, &pixels)) {
            margins[at] = nets::margin(&logits, study.data.x);
        }
    }
    Ok(margins)
}

/// The confidence of a logit.
fn confidence(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}
