//! What is written reads back as the same bits, and what is broken is named with its line.

mod json_schema;
mod results_schema;

use files::{OwnFileError, read_rows, read_utf8, write_atomic, write_json, write_rows};
use record::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Numbers whose shortest decimal form is easy to get wrong.
const AWKWARD: [f64; 6] = [0.1, 1.0 / 3.0, 5e-324, 1.5e-30, 0.9259999999999999, f64::MAX];

const RANGE: Range = Range { low: -AWKWARD[1], high: AWKWARD[2], replicates: 2000 };
const MEASURED: Measured = Measured { value: Some(AWKWARD[4]), over_slides: Some(RANGE) };

fn results() -> Results {
    Results {
        schema: SCHEMA,
        tool: "grayzone 0.1.0".into(),
        seed: u64::MAX,
        name: "ünïcode \"quoted\", <b>".into(),
        classes: vec!["hp".into(), "ssa".into()],
        source_class: "hp".into(),
        tile_size: 64,
        preset: "demo".into(),
        data: vec![DataCount {
            partition: "train".into(),
            class: "hp".into(),
            agreement: "high".into(),
            n: 860,
        }],
        scorer: ScorerResult {
            epochs: 25,
            auc_all: Some(AWKWARD[1]),
            auc_low: None,
            ..ScorerResult::default()
        },
        phi: vec![PhiResult {
            phi: Phi::new(12.5),
            hard: 191,
            easy: 765,
            steps: 38_200,
            generated: 765,
            kept: 700,
            kept_held_out: 690,
            confidence_source: Some(AWKWARD[0]),
            confidence_generated: Some(AWKWARD[4]),
        }],
        recommended_phi: Some(Phi::new(12.5)),
        recipes: vec![RowRecipe {
            training_set: TrainingSet::Recipe("both-soft".parse().unwrap()),
            parts: vec![RecipePart {
                tiles: Added::Generated,
                phi: None,
                dial: Some(0.3),
                classes: Classes::All,
                filter: Some(Filter::HeldOutAndFeatures),
                amount: Some(0.25),
                amount_chosen: true,
                added: vec![AddedOfClass { class: "hp".into(), available: 765, kept: 700, added: 350 }],
            }],
            labels: Labels::Judge,
            weight: Some(0.5),
            batch_norm: BatchNorm::Auxiliary,
            curriculum: Curriculum::Agreement,
            augmentation: Augmentation::Degraded,
            candidates: vec![Candidate {
                amount: Some(0.25),
                weight: None,
                seeds: 3,
                auc_validation: Some(0.8),
            }],
        }],
        recommendation: Some(Recommendation {
            training_set: None,
            no_choice: Some(NoChoice::FewSlides),
            epoch: EpochChoice::Last,
            tiles: 90,
            of_class_x: 60,
            slides: 2,
            rows: vec![OnValidation {
                training_set: TrainingSet::Naive,
                seeds: 3,
                auc: Some(AWKWARD[4]),
                auc_best_epoch: Some(0.95),
                difference: Some(-0.01),
                over_seeds_and_slides: Some(RANGE),
                candidates: 4,
                p: Some(AWKWARD[3]),
                p_holm: None,
                is_clear: false,
            }],
        }),
        table3: vec![Table3Row {
            training_set: TrainingSet::Phi(Phi::new(12.5)),
            stratum: Stratum::Low,
            auc_mean: Some(AWKWARD[5]),
            auc_se: None,
            auc_last: Some(AWKWARD[2]),
            auc_val: None,
            seeds: 1,
            per_seed: vec![PerSeed { seed: 0, five_best: Some(0.5), last: None, val: None }],
        }],
        comparisons: vec![RowComparison {
            training_set: TrainingSet::Naive,
            stratum: Stratum::High,
            epoch: EpochChoice::Last,
            seeds: 2,
            difference: Some(AWKWARD[1]),
            sd: Some(AWKWARD[2]),
            low: Some(-AWKWARD[0]),
            high: Some(AWKWARD[0]),
            p_t: Some(AWKWARD[3]),
            p_t_holm: None,
            p_signed_rank: Some(0.5),
            p_signed_rank_holm: Some(1.0),
            detectable: Some(0.1),
            over_slides: Some(RANGE),
            over_seeds_and_slides: None,
            p_seeds_and_slides: None,
            p_seeds_and_slides_holm: None,
            delong: vec![DeLongOfSeed { seed: 0, difference: -AWKWARD[0], se: AWKWARD[1], p_value: None }],
        }],
        at_threshold: vec![AtThreshold {
            training_set: TrainingSet::Original,
            stratum: Stratum::All,
            epoch: EpochChoice::Validation,
            threshold_from: ThresholdFrom::Half,
            threshold: Some(0.5),
            seeds: 2,
            sensitivity: MEASURED,
            specificity: MEASURED,
            accuracy: Measured::default(),
            balanced_accuracy: MEASURED,
        }],
        class_auc: vec![ClassAuc {
            training_set: TrainingSet::Original,
            stratum: Stratum::All,
            epoch: EpochChoice::Last,
            class: None,
            auc_mean: Some(AWKWARD[4]),
            auc_se: None,
            seeds: 1,
        }],
        agreement_auc: vec![AgreementAuc {
            training_set: TrainingSet::Original,
            epoch: EpochChoice::Last,
            from: AWKWARD[1],
            to: 0.5,
            tiles: 7,
            auc: MEASURED,
        }],
        slide_auc: vec![SlideAuc {
            training_set: TrainingSet::Naive,
            epoch: EpochChoice::Validation,
            slides: 31,
            of_class_x: 17,
            mixed: 4,
            auc: MEASURED,
        }],
        difficulty: vec![Difficulty {
            confidence: ConfidenceOf::OutOfFold,
            n_high: 860,
            n_low: 670,
            slides: 12,
            ks: Some(0.302),
            ks_p_value: Some(AWKWARD[3]),
            ks_over_slides: Some(RANGE),
            auc_disagreement: MEASURED,
            spearman: None,
            annotators: 3,
        }],
        calibration: vec![Calibration {
            training_set: None,
            stratum: Stratum::Low,
            epoch: EpochChoice::Last,
            seeds: 1,
            tiles: 9,
            brier: MEASURED,
            calibration_error: Measured::default(),
            bins: vec![CalibrationBin { from: 0.9, to: 1.0, n: 3, confidence: AWKWARD[4], share: MEASURED }],
        }],
        distances: vec![SetDistance {
            phi: Phi::new(12.5),
            features: FeaturesOf::Judge,
            dimensions: 512,
            set: TileSet::Generated(Phi::new(12.5)),
            to: TileSet::Hard(Phi::new(12.5)),
            n: 765,
            n_to: 191,
            frechet: Some(AWKWARD[1]),
            kernel: None,
        }],
        pictures: vec![PictureQuality {
            set: TileSet::Reconstructed(Phi::new(12.5)),
            n: 765,
            ssim: Some(AWKWARD[0]),
            periodicity: None,
            luminance_correlation: Some(-AWKWARD[0]),
            inverted: 1,
            padded: 2,
            padding_repainted: Some(AWKWARD[1]),
            near_copies: 3,
            unchanged: 4,
        }],
        robustness: vec![Robustness {
            training_set: TrainingSet::Phi(Phi::new(12.5)),
            disturbance: Disturbance::Pgd,
            strength: Some(AWKWARD[1]),
            seeds: 1,
            tiles: 400,
            auc: MEASURED,
            auc_se: None,
            undisturbed: Some(AWKWARD[4]),
            lost: MEASURED,
        }],
        ks: Some(Ks { statistic: 0.302, p_value: AWKWARD[3], n_high: 860, n_low: 670 }),
        confidence_shift: vec![ConfidenceShift {
            judge: JudgeName::HeldOut,
            set: TileSet::Reconstructed(Phi::new(12.5)),
            mean: Some(AWKWARD[1]),
            sd: None,
            n: 765,
        }],
        stain: vec![Stain {
            set: TileSet::Source,
            optical_density: Some(AWKWARD[0]),
            hue: None,
            saturation: Some(0.0),
            n: 3,
        }],
        severity: Some(Severity {
            probe_r: Some(0.97),
            easy_mean: Some(0.2),
            generated_mean: Some(0.4),
            hard_mean: Some(0.6),
            phi: Phi::new(12.5),
            reconstructed_mean: None,
        }),
        dial: Some(DialResult {
            steps: 12_000,
            n: 99,
            source: Some(AWKWARD[4]),
            settings: vec![
                DialSetting { setting: 0.0, mean: Some(AWKWARD[0]), sd: Some(AWKWARD[2]) },
                DialSetting { setting: AWKWARD[1], mean: None, sd: None },
            ],
            rising: 97,
            monotone: 90,
            spearman_median: Some(-AWKWARD[0]),
        }),
        cross_validation: Some(record::CrossValidation {
            folds: 5,
            by: record::FoldUnit::Patient,
            units: 37,
            each: vec![record::TestFold {
                fold: 1,
                folder: "fold-1".into(),
                units: 8,
                tiles: 120,
                of_class_x: 70,
                auc: vec![record::FoldAuc {
                    training_set: TrainingSet::Naive,
                    stratum: Stratum::Low,
                    pairs: 3500,
                    five_best: Some(0.9),
                    last: Some(0.88),
                    val: None,
                }],
            }],
            pooled: vec![record::PooledAuc {
                training_set: TrainingSet::Naive,
                stratum: Stratum::All,
                epoch: record::EpochChoice::Last,
                seeds: 2,
                auc: record::Measured {
                    value: Some(0.87),
                    over_slides: Some(record::Range { low: 0.8, high: 0.92, replicates: 2000 }),
                },
                over_seeds_and_slides: None,
            }],
        }),
        notes: vec!["fewer than 100 hard tiles".into()],
    }
}

#[test]
fn results_come_back_the_same_and_undefined_is_null() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::new(folder.path().join("a/b"));
    write_json(&run.results_json(), &results()).unwrap();
    assert_eq!(run.read_results().unwrap(), results());
    let text = read_utf8(&run.results_json()).unwrap();
    assert!(text.contains("\"auc_se\": null") && text.ends_with("}\n"), "{text}");
    let mut undefined = results();
    undefined.scorer.auc_all = Some(f64::NAN);
    write_json(&run.results_json(), &undefined).unwrap();
    assert!(!read_utf8(&run.results_json()).unwrap().contains("NaN"));
    assert_eq!(run.read_results().unwrap().scorer.auc_all, None);
}

#[test]
fn another_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::new(folder.path());
    write_atomic(&run.results_json(), b"{\"schema\": 1, \"whatever\": []}").unwrap();
    let e = run.read_results().unwrap_err();
    assert!(matches!(e, RecordError::Schema { found: 1, expected: SCHEMA, .. }), "{e}");
    assert!(!e.is_machine_fault() && e.hint().is_some());
}

#[test]
fn done_is_absent_until_written() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::new(folder.path());
    assert_eq!(run.read_done(&StepName::SCORER).unwrap(), None);
    let done = Done {
        step: StepName::SCORER,
        hash: "ab".into(),
        after: BTreeMap::from([(StepName::fold(0), "ef".into())]),
        made_from: BTreeMap::new(),
        tool: "grayzone 0.1.0".into(),
        computed_on: Some(ComputedOn { device: "cpu".into(), instructions: Some("avx2".into()) }),
        seed: 1,
        data_hash: "cd".into(),
        seconds: 1.25,
        outputs: BTreeMap::from([("steps/scorer/weights.safetensors".into(), String::new())]),
        sizes: BTreeMap::from([("steps/scorer/weights.safetensors".into(), 12)]),
    };
    run.write_done(&done).unwrap();
    assert_eq!(run.read_done(&StepName::SCORER).unwrap(), Some(done));
    write_atomic(&run.done_json(&StepName::SCORER), b"{\n\"step\": 3}").unwrap();
    assert!(matches!(
        run.read_done(&StepName::SCORER),
        Err(RecordError::File(OwnFileError::Parse { line: Some(2), .. }))
    ));
}

fn same_after_csv<T>(path: &Path, rows: &[T])
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    write_rows(path, rows).unwrap();
    assert_eq!(read_rows::<T>(path).unwrap(), rows);
}

#[test]
fn tables_come_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let confidence = ConfidenceRow {
        image: "a, \"b\"\nc.png".into(),
        class: "hp".into(),
        partition: "train".into(),
        slide: "007".into(),
        agreement: Some(AWKWARD[1]),
        confidence: None,
        confidence_out_of_fold: Some(AWKWARD[3]),
    };
    same_after_csv(&path, std::slice::from_ref(&confidence));
    let header = read_utf8(&path).unwrap().lines().next().map(str::to_owned);
    assert_eq!(
        header.as_deref(),
        Some("image,class,partition,slide,agreement,confidence,confidence_out_of_fold"),
        "the contract's columns"
    );
    same_after_csv(
        &path,
        &[TranslationRow {
            image: "a.png".into(),
            kept: true,
            kept_held_out: false,
            confidence_source: AWKWARD[0],
            confidence_generated: AWKWARD[1],
            confidence_reconstructed: AWKWARD[2],
            held_out_source: AWKWARD[3],
            held_out_generated: AWKWARD[4],
            held_out_reconstructed: AWKWARD[5],
            severity_source: Some(0.25),
            severity_generated: None,
            severity_reconstructed: None,
        }],
    );
    same_after_csv(
        &path,
        &[ClassifierEpoch {
            epoch: 1,
            lr: 1e-3,
            train_loss: AWKWARD[1],
            auc_all: Some(0.5),
            auc_high: None,
            auc_low: None,
            auc_val: Some(AWKWARD[4]),
        }],
    );
    same_after_csv(
        &path,
        &[TranslatorEpoch {
            epoch: 1,
            step: 40,
            lr: 2e-4,
            loss_g: 0.3,
            loss_d_a: 0.2,
            loss_d_b: 0.25,
            loss_cycle_a: AWKWARD[1],
            loss_cycle_b: 0.1,
            loss_identity: None,
            judge_source: Some(0.9),
            judge_generated: Some(0.7),
            judge_reconstructed: None,
        }],
    );
    same_after_csv(
        &path,
        &[ScoreRow {
            image: "a, b.png".into(),
            partition: "test".into(),
            confidence: AWKWARD[0],
            margin: -AWKWARD[1],
            logits: AWKWARD.to_vec(),
        }],
    );
    let added = AddedRow {
        part: 1,
        tiles: Added::CopiesDisputed,
        phi: Some(Phi::new(12.5)),
        dial: None,
        class: "a, b".into(),
        available: 765,
        kept: 700,
        added: 1400,
        weight: AWKWARD[1],
    };
    let dialled = AddedRow { tiles: Added::Generated, phi: None, dial: Some(0.3), ..added.clone() };
    same_after_csv(&path, &[added, dialled]);
    let header = read_utf8(&path).unwrap().lines().next().map(str::to_owned);
    assert_eq!(header.as_deref(), Some("part,tiles,phi,dial,class,available,kept,added,weight"));
    same_after_csv(
        &path,
        &[DisturbedRow {
            image: "a, b.png".into(),
            undisturbed: AWKWARD[0],
            fgsm_1: Some(AWKWARD[1]),
            fgsm_2: Some(-AWKWARD[2]),
            fgsm_4: None,
            pgd_1: None,
            pgd_2: Some(AWKWARD[3]),
            pgd_4: None,
            hematoxylin_less: AWKWARD[4],
            hematoxylin_more: 0.0,
            eosin_less: -AWKWARD[5],
            eosin_more: 1.0,
            jpeg_40: AWKWARD[1],
        }],
    );
    same_after_csv::<ClassifierEpoch>(&path, &[]);
}

#[test]
fn a_broken_table_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    let header = "epoch,lr,train_loss,auc_all,auc_high,auc_low,auc_val\n";
    for (body, line) in [
        ("1,0.1,0.5,,,,\n2,oops,0.5,,,,\n", 3),
        ("1,0.1,0.5,,,,\n2,0.1,0.5,,\n", 3),
        ("one,0.1,0.5,,,,\n", 2),
    ] {
        write_atomic(&path, format!("{header}{body}").as_bytes()).unwrap();
        let e = read_rows::<ClassifierEpoch>(&path).unwrap_err();
        assert!(matches!(&e, OwnFileError::Parse { line: Some(l), .. } if *l == line), "{body:?}: {e}");
    }
    write_atomic(&path, b"epoch,lr\n1,0.1\n").unwrap();
    let e = read_rows::<ClassifierEpoch>(&path).unwrap_err().to_string();
    assert!(e.contains("train_loss"), "names the missing column: {e}");
}
