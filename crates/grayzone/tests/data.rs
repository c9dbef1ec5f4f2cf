//! `grayzone data`: what is recognised, what is refused and in which words, and that splits do not leak.

mod sandbox;

use std::collections::BTreeMap;

use sandbox::{Sandbox, shared, tile};

#[test]
fn inspect_shows_what_is_there() {
    let here = Sandbox::new();
    here.data_set();
    let seen = here.ok(&["data", "inspect", "data", "--json"]).json();
    assert_eq!(
        (&seen["usable"], &seen["n_tiles"], &seen["n_slides"]),
        (&true.into(), &40.into(), &20.into())
    );
    let count = |partition: &str, class: &str, agreement: &str| {
        let rows = seen["counts"].as_array().unwrap();
        let row = rows
            .iter()
            .find(|r| r["partition"] == partition && r["class"] == class && r["agreement"] == agreement);
        row.map_or(0, |r| r["n"].as_u64().unwrap())
    };
    assert_eq!(count("train", "HP", "high"), 10);
    assert_eq!(count("test", "SSA", "low"), 10);
    assert_eq!(count("test", "SSA", "high"), 0);
    let text = here.ok(&["data", "inspect", "data/manifest.csv"]).stdout;
    assert!(text.contains("16 × 16 px"), "{text}");
    here.refuses(&["data", "inspect", "data", "--cache", "1KB"], &["--cache", "40 tiles"]);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_taken() {
    let here = Sandbox::new();
    let lines = here.data_set();
    here.write("data/manifest.csv", format!("\u{feff}{}\r\n", lines.join("\r\n")));
    here.ok(&["data", "inspect", "data"]);
}

#[test]
fn every_fault_of_a_manifest_names_its_line() {
    let here = Sandbox::new();
    let good = here.data_set();
    let with = |line: usize, text: &str| {
        let mut lines = good.clone();
        lines[line - 1] = text.to_owned();
        lines
    };
    let cases = [
        (with(1, "image,klass,partition,slide,votes_HP,votes_SSA"), vec!["manifest.csv (line 1)", "class"]),
        (with(5, "t03.png,TA,train,s01,1,2"), vec!["manifest.csv (line 5", "TA"]),
        (with(5, "t03.png,SSA,train,s01,x,2"), vec!["manifest.csv (line 5"]),
        (with(5, "t03.png,SSA,train,s01,2,1"), vec!["manifest.csv (line 5", "votes"]),
        (with(5, "t02.png,HP,train,s01,3,0"), vec!["manifest.csv (line 5", "t02.png"]),
        (with(5, "nowhere.png,SSA,train,s01,1,2"), vec!["manifest.csv (line 5", "nowhere.png"]),
        (with(5, "t03.png,SSA,val,s01,1,2"), vec!["manifest.csv (line 5", "val"]),
        (with(5, "t03.png,SSA,train,s19,1,2"), vec!["s19"]),
        (with(5, "../t03.png,SSA,train,s01,1,2"), vec!["manifest.csv (line 5"]),
        (with(5, "t03.png,SSA"), vec!["manifest.csv (line 5"]),
    ];
    for (lines, words) in cases {
        here.manifest(&lines);
        here.refuses(&["data", "inspect", "data"], &words);
        here.refuses(&["classify", "--input", "data", "--out", "out"], &words);
        assert!(!here.path("out").exists(), "nothing is written before the data are checked");
    }
}

#[test]
fn broken_images_are_found_before_training() {
    let here = Sandbox::new();
    here.data_set();
    let whole = std::fs::read(here.path("data/t03.png")).unwrap();
    for (bytes, why) in [
        (whole[..whole.len() / 2].to_vec(), "t03.png"),
        (b"just text".to_vec(), "t03.png"),
        (vec![], "t03.png"),
    ] {
        here.write("data/t03.png", bytes);
        here.refuses(&["data", "inspect", "data"], &[why, "cannot decode"]);
        here.refuses(&["classify", "--input", "data", "--out", "out"], &[why, "cannot decode"]);
    }
    // Two faults: the first is told, the other counted.
    here.write("data/t07.png", "text");
    here.refuses(&["data", "inspect", "data"], &["t03.png", "and 1 more fault"]);
    assert!(!here.path("out").exists());
}

#[test]
fn grey_and_16_bit_tiles_are_converted_and_said_so() {
    let here = Sandbox::new();
    here.data_set();
    let grey = image::DynamicImage::ImageRgb8(tile(16, 900)).to_luma8();
    grey.save(here.path("data/t03.png")).unwrap();
    image::DynamicImage::ImageRgb8(tile(16, 901)).to_rgb16().save(here.path("data/t05.png")).unwrap();
    let text = here.ok(&["data", "inspect", "data"]).stdout;
    assert!(text.contains("t03.png") && text.contains("t05.png"), "{text}");
}

#[test]
fn tiles_of_another_size_are_not_resized_unasked() {
    let here = Sandbox::new();
    here.data_set();
    here.tile("data/t03.png", 20, 3);
    here.refuses(&["data", "inspect", "data"], &["t03.png", "20"]);
    here.ok(&["data", "inspect", "data", "--size", "16", "--center-crop"]);
    here.ok(&["data", "inspect", "data", "--size", "16", "--resize"]);
}

#[test]
fn data_that_cannot_make_a_study_are_refused() {
    let here = Sandbox::new();
    here.refuses(&["data", "inspect", "nowhere"], &["nowhere"]);
    std::fs::create_dir(here.path("empty")).unwrap();
    here.refuses(&["data", "inspect", "empty"], &["empty"]);
    for i in 0..40 {
        here.tile(&format!("one/HP/{i}.png"), 16, i);
    }
    here.refuses(&["data", "inspect", "one"], &["one"]);
    for i in 0..3 {
        here.tile(&format!("one/SSA/{i}.png"), 16, 100 + i);
    }
    here.refuses(&["data", "inspect", "one"], &["SSA"]);
    here.data_set();
    std::fs::copy(here.path("data/t00.png"), here.path("data/t38.png")).unwrap();
    here.refuses(&["data", "inspect", "data"], &["t00.png", "t38.png"]);
}

/// The rows of a CSV by column.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn a_split_keeps_slides_whole_and_follows_its_seed() {
    let here = Sandbox::new();
    here.data_set();
    let split = |seed: &str, out: &str| {
        let ended =
            here.ok(&["data", "split", "data", "--by", "slide", "--seed", seed, "--out", out, "--json"]);
        assert_eq!(ended.json()["counts"].as_array().unwrap().len(), 4);
        here.read(out)
    };
    let first = split("1", "data/a.csv");
    assert_eq!(first, split("1", "data/b.csv"));
    assert_ne!(first, split("2", "data/c.csv"));
    let mut sides: BTreeMap<String, String> = BTreeMap::new();
    for row in rows(&first) {
        let side = sides.entry(row["slide"].clone()).or_insert_with(|| row["partition"].clone());
        assert_eq!(*side, row["partition"], "slide {} is on two sides", row["slide"]);
    }
    let test = rows(&first).iter().filter(|row| row["partition"] == "test").count();
    assert!((10..=18).contains(&test), "{test} of 40 in test");
    here.refuses(&["data", "split", "data", "--test", "1.5", "--out", "data/d.csv"], &["--test 1.5"]);
    here.refuses(&["data", "split", "data", "--by", "colour", "--out", "data/d.csv"], &["colour"]);
}

#[test]
fn a_slide_on_two_sides_can_be_split_anew() {
    let here = Sandbox::new();
    let mut lines = here.data_set();
    lines[4] = "t03.png,SSA,test,s01,1,2".to_owned();
    here.manifest(&lines);
    let refusal = here.refuses(&["data", "inspect", "data"], &["s01"]);
    assert!(refusal.stderr.contains("data split"), "{}", refusal.stderr);
    here.ok(&["data", "split", "data", "--out", "data/whole.csv"]);
    here.ok(&["data", "inspect", "data/whole.csv"]);
}

#[test]
fn a_split_is_made_whatever_the_old_one_is_like() {
    let here = Sandbox::new();
    let mut lines = here.data_set();
    lines[4] = lines[4].replace("train", "validation");
    lines[5] = lines[5].replace("train", "");
    here.manifest(&lines);
    here.refuses(&["data", "inspect", "data"], &["line 5", "validation"]);
    here.ok(&["data", "split", "data", "--out", "data/whole.csv"]);
    let whole = rows(&here.read("data/whole.csv"));
    assert_eq!(whole.len(), 40);
    assert!(whole.iter().all(|row| row["partition"] == "train" || row["partition"] == "test"));
}

#[test]
fn synthetic_tissue_is_a_data_set_and_follows_its_seed() {
    let here = Sandbox::new();
    let make = |seed: &str, out: &str| {
        here.ok(&["data", "synthesize", "--tiles", "120", "--size", "24", "--seed", seed, "--out", out]);
        here.read(&format!("{out}/manifest.csv"))
    };
    let first = make("5", "a");
    assert_eq!(first, make("5", "b"));
    assert_ne!(first, make("6", "c"));
    let names: Vec<_> = std::fs::read_dir(here.path("a")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(rows(&first).len(), 120);
    assert!(rows(&first).iter().all(|row| (0.0..=1.0).contains(&row["severity"].parse::<f64>().unwrap())));
    for row in rows(&first) {
        assert_eq!(
            std::fs::read(here.path("a").join(&row["image"])).unwrap(),
            std::fs::read(here.path("b").join(&row["image"])).unwrap()
        );
    }
    here.refuses(&["data", "synthesize", "--tiles", "9", "--size", "24", "--out", "a"], &["a"]);
    here.refuses(&["data", "synthesize", "--tiles", "0", "--out", "d"], &["--tiles"]);
}

#[test]
fn real_tissue_is_recognised() {
    let Some(shared) = shared() else { return };
    let here = Sandbox::new();
    let ami_br = shared.join("data/ami-br");
    let seen = here.ok(&["data", "inspect", ami_br.to_str().unwrap(), "--json"]).json();
    assert_eq!(
        (&seen["n_tiles"], &seen["n_slides"], &seen["usable"]),
        (&2894.into(), &146.into(), &true.into())
    );
}

#[cfg(unix)]
#[test]
fn links_that_lead_back_and_pipes_end_in_an_error() {
    let here = Sandbox::new();
    for i in 0..12 {
        here.tile(&format!("folders/HP/{i}.png"), 16, i);
        here.tile(&format!("folders/SSA/{i}.png"), 16, 100 + i);
    }
    std::os::unix::fs::symlink("..", here.path("folders/HP/back")).unwrap();
    here.refuses(&["data", "inspect", "folders"], &["folders/HP", "link"]);
    std::fs::remove_file(here.path("folders/HP/back")).unwrap();
    let pipe = here.path("folders/SSA/pipe.png");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    here.refuses(&["data", "inspect", "folders"], &["pipe.png", "it is a pipe"]);
    std::fs::remove_file(pipe).unwrap();
    here.ok(&["data", "inspect", "folders"]);
}

#[test]
fn a_damaged_tile_is_told_without_a_decoders_inner_names() {
    let here = Sandbox::new();
    here.data_set();
    let mut bytes = std::fs::read(here.path("data/t03.png")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    here.write("data/t03.png", bytes);
    let said = here.refuses(&["data", "inspect", "data"], &["t03.png", "checksum"]).stderr;
    assert!(!said.contains('{'), "{said}");
}

#[test]
fn too_small_a_class_is_told_in_the_numbers_of_the_data() {
    let here = Sandbox::new();
    for i in 0..40 {
        here.tile(&format!("folders/HP/{i}.png"), 32, i);
    }
    for i in 0..3 {
        here.tile(&format!("folders/SSA/{i}.png"), 32, 100 + i);
    }
    here.write("STUDY.toml", "data = \"folders\"\n");
    for args in [
        vec!["data", "inspect", "folders"],
        vec!["run", "STUDY.toml", "--out", "out"],
        vec!["classify", "--input", "folders", "--out", "out"],
    ] {
        here.refuses(&args, &["SSA", "3 tiles", "12 are needed"]);
    }
    assert!(!here.path("out").exists());
}

#[test]
fn slides_of_one_name_in_several_spellings_are_one_slide() {
    let here = Sandbox::new();
    let good = here.data_set();
    for spelling in ["s03.svs", "S03", "s3", "s 03", "S_03.NDPI", "s03.ome.tiff", "\u{ff53}03"] {
        let mut lines = good.clone();
        lines[40] = lines[40].replace("s19", spelling);
        here.manifest(&lines);
        here.refuses(
            &["data", "inspect", "data"],
            &["slide s03 is in train and in test", "t39.png", "data split"],
        );
        here.refuses(
            &["classify", "--input", "data", "--out", "out"],
            &["slide s03 is in train and in test"],
        );
        here.ok(&["data", "split", "data", "--out", "data/whole.csv"]);
        let side = |slide: &str| {
            let whole = rows(&here.read("data/whole.csv"));
            whole.iter().filter(|r| r["image"] == slide).map(|r| r["partition"].clone()).next().unwrap()
        };
        assert_eq!(side("t06.png"), side("t39.png"), "{spelling}");
        std::fs::remove_file(here.path("data/whole.csv")).unwrap();
    }
    let mut lines = good.clone();
    lines[4] = lines[4].replace("s01", "S01.svs");
    here.manifest(&lines);
    let seen = here.ok(&["data", "inspect", "data", "--json"]).json();
    assert_eq!(seen["n_slides"], 20);
    assert!(seen["notes"].to_string().contains("S01.svs"), "{seen}");
}
