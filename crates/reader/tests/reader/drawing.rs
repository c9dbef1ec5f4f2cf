//! Studies as they are made.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use reader::{DrawOptions, Group, ReaderError, Store, StudyOptions, new_study};

use crate::study::{RUN, SIZE, Study};
use crate::synthetic_run;

#[test]
fn generated_tiles_are_the_translations_of_drawn_easy_ones() {
    let study = Study::with(8, 1, |options| options.draw.generated = 5);
    let store = study.store();
    let tiles = store.tiles().unwrap();
    let pictures = store.pictures().unwrap();
    let of = |group| tiles.iter().filter(|t| t.group == group).collect::<Vec<_>>();
    assert_eq!(Group::ALL.map(|g| of(g).len()), [8, 8, 5, 8]);
    let easy: BTreeMap<&str, _> = of(Group::Easy).into_iter().map(|t| (t.image.as_str(), t)).collect();
    let run = record::RunFolder::new(&*RUN);
    for tile in of(Group::Generated) {
        let source = easy[tile.image.as_str()];
        assert_eq!((tile.pair, &tile.slide, &tile.class), (source.pair, &source.slide, &source.class));
        let file = run.generated(25.0).join(record::png_name(&tile.image));
        let shown = image::load_from_memory(&pictures[&tile.id]).unwrap().to_rgb8();
        assert_eq!(shown, image::open(file).unwrap().to_rgb8());
    }
    assert_eq!(easy.values().filter(|t| t.pair.is_some()).count(), 5);
    // Easy and hard tiles are two halves of class X, and the other class is another.
    let hard: BTreeSet<&str> = of(Group::Hard).into_iter().map(|t| t.image.as_str()).collect();
    assert!(easy.keys().all(|image| !hard.contains(image)));
    assert!(tiles.iter().all(|t| (t.class == "SSA") == (t.group == Group::Other)));
    // Nobody meets a tile of the study in the practice round.
    let practice: BTreeSet<i64> =
        store.items().unwrap().iter().filter(|i| i.practice).map(|i| i.tile).collect();
    assert_eq!(practice.len(), 2);
    assert!(tiles.iter().all(|t| !practice.contains(&t.id)));
    assert!(tiles.iter().all(|t| practice.iter().all(|p| pictures[p] != pictures[&t.id])));
    assert_eq!(study.made.tiles, [("easy", 8), ("hard", 8), ("generated", 5), ("other", 8)]);
}

#[test]
fn every_reader_has_an_order_of_their_own_that_the_seed_gives() {
    let study = Study::with(8, 3, |options| options.repeats = 6);
    let orders: Vec<Vec<(i64, bool)>> =
        (0..3).map(|r| study.items(r).iter().map(|i| (i.tile, i.again)).collect()).collect();
    for (reader, order) in orders.iter().enumerate() {
        let first: BTreeSet<i64> = order.iter().filter(|(_, again)| !again).map(|(tile, _)| *tile).collect();
        assert_eq!((order.len(), first.len()), (38, 32), "reader {reader}");
        for (place, (tile, _)) in order.iter().enumerate().filter(|(_, (_, again))| *again) {
            let before = order.iter().position(|(t, again)| t == tile && !again).unwrap();
            assert!(place >= before + 8, "reader {reader}: tile {tile} at {before} and {place}");
        }
        assert!(orders[..reader].iter().all(|other| other != order));
    }
    let same = Study::with(8, 3, |options| options.repeats = 6);
    let again: Vec<(i64, bool)> = same.items(1).iter().map(|i| (i.tile, i.again)).collect();
    assert_eq!(again, orders[1]);
    let other = Study::with(8, 3, |options| (options.repeats, options.draw.seed) = (6, 4));
    let names =
        |study: &Study| study.store().tiles().unwrap().into_iter().map(|t| t.image).collect::<BTreeSet<_>>();
    assert_ne!(names(&other), names(&study));
}

#[test]
fn pictures_hold_pixels_alone() {
    let study = Study::new(4, 1);
    for (id, png) in study.store().pictures().unwrap() {
        let mut at = 8;
        while at < png.len() {
            let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
            let name = &png[at + 4..at + 8];
            assert!([b"IHDR".as_slice(), b"IDAT", b"IEND"].contains(&name), "tile {id}: {name:?}");
            at += 12 + length;
        }
        let picture = image::load_from_memory(&png).unwrap();
        assert_eq!((picture.width(), picture.height()), (SIZE as u32, SIZE as u32));
    }
}

#[test]
fn blank_tiles_are_left_out_and_counted() {
    let parent = tempfile::tempdir().unwrap();
    let run = synthetic_run::write(parent.path(), 200, SIZE, 3);
    let folder = parent.path().join("study");
    let made = new_study(&folder, &synthetic_run::options(&run, 8, 1)).unwrap();
    let store = Store::open(&folder).unwrap();
    for (id, png) in store.pictures().unwrap() {
        let pixels = image::load_from_memory(&png).unwrap().to_rgb8().into_raw();
        assert!(pixels.iter().any(|p| *p < 200), "tile {id} is glass");
    }
    assert!(made.notes[0].contains("tiles left out because less than 25 % of them"), "{:?}", made.notes);
    // With them there is not enough, and the error says so.
    let fault = new_study(&parent.path().join("more"), &synthetic_run::options(&run, 60, 1)).unwrap_err();
    assert!(fault.to_string().contains("mostly blank tiles left out"), "{fault}");
    // Glass is drawn if no tissue is asked for.
    let mut options = synthetic_run::options(&run, 8, 1);
    options.draw.least_tissue = 0.0;
    assert_eq!(new_study(&parent.path().join("glass"), &options).unwrap().notes, Vec::<String>::new());
}

#[test]
fn only_translations_that_keep_their_label_if_so_wished() {
    let study = Study::with(8, 1, |options| options.draw.kept_only = true);
    let rows: Vec<record::TranslationRow> =
        record::read_rows(&record::RunFolder::new(&*RUN).translation_csv(25.0)).unwrap();
    let kept: BTreeMap<&str, bool> = rows.iter().map(|r| (r.image.as_str(), r.kept)).collect();
    assert!(kept.values().any(|k| !k));
    let tiles = study.store().tiles().unwrap();
    assert!(tiles.iter().filter(|t| t.group == Group::Generated).all(|t| kept[t.image.as_str()]));
}

#[test]
fn what_cannot_be_made_is_refused_with_what_to_do_and_nothing_is_left() {
    type Change = fn(&mut StudyOptions);
    let cases: [(Change, &str, &str); 10] = [
        (
            |o| o.draw.phi = 12.5,
            "nothing has been translated at φ = 12.5",
            "choose one of its selectivities: 25",
        ),
        (|o| o.draw.hard = 5000, "only ", "ask for at most "),
        (|o| o.draw.generated = 9, "9 translations are of 4 easy tiles", "as many --easy"),
        (|o| o.readers.clear(), "there is no reader", "--readers"),
        (|o| o.readers = vec!["A".into(), "A".into()], "two readers have one name", "different names"),
        (|o| o.readers = vec!["A".into(), " ".into()], "the name of reader 2 is empty", "name them all"),
        (|o| o.draw = none(&o.draw), "the study has no tiles", "--easy"),
        (|o| o.micrometers_per_pixel = Some(0.0), "the pixel size makes no sense", "0.5"),
        (|o| o.repeats = 9, "9 tiles cannot be shown twice", "at most 8"),
        (|o| o.run = "/nowhere".into(), "/nowhere", ""),
    ];
    for (change, what, hint) in cases {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("study");
        let mut options = synthetic_run::options(&RUN, 4, 1);
        change(&mut options);
        let fault = new_study(&folder, &options).unwrap_err();
        assert!(fault.to_string().contains(what), "{fault}");
        assert!(fault.hint().unwrap_or_default().contains(hint), "{:?}", fault.hint());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "{fault}");
    }
}

fn none(draw: &DrawOptions) -> DrawOptions {
    DrawOptions { easy: 0, hard: 0, generated: 0, other: 0, ..draw.clone() }
}

#[test]
fn a_folder_with_anything_in_it_is_left_as_it_is() {
    let parent = tempfile::tempdir().unwrap();
    let options = synthetic_run::options(&RUN, 4, 1);
    let folder = parent.path().join("study");
    fs::create_dir(&folder).unwrap();
    new_study(&folder, &options).unwrap();
    let before = fs::read(folder.join("study.sqlite")).unwrap();
    for taken in [&folder, &folder.join("study.sqlite")] {
        assert!(matches!(new_study(taken, &options), Err(ReaderError::Exists { .. })));
    }
    assert_eq!(fs::read(folder.join("study.sqlite")).unwrap(), before);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
}

#[test]
fn data_that_have_changed_since_the_run_are_refused() {
    let parent = tempfile::tempdir().unwrap();
    let run = synthetic_run::write(parent.path(), 60, SIZE, 0);
    let manifest = parent.path().join("tissue/manifest.csv");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen(",3,0,", ",2,1,", 1)).unwrap();
    let fault = new_study(&parent.path().join("study"), &synthetic_run::options(&run, 4, 1)).unwrap_err();
    assert!(fault.to_string().contains("the data are no longer those of the run"), "{fault}");
}

#[test]
fn what_is_no_study_is_not_opened() {
    let parent = tempfile::tempdir().unwrap();
    let open = |what: &str| Store::open(parent.path()).unwrap_err().to_string().contains(what);
    assert!(open("there is no such file"));
    fs::write(parent.path().join("study.sqlite"), "tile,reader,label\n".repeat(100)).unwrap();
    assert!(open("it is no SQLite file"));
    fs::remove_file(parent.path().join("study.sqlite")).unwrap();
    let other = rusqlite::Connection::open(parent.path().join("study.sqlite")).unwrap();
    other.pragma_update(None, "user_version", 7).unwrap();
    drop(other);
    assert!(open("its version is 7 and not 1"));
}
