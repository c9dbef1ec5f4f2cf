//! Runs that were written by hand are compared as their numbers say, and what cannot be compared is refused.

mod written_run;

use compare::{CompareError, compare};
use record::*;
use stats::Draw;
use std::path::{Path, PathBuf};
use written_run::{PLAIN, Recipe, margins, rewrite_results, write};

/// Several runs in one folder.
struct Runs {
    folder: tempfile::TempDir,
    paths: Vec<PathBuf>,
}

impl Runs {
    fn of(recipes: &[&Recipe]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths = recipes
            .iter()
            .enumerate()
            .map(|(i, recipe)| write(&folder.path().join(format!("run-{i}")), recipe))
            .collect();
        Self { folder, paths }
    }

    fn compare(&self) -> Result<Compared, CompareError> {
        compare(&self.paths, "grayzone")
    }

    #[track_caller]
    fn refused(&self, words: &[&str]) -> CompareError {
        let error = self.compare().expect_err("is refused");
        for word in words {
            assert!(error.to_string().contains(word), "{word:?} is not said: {error}");
        }
        assert!(error.hint().is_some() && !error.is_machine_fault(), "{error}");
        error
    }
}

const GAIN: Recipe = Recipe { name: "gain", apart: [0.5, 0.9], data_hash: PLAIN.data_hash, ..PLAIN };
const PHI: TrainingSet = TrainingSet::Phi(Phi::new(25.0));

fn find(
    compared: &Compared,
    run: usize,
    set: TrainingSet,
    stratum: Stratum,
    epoch: EpochChoice,
) -> &BetweenRuns {
    let is_it = |test: &&BetweenRuns| {
        let c = &test.comparison;
        (test.run, c.training_set, c.stratum, c.epoch) == (run, set, stratum, epoch)
    };
    compared.tests.iter().find(is_it).unwrap()
}

#[test]
fn runs_from_the_same_weights_are_compared_seed_by_seed() {
    let runs = Runs::of(&[&PLAIN, &Recipe { seeds: 4, ..GAIN }]);
    let compared = runs.compare().unwrap();
    let test = find(&compared, 1, PHI, Stratum::Low, EpochChoice::Validation);
    assert!(test.paired && test.trainings == [4, 4]);

    // The numbers by themselves, from the margins of low-agreement test tiles (every third tile; those from the 41st on).
    let low: Vec<usize> = (0..80).filter(|i| (i + 40) % 3 == 0).collect();
    let positive: Vec<bool> = low.iter().map(|i| (i + 40) / 5 % 2 == 0).collect();
    let slides: Vec<usize> = low.iter().map(|i| i / 5).collect();
    let of = |recipe: &Recipe| -> Vec<Vec<f64>> {
        let picked = |seed| {
            let margins = margins(recipe, 1, seed, 1);
            low.iter().map(|i| margins[*i]).collect()
        };
        (0..4).map(picked).collect()
    };
    let (a, b) = (of(&PLAIN), of(&GAIN));
    let auc = |scores: &[f64]| stats::auc(scores, &positive).unwrap();
    let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| auc(b) - auc(a)).collect();
    let t = stats::paired_t(&differences, 0.95).unwrap();
    let c = &test.comparison;
    assert_eq!((c.seeds, c.difference, c.sd), (4, Some(t.mean), Some(t.sd)));
    assert_eq!((c.low, c.high, c.p_t), (Some(t.low), Some(t.high), Some(t.p_value)));
    assert_eq!(c.p_signed_rank, stats::wilcoxon_signed_rank(&differences).map(|w| w.p_value));
    // At the level that Holm leaves the first of the two rows.
    assert_eq!(c.detectable, stats::detectable_difference(t.sd, 4, 0.025, 0.8));
    for (range, draw, name) in [
        (c.over_slides, Draw::Slides, "slides"),
        (c.over_seeds_and_slides, Draw::SeedsAndSlides, "seeds-and-slides"),
    ] {
        let mut rng = tissue::random::stream(PLAIN.seed, &format!("compare/phi=25/low/validation/{name}"));
        let wanted =
            stats::auc_difference_interval([&a, &b], &positive, &slides, draw, 2000, &mut rng).unwrap();
        let range = range.unwrap();
        assert_eq!(
            (range.low, range.high, range.replicates),
            (wanted.low, wanted.high, wanted.replicates_used)
        );
    }
    let mut rng = tissue::random::stream(PLAIN.seed, "compare/phi=25/low/validation/seeds-and-slides");
    let wanted =
        stats::auc_difference([&a, &b], &positive, &slides, Draw::SeedsAndSlides, 2000, &mut rng).unwrap();
    assert!(c.p_seeds_and_slides.is_some() && c.p_seeds_and_slides == wanted.p_value);
    assert_eq!(c.delong.len(), 4);
    let pair = stats::delong_pair(&a[2], &b[2], &positive, 0.95).unwrap();
    assert_eq!(
        (c.delong[2].seed, c.delong[2].difference, c.delong[2].p_value),
        (2, pair.difference, pair.p_value)
    );
    let reach = 1.959_963_984_540_054 * c.delong[2].se;
    assert!((pair.difference + reach - pair.high).abs() < 1e-12);

    // Five epochs have no scores, and the whole of it depends on nothing else.
    let five = &find(&compared, 1, PHI, Stratum::All, EpochChoice::FiveBest).comparison;
    assert!(five.difference.is_some() && five.over_slides.is_none() && five.delong.is_empty());
    assert_eq!(runs.compare().unwrap(), compared);
    assert_eq!(compared.claimed_epoch, EpochChoice::Validation);
    let settings: Vec<&str> = compared.settings.iter().map(|s| s.key.as_str()).collect();
    assert_eq!(settings, ["seeds"], "names, data and what is the same are left out");
    assert_eq!(compared.settings[0].values, [Some("5".to_owned()), Some("4".to_owned())]);
    assert_eq!((compared.runs[1].test_tiles, compared.runs[1].test_slides), (80, 16));
    // One seed less is another row, though the seeds that both have are the same trainings.
    assert!(compared.notes.is_empty(), "{:?}", compared.notes);
}

#[test]
fn a_row_that_is_the_same_in_both_is_not_tested() {
    let compared = Runs::of(&[&PLAIN, &GAIN]).compare().unwrap();
    assert!(compared.tests.iter().all(|test| test.comparison.training_set == PHI), "{:?}", compared.tests);
    assert!(
        compared.notes[0].contains("runs A and B") && compared.notes[0].ends_with("not tested: original")
    );
}

#[test]
fn holm_is_over_every_test_of_a_stratum_and_epoch() {
    let other = Recipe { name: "other", apart: [0.6, 0.7], ..PLAIN };
    let better = Recipe { apart: [0.7, 0.9], ..GAIN };
    let compared = Runs::of(&[&PLAIN, &better, &other]).compare().unwrap();
    let family: Vec<&RowComparison> = compared
        .tests
        .iter()
        .map(|test| &test.comparison)
        .filter(|c| (c.stratum, c.epoch) == (Stratum::All, EpochChoice::Last))
        .collect();
    assert_eq!(family.len(), 4, "two rows of two runs");
    let p: Vec<f64> = family.iter().map(|c| c.p_t.unwrap()).collect();
    let corrected: Vec<f64> = family.iter().map(|c| c.p_t_holm.unwrap()).collect();
    assert_eq!(Some(corrected), stats::holm(&p));
}

#[test]
fn runs_from_other_weights_are_independent_samples() {
    let wide = Recipe { width: 16, seeds: 7, ..GAIN };
    let runs = Runs::of(&[&PLAIN, &wide]);
    let compared = runs.compare().unwrap();
    let test = find(&compared, 1, PHI, Stratum::All, EpochChoice::Last);
    assert!(!test.paired && test.trainings == [5, 7]);
    let of = |run: usize| -> Vec<f64> {
        let rows = &compared.runs[run].table3;
        let row = rows.iter().find(|r| r.training_set == PHI && r.stratum == Stratum::All).unwrap();
        row.per_seed.iter().filter_map(|seed| seed.last).collect()
    };
    let welch = stats::welch_t(&of(0), &of(1), 0.95).unwrap();
    let c = &test.comparison;
    assert_eq!((c.p_t, c.low, c.high), (Some(welch.p_value), Some(welch.low), Some(welch.high)));
    assert!((c.difference.unwrap() - welch.difference).abs() < 1e-15);
    assert!(c.p_signed_rank.is_none() && c.sd.is_none() && c.delong.is_empty() && c.seeds == 5);
    let (slides, both) = (c.over_slides.unwrap(), c.over_seeds_and_slides.unwrap());
    assert!(slides.low < slides.high && both.low < slides.low, "{slides:?} {both:?}");
    assert!(compared.notes.iter().any(|note| note.contains("no pairs")), "{:?}", compared.notes);
    // So are those of another study's seed.
    let other = Recipe { seed: 4, ..GAIN };
    assert!(!Runs::of(&[&PLAIN, &other]).compare().unwrap().tests[0].paired);
}

#[test]
fn rows_that_one_run_alone_has_and_what_older_runs_lack_is_said() {
    let old = Recipe { has_scores: false, validates: false, selectivity: 12.5, ..GAIN };
    let compared = Runs::of(&[&PLAIN, &old]).compare().unwrap();
    assert!(compared.tests.iter().all(|test| test.comparison.training_set == TrainingSet::Original));
    assert!(compared.tests.iter().all(|test| test.comparison.epoch != EpochChoice::Validation));
    assert_eq!(compared.claimed_epoch, EpochChoice::Last);
    let notes = compared.notes.join("\n");
    assert!(notes.contains("phi=25, phi=12.5") && notes.contains("no scores"), "{notes}");
    assert!(compared.tests.iter().all(|test| test.comparison.over_slides.is_none()));
}

#[test]
fn the_same_tiles_at_another_size_may_be_compared_and_it_is_said() {
    let large = Recipe { tile_size: 64, data_hash: "bbbb", ..GAIN };
    let compared = Runs::of(&[&PLAIN, &large]).compare().unwrap();
    assert!(compared.notes[0].contains("32 and 64 px"), "{:?}", compared.notes);
    assert!(compared.tests[0].paired, "a network's weights do not depend on the size of tiles");
    let keys: Vec<&str> = compared.settings.iter().map(|s| s.key.as_str()).collect();
    assert_eq!(keys, ["tile_size"]);
}

#[test]
fn other_data_is_refused_by_what_differs() {
    let refused = |recipe: &Recipe, words: &[&str]| {
        let runs = Runs::of(&[&PLAIN, recipe]);
        let error = runs.refused(words);
        assert!(error.to_string().contains("run A ("), "{error}");
    };
    refused(
        &Recipe { tiles: "u", data_hash: "bbbb", ..GAIN },
        &["80 test tiles are not the 80", "\"u040.png\"", "\"t040.png\""],
    );
    refused(
        &Recipe { data_hash: "bbbb", ..GAIN },
        &["other pixels or votes", "aaaa1111aaaa", "bbbb", "study.toml"],
    );
    refused(&Recipe { classes: ["HP", "TA"], ..GAIN }, &["its classes are HP, TA", "are HP, SSA"]);
    refused(&Recipe { source_class: 1, ..GAIN }, &["its source class is SSA", "is HP"]);
    // A third run is compared with the second as well.
    let (large, other) = (
        Recipe { tile_size: 64, data_hash: "bbbb", ..GAIN },
        Recipe { tile_size: 64, data_hash: "cccc", ..PLAIN },
    );
    Runs::of(&[&PLAIN, &large, &Recipe { name: "third", ..other }]).refused(&["run B (", "other pixels"]);
}

#[test]
fn tiles_that_moved_or_were_relabelled_are_named() {
    let with = |edit: &dyn Fn(&mut ConfidenceRow), words: &[&str]| {
        let runs = Runs::of(&[&PLAIN, &GAIN]);
        let run = RunFolder::new(&runs.paths[1]);
        let mut tiles: Vec<ConfidenceRow> = files::read_rows(&run.confidences_csv()).unwrap();
        edit(&mut tiles[50]);
        files::write_rows(&run.confidences_csv(), &tiles).unwrap();
        let other = Recipe { data_hash: "bbbb", ..GAIN };
        let score = written_run::end(&run, &other, StepName::SCORE, &[run.confidences_csv()], &[]);
        let mut evaluate = run.read_done(&StepName::EVALUATE).unwrap().unwrap();
        evaluate.data_hash = "bbbb".into();
        evaluate.made_from.insert(StepName::SCORE, score.outputs_digest());
        run.write_done(&evaluate).unwrap();
        let study = files::read_utf8(&run.study_toml()).unwrap().replace(PLAIN.data_hash, "bbbb");
        files::write_atomic(&run.study_toml(), study.as_bytes()).unwrap();
        runs.refused(words);
    };
    with(
        &|t| t.partition = "train".into(),
        &["79 test tiles are not the 80", "1 only in the other", "\"t050.png\""],
    );
    with(
        &|t| t.class = "SSA".into(),
        &["1 of its tiles have another class", "\"t050.png\": SSA, and there HP"],
    );
    with(&|t| t.slide = "s99".into(), &["another slide", "s99, and there s10"]);
    with(&|t| t.agreement = None, &["another agreement", "none, and there 1"]);
}

#[test]
fn what_is_no_finished_run_is_refused_by_name() {
    let runs = || Runs::of(&[&PLAIN, &GAIN]);
    let error = compare(&[], "grayzone").unwrap_err();
    assert!(error.to_string().contains("no run was given"));
    let mut one = runs();
    one.paths.truncate(1);
    one.refused(&["one run was given"]);
    let many = Runs { paths: vec![one.paths[0].clone(); 27], ..one };
    many.refused(&["27 runs"]);

    let mut twice = runs();
    twice.paths.push(twice.folder.path().join("run-1/../run-0"));
    twice.refused(&["it is the same run as", "run-0"]);
    let copied = Runs::of(&[&PLAIN, &PLAIN]);
    copied.refused(&["it is a copy of", "run-0"]);

    let mut gone = runs();
    gone.paths[1] = gone.folder.path().join("nowhere");
    gone.refused(&["there is no run", "nowhere", "no such folder"]);
    gone.paths[1] = gone.paths[0].join("results.json");
    gone.refused(&["it is a file"]);
    gone.paths[1] = gone.folder.path().to_owned();
    gone.refused(&["neither study.toml nor results.json"]);

    let edited = |edit: &dyn Fn(&Path), words: &[&str]| {
        let runs = runs();
        edit(&runs.paths[1]);
        runs.refused(words);
    };
    edited(
        &|run| std::fs::remove_file(run.join("results.json")).unwrap(),
        &["not finished", "run-1/results.json"],
    );
    edited(
        &|run| std::fs::remove_file(run.join("steps/evaluate/done.json")).unwrap(),
        &["the step evaluate has not ended"],
    );
    edited(
        &|run| std::fs::remove_file(run.join("steps/score/done.json")).unwrap(),
        &["the step score has been run again"],
    );
    edited(
        &|run| {
            let text = files::read_utf8(&run.join("results.json")).unwrap();
            std::fs::write(run.join("results.json"), text.replacen("gain", "loss", 1)).unwrap();
        },
        &["cannot be relied on", "run-1/results.json", "SHA-256"],
    );
    let scores = "steps/retrain-phi-25-seed-1/scores-last.csv";
    edited(
        &|run| std::fs::remove_file(run.join(scores)).unwrap(),
        &["cannot be relied on", scores, "it is gone"],
    );
    edited(
        &|run| std::fs::write(run.join("confidences.csv"), "a\n").unwrap(),
        &["confidences.csv", "SHA-256"],
    );
    edited(
        &|run| {
            let text = files::read_utf8(&run.join("study.toml")).unwrap();
            std::fs::write(run.join("study.toml"), text.replace("seed = 3", "seed = 4")).unwrap();
        },
        &["not finished", "study.toml", "seed is not that of the results"],
    );
    edited(
        &|run| std::fs::write(run.join("study.toml"), "seed = \n").unwrap(),
        &["TOML", "study.toml", "line 1"],
    );
}

#[test]
fn results_of_another_schema_or_without_a_key_are_refused_by_name_and_line() {
    let edited = |edit: &dyn Fn(&str) -> String, words: &[&str]| {
        let runs = Runs::of(&[&PLAIN, &GAIN]);
        rewrite_results(&runs.paths[1], edit);
        runs.refused(words);
        // Also where nobody has put the change on record.
        let run = RunFolder::new(&runs.paths[1]);
        let mut done = run.read_done(&StepName::EVALUATE).unwrap().unwrap();
        done.outputs.insert("results.json".into(), "0".repeat(64));
        run.write_done(&done).unwrap();
        runs.refused(words);
    };
    let file = "run-1/results.json";
    edited(
        &|text| text.replacen("\"schema\": 3", "\"schema\": 2", 1),
        &["of schema 2", file, "reads schema 3"],
    );
    edited(&|text| text.replacen("\"schema\": 3,", "", 1), &["missing field `schema`", file, "line "]);
    edited(&|text| text.replacen("\"preset\": \"demo\",", "", 1), &["missing field `preset`", file, "line "]);
    edited(
        &|text| text.replacen("\"recommended_phi\": null,", "", 1),
        &["the key `recommended_phi` is missing", "line 1)", file],
    );
    let without = |text: &str| {
        let at = text.find("\"auc_se\"").unwrap();
        let end = at + text[at..].find('\n').unwrap();
        format!("{}{}", &text[..at], &text[end..])
    };
    edited(&without, &["the key `table3[0].auc_se` is missing", file]);
    edited(
        &|text| text.replacen("\"notes\": []", "\"notes\": [],\n  \"extra\": 1", 1),
        &["no such key as `extra`", file],
    );
    edited(
        &|text| text.replacen("\"tile_size\": 32", "\"tile_size\": \"32\"", 1),
        &["invalid type", file, "line "],
    );
}

#[test]
fn where_high_agreement_means_other_tiles_all_tiles_alone_are_compared() {
    let runs = Runs::of(&[&PLAIN, &GAIN]);
    let study = RunFolder::new(&runs.paths[1]).study_toml();
    let text = files::read_utf8(&study).unwrap();
    files::write_atomic(&study, format!("high_agreement = 0.6\n{text}").as_bytes()).unwrap();
    let compared = runs.compare().unwrap();
    assert!(!compared.tests.is_empty());
    assert!(compared.tests.iter().all(|test| test.comparison.stratum == Stratum::All));
    // The original is the same training in both, and still no test.
    assert!(compared.tests.iter().all(|test| test.comparison.training_set == PHI));
    assert!(compared.notes.iter().any(|note| note.contains("(high_agreement)")), "{:?}", compared.notes);
}
