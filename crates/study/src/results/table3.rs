//! Table 3: AUC of each training set over seeds, by agreement.

use record::{ClassifierEpoch, PerSeed, StepName, Stratum, Table3Row, TrainingSet};

use crate::error::StudyError;
use crate::study::Study;

/// How many of the highest AUCs of a training are averaged (paper, section 3.2).
const BEST: usize = 5;

/// One of the AUCs of an epoch.
type AucOf = fn(&ClassifierEpoch) -> Option<f64>;

/// A row a training set and stratum.
pub fn table3(study: &Study) -> Result<Vec<Table3Row>, StudyError> {
    let mut strata: Vec<(Stratum, AucOf)> = vec![(Stratum::All, |r| r.auc_all)];
    if study.data.has_votes() {
        strata.push((Stratum::High, |r| r.auc_high));
        strata.push((Stratum::Low, |r| r.auc_low));
    }
    let mut rows = Vec::new();
    for set in study.training_sets() {
        let runs: Vec<Vec<ClassifierEpoch>> = (0..study.config.seeds as u64)
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

/// The row of a training set and stratum: means over its seeds.
pub fn table3_row(training_set: TrainingSet, stratum: Stratum, per_seed: Vec<PerSeed>) -> Table3Row {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(epoch: usize, auc_all: Option<f64>, auc_val: Option<f64>) -> ClassifierEpoch {
        let lr = 0.001;
        ClassifierEpoch { epoch, lr, train_loss: 0.5, auc_all, auc_high: None, auc_low: None, auc_val }
    }

    fn course(aucs: &[(f64, Option<f64>)]) -> Vec<ClassifierEpoch> {
        (1..).zip(aucs).map(|(k, (auc, val))| epoch(k, Some(*auc), *val)).collect()
    }

    const ALL: AucOf = |r| r.auc_all;

    #[test]
    fn a_seed_has_the_mean_of_its_five_best_its_last_and_the_one_that_validation_chose() {
        let epochs = course(&[
            (0.70, Some(0.60)),
            (0.82, Some(0.75)),
            (0.80, Some(0.81)),
            (0.84, Some(0.79)),
            (0.86, Some(0.80)),
            (0.78, Some(0.70)),
        ]);
        let seed = per_seed(3, &epochs, ALL);
        assert_eq!((seed.seed, seed.last, seed.val), (3, Some(0.78), Some(0.80)));
        // All but the lowest of six: (.82 + .80 + .84 + .86 + .78) / 5.
        assert!((seed.five_best.unwrap() - 0.82).abs() < 1e-12);
    }

    #[test]
    fn of_epochs_that_validate_alike_the_earliest_is_chosen() {
        let epochs = course(&[(0.7, Some(0.8)), (0.9, Some(0.9)), (0.6, Some(0.9)), (0.5, None)]);
        assert_eq!(per_seed(0, &epochs, ALL).val, Some(0.9));
    }

    #[test]
    fn without_validation_no_epoch_is_chosen_and_without_that_stratum_there_is_nothing() {
        let epochs = course(&[(0.7, None), (0.9, None)]);
        let seed = per_seed(0, &epochs, ALL);
        assert_eq!((seed.val, seed.last), (None, Some(0.9)));
        // Fewer than five epochs: the mean of those there are.
        assert!((seed.five_best.unwrap() - 0.8).abs() < 1e-12);
        let low = per_seed(0, &epochs, |r| r.auc_low);
        assert_eq!((low.five_best, low.last, low.val), (None, None, None));
    }

    #[test]
    fn a_row_has_mean_and_standard_error_over_its_seeds() {
        let seed = |seed, auc: f64| PerSeed { seed, five_best: Some(auc), last: Some(auc - 0.1), val: None };
        let row = table3_row(TrainingSet::Naive, Stratum::All, vec![seed(0, 0.8), seed(1, 0.9)]);
        assert_eq!((row.training_set, row.stratum, row.seeds), (TrainingSet::Naive, Stratum::All, 2));
        // Deviation .05 · √2, over √2 seeds.
        assert!((row.auc_mean.unwrap() - 0.85).abs() < 1e-12);
        assert!((row.auc_se.unwrap() - 0.05).abs() < 1e-12);
        assert!((row.auc_last.unwrap() - 0.75).abs() < 1e-12);
        assert_eq!(row.auc_val, None);
        // One seed has no spread.
        assert_eq!(table3_row(TrainingSet::Original, Stratum::Low, vec![seed(0, 0.8)]).auc_se, None);
    }
}
