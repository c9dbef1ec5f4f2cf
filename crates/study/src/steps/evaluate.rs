//! Gathers what the steps left into `results.json`.

use std::collections::BTreeMap;

use record::thresholds::{ENOUGH_HARD, KEPT_ENOUGH};
use record::{
    ClassifierEpoch, ConfidenceRow, ConfidenceShift, DataCount, JudgeName, Ks, PerSeed, Phi, PhiResult,
    Results, ScorerResult, Severity, Stain, Stratum, Table3Row, TileSet, TrainingSet, TranslationRow,
};
use tissue::{Agreement, Partition};

use super::translation_rows::{HardSeverity, Judged, judges_csv, severity_csv, stain_csv};
use crate::config::Scoring;
use crate::context::Context;
use crate::plan::{StepKind, folder, translator_steps};
use crate::{StudyError, probe};

/// How many of the highest AUCs of a training are averaged (paper, section 3.2).
const BEST: usize = 5;

/// Writes `results.json`.
pub fn evaluate(context: &Context) -> Result<(), StudyError> {
    let c = &context.config;
    let confidences: Vec<ConfidenceRow> = files::read_rows(&context.run.confidences_csv())?;
    let mut translations = BTreeMap::new();
    for &phi in &c.phi {
        let rows: Vec<TranslationRow> = files::read_rows(&context.run.translation_csv(phi))?;
        translations.insert(phi, rows);
    }
    let phi = phi_results(context, &translations);
    let mut notes = context.notes.clone();
    if matches!(c.scoring, Scoring::OutOfFold) {
        notes.push("easy and hard tiles were chosen by out-of-fold confidence".into());
    }
    let results = Results {
        schema: record::SCHEMA,
        tool: crate::tool(),
        seed: c.seed,
        name: c.name.clone(),
        classes: c.classes.clone(),
        source_class: c.source_class.clone(),
        tile_size: c.tile_size,
        preset: format!("{:?}", c.preset).to_lowercase(),
        data: data_counts(context),
        scorer: scorer_result(context, &confidences)?,
        recommended_phi: recommend(&phi),
        phi,
        table3: table3(context)?,
        ks: ks(context, &confidences)?,
        confidence_shift: confidence_shift(context)?,
        stain: stain(context)?,
        severity: severity(context, &translations)?,
        notes,
    };
    files::write_json(&context.run.results_json(), &results)?;
    Ok(())
}

/// The paper's Table 1: tiles by partition, class and agreement.
fn data_counts(context: &Context) -> Vec<DataCount> {
    let mut counts = BTreeMap::new();
    for (i, tile) in context.manifest.tiles.iter().enumerate() {
        let partition = usize::from(tile.partition == Some(Partition::Test));
        let agreement = match context.stratum(i) {
            Some(Agreement::Low) => "low",
            Some(Agreement::High) => "high",
            None => "none",
        };
        *counts.entry((partition, tile.class, agreement)).or_insert(0) += 1;
    }
    let row = |((partition, class, agreement), n): ((usize, usize, &str), usize)| DataCount {
        partition: ["train", "test"][partition].into(),
        class: context.config.classes[class].clone(),
        agreement: agreement.into(),
        n,
    };
    counts.into_iter().map(row).collect()
}

fn scorer_result(context: &Context, confidences: &[ConfidenceRow]) -> Result<ScorerResult, StudyError> {
    let epochs = context.config.scorer.epochs;
    let metrics: Vec<ClassifierEpoch> =
        files::read_rows(&context.run.metrics_csv(&record::StepName::SCORER))?;
    let at = metrics.iter().find(|row| row.epoch == epochs);
    let test: Vec<&ConfidenceRow> = confidences.iter().filter(|r| r.partition == "test").collect();
    // With two classes the own class wins where its confidence is above one half.
    let accuracy = (context.config.classes.len() == 2 && !test.is_empty()).then(|| {
        test.iter().filter(|r| r.confidence.is_some_and(|c| c > 0.5)).count() as f64 / test.len() as f64
    });
    let held_out: Vec<&ConfidenceRow> =
        confidences.iter().filter(|r| r.confidence_out_of_fold.is_some()).collect();
    // A tile of another class has 1 − c for class X only when there are two classes.
    let out_of_fold_auc = (context.config.classes.len() == 2)
        .then(|| {
            let is_x: Vec<bool> = held_out.iter().map(|r| r.class == context.config.source_class).collect();
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

fn phi_results(context: &Context, translations: &BTreeMap<Phi, Vec<TranslationRow>>) -> Vec<PhiResult> {
    let n = context.train_of_x().len();
    let result = |&phi: &Phi| {
        let rows = &translations[&phi];
        let (easy, hard) = phi.easy_and_hard(n);
        let mean =
            |value: fn(&TranslationRow) -> f64| stats::mean(&rows.iter().map(value).collect::<Vec<_>>());
        PhiResult {
            phi,
            hard,
            easy,
            steps: translator_steps(&context.config, easy, hard),
            generated: rows.len(),
            kept: rows.iter().filter(|r| r.kept).count(),
            kept_held_out: rows.iter().filter(|r| r.kept_held_out).count(),
            confidence_source: mean(|r| r.confidence_source),
            confidence_generated: mean(|r| r.confidence_generated),
        }
    };
    context.config.phi.iter().map(result).collect()
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
fn table3(context: &Context) -> Result<Vec<Table3Row>, StudyError> {
    let c = &context.config;
    let mut sets = vec![TrainingSet::Original];
    if c.naive {
        sets.push(TrainingSet::Naive);
    }
    sets.extend(c.phi.iter().map(|&phi| TrainingSet::Phi(phi)));
    let mut strata: Vec<(Stratum, AucOf)> = vec![(Stratum::All, |r| r.auc_all)];
    if context.has_votes() {
        strata.push((Stratum::High, |r| r.auc_high));
        strata.push((Stratum::Low, |r| r.auc_low));
    }
    let mut rows = Vec::new();
    for set in sets {
        let runs: Vec<Vec<ClassifierEpoch>> = (0..c.seeds)
            .map(|seed| files::read_rows(&context.run.metrics_csv(&folder(StepKind::Retrain(set, seed)))))
            .collect::<Result<_, _>>()?;
        for (stratum, auc) in &strata {
            let per_seed = runs.iter().enumerate().map(|(seed, run)| per_seed(seed, run, *auc)).collect();
            rows.push(table3_row(set, *stratum, per_seed));
        }
    }
    Ok(rows)
}

fn per_seed(seed: usize, epochs: &[ClassifierEpoch], auc: AucOf) -> PerSeed {
    let values: Vec<f64> = epochs.iter().filter_map(auc).collect();
    // The earliest epoch wins a tie, as it would for somebody who stops there.
    let chosen = epochs.iter().filter(|r| r.auc_val.is_some()).max_by(|a, b| {
        a.auc_val.partial_cmp(&b.auc_val).unwrap_or(std::cmp::Ordering::Equal).then(b.epoch.cmp(&a.epoch))
    });
    PerSeed {
        seed: seed as u64,
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
fn ks(context: &Context, confidences: &[ConfidenceRow]) -> Result<Option<Ks>, StudyError> {
    let of: BTreeMap<&str, f64> =
        confidences.iter().filter_map(|row| Some((row.image.as_str(), row.confidence?))).collect();
    let (mut high, mut low) = (Vec::new(), Vec::new());
    for i in context.train_of_x() {
        match (context.stratum(i), of.get(context.manifest.tiles[i].image.as_str()).copied()) {
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

/// Figure 6 with its controls: every judge on sources, translations and reconstructions; snapshots of one kind pooled.
fn confidence_shift(context: &Context) -> Result<Vec<ConfidenceShift>, StudyError> {
    let mut rows = Vec::new();
    let shift = |judge: JudgeName, set: TileSet, values: &[f64]| ConfidenceShift {
        judge,
        set,
        mean: stats::mean(values),
        sd: stats::sd(values),
        n: values.len(),
    };
    let judged: Vec<(Phi, Vec<Judged>)> = context
        .config
        .phi
        .iter()
        .map(|&phi| Ok((phi, files::read_rows(&judges_csv(context, phi))?)))
        .collect::<Result<_, StudyError>>()?;
    for judge in JudgeName::ALL {
        let of = |rows: &[Judged], value: fn(&Judged) -> f64| {
            rows.iter().filter(|r| r.judge == judge).map(value).collect::<Vec<f64>>()
        };
        for (at, (phi, all)) in judged.iter().enumerate() {
            // The sources are the same easy tiles at every φ.
            if at == 0 {
                rows.push(shift(judge, TileSet::Source, &of(all, |r| r.source)));
            }
            rows.push(shift(judge, TileSet::Generated(*phi), &of(all, |r| r.generated)));
            rows.push(shift(judge, TileSet::Reconstructed(*phi), &of(all, |r| r.reconstructed)));
        }
    }
    rows.retain(|r| r.n > 0);
    Ok(rows)
}

fn stain(context: &Context) -> Result<Vec<Stain>, StudyError> {
    let mut rows: Vec<Stain> = Vec::new();
    for &phi in &context.config.phi {
        let of_phi: Vec<Stain> = files::read_rows(&stain_csv(context, phi))?;
        for row in of_phi {
            if !rows.iter().any(|r| r.set == row.set) {
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

/// What the severity probe sees at φ = 25 (else the first φ): the ground truth behind confidence and translation.
fn severity(
    context: &Context,
    translations: &BTreeMap<Phi, Vec<TranslationRow>>,
) -> Result<Option<Severity>, StudyError> {
    let phi = context.reference_phi();
    let Some(probe_r) = probe::correlation(context)? else {
        return Ok(None);
    };
    let rows = &translations[&phi];
    let mean = |value: fn(&TranslationRow) -> Option<f64>| {
        stats::mean(&rows.iter().filter_map(value).collect::<Vec<_>>())
    };
    let hard: Vec<HardSeverity> = files::read_rows(&severity_csv(context, phi))?;
    Ok(Some(Severity {
        probe_r: Some(probe_r),
        easy_mean: mean(|r| r.severity_source),
        generated_mean: mean(|r| r.severity_generated),
        hard_mean: stats::mean(&hard.iter().map(|h| h.severity).collect::<Vec<_>>()),
        phi,
        reconstructed_mean: mean(|r| r.severity_reconstructed),
    }))
}
