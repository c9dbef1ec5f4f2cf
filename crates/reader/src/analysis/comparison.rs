//! Whether translations are harder to agree on than their sources, and as hard as hard tiles.

use record::{Comparison, Estimate, Side};

use super::panel::Panel;
use crate::Group;
use crate::exports::Finished;

/// By unanimity, by the majority, and by each reader.
pub fn all(panel: &Panel, finished: &Finished, seed: u64) -> Vec<Comparison> {
    let mut rows = Vec::new();
    let mut both = |outcome: &str, has: &dyn Fn(usize) -> bool| {
        rows.extend(with_sources(panel, outcome, has, seed));
        rows.extend(with_hard(panel, outcome, has, seed));
    };
    both("unanimous", &|i| panel.all_x(i));
    both("kept", &|i| panel.keeps_x(i));
    for (r, reader) in finished.readers.iter().enumerate() {
        both(&reader.name, &|i| panel.is_x(i, r));
    }
    rows
}

/// Generated tiles and their own easy sources, pair by pair.
fn with_sources(panel: &Panel, outcome: &str, has: &dyn Fn(usize) -> bool, seed: u64) -> Option<Comparison> {
    let pairs = panel.paired();
    if pairs.is_empty() {
        return None;
    }
    let outcomes: Vec<(bool, bool)> = pairs.iter().map(|&(s, g)| (has(s), has(g))).collect();
    let count = |is: fn(&(bool, bool)) -> bool| outcomes.iter().filter(|o| is(o)).count();
    let (source, generated) = (count(|o| o.0), count(|o| o.1));
    let discordant = [count(|o| o.0 && !o.1), count(|o| !o.0 && o.1)];
    let difference = |units: &[usize]| {
        let sum: i64 = units.iter().map(|&u| i64::from(outcomes[u].1) - i64::from(outcomes[u].0)).sum();
        (!units.is_empty()).then(|| sum as f64 / units.len() as f64)
    };
    let sources: Vec<usize> = pairs.iter().map(|p| p.0).collect();
    let interval = panel.bootstrap(&sources, seed, &format!("easy/{outcome}"), difference);
    Some(Comparison {
        with: Side::Easy,
        outcome: outcome.to_owned(),
        generated,
        generated_of: pairs.len(),
        others: source,
        others_of: pairs.len(),
        discordant: Some(discordant),
        p_value: stats::mcnemar_exact(discordant[0] as u32, discordant[1] as u32),
        difference: Estimate {
            value: difference(&(0..pairs.len()).collect::<Vec<_>>()),
            low: interval.map(|i| i.low),
            high: interval.map(|i| i.high),
        },
    })
}

/// Generated tiles and hard ones.
fn with_hard(panel: &Panel, outcome: &str, has: &dyn Fn(usize) -> bool, seed: u64) -> Option<Comparison> {
    let (generated, hard) = (panel.of(Group::Generated), panel.of(Group::Hard));
    if generated.is_empty() || hard.is_empty() {
        return None;
    }
    let count = |tiles: &[usize]| tiles.iter().filter(|&&i| has(i)).count();
    let (with, of) = ([count(&generated), count(&hard)], [generated.len(), hard.len()]);
    let table = [0, 1].map(|k| [with[k] as u32, (of[k] - with[k]) as u32]);
    let tiles: Vec<usize> = generated.iter().chain(&hard).copied().collect();
    let outcomes: Vec<bool> = tiles.iter().map(|&i| has(i)).collect();
    let difference = |units: &[usize]| {
        let share = |is_generated: bool| {
            let own: Vec<usize> =
                units.iter().copied().filter(|&u| (u < generated.len()) == is_generated).collect();
            let with = own.iter().filter(|&&u| outcomes[u]).count();
            (!own.is_empty()).then(|| with as f64 / own.len() as f64)
        };
        Some(share(true)? - share(false)?)
    };
    let interval = panel.bootstrap(&tiles, seed, &format!("hard/{outcome}"), difference);
    Some(Comparison {
        with: Side::Hard,
        outcome: outcome.to_owned(),
        generated: with[0],
        generated_of: of[0],
        others: with[1],
        others_of: of[1],
        discordant: None,
        p_value: stats::fisher_exact(table),
        difference: Estimate {
            value: difference(&(0..tiles.len()).collect::<Vec<_>>()),
            low: interval.map(|i| i.low),
            high: interval.map(|i| i.high),
        },
    })
}
