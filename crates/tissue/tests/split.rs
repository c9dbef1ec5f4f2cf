//! Splits by slide: never a slide in two parts, evenly by class, the same for the same seed.
#![allow(missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rand::RngExt;
use tissue::random::{Stream, stream};
use tissue::{Manifest, Partition, Tile, folds_by_slide, take_slides};

/// A manifest of random classes, slides and slide sizes.
fn random_manifest(rng: &mut Stream) -> Manifest {
    let classes = rng.random_range(2..5usize);
    let slides = rng.random_range(3..60usize);
    let mixed = rng.random_bool(0.5);
    let mut tiles = Vec::new();
    for slide in 0..slides {
        for _ in 0..rng.random_range(1..20) {
            let class = if mixed { rng.random_range(0..classes) } else { slide % classes };
            tiles.push(tile(&format!("t{:05}.png", tiles.len()), class, &format!("slide {slide}")));
        }
    }
    manifest(classes, tiles)
}

fn tile(image: &str, class: usize, slide: &str) -> Tile {
    Tile {
        image: image.into(),
        class,
        partition: None,
        slide: slide.into(),
        votes: Vec::new(),
        other_votes: 0,
        extra: Vec::new(),
        line: 0,
    }
}

fn manifest(classes: usize, tiles: Vec<Tile>) -> Manifest {
    Manifest {
        root: PathBuf::from("."),
        source: PathBuf::from("manifest.csv"),
        classes: (0..classes).map(|c| format!("class {c}")).collect(),
        extra_columns: Vec::new(),
        tiles,
        notes: Vec::new(),
        slides_known: true,
    }
}

fn assert_whole_slides(m: &Manifest, indices: &[usize], parts: &[usize]) {
    let mut part_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (&i, &part) in indices.iter().zip(parts) {
        let slide = m.tiles[i].slide.as_str();
        assert_eq!(*part_of.entry(slide).or_insert(part), part, "{slide} is in two parts");
    }
}

#[test]
fn no_slide_on_two_sides_whatever_the_data() {
    let mut rng = stream(1, "test");
    for seed in 0..150 {
        let mut m = random_manifest(&mut rng);
        let all: Vec<usize> = (0..m.len()).collect();
        m.split(seed, 0.35);
        let sides: Vec<usize> =
            m.tiles.iter().map(|t| usize::from(t.partition == Some(Partition::Test))).collect();
        assert_whole_slides(&m, &all, &sides);
        assert!(sides.contains(&0) && sides.contains(&1), "a side is empty");

        let k = 2 + seed as usize % 4;
        let train = m.indices(Partition::Train);
        let folds = folds_by_slide(&m, &train, k, seed);
        assert_eq!(folds.len(), train.len());
        assert!(folds.iter().all(|&f| f < k));
        assert_whole_slides(&m, &train, &folds);

        let (rest, taken) = take_slides(&m, &train, 0.15, seed);
        let parts: Vec<usize> = train.iter().map(|i| usize::from(taken.contains(i))).collect();
        assert_whole_slides(&m, &train, &parts);
        let both: BTreeSet<usize> = rest.iter().chain(&taken).copied().collect();
        assert_eq!(both.len(), train.len());
        assert!(!rest.is_empty());
    }
}

#[test]
fn even_by_class_and_share() {
    let mut rng = stream(2, "test");
    for seed in 0..20 {
        let tiles = (0..900)
            .map(|i| {
                tile(
                    &format!("{i:04}"),
                    usize::from(rng.random_bool(0.25)),
                    &format!("s{}", rng.random_range(0..120)),
                )
            })
            .collect();
        let mut m = manifest(2, tiles);
        m.split(seed, 0.35);
        for class in 0..2 {
            let of_class = m.tiles.iter().filter(|t| t.class == class);
            let n = of_class.clone().count() as f64;
            let test = of_class.filter(|t| t.partition == Some(Partition::Test)).count() as f64;
            assert!((test / n - 0.35).abs() < 0.03, "class {class}: {}", test / n);
        }
        let train = m.indices(Partition::Train);
        let folds = folds_by_slide(&m, &train, 5, seed);
        for fold in 0..5 {
            let share = folds.iter().filter(|&&f| f == fold).count() as f64 / train.len() as f64;
            assert!((share - 0.2).abs() < 0.03, "fold {fold}: {share}");
        }
        let (_, taken) = take_slides(&m, &train, 0.15, seed);
        assert!((taken.len() as f64 / train.len() as f64 - 0.15).abs() < 0.03);
    }
}

#[test]
fn the_seed_alone_decides() {
    let mut m = random_manifest(&mut stream(3, "test"));
    let mut again = m.clone();
    m.split(7, 0.35);
    again.split(7, 0.35);
    assert_eq!(m.tiles, again.tiles);
    let different = (0..10).any(|seed| {
        again.split(seed, 0.35);
        m.tiles != again.tiles
    });
    assert!(different);
    // Nor does the order in which tiles are asked for.
    let forward: Vec<usize> = (0..m.len()).collect();
    let backward: Vec<usize> = forward.iter().rev().copied().collect();
    let mut folds = folds_by_slide(&m, &backward, 3, 5);
    folds.reverse();
    assert_eq!(folds, folds_by_slide(&m, &forward, 3, 5));
    assert_eq!(take_slides(&m, &forward, 0.0, 5), (forward, Vec::new()));
}

#[test]
fn a_rare_class_reaches_every_part_it_can() {
    let tiles =
        (0..60).map(|i| tile(&format!("{i:02}"), usize::from(i >= 57), &format!("s{i:02}"))).collect();
    let mut m = manifest(2, tiles);
    for seed in 0..30 {
        m.split(seed, 0.35);
        let sides: BTreeSet<_> = m.tiles[57..].iter().map(|t| t.partition).collect();
        assert_eq!(sides.len(), 2, "seed {seed}");
        let all: Vec<usize> = (0..60).collect();
        let folds: BTreeSet<usize> = folds_by_slide(&m, &all, 3, seed)[57..].iter().copied().collect();
        assert_eq!(folds.len(), 3, "seed {seed}");
    }
}

#[test]
fn an_existing_split_is_kept() {
    let mut m = random_manifest(&mut stream(4, "test"));
    assert!(m.ensure_partition(1));
    assert!(m.notes[0].contains("split by slide with seed 1"));
    let split = m.tiles.clone();
    assert!(!m.ensure_partition(2));
    assert_eq!(m.tiles, split);
}
