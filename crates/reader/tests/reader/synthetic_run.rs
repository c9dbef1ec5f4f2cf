//! The folder of a finished run, without training: synthetic tissue, its known severity for the scorer's margin, and smoothed tiles for
//! translations. It holds what `new_study` reads, and nothing else.

use std::path::{Path, PathBuf};

use image::{ExtendedColorType, ImageFormat};
use reader::{Ask, DrawOptions, StudyOptions};
use record::{Done, Phi, PhiResult, Results, RunFolder, StepName, TranslationRow};
use serde::Serialize;
use tissue::Manifest;
use tissue::synthetic::SyntheticTissue;

/// The paper's selectivity.
pub const PHI: Phi = Phi::new(25.0);

/// The part of study.toml that a reader study reads.
#[derive(Serialize)]
struct Settings {
    name: &'static str,
    data: PathBuf,
    source_class: &'static str,
    classes: [&'static str; 2],
    tile_size: usize,
    fit: &'static str,
    seed: u64,
    phi: [Phi; 1],
}

/// Writes the run of `tiles` tiles of `size` pixels into `folder`. Every `blank`-th tile (none if 0) is empty glass.
pub fn write(folder: &Path, tiles: usize, size: usize, blank: usize) -> PathBuf {
    let data = folder.join("tissue");
    let mut set = SyntheticTissue { tiles, size, seed: 5 }.generate(&|_, _| {});
    for (i, tile) in set.tiles.iter_mut().enumerate() {
        if blank > 0 && i % blank == 0 {
            tile.rgb.fill(240);
        }
    }
    set.write(&data).unwrap();

    let run = RunFolder::new(folder.join("run"));
    let settings = Settings {
        name: "polyps",
        data: data.clone(),
        source_class: "HP",
        classes: ["HP", "SSA"],
        tile_size: size,
        fit: "exact",
        seed: 0,
        phi: [PHI],
    };
    files::write_toml(&run.study_toml(), &settings).unwrap();
    let mut manifest = Manifest::open(&data).unwrap();
    manifest.select_classes(&["HP".to_owned(), "SSA".to_owned()]).unwrap();
    manifest.ensure_partition(0);
    files::write_atomic(&run.manifest_csv(), manifest.to_csv().as_bytes()).unwrap();

    let mut of_x: Vec<_> =
        set.tiles.iter().filter(|t| t.class == 0 && t.partition == tissue::Partition::Train).collect();
    of_x.sort_by(|a, b| a.severity.total_cmp(&b.severity));
    // From the least to the most confident.
    let ranked: Vec<String> = of_x.iter().rev().map(|t| t.name.clone()).collect();
    let (easy, hard) = PHI.easy_and_hard(ranked.len());
    record::Selection::new(ranked, easy, hard).write(&run, PHI, None).unwrap();

    let easy = &of_x[..easy];
    let mut rows = Vec::new();
    for (i, tile) in easy.iter().enumerate() {
        let path = run.generated(PHI).join(files::png_name(&tile.name));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let side = size as u32;
        let pixels = smoothed(&tile.rgb, size);
        image::save_buffer_with_format(path, &pixels, side, side, ExtendedColorType::Rgb8, ImageFormat::Png)
            .unwrap();
        rows.push(translated(&tile.name, i % 5 != 0));
    }
    files::write_rows(&run.translation_csv(PHI), &rows).unwrap();
    let tiles = tissue::Tiles::load(&manifest, Some(size), tissue::Fit::Exact, 1 << 30, &|_, _| {}).unwrap();
    let data_hash = manifest.data_hash(&tiles);
    let (select, translate) = (&StepName::select(PHI), &StepName::translate(PHI));
    // The last slide of the training part is kept for validation.
    let last = manifest
        .tiles
        .iter()
        .filter(|t| t.partition == Some(tissue::Partition::Train))
        .map(|t| &t.slide)
        .max();
    let confidences = manifest.tiles.iter().map(|tile| {
        let is_train = tile.partition == Some(tissue::Partition::Train);
        record::ConfidenceRow {
            image: tile.image.clone(),
            class: manifest.classes[tile.class].clone(),
            partition: if is_train { "train" } else { "test" }.into(),
            slide: tile.slide.clone(),
            agreement: None,
            confidence: Some(0.5),
            confidence_out_of_fold: (is_train && Some(&tile.slide) != last).then_some(0.5),
        }
    });
    files::write_rows(&run.confidences_csv(), &confidences.collect::<Vec<_>>()).unwrap();
    end(&run, &StepName::SCORE, &data_hash, &[run.confidences_csv()], &[]);
    end(&run, select, &data_hash, &[run.selection_csv(PHI), run.ranking_csv(PHI)], &[]);
    let mut written = vec![run.translation_csv(PHI)];
    written.extend(rows.iter().map(|row| run.generated(PHI).join(files::png_name(&row.image))));
    end(&run, translate, &data_hash, &written, &[select]);
    let phi = PhiResult {
        phi: PHI,
        hard,
        easy: rows.len(),
        steps: 0,
        generated: rows.len(),
        kept: 0,
        kept_held_out: 0,
        confidence_source: None,
        confidence_generated: None,
    };
    let results = Results {
        schema: record::SCHEMA,
        name: "polyps".into(),
        source_class: "HP".into(),
        classes: vec!["HP".into(), "SSA".into()],
        tile_size: size,
        phi: vec![phi],
        ..Results::default()
    };
    files::write_json(&run.results_json(), &results).unwrap();
    end(&run, &StepName::EVALUATE, &data_hash, &[run.results_json()], &[select, translate]);
    run.root
}

/// Puts on record that a step has ended, with what it wrote.
fn end(run: &RunFolder, step: &StepName, data_hash: &str, written: &[PathBuf], after: &[&StepName]) {
    let outputs = written.iter().map(|path| (run.relative(path), files::sha256_of_file(path).unwrap()));
    let sizes = written.iter().map(|path| (run.relative(path), std::fs::metadata(path).unwrap().len()));
    let done = Done {
        step: step.clone(),
        hash: format!("of {step}"),
        after: after.iter().map(|step| ((*step).clone(), format!("of {step}"))).collect(),
        made_from: std::collections::BTreeMap::new(),
        tool: "test".into(),
        computed_on: None,
        seed: 0,
        data_hash: data_hash.to_owned(),
        seconds: 0.0,
        outputs: outputs.collect(),
        sizes: sizes.collect(),
    };
    run.write_done(&done).unwrap();
}

/// A study of a whole run: `each` tiles of each group.
pub fn options(run: &Path, each: usize, readers: usize) -> StudyOptions {
    StudyOptions {
        run: run.to_path_buf(),
        draw: DrawOptions {
            phi: PHI,
            easy: each,
            hard: each,
            generated: each,
            other: each,
            practice: 2,
            kept_only: false,
            least_tissue: 0.25,
            seed: 3,
            cache_bytes: 1 << 30,
        },
        readers: (1..=readers).map(|i| format!("Reader {i}")).collect(),
        name: None,
        question: "Which class is this tile?".into(),
        instructions: "Judge each tile on its own.\nThere is no time limit.".into(),
        ask: Ask { real_or_generated: false, confidence: false, comment: true },
        equalise: false,
        repeats: 0,
        break_every: 50,
        micrometers_per_pixel: Some(0.5),
        tool: "test".into(),
    }
}

/// Each pixel the mean of itself and its neighbours: as smooth as translations are, so that a compressed one would be shorter.
fn smoothed(rgb: &[u8], size: usize) -> Vec<u8> {
    let at = |x: usize, y: usize, channel: usize| u32::from(rgb[3 * (y * size + x) + channel]);
    let mut pixels = Vec::with_capacity(rgb.len());
    for y in 0..size {
        for x in 0..size {
            for channel in 0..3 {
                let (mut sum, mut n) = (0, 0);
                for y in y.saturating_sub(1)..(y + 2).min(size) {
                    for x in x.saturating_sub(1)..(x + 2).min(size) {
                        sum += at(x, y, channel);
                        n += 1;
                    }
                }
                pixels.push((sum / n) as u8);
            }
        }
    }
    pixels
}

fn translated(image: &str, kept: bool) -> TranslationRow {
    TranslationRow {
        image: image.to_owned(),
        kept,
        kept_held_out: kept,
        confidence_source: 0.9,
        confidence_generated: 0.6,
        confidence_reconstructed: 0.8,
        held_out_source: 0.9,
        held_out_generated: 0.6,
        held_out_reconstructed: 0.8,
        severity_source: None,
        severity_generated: None,
        severity_reconstructed: None,
    }
}
