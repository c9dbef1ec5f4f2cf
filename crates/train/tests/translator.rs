//! The translator's loop: stopping, killing and resuming it or giving it more threads changes no byte, and it brings
//! the colour of one domain to the other.

mod scene;

use burn::tensor::Device;
use nets::NamedTensors;
use scene::{Watcher, files, in_pieces, on_threads, tiles, views};
use std::path::Path;
use train::{Judge, TranslatorConfig, TranslatorJob};

const SIZE: usize = 26; // not a multiple of 4: the generators pad and crop

fn brightness(tiles: &[&[u8]]) -> Vec<f64> {
    let mean = |tile: &&[u8]| tile.iter().map(|v| f64::from(*v)).sum::<f64>() / tile.len() as f64 / 255.0;
    tiles.iter().map(mean).collect()
}

fn job<'a>(a: &'a [Vec<u8>], b: &'a [Vec<u8>], dir: &Path) -> TranslatorJob<'a> {
    TranslatorJob {
        stream: "translator".into(),
        seed: 8,
        config: TranslatorConfig { epochs: 1, steps: Some(10), width: 4, blocks: 1, lr: 2e-4, identity: 0.5 },
        size: SIZE,
        a: views(a),
        b: views(b),
        sample: views(&a[..2]),
        judge: Some(Judge { fingerprint: "brightness".into(), confidences: &brightness }),
        dir: dir.to_owned(),
    }
}

#[test]
fn stops_kills_and_threads_change_no_byte() {
    let (a, b) = (tiles(4, SIZE, 40, "a"), tiles(5, SIZE, 150, "b"));
    let folder = tempfile::tempdir().unwrap();
    let (straight, pieces, single) =
        (folder.path().join("straight"), folder.path().join("pieces"), folder.path().join("single"));
    let run =
        |dir: &Path, watcher: &Watcher| train::train_translator(&job(&a, &b, dir), &Device::flex(), watcher);
    let translator = on_threads(2, || run(&straight, &Watcher::default())).unwrap();
    on_threads(1, || run(&single, &Watcher::default())).unwrap();
    on_threads(2, || in_pieces(|watcher| run(&pieces, watcher)));

    let expected = files(&straight);
    let names: Vec<&str> = expected.keys().map(String::as_str).collect();
    let samples = ["samples/epoch-001.png", "samples/epoch-002.png", "samples/epoch-003.png"];
    let weights = ["g_ab.safetensors", "g_ba.safetensors", "job.json", "metrics.csv"];
    assert_eq!(names, [&weights[..], &samples[..]].concat());
    assert!(files(&single) == expected, "one thread gives other files than two");
    assert!(files(&pieces) == expected, "a resumed run gives other files");

    // Ten steps are two epochs of four and one of two; the rate falls from the middle on.
    let rows: Vec<record::TranslatorEpoch> = record::read_rows(&straight.join("metrics.csv")).unwrap();
    assert_eq!(rows.iter().map(|row| row.step).collect::<Vec<_>>(), [4, 8, 10]);
    let lrs: Vec<f64> = rows.iter().map(|row| row.lr / 2e-4).collect();
    assert!((lrs[0] - 1.0).abs() + (lrs[1] - 1.0).abs() + (lrs[2] - 2.0 / 3.0).abs() < 1e-12, "{lrs:?}");
    assert!(rows.iter().all(|row| row.loss_identity.is_some() && row.judge_reconstructed.is_some()));

    let again = run(&straight, &Watcher { die_in: Some(0), ..Watcher::default() }).unwrap();
    assert_eq!(again.g_ab.tensors(), translator.g_ab.tensors());
    assert_eq!(again.g_ba.tensors(), translator.g_ba.tensors());
}

#[test]
fn a_few_hundred_steps_carry_the_other_domains_brightness_over() {
    let (a, b) = (tiles(20, SIZE, 40, "a"), tiles(20, SIZE, 150, "b"));
    let folder = tempfile::tempdir().unwrap();
    let mut job = job(&a, &b, folder.path());
    job.config = TranslatorConfig { steps: Some(200), width: 8, lr: 1e-3, identity: 0.0, ..job.config };
    let translator = train::train_translator(&job, &Device::flex(), &train::Silent).unwrap();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let progress = |n| done.store(n, std::sync::atomic::Ordering::Relaxed);
    let made = train::translate(&translator.g_ab, &job.a, SIZE, &Device::flex(), &progress);
    assert_eq!((made.len(), done.into_inner()), (20, 20));
    let mean = |tiles: &[&[u8]]| stats::mean(&brightness(tiles)).unwrap();
    let (from, to, got) = (mean(&job.a), mean(&job.b), mean(&views(&made)));
    assert!((got - to).abs() < 0.3 * (to - from), "brightness {from:.2} became {got:.2}, not {to:.2}");
}

#[test]
fn an_empty_domain_is_refused() {
    let a = tiles(2, SIZE, 40, "a");
    let folder = tempfile::tempdir().unwrap();
    let error = train::train_translator(&job(&a, &[], folder.path()), &Device::flex(), &train::Silent);
    assert!(matches!(error, Err(train::TrainError::BadJob { .. })));
}
