//! `grayzone translator`: a translator between two folders, or between those of a CycleGAN data set.

mod sandbox;

use sandbox::Sandbox;

/// The smallest translator of a few steps.
const SMALL: [&str; 8] = ["--steps", "4", "--width", "4", "--blocks", "1", "--seed", "3"];

/// Tiles `from` to `to` of 24 px in a folder.
fn tiles(here: &Sandbox, folder: &str, numbers: std::ops::Range<u32>) {
    for i in numbers {
        here.tile(&format!("{folder}/t{i:02}.png"), 24, i);
    }
}

/// `grayzone translator`, and what is added to it.
fn translator<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["translator"], more, &SMALL[..]].concat()
}

#[test]
fn two_folders_make_a_translator_and_the_command_that_uses_it() {
    let here = Sandbox::new();
    tiles(&here, "easy", 0..4);
    tiles(&here, "hard/deeper", 4..7);
    let train = translator(&["easy", "hard", "--out", "my net"]);
    let told = here.ok(&train);
    for file in [
        "g_ab.safetensors",
        "g_ba.safetensors",
        "metrics.csv",
        "samples/epoch-001.png",
        "samples/epoch-002.png",
    ] {
        assert!(here.path("my net").join(file).is_file(), "{file}");
    }
    assert!(told.stderr.contains("epoch 2: cycle"), "{}", told.stderr);
    // The last line does what it says.
    let last = told.stdout.lines().last().unwrap().replace("TILES", "easy").replace("TRANSLATED", "harder");
    assert_eq!(last, "grayzone translate --weights 'my net/g_ab.safetensors' --input easy --out harder");
    let words: Vec<String> = last
        .split(['\''])
        .enumerate()
        .flat_map(|(k, part)| match k % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
            _ => vec![part.to_owned()],
        })
        .collect();
    here.ok(&words[1..].iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(image::image_dimensions(here.path("harder/t00.png")).unwrap(), (24, 24));

    // The same seed gives the same weights on one thread; done already, it is read and not trained again.
    let weights = |folder: &str| std::fs::read(here.path(folder).join("g_ba.safetensors")).unwrap();
    here.ok(&translator(&["easy", "hard", "--out", "again", "--threads", "1"]));
    assert_eq!(weights("my net"), weights("again"));
    let again = here.ok(&translator(&["easy", "hard", "--out", "my net", "--json"]));
    assert!(!again.stderr.contains("epoch"), "{}", again.stderr);
    assert_eq!(again.json()["g_ab"], "my net/g_ab.safetensors");
}

#[test]
fn the_data_set_of_a_cyclegan_is_known_and_its_test_tiles_are_translated() {
    let here = Sandbox::new();
    tiles(&here, "set/trainA", 0..3);
    tiles(&here, "set/trainB", 3..6);
    tiles(&here, "set/testA/slide", 6..8);
    tiles(&here, "set/testB", 8..11);
    let told = here.ok(&translator(&["set", "--out", "net", "--resize", "--size", "32"]));
    let written = |folder: &str| {
        let mut names: Vec<String> = std::fs::read_dir(here.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(written("net/testA/slide"), ["t06.png", "t07.png"]);
    assert_eq!(written("net/testB"), ["t08.png", "t09.png", "t10.png"]);
    assert_eq!(image::image_dimensions(here.path("net/testB/t08.png")).unwrap(), (32, 32));
    let lines: Vec<&str> = told.stdout.lines().collect();
    assert_eq!(lines[..2], ["2 translations in net/testA", "3 translations in net/testB"]);
    assert!(lines.last().unwrap().contains("--resize --size 32"), "{}", told.stdout);
    // The translation of testA is that of g_ab, that of testB of g_ba.
    for (weights, folder) in [("net/g_ab.safetensors", "testA"), ("net/g_ba.safetensors", "testB")] {
        let input = format!("set/{folder}");
        let out = format!("by-{folder}");
        let args =
            ["translate", "--weights", weights, "--input", &input, "--out", &out, "--resize", "--size", "32"];
        here.ok(&args);
        let name = if folder == "testA" { "slide/t06.png" } else { "t08.png" };
        let pixels = |at: &str| image::open(here.path(at).join(name)).unwrap().to_rgb8();
        assert_eq!(pixels(&out), pixels(&format!("net/{folder}")), "{folder}");
    }
}

#[test]
fn what_cannot_be_two_sides_is_refused_before_training() {
    let here = Sandbox::new();
    tiles(&here, "a", 0..3);
    tiles(&here, "b", 3..6);
    tiles(&here, "a/inner", 6..8);
    let refuses = |more: &[&str], words: &[&str]| {
        here.refuses(&translator(&[more, &["--out", "net"]].concat()), words);
        assert!(!here.path("net").exists(), "{more:?} leaves files behind");
    };
    refuses(&["a", "a"], &["in a and a", "both are one folder"]);
    refuses(&["a", "./a/../a"], &["both are one folder"]);
    refuses(&["a", "a/inner"], &["one lies in the other"]);
    refuses(&["a"], &["in a, because it has no trainA and trainB"]);
    refuses(&["nowhere"], &["in nowhere", "no such file"]);
    refuses(&["a", "nowhere"], &["nowhere"]);
    here.tile("one/a.png", 24, 9);
    refuses(&["one", "b"], &["a single tile", "in one"]);
    here.tile("twin/x.png", 24, 4);
    here.tile("twin/y.png", 24, 5);
    refuses(
        &["twin", "b"],
        &["on both sides, in twin/x.png and b/t04.png", "(and one more pair)", "keep it on one"],
    );
    here.tile("small/a.png", 16, 1);
    here.tile("small/b.png", 16, 2);
    refuses(&["small", "b"], &["small/a.png", "16 × 16 px are too small", "24 px"]);
    refuses(&["a", "small"], &["small/a.png", "16 × 16", "--resize"]);
    refuses(&["a", "b", "--lr", "-1"], &["--lr"]);
    refuses(&["a", "b", "--identity", "-1"], &["--identity"]);
    here.refuses(&["translator", "a", "b", "--out", "net", "--epochs", "1", "--steps", "2"], &["--steps"]);
    here.refuses(&["translator", "a", "b", "b", "--out", "net"], &["in the arguments"]);
    here.refuses(&translator(&["a", "b", "--out", "b"]), &["--out b", "both are one folder"]);
    here.write("taken/letter.txt", "dear reader");
    here.refuses(&translator(&["a", "b", "--out", "taken"]), &["taken", "not empty"]);
    // Test tiles are looked at before the training, too.
    tiles(&here, "set/trainA", 0..2);
    tiles(&here, "set/trainB", 3..5);
    here.write("set/testA/broken.png", "text");
    refuses(&["set"], &["broken.png"]);
}

#[cfg(unix)]
#[test]
fn an_interrupted_training_goes_on_and_ends_as_an_uninterrupted_one() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let here = Sandbox::new();
    tiles(&here, "a", 0..3);
    tiles(&here, "b", 3..6);
    let args = |out| ["translator", "a", "b", "--steps", "60", "--width", "4", "--blocks", "1", "--out", out];
    here.ok(&args("whole"));
    let mut child = here.command(&args("net")).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line.starts_with("epoch 1:")).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let rest: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(rest.last().unwrap().contains("run the same command again"), "{rest:?}");
    assert!(!here.path("net/g_ab.safetensors").exists());
    let told = here.ok(&args("net"));
    assert!(!told.stderr.contains("epoch 1:") && told.stderr.contains("epoch 20:"), "{}", told.stderr);
    for file in ["g_ab.safetensors", "g_ba.safetensors", "metrics.csv"] {
        let read = |out: &str| std::fs::read(here.path(out).join(file)).unwrap();
        assert_eq!(read("whole"), read("net"), "{file}");
    }
}
