//! Mean ROC curves of the rows of Table 3.

use rayon::prelude::*;
use record::thresholds::REPLICATES;
use record::{EpochChoice, RocRow, Stratum, TrainingSet};
use tissue::random::stream;

use super::scores::{Said, Scores};
use super::test_tiles::{TestTiles, at};

/// Steps of the grid of false positive rates.
const STEPS: usize = 100;

/// The curve of every row, epoch and stratum that has scores and tiles of both kinds.
pub fn roc(scores: &Scores, tiles: &TestTiles, seed: u64) -> Vec<RocRow> {
    let strata = tiles.strata();
    let curves: Vec<_> =
        scores.iter().flat_map(|of| strata.iter().map(move |stratum| (of, *stratum))).collect();
    curves.par_iter().flat_map_iter(|(of, stratum)| curve(*of, *stratum, tiles, seed)).collect()
}

fn curve(
    (training_set, epoch, said): (TrainingSet, EpochChoice, &[Said]),
    stratum: Stratum,
    tiles: &TestTiles,
    seed: u64,
) -> Vec<RocRow> {
    let within = tiles.within(stratum);
    let margins: Vec<Vec<f64>> = said.iter().map(|said| at(&said.test.margin, &within)).collect();
    let (positive, slides) = (at(&tiles.positive, &within), at(&tiles.slide, &within));
    let mut rng = stream(seed, &format!("evaluate/roc/{training_set}/{stratum}/{epoch}"));
    let points = stats::mean_roc(&margins, (&positive, &slides), STEPS, REPLICATES, &mut rng);
    let row = |point: stats::RocPoint| RocRow {
        training_set,
        stratum,
        epoch,
        false_positive_rate: point.false_positive_rate,
        sensitivity: point.sensitivity,
        low: point.band.map(|[low, _]| low),
        high: point.band.map(|[_, high]| high),
    };
    points.unwrap_or_default().into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::scores::Outputs;
    use super::*;
    use tissue::Agreement;

    #[test]
    fn a_curve_a_row_epoch_and_stratum_with_both_classes() {
        let tiles = TestTiles {
            class: vec![0, 1, 0, 1],
            positive: vec![true, false, true, false],
            slide: vec![0, 0, 1, 1],
            agreement: vec![Some(Agreement::High), Some(Agreement::High), Some(Agreement::Low), None],
            ..TestTiles::default()
        };
        let said = |margin: [f64; 4]| Said {
            test: Outputs { margin: margin.to_vec(), ..Outputs::default() },
            ..Said::default()
        };
        let mut scores = Scores::default();
        // One network is right throughout, the other puts one of two positives below both negatives.
        scores.add(
            TrainingSet::Original,
            EpochChoice::Last,
            vec![said([3.0, 1.0, 2.0, 0.0]), said([3.0, 1.0, -1.0, 0.0])],
        );
        let found = roc(&scores, &tiles, 0);
        // Of the low-agreement tiles all are of class X.
        let strata: Vec<Stratum> = found.iter().map(|row| row.stratum).collect();
        assert_eq!(strata, [vec![Stratum::All; 101], vec![Stratum::High; 101]].concat());
        let rates: Vec<f64> = found[..101].iter().map(|row| row.false_positive_rate).collect();
        assert_eq!((rates[0], rates[7], rates[100]), (0.0, 0.07, 1.0));
        // (1 + ½) / 2 up to the last negative, where the second network's curve is upright.
        let sensitivities: Vec<f64> = found[..101].iter().map(|row| row.sensitivity).collect();
        assert!(sensitivities[..100].iter().all(|s| *s == 0.75) && sensitivities[100] == 1.0);
        assert!(found[..101].iter().all(|row| row.low <= Some(row.sensitivity) && row.high.is_some()));
        // Both high-agreement tiles are of one slide.
        assert!(found[101..].iter().all(|row| row.low.is_none() && row.sensitivity == 1.0));
    }
}
