//! Run folders written by hand, with everything that a comparison reads: no training.
#![allow(dead_code, reason = "each test file uses its own part")]

use record::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What a run is made of.
#[derive(Clone)]
pub struct Recipe {
    pub name: &'static str,
    pub seed: u64,
    pub seeds: u64,
    /// By how much the classes' scores are apart, of the original and of the row with translations.
    pub apart: [f64; 2],
    pub width: usize,
    pub tile_size: usize,
    pub data_hash: &'static str,
    pub selectivity: f64,
    /// Whether trainings have left scores, and whether there are validation tiles.
    pub has_scores: bool,
    pub validates: bool,
    /// Names of tiles begin so.
    pub tiles: &'static str,
    /// Classes, of which the first is class X.
    pub classes: [&'static str; 2],
    pub source_class: usize,
}

pub const PLAIN: Recipe = Recipe {
    name: "plain",
    seed: 3,
    seeds: 5,
    apart: [0.5, 0.6],
    width: 8,
    tile_size: 32,
    data_hash: "aaaa1111aaaa1111",
    selectivity: 25.0,
    has_scores: true,
    validates: true,
    tiles: "t",
    classes: ["HP", "SSA"],
    source_class: 0,
};

/// Train and test tiles: 24 slides of five tiles, every other one of class X; the first eight slides are for training.
fn tiles(recipe: &Recipe) -> Vec<ConfidenceRow> {
    let row = |i: usize| {
        let slide = i / 5;
        ConfidenceRow {
            image: format!("{}{i:03}.png", recipe.tiles),
            class: recipe.classes[slide % 2].to_owned(),
            partition: if slide < 8 { "train" } else { "test" }.to_owned(),
            slide: format!("s{slide:02}"),
            agreement: Some(if i.is_multiple_of(3) { 2.0 / 3.0 } else { 1.0 }),
            confidence: Some(0.5),
            confidence_out_of_fold: None,
        }
    };
    (0..120).map(row).collect()
}

/// Noise from −0.5 to 0.5 that follows from its numbers.
fn noise(numbers: &[usize]) -> f64 {
    let mut hash = 1_469_598_103_934_665_603_u64;
    for n in numbers {
        hash = (hash ^ *n as u64).wrapping_mul(1_099_511_628_211);
        hash ^= hash >> 29;
    }
    (hash >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
}

/// The margins of the test tiles after a training. What belongs to a tile is the same in all trainings.
pub fn margins(recipe: &Recipe, set: usize, seed: u64, epoch: usize) -> Vec<f64> {
    let margin = |(i, tile): (usize, &ConfidenceRow)| {
        let side = if tile.class == recipe.classes[recipe.source_class] { 0.5 } else { -0.5 };
        let lasting = noise(&[i, 11]) + noise(&[i, 12]) + noise(&[i / 5, 13]);
        let of_training = noise(&[i, set, seed as usize, epoch, recipe.seed as usize]);
        side * (recipe.apart[set] + 0.2 * noise(&[set, seed as usize, 7])) + lasting + of_training
    };
    let tiles = tiles(recipe);
    tiles.iter().filter(|tile| tile.partition == "test").enumerate().map(margin).collect()
}

/// Writes the run.
pub fn write(folder: &Path, recipe: &Recipe) -> PathBuf {
    let run = RunFolder::new(folder);
    let classes = recipe.classes.map(str::to_owned).to_vec();
    let mut study = String::new();
    let _ = write!(
        study,
        "version = \"grayzone 0.1.0\"\ndata_hash = \"{}\"\nname = \"{}\"\ndata = \"/data/{}\"\nseed = {}\nseeds = {}\n\
         tile_size = {}\nfit = \"exact\"\nphi = [{:?}]\n[classifier]\nepochs = 5\nwidth = {}\n[select]\nby = \"confidence\"\n",
        recipe.data_hash,
        recipe.name,
        recipe.name,
        recipe.seed,
        recipe.seeds,
        recipe.tile_size,
        recipe.selectivity,
        recipe.width
    );
    files::write_atomic(&run.study_toml(), study.as_bytes()).unwrap();
    let tiles = tiles(recipe);
    files::write_rows(&run.confidences_csv(), &tiles).unwrap();
    let mut after = vec![end(&run, recipe, StepName::SCORE, &[run.confidences_csv()], &[])];

    let test: Vec<&ConfidenceRow> = tiles.iter().filter(|tile| tile.partition == "test").collect();
    let x = recipe.classes[recipe.source_class];
    let mut table3 = Vec::new();
    for (at, set) in
        [TrainingSet::Original, TrainingSet::Phi(Phi::new(recipe.selectivity))].into_iter().enumerate()
    {
        for seed in 0..recipe.seeds {
            let step = StepName::retrain(set, seed);
            let mut written = vec![run.step(&step).join("metrics.csv")];
            files::write_atomic(&written[0], format!("epoch\n{}{at}{seed}\n", recipe.name).as_bytes())
                .unwrap();
            for (epoch, choice) in [EpochChoice::Last, EpochChoice::Validation].into_iter().enumerate() {
                if recipe.has_scores && (recipe.validates || choice == EpochChoice::Last) {
                    let path = choice.scores_csv(&run.step(&step));
                    files::write_rows(&path, &scores(recipe, at, seed, epoch, &test)).unwrap();
                    written.push(path);
                }
            }
            after.push(end(&run, recipe, step, &written, &[]));
        }
        for stratum in Stratum::ALL {
            table3.push(row(recipe, (set, at), stratum, &test, x));
        }
    }
    let results = Results {
        schema: SCHEMA,
        tool: "grayzone 0.1.0".into(),
        seed: recipe.seed,
        name: recipe.name.into(),
        classes,
        source_class: x.into(),
        tile_size: recipe.tile_size,
        preset: "demo".into(),
        table3,
        ..Results::default()
    };
    files::write_json(&run.results_json(), &results).unwrap();
    end(&run, recipe, StepName::EVALUATE, &[run.results_json()], &after);
    run.root
}

fn scores(recipe: &Recipe, set: usize, seed: u64, epoch: usize, test: &[&ConfidenceRow]) -> Vec<ScoreRow> {
    let row = |(tile, margin): (&&ConfidenceRow, f64)| ScoreRow {
        image: tile.image.clone(),
        partition: "test".into(),
        confidence: 1.0 / (1.0 + (-margin).exp()),
        margin,
        logits: vec![margin, 0.0],
    };
    let mut rows: Vec<ScoreRow> = test.iter().zip(margins(recipe, set, seed, epoch)).map(row).collect();
    rows.push(ScoreRow {
        image: "v.png".into(),
        partition: "validation".into(),
        confidence: 0.5,
        margin: 0.0,
        logits: vec![0.0; 2],
    });
    rows
}

fn row(
    recipe: &Recipe,
    (set, at): (TrainingSet, usize),
    stratum: Stratum,
    test: &[&ConfidenceRow],
    x: &str,
) -> Table3Row {
    let is_in = |tile: &ConfidenceRow| match stratum {
        Stratum::All => true,
        Stratum::High => tile.agreement == Some(1.0),
        Stratum::Low => tile.agreement < Some(1.0),
    };
    let auc = |seed: u64, epoch: usize| {
        let margins = margins(recipe, at, seed, epoch);
        let picked = test.iter().zip(margins).filter(|(tile, _)| is_in(tile));
        let (scores, positive): (Vec<f64>, Vec<bool>) = picked.map(|(tile, m)| (m, tile.class == x)).unzip();
        stats::auc(&scores, &positive)
    };
    let of_seed = |seed| PerSeed {
        seed,
        five_best: auc(seed, 0).map(|auc| (auc + 0.01).min(1.0)),
        last: auc(seed, 0),
        val: recipe.validates.then(|| auc(seed, 1)).flatten(),
    };
    let per_seed: Vec<PerSeed> = (0..recipe.seeds).map(of_seed).collect();
    let of = |pick: fn(&PerSeed) -> Option<f64>| per_seed.iter().filter_map(pick).collect::<Vec<f64>>();
    Table3Row {
        training_set: set,
        stratum,
        auc_mean: stats::mean(&of(|s| s.five_best)),
        auc_se: stats::standard_error(&of(|s| s.five_best)),
        auc_last: stats::mean(&of(|s| s.last)),
        auc_val: stats::mean(&of(|s| s.val)),
        seeds: per_seed.len(),
        per_seed,
    }
}

/// Puts on record that a step has ended, with what it wrote.
pub fn end(run: &RunFolder, recipe: &Recipe, step: StepName, written: &[PathBuf], after: &[Done]) -> Done {
    let sums = written.iter().map(|path| (run.relative(path), files::sha256_of_file(path).unwrap()));
    let done = Done {
        hash: format!("of {step} of {}", recipe.name),
        after: after.iter().map(|done| (done.step.clone(), done.hash.clone())).collect(),
        made_from: after.iter().map(|done| (done.step.clone(), done.outputs_digest())).collect(),
        tool: "grayzone 0.1.0".into(),
        computed_on: Some(ComputedOn { device: "cpu".into(), instructions: Some("avx2".into()) }),
        seed: recipe.seed,
        data_hash: recipe.data_hash.into(),
        seconds: 1.0,
        outputs: sums.collect(),
        sizes: BTreeMap::new(),
        step,
    };
    run.write_done(&done).unwrap();
    done
}

/// Changes `results.json` as `edit` says and puts it on record again, as if the run had written it so.
pub fn rewrite_results(folder: &Path, edit: impl Fn(&str) -> String) {
    let run = RunFolder::new(folder);
    let text = files::read_utf8(&run.results_json()).unwrap();
    let edited = edit(&text);
    assert_ne!(edited, text, "nothing was changed");
    files::write_atomic(&run.results_json(), edited.as_bytes()).unwrap();
    let mut done = run.read_done(&StepName::EVALUATE).unwrap().unwrap();
    done.outputs.insert("results.json".into(), files::sha256_of_file(&run.results_json()).unwrap());
    run.write_done(&done).unwrap();
}
