//! Translates the easy tiles with the translator of a selectivity, and has what comes of it judged.
//!
//! Leaves the pictures, `tiles.csv` (a row a tile), `judges.csv` (Figure 6), `stain.csv` and, on synthetic tissue, `severity_hard.csv`.

use record::{JudgeName, Phi, RunFolder, Stain, StepName, TileSet, TranslationRow};
use serde_json::{Value, json};

use crate::cost::{Cost, Training};
use crate::error::StudyError;
use crate::judge::{self, Judge};
use crate::judged::{Judged, stain_csv};
use crate::observer::StepObserver;
use crate::pictures;
use crate::ranking::Selected;
use crate::severity::{self, HardSeverity};
use crate::snapshots::Snapshots;
use crate::step::{Places, Step};
use crate::study::Study;
use crate::translating::Made;

/// Translates the easy tiles at a selectivity, reconstructs them, has all of them judged and filtered, and writes pictures and tables.
pub struct Translate(pub Phi);

impl Step for Translate {
    fn name(&self) -> StepName {
        StepName::translate(self.0)
    }

    fn settings(&self, _: &Study) -> Value {
        json!(null)
    }

    fn cost(&self, study: &Study) -> Cost {
        let (easy, _) = study.easy_and_hard(self.0);
        let snapshots = Snapshots::of(study.config.scorer.epochs);
        // Each set of tiles by every snapshot and by the held-out scorer.
        let judges = snapshots.earlier.len() + 1 + snapshots.later.len() + 1;
        let (config, px) = (&study.config, study.px());
        let gflop = Made::gflop(study, None) + (3 * judges * easy) as f64 * config.scorer.gflop(px);
        Cost { gflop, like: Training::Translator }
    }

    fn outputs(&self, run: &RunFolder) -> Places {
        Places { folders: vec![run.step(&self.name()), run.generated(self.0)], files: Vec::new() }
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let of = record::Translated::of_x(self.0);
        let hard = Selected::read(study, self.0)?.hard;
        let translated = Translated { made: Made::new(study, &of, observer)?, hard };
        write_tables(study, self.0, &translated, observer)?;
        translated.made.write(study, &of)?;
        let tiles = &study.data.tiles;
        for &i in &translated.made.sources {
            let name = files::png_name(&study.data.manifest.tiles[i].image);
            pictures::write(&study.run.sources(self.0).join(&name), tiles.tile(i), tiles.size)?;
        }
        Ok(())
    }
}

/// Tiles of one translation.
struct Translated {
    made: Made,
    /// The hard tiles of the same selectivity.
    hard: Vec<usize>,
}

/// A source, its translation and its reconstruction.
type Three<T> = [T; 3];

/// Has all tiles judged and writes the tables.
fn write_tables(study: &Study, phi: Phi, t: &Translated, observer: &StepObserver) -> Result<(), StudyError> {
    let data = &study.data;
    let sources = data.pixels(&t.made.sources);
    let generated: Vec<&[u8]> = t.made.generated.iter().map(Vec::as_slice).collect();
    let reconstructed: Vec<&[u8]> = t.made.reconstructed.iter().map(Vec::as_slice).collect();
    let sets: Three<&[&[u8]]> = [&sources, &generated, &reconstructed];
    let name = |at: usize| data.manifest.tiles[t.made.sources[at]].image.clone();

    let mut judged = Vec::new();
    let mut initial: Three<Vec<Vec<f64>>> = Default::default();
    for (judge_name, epochs) in judge::panel(study) {
        for epoch in epochs {
            if observer.should_stop() {
                return Err(StudyError::Interrupted);
            }
            let judge = Judge::snapshot(study, epoch)?;
            let logits = sets.map(|tiles| judge.logits(study, tiles));
            judged.extend((0..sources.len()).map(|at| row(study, name(at), judge_name, epoch, &logits, at)));
            if judge_name == JudgeName::Initial {
                initial = logits;
            }
        }
    }
    let held_out = held_out(study, &t.made.sources, &sets)?;
    judged.extend((0..sources.len()).map(|at| {
        let fold = data.fold_of(t.made.sources[at]).unwrap_or_default();
        row(study, name(at), JudgeName::HeldOut, fold, &held_out, at)
    }));

    let hard = data.pixels(&t.hard);
    let severities = severity::measure(study, &[&sources, &generated, &reconstructed, &hard])?;
    let seen = |set: usize, at: usize| severities.as_ref().map(|s| s[set][at]);
    let c = |logits: &Three<Vec<Vec<f64>>>, set: usize, at: usize| nets::confidence(&logits[set][at], data.x);
    let rows: Vec<TranslationRow> = (0..sources.len())
        .map(|at| TranslationRow {
            image: name(at),
            kept: judge::chooses(&initial[1][at], data.x),
            kept_held_out: judge::chooses(&held_out[1][at], data.x),
            confidence_source: c(&initial, 0, at),
            confidence_generated: c(&initial, 1, at),
            confidence_reconstructed: c(&initial, 2, at),
            held_out_source: c(&held_out, 0, at),
            held_out_generated: c(&held_out, 1, at),
            held_out_reconstructed: c(&held_out, 2, at),
            severity_source: seen(0, at),
            severity_generated: seen(1, at),
            severity_reconstructed: seen(2, at),
        })
        .collect();
    files::write_rows(&study.run.translation_csv(phi), &rows)?;
    files::write_rows(&Judged::table(study, phi), &judged)?;

    if let Some([_, _, _, seen]) = severities {
        let rows: Vec<HardSeverity> = t
            .hard
            .iter()
            .zip(seen)
            .map(|(&i, severity)| HardSeverity { image: data.manifest.tiles[i].image.clone(), severity })
            .collect();
        files::write_rows(&HardSeverity::table(study, phi), &rows)?;
    }
    let stains = [
        stain(TileSet::Source, &sources),
        stain(TileSet::Generated(phi), &generated),
        stain(TileSet::Reconstructed(phi), &reconstructed),
        stain(TileSet::Hard(phi), &hard),
    ];
    files::write_rows(&stain_csv(study, phi), &stains)?;
    Ok(())
}

fn row(
    study: &Study,
    image: String,
    judge: JudgeName,
    snapshot: usize,
    logits: &Three<Vec<Vec<f64>>>,
    at: usize,
) -> Judged {
    let [source, generated, reconstructed] =
        [0, 1, 2].map(|set| nets::confidence(&logits[set][at], study.data.x));
    Judged { image, judge, snapshot, source, generated, reconstructed }
}

/// Logits of each tile by the scorer that never saw its source's slide.
fn held_out(
    study: &Study,
    sources: &[usize],
    sets: &Three<&[&[u8]]>,
) -> Result<Three<Vec<Vec<f64>>>, StudyError> {
    let mut logits: Three<Vec<Vec<f64>>> = [0, 1, 2].map(|_| vec![Vec::new(); sources.len()]);
    for k in 0..study.config.folds {
        let members: Vec<usize> =
            (0..sources.len()).filter(|&at| study.data.fold_of(sources[at]) == Some(k)).collect();
        let judge = Judge::fold(study, k)?;
        for (set, tiles) in sets.iter().enumerate() {
            let pixels: Vec<&[u8]> = members.iter().map(|&at| tiles[at]).collect();
            for (&at, l) in members.iter().zip(judge.logits(study, &pixels)) {
                logits[set][at] = l;
            }
        }
    }
    Ok(logits)
}

/// Mean optical density, hue and saturation of a set of tiles: a translation that only repaints shows here.
fn stain(set: TileSet, tiles: &[&[u8]]) -> Stain {
    let measures: Vec<_> = tiles.iter().map(|tile| tissue::stain_of(tile)).collect();
    let mean = |value: &dyn Fn(&tissue::StainMeasure) -> f64| {
        stats::mean(&measures.iter().map(value).collect::<Vec<_>>())
    };
    // Hue is an angle: 359 and 1 degrees average to 0, not to 180.
    let (sine, cosine) = (mean(&|m| m.hue.to_radians().sin()), mean(&|m| m.hue.to_radians().cos()));
    Stain {
        set,
        optical_density: mean(&|m| m.optical_density),
        hue: sine.zip(cosine).map(|(y, x)| y.atan2(x).to_degrees().rem_euclid(360.0)),
        saturation: mean(&|m| m.saturation),
        n: tiles.len(),
    }
}
