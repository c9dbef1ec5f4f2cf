//! Names that would drive a terminal: whatever is printed, no control character but the line break gets out.

mod sandbox;

use std::collections::BTreeMap;

use sandbox::Sandbox;

/// Clears the screen, sets the title, rings, overwrites the line, turns the writing round, has no width; and C1's one-character escape.
const HOSTILE: &str =
    "a\u{1b}[2J\u{1b}]0;x\u{7}b\u{8}\u{7f}c\u{9b}31md\u{202e}gnp\u{200b}e\u{2066}\u{feff}\u{85}";

/// Runs, and looks at every character of both streams.
#[track_caller]
fn clean(here: &Sandbox, args: &[&str]) -> sandbox::Ended {
    let ended = here.run(args);
    for (stream, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        let raw: Vec<char> = text
            .chars()
            .filter(|c| {
                (c.is_control() && *c != '\n')
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
            })
            .collect();
        assert!(raw.is_empty(), "grayzone {args:?}: {stream} holds {raw:?}: {text:?}");
    }
    assert!(!ended.stderr.contains("internal fault"), "{}", ended.stderr);
    ended
}

fn csv_cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[test]
fn arguments_are_escaped() {
    let here = Sandbox::new();
    for args in [
        &[HOSTILE][..],
        &["data", HOSTILE],
        &["data", "inspect", HOSTILE],
        &["data", "inspect", "x", &format!("--{HOSTILE}")],
        &["data", "split", "x", "--train", HOSTILE],
        &["--device", HOSTILE, "devices"],
        &["run", HOSTILE],
        &["weights", "inspect", HOSTILE],
        &["stats", "auc", HOSTILE, "--truth", HOSTILE, "--score", "s"],
        &["predict", "--weights", HOSTILE, "--input", HOSTILE, "--out", HOSTILE],
        &["translate", "--weights", HOSTILE, "--input", HOSTILE, "--out", HOSTILE],
        &["reader", "serve", HOSTILE],
        &["report", HOSTILE],
    ] {
        let ended = clean(&here, args);
        assert_eq!(ended.code, 2, "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("error: "), "{args:?}");
    }
}

#[test]
fn tensors_and_metadata_are_escaped() {
    let here = Sandbox::new();
    let named = format!("{HOSTILE}\n");
    let tensors = BTreeMap::from([
        (named.clone(), (vec![2], vec![1.0, f32::NAN])),
        (format!("model.{named}conv1.weight"), (vec![1], vec![1.0])),
    ]);
    let metadata =
        BTreeMap::from([(named.clone(), named.clone()), ("grayzone".to_owned(), "classifier".to_owned())]);
    nets::write_tensors(&here.path("w.safetensors"), &tensors, &metadata).unwrap();
    let text = clean(&here, &["weights", "inspect", "w.safetensors"]).stdout;
    assert!(text.contains("a\\u{1b}[2J") && text.contains("\\u{202e}gnp"), "{text}");
    // A name is one line: header, rule and two rows, behind the network, its note and two texts.
    assert_eq!(text.lines().filter(|line| line.starts_with('|')).count(), 4, "{text}");
    let told = clean(&here, &["weights", "inspect", "w.safetensors", "--json"]);
    let told = told.json();
    assert_eq!(told["tensors"][0]["name"], named, "JSON keeps what was meant");
    here.tile("tiles/a.png", 12, 1);
    for command in ["predict", "translate"] {
        let ended = clean(&here, &[command, "--weights", "w.safetensors", "--input", "tiles", "--out", "o"]);
        assert_eq!(ended.code, 2);
    }
    here.write("no.pth", format!("\u{80}{HOSTILE}"));
    clean(&here, &["weights", "inspect", "no.pth"]);
}

#[cfg(unix)]
#[test]
fn files_classes_and_slides_are_escaped() {
    let here = Sandbox::new();
    let class = format!("H\n{HOSTILE}");
    // Control characters in a tile's path are refused, the writing's direction is not.
    let tile = "e\u{202e}gnp\u{200b}.png";
    let mut lines = vec!["image,class,partition,slide".to_owned()];
    for i in 0..40 {
        let name = format!("{i}{tile}");
        here.tile(&format!("data/{name}"), 16, i);
        let (class, side) =
            (if i % 2 == 0 { class.as_str() } else { "SSA" }, if i < 20 { "train" } else { "test" });
        let slide = format!("{HOSTILE}{}", i / 2);
        lines.push(format!("{},{},{side},{}", csv_cell(&name), csv_cell(class), csv_cell(&slide)));
    }
    here.manifest(&lines);
    for args in [&["data", "inspect", "data"][..], &["data", "inspect", "data", "--json"]] {
        clean(&here, args);
    }
    clean(&here, &["data", "split", "data", "--out", "split.csv"]);
    clean(&here, &["data", "split", "data", "--out", "split.csv", "--json"]);
    let trained =
        clean(&here, &["classify", "--input", "data", "--epochs", "1", "--width", "4", "--out", "net"]);
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    let score =
        clean(&here, &["score", "--weights", "net/weights.safetensors", "--input", "data", "--out", "s.csv"]);
    assert_eq!(score.code, 0, "{}", score.stderr);
    assert!(score.stdout.contains("H\\na\\u{1b}"), "{}", score.stdout);
    clean(
        &here,
        &[
            "predict",
            "--weights",
            "net/weights.safetensors",
            "--input",
            "data",
            "--out",
            &format!("{HOSTILE}.csv"),
        ],
    );
    clean(
        &here,
        &[
            "predict",
            "--weights",
            "net/weights.safetensors",
            "--input",
            "data",
            "--out",
            "p.csv",
            "--classes",
            &format!("{HOSTILE},b"),
        ],
    );
    let forbidden = lines[1].replace('0', &format!("0{HOSTILE}"));
    here.manifest(&[lines[0].clone(), forbidden]);
    let error = clean(&here, &["data", "inspect", "data"]).stderr;
    assert!(error.contains("because it has a control character"), "{error}");
    here.tile(&format!("loose/{HOSTILE}.png"), 16, 1);
    here.write(&format!("loose/{HOSTILE}2.png"), "no picture");
    clean(&here, &["predict", "--weights", "net/weights.safetensors", "--input", "loose", "--out", "l.csv"]);
    clean(&here, &["data", "inspect", "loose"]);
    // A slide on both sides, a tile that is none, a column that is missing, a setting that is unknown.
    lines[40] = lines[40].replace(",test,", ",train,");
    here.manifest(&lines);
    clean(&here, &["data", "inspect", "data"]);
    here.write(&format!("data/0{tile}"), "no picture");
    clean(&here, &["data", "inspect", "data"]);
    here.write(
        "t.csv",
        format!("{},b\n{},0.5\n{},1\n", csv_cell(HOSTILE), csv_cell(HOSTILE), csv_cell(&class)),
    );
    clean(&here, &["stats", "auc", "t.csv", "--truth", "c", "--score", "b"]);
    clean(&here, &["stats", "auc", "t.csv", "--truth", HOSTILE, "--score", "b"]);
    clean(&here, &["stats", "agreement", "t.csv"]);
    here.write("STUDY.toml", format!("name = \"{}\"\ndata = \"data\"\n", "a\\u001b[2J\\u202e"));
    clean(&here, &["run", "STUDY.toml", "--dry-run"]);
    here.write("STUDY.toml", "data = \"data\"\n\"a\\u001b[2J\" = 1\n");
    clean(&here, &["run", "STUDY.toml"]);
}
