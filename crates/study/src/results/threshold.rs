//! What each row of Table 3 attains at one threshold.

use rayon::prelude::*;
use record::{AtThreshold, EpochChoice, Measured, Stratum, ThresholdFrom, TrainingSet};
use tissue::random::stream;

use super::over_slides::{mean_by_slide, ratio, sums_by_slide};
use super::scores::{Said, Scores};
use super::test_tiles::{TestTiles, at};

/// Every row, epoch and stratum that has scores, at one half and, where there are validation tiles, at the threshold chosen on them.
pub fn at_threshold(
    scores: &Scores,
    tiles: &TestTiles,
    validation_positive: &[bool],
    seed: u64,
) -> Vec<AtThreshold> {
    let mut wanted = Vec::new();
    for of in scores.iter() {
        for stratum in tiles.strata() {
            wanted.extend([ThresholdFrom::Half, ThresholdFrom::Validation].map(|from| (of, stratum, from)));
        }
    }
    let row = |(of, stratum, from): &(_, _, _)| {
        let thresholds = thresholds(of, *from, validation_positive);
        (!thresholds.is_empty()).then(|| row(*of, &thresholds, (*stratum, *from), tiles, seed))
    };
    wanted.par_iter().filter_map(row).collect()
}

/// The row's networks at an epoch.
type Networks<'a> = (TrainingSet, EpochChoice, &'a [Said]);

/// Each network that has a threshold, with that as a margin: a confidence of one half is a margin of 0. A network for which no threshold
/// beats calling everything negative has none.
fn thresholds<'a>(
    (_, _, said): &Networks<'a>,
    from: ThresholdFrom,
    validation_positive: &[bool],
) -> Vec<(&'a Said, f64)> {
    let threshold = |said: &'a Said| match from {
        ThresholdFrom::Half => Some((said, 0.0)),
        ThresholdFrom::Validation => {
            Some((said, stats::youden_threshold(&said.validation.margin, validation_positive)?))
        }
    };
    said.iter().filter_map(threshold).collect()
}

fn row(
    (training_set, epoch, _): Networks,
    networks: &[(&Said, f64)],
    (stratum, threshold_from): (Stratum, ThresholdFrom),
    tiles: &TestTiles,
    seed: u64,
) -> AtThreshold {
    let within = tiles.within(stratum);
    let (positive, slides) = (at(&tiles.positive, &within), at(&tiles.slide, &within));
    // A tile's share of networks that call it right; means over tiles of it are means over networks of theirs.
    let right: Vec<f64> = (within.iter().zip(&positive))
        .map(|(&tile, positive)| {
            let called =
                networks.iter().filter(|(said, least)| (said.test.margin[tile] >= *least) == *positive);
            called.count() as f64 / networks.len() as f64
        })
        .collect();
    let name = |of: &str| {
        let from = match threshold_from {
            ThresholdFrom::Half => "half",
            ThresholdFrom::Validation => "validation",
        };
        format!("evaluate/threshold/{training_set}/{stratum}/{epoch}/{from}/{of}")
    };
    let of_class = |wanted: bool, of: &str| -> Measured {
        let these: Vec<usize> = (0..positive.len()).filter(|&i| positive[i] == wanted).collect();
        mean_by_slide(&at(&right, &these), &at(&slides, &these), &mut stream(seed, &name(of)))
    };
    let parts = |(right, positive): (&f64, &bool)| {
        let is = f64::from(*positive);
        [right * is, is, right * (1.0 - is), 1.0 - is]
    };
    let sums = sums_by_slide(&right.iter().zip(&positive).map(parts).collect::<Vec<_>>(), &slides);
    let balanced = |[hits, positives, rejections, negatives]: [f64; 4]| {
        f64::midpoint(hits / positives, rejections / negatives)
    };
    let confidences: Vec<f64> = networks.iter().map(|(_, margin)| 1.0 / (1.0 + (-margin).exp())).collect();
    AtThreshold {
        training_set,
        stratum,
        epoch,
        threshold_from,
        threshold: stats::mean(&confidences),
        seeds: networks.len(),
        sensitivity: of_class(true, "sensitivity"),
        specificity: of_class(false, "specificity"),
        accuracy: mean_by_slide(&right, &slides, &mut stream(seed, &name("accuracy"))),
        balanced_accuracy: ratio(
            &sums,
            stats::samples_in(&slides, &positive),
            &mut stream(seed, &name("balanced-accuracy")),
            balanced,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scores::Outputs;
    use super::*;

    fn said(test: [f64; 6], validation: [f64; 4]) -> Said {
        let outputs = |margin: &[f64]| Outputs { margin: margin.to_vec(), ..Outputs::default() };
        Said { test: outputs(&test), validation: outputs(&validation) }
    }

    fn found(said: Vec<Said>, validation_positive: &[bool]) -> Vec<AtThreshold> {
        let tiles = TestTiles {
            class: vec![0, 0, 0, 1, 1, 1],
            positive: vec![true, true, true, false, false, false],
            slide: vec![0, 1, 2, 0, 1, 2],
            agreement: vec![None; 6],
            ..TestTiles::default()
        };
        let mut scores = Scores::default();
        scores.add(TrainingSet::Naive, EpochChoice::Last, said);
        at_threshold(&scores, &tiles, validation_positive, 3)
    }

    #[test]
    fn each_network_has_its_own_threshold_and_rows_are_means_over_networks() {
        let networks = vec![
            said([2.0, 1.0, -0.5, 0.5, -1.0, -2.0], [1.0, 0.6, 0.4, -3.0]),
            said([3.0, 3.0, 0.0, -1.0, -1.0, -1.0], [9.0, -2.0, -3.0, -4.0]),
        ];
        let rows = found(networks, &[true, true, false, false]);
        let [half, chosen] = &rows[..] else { panic!("two rows: {rows:?}") };
        // At a confidence of one half: 2 and 3 of 3 hits, 2 and 3 of 3 rejections.
        let values = |row: &AtThreshold| {
            [&row.sensitivity, &row.specificity, &row.accuracy, &row.balanced_accuracy]
                .map(|m| m.value.unwrap())
        };
        assert_eq!((half.threshold_from, half.threshold, half.seeds), (ThresholdFrom::Half, Some(0.5), 2));
        assert!(values(half).iter().all(|v| (v - 5.0 / 6.0).abs() < 1e-12), "{half:?}");
        // On validation margins 0.6 and −2 part the classes: 2 of 3 and 3 of 3 hits, 3 of 3 rejections each but for −1, −1, −1 ≥ −2.
        assert_eq!((chosen.threshold_from, chosen.seeds), (ThresholdFrom::Validation, 2));
        let mean = f64::midpoint(1.0 / (1.0 + (-0.6_f64).exp()), 1.0 / (1.0 + 2.0_f64.exp()));
        assert!((chosen.threshold.unwrap() - mean).abs() < 1e-12);
        for (found, expected) in values(chosen).into_iter().zip([5.0 / 6.0, 0.5, 4.0 / 6.0, 4.0 / 6.0]) {
            assert!((found - expected).abs() < 1e-12, "{chosen:?}");
        }
        for row in &rows {
            let over = row.balanced_accuracy.over_slides.unwrap();
            assert!(over.low <= values(row)[3] && values(row)[3] <= over.high);
        }
        assert!(half.sensitivity.over_slides.unwrap().low < 5.0 / 6.0);
    }

    #[test]
    fn a_network_that_no_threshold_helps_is_left_out_and_without_validation_there_is_one_half_alone() {
        let good = said([2.0, 1.0, 1.0, -1.0, -1.0, -2.0], [1.0, 0.6, 0.4, -3.0]);
        let upside_down = said([2.0, 1.0, 1.0, -1.0, -1.0, -2.0], [-2.0, -2.0, 1.0, 1.0]);
        let rows = found(vec![good.clone(), upside_down], &[true, true, false, false]);
        assert_eq!(rows.iter().map(|row| row.seeds).collect::<Vec<_>>(), [2, 1]);
        let rows = found(vec![said([1.0; 6], [0.0; 4])], &[]);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].sensitivity.value, rows[0].specificity.value), (Some(1.0), Some(0.0)));
    }
}
