//! AUC by level of agreement: the share of annotators who chose a tile's class.

use rayon::prelude::*;
use record::thresholds::REPLICATES;
use record::{AgreementAuc, EpochChoice, Measured, TrainingSet};
use stats::{Centre, RankedScores};
use tissue::random::stream;

use super::over_slides::{range, times};
use super::scores::{Said, Scores};
use super::test_tiles::{TestTiles, at};

/// More levels than so many are joined.
const MOST_LEVELS: usize = 5;

/// Every row and epoch with scores, on the test tiles of each level of agreement, positive and negative ones both; empty without votes.
pub fn agreement_auc(scores: &Scores, tiles: &TestTiles, seed: u64) -> Vec<AgreementAuc> {
    let levels = levels(&tiles.share.iter().flatten().copied().collect::<Vec<_>>());
    let wanted: Vec<_> = scores.iter().flat_map(|of| levels.iter().map(move |level| (of, *level))).collect();
    wanted.par_iter().map(|(of, level)| row(*of, *level, tiles, seed)).collect()
}

/// The shares that occur, each a level from itself to itself. Of more than [`MOST_LEVELS`] unanimity stays by itself and neighbours
/// are joined to levels of about as many tiles each.
fn levels(shares: &[f64]) -> Vec<[f64; 2]> {
    let mut sorted = shares.to_vec();
    sorted.sort_by(f64::total_cmp);
    let distinct: Vec<(f64, usize)> =
        sorted.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len())).collect();
    if distinct.len() <= MOST_LEVELS {
        return distinct.into_iter().map(|(share, _)| [share, share]).collect();
    }
    let (unanimous, divided): (Vec<_>, Vec<_>) = distinct.into_iter().partition(|(share, _)| *share >= 1.0);
    let groups = MOST_LEVELS - unanimous.len();
    let all: usize = divided.iter().map(|(_, n)| n).sum();
    let (mut joined, mut before): (Vec<[f64; 2]>, usize) = (Vec::new(), 0);
    let mut last_group = None;
    for (share, n) in divided {
        // The group that the middle of its tiles falls into.
        let group = ((2 * before + n) * groups / (2 * all)).min(groups - 1);
        match joined.last_mut().filter(|_| last_group == Some(group)) {
            Some(level) => level[1] = share,
            None => joined.push([share, share]),
        }
        (last_group, before) = (Some(group), before + n);
    }
    joined.extend(unanimous.into_iter().map(|(share, _)| [share, share]));
    joined
}

fn row(
    (training_set, epoch, said): (TrainingSet, EpochChoice, &[Said]),
    [from, to]: [f64; 2],
    tiles: &TestTiles,
    seed: u64,
) -> AgreementAuc {
    let within: Vec<usize> = (0..tiles.share.len())
        .filter(|&i| tiles.share[i].is_some_and(|share| (from..=to).contains(&share)))
        .collect();
    let (positive, slides) = (at(&tiles.positive, &within), at(&tiles.slide, &within));
    let ranked: Vec<RankedScores> = said
        .iter()
        .filter_map(|said| RankedScores::new(&at(&said.test.margin, &within), &positive))
        .collect();
    let area = |drawn: &[usize]| {
        let times = times(drawn, within.len());
        let areas: Option<Vec<f64>> = ranked.iter().map(|of_seed| of_seed.auc_of_draw(&times)).collect();
        stats::mean(&areas?)
    };
    let mut rng = stream(seed, &format!("evaluate/levels/{training_set}/{epoch}/{from}"));
    let clusters = (&slides[..], stats::samples_in(&slides, &positive));
    let how = (Centre::Estimate, [0.0, 1.0]);
    AgreementAuc {
        training_set,
        epoch,
        from,
        to,
        tiles: within.len(),
        auc: Measured {
            value: area(&(0..within.len()).collect::<Vec<_>>()),
            over_slides: stats::stretched_bootstrap(clusters, how, REPLICATES, &mut rng, area).map(range),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::scores::Outputs;
    use super::*;

    #[test]
    fn few_levels_stay_and_many_are_joined_to_about_as_many_tiles_each() {
        let thirds = [1.0, 2.0 / 3.0, 1.0, 2.0 / 3.0, 1.0 / 3.0];
        assert_eq!(levels(&thirds), [1.0 / 3.0, 2.0 / 3.0, 1.0].map(|share| [share, share]));
        assert!(levels(&[]).is_empty());
        // Eleven annotators, ten tiles each of 1/11 to 10/11, and fifty unanimous ones.
        let shares: Vec<f64> = (1..=11)
            .flat_map(|votes| vec![f64::from(votes) / 11.0; if votes == 11 { 50 } else { 10 }])
            .collect();
        let found = levels(&shares);
        assert_eq!(found.len(), 5);
        assert_eq!(found[4], [1.0, 1.0]);
        let tiles = |level: &[f64; 2]| shares.iter().filter(|s| (level[0]..=level[1]).contains(*s)).count();
        assert_eq!(found.iter().map(tiles).sum::<usize>(), shares.len());
        assert!(found[..4].iter().all(|level| (20..=30).contains(&tiles(level))), "{found:?}");
    }

    #[test]
    fn a_level_has_the_mean_area_of_its_tiles_alone() {
        let tiles = TestTiles {
            class: vec![0, 1, 0, 1, 0, 1, 0],
            positive: vec![true, false, true, false, true, false, true],
            slide: vec![0, 0, 1, 1, 2, 2, 2],
            agreement: vec![None; 7],
            share: vec![Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(0.6), Some(0.8), None],
        };
        let said = |margin: [f64; 7]| Said {
            test: Outputs { margin: margin.to_vec(), ..Outputs::default() },
            ..Said::default()
        };
        let mut scores = Scores::default();
        let networks =
            vec![said([2.0, 1.0, 3.0, 0.0, 5.0, 9.0, 0.0]), said([0.0, 1.0, 3.0, 2.0, 5.0, 9.0, 0.0])];
        scores.add(TrainingSet::Original, EpochChoice::Validation, networks);
        let found = agreement_auc(&scores, &tiles, 1);
        let told: Vec<_> = found.iter().map(|row| (row.from, row.to, row.tiles, row.auc.value)).collect();
        // One network ranks all four pairs of the unanimous tiles right, the other two; a level of one class has no area.
        assert_eq!(told, [(0.6, 0.6, 1, None), (0.8, 0.8, 1, None), (1.0, 1.0, 4, Some(0.75))]);
        assert!(found[2].auc.over_slides.is_some() && found[0].auc.over_slides.is_none());
    }
}
