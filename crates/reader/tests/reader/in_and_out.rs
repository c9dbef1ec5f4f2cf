//! Votes as tables: in from elsewhere, out as CSV, as iMRMC's form and as votes of a manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use reader::{
    Columns, Group, ReaderError, Store, TileRow, analyse, import_votes, imrmc, manifest_with_votes, votes_csv,
};
use tissue::Manifest;

use crate::client::Client;
use crate::study::{RUN, Study, vote};

fn columns(tile: &str, reader: &str, label: &str) -> Columns {
    Columns { tile: tile.into(), reader: reader.into(), label: label.into() }
}

/// A study without readers of its own that have finished, and its tiles.
fn study() -> (Study, Store, Vec<TileRow>) {
    let study = Study::new(4, 1);
    let store = study.store();
    let tiles = store.tiles().unwrap();
    (study, store, tiles)
}

/// The label that the n-th tile gets.
fn label(n: usize) -> &'static str {
    if n.is_multiple_of(3) { "SSA" } else { "HP" }
}

fn rows(tiles: &[TileRow], row: impl Fn(usize, &TileRow) -> String) -> Vec<String> {
    tiles.iter().enumerate().map(|(n, tile)| row(n, tile)).collect()
}

#[test]
fn tables_are_taken_over_as_spreadsheets_write_them() {
    let (study, mut store, tiles) = study();
    let bare = |tile: &TileRow| tile.shown_name().replace(".png", "");
    let mut semicolons = vec!["\u{feff}\"Image\"; Pathologist ;Diagnosis;Remark".to_owned()];
    semicolons
        .extend(rows(&tiles, |n, t| format!(" {} ;Dr Ito; {} ;\"a; b\"", bare(t), label(n).to_lowercase())));
    semicolons.insert(3, ";;;".into());
    semicolons.push(String::new());
    let commas = rows(&tiles, |n, t| format!("{},\"Berg, Eva\",{}", t.shown_name(), label(n)));
    let commas = format!("tile,reader,label\r\n{}\r\n", commas.join("\r\n"));
    let tabs =
        rows(&tiles, |n, t| format!("{}\t{}\tDr Sow", label(n + 1), t.shown_name().replace("png", "tif")));
    let tabs = format!("LABEL\tTILE\tREADER\n{}", tabs.join("\n"));
    let usual = columns("tile", "reader", "label");
    let file = study.parent.path().join("sheet.csv");
    for (text, columns, name) in [
        (semicolons.join("\n"), columns("image", "pathologist", "diagnosis"), "Dr Ito"),
        (commas, usual.clone(), "Berg, Eva"),
        (tabs, usual, "Dr Sow"),
    ] {
        fs::write(&file, text).unwrap();
        assert_eq!(import_votes(&mut store, &file, &columns).unwrap(), [name]);
    }
    let readers: BTreeMap<i64, String> =
        store.readers().unwrap().into_iter().map(|r| (r.id, r.name)).collect();
    let votes = store.votes().unwrap();
    assert_eq!(votes.len(), 3 * tiles.len());
    for vote in votes {
        let n = tiles.iter().position(|t| t.id == vote.tile).unwrap();
        let shift = usize::from(readers[&vote.reader] == "Dr Sow");
        assert_eq!(vote.answer.label.as_deref(), Some(label(n + shift)));
        assert_eq!((vote.seconds(), vote.at), (None, None));
    }
    // The reader of the study's own has not finished; with the others alone it can be analysed.
    assert!(matches!(analyse(&store, false, 0), Err(ReaderError::Unfinished { .. })));
    let reading = analyse(&store, true, 0).unwrap();
    assert_eq!(reading.readers, ["Dr Ito", "Berg, Eva", "Dr Sow"]);
    assert_eq!(reading.left_out, ["Reader 1"]);
    assert_eq!(reading.time[0].readings, 0);
}

#[test]
fn a_fault_is_named_with_its_line_and_nothing_is_taken_over() {
    let (study, mut store, tiles) = study();
    let good = rows(&tiles, |n, t| format!("{},Dr Ito,{}", t.shown_name(), label(n)));
    let with = |n: usize, row: &str| {
        let mut rows = good.clone();
        rows[n] = row.into();
        format!("tile,reader,label\n{}\n", rows.join("\n"))
    };
    let without = format!("tile,reader,label\n{}\n", good[1..].join("\n"));
    let twice = format!("tile,reader,label\n{}\n{}\n", good.join("\n"), good[2]);
    let first = tiles[0].shown_name();
    for (text, line, why) in [
        (with(2, "no-such-tile,Dr Ito,HP"), 4, "the study has no tile \"no-such-tile\"".to_owned()),
        (with(3, &good[3].replace("Dr Ito", "")), 5, "the reader is not named".into()),
        (with(0, &format!("{first},Dr Ito,TVA")), 2, "\"TVA\" is none of the classes HP, SSA".into()),
        (with(0, &first), 2, "\"\" is none of the classes".into()),
        (with(0, &format!("{first},Dr Ito,NA")), 2, "(\"NA\" stands for no value)".into()),
        (
            with(0, &format!("{first},<NA>,HP")),
            2,
            "the reader is not named (\"<NA>\" stands for no value)".into(),
        ),
        (with(0, "None,Dr Ito,HP"), 2, "no tile is named".into()),
        (with(0, &format!("{first},dr ito,HP")), 3, "seem to be one reader".into()),
        (with(0, &format!("{first},Ito, Dr,HP")), 2, "the row has 4 cells and the header 3".into()),
        (twice, 18, "before, in line 4".into()),
        (without, 1, format!("Dr Ito has labelled 15 of 16 tiles; {first:?} is missing")),
        ("tile,reader,label\n".into(), 1, "it holds no vote".into()),
        ("tile,reader\na,b\n".into(), 1, "it has no column \"label\"; there are tile, reader".into()),
        (String::new(), 1, "it has no column \"tile\"".into()),
    ] {
        let file = study.parent.path().join("sheet.csv");
        fs::write(&file, text).unwrap();
        let fault = import_votes(&mut store, &file, &columns("tile", "reader", "label")).unwrap_err();
        let ReaderError::Votes { line: named, why: said, .. } = &fault else { panic!("{fault}") };
        assert_eq!(*named, line, "{fault}");
        assert!(said.contains(&why), "{fault}");
        assert!(fault.hint().is_some());
        assert_eq!(store.readers().unwrap().len(), 1);
    }
}

#[test]
fn two_columns_of_one_name_are_refused() {
    let (study, mut store, _) = study();
    let file = study.parent.path().join("sheet.csv");
    for text in ["tile,reader,label,label\na,b,HP,SSA\n", "reader;tile;reader;label\na;b;c;HP\n"] {
        fs::write(&file, text).unwrap();
        let fault = import_votes(&mut store, &file, &columns("tile", "reader", "label")).unwrap_err();
        assert!(!fault.is_machine_fault() && fault.hint().is_some());
        assert!(
            fault.to_string().contains("sheet.csv") && fault.to_string().contains("two columns"),
            "{fault}"
        );
    }
    assert_eq!(store.readers().unwrap().len(), 1);
}

#[test]
fn a_reader_who_has_not_begun_gives_way_to_the_votes_of_that_name() {
    let (study, mut store, tiles) = study();
    let file = study.parent.path().join("sheet.csv");
    let votes = rows(&tiles, |n, t| format!("{},Reader 1,{}", t.shown_name(), label(n)));
    fs::write(&file, format!("tile,reader,label\n{}\n", votes.join("\n"))).unwrap();
    let usual = columns("tile", "reader", "label");
    assert_eq!(import_votes(&mut store, &file, &usual).unwrap(), ["Reader 1"]);
    assert_eq!(store.votes().unwrap().len(), tiles.len());
    assert_eq!(analyse(&store, false, 0).unwrap().readers, ["Reader 1"]);
    let fault = import_votes(&mut store, &file, &usual).unwrap_err();
    assert!(fault.to_string().contains("answers of a reader \"Reader 1\" already"), "{fault}");
}

/// A finished study of two readers: the second calls every third tile SSA, the first none.
fn finished() -> Study {
    let study = Study::with(4, 2, |options| options.repeats = 4);
    let server = study.serve();
    study.read_all(&server, 0, |_, _| "HP");
    study.read_all(&server, 1, |_, tile| label(tile as usize));
    study
}

#[test]
fn the_table_of_votes_has_every_vote_and_can_be_imported() {
    let study = finished();
    let store = study.store();
    let table = String::from_utf8(votes_csv(&store, false).unwrap()).unwrap();
    let mut lines = table.lines();
    assert_eq!(
        lines.next().unwrap(),
        "tile,group,pair,slide,class,reader,label,confidence,said_real,comment,seconds,place,again,at"
    );
    assert_eq!(lines.count(), 2 * 20);
    assert!(table.contains("tile") && table.contains("generated/images/"));
    // Tile and reader name a vote, but for tiles seen twice.
    let mut other = Study::new(4, 1).store();
    let first: Vec<&str> = table.lines().filter(|l| !l.contains(",true,20")).collect();
    let file = study.parent.path().join("votes.csv");
    fs::write(&file, first.join("\n").replace("Reader ", "Dr ")).unwrap();
    assert_eq!(
        import_votes(&mut other, &file, &columns("tile", "reader", "label")).unwrap(),
        ["Dr 1", "Dr 2"]
    );
    let (a, b) = (analyse(&store, false, 0).unwrap(), analyse(&other, true, 0).unwrap());
    assert_eq!(a.table2, b.table2);
    assert_eq!(a.agreement, b.agreement);
}

/// What readers have typed is opened in a spreadsheet: nothing of it may be a formula there, and all of it can be read back.
#[test]
fn nothing_that_was_typed_is_a_formula() {
    let names = ["=cmd|' /C calc'!A0", "+Ito", "-Sow", "@Berg", "\u{ff1d}Ito", "'=Ito"];
    let comments = ["=1+1", "+1", "-1", "@A1", "\t=1", "a;=1", "a\n=1", " =1", "plain, and 1+1=2"];
    let study = Study::with(2, names.len(), |options| {
        options.readers = names.map(str::to_owned).to_vec();
    });
    let server = study.serve();
    for reader in 0..names.len() {
        let mut client = Client::new(server.address, study.token(reader));
        for (n, item) in study.items(reader).iter().enumerate() {
            let mut vote = vote(&item.id, n as u64, 0, Some(label(n)));
            vote.comment = comments[(n + reader) % comments.len()].to_owned();
            assert_eq!(client.vote(&vote).status, 200);
        }
        assert_eq!(client.post("/api/finish", "{}").status, 200);
    }
    let downloaded = Client::new(server.address, study.coordinator()).get("/api/export.csv").body;
    let store = study.store();
    let table = votes_csv(&store, false).unwrap();
    assert_eq!(downloaded, table);
    let mut seen = BTreeSet::new();
    for row in csv::Reader::from_reader(table.as_slice()).records() {
        let row = row.unwrap();
        for cell in &row {
            for part in cell.split([';', '\t', '\n', '\r']) {
                assert!(!part.trim().starts_with(['=', '+', '-', '@', '\u{ff1d}']), "{cell:?}");
            }
        }
        seen.extend(row.get(9).map(str::to_owned));
    }
    for wanted in ["'=1+1", "'+1", "'-1", "'@A1", "a;'=1", "plain, and 1+1=2"] {
        assert!(seen.contains(wanted), "{wanted} in {seen:?}");
    }
    // The names come back as they were.
    let file = study.parent.path().join("votes.csv");
    fs::write(&file, &table).unwrap();
    let mut other = Study::new(2, 1).store();
    let mut wanted = names.map(str::to_owned).to_vec();
    wanted.sort();
    assert_eq!(import_votes(&mut other, &file, &columns("tile", "reader", "label")).unwrap(), wanted);
    assert_eq!(analyse(&other, true, 0).unwrap().table2, analyse(&store, false, 0).unwrap().table2);
}

#[test]
fn nobody_is_told_to_use_what_is_used_already() {
    let study = Study::new(2, 2);
    let hint = |partial| analyse(&study.store(), partial, 0).unwrap_err().hint().unwrap();
    for partial in [false, true] {
        assert!(!hint(partial).contains("--partial"), "{}", hint(partial));
    }
    let server = study.serve();
    study.read_all(&server, 1, |_, _| "HP");
    assert!(hint(false).contains("--partial"));
    assert_eq!(analyse(&study.store(), true, 0).unwrap().readers, ["Reader 2"]);
}

#[test]
fn votes_go_into_a_manifest_for_a_next_run() {
    let study = finished();
    let store = study.store();
    let data = RUN.parent().unwrap().join("tissue");
    let before = Manifest::open(&data).unwrap();
    let manifest = manifest_with_votes(&store, before.clone(), false).unwrap();
    let file = data.join(format!("read-{}.csv", std::process::id()));
    manifest.write_csv(&file).unwrap();
    let again = Manifest::open(&file).unwrap();
    fs::remove_file(&file).unwrap();

    let shown: BTreeMap<String, TileRow> = store
        .tiles()
        .unwrap()
        .into_iter()
        .filter(|t| t.group != Group::Generated)
        .map(|t| (t.image.clone(), t))
        .collect();
    assert_eq!(again.tiles.len(), before.tiles.len());
    let mut read = 0;
    for (tile, old) in again.tiles.iter().zip(&before.tiles) {
        assert_eq!((&tile.image, tile.partition, &tile.slide), (&old.image, old.partition, &old.slide));
        let Some(row) = shown.get(&tile.image) else {
            assert_eq!((tile.class, &tile.votes), (old.class, &old.votes));
            continue;
        };
        // One reader says HP to all, the other SSA to every third: tiles that are SSA keep that if one says so.
        let ssa = u32::from(label(row.id as usize) == "SSA");
        assert_eq!(tile.votes, [2 - ssa, ssa], "{}", tile.image);
        assert_eq!(tile.class, usize::from(old.class == 1 && ssa == 1), "{}", tile.image);
        read += 1;
    }
    assert_eq!(read, 12);
    assert!(manifest.notes.last().unwrap().starts_with("12 tiles have the readers' votes"));

    let missing = shown.keys().next().unwrap();
    let mut strange = before.clone();
    strange.tiles.retain(|t| t.image != *missing);
    let fault = manifest_with_votes(&store, strange, false).unwrap_err();
    assert!(fault.to_string().contains(missing), "{fault}");
    let mut strange = before;
    strange.classes[0] = "TVA".into();
    let fault = manifest_with_votes(&store, strange, false).unwrap_err();
    assert!(fault.to_string().contains("class HP is not in it"), "{fault}");
}

#[test]
fn the_form_of_imrmc_is_kept() {
    let study = finished();
    let text = imrmc(&study.store(), false).unwrap();
    let (head, data) = text.split_once("BEGIN DATA:\n").unwrap();
    for line in ["NR: 2", "N0: 8", "N1: 4", "NM: 3"] {
        assert!(head.lines().any(|l| l == line), "{line} in {head}");
    }
    let rows: Vec<Vec<i64>> =
        data.lines().map(|l| l.split(',').map(|cell| cell.parse().unwrap()).collect()).collect();
    let truth: BTreeMap<i64, i64> = rows.iter().filter(|r| r[0] == -1).map(|r| (r[1], r[3])).collect();
    assert_eq!((truth.len(), truth.values().sum::<i64>()), (12, 4));
    let scores: Vec<&Vec<i64>> = rows.iter().filter(|r| r[0] > 0).collect();
    // Each reader: easy, hard and generated tiles in one modality each, tiles of the other class in all three.
    assert_eq!(scores.len(), 2 * (3 * 4 + 3 * 4));
    for modality in 1..=3 {
        let cases: Vec<i64> = scores.iter().filter(|r| r[0] == 1 && r[2] == modality).map(|r| r[1]).collect();
        assert_eq!(cases.len(), 8, "modality {modality}");
        assert!(cases.iter().all(|case| truth.contains_key(case)));
    }
    let truth = &truth;
    let of = |modality| scores.iter().filter(move |r| r[2] == modality && truth[&r[1]] == 0).map(|r| r[1]);
    assert_eq!(of(1).collect::<BTreeSet<_>>(), of(3).collect(), "a translation is its source's case");
    assert!(scores.iter().filter(|r| r[0] == 1).all(|r| r[3] == 0));
    assert!(scores.iter().filter(|r| r[0] == 2).any(|r| r[3] == 1));
}

#[test]
fn tables_of_any_encoding_are_read_or_named_and_two_columns_of_a_name_are_told() {
    let (study, mut store, tiles) = study();
    let file = study.parent.path().join("sheet.csv");
    let votes = rows(&tiles, |n, t| format!("{};J\u{f6}rg;{}", t.shown_name(), label(n)));
    let text = format!("sep=;\r\ntile;reader;label\r\n{}\r\n", votes.join("\r\n"));
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    fs::write(&file, latin).unwrap();
    let usual = columns("tile", "reader", "label");
    let fault = import_votes(&mut store, &file, &usual).unwrap_err();
    assert!(fault.to_string().contains("sheet.csv (line 3), because it is not in UTF-8"), "{fault}");
    assert!(
        fault.to_string().contains("Windows-1252") && !fault.hint().unwrap().contains("delete"),
        "{fault}"
    );
    fs::write(&file, "tile,reader,label,label\na,b,HP,SSA\n").unwrap();
    let fault = import_votes(&mut store, &file, &usual).unwrap_err();
    assert!(fault.to_string().contains("\"label\" is there twice"), "{fault}");
    let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(&file, wide).unwrap();
    assert_eq!(import_votes(&mut store, &file, &usual).unwrap(), ["J\u{f6}rg"]);
}
