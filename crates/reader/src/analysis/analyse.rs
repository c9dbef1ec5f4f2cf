//! The whole analysis, and its simpler parts: Table 2, time, Figure 4.

use record::{CountedShare, Figure4Row, Reading, Table2Row, TimeRow};

use super::panel::Panel;
use super::{agreement, comparison, detection};
use crate::exports::Finished;
use crate::{Group, ReaderError, Store};

/// Version of the analysis' keys.
const SCHEMA: u32 = 1;

/// Analyses the votes of the readers who have finished; with `partial` also if others have not.
///
/// # Errors
/// Nobody has finished, or (without `partial`) somebody has not; the file cannot be read.
pub fn analyse(store: &Store, partial: bool, seed: u64) -> Result<Reading, ReaderError> {
    let finished = Finished::read(store, partial)?;
    let settings = store.settings();
    let panel = Panel::new(&finished, settings);
    let left_out = store.readers()?.into_iter().filter(|r| r.finished.is_none()).map(|r| r.name).collect();
    let of_x = [Group::Easy, Group::Hard, Group::Generated];
    let other = panel.of(Group::Other);
    Ok(Reading {
        schema: SCHEMA,
        tool: settings.tool.clone(),
        study: settings.name.clone(),
        phi: settings.phi,
        seed,
        source_class: settings.source_class.clone(),
        readers: finished.readers.iter().map(|r| r.name.clone()).collect(),
        left_out,
        table2: of_x.map(|group| table2(&panel, group, seed)).to_vec(),
        other: (!other.is_empty()).then(|| {
            // More than half of the readers chose another class than X.
            share(&panel, &other, seed, "other", |i| 2 * panel.votes_for_x(i) < panel.votes(i))
        }),
        agreement: agreement::all(&panel, seed),
        pairs: agreement::pairs(&panel, &finished),
        themselves: agreement::themselves(&finished),
        time: time(&finished),
        detection: detection::all(&finished, settings, seed),
        comparisons: comparison::all(&panel, &finished, seed),
        figure4: figure4(&panel),
    })
}

fn table2(panel: &Panel, group: Group, seed: u64) -> Table2Row {
    let tiles = panel.of(group);
    let votes: Vec<stats::TileVotes> = tiles
        .iter()
        .map(|&i| stats::TileVotes {
            class: panel.votes_for_x(i) as u32,
            others: (panel.votes(i) - panel.votes_for_x(i)) as u32,
        })
        .collect();
    let counts = stats::confirmation(&votes);
    Table2Row {
        group: group.name().to_owned(),
        tiles: tiles.len(),
        majority: counts.majority,
        unanimous: counts.unanimous,
        tied: counts.tied,
        kept: share(panel, &tiles, seed, group.name(), |i| panel.keeps_x(i)),
    }
}

/// How many of `tiles` have something, with an interval.
fn share(panel: &Panel, tiles: &[usize], seed: u64, name: &str, has: impl Fn(usize) -> bool) -> CountedShare {
    let has: Vec<bool> = tiles.iter().map(|&i| has(i)).collect();
    let count = |units: &[usize]| units.iter().filter(|&&u| has[u]).count();
    let all: Vec<usize> = (0..tiles.len()).collect();
    let interval = panel.bootstrap(tiles, seed, &format!("share/{name}"), |units| {
        (!units.is_empty()).then(|| count(units) as f64 / units.len() as f64)
    });
    CountedShare {
        count: count(&all),
        of: tiles.len(),
        low: interval.map(|i| i.low),
        high: interval.map(|i| i.high),
    }
}

fn time(finished: &Finished) -> Vec<TimeRow> {
    let row = |name: &str, group: Option<Group>| {
        let seconds: Vec<f64> = finished
            .votes
            .iter()
            .filter(|v| group.is_none_or(|g| finished.tiles.get(&v.tile).is_some_and(|t| t.group == g)))
            .filter_map(crate::VoteRow::seconds)
            .collect();
        let at = |q| stats::quantile(&seconds, q);
        let quartiles = match (at(0.25), at(0.5), at(0.75)) {
            (Some(low), Some(median), Some(high)) => Some([low, median, high]),
            _ => None,
        };
        TimeRow { group: name.to_owned(), readings: seconds.len(), quartiles }
    };
    let mut rows = vec![row("all", None)];
    rows.extend(Group::ALL.map(|group| row(group.name(), Some(group))));
    rows
}

fn figure4(panel: &Panel) -> Vec<Figure4Row> {
    let mut rows: Vec<Figure4Row> = panel
        .paired()
        .into_iter()
        .map(|(source, generated)| Figure4Row {
            image: panel.tiles[source].image.clone(),
            slide: panel.tiles[source].slide.clone(),
            source_votes: panel.votes_for_x(source),
            generated_votes: panel.votes_for_x(generated),
            readers: panel.votes(source),
        })
        .collect();
    rows.sort_by(|a, b| a.image.cmp(&b.image));
    rows
}
