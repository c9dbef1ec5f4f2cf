//! Nothing but the pixels tells a reader, or a program with a reader's link, which group a tile belongs to.
//!
//! A classifier is trained on everything else, and does no better than on shuffled groups. The same classifier finds a leak where one is
//! planted: files as long as they are when compressed, or a name that often tells.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom as _;
use reader::{Group, Store};
use tissue::random::{Stream, stream};

use crate::client::{Answer, Client};
use crate::study::Study;

const READERS: usize = 24;
const EACH: usize = 24;
const FOLDS: usize = 5;
/// Shufflings of the groups, from which the spread of a meaningless AUC is read.
const SHUFFLINGS: usize = 60;
/// An AUC so many standard deviations above that of shuffled groups is a leak. By chance it is as far off once in three million times.
const DEVIATIONS: f64 = 5.0;

/// All that a reader's link gives for one tile, pixels left out.
struct Seen {
    group: Group,
    features: Vec<f64>,
    /// The length that the picture would have with compression.
    compressed: usize,
}

/// Fetches every tile of every reader and measures all there is to measure.
fn look(study: &Study) -> Vec<Seen> {
    let store = study.store();
    let groups: BTreeMap<i64, Group> = store.tiles().unwrap().into_iter().map(|t| (t.id, t.group)).collect();
    let tile_of: BTreeMap<String, i64> = store.items().unwrap().into_iter().map(|i| (i.id, i.tile)).collect();
    let server = study.serve();
    let mut seen = Vec::new();
    for reader in 0..READERS {
        let mut client = Client::new(server.address, study.token(reader));
        let view = client.get("/api/reader").json();
        let items = view["items"].as_array().unwrap();
        for (place, item) in items.iter().enumerate() {
            let id = item["id"].as_str().unwrap();
            let path = format!("/api/tile/{id}");
            let (first, second) = (client.get(&path), client.get(&path));
            let mut features = vec![place as f64, (place % 2) as f64, (place % 4) as f64, (place % 8) as f64];
            features
                .extend((0..16).map(|i| f64::from(u8::from_str_radix(&id[2 * i..2 * i + 2], 16).unwrap())));
            features.extend([item.to_string().len() as f64, path.len() as f64]);
            features.extend([first.took.as_secs_f64(), second.took.as_secs_f64()]);
            features.extend([f64::from(first.status), first.headers.len() as f64]);
            features.extend(first.headers.iter().flat_map(|(name, value)| [text(name), text(value)]));
            features.extend(structure(&first.body));
            assert_eq!(first.body, second.body);
            seen.push(Seen { group: groups[&tile_of[id]], features, compressed: compressed(&first) });
        }
    }
    seen
}

/// A text as a number. The time of day is the same for all of a second's tiles, and is left as it is.
fn text(text: &str) -> f64 {
    text.bytes().fold(0.0, |sum, b| (sum * 31.0 + f64::from(b)) % 1_000_003.0)
}

/// Everything about a PNG file but its pixels and their check sums: its length, the names and lengths of its parts, its header, and how
/// the data stream is cut into blocks.
fn structure(png: &[u8]) -> Vec<f64> {
    let mut features = vec![png.len() as f64];
    features.extend(png[..8].iter().map(|b| f64::from(*b)));
    let mut stream = Vec::new();
    let mut at = 8;
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        let (name, data) = (&png[at + 4..at + 8], &png[at + 8..at + 8 + length]);
        features.extend([length as f64, text(&String::from_utf8_lossy(name))]);
        match name {
            b"IDAT" => stream.extend_from_slice(data),
            _ => features.extend(data.iter().map(|b| f64::from(*b))),
        }
        at += 12 + length;
    }
    // Blocks of a zlib stream that only stores: a head, and for each block its kind, its length and the length's complement.
    features.extend(stream[..2].iter().map(|b| f64::from(*b)));
    let mut at = 2;
    while at + 4 < stream.len() {
        let length = usize::from(u16::from_le_bytes([stream[at + 1], stream[at + 2]]));
        features.extend([f64::from(stream[at]), length as f64]);
        at += 5 + length;
    }
    assert_eq!(at + 4, stream.len(), "only stored blocks and a check sum");
    features
}

fn compressed(answer: &Answer) -> usize {
    let picture = image::load_from_memory(&answer.body).unwrap();
    let mut file = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner().len()
}

/// Each feature that is not constant as ranks from −1 to 1 and their squares, so that outliers and both ends count; and a one.
fn design(features: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = features.len();
    let mut rows = vec![vec![1.0]; n];
    let columns = features[0].len();
    for column in (0..columns).map(|c| features.iter().map(|f| f[c]).collect::<Vec<f64>>()) {
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| column[*a].total_cmp(&column[*b]));
        let value = |i: usize| column[order[i]];
        if value(0) == value(n - 1) {
            continue;
        }
        let mut start = 0;
        for end in 1..=n {
            if end == n || value(end) != value(start) {
                let rank = (start + end - 1) as f64 / (n - 1) as f64 - 1.0;
                for &i in &order[start..end] {
                    rows[i].extend([rank, rank * rank]);
                }
                start = end;
            }
        }
    }
    rows
}

/// Linear discriminant by least squares with a little ridge, the inverse of each fold's normal matrix made once.
struct Discriminant {
    rows: Vec<Vec<f64>>,
    fold: Vec<usize>,
    inverses: Vec<Vec<Vec<f64>>>,
}

impl Discriminant {
    fn new(features: &[Vec<f64>], rng: &mut Stream) -> Self {
        let rows = design(features);
        let mut fold: Vec<usize> = (0..rows.len()).map(|i| i % FOLDS).collect();
        fold.shuffle(rng);
        let width = rows[0].len();
        let inverses = (0..FOLDS)
            .map(|f| {
                let mut normal = vec![vec![0.0; width]; width];
                for (row, _) in rows.iter().zip(&fold).filter(|(_, own)| **own != f) {
                    for (line, a) in normal.iter_mut().zip(row) {
                        for (sum, b) in line.iter_mut().zip(row) {
                            *sum += a * b;
                        }
                    }
                }
                for (i, line) in normal.iter_mut().enumerate() {
                    line[i] += 1.0;
                }
                inverse(normal)
            })
            .collect();
        Self { rows, fold, inverses }
    }

    /// AUC of the scores that each fold gets from the others.
    fn auc(&self, wanted: &[bool]) -> f64 {
        let mut scores = vec![0.0; wanted.len()];
        for (f, inverse) in self.inverses.iter().enumerate() {
            let mut right = vec![0.0; inverse.len()];
            for ((row, _), is) in
                self.rows.iter().zip(&self.fold).zip(wanted).filter(|((_, own), _)| **own != f)
            {
                for (sum, a) in right.iter_mut().zip(row) {
                    *sum += if *is { *a } else { -a };
                }
            }
            let weights: Vec<f64> = inverse.iter().map(|line| dot(line, &right)).collect();
            for ((score, row), _) in
                scores.iter_mut().zip(&self.rows).zip(&self.fold).filter(|(_, own)| **own == f)
            {
                *score = dot(row, &weights);
            }
        }
        stats::auc(&scores, wanted).unwrap()
    }

    /// The AUC, and that above which it is a leak: what shuffled groups give, and five standard deviations.
    fn verdict(&self, wanted: &[bool], rng: &mut Stream) -> (f64, f64) {
        let mut shuffled = wanted.to_vec();
        let aucs: Vec<f64> = (0..SHUFFLINGS)
            .map(|_| {
                shuffled.shuffle(rng);
                self.auc(&shuffled)
            })
            .collect();
        let mean = aucs.iter().sum::<f64>() / SHUFFLINGS as f64;
        let variance = aucs.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / (SHUFFLINGS - 1) as f64;
        (self.auc(wanted), mean + DEVIATIONS * variance.sqrt())
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// By Gauss and Jordan; the matrix is positive definite.
fn inverse(mut matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let n = matrix.len();
    for (i, line) in matrix.iter_mut().enumerate() {
        line.extend((0..n).map(|j| f64::from(u8::from(i == j))));
    }
    for i in 0..n {
        let pivot = matrix[i][i];
        matrix[i].iter_mut().for_each(|v| *v /= pivot);
        let own = matrix[i].clone();
        for (_, line) in matrix.iter_mut().enumerate().filter(|(j, _)| *j != i) {
            let factor = line[i];
            line.iter_mut().zip(&own).for_each(|(v, o)| *v -= factor * o);
        }
    }
    matrix.into_iter().map(|line| line[n..].to_vec()).collect()
}

#[test]
fn nothing_but_the_pixels_tells_the_group() {
    let study = Study::with(EACH, READERS, |options| options.repeats = 8);
    let seen = look(&study);
    assert_eq!(seen.len(), READERS * (4 * EACH + 8));
    let features: Vec<Vec<f64>> = seen.iter().map(|s| s.features.clone()).collect();
    let mut rng = stream(1, "blind");
    let classifier = Discriminant::new(&features, &mut rng);
    for group in Group::ALL {
        let wanted: Vec<bool> = seen.iter().map(|s| s.group == group).collect();
        let (auc, threshold) = classifier.verdict(&wanted, &mut rng);
        println!("{} tiles: AUC {auc:.3}, by chance below {threshold:.3}", group.name());
        assert!(
            auc < threshold,
            "{} tiles can be told: AUC {auc:.3}, by chance below {threshold:.3}",
            group.name()
        );
        assert!(threshold < 0.64, "the test would overlook an AUC of {threshold:.3}");
    }
    // The same classifier sees what a compressed file would tell of smooth, generated tiles,
    let wanted: Vec<bool> = seen.iter().map(|s| s.group == Group::Generated).collect();
    let with = |leak: &dyn Fn(&Seen) -> f64| {
        let planted = seen.iter().map(|s| [s.features.as_slice(), &[leak(s)]].concat()).collect::<Vec<_>>();
        Discriminant::new(&planted, &mut stream(2, "blind")).verdict(&wanted, &mut stream(3, "blind"))
    };
    let (auc, threshold) = with(&|s| s.compressed as f64);
    println!("length of compressed files: AUC {auc:.3}, {threshold:.3}");
    assert!(auc > threshold, "length of compressed files: AUC {auc:.3}, by chance below {threshold:.3}");
    // and a digit that tells in two of five cases.
    let (auc, threshold) = with(&|s| {
        let digit = (s.features[5] as usize) % 10;
        if s.group == Group::Generated && digit < 4 { 16.0 } else { digit as f64 }
    });
    println!("digit: AUC {auc:.3}, {threshold:.3}");
    assert!(auc > threshold, "a telling digit: AUC {auc:.3}, by chance below {threshold:.3}");
}

#[test]
fn pictures_are_of_one_length_and_names_are_random_and_each_readers_own() {
    let study = Study::with(6, 3, |options| options.repeats = 4);
    let pictures = study.store().pictures().unwrap();
    assert_eq!(pictures.values().map(Vec::len).collect::<BTreeSet<_>>().len(), 1);
    let items = study.store().items().unwrap();
    assert_eq!(items.len(), 3 * (24 + 4 + 2));
    let names: BTreeSet<&str> = items.iter().map(|i| i.id.as_str()).collect();
    assert_eq!(names.len(), items.len());
    assert!(names.iter().all(|n| n.len() == 32 && n.bytes().all(|b| b.is_ascii_hexdigit())));
    // A second study of the same seed shows the same tiles under other names and in other orders.
    let again = Study::with(6, 3, |options| options.repeats = 4);
    let of = |store: &Store, practice: bool| {
        let items = store.items().unwrap().into_iter().filter(|i| i.practice == practice);
        items.map(|i| (i.reader, i.tile, i.again)).collect::<Vec<_>>()
    };
    assert_ne!(of(&study.store(), false), of(&again.store(), false));
    assert_eq!(study.store().tiles().unwrap(), again.store().tiles().unwrap());
    assert!(again.store().items().unwrap().iter().all(|i| !names.contains(i.id.as_str())));
    assert_ne!(study.token(0), again.token(0));
}

/// The groups that a reader of a study meets, in order; the practice round first.
fn groups(study: &Study, reader: usize) -> Vec<Group> {
    let connection = rusqlite::Connection::open(study.folder.join("study.sqlite")).unwrap();
    let mut statement = connection
        .prepare("SELECT grp FROM item JOIN tile ON tile.id = tile WHERE reader = ?1 ORDER BY item.practice DESC, place")
        .unwrap();
    let names = statement.query_map([reader as i64], |row| row.get::<_, String>(0)).unwrap();
    names.map(|name| Group::named(&name.unwrap()).unwrap()).collect()
}

/// The attack: a reader knows names, counts and the seed, as everybody does, draws a study of these words from other data (or from the
/// same), and takes its key for that of the study they read.
#[test]
fn a_study_of_the_same_words_tells_nothing_of_another() {
    type Change = fn(&mut reader::StudyOptions);
    let parent = tempfile::tempdir().unwrap();
    let other_data = crate::synthetic_run::write(parent.path(), 260, 48, 0);
    let words = |options: &mut reader::StudyOptions| (options.repeats, options.draw.practice) = (8, 8);
    let study = Study::with(EACH, READERS, words);
    let own: Vec<Vec<Group>> = (0..READERS).map(|reader| groups(&study, reader)).collect();
    let attacks: [(&str, Change); 4] = [
        ("the same words", |_| {}),
        ("readers named in another order", |o| o.readers.reverse()),
        ("one reader alone", |o| o.readers.truncate(1)),
        ("a name more", |o| o.readers.insert(0, "Nobody".into())),
    ];
    for (what, change) in attacks {
        for data in [Some(&other_data), None] {
            let guess = Study::with(EACH, READERS, |options| {
                words(options);
                change(options);
                options.run = data.map_or(options.run.clone(), Clone::clone);
            });
            let guesses: Vec<Vec<Group>> =
                (0..guess.made.readers.len()).map(|reader| groups(&guess, reader)).collect();
            // Each reader against the guess for their name, and against every other one.
            for (reader, truth) in own.iter().enumerate() {
                for guessed in &guesses {
                    let right = truth.iter().zip(guessed).filter(|(a, b)| a == b).count();
                    // By chance a quarter of 112: half of them are ten standard deviations more.
                    assert!(
                        2 * right < truth.len(),
                        "{what}: {right} of {} for reader {reader}",
                        truth.len()
                    );
                }
            }
            let all: usize = own
                .iter()
                .zip(&guesses)
                .map(|(truth, guessed)| truth.iter().zip(guessed).filter(|(a, b)| a == b).count())
                .sum();
            let places: usize = own.iter().zip(&guesses).map(|(truth, _)| truth.len()).sum();
            let share = all as f64 / places as f64;
            let by_chance = 0.25 + DEVIATIONS * (0.25 * 0.75 / places as f64).sqrt() + 0.03;
            assert!(
                share < by_chance,
                "{what}: {share:.3} of the groups are right, by chance below {by_chance:.3}"
            );
        }
    }
}
