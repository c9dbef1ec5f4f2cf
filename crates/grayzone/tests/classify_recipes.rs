//! `classify` with the keys of a recipe.

mod sandbox;

use std::sync::LazyLock;

use sandbox::{Ended, Sandbox};

/// A data set whose tiles of HP are undisputed and those of SSA are not, and tiles that a program made of both classes.
static DATA: LazyLock<Sandbox> = LazyLock::new(|| {
    let here = Sandbox::new();
    here.data_set();
    for i in 0..6 {
        here.tile(&format!("made/HP/deep/m{i}.png"), 16, 100 + i);
        here.tile(&format!("made/SSA/m{i}.png"), 16, 200 + i);
    }
    here
});

const CLASSIFY: [&str; 9] = ["classify", "--input", "data", "--epochs", "4", "--width", "4", "--batch", "4"];

fn train(out: &str, keys: &[&str]) -> Ended {
    DATA.ok(&[&CLASSIFY[..], keys, &["--out", out]].concat())
}

fn weights(out: &str) -> Vec<u8> {
    std::fs::read(DATA.path(out).join("weights.safetensors")).unwrap()
}

#[track_caller]
fn refused(keys: &[&str], words: &[&str]) {
    DATA.refuses(&[&CLASSIFY[..], keys, &["--out", "never"]].concat(), words);
    assert!(!DATA.path("never").exists(), "{keys:?} is refused before anything is written");
}

#[test]
fn each_key_changes_the_training_and_repeats_to_the_last_bit() {
    train("plain", &[]);
    let plain = weights("plain");
    let told =
        ["--labels", "majority", "--curriculum", "none", "--augmentation", "paper", "--batch-norm", "shared"];
    let again = train("plain", &told);
    assert!(
        !again.stderr.contains("aside"),
        "defaults that are written out are the same job: {}",
        again.stderr
    );
    let keys: [(&str, &[&str]); 6] = [
        ("votes", &["--labels", "votes"]),
        ("agreement", &["--curriculum", "agreement"]),
        ("degraded", &["--augmentation", "degraded"]),
        ("copies", &["--copies-disputed"]),
        ("added", &["--add", "made", "--weight", "0.5"]),
        ("auxiliary", &["--add", "made", "--weight", "0.5", "--batch-norm", "auxiliary"]),
    ];
    let mut all = vec![plain];
    for (out, keys) in keys {
        train(out, &[keys, &["--threads", "1"]].concat());
        train(&format!("{out}-2"), keys);
        assert!(weights(out) == weights(&format!("{out}-2")), "{out} repeats");
        assert!(all.iter().all(|other| *other != weights(out)), "{out} is a training of its own");
        all.push(weights(out));
    }
    // The file of one with auxiliary norms is a classifier's like any other.
    DATA.ok(&["predict", "--weights", "auxiliary/weights.safetensors", "--input", "data", "--out", "p.csv"]);
    assert_eq!(DATA.read("p.csv").lines().count(), 41);
}

#[test]
fn what_is_added_is_told() {
    let stderr = train("told", &["--add", "made", "--copies-disputed", "--curriculum", "agreement"]).stderr;
    for words in ["note: 12 tiles added", "note: 10 tiles of low agreement", "no tile of class \"SSA\""] {
        assert!(stderr.contains(words), "{words}: {stderr}");
    }
}

#[test]
fn what_a_program_made_comes_with_the_last_tiles_of_a_curriculum() {
    let losses = |out: &str, keys: &[&str]| {
        train(out, &[&["--curriculum", "agreement"], keys].concat());
        let rows: Vec<record::ClassifierEpoch> =
            files::read_rows(&DATA.path(out).join("metrics.csv")).unwrap();
        rows.iter().map(|row| row.train_loss).collect::<Vec<_>>()
    };
    let without = losses("first-without", &[]);
    for (out, norm) in [("first-shared", "shared"), ("first-auxiliary", "auxiliary")] {
        let with = losses(out, &["--add", "made", "--batch-norm", norm]);
        assert_eq!(with[0], without[0], "{norm}: the first epoch shows tiles of high agreement alone");
        assert_ne!(with[1], without[1], "{norm}");
    }
}

#[test]
fn a_curriculum_by_confidence_takes_a_table_of_confidences() {
    train("scorer", &[]);
    let weights_file = "scorer/weights.safetensors";
    DATA.ok(&["score", "--weights", weights_file, "--input", "data", "--out", "confidences.csv"]);
    let keys = ["--curriculum", "confidence", "--confidences", "confidences.csv"];
    let ended = train("confident", &keys);
    assert!(ended.stderr.contains("may have been trained on them"), "{}", ended.stderr);
    train("unordered", &[]);
    assert!(weights("confident") != weights("unordered"));

    // Out of fold is preferred, whatever else the table says, and then nothing is to be noted.
    let mut rows = vec!["image,confidence,confidence_out_of_fold".to_owned()];
    rows.extend((0..20).map(|i| format!("t{i:02}.png,{},{}", 0.5, 0.9 - 0.01 * f64::from(i))));
    DATA.write("held-out.csv", rows.join("\n") + "\n");
    let ended = train("held-out", &["--curriculum", "confidence", "--confidences", "held-out.csv"]);
    assert!(!ended.stderr.contains("may have been"), "{}", ended.stderr);
    assert!(weights("held-out") != weights("confident"));

    refused(&["--curriculum", "confidence"], &["confidences are not known", "--confidences"]);
    refused(&["--confidences", "held-out.csv"], &["--confidences", "--curriculum confidence"]);
    let with = |rows: &[String]| {
        DATA.write("bad.csv", rows.join("\n") + "\n");
        ["--curriculum", "confidence", "--confidences", "bad.csv"]
    };
    refused(&with(&rows[..20]), &["bad.csv", "no confidence of the training tile t19.png"]);
    refused(&with(&["image,score".to_owned(), "t00.png,1".to_owned()]), &["bad.csv (line 1)", "confidence"]);
    refused(&with(&["name,confidence".to_owned(), "t00.png,1".to_owned()]), &["no column image"]);
    let mut wrong = rows.clone();
    wrong[3] = "t02.png,0.5,high".to_owned();
    refused(&with(&wrong), &["bad.csv (line 4)", "\"high\""]);
    wrong[3] = "t01.png,0.5,0.5".to_owned();
    refused(&with(&wrong), &["bad.csv (line 4)", "line 3"]);
    refused(&["--curriculum", "confidence", "--confidences", "none.csv"], &["none.csv"]);
}

#[test]
fn votes_where_there_are_none_are_refused_before_training() {
    let here = Sandbox::new();
    let lines = here.data_set();
    let without: Vec<String> =
        lines.iter().map(|line| line.splitn(5, ',').take(4).collect::<Vec<_>>().join(",")).collect();
    here.manifest(&without);
    for keys in [&["--labels", "votes"][..], &["--curriculum", "agreement"], &["--copies-disputed"]] {
        let args = [&CLASSIFY[..], keys, &["--out", "never"]].concat();
        here.refuses(&args, &["no training tile has any votes", "manifest.csv", "votes_CLASS"]);
        assert!(!here.path("never").exists());
    }
    // Of one tile that has none its label is learnt, which is said.
    let mut some = lines;
    some[1] = "t00.png,HP,train,s00,,".to_owned();
    here.manifest(&some);
    let ended = here.ok(&[&CLASSIFY[..], &["--labels", "votes", "--out", "net"]].concat());
    assert!(ended.stderr.contains("note: 1 tile without votes"), "{}", ended.stderr);
    // With every training tile disputed, nothing is left to begin with.
    let disputed: Vec<String> = some.iter().map(|line| line.replace(",3,0", ",2,1")).collect();
    here.manifest(&[&disputed[..1], &disputed[2..]].concat());
    let args = [&CLASSIFY[..], &["--curriculum", "agreement", "--out", "never"]].concat();
    here.refuses(&args, &["the curriculum cannot begin", "--curriculum"]);
}

#[test]
fn tiles_that_cannot_be_added_are_refused() {
    let here = &*DATA;
    refused(&["--weight", "0.5"], &["--weight", "--add"]);
    refused(&["--batch-norm", "auxiliary"], &["auxiliary", "--add"]);
    refused(&["--batch-norm", "auxiliary", "--copies-disputed"], &["auxiliary", "--add"]);
    for weight in ["0", "-1", "nan", "1e9"] {
        refused(&["--add", "made", "--weight", weight], &["--weight"]);
    }
    refused(&["--add", "nowhere"], &["nowhere", "no folder"]);
    here.write("empty/HP/notes.txt", "no tile");
    refused(&["--add", "empty"], &["empty", "one folder a class: HP, SSA"]);
    here.tile("loose/a.png", 16, 1);
    refused(&["--add", "loose"], &["loose/a.png", "HP, SSA"]);
    here.tile("other/SSAA/a.png", 16, 1);
    refused(&["--add", "other"], &["other/SSAA/a.png", "SSAA", "did you mean SSA?"]);
    here.tile("large/HP/a.png", 20, 1);
    refused(&["--add", "large"], &["20 × 20", "a.png", "--resize"]);
    here.tile("leak/SSA/a.png", 16, 21);
    refused(&["--add", "leak"], &["leak/SSA/a.png", "test tile", "t21.png"]);
    here.write("broken/HP/a.png", "no picture");
    refused(&["--add", "broken"], &["a.png"]);
    here.refuses(
        &["classify", "--input", "data", "--labels", "judge", "--out", "never"],
        &["judge", "votes"],
    );
}

#[test]
fn a_network_is_fine_tuned_from_weights_of_ours_and_parts_of_it_may_stay() {
    train("parent", &[]);
    let parent = "parent/weights.safetensors";
    train("tuned", &["--init", parent, "--freeze", "conv1,layer1,layer2"]);
    assert_ne!(weights("tuned"), weights("parent"));
    let tensors = |out: &str| {
        let (network, _) =
            nets::load_classifier(&DATA.path(out).join("weights.safetensors"), &burn::tensor::Device::flex())
                .unwrap();
        nets::NamedTensors::tensors(&network)
    };
    let (before, after) = (tensors("parent"), tensors("tuned"));
    for (name, tensor) in &after {
        let is_frozen = ["conv1.", "bn1.", "layer1.", "layer2."].iter().any(|part| name.starts_with(part));
        assert_eq!(before[name] == *tensor, is_frozen, "{name}");
    }
    refused(&["--init", "nowhere.pth"], &["nowhere.pth"]);
    refused(&["--init", parent, "--architecture", "resnet34"], &["ResNet-18 of width 4", "ResNet-34"]);
    refused(&["--init", parent, "--freeze", "fc"], &["no part", "layer4"]);
    refused(&["--freeze", "layer1"], &["--init"]);
}
