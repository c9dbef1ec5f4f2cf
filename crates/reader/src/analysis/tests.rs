//! The analysis against the paper's own counts, and against numbers that tools/reader_check.py has computed for a made-up study.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::settings::{Ask, SCHEMA, Settings};
use crate::store::{self, NewReader, NewTile, Outcome, Watch, Writer};
use crate::{Finish, Group, ReaderError, Store, Vote, analyse, votes_csv};

/// A line of the table that `votes_csv` writes.
#[derive(Clone, Debug, Deserialize)]
struct Line {
    tile: String,
    group: String,
    pair: Option<usize>,
    slide: String,
    class: String,
    reader: String,
    label: String,
    confidence: Option<u8>,
    said_real: Option<bool>,
    comment: String,
    seconds: f64,
    again: bool,
}

/// A study in which the lines' readers have voted, in the lines' order, and finished (but the last ones as many as `open` says).
/// Some votes are only the second thought.
fn study(lines: &[Line], classes: &[&str], ask: Ask, open: usize) -> (TempDir, Store) {
    let mut tiles: Vec<&Line> = Vec::new();
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    let mut readers: Vec<(&str, Vec<&Line>)> = Vec::new();
    for line in lines {
        place.entry(&line.tile).or_insert_with(|| {
            tiles.push(line);
            tiles.len() - 1
        });
        match readers.iter_mut().find(|(name, _)| *name == line.reader) {
            Some((_, own)) => own.push(line),
            None => readers.push((&line.reader, vec![line])),
        }
    }
    let tiles: Vec<NewTile<'_>> = tiles
        .into_iter()
        .map(|line| NewTile {
            group: Group::named(&line.group).unwrap(),
            pair: line.pair,
            image: line.tile.strip_prefix("generated/").unwrap_or(&line.tile),
            slide: &line.slide,
            class: &line.class,
            png: vec![1],
            practice: false,
        })
        .collect();
    let given: Vec<NewReader> = readers
        .iter()
        .map(|(name, own)| NewReader {
            name: (*name).to_owned(),
            token: [0; 32],
            order: own.iter().map(|line| (place[line.tile.as_str()], line.again)).collect(),
            practice: Vec::new(),
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        schema: SCHEMA,
        tool: "test".into(),
        name: "made up".into(),
        run: "none".into(),
        phi: record::Phi::new(25.0),
        seed: 0,
        source_class: "HP".into(),
        classes: classes.iter().map(|c| (*c).to_owned()).collect(),
        tile_pixels: 1,
        micrometers_per_pixel: None,
        question: String::new(),
        instructions: String::new(),
        ask,
        break_every: 0,
        repeats: 0,
        kept_only: false,
        equalised: false,
        translations: None,
        notes: Vec::new(),
    };
    store::create(folder.path(), &settings, &[2; 32].into(), &[1; 32], &tiles, &given).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let items = store.items().unwrap();
    let tell = |report| panic!("{report:?}");
    let watch = std::sync::Arc::new(Watch::new(store.path().to_path_buf(), Box::new(tell)));
    let (writer, thread) = Writer::start(folder.path(), watch).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for (reader, (_, own)) in readers.iter().enumerate() {
            let items = items.iter().filter(|i| i.reader == reader as i64);
            for (n, (line, item)) in own.iter().zip(items).enumerate() {
                let mut vote = Vote {
                    item: item.id.clone(),
                    request: format!("{n:032x}"),
                    revision: 0,
                    label: Some(line.label.clone()),
                    skipped: false,
                    real: line.said_real,
                    confidence: line.confidence,
                    comment: line.comment.clone(),
                    milliseconds: (line.seconds * 1000.0).round() as u64,
                };
                if n % 7 == 0 {
                    let first = Vote {
                        request: format!("{:032x}", 1_000_000 + n),
                        label: None,
                        skipped: true,
                        milliseconds: vote.milliseconds / 3,
                        ..vote.clone()
                    };
                    vote.milliseconds -= first.milliseconds;
                    assert!(matches!(writer.vote(reader as i64, first).await, Ok(Outcome::Stored(_))));
                    vote.revision = 1;
                }
                assert!(matches!(writer.vote(reader as i64, vote).await, Ok(Outcome::Stored(_))));
            }
            if reader + open < readers.len() {
                assert_eq!(writer.finish(reader as i64).await, Ok(Finish::Done));
            }
        }
    });
    drop(writer);
    thread.join().unwrap();
    (folder, store)
}

/// Tiles of a group by how many of the three readers say HP; who says so changes from tile to tile.
fn counted(group: Group, by_votes: &[(usize, usize)]) -> Vec<Line> {
    let votes: Vec<usize> = by_votes.iter().flat_map(|(votes, n)| vec![*votes; *n]).collect();
    let mut lines = Vec::new();
    for reader in 0..3 {
        for (tile, votes) in votes.iter().enumerate() {
            let source =
                format!("{}{tile}.png", if group == Group::Generated { "easy" } else { group.name() });
            let paired = matches!(group, Group::Easy | Group::Generated);
            lines.push(Line {
                tile: if group == Group::Generated { format!("generated/{source}") } else { source },
                group: group.name().into(),
                pair: paired.then_some(tile),
                slide: format!("slide {}", tile / 5),
                class: if group == Group::Other { "SSA" } else { "HP" }.into(),
                reader: format!("Reader {}", reader + 1),
                label: if (tile + reader) % 3 < *votes { "HP" } else { "SSA" }.into(),
                confidence: None,
                said_real: None,
                comment: String::new(),
                seconds: 2.0,
                again: false,
            });
        }
    }
    lines
}

/// The paper's 300 tiles (METHOD.md, step 12).
fn paper() -> Vec<Line> {
    [
        counted(Group::Easy, &[(3, 65), (2, 10)]),
        counted(Group::Hard, &[(3, 48), (2, 20), (1, 7)]),
        counted(Group::Generated, &[(3, 55), (2, 17), (1, 3)]),
        counted(Group::Other, &[(0, 60), (1, 7), (2, 5), (3, 3)]),
    ]
    .concat()
}

#[test]
fn the_papers_counts_give_the_papers_table_2() {
    let (_folder, store) = study(&paper(), &["HP", "SSA"], Ask::default(), 0);
    let reading = analyse(&store, false, 0).unwrap();
    // In percent, to the paper's one decimal: 2/3, 3/3, label maintained.
    let percent = |count: usize, of: usize| format!("{:.1}", 100.0 * count as f64 / of as f64);
    let printed: Vec<[String; 3]> = reading
        .table2
        .iter()
        .map(|r| [r.majority, r.unanimous, r.kept.count].map(|count| percent(count, r.tiles)))
        .collect();
    assert_eq!(printed, [["13.3", "86.7", "100.0"], ["26.7", "64.0", "90.7"], ["22.7", "73.3", "96.0"]]);
    let other = reading.other.unwrap();
    assert_eq!((percent(other.count, other.of), other.of), ("89.3".to_owned(), 75));
    assert!(reading.table2.iter().all(|r| r.tiles == 75 && r.tied == 0 && r.kept.of == 75));
    for row in &reading.table2[1..] {
        let share = row.kept.count as f64 / 75.0;
        assert!(row.kept.low.unwrap() < share && share < row.kept.high.unwrap(), "{row:?}");
    }
    assert_eq!(reading.figure4.len(), 75);
}

#[test]
fn intervals_follow_the_seed_and_nothing_else() {
    let (_folder, store) = study(&paper(), &["HP", "SSA"], Ask::default(), 0);
    let reading = analyse(&store, false, 1).unwrap();
    assert_eq!(reading, analyse(&store, false, 1).unwrap());
    assert_ne!(reading.agreement, analyse(&store, false, 2).unwrap().agreement);
}

#[test]
fn readers_who_have_not_finished_are_left_out_and_named() {
    let (_folder, store) = study(&paper(), &["HP", "SSA"], Ask::default(), 1);
    let Err(ReaderError::Unfinished { who, .. }) = analyse(&store, false, 0) else { panic!() };
    assert_eq!(who, "Reader 3 has not finished");
    let reading = analyse(&store, true, 0).unwrap();
    assert_eq!((reading.readers.len(), reading.left_out.as_slice()), (2, ["Reader 3".to_owned()].as_slice()));
    assert!(reading.table2.iter().any(|r| r.tied > 0));
    assert!(matches!(votes_csv(&store, false), Err(ReaderError::Unfinished { .. })));
    let (_folder, store) = study(&paper(), &["HP", "SSA"], Ask::default(), 3);
    assert!(matches!(analyse(&store, true, 0), Err(ReaderError::Unfinished { .. })));
}

/// Keys that the separate calculation leaves to grayzone: what the study is called, and intervals drawn by chance.
const OWN: [&str; 8] = ["schema", "tool", "study", "phi", "seed", "left_out", "low", "high"];

/// Asserts that every number is there in both, to within 1e-9.
fn assert_same(ours: &Value, theirs: &Value, at: &str) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (key, value) in theirs {
                assert_same(ours.get(key).unwrap_or(&Value::Null), value, &format!("{at}.{key}"));
            }
            let more: Vec<&String> =
                ours.keys().filter(|k| !theirs.contains_key(*k) && !OWN.contains(&k.as_str())).collect();
            assert!(more.is_empty(), "{at}: {more:?}");
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len(), "{at}");
            for (i, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                assert_same(ours, theirs, &format!("{at}[{i}]"));
            }
        }
        (Value::Number(ours), Value::Number(theirs)) => {
            let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
            assert!((ours - theirs).abs() <= 1e-9, "{at}: {ours} and {theirs}");
        }
        _ => assert_eq!(ours, theirs, "{at}"),
    }
}

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn made_up() -> (TempDir, Store) {
    let table = fixture("votes.csv");
    let lines: Vec<Line> =
        csv::Reader::from_reader(table.as_bytes()).deserialize().collect::<Result<_, _>>().unwrap();
    let ask = Ask { real_or_generated: true, confidence: true, comment: true };
    study(&lines, &["HP", "SSA", "TA"], ask, 0)
}

#[test]
fn every_number_is_that_of_a_separate_calculation() {
    let (_folder, store) = made_up();
    let reading = serde_json::to_value(analyse(&store, false, 0).unwrap()).unwrap();
    let wanted: Value = serde_json::from_str(&fixture("analysis.json")).unwrap();
    assert_same(&reading, &wanted, "");
    // The comparison sees a difference.
    let mut wrong = wanted;
    wrong["comparisons"][1]["p_value"] = (wrong["comparisons"][1]["p_value"].as_f64().unwrap() + 1e-8).into();
    assert!(std::panic::catch_unwind(|| assert_same(&reading, &wrong, "")).is_err());
}

#[test]
fn the_table_of_votes_is_the_one_that_was_given() {
    let (_folder, store) = made_up();
    let table = String::from_utf8(votes_csv(&store, false).unwrap()).unwrap();
    let without_time = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.rsplit_once(',').map_or("", |(line, _)| line).to_owned()).collect()
    };
    let wanted = without_time(&fixture("votes.csv"));
    for (n, (line, wanted)) in without_time(&table).iter().zip(&wanted).enumerate() {
        assert_eq!(line, wanted, "line {}", n + 1);
    }
    assert_eq!(table.lines().count(), wanted.len());
}
