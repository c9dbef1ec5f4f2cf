//! The inspection: Table 1, every fault, and its drawing.
#![allow(missing_docs)]

mod folder;
use folder::{Folder, expect};
use tissue::Fit;
use tissue::inspect::{Options, draw, inspect, inspect_with};

#[test]
fn usable_data_are_counted_and_drawn() {
    let f = Folder::new();
    f.usable();
    let i = inspect(f.path()).unwrap();
    assert!(i.usable && i.faults.is_empty() && i.first_fault().is_none());
    assert_eq!((i.n_tiles, i.n_slides, i.sizes.len()), (40, 10, 1));
    let counts: Vec<_> = i.counts.iter().map(|c| (c.partition, c.class.as_str(), c.agreement, c.n)).collect();
    assert_eq!(
        counts,
        [
            ("train", "HP", "high", 10),
            ("train", "SSA", "low", 10),
            ("test", "HP", "high", 10),
            ("test", "SSA", "low", 10)
        ]
    );
    let text = draw(&i);
    for part in
        ["40 tiles, 2 classes, 10 slides", "train", "test", "8 × 8 px", "usable for a study    yes", "▒", "█"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(serde_json::to_string(&i).unwrap().contains("\"usable\":true"));
}

#[test]
fn every_fault_is_counted_the_first_is_named() {
    let f = Folder::new();
    f.usable().write("t/05.png", "text").write("t/09.png", "text").tile_of("t/11.png", 9, 9);
    std::fs::copy(f.at("t/01.png"), f.at("t/30.png")).unwrap();
    let i = inspect(f.path()).unwrap();
    assert!(!i.usable);
    let (first, rest) = i.first_fault().unwrap();
    assert!(first.message.contains("05.png") && first.hint.is_some() && rest == 3);
    assert!(i.faults[2].message.contains("11.png") && i.faults[3].message.contains("same picture"));
    assert_eq!(i.duplicates, [["t/01.png", "t/30.png"]]);
    assert!(draw(&i).contains("no: 4 faults"));

    f.edit("manifest.csv", "t/00.png,HP", "t/00.png,XX").edit(
        "manifest.csv",
        "t/02.png,HP,train",
        "t/02.png,HP,test",
    );
    let i = inspect(f.path()).unwrap();
    assert!(i.faults[0].message.contains("line 2") && i.faults[1].message.contains("slide s0"));
    assert_eq!(i.slides_on_both_sides, ["s0"]);
    assert_eq!(i.faults.len(), 6);
}

#[test]
fn near_copies_are_told_those_across_train_and_test_first() {
    let f = Folder::new();
    f.usable();
    let names: Vec<String> = (0..40).map(|k| format!("t/{k:02}.png")).collect();
    for (name, (tile, _)) in names.iter().zip(tissue::synthetic::probe_tiles(40, 32, 5)) {
        image::save_buffer(f.at(name), &tile, 32, 32, image::ColorType::Rgb8).unwrap();
    }
    let i = inspect(f.path()).unwrap();
    assert_eq!((i.near_copies.pairs, i.near_copies.named.len()), (0, 0));
    assert!(draw(&i).contains("near-copies           none"), "{}", draw(&i));

    // Copies a little lighter: on the same slide, on another, across train and test; and an equal one, which is told as a duplicate.
    let lighter = |from: &str, to: &str, by: u8| {
        let mut tile = image::open(f.at(from)).unwrap().to_rgb8();
        for v in tile.iter_mut() {
            *v = v.saturating_add(by);
        }
        tile.save(f.at(to)).unwrap();
    };
    lighter("t/00.png", "t/02.png", 3);
    lighter("t/04.png", "t/13.png", 2);
    lighter("t/17.png", "t/25.png", 4);
    lighter("t/30.png", "t/31.png", 0);
    let i = inspect(f.path()).unwrap();
    let found = &i.near_copies;
    assert_eq!((found.pairs, found.across_slides, found.across_sides), (3, 2, 1));
    let named: Vec<&str> = found.named.iter().map(|c| c.tiles[1].as_str()).collect();
    assert_eq!(named, ["t/25.png", "t/13.png", "t/02.png"]);
    assert!(found.named.iter().all(|c| c.bits <= 6));
    assert_eq!(i.duplicates, [["t/30.png", "t/31.png"]]);
    // They are no fault: tiles that look alike may be of two patients.
    assert!(i.usable && i.notes.iter().any(|n| n.contains("1 pair of near-copies across")), "{:?}", i.notes);
    let text = draw(&i);
    for part in ["3 pairs, 2 of two slides, 1 across train and test", "t/17.png ~ t/25.png"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn what_a_study_would_refuse_is_a_fault() {
    let f = Folder::new();
    f.tiles("a/t", 12).tiles("b/t", 12).tiles("few/t", 3).tile_of("a/t3.png", 9, 8);
    let i = inspect(f.path()).unwrap();
    assert_eq!(i.faults.len(), 2);
    assert!(i.faults[0].message.contains("\"few\"") && i.faults[1].message.contains("a/t3.png"));
    assert!(i.notes.iter().any(|n| n.contains("leak")) && i.notes.iter().any(|n| n.contains("35 %")));
    assert!(draw(&i).contains("no votes"));
    let options =
        Options { classes: vec!["b".into(), "a".into()], fit: Fit::CenterCrop, ..Options::default() };
    let i = inspect_with(f.path(), &options, &|_, _| {}).unwrap();
    assert!(i.usable, "{:?}", i.faults);
    assert_eq!(i.classes, ["b", "a"]);
    let options = Options { cache_bytes: 1000, ..options };
    let i = inspect_with(f.path(), &options, &|_, _| {}).unwrap();
    assert!(i.faults[0].message.contains("tile cache"));
    expect(inspect(Folder::new().path()), &["no tiles"]);
}
