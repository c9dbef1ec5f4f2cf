//! `grayzone run`: settings and data that cannot work are refused before any training, and the plan is told.

mod sandbox;

use sandbox::Sandbox;

const STUDY: &str = "preset = \"demo\"\ndata = \"data\"\nsource_class = \"HP\"\n";

/// Runs a study with these settings and expects it to be refused, leaving nothing behind.
#[track_caller]
fn refuses(here: &Sandbox, settings: &str, words: &[&str]) {
    here.write("STUDY.toml", settings);
    here.refuses(&["run", "STUDY.toml", "--out", "out"], words);
    here.refuses(&["run", "STUDY.toml", "--out", "out", "--dry-run"], words);
    let left = std::fs::read_dir(here.path("out")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "a refused study leaves files behind");
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let here = Sandbox::new();
    here.data_set();
    here.refuses(&["run", "NONE.toml"], &["NONE.toml"]);
    refuses(&here, "", &["STUDY.toml", "data"]);
    refuses(&here, "data = [", &["STUDY.toml (line 1)"]);
    refuses(&here, &format!("{STUDY}epoch = 3\n"), &["STUDY.toml (line 4)", "epoch", "did you mean"]);
    refuses(&here, &format!("{STUDY}[scorer]\nepoch = 3\n"), &["STUDY.toml (line 5)", "epochs"]);
    refuses(&here, &format!("{STUDY}phi = [80]\n"), &["STUDY.toml", "phi = 80"]);
    refuses(&here, &format!("{STUDY}phi = []\n"), &["STUDY.toml", "phi"]);
    refuses(&here, &format!("{STUDY}seeds = -1\n"), &["STUDY.toml (line 4)"]);
    refuses(&here, &format!("{STUDY}preset = \"huge\"\n"), &["STUDY.toml"]);
    refuses(&here, &STUDY.replace("HP", "TA"), &["TA"]);
    refuses(&here, &STUDY.replace("HP", "hp"), &["hp", "did you mean \"HP\""]);
    refuses(&here, &STUDY.replace("\"data\"", "\"nowhere\""), &["nowhere", "no such file"]);
    refuses(
        &here,
        &format!("{STUDY}epochs = 3\n"),
        &["(line 4)", "belongs below [scorer], [classifier], [translator]"],
    );
    refuses(&here, &format!("{STUDY}[scorer]\nphi = [25]\n"), &["(line 5)", "belongs at the top"]);
    refuses(&here, &format!("{STUDY}phi = 25\n"), &["(line 4)", "a list such as [25]"]);
    refuses(&here, &format!("{STUDY}seeds = 2.5\n"), &["(line 4)", "a whole number"]);
    refuses(&here, &format!("{STUDY}seeds = 1000000000\n"), &["seeds = 1000000000"]);
    refuses(&here, &format!("{STUDY}seed = 18446744073709551615\n"), &["seed = 18446744073709551615"]);
    refuses(&here, &format!("{STUDY}name = \"{}\"\n", "n".repeat(300)), &["name"]);
    here.write("STUDY.toml", b"data = \"\xff\"");
    here.refuses(&["run", "STUDY.toml"], &["STUDY.toml", "UTF-8"]);
    here.refuses(&["run", "data"], &["data", "it is a directory"]);
}

#[test]
fn recipes_that_need_votes_are_refused_where_there_are_none() {
    let here = Sandbox::new();
    let with_votes = here.data_set();
    let recipes = "[[training_set]]\nname = \"soft\"\nlabels = \"votes\"\n[[training_set]]\nname = \"both\"\ncurriculum = \
                   \"agreement\"\nadd = [\"naive\", \"copies-disputed\"]\n";
    let study = format!("{STUDY}{recipes}");
    // Every tile of class HP has all votes of its annotators.
    let unanimous = [
        "[[training_set]] \"both\", add 2: there are no disputed tiles",
        "of class \"HP\" agree",
        "copies-hard",
    ];
    refuses(&here, &study, &unanimous);
    let bare: Vec<String> =
        with_votes.iter().map(|line| line.split(',').take(4).collect::<Vec<_>>().join(",")).collect();
    here.manifest(&bare);
    let told = [
        "[[training_set]] \"soft\": labels = \"votes\" cannot be used, in data",
        "\"both\": curriculum = \"agreement\" cannot be used",
        "\"both\", add 2: there are no disputed tiles to copy",
        "no training tile has votes",
        "labels = \"majority\"",
    ];
    refuses(&here, &study, &told);
    refuses(
        &here,
        &format!("{STUDY}[select]\nby = \"agreement\"\n"),
        &["select.by = \"agreement\"", "no training tile of class"],
    );
    here.manifest(&with_votes);
    refuses(
        &here,
        &format!("{STUDY}[select]\nby = \"agreement\"\n"),
        &["select.by = \"agreement\"", "all agree", "confidence"],
    );
}

#[test]
fn tiles_too_small_for_a_translator_are_refused_before_any_training() {
    let here = Sandbox::new();
    here.ok(&["data", "synthesize", "--tiles", "320", "--size", "20", "--out", "data"]);
    refuses(&here, &format!("{STUDY}tile_size = 16\n"), &["STUDY.toml", "tile_size = 16", "24"]);
    refuses(&here, STUDY, &["tiles of 20 px", "in data", "24"]);
}

#[test]
fn a_tile_that_is_not_square_is_refused_with_the_settings_that_help() {
    let here = Sandbox::new();
    here.ok(&["data", "synthesize", "--tiles", "320", "--size", "32", "--out", "data"]);
    image::RgbImage::new(40, 32).save(here.path("data/images/s001-t005.png")).unwrap();
    refuses(&here, STUDY, &["s001-t005.png", "40 × 32", "fit = \"resize\""]);
}

#[test]
fn data_that_cannot_carry_a_study_are_refused() {
    let here = Sandbox::new();
    let good = here.data_set();
    // 20 train tiles, 10 of the source class: far fewer than 20 hard ones.
    refuses(&here, STUDY, &["hard"]);
    let mut lines = good.clone();
    lines[3] = "t02.png,HP,train,s19,3,0".to_owned();
    here.manifest(&lines);
    refuses(&here, STUDY, &["s19"]);
    here.ok(&["data", "synthesize", "--tiles", "320", "--size", "24", "--out", "tissue"]);
    here.write("tissue/images/s001-t005.png", "text");
    refuses(&here, &STUDY.replace("\"data\"", "\"tissue\""), &["s001-t005.png", "decode"]);
}

#[test]
fn an_output_folder_that_is_not_ours_is_left_alone() {
    let here = Sandbox::new();
    here.write("taken/letter.txt", "dear reader");
    here.write("file", "in the way");
    here.refuses(&["demo", "--smallest", "--out", "taken"], &["taken", "--out"]);
    here.refuses(&["demo", "--smallest", "--out", "file"], &["file"]);
    here.data_set();
    let classify = ["classify", "--input", "data", "--epochs", "1", "--width", "4", "--out"];
    here.refuses(&[&classify[..], &["taken"]].concat(), &["taken", "not empty"]);
    here.refuses(&[&classify[..], &["file"]].concat(), &["file", "it is a file"]);
    here.refuses(&["data", "synthesize", "--tiles", "20", "--out", "file"], &["file"]);
    here.write("other/study.toml", "");
    here.refuses(&["demo", "--smallest", "--out", "other"], &["other", "another study"]);
    assert_eq!(std::fs::read_dir(here.path("other")).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(here.path("taken")).unwrap().count(), 1);
    here.refuses(&["report", "taken"], &["taken"]);
    here.refuses(&["report", "nowhere"], &["nowhere"]);
}

#[test]
fn a_dry_run_tells_the_plan_and_does_nothing() {
    let here = Sandbox::new();
    here.ok(&["data", "synthesize", "--tiles", "320", "--size", "32", "--out", "data"]);
    here.write(
        "STUDY.toml",
        format!("{STUDY}[scorer]\nwidth = 4\n[classifier]\nwidth = 4\n[translator]\nwidth = 4\n"),
    );
    let plan = here.ok(&["run", "STUDY.toml", "--dry-run", "--json"]).json();
    let steps: Vec<&str> =
        plan["steps"].as_array().unwrap().iter().map(|s| s["step"].as_str().unwrap()).collect();
    for step in
        ["scorer", "fold-0", "select-phi-25", "translator-phi-25", "retrain-original-seed-0", "evaluate"]
    {
        assert!(steps.contains(&step), "{steps:?}");
    }
    assert!(plan["total_seconds"].as_f64().unwrap() > 0.0);
    assert!(!here.path("runs").exists(), "a dry run writes nothing");
}

#[test]
fn a_value_that_was_meant_otherwise_is_told_as_it_should_be_written() {
    let here = Sandbox::new();
    for (line, words) in [
        (r#"data = "D:\tiles\new""#, &["`data`", "backslash", r"write data = 'D:\tiles\new'"][..]),
        (r#"data = "C:\Users\x""#, &["`data`", "backslash", r"write data = 'C:\Users\x'"]),
        (r#"data = "\\server\share""#, &["`data`", r"write data = '\\server\share'"]),
        (r#"data = "D:\tiles\""#, &["`data`", r"write data = 'D:\tiles\'"]),
        (r"data = D:\tiles", &["`data`", r"write data = 'D:\tiles'"]),
        ("classes = \"HP,SSA\"", &["`classes`", "write classes = [\"HP\", \"SSA\"]"]),
        ("classes = [HP, SSA]", &["`classes`", "write classes = [\"HP\", \"SSA\"]"]),
        ("phi = 25", &["`phi`", "write phi = [25]"]),
        ("phi = \"50; 12,5\"", &["`phi`", "write phi = [50, 12.5]"]),
        ("phi = [\"50\", \"25\"]", &["`phi`", "write phi = [50, 25]"]),
        ("tile_size = \"224\"", &["`tile_size`", "write tile_size = 224"]),
        ("validation = 0,15", &["`validation`", "write validation = 0.15"]),
        ("validation = 15%", &["`validation`", "write validation = 0.15"]),
        ("naive = True", &["`naive`", "write naive = true"]),
        ("naive = \"no\"", &["`naive`", "write naive = false"]),
        ("name = polyps", &["`name`", "write name = \"polyps\""]),
        ("name = \u{201c}polyps\u{201d}", &["typographic", "name = \"polyps\""]),
        ("name = \"polyps", &["`name`", "not closed", "write name = \"polyps\""]),
        ("name: polyps", &["separated by =", "write name = \"polyps\""]),
        ("name = \"a\" // x", &["`name`", "#"]),
        ("preset = \"Paper\"", &["`preset`", "write preset = \"paper\""]),
        ("scoring = \"out of fold\"", &["`scoring`", "write scoring = \"out-of-fold\""]),
        ("select = \"confidence\"", &["`select`", "[select]", "by = \"confidence\""]),
        ("scorer = 5", &["`scorer`", "[scorer]"]),
        ("name = 5", &["`name`", "write name = \"5\""]),
        ("seed = 1\nseed = 2", &["line 3 has it already"]),
        ("phi = [50,", &["not closed"]),
        ("phi = 12,5", &["`phi`", "write phi = [12.5] for one value, or phi = [12, 5] for two"]),
        ("phi = \"12,5\"", &["`phi`", "phi = [12.5]"]),
        ("name == \"x\"", &["one =", "write name = \"x\""]),
        (r"data = 'D:\Mia's tiles'", &["`data`", "apostrophe", "write data = \"D:/Mia's tiles\""]),
        (r#"data = "D:\Mia's tiles""#, &["`data`", "write data = \"D:/Mia's tiles\""]),
        ("name = \"a\u{1b}b\"", &["`name`", r"control character (\u{1b})", "write name = \"ab\""]),
        (r#"data = "D:\u1234abc""#, &["`data`", "backslash", r"write data = 'D:\u1234abc'"]),
        ("data = \"x\"\r\rfolds = 1\r", &["line 5", "folds = 1"]),
    ] {
        here.write("STUDY.toml", format!("# a study\n\n{line}\n"));
        let at = if line.contains('\r') {
            "STUDY.toml (line 5)"
        } else if line.contains('\n') {
            "STUDY.toml (line 4)"
        } else {
            "STUDY.toml (line 3)"
        };
        here.refuses(&["run", "STUDY.toml"], &[words, &[at]].concat());
    }
    here.write("STUDY.toml", "data = \"x\"\n\n[scorer]\nwidth = \"4\"\n[scorer]\n");
    here.refuses(&["run", "STUDY.toml"], &["STUDY.toml (line 5)", "[scorer] is there twice", "line 3"]);
    here.write("STUDY.toml", "data = \"x\"\nfolds = 1\n");
    here.refuses(&["run", "STUDY.toml"], &["STUDY.toml (line 2)", "folds = 1 is out of range"]);
    here.write("STUDY.toml", "data = \"x\"\n[translator]\nepochs = 2\nsteps = 9\n");
    // The data are not there; that the steps rule is said before.
    here.refuses(&["run", "STUDY.toml"], &["STUDY.toml (line 4)", "the steps say how long", "\nerror: "]);
    here.write("STUDY.toml", "data = \"x\"\n[scorer]\nepochs = 0\n");
    here.refuses(&["run", "STUDY.toml"], &["STUDY.toml (line 3)", "epochs = 0"]);
    let wide: Vec<u8> =
        "\u{feff}data = \"x\"\nphi = [80]\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    here.write("STUDY.toml", wide);
    here.refuses(&["run", "STUDY.toml"], &["STUDY.toml (line 2)", "phi = 80"]);
    here.write("STUDY.toml", b"data = \"sch\xf6n\"\n");
    let said = here.refuses(&["run", "STUDY.toml"], &["STUDY.toml (line 1)", "Windows-1252"]).stderr;
    assert!(!said.contains("delete"), "{said}");
}

#[test]
fn few_slides_are_told_with_what_would_help_and_never_with_what_is_set() {
    let here = Sandbox::new();
    // Two train slides of each class, and 40 tiles on each.
    let mut lines = vec!["image,class,partition,slide".to_owned()];
    for i in 0..200 {
        here.tile(&format!("data/t{i:03}.png"), 32, i);
        let (class, side) = (["HP", "SSA"][i as usize % 2], if i < 160 { "train" } else { "test" });
        lines.push(format!("t{i:03}.png,{class},{side},{}{class}", i / 80));
    }
    here.manifest(&lines);
    let study = |settings: &str| {
        here.write("STUDY.toml", format!("data = \"data\"\nphi = [50]\n{settings}"));
        here.run(&["run", "STUDY.toml", "--dry-run"])
    };
    for settings in ["", "folds = 2\n", "folds = 3\n"] {
        let ended = study(settings);
        ended.is_input_error(settings);
        assert!(ended.stderr.contains("too few train slides"), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("validation = 0") && !ended.stderr.contains("set folds = 2"),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(study("validation = 0\nfolds = 2\n").code, 0);
    let said = here.refuses(&["data", "inspect", "data"], &["too few train slides", "validation = 0"]);
    assert!(said.stdout.contains("no: 1 fault"), "{}", said.stdout);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_study_or_table_is_named_and_not_waited_for() {
    let here = Sandbox::new();
    for name in ["STUDY.toml", "s.csv"] {
        assert!(std::process::Command::new("mkfifo").arg(here.path(name)).status().unwrap().success());
    }
    here.refuses(&["run", "STUDY.toml"], &["STUDY.toml", "it is a pipe"]);
    here.refuses(
        &["stats", "ks", "--csv", "s.csv", "--value", "a", "--group", "b"],
        &["s.csv", "it is a pipe"],
    );
    here.refuses(&["data", "inspect", "s.csv"], &["s.csv", "it is a pipe"]);
}
