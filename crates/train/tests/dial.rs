//! The dial's loop: stopping, killing and resuming it or giving it more threads changes no byte, its losses fall, and turning it turns what
//! it was trained to turn.

mod scene;

use burn::tensor::Device;
use nets::{ClassifierConfig, ClassifierMeta, NamedTensors};
use scene::{Watcher, files, in_pieces, on_threads, tiles, views};
use std::path::{Path, PathBuf};
use tissue::augment::Normalise;
use train::{DialJob, DialScorer, Judge, Sources, TrainedTranslator, TranslatorConfig, TranslatorKind};

const SIZE: usize = 26; // not a multiple of 4: the generator pads and crops

fn brightness(tiles: &[&[u8]]) -> Vec<f64> {
    let mean = |tile: &&[u8]| tile.iter().map(|v| f64::from(*v)).sum::<f64>() / tile.len() as f64 / 255.0;
    tiles.iter().map(mean).collect()
}

fn normalise() -> Normalise {
    Normalise { mean: [0.5; 3], std: [0.25; 3] }
}

/// Dark tiles are hard, light ones easy: `n` of them from the hardest on.
fn class(n: usize) -> Vec<Vec<u8>> {
    (0..n).flat_map(|i| tiles(1, SIZE, 20 + (i * 150 / n) as u8, &format!("tile-{i}"))).collect()
}

/// A classifier of two classes with random weights, as a file, and what it says of the tiles in class 1.
fn scorer(dir: &Path, of: &[Vec<u8>]) -> DialScorer {
    let device = Device::flex();
    let config = ClassifierConfig { architecture: nets::Architecture::ResNet18, classes: 2, width: 4 };
    let network = config.init(&mut tissue::random::stream(3, "scorer"), &device);
    let normalise = normalise();
    let meta = ClassifierMeta {
        classes: vec!["a".into(), "b".into()],
        mean: normalise.mean,
        std: normalise.std,
        tile_size: SIZE,
        width: 4,
    };
    let weights: PathBuf = dir.join("scorer.safetensors");
    nets::save_classifier(&weights, &network, &meta).unwrap();
    let logits = train::logits(&network, &views(of), SIZE, &normalise, &device);
    DialScorer { weights, class: 1, normalise, logits: logits.iter().map(|l| nets::margin(l, 1)).collect() }
}

fn job<'a>(of: &'a [Vec<u8>], scorers: Vec<DialScorer>, dir: &Path) -> DialJob<'a> {
    DialJob {
        stream: "dial".into(),
        seed: 8,
        config: TranslatorConfig {
            kind: TranslatorKind::Dial,
            steps: Some(10),
            width: 4,
            blocks: 1,
            ..TranslatorConfig::default()
        },
        size: SIZE,
        tiles: views(of),
        ranks: (0..of.len()).map(|i| i as f64 / (of.len() - 1) as f64).collect(),
        scorers,
        sample: views(&of[..2]),
        judge: Some(Judge { fingerprint: "brightness".into(), confidences: &brightness }),
        dir: dir.to_owned(),
    }
}

#[test]
fn stops_kills_and_threads_change_no_byte() {
    let of = class(4);
    let folder = tempfile::tempdir().unwrap();
    let scorers = vec![scorer(folder.path(), &of)];
    let [straight, pieces, single] = ["straight", "pieces", "single"].map(|name| folder.path().join(name));
    let run = |dir: &Path, watcher: &Watcher| {
        train::train_dial(&job(&of, scorers.clone(), dir), &Device::flex(), watcher)
    };
    let dial = on_threads(2, || run(&straight, &Watcher::default())).unwrap();
    on_threads(1, || run(&single, &Watcher::default())).unwrap();
    on_threads(2, || in_pieces(|watcher| run(&pieces, watcher)));

    let expected = files(&straight);
    let names: Vec<&str> = expected.keys().map(String::as_str).collect();
    let samples = ["samples/epoch-001.png", "samples/epoch-002.png", "samples/epoch-003.png"];
    assert_eq!(names, [&["dial.safetensors", "job.json", "metrics.csv"][..], &samples[..]].concat());
    assert!(files(&single) == expected, "one thread gives other files than two");
    assert!(files(&pieces) == expected, "a resumed run gives other files");

    // Ten steps are two epochs of four and one of two; the rate falls from the middle on, step by step.
    let rows: Vec<record::DialEpoch> = files::read_rows(&straight.join("metrics.csv")).unwrap();
    assert_eq!(rows.iter().map(|row| row.step).collect::<Vec<_>>(), [4, 8, 10]);
    let lrs: Vec<f64> = rows.iter().map(|row| row.lr / 2e-4).collect();
    assert!((lrs[0] - 1.0).abs() + (lrs[1] - 1.0).abs() + (lrs[2] - 0.4).abs() < 1e-12, "{lrs:?}");
    assert!(rows.iter().all(|row| row.loss_judge.is_some() && row.judge_easiest.is_some()));
    // Two tiles: themselves and seven settings, side by side.
    let grid = image::open(straight.join(samples[0])).unwrap();
    assert_eq!((grid.width() - 4) % 8, 0);
    assert!(grid.width() > 3 * grid.height());

    let again = run(&straight, &Watcher { die_in: Some(0), ..Watcher::default() }).unwrap();
    assert_eq!(again.tensors(), dial.tensors());
    // Other scorers make it another job.
    let without = DialJob { scorers: Vec::new(), ..job(&of, Vec::new(), &straight) };
    let watcher = Watcher { stop_after: Some(1), ..Watcher::default() };
    assert!(train::train_dial(&without, &Device::flex(), &watcher).is_err());
    assert!(watcher.notes.into_inner().unwrap()[0].contains("kept in"));
}

#[test]
fn a_few_hundred_steps_bring_the_losses_down_and_the_dial_turns_brightness() {
    let of = class(24);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("dial");
    let mut job = job(&of, Vec::new(), &dir);
    job.config = TranslatorConfig { steps: Some(600), width: 8, lr: 1e-3, ..job.config };
    train::train_dial(&job, &Device::flex(), &train::Silent).unwrap();
    let rows: Vec<record::DialEpoch> = files::read_rows(&dir.join("metrics.csv")).unwrap();
    let (first, last) = (&rows[0], rows.last().unwrap());
    assert!(last.loss_cycle < 0.7 * first.loss_cycle, "{first:?} {last:?}");
    assert!(last.loss_identity < 0.7 * first.loss_identity, "{first:?} {last:?}");
    assert!(last.loss_d < first.loss_d && last.loss_judge.is_none(), "{first:?} {last:?}");

    let translator = TrainedTranslator::load(&dir, &Device::flex()).unwrap();
    let sources = Sources { tiles: &job.tiles, size: SIZE, ranks: &job.ranks };
    let at = |rank| {
        let made = translator.translate(sources, Some(rank), &Device::flex(), &|_| {});
        stats::mean(&brightness(&views(&made))).unwrap()
    };
    let (hard, middle, easy) = (at(0.0), at(0.5), at(1.0));
    assert!(hard + 0.05 < middle && middle + 0.05 < easy, "{hard:.2} {middle:.2} {easy:.2}");

    // Back to their own ranks, tiles are about as bright as they were.
    let hardest = translator.translate(sources, Some(0.0), &Device::flex(), &|_| {});
    let back = translator.reconstruct(sources, &views(&hardest), &Device::flex(), &|_| {});
    let (own, back) = (brightness(&job.tiles), brightness(&views(&back)));
    assert!(stats::spearman(&own, &back).unwrap() > 0.7, "{own:?} {back:?}");
}

#[test]
fn the_judge_loss_brings_translations_to_the_logits_of_their_rank() {
    let of = class(8);
    let folder = tempfile::tempdir().unwrap();
    let train = |name: &str, scorers| {
        let dir = folder.path().join(name);
        let mut job = job(&of, scorers, &dir);
        job.config = TranslatorConfig { steps: Some(160), width: 8, lr: 1e-3, ..job.config };
        train::train_dial(&job, &Device::flex(), &train::Silent).unwrap();
        let rows: Vec<record::DialEpoch> = files::read_rows(&dir.join("metrics.csv")).unwrap();
        rows
    };
    let rows = train("judged", vec![scorer(folder.path(), &of)]);
    let judge = |row: &record::DialEpoch| row.loss_judge.unwrap();
    let half = rows.len() / 2;
    let mean = |rows: &[record::DialEpoch]| stats::mean(&rows.iter().map(judge).collect::<Vec<_>>()).unwrap();
    assert!(mean(&rows[half..]) < 0.8 * judge(&rows[0]), "{rows:?}");
    assert!(train("plain", Vec::new()).iter().all(|row| row.loss_judge.is_none()));
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let of = class(3);
    let folder = tempfile::tempdir().unwrap();
    let refused = |job: &DialJob| {
        let error = train::train_dial(job, &Device::flex(), &train::Silent).unwrap_err();
        assert!(matches!(error, train::TrainError::BadJob { .. }), "{error}");
        error.to_string()
    };
    let job = || job(&of, Vec::new(), folder.path());
    assert!(refused(&DialJob { ranks: vec![0.0, 1.0], ..job() }).contains("a rank"));
    assert!(refused(&DialJob { ranks: vec![0.0, 0.5, 1.5], ..job() }).contains("a rank"));
    assert!(refused(&DialJob { tiles: Vec::new(), ranks: Vec::new(), ..job() }).contains("no tiles"));
    let cycle_gan = TranslatorConfig { kind: TranslatorKind::CycleGan, ..job().config };
    assert!(refused(&DialJob { config: cycle_gan, ..job() }).contains("another loop"));
    assert!(files(folder.path()).is_empty());
}
