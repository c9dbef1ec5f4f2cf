//! What the judges say of translations: `tiles.csv` (a row a tile), `judges.csv` (Figure 6) and `stain.csv`.

use std::path::PathBuf;

use record::{Stain, TranslationRow};
use serde::{Deserialize, Serialize};

use super::translate::Translated;
use crate::context::Context;
use crate::judge::{self, Judge};
use crate::runner::StepObserver;
use crate::{StudyError, probe};

/// Confidences of one tile by one snapshot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Judged {
    /// The source tile.
    pub image: String,
    /// `initial`, `earlier`, `later` or `held-out`.
    pub judge: String,
    /// The snapshot's epoch, or the fold of the held-out scorer.
    pub snapshot: usize,
    /// c(x) of the source.
    pub source: f64,
    /// c of its translation.
    pub generated: f64,
    /// c of its reconstruction.
    pub reconstructed: f64,
}

/// Where the judges' confidences lie.
pub fn judges_csv(context: &Context, phi: f64) -> PathBuf {
    context.run.step(&record::step::translate(phi)).join("judges.csv")
}

/// Where the stain measures lie.
pub fn stain_csv(context: &Context, phi: f64) -> PathBuf {
    context.run.step(&record::step::translate(phi)).join("stain.csv")
}

/// Where the severities of the hard tiles lie.
pub fn severity_csv(context: &Context, phi: f64) -> PathBuf {
    context.run.step(&record::step::translate(phi)).join("severity_hard.csv")
}

/// The severity that the probe sees in a real hard tile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HardSeverity {
    /// The tile.
    pub image: String,
    /// The probe's answer.
    pub severity: f64,
}

/// A source, its translation and its reconstruction.
type Three<T> = [T; 3];

/// Has all tiles judged and writes the tables.
pub fn write(context: &Context, phi: f64, t: &Translated, observer: &StepObserver) -> Result<(), StudyError> {
    let sources: Vec<&[u8]> = t.sources.iter().map(|&i| context.tiles.tile(i)).collect();
    let generated: Vec<&[u8]> = t.generated.iter().map(Vec::as_slice).collect();
    let reconstructed: Vec<&[u8]> = t.reconstructed.iter().map(Vec::as_slice).collect();
    let sets: Three<&[&[u8]]> = [&sources, &generated, &reconstructed];
    let name = |at: usize| context.manifest.tiles[t.sources[at]].image.clone();

    let mut judged = Vec::new();
    let mut initial: Three<Vec<Vec<f64>>> = Default::default();
    for (judge_name, epochs) in judge::panel(context) {
        for epoch in epochs {
            if observer.should_stop() {
                return Err(StudyError::Interrupted);
            }
            let judge = Judge::snapshot(context, epoch)?;
            let logits = sets.map(|tiles| judge.logits(context, tiles));
            judged
                .extend((0..sources.len()).map(|at| row(context, name(at), judge_name, epoch, &logits, at)));
            if judge_name == "initial" {
                initial = logits;
            }
        }
    }
    let held_out = held_out(context, &t.sources, &sets)?;
    judged.extend((0..sources.len()).map(|at| {
        let fold = context.fold_of(t.sources[at]).unwrap_or_default();
        row(context, name(at), "held-out", fold, &held_out, at)
    }));

    let hard: Vec<&[u8]> = t.hard.iter().map(|&i| context.tiles.tile(i)).collect();
    let severities = probe::measure(context, &[&sources, &generated, &reconstructed, &hard])?;
    let severity = |set: usize, at: usize| severities.as_ref().map(|s| s[set][at]);
    let c =
        |logits: &Three<Vec<Vec<f64>>>, set: usize, at: usize| nets::confidence(&logits[set][at], context.x);
    let rows: Vec<TranslationRow> = (0..sources.len())
        .map(|at| TranslationRow {
            image: name(at),
            kept: judge::chooses(&initial[1][at], context.x),
            kept_held_out: judge::chooses(&held_out[1][at], context.x),
            confidence_source: c(&initial, 0, at),
            confidence_generated: c(&initial, 1, at),
            confidence_reconstructed: c(&initial, 2, at),
            held_out_source: c(&held_out, 0, at),
            held_out_generated: c(&held_out, 1, at),
            held_out_reconstructed: c(&held_out, 2, at),
            severity_source: severity(0, at),
            severity_generated: severity(1, at),
            severity_reconstructed: severity(2, at),
        })
        .collect();
    record::write_rows(&context.run.translation_csv(phi), &rows)?;
    record::write_rows(&judges_csv(context, phi), &judged)?;

    if let Some([_, _, _, seen]) = severities {
        let rows: Vec<HardSeverity> = t
            .hard
            .iter()
            .zip(seen)
            .map(|(&i, severity)| HardSeverity { image: context.manifest.tiles[i].image.clone(), severity })
            .collect();
        record::write_rows(&severity_csv(context, phi), &rows)?;
    }
    let set = record::set_name_phi(phi);
    let stains = [
        stain("source".into(), &sources),
        stain(set.clone(), &generated),
        stain(format!("{set} reconstructed"), &reconstructed),
        stain(format!("{set} hard"), &hard),
    ];
    record::write_rows(&stain_csv(context, phi), &stains)?;
    Ok(())
}

fn row(
    context: &Context,
    image: String,
    judge: &str,
    snapshot: usize,
    logits: &Three<Vec<Vec<f64>>>,
    at: usize,
) -> Judged {
    let [source, generated, reconstructed] =
        [0, 1, 2].map(|set| nets::confidence(&logits[set][at], context.x));
    Judged { image, judge: judge.into(), snapshot, source, generated, reconstructed }
}

/// Logits of each tile by the scorer that never saw its source's slide.
fn held_out(
    context: &Context,
    sources: &[usize],
    sets: &Three<&[&[u8]]>,
) -> Result<Three<Vec<Vec<f64>>>, StudyError> {
    let mut logits: Three<Vec<Vec<f64>>> = [0, 1, 2].map(|_| vec![Vec::new(); sources.len()]);
    for k in 0..context.config.folds {
        let members: Vec<usize> =
            (0..sources.len()).filter(|&at| context.fold_of(sources[at]) == Some(k)).collect();
        let judge = Judge::fold(context, k)?;
        for (set, tiles) in sets.iter().enumerate() {
            let pixels: Vec<&[u8]> = members.iter().map(|&at| tiles[at]).collect();
            for (&at, l) in members.iter().zip(judge.logits(context, &pixels)) {
                logits[set][at] = l;
            }
        }
    }
    Ok(logits)
}

/// Mean optical density, hue and saturation of a set of tiles: a translation that only repaints shows here.
fn stain(set: String, tiles: &[&[u8]]) -> Stain {
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
