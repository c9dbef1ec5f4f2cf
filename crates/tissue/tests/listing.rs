//! What lies in a data folder: images, what systems leave there, runs, and folders around and inside the classes.
#![allow(missing_docs)]

mod folder;
use folder::{Folder, expect};
use tissue::inspect::inspect;
use tissue::{Manifest, Partition, images_below};

#[test]
fn what_systems_and_programs_keep_is_left_out_and_counted() {
    let f = Folder::new();
    f.tiles("HP/t", 3).tiles("SSA/t", 3);
    let usual = Manifest::open(f.path()).unwrap();
    for k in 0..3 {
        f.tile(&format!("HP/@eaDir/t{k}.png/SYNOPHOTO_THUMB_M.jpg")).write(&format!("SSA/._t{k}.png"), "x");
    }
    for system in [
        "#recycle",
        "$RECYCLE.BIN",
        "__MACOSX",
        "lost+found",
        "System Volume Information",
        ".Trash-1000",
        "@Recycle",
    ] {
        f.tile(&format!("{system}/HP/old.png"));
    }
    f.write("Thumbs.db", "x").write("HP/desktop.ini", "x").write(".DS_Store", "x");
    std::fs::create_dir(f.path().join("#snapshot")).unwrap();
    let m = Manifest::open(f.path()).unwrap();
    assert_eq!((m.tiles.len(), &m.classes, m.hash()), (6, &usual.classes, usual.hash()));
    let note = m.notes.iter().find(|n| n.starts_with("left out")).unwrap();
    for part in ["1 @eaDir", "3 ._*", "1 #recycle", "1 $RECYCLE.BIN"] {
        assert!(note.contains(part), "{part}: {note}");
    }
    let all = images_below(f.path(), None).unwrap();
    assert_eq!(all.images, m.tiles.iter().map(|t| t.image.clone()).collect::<Vec<_>>());
}

#[test]
fn bins_small_copies_and_what_programs_install_are_no_classes() {
    let f = Folder::new();
    f.tiles("HP/t", 3).tiles("SSA/t", 3);
    let usual = Manifest::open(f.path()).unwrap();
    for names in [
        ["Thumbs", "Recycle Bin", "Trash", "Papierkorb", "Papelera"],
        ["__MACOSX 2", "$RECYCLE.BIN ", "Config.Msi", "venv", "snapshot"],
        ["HP/eaDir", "HP/thumbnails", "HP/_thumbs", "HP/.thumbnails", "SSA/Thumbs"],
    ] {
        for name in names {
            f.tile(&format!("{name}/t0.png"));
        }
        let m = Manifest::open(f.path()).unwrap();
        assert_eq!((m.tiles.len(), &m.classes, m.hash()), (6, &usual.classes, usual.hash()));
        let note = m.notes.iter().find(|n| n.starts_with("left out")).unwrap();
        for name in names {
            let name = name.rsplit('/').next().unwrap();
            assert!(note.contains(&format!("1 {name}")), "{name}: {note}");
            std::fs::remove_dir_all(f.path().join(names.iter().find(|n| n.ends_with(name)).unwrap()))
                .unwrap();
        }
    }
    f.tile("HP/snapshots/t9.png");
    assert_eq!(Manifest::open(f.path()).unwrap().tiles.len(), 7);
}

#[test]
fn runs_and_reader_studies_are_no_data() {
    let f = Folder::new();
    f.tiles("HP/t", 3).tiles("SSA/t", 3);
    let before = Manifest::open(f.path()).unwrap();
    // A run as it is right after its start, a whole one, one among runs, and one inside a class.
    f.write("early/run.lock", "");
    f.write("out/study.toml", "")
        .write("out/manifest.csv", "image,class\n")
        .tile("out/steps/naive/tiles/x.png");
    f.write("runs/a/study.toml", "").tile("runs/a/steps/b/x.png").tile("runs/a/generated/x.png");
    f.write("HP/mine/run.lock", "").tile("HP/mine/generated/x.png");
    f.write("reading/study.sqlite", "").tile("reading/x.png");
    let m = Manifest::open(f.path()).unwrap();
    assert_eq!(m.hash(), before.hash());
    assert!(
        m.notes.iter().any(|n| n.contains("4 folders of a run left out (first: HP/mine)")),
        "{:?}",
        m.notes
    );
    assert!(
        m.notes.iter().any(|n| n.contains("the folder reading of a reader study left out")),
        "{:?}",
        m.notes
    );
    assert_eq!(images_below(f.path(), Some(&f.path().join("SSA"))).unwrap().images.len(), 3);
    expect(images_below(&f.path().join("runs/a"), None), &["the folder of a run"]);
    expect(Manifest::open(f.path().join("out")), &["the folder of a run"]);
}

#[test]
fn what_trainings_and_copied_runs_leave_in_a_data_folder_is_no_data() {
    let f = Folder::new();
    f.tiles("HP/t", 3).tiles("SSA/t", 3);
    let before = Manifest::open(f.path()).unwrap();
    f.write("out/job.json", "{\"schema\": 1, \"fingerprint\": \"ab\"}").write("out/metrics.csv", "epoch\n");
    f.tile("copied/steps/a/x.png").tile("copied/generated/x.png");
    f.tile("bare/steps/a/x.png").write("bare/results.json", "{}");
    let m = Manifest::open(f.path()).unwrap();
    assert_eq!((m.hash(), &m.classes), (before.hash(), &before.classes));
    for part in ["the folder out of a training left out", "2 folders of a run left out"] {
        assert!(m.notes.iter().any(|n| n.contains(part)), "{part}: {:?}", m.notes);
    }
    // Somebody's own file of that name is nothing of a training's.
    f.write("HP/job.json", "{}");
    assert_eq!(Manifest::open(f.path()).unwrap().hash(), before.hash());
}

#[test]
fn copies_of_class_folders_are_warned_of() {
    for copy in ["HP - Copy", "HP - Kopie", "HP (1)", "Copy of HP", "HP copy 2", "HP - Copy (2)", "hp_copie"]
    {
        let f = Folder::new();
        f.tiles("HP/t", 2).tiles("SSA/t", 2).tiles(&format!("{copy}/t"), 2);
        let notes = Manifest::open(f.path()).unwrap().notes;
        let warned = notes.iter().filter(|n| n.contains("a copy of the folder") && n.contains(copy)).count();
        assert_eq!(warned, 1, "{copy}: {notes:?}");
    }
    let f = Folder::new();
    f.tiles("HP/t", 2).tiles("HP mixed/t", 2).tiles("HP2/t", 2).tiles("Copy/t", 2).tiles("SHP/t", 2);
    let notes = Manifest::open(f.path()).unwrap().notes;
    assert!(!notes.iter().any(|n| n.contains("a copy of")), "{notes:?}");
}

#[test]
fn pictures_that_are_not_read_are_counted_or_named_where_there_is_nothing_else() {
    let f = Folder::new();
    f.tiles("HP/t", 2)
        .tiles("SSA/t", 2)
        .write("HP/a.svs", "x")
        .write("HP/b.SVS", "x")
        .write("SSA/c.gif", "x");
    let m = Manifest::open(f.path()).unwrap();
    let note = m.notes.iter().find(|n| n.contains("formats that are not read")).unwrap();
    assert!(note.contains("1 .gif, 2 .svs (first: HP/a.svs); cut tiles"), "{note}");
    f.write("TVA/x.heic", "x");
    expect(Manifest::open(f.path()), &["no tiles", "TVA", "1 .heic"]);
    let f = Folder::new();
    f.write("HP/a.ndpi", "x").write("SSA/b.ndpi", "x");
    expect(Manifest::open(f.path()), &["no tiles", "2 .ndpi"]);
    for (ending, found) in
        [("mat", "2 .mat"), ("pt", "2 .pt"), ("xyz", "2 .xyz"), ("", "2 without an ending")]
    {
        let f = Folder::new();
        let name = if ending.is_empty() { "a".to_owned() } else { format!("a.{ending}") };
        f.write(&format!("HP/{name}"), "x").write(&format!("SSA/{name}"), "x");
        expect(Manifest::open(f.path()), &["no tiles", found]);
    }
    let f = Folder::new();
    f.tile("HP/a.png").tile("SSA/a.png");
    let jp2 = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lossless.jp2");
    std::fs::copy(jp2, f.at("HP/b.JP2")).unwrap();
    for other in ["c.j2c", "d.jpc", "e.jpf", "f.pjpeg"] {
        std::fs::copy(f.at("HP/b.JP2"), f.at(&format!("HP/{other}"))).unwrap();
    }
    assert_eq!(Manifest::open(f.path()).unwrap().len(), 7);
}

#[test]
fn classes_inside_patients_and_folds() {
    for (outer, known) in [("P", true), ("patient_", true), ("fold_", false)] {
        let f = Folder::new();
        for k in 0..4 {
            f.tiles(&format!("{outer}{k}/HP/t"), 2).tiles(&format!("{outer}{k}/SSA/t"), 2);
        }
        let m = Manifest::open(f.path()).unwrap();
        assert_eq!(
            (m.classes.as_slice(), m.slides(), m.slides_known),
            (["HP", "SSA"].map(String::from).as_slice(), 4, known)
        );
        assert_eq!(
            (m.tiles[0].slide.as_str(), m.classes[m.tiles[2].class].as_str()),
            (format!("{outer}0").as_str(), "SSA")
        );
        assert!(
            m.notes.iter().any(|n| n.contains("the folders inside (HP, SSA) are the classes")),
            "{:?}",
            m.notes
        );
    }
}

#[test]
fn sides_of_a_split_as_folders() {
    let f = Folder::new();
    f.tiles("Train/HP/t", 6).tiles("Train/SSA/t", 6).tiles("holdout/HP/t", 3).tiles("holdout/SSA/t", 3);
    let m = Manifest::open(f.path()).unwrap();
    assert_eq!(m.classes, ["HP", "SSA"]);
    assert_eq!((m.indices(Partition::Train).len(), m.indices(Partition::Test).len()), (12, 6));
    assert!(
        m.notes.iter().any(|n| n.contains("Train and holdout are the sides of the split")),
        "{:?}",
        m.notes
    );
    assert!(!Manifest::open_without_split(f.path()).unwrap().is_partitioned());
    f.tiles("val/HP/t", 2);
    expect(Manifest::open(f.path()), &["Train, holdout, val are sides"]);
    // Labels beside them must say the side, too.
    let f = Folder::new();
    f.tiles("train/HP/t", 1).tiles("train/SSA/t", 1).tiles("test/HP/t", 1).tiles("test/SSA/t", 1);
    let rows = |side: &str| {
        let row = |image: &str, class: &str| format!("{image},{class},{}{side}\n", image.replace('/', "-"));
        let images = ["train/HP/t0.png", "train/SSA/t0.png", "test/HP/t0.png", "test/SSA/t0.png"];
        images.map(|image| row(image, image.split('/').nth(1).unwrap())).concat()
    };
    f.write("labels.csv", format!("image,class,slide\n{}", rows("")));
    expect(Manifest::open(f.path()), &["sides of a split", "labels.csv does not say"]);
    f.write("labels.csv", format!("image,class,slide,partition\n{}", rows(",train")));
    assert!(Manifest::open(f.path()).unwrap().is_partitioned());
    // A patient on both sides is found.
    let f = Folder::new();
    for k in 0..4 {
        for class in ["HP", "SSA"] {
            f.tile(&format!("train/{class}/P{k}/t.png")).tile(&format!("test/{class}/P{}/t.png", k + 3));
        }
    }
    expect(Manifest::open(f.path()), &["slide P3 is in train and in test"]);
    assert_eq!(inspect(f.path()).unwrap().slides_on_both_sides, ["P3"]);
}

#[test]
fn slides_inside_classes_stay_whole_and_doubt_is_an_error() {
    let f = Folder::new();
    for k in 0..6 {
        f.tiles(&format!("HP/S{k}/t"), 3).tiles(&format!("SSA/S{}/t", k + 3), 3);
    }
    let mut m = Manifest::open(f.path()).unwrap();
    assert_eq!((m.slides(), m.slides_known), (9, true));
    m.ensure_partition(1);
    m.check_for_study().unwrap();
    let f = Folder::new();
    f.tiles("HP/raw/t", 2).tiles("SSA/raw/t", 2).tiles("HP/normalised/t", 2).tiles("SSA/normalised/t", 2);
    expect(Manifest::open(f.path()), &["do not tell the classes", "HP, SSA", "normalised, raw"]);
    let hint = Manifest::open(f.path()).unwrap_err().hint().unwrap();
    assert!(hint.contains("manifest.csv"), "{hint}");
    // labels.csv says what the folders do not.
    f.write(
        "labels.csv",
        images_below(f.path(), None)
            .unwrap()
            .images
            .iter()
            .fold("image,class,slide\n".to_owned(), |table, image| {
                format!("{table}{image},{},s\n", image.split('/').next().unwrap())
            }),
    );
    assert_eq!(Manifest::open(f.path()).unwrap().classes, ["HP", "SSA"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    use std::os::unix::fs::symlink;
    let f = Folder::new();
    let elsewhere = Folder::new();
    elsewhere.tiles("t", 3);
    f.tiles("HP/t", 2);
    symlink(elsewhere.path(), f.path().join("SSA")).unwrap();
    assert_eq!(Manifest::open(f.path()).unwrap().len(), 5);
    symlink("nowhere.png", f.path().join("HP/lost.png")).unwrap();
    expect(tissue::decode_tile(f.path().join("HP/lost.png")), &["cannot read", "lost.png"]);
    symlink("..", f.path().join("HP/up")).unwrap();
    expect(images_below(f.path(), None), &["link", "HP"]);
}
