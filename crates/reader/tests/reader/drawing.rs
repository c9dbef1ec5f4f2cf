//! Studies as they are made.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use reader::{DrawOptions, Group, ReaderError, Store, StudyOptions, new_study};
use record::{Phi, StepName};

use crate::study::{RUN, SIZE, Study};
use crate::synthetic_run::{self, PHI};

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
        let file = run.generated(PHI).join(files::png_name(&tile.image));
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
fn every_reader_has_an_order_of_their_own_in_every_study() {
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
    // The seed gives the tiles, and nothing but the study itself their order.
    let same = Study::with(8, 3, |options| options.repeats = 6);
    assert_eq!(same.store().tiles().unwrap(), study.store().tiles().unwrap());
    for reader in 0..3 {
        let again: Vec<(i64, bool)> = same.items(reader).iter().map(|i| (i.tile, i.again)).collect();
        assert!(!orders.contains(&again), "reader {reader}");
    }
    let other = Study::with(8, 3, |options| (options.repeats, options.draw.seed) = (6, 4));
    let names =
        |study: &Study| study.store().tiles().unwrap().into_iter().map(|t| t.image).collect::<BTreeSet<_>>();
    assert_ne!(names(&other), names(&study));
}

#[test]
fn who_is_asked_for_generated_tiles_practises_with_some() {
    let groups = |study: &Study| {
        let connection = rusqlite::Connection::open(study.folder.join("study.sqlite")).unwrap();
        let mut statement = connection.prepare("SELECT grp, image FROM tile WHERE practice = 1").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        rows.unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    let practice = |turing: bool, n: usize| {
        Study::with(8, 2, move |options| {
            (options.ask.real_or_generated, options.draw.practice) = (turing, n);
        })
    };
    for (n, wanted) in [(1, [1, 0, 0]), (2, [1, 1, 0]), (6, [2, 2, 2]), (8, [3, 3, 2])] {
        let study = practice(true, n);
        let tiles = groups(&study);
        let count = ["generated", "hard", "other"].map(|g| tiles.iter().filter(|t| t.0 == g).count());
        assert_eq!(count, wanted, "{n} tiles");
        // Neither they nor their sources are met again.
        let of_study: BTreeSet<String> =
            study.store().tiles().unwrap().into_iter().map(|t| t.image).collect();
        assert!(tiles.iter().all(|(_, image)| !of_study.contains(image)));
    }
    let without = practice(false, 6);
    assert!(groups(&without).iter().all(|(group, _)| group != "generated"));
    // What is drawn does not depend on it.
    assert_eq!(without.store().tiles().unwrap(), practice(true, 6).store().tiles().unwrap());
    // Every translation is in the study: that is said.
    let all =
        record::Selection::read(&record::RunFolder::new(&*RUN), PHI).unwrap().of(record::Side::Easy).len();
    let study = Study::with(8, 1, |options| {
        (options.draw.easy, options.draw.generated, options.ask.real_or_generated) = (all, all, true);
    });
    assert!(study.made.notes.iter().any(|n| n.contains("no generated tile")), "{:?}", study.made.notes);
}

#[test]
fn easy_and_hard_are_those_of_the_ranking_that_the_run_has_written() {
    let parent = tempfile::tempdir().unwrap();
    let run = synthetic_run::write(parent.path(), 204, SIZE, 0);
    let folder = record::RunFolder::new(&run);
    let ranking = record::Selection::read(&folder, PHI).unwrap();
    let (easy, hard) = (ranking.of(record::Side::Easy), ranking.bottom_half());
    let mut options = synthetic_run::options(&run, easy.len(), 1);
    (options.draw.other, options.draw.practice, options.draw.least_tissue) = (4, 0, 0.0);
    let study = parent.path().join("study");
    new_study(&study, &options).unwrap();
    let tiles = Store::open(&study).unwrap().tiles().unwrap();
    for (group, wanted) in [(Group::Easy, easy), (Group::Hard, hard)] {
        let drawn: BTreeSet<&str> =
            tiles.iter().filter(|t| t.group == group).map(|t| t.image.as_str()).collect();
        assert_eq!(drawn, wanted.into_iter().collect(), "{group:?}");
    }
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
        files::read_rows(&record::RunFolder::new(&*RUN).translation_csv(PHI)).unwrap();
    let kept: BTreeMap<&str, bool> = rows.iter().map(|r| (r.image.as_str(), r.kept)).collect();
    assert!(kept.values().any(|k| !k));
    let tiles = study.store().tiles().unwrap();
    assert!(tiles.iter().filter(|t| t.group == Group::Generated).all(|t| kept[t.image.as_str()]));
}

#[test]
fn what_cannot_be_made_is_refused_with_what_to_do_and_nothing_is_left() {
    type Change = fn(&mut StudyOptions);
    let cases: [(Change, &str, &str); 16] = [
        (
            |o| o.draw.phi = Phi::new(12.5),
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
        (|o| o.draw.hard = usize::MAX, "18446744073709551615 hard tiles cannot be drawn", "ask for at most "),
        (|o| o.draw.easy = usize::MAX, "18446744073709551615 easy tiles cannot be drawn", "ask for at most "),
        (
            |o| o.draw.other = usize::MAX,
            "18446744073709551615 other tiles cannot be drawn",
            "ask for at most ",
        ),
        (|o| o.repeats = usize::MAX, "cannot be shown twice", "at most 8"),
        (|o| o.readers = vec!["A".into(), "B\u{1b}[2J".into()], "a control character", "letters"),
        (
            |o| o.readers = (0..1001).map(|i| i.to_string()).collect(),
            "1001 are more than 1000",
            "at most 1000",
        ),
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

/// Draws from a run after `change` to its folder, and gives the fault.
fn after(change: impl FnOnce(&record::RunFolder)) -> ReaderError {
    let parent = tempfile::tempdir().unwrap();
    let run = synthetic_run::write(parent.path(), 60, SIZE, 0);
    let options = synthetic_run::options(&run, 3, 1);
    new_study(&parent.path().join("sound"), &options).unwrap();
    change(&record::RunFolder::new(&run));
    let fault = new_study(&parent.path().join("study"), &options).unwrap_err();
    assert!(!fault.is_machine_fault());
    assert!(!parent.path().join("study").exists());
    assert!(fault.hint().is_some_and(|hint| !hint.contains("delete")), "{fault}");
    fault
}

#[test]
fn tiles_that_were_made_brighter_under_their_names_are_refused() {
    let fault = after(|run| {
        let data = run.root.parent().unwrap().join("tissue/images");
        let path = fs::read_dir(data).unwrap().next().unwrap().unwrap().path();
        let mut picture = image::open(&path).unwrap().to_rgb8();
        picture.iter_mut().for_each(|v| *v = v.saturating_add(1));
        picture.save(path).unwrap();
    });
    assert!(fault.to_string().contains("pixels are no longer those of the run"), "{fault}");
}

#[test]
fn translations_and_tables_that_were_changed_or_removed_are_refused() {
    type Change = fn(&record::RunFolder, &std::path::Path);
    let changes: [(Change, &str); 3] = [
        (|_, path| fs::remove_file(path).unwrap(), "it is gone"),
        (
            |run, _| {
                // The same length, other pixels: one translation in the place of another.
                let mut files: Vec<_> = fs::read_dir(run.generated(PHI).join("images"))
                    .unwrap()
                    .map(|e| e.unwrap().path())
                    .collect();
                files.sort();
                fs::copy(&files[1], &files[0]).unwrap();
            },
            "written",
        ),
        (
            |run, _| {
                let text = fs::read_to_string(run.selection_csv(PHI)).unwrap();
                fs::write(run.selection_csv(PHI), text.replacen("hard", "easy", 1)).unwrap();
            },
            "written",
        ),
    ];
    for (change, why) in changes {
        let fault = after(|run| {
            let first = fs::read_dir(run.generated(PHI).join("images")).unwrap().next().unwrap().unwrap();
            change(run, &first.path());
        });
        assert!(fault.to_string().contains(why), "{fault}");
    }
}

#[test]
fn a_run_that_is_being_run_again_is_refused() {
    let done = |run: &record::RunFolder, step: &StepName, hash: &str| {
        let mut done = run.read_done(step).unwrap().unwrap();
        done.hash = hash.into();
        run.write_done(&done).unwrap();
    };
    let translate = &StepName::translate(PHI);
    for fault in [
        after(|run| fs::remove_file(run.results_json()).unwrap()),
        after(|run| fs::remove_file(run.done_json(&StepName::EVALUATE)).unwrap()),
        after(|run| fs::remove_file(run.done_json(translate)).unwrap()),
        // Other settings have been run up to here.
        after(|run| done(run, translate, "of other settings")),
        after(|run| done(run, &StepName::select(PHI), "of other settings")),
    ] {
        assert!(fault.hint().unwrap().contains("grayzone run"), "{fault}: {:?}", fault.hint());
    }
    // What class X is is not for an editor to say.
    let fault = after(|run| {
        let text = files::read_utf8(&run.study_toml()).unwrap();
        let edited = text.replace("source_class = \"HP\"", "source_class = \"SSA\"");
        assert_ne!(edited, text);
        files::write_atomic(&run.study_toml(), edited.as_bytes()).unwrap();
    });
    assert!(fault.to_string().contains("no longer what the results were made with"), "{fault}");
    // A translation that is left of settings of before.
    let fault = after(|run| {
        let mut results = run.read_results().unwrap();
        results.phi[0].phi = Phi::new(50.0);
        files::write_json(&run.results_json(), &results).unwrap();
        let mut done = run.read_done(&StepName::EVALUATE).unwrap().unwrap();
        (done.outputs, done.sizes) = (BTreeMap::new(), BTreeMap::new());
        run.write_done(&done).unwrap();
    });
    assert!(fault.to_string().contains("nothing has been translated at φ = 25"), "{fault}");
}

#[test]
fn a_new_study_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let study = Study::new(3, 1);
    let server = study.serve();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&study.folder), 0o700);
    let mut files: Vec<_> = fs::read_dir(&study.folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 3, "{files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
    assert!(server.told(0).is_empty());
    server.kill();
    // Others' permissions are told of when it is served.
    for (path, wide, own) in [(&study.folder, 0o750, 0o700), (&files[0], 0o640, 0o600)] {
        fs::set_permissions(path, fs::Permissions::from_mode(wide)).unwrap();
        let server = study.serve();
        let told = server.told(1);
        assert!(told.len() == 1 && told[0].starts_with("Warning(Open"), "{told:?}");
        let mut coordinator = crate::client::Client::new(server.address, study.coordinator());
        let warnings = coordinator.get("/api/coordinator").json()["watch"]["warnings"].clone();
        assert!(
            warnings[0].as_str().unwrap().contains(&format!("its permissions are {wide:o}")),
            "{warnings}"
        );
        server.kill();
        fs::set_permissions(path, fs::Permissions::from_mode(own)).unwrap();
    }
}

/// As grayzone made them before there were secrets.
#[test]
fn an_old_study_is_served_as_it_is_with_a_warning() {
    let study = Study::new(3, 1);
    let file = study.folder.join("study.sqlite");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "UPDATE study SET settings = json_set(json_remove(settings, '$.equalised'), '$.schema', 1);
             ALTER TABLE study DROP COLUMN secret; PRAGMA user_version = 1;",
        )
        .unwrap();
    drop(connection);
    let server = study.serve();
    study.read_all(&server, 0, |_, _| "HP");
    let told = server.told(1);
    assert!(told.len() == 1 && told[0].starts_with("Warning(Guessable"), "{told:?}");
    server.kill();
    assert_eq!(reader::analyse(&study.store(), false, 0).unwrap().readers, ["Reader 1"]);
    let version: u32 = rusqlite::Connection::open(&file)
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 1);
}

#[test]
fn an_equalised_study_shows_every_tile_through_the_same_filter() {
    let plain = Study::new(6, 1);
    let equal = Study::with(6, 1, |options| options.equalise = true);
    assert!(equal.store().settings().equalised && !plain.store().settings().equalised);
    assert_eq!(equal.store().tiles().unwrap(), plain.store().tiles().unwrap());
    let (before, after) = (plain.store().pictures().unwrap(), equal.store().pictures().unwrap());
    let roughness = |png: &[u8]| {
        let pixels = image::load_from_memory(png).unwrap().to_luma8().into_raw();
        pixels.windows(2).map(|w| f64::from(w[0].abs_diff(w[1]))).sum::<f64>() / pixels.len() as f64
    };
    assert_eq!(before.len(), after.len());
    for (id, png) in &after {
        assert_eq!(png.len(), before[id].len());
        let (rough, smooth) = (roughness(&before[id]), roughness(png));
        assert!(smooth < rough, "tile {id}: {smooth} of {rough}");
    }
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
    assert!(open("its version is 7, and this program reads 1 to 2"));
}
