//! The real data sets beside the checkout, where they are: counts as their own page tells them.
#![allow(missing_docs)]

use std::path::PathBuf;

use tissue::inspect::{Inspection, draw, inspect, inspect_with};
use tissue::{Fit, Manifest, Partition, inspect::Options};

fn shared(folder: &str) -> Option<PathBuf> {
    let data = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    if data.is_dir() {
        return Some(data.join(folder));
    }
    println!("skipped: ../shared is not here");
    None
}

fn count(i: &Inspection, partition: &str, class: &str, agreement: &str) -> usize {
    let cell = |c: &&tissue::inspect::Count| {
        (c.partition, c.class.as_str(), c.agreement) == (partition, class, agreement)
    };
    i.counts.iter().find(cell).map_or(0, |c| c.n)
}

#[test]
fn ami_br() {
    let Some(data) = shared("ami-br") else { return };
    let i = inspect(&data).unwrap();
    println!("{}", draw(&i));
    assert!(i.usable, "{:?}", i.first_fault());
    assert_eq!((i.n_tiles, i.n_slides), (2894, 146));
    assert_eq!(i.classes, ["atypical", "normal"]);
    assert_eq!((count(&i, "train", "normal", "low"), count(&i, "train", "normal", "high")), (185, 1034));
    assert_eq!((count(&i, "test", "atypical", "low"), count(&i, "test", "atypical", "high")), (130, 161));
    let m = Manifest::open(&data).unwrap();
    assert_eq!((m.indices(Partition::Train).len(), m.indices(Partition::Test).len()), (1576, 1318));
    assert_eq!((i.sizes.len(), i.sizes[0].width), (1, 128));
}

#[test]
fn ebhi() {
    let Some(data) = shared("ebhi") else { return };
    let i = inspect(&data).unwrap();
    println!("{}", draw(&i));
    assert_eq!((i.n_tiles, i.n_slides), (995, 181));
    assert_eq!(i.classes.len(), 5);
    let options = Options { classes: vec!["polyp".into(), "low-grade-IN".into()], ..Options::default() };
    let i = inspect_with(&data, &options, &|_, _| {}).unwrap();
    assert_eq!((i.n_tiles, count(&i, "none", "polyp", "none")), (771, 326));
    let mut m = Manifest::open(&data).unwrap();
    m.select_classes(&options.classes).unwrap();
    m.ensure_partition(0);
    m.check_for_study().unwrap();
    let tiles = tissue::Tiles::load(&m, Some(32), Fit::Resize, 1 << 30, &|_, _| {}).unwrap();
    assert_eq!((tiles.size, tiles.len()), (32, 771));
}
