//! The translator's loop: stopping, killing and resuming it or giving it more threads changes no byte, and it brings
//! the colour of one domain to the other.

mod scene;

use burn::tensor::Device;
use nets::NamedTensors;
use scene::{Watcher, files, in_pieces, on_threads, tiles, views};
use std::path::Path;
use train::{
    Detail, Judge, Sources, StainMode, TrainedTranslator, TranslatorConfig, TranslatorJob, Upsampling,
};

const SIZE: usize = 26; // not a multiple of 4: the generators pad and crop

fn brightness(tiles: &[&[u8]]) -> Vec<f64> {
    let mean = |tile: &&[u8]| tile.iter().map(|v| f64::from(*v)).sum::<f64>() / tile.len() as f64 / 255.0;
    tiles.iter().map(mean).collect()
}

fn job<'a>(a: &'a [Vec<u8>], b: &'a [Vec<u8>], dir: &Path) -> TranslatorJob<'a> {
    TranslatorJob {
        stream: "translator".into(),
        seed: 8,
        config: TranslatorConfig {
            steps: Some(10),
            width: 4,
            blocks: 1,
            identity: 0.5,
            ..TranslatorConfig::default()
        },
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
    let rows: Vec<record::TranslatorEpoch> = files::read_rows(&straight.join("metrics.csv")).unwrap();
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

/// Stained tiles, each with three black columns.
fn padded(n: usize, colour: [u8; 3], name: &str) -> Vec<Vec<u8>> {
    let mut tiles = tiles(n, SIZE, 0, name);
    for pixels in tiles.iter_mut().map(|tile| tile.as_chunks_mut::<3>().0) {
        for (at, pixel) in pixels.iter_mut().enumerate() {
            *pixel = if at % SIZE < 3 { [0; 3] } else { std::array::from_fn(|c| colour[c] + pixel[c]) };
        }
    }
    tiles
}

#[test]
fn a_locked_translator_resumes_to_the_byte_and_keeps_stain_and_padding_wherever_it_is_read() {
    let (a, b) = (padded(4, [150, 80, 130], "a"), padded(5, [120, 60, 60], "b"));
    let folder = tempfile::tempdir().unwrap();
    let [straight, pieces] = ["straight", "pieces"].map(|name| folder.path().join(name));
    let locked = |dir: &Path| {
        let mut job = job(&a, &b, dir);
        job.config.stain = StainMode::Locked;
        job.config.mask_padding = true;
        job.config.detail = Detail::Source;
        job.config.upsampling = Upsampling::Resize;
        job
    };
    let run = |dir: &Path, watcher: &Watcher| train::train_translator(&locked(dir), &Device::flex(), watcher);
    on_threads(2, || run(&straight, &Watcher::default())).unwrap();
    on_threads(1, || in_pieces(|watcher| run(&pieces, watcher)));
    assert!(files(&straight) == files(&pieces), "a resumed run gives other files");

    let translator = TrainedTranslator::load(&straight, &Device::flex()).unwrap();
    let sources = Sources { tiles: &views(&a), size: SIZE, ranks: &[] };
    let generated = translator.translate(sources, None, &Device::flex(), &|_| {});
    let back = translator.reconstruct(sources, &views(&generated), &Device::flex(), &|_| {});
    // What two epochs of a tiny network make is no tissue; the stain of it is the source's all the same.
    for (tile, made) in a.iter().zip(&generated).chain(a.iter().zip(&back)) {
        assert!(tile != made);
        for at in (0..SIZE * SIZE).filter(|at| at % SIZE < 3) {
            assert_eq!(made[3 * at..3 * at + 3], [0; 3]);
        }
        let (was, is) = (tissue::stain_of(tile), tissue::stain_of(made));
        let turned = (is.hue - was.hue + 180.0).rem_euclid(360.0) - 180.0;
        assert!(turned.abs() < 2.0, "hue {} became {}", was.hue, is.hue);
        let denser = is.optical_density / was.optical_density;
        assert!((denser - 1.0).abs() < 0.02, "density {} became {}", was.optical_density, is.optical_density);
    }
}

#[test]
fn an_empty_domain_is_refused() {
    let a = tiles(2, SIZE, 40, "a");
    let folder = tempfile::tempdir().unwrap();
    let error = train::train_translator(&job(&a, &[], folder.path()), &Device::flex(), &train::Silent);
    assert!(matches!(error, Err(train::TrainError::BadJob { .. })));
}

/// Answers that another processor would give: other last digits.
fn almost_brightness(tiles: &[&[u8]]) -> Vec<f64> {
    brightness(tiles).into_iter().map(|value| value * (1.0 + 1e-15)).collect()
}

#[test]
fn a_checkpoint_belongs_to_the_judge_and_not_to_the_last_digits_of_its_answers() {
    let (a, b) = (tiles(4, SIZE, 40, "a"), tiles(5, SIZE, 150, "b"));
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let stop = || Watcher { stop_after: Some(3), ..Watcher::default() };
    let first = job(&a, &b, dir);
    let stopped = train::train_translator(&first, &Device::flex(), &stop());
    assert!(matches!(stopped, Err(train::TrainError::Interrupted)));
    let checkpoint = std::fs::read(dir.join(train::CHECKPOINT)).unwrap();

    let mut elsewhere = job(&a, &b, dir);
    elsewhere.judge = Some(Judge { fingerprint: "brightness".into(), confidences: &almost_brightness });
    assert_ne!(brightness(&elsewhere.sample), almost_brightness(&elsewhere.sample));
    let watcher = Watcher { stop_after: Some(0), ..Watcher::default() };
    let stopped = train::train_translator(&elsewhere, &Device::flex(), &watcher);
    assert!(matches!(stopped, Err(train::TrainError::Interrupted)));
    assert!(watcher.notes.into_inner().unwrap().is_empty(), "the training goes on");

    // Another judge makes it another job: what is there is kept, and that is said.
    let mut other = job(&a, &b, dir);
    other.judge = Some(Judge { fingerprint: "darkness".into(), confidences: &brightness });
    let watcher = stop();
    let stopped = train::train_translator(&other, &Device::flex(), &watcher);
    assert!(matches!(stopped, Err(train::TrainError::Interrupted)));
    let notes = watcher.notes.into_inner().unwrap();
    assert!(notes.len() == 1 && notes[0].contains("kept in"), "{notes:?}");
    let kept: Vec<_> = files(dir).into_iter().filter(|(name, _)| name.starts_with(train::ASIDE)).collect();
    let names: Vec<&str> = kept.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.iter().any(|name| name.ends_with(train::CHECKPOINT)), "{names:?}");
    assert!(checkpoint.len() > 1000);
}

#[test]
fn a_training_does_not_change_its_device_and_tells_other_instructions() {
    let (a, b) = (tiles(4, SIZE, 40, "a"), tiles(5, SIZE, 150, "b"));
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let job = job(&a, &b, dir);
    let stop = || Watcher { stop_after: Some(2), ..Watcher::default() };
    train::train_translator(&job, &Device::flex(), &stop()).unwrap_err();
    let note = std::fs::read_to_string(dir.join("job.json")).unwrap();
    let here = train::trained_on(dir).unwrap();
    assert_eq!(
        (here.device.as_str(), Some(here.clone())),
        ("cpu", Some(train::computed_on(&Device::flex())))
    );

    std::fs::write(dir.join("job.json"), note.replace("\"cpu\"", "\"Card 9000\"")).unwrap();
    let error = train::train_translator(&job, &Device::flex(), &stop()).unwrap_err();
    assert!(matches!(error, train::TrainError::OtherDevice { .. }), "{error}");
    assert!(error.to_string().contains("Card 9000") && error.hint().unwrap().contains("--out"));
    assert!(dir.join(train::CHECKPOINT).exists());

    let instructions = here.instructions.unwrap();
    std::fs::write(dir.join("job.json"), note.replace(&format!("\"{instructions}\""), "\"avx9\"")).unwrap();
    let watcher = stop();
    train::train_translator(&job, &Device::flex(), &watcher).unwrap_err();
    let notes = watcher.notes.into_inner().unwrap();
    assert!(notes.len() == 1 && notes[0].contains("avx9") && notes[0].contains("goes on"), "{notes:?}");
    assert_eq!(train::trained_on(dir).unwrap().instructions.unwrap(), format!("avx9, {instructions}"));
    // Said once.
    let watcher = stop();
    train::train_translator(&job, &Device::flex(), &watcher).unwrap_err();
    assert!(watcher.notes.into_inner().unwrap().is_empty());
}
