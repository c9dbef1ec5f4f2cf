//! Tables as people have them: blank words, spellings, Unicode forms, counts and bounds.
#![allow(missing_docs)]

mod folder;
use folder::{Folder, expect};
use tissue::{Manifest, Partition};

/// Words that programs write for a missing value.
const MISSING: [&str; 12] =
    ["", "NA", "N/A", "#N/A", "nan", "NULL", "None", "<NA>", "n.a.", "#REF!", "(blank)", "null"];

/// manifest.csv of four tiles, two of each class, each on a slide of its own; `row` changes the cells.
fn four(f: &Folder, header: &str, row: impl Fn(usize) -> String) -> Result<Manifest, tissue::TissueError> {
    f.tiles("t", 4);
    let rows: Vec<String> = (0..4).map(row).collect();
    f.write("manifest.csv", format!("{header}\n{}\n", rows.join("\n")));
    Manifest::open(f.path())
}

#[test]
fn a_word_for_a_missing_value_is_a_blank_cell_in_every_column() {
    for word in MISSING {
        let f = Folder::new();
        let cell = |k: usize, value: &str| if k == 2 { word.to_owned() } else { value.to_owned() };
        let label = |k: usize| format!("t{k}.png,{}", cell(k, "a"));
        expect(four(&f, "image,class", label), &["no label", "manifest.csv (line 4, tile t2.png)"]);
        let slides = |k: usize| format!("t{k}.png,{},{}", ["a", "b"][k % 2], cell(k, "s"));
        let m = four(&f, "image,class,slide", slides).unwrap();
        assert_eq!((m.tiles[2].slide.as_str(), m.slides_known), ("t2.png", false), "{word}");
        assert!(m.notes[0].contains("1 tile without a slide"), "{:?}", m.notes);
        let none = |k: usize| format!("t{k}.png,{},{word}", ["a", "b"][k % 2]);
        let m = four(&f, "image,class,patient", none).unwrap();
        assert!(m.notes[0].contains("no slide is known (the slide column is empty)"), "{:?}", m.notes);
        let sides = |k: usize| format!("t{k}.png,a,{}", cell(k, "train"));
        expect(four(&f, "image,class,partition", sides), &["unusable partition", "line 4", "empty"]);
        let sides = |k: usize| format!("t{k}.png,a,{word}");
        assert!(!four(&f, "image,class,partition", sides).unwrap().is_partitioned());
        let votes = |k: usize| format!("t{k}.png,a,{},{}", cell(k, "3"), cell(k, "0"));
        let m = four(&f, "image,class,votes_a,votes_b", votes).unwrap();
        assert_eq!((m.tiles[1].votes.len(), m.tiles[2].votes.len(), m.classes.len()), (1, 0, 1));
        let votes = |k: usize| format!("t{k}.png,a,{},3", cell(k, "0"));
        expect(four(&f, "image,class,votes_b,votes_a", votes), &["impossible votes", "line 4", "votes_b"]);
        let from_votes = |k: usize| format!("t{k}.png,{},3,0", cell(k, "a"));
        assert_eq!(four(&f, "image,class,votes_a,votes_b", from_votes).unwrap().classes, ["a"]);
        expect(
            four(&f, "image,class", |k| format!("{},a", cell(k, &format!("t{k}.png")))),
            &["image path refused", "line 4", "empty"],
        );
    }
}

#[test]
fn a_folder_or_a_column_of_votes_makes_a_class_of_such_a_word() {
    let f = Folder::new();
    f.tiles("NA/t", 2).tiles("b/t", 2);
    let m = Manifest::open(f.path()).unwrap();
    assert_eq!(m.classes, ["NA", "b"]);
    assert!(m.notes.iter().any(|n| n.starts_with("\"NA\" is a class")), "{:?}", m.notes);
    expect(m.write_csv(f.path()), &["class \"NA\" cannot be written", "no value"]);
    f.write("labels.csv", "image,class,slide\nNA/t0.png,NA,1\nNA/t1.png,NA,2\nb/t0.png,b,3\nb/t1.png,b,NA\n");
    assert_eq!(Manifest::open(f.path()).unwrap().classes, ["NA", "b"]);
    f.edit("labels.csv", "NA/t1.png,NA", "NA/t1.png,None");
    expect(Manifest::open(f.path()), &["no label", "line 3", "\"None\""]);
    let votes = |k: usize| format!("t{k}.png,{}", ["None,3,0", "b,0,3"][k % 2]);
    let f = Folder::new();
    let m = four(&f, "image,class,votes_None,votes_b", votes).unwrap();
    assert_eq!(m.classes, ["None", "b"]);
    m.write_csv(f.path()).unwrap();
    assert_eq!(Manifest::open(f.path()).unwrap().classes, m.classes);
}

#[test]
fn spellings_of_one_slide_are_one_slide_and_on_two_sides_a_leak() {
    for (one, other) in [
        ("s001", "s001.svs"),
        ("s001", "S001"),
        ("s001", "s1"),
        ("s001", "s 001"),
        ("s001.svs", "S001.NDPI"),
        ("1000", "1000.0"),
        ("001", "1"),
        ("é", "e\u{301}"),
        ("s_1", "S-1"),
        ("1.tif", "01.mrxs"),
        ("s001", "slides/s001.svs"),
        ("s001", "/data/slides/s001.svs"),
        ("s001", "D:\\slides\\s001.svs"),
        ("s001", "./s001"),
        ("slides/s001.svs", "D:\\data\\slides\\s001"),
        ("1000", "1.00E+03"),
        ("1000", "1e3"),
        ("1000", "\"1,000\""),
        ("1000", "1000."),
        ("001", "'001"),
        ("001", "\"=\"\"001\"\"\""),
        ("001", "\"\"\"001\"\"\""),
        ("s001", "s001.0"),
        ("s001", "s001_"),
        ("s001", "s001.h5"),
        ("s001", "s001 - Copy.svs"),
        ("s001", "s\u{200b}0\u{ad}01"),
    ] {
        let f = Folder::new();
        let slide = |k: usize| [one, "x", "y", other][k];
        let sides =
            |k: usize| format!("t{k}.png,{},{},{}", ["a", "b"][k % 2], slide(k), ["train", "test"][k / 2]);
        let leak = four(&f, "image,class,slide,partition", sides);
        expect(leak, &["is in train and in test", "t0.png", "t3.png"]);
        let m = four(&f, "image,class,slide", |k| format!("t{k}.png,{},{}", ["a", "b"][k % 2], slide(k)))
            .unwrap();
        assert_eq!((&m.tiles[0].slide, m.slides()), (&m.tiles[3].slide, 3), "{one} {other}");
        if one != "é" {
            assert!(m.notes.iter().any(|n| n.starts_with("warning: 1 slide")), "{:?}", m.notes);
        }
        for seed in 0..20 {
            let mut m = m.clone();
            m.split(seed, 0.5);
            assert_eq!(m.tiles[0].partition, m.tiles[3].partition);
            let folds = tissue::folds_by_slide(&m, &[0, 1, 2, 3], 3, seed);
            assert_eq!(folds[0], folds[3]);
        }
    }
    for (one, other) in [
        ("1-11", "11-1"),
        ("1.05", "1.5"),
        ("s1", "s10"),
        ("a.b", "a.c"),
        ("s1A", "s1B"),
        ("S1-A1", "S1A-1"),
        ("P1/1.svs", "P2/1.svs"),
        ("10E2", "1E3"),
    ] {
        let f = Folder::new();
        let sides =
            |k: usize| format!("t{k}.png,a,{},{}", [one, "x", "y", other][k], ["train", "test"][k / 2]);
        let m = four(&f, "image,class,slide,partition", sides).unwrap();
        assert!(m.slides() == 4 && m.notes.is_empty(), "{one} {other}: {:?}", m.notes);
    }
    // Tiles of no known slide are their own, whatever their files are called.
    let f = Folder::new();
    f.tile("t1.png").tile("t01.png").tile("T1.png");
    f.write("manifest.csv", "image,class\nt1.png,a\nt01.png,a\nT1.png,b\n");
    assert_eq!(Manifest::open(f.path()).unwrap().slides(), 3);
}

#[test]
fn classes_that_differ_only_in_case_or_blanks_are_told_with_their_counts() {
    for (one, other) in [("HP", "Hp"), ("low grade", "Low_Grade"), ("1", "1.0"), ("Ö", "ö")] {
        let f = Folder::new();
        let rows = four(&f, "image,class", |k| format!("t{k}.png,{}", [one, one, one, other][k]));
        let (one, other) = (format!("\"{one}\" (3 tiles)"), format!("\"{other}\" (1 tile)"));
        expect(rows, &["one class is written in two ways", "line 5, tile t3.png", &one, &other]);
    }
    let f = Folder::new();
    f.tiles("HP/t", 3).tiles("hp/u", 2).tiles("b/t", 1);
    expect(Manifest::open(f.path()), &["two ways", "\"HP\" (3 tiles)", "\"hp\" (2 tiles)"]);
    for (one, other) in [("ER+", "ER-"), ("ER", "ER-"), ("T1", "T10"), ("0.5", "0.05")] {
        let f = Folder::new();
        let rows = four(&f, "image,class", |k| format!("t{k}.png,{}", [one, other][k % 2]));
        assert_eq!(rows.unwrap().classes.len(), 2, "{one} {other}");
    }
    let f = Folder::new();
    let rows =
        four(&f, "image,class,votes_HP,votes_SSA", |k| format!("t{k}.png,{}", ["HP,3,0", "Hp,3,0"][k % 2]));
    let error = rows.unwrap_err();
    assert!(error.to_string().contains("unknown label \"Hp\", in "), "{error}");
    assert!(error.hint().unwrap().contains("did you mean \"HP\""));
}

#[test]
fn one_name_in_two_unicode_forms_is_one() {
    let (composed, apart) = ("p\u{f6}lyp", "po\u{308}lyp");
    for (on_disk, in_table) in [(composed, apart), (apart, composed), (apart, apart)] {
        let f = Folder::new();
        f.tile(&format!("{on_disk}/{on_disk}1.png")).tile("b/b1.png");
        f.write("manifest.csv", format!("image,class\n{in_table}/{in_table}1.png,{in_table}\nb/b1.png,b\n"));
        let m = Manifest::open(f.path()).unwrap();
        assert_eq!(m.classes, ["b", composed]);
        assert!(m.tile_path(1).is_file(), "{:?}", m.tile_path(1));
        assert!(m.clone().select_classes(&[apart.into()]).is_ok());
        std::fs::remove_file(f.at("manifest.csv")).unwrap();
        assert_eq!(Manifest::open(f.path()).unwrap().classes, ["b", composed]);
        f.write(
            "labels.csv",
            format!("image,class,slide\n{in_table}/{in_table}1.png,{in_table},1\nb/b1.png,b,2\n"),
        );
        assert_eq!(Manifest::open(f.path()).unwrap().classes, ["b", composed]);
    }
    let f = Folder::new();
    let m = four(&f, "image,class", |k| format!("t{k}.png,{}", [composed, apart][k % 2])).unwrap();
    assert_eq!(m.classes, [composed]);
}

#[test]
fn a_file_that_differs_in_case_or_ending_is_named() {
    for (in_table, meant) in [
        ("t3.PNG", "t3.png"),
        ("T3.png", "t3.png"),
        ("t3.jpg", "t3.png"),
        ("t3", "t3.png"),
        ("D/u.png", "d/u.png"),
    ] {
        let f = Folder::new();
        f.tile("d/u.png");
        let rows =
            four(&f, "image,class", |k| if k == 3 { format!("{in_table},a") } else { format!("t{k}.png,a") });
        // On a disk that does not tell case apart, the file is there.
        if f.path().join(in_table).is_file() {
            continue;
        }
        let error = rows.unwrap_err();
        assert!(
            error.hint().unwrap().contains(&format!("did you mean {meant}?")),
            "{error}: {:?}",
            error.hint()
        );
        expect::<()>(Err(error), &["line 5", in_table, "does not exist", meant]);
    }
    let f = Folder::new();
    f.tiles("images/m", 2);
    f.write(
        "annotations.csv",
        "Image Name,Majority Vote Label,Number of Annotators who Selected SSA (Out of 7)\nm0.png,HP,0\nm1.PNG,SSA,7\n",
    );
    if !f.path().join("images/m1.PNG").is_file() {
        let error = Manifest::open(f.path()).unwrap_err();
        assert!(error.hint().unwrap().contains("did you mean m1.png?"), "{:?}", error.hint());
    }
}

#[test]
fn counts_separators_and_encodings_of_spreadsheets_are_read() {
    let plain = "image,class,votes_a,votes_b,severity\nt0.png,a,2,0,0.5\nt1.png,b,1,3,0.25\nt2.png,a,3,0,0.75\nt3.png,b,0,1,0.1\n";
    let f = Folder::new();
    f.tiles("t", 4).write("manifest.csv", plain);
    let wanted = Manifest::open(f.path()).unwrap();
    assert_eq!(wanted.tiles[1].votes, [1, 3]);
    let real = plain.replace(",2,0,", ",2.0,0.0,").replace(",1,3,", ",1.00,3.0,");
    let semicolons = real.replace(',', ";").replace('.', ",").replace(",png", ".png");
    let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{semicolons}").encode_utf16().flat_map(bytes).collect()
    };
    let forms: [Vec<u8>; 9] = [
        real.clone().into(),
        semicolons.clone().into(),
        format!("sep=;\r\n{}", semicolons.replace('\n', "\r\n")).into(),
        real.replace(',', "\t").into(),
        real.replace('\n', "\r").into(),
        real.replace('\n', ",,,\n").into(),
        format!("\u{feff}\n\n{}\n\n", real.replace('\n', "\n\n")).into(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ];
    for form in forms {
        f.write("manifest.csv", &form);
        let m =
            Manifest::open(f.path()).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&form)));
        assert_eq!((m.hash(), m.severity()), (wanted.hash(), wanted.severity()));
    }
    for (from, to) in [("1,3", "1,2.5"), ("1,3", "1,-1"), ("1,3", "1,2000000"), ("1,3", "1,x")] {
        f.write("manifest.csv", plain.replace(from, to));
        expect(Manifest::open(f.path()), &["impossible votes", "line 3", "votes_b"]);
    }
}

#[test]
fn a_table_out_of_bounds_is_told_in_few_words() {
    let f = Folder::new();
    f.tiles("t", 2);
    let told = |text: String, parts: &[&str]| {
        f.write("manifest.csv", text);
        let error = Manifest::open(f.path()).unwrap_err();
        assert!(error.to_string().len() < 2000, "{} bytes", error.to_string().len());
        expect::<()>(Err(error), parts);
    };
    let names = |n: usize| (0..n).map(|k| format!("c{k}")).collect::<Vec<_>>().join(",");
    told(names(300_000), &["manifest.csv (line 1)", "16384 columns"]);
    told(names(16_000), &["column \"image\" is missing", "c0, c1", "and 15988 more"]);
    told(format!("image,class\nt0.png,{}\n", "x".repeat(2_000_000)), &["line 2", "longer than 1 MiB"]);
    told(
        format!("image,class,votes_a\nt0.png,{},1\n", "x".repeat(900_000)),
        &["unknown label", "900000 characters"],
    );
    told(format!("image,class\n{},a\n", "x".repeat(900_000)), &["image path refused", "longer than a path"]);
    told("image,class\nt0.png,a\nt1.png,\"b\n".into(), &["manifest.csv (line 3)", "quote", "never closed"]);
    told("image,class\nt0.png,a\nt1\0.png,b\n".into(), &["manifest.csv (line 3)", "zero byte"]);
    // Labels all of their own: nothing that grows with the square of the rows.
    let row = |k: usize| format!("t{k}.png,c{k}\n");
    let rows: String = (0..100_000).map(row).collect();
    told(format!("image,class\n{rows}"), &["missing image file", "line 4"]);
}

#[test]
fn folds_that_leave_a_class_nothing_are_told_with_what_would_help() {
    let f = Folder::new();
    // Two train slides of each class.
    let row = |k: usize| {
        let (class, side) = (["a", "b"][k % 2], if k < 28 { "train" } else { "test" });
        format!("t{k}.png,{class},{}{class},{side}\n", k / 14)
    };
    let rows: String = (0..40).map(row).collect();
    f.tiles("t", 40).write("manifest.csv", format!("image,class,slide,partition\n{rows}"));
    let m = Manifest::open(f.path()).unwrap();
    m.check_for_study().unwrap();
    assert_eq!(m.indices(Partition::Train).len(), 28);
    m.check_folds(2, 0.0, 0).unwrap();
    let hint = |folds, validation| m.check_folds(folds, validation, 0).unwrap_err().hint().unwrap();
    for folds in [2, 5] {
        let hint = hint(folds, 0.15);
        assert!(hint.contains("set validation = 0") && !hint.contains("folds"), "{hint}");
    }
    let seen = tissue::inspect::inspect(f.path()).unwrap();
    assert!(!seen.usable && seen.faults[0].message.contains("too few train slides"), "{:?}", seen.faults);
    assert!(seen.notes.iter().any(|n| n.contains("hard tiles")), "{:?}", seen.notes);
}

/// Two class folders of three tiles each.
fn folders() -> Folder {
    let f = Folder::new();
    f.tiles("HP/h", 3).tiles("SSA/s", 3);
    f
}

const LABELS: &str = "image,class,slide\nHP/h0.png,HP,1\nHP/h1.png,HP,2\nHP/h2.png,HP,3\nSSA/s0.png,SSA,4\nSSA/s1.png,SSA,5\nSSA/s2.png,SSA,6\n";

#[test]
fn a_table_beside_the_folders_is_read_in_any_case_and_never_passed_over() {
    let mhist = "Image Name,Majority Vote Label,Number of Annotators who Selected SSA (Out of 7)\nm0.png,HP,0\nm1.png,SSA,7\n";
    for name in ["labels.csv", "Labels.csv", "LABELS.CSV", "Manifest.csv", "MANIFEST.CSV"] {
        let f = folders();
        f.write(name, LABELS);
        let m = Manifest::open(f.path()).unwrap();
        assert!(m.slides_known && m.slides() == 6, "{name}: {:?}", m.notes);
        assert!(Manifest::open(f.at(name)).unwrap().slides_known);
    }
    let f = Folder::new();
    f.tiles("images/m", 2).write("Annotations.csv", mhist);
    assert_eq!(Manifest::open(f.path()).unwrap().len(), 2);
    let f = folders();
    f.write("Labels.csv", LABELS).write("LABELS.csv", LABELS);
    if std::fs::read_dir(f.path()).unwrap().count() == 4 {
        expect(Manifest::open(f.path()), &["not clear which table", "\"LABELS.csv\" and \"Labels.csv\""]);
        f.write("labels.csv", LABELS);
        assert!(Manifest::open(f.path()).unwrap().slides_known);
    }
    for name in
        ["labels.tsv", "labels.csv.txt", "labels.xlsx", "Labels.ods", "annotations.csv.gz", "labels (1).csv"]
    {
        let f = folders();
        f.write(name, LABELS);
        let m = Manifest::open(f.path()).unwrap();
        let wanted = format!("warning: \"{name}\" is not read");
        assert!(m.notes.iter().any(|n| n.starts_with(&wanted) && n.contains("save it as ")), "{:?}", m.notes);
    }
    let f = Folder::new();
    f.tiles("t", 2).write("labels.xlsx", "PK");
    expect(
        Manifest::open(f.path()),
        &["nothing that tells their labels", "\"labels.xlsx\" is not read", "labels.csv"],
    );
}

#[cfg(unix)]
#[test]
fn a_table_that_is_a_dangling_link_or_a_pipe_is_an_error() {
    for name in ["labels.csv", "manifest.csv", "annotations.csv", "Labels.csv"] {
        let f = folders();
        std::os::unix::fs::symlink(".git/annex/objects/x", f.at(name)).unwrap();
        expect(
            Manifest::open(f.path()),
            &["cannot read the table", name, "a link to a file that is not there"],
        );
        let f = folders();
        let made = std::process::Command::new("mkfifo").arg(f.at(name)).status();
        if made.is_ok_and(|status| status.success()) {
            expect(Manifest::open(f.path()), &[name, "it is a pipe and not a file"]);
        }
    }
}

#[test]
fn a_slide_by_another_name_is_the_slide_and_votes_by_another_name_are_told() {
    for name in
        ["patient_id", "Patient ID", "case_id", "slide_id", "slide_name", "wsi", "SlideID", "Case No."]
    {
        let f = Folder::new();
        let m = four(&f, &format!("image,class,{name}"), |k| {
            format!("t{k}.png,{},s{}", ["a", "b"][k % 2], k / 2)
        });
        let m = m.unwrap();
        assert!(m.slides_known && m.slides() == 2 && m.extra_columns.is_empty(), "{name}: {:?}", m.notes);
        assert!(m.notes.iter().any(|n| *n == format!("the column \"{name}\" is read as the slide")));
    }
    let f = Folder::new();
    let m = four(&f, "image,class,slide,patient_id", |k| format!("t{k}.png,a,s{k},p")).unwrap();
    assert!(m.slides() == 4 && m.extra_columns == ["patient_id"] && m.notes.is_empty(), "{:?}", m.notes);
    for name in ["HP_votes", "Votes HP", "votes-HP", "HP vote"] {
        let f = Folder::new();
        let m = four(&f, &format!("image,class,{name}"), |k| format!("t{k}.png,{},3", ["HP", "b"][k % 2]))
            .unwrap();
        assert!(
            m.notes.iter().any(|n| n.contains(&format!("\"{name}\"")) && n.contains("votes_CLASS")),
            "{:?}",
            m.notes
        );
    }
}

#[test]
fn rows_at_fault_bring_no_wrong_note() {
    let f = Folder::new();
    f.tiles("t", 4);
    f.write(
        "manifest.csv",
        "image,class,partition\nt0.png,HP,tset\nt1.png,HP,tset\nt2.png,b,x\nt3.png,b,x\n",
    );
    let seen = tissue::inspect::inspect(f.path()).unwrap();
    assert_eq!(seen.faults.len() >= 4, !seen.usable);
    for note in &seen.notes {
        assert!(!note.contains("has no tile") && !note.contains("no partition"), "{note}");
    }
}
