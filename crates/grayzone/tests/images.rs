//! Images and folders as people have them, through the program: bits, pipes, runs and folders among the data.

mod sandbox;

use image::{DynamicImage, ImageBuffer, Rgb};
use sandbox::{Sandbox, study, tile};

const KEYS: &str = r#"
preset = "demo"
data = "data"
phi = [50]
seeds = 1
naive = false
validation = 0
"#;

/// Two classes, `n` tiles of 32 px each; what is saved of a tile is up to `save`.
fn folders(here: &Sandbox, n: u32, save: impl Fn(&DynamicImage, &std::path::Path)) {
    for (class, from) in [("HP", 0), ("SSA", 1000)] {
        for k in 0..n {
            let path = here.write(&format!("data/{class}/{k}.png"), "");
            save(&DynamicImage::ImageRgb8(tile(32, from + k)), &path);
        }
    }
}

#[test]
fn twelve_bits_are_refused_until_they_are_said() {
    let here = Sandbox::new();
    folders(&here, 90, |picture, path| {
        let small = picture.to_rgb8();
        let wide =
            ImageBuffer::from_fn(32, 32, |x, y| Rgb(small.get_pixel(x, y).0.map(|v| u16::from(v) * 16)));
        DynamicImage::ImageRgb16(wide).save(path).unwrap();
    });
    let words = ["seem to use 12 of 16 bits", "data", "--bits 12"];
    here.refuses(&["data", "inspect", "data"], &words);
    here.refuses(&["classify", "--input", "data", "--out", "out"], &words);
    here.write("STUDY.toml", study(KEYS, 1, 3));
    here.refuses(&["run", "STUDY.toml", "--out", "out"], &words);
    here.write("STUDY.toml", study(&format!("bits = 7\n{KEYS}"), 1, 3));
    here.refuses(&["run", "STUDY.toml", "--out", "out"], &["bits = 7", "8 to 16"]);
    assert!(!here.path("out").exists());
    let seen = here.ok(&["data", "inspect", "data", "--bits", "12"]).stdout;
    assert!(seen.contains("4,095 was taken for white"), "{seen}");
    here.write("STUDY.toml", study(&format!("bits = 12\n{KEYS}"), 1, 3));
    here.ok(&["run", "STUDY.toml", "--out", "out"]);
    assert!(here.read("out/study.toml").contains("bits = 12"));
}

#[test]
fn a_run_inside_its_own_data_goes_on() {
    let here = Sandbox::new();
    folders(&here, 90, |picture, path| picture.save(path).unwrap());
    here.write("STUDY.toml", study(KEYS, 1, 3));
    let before = here.ok(&["data", "inspect", "data", "--json"]).json();
    // As a run leaves its folder that was stopped before its first step.
    here.write("data/out/run.lock", "");
    here.ok(&["run", "STUDY.toml", "--out", "data/out"]);
    let first = here.read("data/out/results.json");
    let again = here.ok(&["run", "STUDY.toml", "--out", "data/out", "--json"]);
    assert_eq!(first, here.read("data/out/results.json"), "{}", again.stderr);
    let seen = here.ok(&["data", "inspect", "data", "--json"]).json();
    assert_eq!((&seen["n_tiles"], &seen["classes"]), (&before["n_tiles"], &before["classes"]));
    assert!(seen["notes"].to_string().contains("the folder out of a run left out"), "{}", seen["notes"]);
    here.refuses(&["data", "inspect", "data/out"], &["the folder of a run"]);
    here.ok(&[
        "predict",
        "--weights",
        "data/out/steps/scorer/weights.safetensors",
        "--input",
        "data",
        "--out",
        "p.csv",
    ]);
    assert_eq!(here.read("p.csv").lines().count(), 181);
}

#[cfg(unix)]
#[test]
fn a_pipe_among_tiles_is_an_error_and_not_waited_for() {
    let here = Sandbox::new();
    here.generator("g.safetensors");
    here.tile("in/a.png", 12, 1);
    let pipe = here.path("in/b.png");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let args = ["translate", "--weights", "g.safetensors", "--input", "in", "--out", "out"];
    here.refuses(&args, &["b.png", "it is a pipe and not a file"]);
    std::fs::remove_file(&pipe).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(&pipe).unwrap();
    here.refuses(&args, &["b.png", "it is a socket"]);
}

#[test]
fn what_lies_beside_tiles_is_told_by_the_single_steps_too() {
    let here = Sandbox::new();
    here.generator("g.safetensors");
    here.tile("in/a.png", 12, 1);
    here.tile("in/@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg", 12, 2);
    here.tile("in/$RECYCLE.BIN/old.png", 12, 3);
    here.write("in/slide.svs", "x");
    let args = ["translate", "--weights", "g.safetensors", "--input", "in", "--out", "out"];
    let told = here.ok(&args);
    assert!(told.stdout.contains("1 translations"), "{}", told.stdout);
    for word in ["1 @eaDir", "1 $RECYCLE.BIN", "1 .svs"] {
        assert!(told.stderr.contains(word), "{word}: {}", told.stderr);
    }
}
