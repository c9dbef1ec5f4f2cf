//! Test folds of a cross-validation beside scikit-learn's StratifiedGroupKFold, and what they refuse.
#![allow(missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rand::RngExt;
use serde::Deserialize;
use tissue::random::{Stream, stream};
use tissue::{FoldedBy, Manifest, Partition, Tile};

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    folds: usize,
    groups: Vec<usize>,
    classes: Vec<usize>,
    stratified: Vec<usize>,
    unevenness: f64,
    unevenness_of_groups_alone: f64,
}

fn manifest(groups: &[usize], classes: &[usize]) -> Manifest {
    let tile = |(i, (group, class)): (usize, (&usize, &usize))| Tile {
        image: format!("t{i:05}.png"),
        class: *class,
        partition: None,
        slide: format!("patient {group}"),
        votes: Vec::new(),
        other_votes: 0,
        extra: Vec::new(),
        line: 0,
    };
    Manifest {
        root: PathBuf::from("."),
        source: PathBuf::from("manifest.csv"),
        classes: (0..=*classes.iter().max().unwrap()).map(|c| format!("class {c}")).collect(),
        extra_columns: Vec::new(),
        tiles: groups.iter().zip(classes).enumerate().map(tile).collect(),
        notes: Vec::new(),
        slides_known: true,
    }
}

/// Σ over folds and classes of (share of the class in the fold − 1/k)².
fn unevenness(fold_of: &[usize], classes: &[usize], folds: usize) -> f64 {
    let kinds: BTreeSet<usize> = classes.iter().copied().collect();
    let mut sum = 0.0;
    for class in kinds {
        let all = classes.iter().filter(|c| **c == class).count() as f64;
        for fold in 0..folds {
            let n = fold_of.iter().zip(classes).filter(|(f, c)| **f == fold && **c == class).count() as f64;
            sum += (n / all - 1.0 / folds as f64).powi(2);
        }
    }
    sum
}

/// The rules of scikit-learn's grouped folds: each tile in one fold, no group in two, no fold empty.
fn assert_grouped(fold_of: &[usize], groups: &[usize], folds: usize) {
    assert_eq!(fold_of.len(), groups.len());
    let mut of_group: BTreeMap<usize, usize> = BTreeMap::new();
    for (fold, group) in fold_of.iter().zip(groups) {
        assert_eq!(of_group.entry(*group).or_insert(*fold), fold, "patient {group} is in two folds");
    }
    assert_eq!(fold_of.iter().collect::<BTreeSet<_>>().len(), folds, "{fold_of:?}");
    assert!(fold_of.iter().all(|fold| *fold < folds));
}

#[test]
fn folds_are_as_even_as_those_of_scikit_learn_and_keep_its_rules() {
    let fixture: Fixture = serde_json::from_str(include_str!("fixtures/test_folds.json")).unwrap();
    assert!(fixture.cases.len() > 15);
    for case in &fixture.cases {
        // The measure itself is the one of the script.
        let theirs = unevenness(&case.stratified, &case.classes, case.folds);
        assert!((theirs - case.unevenness).abs() < 1e-12, "{}", case.name);
        assert!(theirs < case.unevenness_of_groups_alone, "{}: the case needs no stratifying", case.name);
        assert_grouped(&case.stratified, &case.groups, case.folds);
        let manifest = manifest(&case.groups, &case.classes);
        for seed in 0..3 {
            let Ok(fold_of) = manifest.test_folds(case.folds, FoldedBy::Patient, seed) else {
                panic!(
                    "{} with seed {seed}: {:?}",
                    case.name,
                    manifest.test_folds(case.folds, FoldedBy::Patient, seed)
                );
            };
            assert_grouped(&fold_of, &case.groups, case.folds);
            for fold in 0..case.folds {
                for class in 0..manifest.classes.len() {
                    let has = fold_of.iter().zip(&case.classes).any(|(f, c)| *f == fold && *c == class);
                    assert!(has, "{} with seed {seed}: fold {fold} has no class {class}", case.name);
                }
            }
            let ours = unevenness(&fold_of, &case.classes, case.folds);
            println!("{} seed {seed}: {ours:.5} theirs {theirs:.5}", case.name);
            assert!(ours <= 1.1 * theirs + 1e-3, "{} with seed {seed}: {ours} against {theirs}", case.name);
        }
    }
}

fn random_data(rng: &mut Stream) -> (Vec<usize>, Vec<usize>) {
    let (mut groups, mut classes) = (Vec::new(), Vec::new());
    let kinds = rng.random_range(2..4);
    for group in 0..rng.random_range(20..60) {
        let pure = rng.random_bool(0.5);
        for _ in 0..rng.random_range(4..20) {
            groups.push(group);
            classes.push(if pure { group % kinds } else { rng.random_range(0..kinds) });
        }
    }
    (groups, classes)
}

#[test]
fn no_patient_is_in_two_folds_and_every_tile_is_tested_once_whatever_the_data() {
    let mut rng = stream(5, "test");
    for seed in 0..60 {
        let (groups, classes) = random_data(&mut rng);
        let mut m = manifest(&groups, &classes);
        let folds = 2 + seed as usize % 4;
        let fold_of = m.test_folds(folds, FoldedBy::Patient, seed).unwrap();
        assert_grouped(&fold_of, &groups, folds);
        let mut tested = vec![0; m.len()];
        for fold in 0..folds {
            m.hold_out(&fold_of, fold);
            m.check_for_study().unwrap();
            for i in m.indices(Partition::Test) {
                tested[i] += 1;
            }
        }
        assert!(tested.iter().all(|n| *n == 1));
    }
}

#[test]
fn the_seed_alone_decides_and_neither_order_nor_split() {
    let (groups, classes) = random_data(&mut stream(6, "test"));
    let m = manifest(&groups, &classes);
    let of = |m: &Manifest, seed| m.test_folds(4, FoldedBy::Slide, seed).unwrap();
    let mut other = m.clone();
    other.split(3, 0.35);
    assert_eq!(of(&m, 7), of(&other, 7));
    other.tiles.reverse();
    let mut backward = of(&other, 7);
    backward.reverse();
    assert_eq!(of(&m, 7), backward);
    assert!((0..5).any(|seed| of(&m, seed) != of(&m, 7)));
}

#[test]
fn agreement_is_spread_over_the_folds_too() {
    let mut rng = stream(8, "test");
    let (mut groups, mut classes) = (Vec::new(), Vec::new());
    for group in 0..50 {
        for _ in 0..10 {
            groups.push(group);
            classes.push(usize::from(rng.random_bool(0.4)));
        }
    }
    let mut m = manifest(&groups, &classes);
    for (i, tile) in m.tiles.iter_mut().enumerate() {
        // A third of the patients are disputed throughout.
        let votes = if groups[i] % 3 == 0 { [2, 1] } else { [3, 0] };
        tile.votes = if tile.class == 0 { votes.to_vec() } else { vec![votes[1], votes[0]] };
    }
    for seed in 0..5 {
        let fold_of = m.test_folds(5, FoldedBy::Patient, seed).unwrap();
        for fold in 0..5 {
            let low = |i: &usize| groups[*i].is_multiple_of(3);
            let n = (0..m.len()).filter(low).filter(|i| fold_of[*i] == fold).count() as f64;
            let share = n / (0..m.len()).filter(low).count() as f64;
            assert!((share - 0.2).abs() < 0.07, "fold {fold} of seed {seed}: {share}");
        }
    }
}

#[test]
fn too_few_patients_are_refused_with_how_many_folds_would_do() {
    // Six patients of class 0, three of class 1.
    let groups: Vec<usize> = (0..90).map(|i| i / 10).collect();
    let classes: Vec<usize> = groups.iter().map(|g| usize::from(*g >= 6)).collect();
    let m = manifest(&groups, &classes);
    let refused = |folds| {
        let e = m.test_folds(folds, FoldedBy::Patient, 0).unwrap_err();
        (e.to_string(), e.hint().unwrap())
    };
    let (what, hint) = refused(10);
    assert!(
        what.starts_with("10 test folds cannot be made, in manifest.csv, because there are 9 patients"),
        "{what}"
    );
    assert!(hint.contains("--folds 3") && hint.contains("test_folds = 3"), "{hint}");
    let (what, hint) = refused(5);
    assert!(what.contains("class \"class 1\" has tiles of 3 patients"), "{what}");
    assert!(hint.contains("--folds 3"), "{hint}");
    assert!(m.test_folds(3, FoldedBy::Patient, 0).is_ok());
    // A patient of both classes is fine; one patient of a class is not.
    let both = manifest(&groups, &groups.iter().map(|g| usize::from(*g == 8)).collect::<Vec<_>>());
    let e = both.test_folds(2, FoldedBy::Slide, 0).unwrap_err();
    assert!(e.to_string().contains("1 slide"), "{e}");
    assert!(e.hint().unwrap().contains("not even two folds"), "{e}");
}

#[test]
fn classes_that_no_folds_could_share_are_refused_by_fold() {
    // Each class has two patients of three, and two folds cannot have all three classes.
    let groups: Vec<usize> = (0..120).map(|i| i / 40).collect();
    let classes: Vec<usize> = (0..120).map(|i| (i / 40 + i % 2) % 3).collect();
    let e = manifest(&groups, &classes).test_folds(2, FoldedBy::Patient, 0).unwrap_err();
    assert!(e.to_string().contains("fold"), "{e}");
}
