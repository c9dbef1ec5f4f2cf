//! Cards of a run of grayzone 0.1, whose results are brought to the schema of today.

use std::path::Path;

use record::{
    AgreementAuc, AtThreshold, Calibration, ClassAuc, EpochChoice, Measured, OnValidation, PerSeed, Phi,
    PhiResult, Range, Recommendation, Results, RowComparison, RunFolder, SCHEMA, ScorerResult, StepName,
    Stratum, Table3Row, ThresholdFrom, TrainingSet,
};

use super::ModelCard;
use crate::error::InteropError;
use crate::network::Network;

/// A copy of what the card reads, in a folder that is removed in the end.
struct Copied {
    run: RunFolder,
    _folder: tempfile::TempDir,
}

fn copied(results: &Results) -> Copied {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../grayzone/tests/fixtures/earlier-run/run");
    let folder = tempfile::tempdir().unwrap();
    let steps = ["scorer", "fold-0", "retrain-original-seed-0", "translator-phi-50"];
    let mut files = vec!["study.toml".to_owned(), "confidences.csv".to_owned()];
    files.extend(steps.map(|step| format!("steps/{step}/done.json")));
    files.extend([
        "steps/scorer/weights.safetensors".to_owned(),
        "steps/translator-phi-50/g_ab.safetensors".to_owned(),
    ]);
    for file in files {
        let to = folder.path().join(&file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from.join(&file), to).unwrap();
    }
    let run = RunFolder::new(folder.path());
    files::write_json(&run.results_json(), results).unwrap();
    Copied { run, _folder: folder }
}

fn measured(value: f64) -> Measured {
    let over_slides = Some(Range { low: value - 0.01, high: value + 0.01, replicates: 2000 });
    Measured { value: Some(value), over_slides }
}

/// Results of which every figure is another number, so that each can be looked for.
fn results() -> Results {
    let (training_set, stratum) = (TrainingSet::Original, Stratum::High);
    let epoch = EpochChoice::Last;
    let per_seed = PerSeed { seed: 0, five_best: Some(0.91), last: Some(0.8123), val: Some(0.8234) };
    Results {
        schema: SCHEMA,
        tool: "grayzone 0.1.0".into(),
        name: "small | <study>\n# one".into(),
        classes: vec!["HP".into(), "S|SA".into()],
        source_class: "HP".into(),
        tile_size: 24,
        data: vec![record::DataCount {
            partition: "train".into(),
            class: "HP".into(),
            agreement: "high".into(),
            n: 22,
        }],
        scorer: ScorerResult {
            epochs: 1,
            auc_all: Some(0.4654),
            out_of_fold_auc: Some(0.4301),
            ..ScorerResult::default()
        },
        phi: vec![PhiResult {
            phi: Phi::new(50.0),
            hard: 23,
            easy: 23,
            steps: 2,
            generated: 23,
            kept: 21,
            kept_held_out: 19,
            confidence_source: Some(0.5657),
            confidence_generated: Some(0.7164),
        }],
        table3: vec![Table3Row {
            training_set,
            stratum,
            auc_mean: Some(0.8181),
            auc_se: Some(0.0123),
            auc_last: Some(0.8012),
            auc_val: None,
            seeds: 3,
            per_seed: vec![per_seed],
        }],
        comparisons: vec![RowComparison {
            training_set,
            stratum,
            epoch,
            seeds: 3,
            difference: Some(0.0311),
            sd: None,
            low: Some(-0.0102),
            high: Some(0.0724),
            p_t: None,
            p_t_holm: None,
            p_signed_rank: None,
            p_signed_rank_holm: None,
            detectable: None,
            over_slides: None,
            over_seeds_and_slides: None,
            p_seeds_and_slides: None,
            p_seeds_and_slides_holm: None,
            delong: vec![],
        }],
        class_auc: vec![ClassAuc {
            training_set,
            stratum,
            epoch,
            class: Some("S|SA".into()),
            auc_mean: Some(0.6543),
            auc_se: Some(0.0321),
            seeds: 3,
        }],
        agreement_auc: vec![AgreementAuc {
            training_set,
            epoch,
            from: 0.6,
            to: 1.0,
            tiles: 31,
            auc: measured(0.8444),
        }],
        at_threshold: vec![AtThreshold {
            training_set,
            stratum,
            epoch,
            threshold_from: ThresholdFrom::Validation,
            threshold: Some(0.4321),
            seeds: 3,
            sensitivity: measured(0.7111),
            specificity: measured(0.7222),
            accuracy: measured(0.7333),
            balanced_accuracy: measured(0.7444),
        }],
        calibration: vec![Calibration {
            training_set: Some(training_set),
            stratum,
            epoch,
            seeds: 3,
            tiles: 40,
            brier: measured(0.1811),
            calibration_error: measured(0.0922),
            bins: vec![],
        }],
        recommendation: Some(Recommendation {
            training_set: Some(TrainingSet::Original),
            no_choice: None,
            epoch,
            tiles: 77,
            of_class_x: 40,
            slides: 9,
            rows: vec![OnValidation {
                training_set,
                seeds: 3,
                auc: Some(0.8777),
                auc_best_epoch: None,
                difference: None,
                over_seeds_and_slides: None,
                candidates: 1,
                p: None,
                p_holm: None,
                is_clear: false,
            }],
        }),
        notes: vec!["Few slides.".into()],
        ..Results::default()
    }
}

#[test]
fn a_card_tells_what_the_run_says_and_nothing_else() {
    let copied = copied(&results());
    let step = StepName::SCORER;
    let network = Network::from_safetensors(&copied.run.step(&step).join("weights.safetensors")).unwrap();
    let card = ModelCard::from_run(&copied.run, &step, &network, Some(0.5)).unwrap();
    let text = card.markdown();
    for said in [
        "# ResNet-18 of width 2 with 2 outputs of “small \\| \\<study\\> \\# one”\n",
        "| trained by | grayzone 0.1.0, step `scorer`, seed 0 |",
        network.sha256(),
        "| resolution | 0.5 µm per pixel (told when the card was written) |",
        "| train | HP | high | 22 |",
        "| part | class | slides with such tiles |",
        "| scorer.lr | 0.001 |",
        "| AUC, all test tiles | 0.4654 |",
        "| AUC, tiles of high agreement | – |",
        "| AUC of the train tiles out of fold | 0.4301 |",
        "Not a medical device, not for diagnosis",
        "- The run notes: Few slides.",
        "onnxruntime",
        "QuPath",
        "torch.jit.load",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert!(!text.contains("torchvision.models"), "torchvision has none of this width");
    assert!(!text.contains("classifier.lr"), "settings of another training");
    assert!(!text.contains("../tiles"), "where the tiles were is nobody's business");
    assert_eq!(text, card.markdown());
    let path = copied.run.root.join("card.md");
    card.write(&path).unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), text);
    let silent = ModelCard::from_run(&copied.run, &step, &network, None).unwrap().markdown();
    assert!(silent.contains("| resolution | not known |") && silent.contains("is not recorded in the run"));
}

#[test]
fn a_row_is_told_with_its_intervals_thresholds_and_choice() {
    let text = super::measured::of_row(&results(), TrainingSet::Original, 0);
    for said in [
        "| high agreement | 0.8123 | 0.8234 | 0.8012 | – | 0.8181 ± 0.0123 | 3 |",
        "| high agreement | last | 0.0311 | -0.0102 to 0.0724 | – | – |",
        "| high agreement | last | validation tiles | 0.4321 | 0.7111 (0.7011 to 0.7211) | 0.7222 (0.7122 to 0.7322) | 0.7444 (0.7344 to 0.7544) |",
        "| S\\|SA | high agreement | last | 0.6543 ± 0.0321 | 3 |",
        "| 60 to 100 % | last | 31 | 0.8444 (0.8344 to 0.8544) |",
        "| high agreement | last | 40 | 0.1811 (0.1711 to 0.1911) | 0.0922 (0.0822 to 0.1022) |",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let other = super::measured::of_row(&results(), TrainingSet::Naive, 0);
    assert!(other.contains("The run has no AUC of this network.") && !other.contains("0.8"), "{other}");
    let chosen = super::measured::chosen(&results(), TrainingSet::Original);
    assert!(
        chosen.starts_with(
            "The run recommends this training set (`original`), by 77 validation tiles of 9 slides."
        ),
        "{chosen}"
    );
    assert!(chosen.contains("| `original` | 3 | 0.8777 | – | – | – |"), "{chosen}");
    let chosen = super::measured::chosen(&results(), TrainingSet::Naive);
    assert!(chosen.contains("recommends another training set, `original`"), "{chosen}");
}

#[test]
fn a_translators_card_warns_of_its_pictures() {
    let copied = copied(&results());
    let step = StepName::translator(Phi::new(50.0));
    let network = Network::from_safetensors(&copied.run.step(&step).join("g_ab.safetensors")).unwrap();
    let text = ModelCard::from_run(&copied.run, &step, &network, None).unwrap().markdown();
    for said in [
        "| 50 % | 2 | 23 | 21 | 19 | 0.5657 | 0.7164 |",
        "What it gives is no tissue",
        "| translator.width | 2 |",
        "N×3×H×W",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
}

#[test]
fn other_weights_and_unfinished_steps_have_no_card() {
    let copied = copied(&results());
    let scorer = copied.run.step(&StepName::SCORER).join("weights.safetensors");
    let network = Network::from_safetensors(&scorer).unwrap();
    for (step, why) in [
        (StepName::fold(0), "they are not what step fold-0 left"),
        (StepName::fold(1), "step fold-1 has not ended"),
    ] {
        let error = ModelCard::from_run(&copied.run, &step, &network, None).unwrap_err();
        assert!(error.to_string().ends_with(why) && error.hint().is_some(), "{error}");
    }
    for um_px in [f64::NAN, 0.0] {
        assert!(ModelCard::from_run(&copied.run, &StepName::SCORER, &network, Some(um_px)).is_err());
    }
    std::fs::remove_file(copied.run.results_json()).unwrap();
    let error = ModelCard::from_run(&copied.run, &StepName::SCORER, &network, None).unwrap_err();
    assert!(matches!(error, InteropError::Run(_)), "{error}");
}
