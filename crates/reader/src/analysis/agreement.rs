//! How far readers agree: all of them, in pairs, and each with themselves.

use std::collections::BTreeMap;

use record::{AgreementRow, Estimate, PairRow};

use super::panel::Panel;
use crate::Group;
use crate::exports::Finished;

/// Over all tiles, and in each group.
pub fn all(panel: &Panel, seed: u64) -> Vec<AgreementRow> {
    let everything: Vec<usize> = (0..panel.tiles.len()).collect();
    let mut rows = vec![row(panel, "all", &everything, seed)];
    rows.extend(Group::ALL.map(|group| row(panel, group.name(), &panel.of(group), seed)));
    rows
}

fn row(panel: &Panel, name: &str, tiles: &[usize], seed: u64) -> AgreementRow {
    let counts = panel.counts(tiles);
    let estimate = |which: &str, statistic: fn(&[Vec<u32>]) -> Option<f64>| {
        let interval = panel.bootstrap(tiles, seed, &format!("{which}/{name}"), |units| {
            let drawn: Vec<Vec<u32>> = units.iter().map(|&u| counts[u].clone()).collect();
            statistic(&drawn)
        });
        Estimate { value: statistic(&counts), low: interval.map(|i| i.low), high: interval.map(|i| i.high) }
    };
    AgreementRow {
        group: name.to_owned(),
        tiles: tiles.len(),
        unanimous: counts
            .iter()
            .filter(|c| c.iter().sum::<u32>() > 1 && c.iter().filter(|n| **n > 0).count() == 1)
            .count(),
        fleiss_kappa: estimate("fleiss", stats::fleiss_kappa),
        krippendorff_alpha: estimate("krippendorff", stats::krippendorff_alpha_nominal),
    }
}

/// Each pair of readers.
pub fn pairs(panel: &Panel, finished: &Finished) -> Vec<PairRow> {
    let n = finished.readers.len();
    let mut rows = Vec::new();
    for a in 0..n {
        for b in a + 1..n {
            let both: (Vec<usize>, Vec<usize>) =
                panel.labels.iter().filter_map(|labels| Some((labels[a]?, labels[b]?))).unzip();
            rows.push(pair(&finished.readers[a].name, &finished.readers[b].name, &both.0, &both.1));
        }
    }
    rows
}

/// Each reader's first and second answer to the tiles they saw twice.
pub fn themselves(finished: &Finished) -> Vec<PairRow> {
    let mut rows = Vec::new();
    for reader in &finished.readers {
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        let mut first: BTreeMap<i64, usize> = BTreeMap::new();
        let mut second: BTreeMap<i64, usize> = BTreeMap::new();
        for vote in finished.votes.iter().filter(|v| v.reader == reader.id) {
            let Some(label) = vote.answer.label.as_deref() else { continue };
            let next = names.len();
            let label = *names.entry(label).or_insert(next);
            if vote.again { &mut second } else { &mut first }.insert(vote.tile, label);
        }
        let (a, b): (Vec<usize>, Vec<usize>) =
            second.iter().filter_map(|(tile, label)| Some((*first.get(tile)?, *label))).unzip();
        if !a.is_empty() {
            rows.push(pair(&reader.name, &reader.name, &a, &b));
        }
    }
    rows
}

fn pair(a_name: &str, b_name: &str, a: &[usize], b: &[usize]) -> PairRow {
    PairRow {
        a: a_name.to_owned(),
        b: b_name.to_owned(),
        tiles: a.len(),
        same: stats::raw_agreement(a, b),
        cohen_kappa: stats::cohen_kappa(a, b),
    }
}
