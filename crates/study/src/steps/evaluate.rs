//! Gathers what the steps left into `results.json`.

use std::collections::BTreeMap;

use record::thresholds::{ENOUGH_HARD, KEPT_ENOUGH};
use record::{
    ClassifierEpoch, ConfidenceRow, ConfidenceShift, DataCount, JudgeName, Ks, PerSeed, Phi, PhiResult,
    Results, RunFolder, ScorerResult, Severity, Stain, StepName, Stratum, Table3Row, TileSet, TrainingSet,
    TranslationRow,
};
use serde_json::{Value, json};
use tissue::{Agreement, Partition};

use crate::config::Scoring;
use crate::cost::{Cost, Training};
use crate::error::StudyError;
use crate::judged::{Judged, stain_csv};
use crate::observer::StepObserver;
use crate::severity::{self, HardSeverity};
use crate::step::{Places, Step};
use crate::study::{Study, tool};

/// How many of the highest AUCs of a training are averaged (paper, section 3.2).
const BEST: usize = 5;

/// The rows of each selectivity's translations.
type Translations = BTreeMap<Phi, Vec<TranslationRow>>;

/// Writes `results.json`.
pub struct Evaluate;

impl Step for Evaluate {
    fn name(&self) -> StepName {
        StepName::EVALUATE
    }

    fn settings(&self, study: &Study) -> Value {
        let c = &study.config;
        json!([c.name, c.preset, c.phi, c.seeds, study.data.notes, env!("CARGO_PKG_VERSION")])
    }

    fn cost(&self, _: &Study) -> Cost {
        Cost { gflop: 0.1, like: Training::Translator }
    }

    fn outputs(&self, run: &RunFolder) -> Places {
        Places { folders: vec![run.step(&self.name())], files: vec![run.results_json()] }
    }

    fn run(&self, study: &Study, _: &StepObserver) -> Result<(), StudyError> {
        let c = &study.config;
        let confidences: Vec<ConfidenceRow> = files::read_rows(&study.run.confidences_csv())?;
        let mut translations = Translations::new();
        for &phi in &c.phi {
            translations.insert(phi, files::read_rows(&study.run.translation_csv(phi))?);
        }
        let phi = phi_results(study, &translations);
        let mut notes = study.data.notes.clone();
        if matches!(c.scoring, Scoring::OutOfFold) {
            notes.push("easy and hard tiles were chosen by out-of-fold confidence".into());
        }
        let results = Results {
            schema: record::SCHEMA,
            tool: tool(),
            seed: c.seed,
            name: c.name.clone(),
            classes: c.classes.clone(),
            source_class: c.source_class.clone(),
            tile_size: c.tile_size,
            preset: format!("{:?}", c.preset).to_lowercase(),
            data: data_counts(study),
            scorer: scorer_result(study, &confidences)?,
            recommended_phi: recommend(&phi),
            phi,
            table3: table3(study)?,
            ks: ks(study, &confidences)?,
            confidence_shift: confidence_shift(&judged(study)?),
            stain: stain(study)?,
            severity: severity(study, &translations)?,
            notes,
        };
        files::write_json(&study.run.results_json(), &results)?;
        Ok(())
    }
}

/// The paper's Table 1: tiles by partition, class and agreement.
fn data_counts(study: &Study) -> Vec<DataCount> {
    let mut counts = BTreeMap::new();
    for (i, tile) in study.data.manifest.tiles.iter().enumerate() {
        let partition = usize::from(tile.partition == Some(Partition::Test));
        let agreement = match study.data.stratum(i) {
            Some(Agreement::Low) => "low",
            Some(Agreement::High) => "high",
            None => "none",
        };
        *counts.entry((partition, tile.class, agreement)).or_insert(0) += 1;
    }
    let row = |((partition, class, agreement), n): ((usize, usize, &str), usize)| DataCount {
        partition: ["train", "test"][partition].into(),
        class: study.config.classes[class].clone(),
        agreement: agreement.into(),
        n,
    };
    counts.into_iter().map(row).collect()
}

fn scorer_result(study: &Study, confidences: &[ConfidenceRow]) -> Result<ScorerResult, StudyError> {
    let epochs = study.config.scorer.epochs;
    let metrics: Vec<ClassifierEpoch> = files::read_rows(&study.run.metrics_csv(&StepName::SCORER))?;
    let at = metrics.iter().find(|row| row.epoch == epochs);
    let test: Vec<&ConfidenceRow> = confidences.iter().filter(|r| r.partition == "test").collect();
    // With two classes the own class wins where its confidence is above one half.
    let accuracy = (study.config.classes.len() == 2 && !test.is_empty()).then(|| {
        test.iter().filter(|r| r.confidence.is_some_and(|c| c > 0.5)).count() as f64 / test.len() as f64
    });
    let held_out: Vec<&ConfidenceRow> =
        confidences.iter().filter(|r| r.confidence_out_of_fold.is_some()).collect();
    // A tile of another class has 1 − c for class X only when there are two classes.
    let out_of_fold_auc = (study.config.classes.len() == 2)
        .then(|| {
            let is_x: Vec<bool> = held_out.iter().map(|r| r.class == study.config.source_class).collect();
            let scores: Vec<f64> = held_out
                .iter()
                .zip(&is_x)
                .filter_map(|(r, x)| r.confidence_out_of_fold.map(|c| if *x { c } else { 1.0 - c }))
                .collect();
            stats::auc(&scores, &is_x)
        })
        .flatten();
    Ok(ScorerResult {
        epochs,
        auc_all: at.and_then(|r| r.auc_all),
        auc_high: at.and_then(|r| r.auc_high),
        auc_low: at.and_then(|r| r.auc_low),
        accuracy,
        out_of_fold_auc,
    })
}

fn phi_results(study: &Study, translations: &Translations) -> Vec<PhiResult> {
    let result = |&phi: &Phi| {
        let rows = &translations[&phi];
        let (easy, hard) = study.easy_and_hard(phi);
        let mean =
            |value: fn(&TranslationRow) -> f64| stats::mean(&rows.iter().map(value).collect::<Vec<_>>());
        PhiResult {
            phi,
            hard,
            easy,
            steps: study.config.translator.steps_for(easy, hard),
            generated: rows.len(),
            kept: rows.iter().filter(|r| r.kept).count(),
            kept_held_out: rows.iter().filter(|r| r.kept_held_out).count(),
            confidence_source: mean(|r| r.confidence_source),
            confidence_generated: mean(|r| r.confidence_generated),
        }
    };
    study.config.phi.iter().map(result).collect()
}

/// The smallest φ with enough hard tiles and enough translations that keep their label by the held-out judge.
fn recommend(phi: &[PhiResult]) -> Option<Phi> {
    phi.iter()
        .filter(|p| {
            p.hard >= ENOUGH_HARD
                && p.generated > 0
                && p.kept_held_out as f64 >= KEPT_ENOUGH * p.generated as f64
        })
        .map(|p| p.phi)
        .min()
}

/// One of the AUCs of an epoch.
type AucOf = fn(&ClassifierEpoch) -> Option<f64>;

/// Table 3: AUC of each training set over seeds, by agreement.
fn table3(study: &Study) -> Result<Vec<Table3Row>, StudyError> {
    let c = &study.config;
    let mut sets = vec![TrainingSet::Original];
    if c.naive {
        sets.push(TrainingSet::Naive);
    }
    sets.extend(c.phi.iter().map(|&phi| TrainingSet::Phi(phi)));
    let mut strata: Vec<(Stratum, AucOf)> = vec![(Stratum::All, |r| r.auc_all)];
    if study.data.has_votes() {
        strata.push((Stratum::High, |r| r.auc_high));
        strata.push((Stratum::Low, |r| r.auc_low));
    }
    let mut rows = Vec::new();
    for set in sets {
        let runs: Vec<Vec<ClassifierEpoch>> = (0..c.seeds as u64)
            .map(|seed| files::read_rows(&study.run.metrics_csv(&StepName::retrain(set, seed))))
            .collect::<Result<_, _>>()?;
        for (stratum, auc) in &strata {
            let per_seed = (0..).zip(&runs).map(|(seed, run)| per_seed(seed, run, *auc)).collect();
            rows.push(table3_row(set, *stratum, per_seed));
        }
    }
    Ok(rows)
}

fn per_seed(seed: u64, epochs: &[ClassifierEpoch], auc: AucOf) -> PerSeed {
    let values: Vec<f64> = epochs.iter().filter_map(auc).collect();
    // The earliest epoch wins a tie, as it would for somebody who stops there.
    let chosen = epochs.iter().filter(|r| r.auc_val.is_some()).max_by(|a, b| {
        a.auc_val.partial_cmp(&b.auc_val).unwrap_or(std::cmp::Ordering::Equal).then(b.epoch.cmp(&a.epoch))
    });
    PerSeed {
        seed,
        five_best: stats::mean_of_highest(&values, BEST),
        last: epochs.last().and_then(auc),
        val: chosen.and_then(auc),
    }
}

fn table3_row(training_set: TrainingSet, stratum: Stratum, per_seed: Vec<PerSeed>) -> Table3Row {
    let values = |of: fn(&PerSeed) -> Option<f64>| per_seed.iter().filter_map(of).collect::<Vec<f64>>();
    let best = values(|s| s.five_best);
    Table3Row {
        training_set,
        stratum,
        auc_mean: stats::mean(&best),
        auc_se: stats::standard_error(&best),
        auc_last: stats::mean(&values(|s| s.last)),
        auc_val: stats::mean(&values(|s| s.val)),
        seeds: per_seed.len(),
        per_seed,
    }
}

/// Figure 5: confidence of class X's training tiles by agreement.
fn ks(study: &Study, confidences: &[ConfidenceRow]) -> Result<Option<Ks>, StudyError> {
    let of: BTreeMap<&str, f64> =
        confidences.iter().filter_map(|row| Some((row.image.as_str(), row.confidence?))).collect();
    let (mut high, mut low) = (Vec::new(), Vec::new());
    for i in study.data.train_of_x() {
        match (study.data.stratum(i), of.get(study.data.manifest.tiles[i].image.as_str()).copied()) {
            (Some(Agreement::High), Some(c)) => high.push(c),
            (Some(Agreement::Low), Some(c)) => low.push(c),
            _ => {}
        }
    }
    if high.is_empty() || low.is_empty() {
        return Ok(None);
    }
    let test = stats::ks_two_sample(&high, &low)?;
    Ok(Some(Ks { statistic: test.statistic, p_value: test.p_value, n_high: high.len(), n_low: low.len() }))
}

/// What the judges said at each selectivity.
fn judged(study: &Study) -> Result<Vec<(Phi, Vec<Judged>)>, StudyError> {
    let of = |&phi: &Phi| Ok((phi, files::read_rows(&Judged::table(study, phi))?));
    study.config.phi.iter().map(of).collect()
}

/// Figure 6 with its controls: every judge on sources, translations and reconstructions; snapshots of one kind pooled.
fn confidence_shift(judged: &[(Phi, Vec<Judged>)]) -> Vec<ConfidenceShift> {
    let mut rows = Vec::new();
    for judge in JudgeName::ALL {
        let mut push = |set: TileSet, of: &[Judged], value: fn(&Judged) -> f64| {
            let values: Vec<f64> = of.iter().filter(|row| row.judge == judge).map(value).collect();
            if !values.is_empty() {
                let (mean, sd, n) = (stats::mean(&values), stats::sd(&values), values.len());
                rows.push(ConfidenceShift { judge, set, mean, sd, n });
            }
        };
        // The sources are the same easy tiles at every φ.
        if let Some((_, first)) = judged.first() {
            push(TileSet::Source, first, |row| row.source);
        }
        for (phi, all) in judged {
            push(TileSet::Generated(*phi), all, |row| row.generated);
            push(TileSet::Reconstructed(*phi), all, |row| row.reconstructed);
        }
    }
    rows
}

fn stain(study: &Study) -> Result<Vec<Stain>, StudyError> {
    let mut rows: Vec<Stain> = Vec::new();
    for &phi in &study.config.phi {
        let of_phi: Vec<Stain> = files::read_rows(&stain_csv(study, phi))?;
        for row in of_phi {
            if !rows.iter().any(|r| r.set == row.set) {
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

/// What the severity probe sees at φ = 25 (else the first φ): the ground truth behind confidence and translation.
fn severity(study: &Study, translations: &Translations) -> Result<Option<Severity>, StudyError> {
    let phi = study.reference_phi();
    let Some(probe_r) = severity::correlation(study)? else {
        return Ok(None);
    };
    let rows = &translations[&phi];
    let mean = |value: fn(&TranslationRow) -> Option<f64>| {
        stats::mean(&rows.iter().filter_map(value).collect::<Vec<_>>())
    };
    let hard: Vec<HardSeverity> = files::read_rows(&HardSeverity::table(study, phi))?;
    Ok(Some(Severity {
        probe_r: Some(probe_r),
        easy_mean: mean(|r| r.severity_source),
        generated_mean: mean(|r| r.severity_generated),
        hard_mean: stats::mean(&hard.iter().map(|h| h.severity).collect::<Vec<_>>()),
        phi,
        reconstructed_mean: mean(|r| r.severity_reconstructed),
    }))
}
