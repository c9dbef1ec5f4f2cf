//! What the retrained classifiers tell of disturbed test tiles, from what the steps `robustness` left.

use rayon::prelude::*;
use record::thresholds::REPLICATES;
use record::{Disturbance, DisturbedRow, Measured, Robustness, TrainingSet};
use stats::{Centre, Draw, RankedScores};
use tissue::random::stream;

use super::over_slides::{range, times};
use super::test_tiles::{TestTiles, at};
use crate::error::StudyError;
use crate::study::Study;

/// Every row of Table 3 under every disturbance; empty where the study does not ask for it.
///
/// # Errors
/// If a table cannot be read, or is not of the study's test tiles.
pub fn robustness(study: &Study, tiles: &TestTiles) -> Result<Vec<Robustness>, StudyError> {
    let seeds = study.disturbed_seeds();
    if seeds == 0 {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for set in study.training_sets() {
        let networks: Vec<Vec<DisturbedRow>> =
            (0..seeds).map(|seed| read(study, set, seed)).collect::<Result<_, _>>()?;
        found.extend(of_row(set, &networks, tiles, study.config.seed));
    }
    Ok(found)
}

fn read(study: &Study, set: TrainingSet, seed: u64) -> Result<Vec<DisturbedRow>, StudyError> {
    let (data, path) = (&study.data, study.run.disturbed_csv(set, seed));
    let rows: Vec<DisturbedRow> = files::read_rows(&path)?;
    let names = data.test.iter().map(|&i| data.manifest.tiles[i].image.as_str());
    if !rows.iter().map(|row| row.image.as_str()).eq(names) {
        return Err(StudyError::Broken { path, why: "it is not of the study's test tiles".into() });
    }
    Ok(rows)
}

/// A row of Table 3: what its networks say, each of all test tiles in their order.
fn of_row(
    training_set: TrainingSet,
    networks: &[Vec<DisturbedRow>],
    tiles: &TestTiles,
    seed: u64,
) -> Vec<Robustness> {
    let measured: Vec<usize> = (0..DisturbedRow::MEASURED.len()).collect();
    let single: Vec<(Robustness, Vec<Option<f64>>)> =
        measured.par_iter().map(|which| measure(training_set, *which, networks, tiles, seed)).collect();
    let of_stains: Vec<&(Robustness, Vec<Option<f64>>)> = single
        .iter()
        .filter(|(row, _)| matches!(row.disturbance, Disturbance::Hematoxylin | Disturbance::Eosin))
        .collect();
    let worst = worst(&of_stains);
    let mut rows: Vec<Robustness> = single.iter().map(|(row, _)| row.clone()).chain(worst).collect();
    rows.sort_by_key(|row| row.disturbance);
    rows
}

/// One disturbance, and the area of each network under it.
fn measure(
    training_set: TrainingSet,
    which: usize,
    networks: &[Vec<DisturbedRow>],
    tiles: &TestTiles,
    seed: u64,
) -> (Robustness, Vec<Option<f64>>) {
    let (disturbance, strength) = DisturbedRow::MEASURED[which];
    let within: Vec<usize> = (0..tiles.positive.len())
        .filter(|&i| networks.iter().all(|rows| rows[i].disturbed()[which].is_some()))
        .collect();
    let margins = |of: &dyn Fn(&DisturbedRow) -> Option<f64>| -> Vec<Vec<f64>> {
        networks.iter().map(|rows| within.iter().filter_map(|&i| of(&rows[i])).collect()).collect()
    };
    let disturbed = margins(&|row| row.disturbed()[which]);
    let undisturbed = margins(&|row| Some(row.undisturbed));
    let (positive, slides) = (at(&tiles.positive, &within), at(&tiles.slide, &within));
    let areas = |margins: &[Vec<f64>]| -> Vec<Option<f64>> {
        margins.iter().map(|margins| stats::auc(margins, &positive)).collect()
    };
    let (of_disturbed, of_undisturbed) = (areas(&disturbed), areas(&undisturbed));
    let values: Option<Vec<f64>> = of_disturbed.iter().copied().collect();

    let name = |of: &str| format!("evaluate/robustness/{training_set}/{disturbance}/{strength}/{of}");
    let ranked: Vec<RankedScores> =
        disturbed.iter().filter_map(|margins| RankedScores::new(margins, &positive)).collect();
    let area = |drawn: &[usize]| {
        let times = times(drawn, within.len());
        let areas: Option<Vec<f64>> = ranked.iter().map(|of_seed| of_seed.auc_of_draw(&times)).collect();
        stats::mean(&areas?)
    };
    let clusters = (&slides[..], stats::samples_in(&slides, &positive));
    let how = (Centre::Estimate, [0.0, 1.0]);
    let mut rng = stream(seed, &name("auc"));
    let over_slides = stats::stretched_bootstrap(clusters, how, REPLICATES, &mut rng, area);
    let mut rng = stream(seed, &name("lost"));
    let pair = [&disturbed[..], &undisturbed[..]];
    let lost = stats::auc_difference_interval(pair, &positive, &slides, Draw::Slides, REPLICATES, &mut rng);

    let auc = values.as_deref().and_then(stats::mean);
    let undisturbed = mean(&of_undisturbed);
    let row = Robustness {
        training_set,
        disturbance,
        strength: Some(strength),
        seeds: networks.len(),
        tiles: within.len(),
        auc: Measured { value: auc, over_slides: over_slides.map(range) },
        auc_se: values.as_deref().and_then(stats::standard_error),
        undisturbed,
        lost: Measured {
            value: undisturbed.zip(auc).map(|(before, after)| before - after),
            over_slides: lost.map(range),
        },
    };
    (row, of_disturbed)
}

fn mean(areas: &[Option<f64>]) -> Option<f64> {
    stats::mean(&areas.iter().copied().collect::<Option<Vec<f64>>>()?)
}

/// The lowest area of each network over these disturbances.
fn worst(of_stains: &[&(Robustness, Vec<Option<f64>>)]) -> Option<Robustness> {
    let (first, _) = of_stains.first()?;
    let lowest = |network: usize| {
        let areas: Option<Vec<f64>> = of_stains.iter().map(|(_, areas)| areas[network]).collect();
        Some(areas?.into_iter().fold(f64::INFINITY, f64::min))
    };
    let values: Option<Vec<f64>> = (0..first.seeds).map(lowest).collect();
    let auc = values.as_deref().and_then(stats::mean);
    let lost = first.undisturbed.zip(auc).map(|(before, after)| before - after);
    Some(Robustness {
        disturbance: Disturbance::WorstStain,
        strength: None,
        auc: Measured { value: auc, over_slides: None },
        auc_se: values.as_deref().and_then(stats::standard_error),
        lost: Measured { value: lost, over_slides: None },
        ..first.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two tiles of class X, two of others, on a slide each.
    fn tiles() -> TestTiles {
        TestTiles {
            class: vec![0, 0, 1, 1],
            positive: vec![true, true, false, false],
            slide: vec![0, 1, 2, 3],
            agreement: vec![None; 4],
            share: vec![None; 4],
        }
    }

    /// A network that ranks all rightly undisturbed; `stain` are the margins with less hematoxylin, and three tiles are attacked.
    fn network(stain: [f64; 4], attack: [f64; 3]) -> Vec<DisturbedRow> {
        let right = [2.0, 1.0, -1.0, -2.0];
        let row = |i: usize| DisturbedRow {
            image: format!("{i}.png"),
            undisturbed: right[i],
            fgsm_1: attack.get(i).copied(),
            fgsm_2: attack.get(i).copied(),
            fgsm_4: attack.get(i).copied(),
            pgd_1: attack.get(i).copied(),
            pgd_2: attack.get(i).copied(),
            pgd_4: attack.get(i).map(|v| -v),
            hematoxylin_less: stain[i],
            hematoxylin_more: right[i],
            eosin_less: right[i],
            eosin_more: -right[i],
            jpeg_40: right[i],
        };
        (0..4).map(row).collect()
    }

    #[test]
    fn each_disturbance_is_measured_on_its_tiles_and_the_worst_stain_network_by_network() {
        let networks = [
            network([2.0, -3.0, -1.0, -2.0], [1.0, 2.0, 0.0]),
            network([2.0, 1.0, 0.0, 1.5], [1.0, -2.0, 0.0]),
        ];
        let rows = of_row(TrainingSet::Naive, &networks, &tiles(), 1);
        let kinds: Vec<Disturbance> = rows.iter().map(|row| row.disturbance).collect();
        assert!(kinds.windows(2).all(|pair| pair[0] <= pair[1]) && rows.len() == 12);
        let row = |disturbance, strength| {
            rows.iter().find(|r| r.disturbance == disturbance && r.strength == strength).unwrap()
        };
        let fgsm = row(Disturbance::Fgsm, Some(2.0));
        assert_eq!((fgsm.tiles, fgsm.seeds, fgsm.undisturbed), (3, 2, Some(1.0)));
        // One network ranks both pairs rightly, the other one of them.
        assert_eq!((fgsm.auc.value, fgsm.lost.value), (Some(0.75), Some(0.25)));
        assert!((fgsm.auc_se.unwrap() - 0.25).abs() < 1e-12);
        assert_eq!(row(Disturbance::Pgd, Some(4.0)).auc.value, Some(0.25));
        let less = row(Disturbance::Hematoxylin, Some(0.8));
        assert_eq!((less.tiles, less.auc.value), (4, Some(0.625)));
        let worst = row(Disturbance::WorstStain, None);
        assert_eq!((worst.auc.value, worst.lost.value, worst.auc.over_slides), (Some(0.0), Some(1.0), None));
        assert_eq!(row(Disturbance::Jpeg, Some(40.0)).lost.value, Some(0.0));
    }
}
