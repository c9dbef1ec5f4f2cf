//! The single steps on a network trained here: `classify`, `predict`, `score`, `translate`, `weights inspect`.

mod sandbox;

use std::sync::LazyLock;

use sandbox::Sandbox;

/// A data set, and a small classifier trained on it.
static TRAINED: LazyLock<Sandbox> = LazyLock::new(|| {
    let here = Sandbox::new();
    here.data_set();
    here.ok(&[
        "classify", "--input", "data", "--epochs", "2", "--width", "12", "--seed", "3", "--out", "net",
    ]);
    here
});

const WEIGHTS: &str = "net/weights.safetensors";

fn lines(here: &Sandbox, name: &str) -> Vec<Vec<String>> {
    let text = here.read(name);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn classify_resumes_and_repeats_to_the_last_bit() {
    let here = &*TRAINED;
    let args =
        ["classify", "--input", "data", "--epochs", "2", "--width", "12", "--seed", "3", "--json", "--out"];
    let told = here.ok(&[&args[..], &["net2", "--threads", "1"]].concat()).json();
    assert_eq!(told["last"]["epoch"], 2);
    assert_eq!(told["positive"], "HP");
    let weights = |folder: &str| std::fs::read(here.path(folder).join("weights.safetensors")).unwrap();
    assert_eq!(weights("net"), weights("net2"), "the number of threads changes nothing");
    // Done already: read, not trained again.
    let again = here.ok(&[&args[..], &["net2"]].concat()).json();
    assert_eq!(again, told);
    here.refuses(&["classify", "--input", "data", "--out", "net3", "--positive", "TA"], &["TA", "HP, SSA"]);
    here.refuses(&["classify", "--input", "data", "--out", "net3", "--lr", "-1"], &["--lr"]);
    here.refuses(&["classify", "--input", "data", "--out", "net3", "--classes", "HP,TA"], &["TA"]);
}

#[test]
fn a_training_inside_its_data_goes_on_and_is_no_data() {
    let here = Sandbox::new();
    for i in 0..24 {
        here.tile(&format!("co/{}/t{i:02}.png", ["HP", "SSA"][i as usize % 2]), 16, i);
    }
    for epochs in ["1", "2"] {
        here.ok(&[
            "classify", "--input", "co", "--out", "co/out", "--epochs", epochs, "--width", "8", "--batch",
            "4",
        ]);
    }
    let seen = here.ok(&["data", "inspect", "co", "--json"]).json();
    assert_eq!(seen["usable"], true);
    let notes = seen["notes"].to_string();
    assert!(notes.contains("the folder out of a training left out"), "{notes}");
}

#[test]
fn predict_writes_a_probability_a_class_and_nothing_else() {
    let here = &*TRAINED;
    here.ok(&["predict", "--weights", WEIGHTS, "--input", "data", "--out", "p.csv"]);
    let rows = lines(here, "p.csv");
    assert_eq!(rows[0], ["image", "HP", "SSA"]);
    assert_eq!(rows.len(), 41);
    assert_eq!(rows[1][0], "t00.png");
    for row in &rows[1..] {
        let sum: f64 = row[1..].iter().map(|p| p.parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{row:?}");
    }
    // A manifest and a folder of images without labels give the same.
    here.ok(&["predict", "--weights", WEIGHTS, "--input", "data/manifest.csv", "--out", "q.csv"]);
    assert_eq!(here.read("p.csv"), here.read("q.csv"));
    for i in 0..3 {
        here.tile(&format!("loose/deep/t{i:02}.png"), 16, i);
    }
    here.write("loose/notes.txt", "not a tile");
    here.ok(&["predict", "--weights", WEIGHTS, "--input", "loose", "--out", "l.csv"]);
    let loose = lines(here, "l.csv");
    assert_eq!(loose.len(), 4);
    // How a convolution is computed depends on the size of the batch, so another batch may give other last bits.
    let probability = |row: &[String]| row[1].parse::<f64>().unwrap();
    assert_eq!(loose[1][0], "deep/t00.png");
    assert!((probability(&loose[1]) - probability(&rows[1])).abs() < 1e-6, "{:?} {:?}", loose[1], rows[1]);
}

#[test]
fn predict_puts_tiles_together_by_slide_and_by_patient() {
    let here = &*TRAINED;
    here.ok(&["predict", "--weights", WEIGHTS, "--input", "data", "--out", "tiles.csv"]);
    let tiles: Vec<f64> = lines(here, "tiles.csv")[1..].iter().map(|row| row[1].parse().unwrap()).collect();
    let by_slide =
        ["predict", "--weights", WEIGHTS, "--input", "data", "--by", "slide", "--threshold", "0.4"];
    here.ok(&[&by_slide[..], &["--top", "1", "--out", "slides.csv"]].concat());
    let slides = lines(here, "slides.csv");
    let header =
        ["slide", "tiles", "HP_mean", "HP_top_1", "HP_above_0.4", "SSA_mean", "SSA_top_1", "SSA_above_0.4"];
    assert_eq!(slides[0], header);
    assert_eq!(slides.len(), 21, "two tiles of each of twenty slides");
    for (slide, pair) in slides[1..].iter().zip(tiles.chunks(2)) {
        let number = |at: usize| slide[at].parse::<f64>().unwrap();
        assert_eq!(slide[1], "2");
        assert!((number(2) - f64::midpoint(pair[0], pair[1])).abs() < 1e-12, "{slide:?} {pair:?}");
        assert_eq!(number(3), pair[0].max(pair[1]));
        assert_eq!(number(4), pair.iter().filter(|p| **p > 0.4).count() as f64 / 2.0);
    }

    let with = |column: &str, cell: &dyn Fn(usize) -> String| -> String {
        let text = here.read("data/manifest.csv");
        let cell = |i: usize| if i == 0 { column.to_owned() } else { cell(i) };
        let lines: Vec<String> =
            text.lines().enumerate().map(|(i, line)| format!("{line},{}", cell(i))).collect();
        lines.join("\n") + "\n"
    };
    here.write("data/patients.csv", with("Patient ID", &|i| format!("p{}", i % 5)));
    let of_patients = |out: &str| {
        ["predict", "--weights", WEIGHTS, "--input", "data/patients.csv", "--by", "patient", "--out", out]
            .map(String::from)
    };
    here.ok(&of_patients("patients.csv").each_ref().map(String::as_str));
    let patients = lines(here, "patients.csv");
    assert_eq!((patients.len(), patients[0][0].as_str(), patients[1][1].as_str()), (6, "patient", "8"));
    here.write(
        "data/patients.csv",
        with("patient", &|i| if i == 7 { String::new() } else { "p".to_owned() }),
    );
    here.refuses(&of_patients("x.csv").each_ref().map(String::as_str), &["patient of t06.png is not known"]);
    here.tile("loose-by/t.png", 16, 1);
    let loose = ["predict", "--weights", WEIGHTS, "--input", "loose-by", "--by", "slide", "--out", "x.csv"];
    here.refuses(&loose, &["slide of t.png is not known", "column slide"]);
    here.refuses(&[&by_slide[..7], &["--top", "0", "--out", "x.csv"]].concat(), &["--top"]);
    here.refuses(
        &["predict", "--weights", WEIGHTS, "--input", "data", "--top", "3", "--out", "x.csv"],
        &["--by"],
    );
}

#[test]
fn a_network_leaves_for_other_tools_and_comes_back_the_same() {
    let here = &*TRAINED;
    let export =
        |form: &str, out: &str| ["weights", "export", WEIGHTS, "--to", form, "--out", out].map(String::from);
    let ok = |args: &[String]| here.ok(&args.iter().map(String::as_str).collect::<Vec<_>>());
    for (form, out) in
        [("onnx", "n.onnx"), ("torchscript", "n.pt"), ("pth", "n.pth"), ("safetensors", "n.safetensors")]
    {
        ok(&export(form, out));
        assert!(here.path(out).metadata().unwrap().len() > 1000, "{form}");
    }
    ok(&[&export("wsinfer", "wsinfer")[..], &["--mpp".into(), "0.5".into()]].concat());
    let config = here.read("wsinfer/config.json");
    assert!(
        config.contains("HP")
            && config.contains("0.5")
            && here.path("wsinfer/torchscript_model.pt").is_file()
    );
    // Torch's own files are read again, and say the same of every tile.
    let meta = ["--mean", "0.5,0.5,0.5", "--std", "0.2,0.2,0.2", "--classes", "HP,SSA"];
    let say = |weights: &str, out: &str| {
        let args =
            [&["predict", "--weights", weights, "--input", "data", "--size", "16", "--out", out][..], &meta]
                .concat();
        here.ok(&args);
        here.read(out)
    };
    assert_eq!(say("n.pth", "pth.csv"), say("n.safetensors", "safetensors.csv"));
    let told = here.ok(&["weights", "inspect", "n.pth", "--json"]).json();
    assert_eq!(told["tensors"], here.ok(&["weights", "inspect", "n.pth", "--json"]).json()["tensors"]);
    here.refuses(
        &["weights", "export", WEIGHTS, "--to", "onnx", "--out", "n.onnx"],
        &["n.onnx", "there already"],
    );
    here.refuses(&["weights", "export", WEIGHTS, "--to", "wsinfer", "--out", "w2"], &["--mpp"]);
    here.refuses(&["weights", "export", WEIGHTS, "--to", "wsinfer", "--mpp", "-1", "--out", "w2"], &["w"]);
    here.refuses(
        &["weights", "export", WEIGHTS, "--to", "pth", "--softmax", "--out", "x.pth"],
        &["only ONNX"],
    );
    here.refuses(&["weights", "export", "data/t00.png", "--to", "onnx", "--out", "x.onnx"], &["t00.png"]);
    here.refuses(&["weights", "card", "nowhere", "--out", "CARD.md"], &["nowhere"]);
    assert!(!here.path("x.onnx").exists() && !here.path("w2").exists());
}

#[test]
fn predict_refuses_what_does_not_fit() {
    let here = &*TRAINED;
    here.tile("large/a.png", 20, 1);
    let large = ["predict", "--weights", WEIGHTS, "--input", "large", "--out", "x.csv"];
    here.refuses(&large, &["20 × 20", "--resize"]);
    let converted = here.ok(&[&large[..], &["--resize"]].concat());
    assert!(converted.stderr.contains("resized"), "{}", converted.stderr);
    here.ok(&[&large[..], &["--center-crop"]].concat());
    here.refuses(&[&large[..], &["--center-crop", "--resize"]].concat(), &["--resize"]);
    here.refuses(&[&large[..], &["--classes", "A,B"]].concat(), &["--classes"]);
    here.refuses(&["predict", "--weights", "none.pth", "--input", "data", "--out", "x.csv"], &["none.pth"]);
    here.refuses(&["predict", "--weights", WEIGHTS, "--input", "nowhere", "--out", "x.csv"], &["nowhere"]);
    here.refuses(
        &["predict", "--weights", WEIGHTS, "--input", "data", "--out", "data/manifest.csv/x.csv"],
        &["manifest.csv"],
    );
    here.refuses(
        &["predict", "--weights", WEIGHTS, "--input", "data", "--out", "x.csv", "--mean", "1,2,3"],
        &["--std"],
    );
    here.refuses(
        &[
            "predict",
            "--weights",
            WEIGHTS,
            "--input",
            "data",
            "--out",
            "x.csv",
            "--mean",
            "1,2",
            "--std",
            "1,1,1",
        ],
        &["--mean"],
    );
    here.refuses(
        &["predict", "--weights", WEIGHTS, "--input", "data", "--out", "x.csv", "--device", "cuda"],
        &["cuda", "--device cpu"],
    );
}

#[test]
fn damaged_weights_name_their_tensor() {
    let here = &*TRAINED;
    let good = std::fs::read(here.path(WEIGHTS)).unwrap();
    let predict = |bytes: &[u8], words: &[&str]| {
        here.write("bad.safetensors", bytes);
        here.refuses(
            &["predict", "--weights", "bad.safetensors", "--input", "data", "--out", "x.csv"],
            words,
        );
    };
    let mut nan = good.clone();
    let last = nan.len() - 4;
    nan[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    predict(&nan, &["bad.safetensors (tensor", "not finite"]);
    let header = String::from_utf8_lossy(&good[8..4000]).into_owned();
    let place = 8 + header.find("[12,3,7,7]").unwrap();
    let mut shape = good.clone();
    shape[place..place + 10].copy_from_slice(b"[12,7,3,7]");
    predict(&shape, &["conv1.weight", "[12, 7, 3, 7]"]);
    predict(&good[..good.len() - 10], &["bad.safetensors"]);
    predict(b"", &["bad.safetensors", "empty"]);
    predict(b"not weights at all", &["bad.safetensors"]);
}

#[test]
fn foreign_weights_need_their_normalisation() {
    let here = &*TRAINED;
    // The same tensors without our description are what a stranger would bring.
    let good = std::fs::read(here.path(WEIGHTS)).unwrap();
    let length = u64::from_le_bytes(good[..8].try_into().unwrap()) as usize;
    let mut header: serde_json::Value = serde_json::from_slice(&good[8..8 + length]).unwrap();
    let metadata = header.as_object_mut().unwrap().remove("__metadata__").unwrap();
    let text = header.to_string();
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes.extend(&good[8 + length..]);
    here.write("foreign.safetensors", bytes);
    let args = ["predict", "--weights", "foreign.safetensors", "--input", "data", "--out", "f.csv"];
    here.refuses(&args, &["foreign.safetensors", "--mean", "--std"]);
    let list = |key: &str| metadata[key].as_str().unwrap().trim_matches(['[', ']']).to_owned();
    let (mean, std) = (list("mean"), list("std"));
    let known = ["--mean", &mean, "--std", &std];
    here.ok(&[&args[..], &known[..], &["--classes", "HP,SSA"]].concat());
    here.ok(&["predict", "--weights", WEIGHTS, "--input", "data", "--out", "o.csv"]);
    assert_eq!(here.read("f.csv"), here.read("o.csv"));
    here.refuses(&[&args[..], &known[..], &["--classes", "HP,SSA,TA"]].concat(), &["3 classes", "2 outputs"]);
    here.refuses(&[&args[..], &known[..], &["--classes", "HP,HP"]].concat(), &["'HP'"]);
    here.refuses(&[&args[..], &["--mean", "0.7,0.6,0.7", "--std", "0,1,1"]].concat(), &["--std"]);
}

#[test]
fn score_tells_each_tile_its_own_class() {
    let here = &*TRAINED;
    let told =
        here.ok(&["score", "--weights", WEIGHTS, "--input", "data", "--out", "s.csv", "--json"]).json();
    assert_eq!(told["confidence"].as_array().unwrap().len(), 2);
    here.ok(&["predict", "--weights", WEIGHTS, "--input", "data", "--out", "ps.csv"]);
    let (scores, probabilities) = (lines(here, "s.csv"), lines(here, "ps.csv"));
    assert_eq!(
        scores[0].join(","),
        "image,class,partition,slide,agreement,confidence,confidence_out_of_fold"
    );
    for (score, p) in scores[1..].iter().zip(&probabilities[1..]) {
        assert_eq!(score[0], p[0]);
        assert_eq!(&score[5], if score[1] == "HP" { &p[1] } else { &p[2] });
    }
    here.refuses(
        &["score", "--weights", WEIGHTS, "--input", "loose-images", "--out", "x.csv"],
        &["loose-images"],
    );
}

#[test]
fn weights_inspect_lists_what_is_there() {
    let here = &*TRAINED;
    let told = here.ok(&["weights", "inspect", WEIGHTS, "--json"]).json();
    assert_eq!((&told["kind"]["network"], &told["kind"]["width"]), (&"resnet18".into(), &12.into()));
    assert!(told["parameters"].as_u64().unwrap() > 100_000);
    let text = here.ok(&["weights", "inspect", WEIGHTS]).stdout;
    assert!(text.contains("layer4.1.conv2.weight") && text.contains("ResNet-18"), "{text}");
    here.refuses(&["weights", "inspect", "data/t00.png"], &["t00.png"]);
    here.refuses(&["translate", "--weights", WEIGHTS, "--input", "data", "--out", "y"], &["ResNet-18"]);
}

#[test]
fn translate_keeps_paths_and_sizes() {
    let here = Sandbox::new();
    here.generator("g.safetensors");
    here.tile("in/b/second.png", 18, 1);
    here.tile("in/first.png", 12, 2);
    image::DynamicImage::ImageRgb8(sandbox::tile(12, 3)).save(here.path("in/third.jpg")).unwrap();
    let args = ["translate", "--weights", "g.safetensors", "--input", "in", "--out"];
    here.ok(&[&args[..], &["out"]].concat());
    let size = |name: &str| image::image_dimensions(here.path("out").join(name)).unwrap();
    assert_eq!(size("b/second.png"), (18, 18));
    assert_eq!(size("first.png"), (12, 12));
    assert_eq!(size("third.png"), (12, 12));
    // Below the input: what an earlier call wrote there is not translated again.
    here.ok(&[&args[..], &["in/out"]].concat());
    here.ok(&[&args[..], &["in/out"]].concat());
    assert!(!here.path("in/out/out").exists());
    here.ok(&[&args[..], &["resized", "--size", "16", "--resize"]].concat());
    assert_eq!(image::image_dimensions(here.path("resized/first.png")).unwrap(), (16, 16));
}

#[test]
fn a_dial_is_set_where_there_is_one_and_nowhere_else() {
    let here = Sandbox::new();
    here.dial("dial.safetensors");
    here.generator("g.safetensors");
    here.tile("in/a.png", 16, 1);
    let args = |weights, out| ["translate", "--weights", weights, "--input", "in", "--out", out];
    let dialled = |dial, out| [&args("dial.safetensors", out)[..], &["--dial", dial]].concat();
    here.ok(&dialled("0", "hardest"));
    here.ok(&dialled("0.3", "between"));
    here.ok(&dialled("1", "easiest"));
    let pixels = |out: &str| image::open(here.path(out).join("a.png")).unwrap().to_rgb8().into_raw();
    assert_ne!(pixels("hardest"), pixels("easiest"));
    assert_ne!(pixels("hardest"), pixels("between"));
    here.refuses(&args("dial.safetensors", "out"), &["dial.safetensors", "because", "--dial RANK"]);
    here.refuses(
        &[&args("g.safetensors", "out")[..], &["--dial", "0.3"]].concat(),
        &["no dial", "leave --dial out"],
    );
    here.refuses(&dialled("1.5", "out"), &["1.5", "dial"]);
    assert!(!here.path("out").exists());
    let told = here.ok(&["weights", "inspect", "dial.safetensors"]);
    assert!(told.stdout.contains("a generator with a dial"), "{}", told.stdout);
}

#[test]
fn translate_refuses_what_would_be_lost() {
    let here = Sandbox::new();
    here.generator("g.safetensors");
    here.tile("in/a.png", 12, 1);
    let args = ["translate", "--weights", "g.safetensors", "--input", "in", "--out"];
    here.refuses(&[&args[..], &["in"]].concat(), &["--out"]);
    here.refuses(&[&args[..], &["out", "--resize"]].concat(), &["--size"]);
    image::DynamicImage::ImageRgb8(sandbox::tile(12, 3)).save(here.path("in/a.jpg")).unwrap();
    here.refuses(&[&args[..], &["out"]].concat(), &["a.jpg", "a.png", "rename"]);
    assert!(!here.path("out").exists());
    here.tile("tiny/a.png", 3, 1);
    here.refuses(&["translate", "--weights", "g.safetensors", "--input", "tiny", "--out", "out"], &["3 px"]);
    image::RgbImage::new(12, 20).save(here.path("tiny/a.png")).unwrap();
    here.refuses(
        &["translate", "--weights", "g.safetensors", "--input", "tiny", "--out", "out"],
        &["12 × 20", "--center-crop"],
    );
    here.refuses(
        &["predict", "--weights", "g.safetensors", "--input", "in", "--out", "p.csv"],
        &["g.safetensors"],
    );
}

#[test]
fn a_table_is_never_written_over_what_is_read() {
    let here = Sandbox::new();
    here.data_set();
    std::fs::copy(TRAINED.path(WEIGHTS), here.path("w.safetensors")).unwrap();
    let before = std::fs::read(here.path("w.safetensors")).unwrap();
    for command in ["predict", "score"] {
        for (out, why) in [
            ("w.safetensors", "the file of weights"),
            ("data/t00.png", "a picture"),
            ("data/manifest.csv", "a table of the data"),
        ] {
            let args = [command, "--weights", "w.safetensors", "--input", "data", "--out", out];
            here.refuses(&args, &["would overwrite", why, out]);
        }
        // Its own table of an earlier time is replaced.
        for _ in 0..2 {
            here.ok(&[command, "--weights", "w.safetensors", "--input", "data", "--out", "data/p.csv"]);
        }
    }
    assert_eq!(std::fs::read(here.path("w.safetensors")).unwrap(), before);
    assert!(image::open(here.path("data/t00.png")).is_ok());
}
