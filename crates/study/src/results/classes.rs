//! More than two classes: each against the rest.

use record::{ClassAuc, EpochChoice, Stratum, TrainingSet};

use super::scores::{Said, Scores};
use super::test_tiles::{TestTiles, at};

/// Of every row, epoch and stratum with scores: each class against the rest, then their plain mean. Empty with two classes.
pub fn class_auc(scores: &Scores, tiles: &TestTiles, classes: &[String]) -> Vec<ClassAuc> {
    if classes.len() < 3 {
        return Vec::new();
    }
    let strata = tiles.strata();
    let of = |of: (TrainingSet, EpochChoice, &[Said])| {
        strata.iter().flat_map(move |stratum| of_row(of, *stratum, tiles, classes)).collect::<Vec<_>>()
    };
    scores.iter().flat_map(of).collect()
}

fn of_row(
    (training_set, epoch, said): (TrainingSet, EpochChoice, &[Said]),
    stratum: Stratum,
    tiles: &TestTiles,
    classes: &[String],
) -> Vec<ClassAuc> {
    let within = tiles.within(stratum);
    let of_class = at(&tiles.class, &within);
    let areas = |said: &Said| {
        // The logit of a class's probability ranks as that does, and never rounds to a tie with 1.
        let margins = |tile: &usize| {
            let logits = &said.test.logits[*tile];
            (0..classes.len()).map(|class| nets::margin(logits, class)).collect()
        };
        stats::one_vs_rest(&within.iter().map(margins).collect::<Vec<Vec<f64>>>(), &of_class)
    };
    let seeds: Vec<stats::OneVsRest> = said.iter().filter_map(areas).collect();
    let row = |class: Option<&String>, areas: Vec<f64>| ClassAuc {
        training_set,
        stratum,
        epoch,
        class: class.cloned(),
        auc_mean: stats::mean(&areas),
        auc_se: stats::standard_error(&areas),
        seeds: areas.len(),
    };
    let each = classes
        .iter()
        .enumerate()
        .map(|(k, class)| row(Some(class), seeds.iter().filter_map(|seed| seed.per_class[k]).collect()));
    each.chain([row(None, seeds.iter().filter_map(|seed| seed.macro_mean).collect())]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::scores::Outputs;
    use super::*;
    use tissue::Agreement;

    #[test]
    fn each_class_and_their_mean_are_averaged_over_seeds() {
        let tiles = TestTiles {
            class: vec![0, 1, 2, 0, 1, 2],
            agreement: [[Some(Agreement::High); 3], [Some(Agreement::Low); 3]].concat(),
            ..TestTiles::default()
        };
        let said = |logits: [[f64; 3]; 6]| Said {
            test: Outputs { logits: logits.iter().map(|l| l.to_vec()).collect(), ..Outputs::default() },
            ..Said::default()
        };
        let right = [[5.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 5.0]];
        // The last three tiles take each other's class: of class 0 and 1 against the rest each.
        let swapped = [[0.0, 4.0, 0.0], [4.0, 0.0, 0.0], [0.0, 0.0, 4.0]];
        let mut scores = Scores::default();
        let both = |last: [[f64; 3]; 3]| said([right[0], right[1], right[2], last[0], last[1], last[2]]);
        scores.add(TrainingSet::Naive, EpochChoice::Last, vec![both(right), both(swapped)]);
        let classes = ["A", "B", "C"].map(str::to_owned);
        let found = class_auc(&scores, &tiles, &classes);
        assert_eq!(found.len(), 3 * 4);
        let names: Vec<Option<&str>> = found[..4].iter().map(|row| row.class.as_deref()).collect();
        assert_eq!(names, [Some("A"), Some("B"), Some("C"), None]);
        let low: Vec<f64> = found[8..].iter().map(|row| row.auc_mean.unwrap()).collect();
        // Class A among the low tiles: above all others in one seed; in the other tied with one and below one (¼).
        let expected = [0.625, 0.625, 1.0, 0.75];
        for (found, expected) in low.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{low:?}");
        }
        assert!(found[8].stratum == Stratum::Low && found[8].seeds == 2);
        assert!((found[8].auc_se.unwrap() - 0.375).abs() < 1e-12);
        assert!(class_auc(&scores, &tiles, &classes[..2]).is_empty());
    }
}
