//! Whether readers could tell generated tiles from real ones.

use std::collections::BTreeMap;

use record::{DetectionRow, Estimate};
use stats::{Share, Verdicts};

use super::chance::{REPLICATES, chance};
use crate::Group;
use crate::exports::Finished;
use crate::settings::Settings;

const LEVEL: f64 = 0.95;

/// A verdict: whether the tile is generated, whether it was taken for that, and its slide.
#[derive(Clone, Copy)]
struct Verdict {
    reader: i64,
    is_generated: bool,
    said_generated: bool,
    slide: usize,
}

/// Each reader, and all together; nothing if they were not asked.
pub fn all(finished: &Finished, settings: &Settings, seed: u64) -> Vec<DetectionRow> {
    if !settings.ask.real_or_generated {
        return Vec::new();
    }
    let mut slides: BTreeMap<&str, usize> = BTreeMap::new();
    let mut verdicts = Vec::new();
    for vote in finished.votes.iter().filter(|v| !v.again) {
        let (Some(tile), Some(real)) = (finished.tiles.get(&vote.tile), vote.answer.real) else { continue };
        let next = slides.len();
        verdicts.push(Verdict {
            reader: vote.reader,
            is_generated: tile.group == Group::Generated,
            said_generated: !real,
            slide: *slides.entry(&tile.slide).or_insert(next),
        });
    }
    if verdicts.is_empty() {
        return Vec::new();
    }
    let mut rows: Vec<DetectionRow> = finished
        .readers
        .iter()
        .filter_map(|reader| {
            let own: Vec<Verdict> = verdicts.iter().copied().filter(|v| v.reader == reader.id).collect();
            let found = stats::detection(count(&own), LEVEL)?;
            let exact = |share: Option<Share>| Estimate {
                value: share.map(|s| s.value),
                low: share.map(|s| s.low),
                high: share.map(|s| s.high),
            };
            (!own.is_empty()).then(|| DetectionRow {
                reader: reader.name.clone(),
                sensitivity: exact(found.sensitivity),
                specificity: exact(found.specificity),
                p_value: Some(found.p_value),
            })
        })
        .collect();
    let together = |name: &str, generated: bool| {
        let some: Vec<Verdict> = verdicts.iter().copied().filter(|v| v.is_generated == generated).collect();
        let slides: Vec<usize> = some.iter().map(|v| v.slide).collect();
        let right = |units: &[usize]| {
            let right = units.iter().filter(|&&u| some[u].said_generated == generated).count();
            (!units.is_empty()).then(|| right as f64 / units.len() as f64)
        };
        let every: Vec<usize> = (0..some.len()).collect();
        let interval = stats::cluster_bootstrap(
            &slides,
            REPLICATES,
            &mut chance(seed, &format!("detection/{name}")),
            right,
        );
        Estimate { value: right(&every), low: interval.map(|i| i.low), high: interval.map(|i| i.high) }
    };
    rows.push(DetectionRow {
        reader: "all".to_owned(),
        sensitivity: together("sensitivity", true),
        specificity: together("specificity", false),
        p_value: None,
    });
    rows
}

fn count(verdicts: &[Verdict]) -> Verdicts {
    let of = |is: bool, said: bool| {
        verdicts.iter().filter(|v| v.is_generated == is && v.said_generated == said).count() as u32
    };
    Verdicts {
        hits: of(true, true),
        misses: of(true, false),
        false_alarms: of(false, true),
        correct_rejections: of(false, false),
    }
}
