//! Made-up comparisons, thresholds, calibration, difficulty and quality for the fabricated run.

use super::{Dice, Fabricated};
use files::write_rows;
use record::*;

fn range(middle: f64, reach: f64) -> Range {
    Range { low: middle - reach, high: middle + reach, replicates: 2000 }
}

fn measured(value: f64, reach: f64) -> Measured {
    Measured {
        value: Some(value),
        over_slides: Some(Range {
            low: (value - reach).max(0.0),
            high: (value + reach).min(1.0),
            replicates: 2000,
        }),
    }
}

impl Fabricated {
    fn strata(&self) -> &'static [Stratum] {
        &Stratum::ALL[..if self.votes { 3 } else { 1 }]
    }

    /// The choices of epochs that have scores.
    fn scored(&self) -> &'static [EpochChoice] {
        match (self.scores, self.validation) {
            (false, _) => &[],
            (true, false) => &[EpochChoice::Last],
            (true, true) => &[EpochChoice::Last, EpochChoice::Validation],
        }
    }

    /// Every key of `results.json` that came with its second schema, and the third.
    pub fn statistics(&self, results: &mut Results) {
        results.recipes = self.sets().into_iter().map(|(set, _)| self.recipe(set)).collect();
        results.recommendation = Some(self.recommendation());
        results.comparisons = self.comparisons(&results.table3);
        results.at_threshold = self.at_threshold();
        if self.votes {
            results.difficulty = Self::difficulty();
            results.agreement_auc = self.agreement_auc();
            results.slide_auc = self.slide_auc();
        }
        results.class_auc = self.class_auc(&results.classes);
        results.calibration = self.calibration();
        results.robustness = self.robustness();
        if self.quality {
            results.distances = self.distances();
            results.pictures = self.pictures();
        }
    }

    fn recipe(&self, set: TrainingSet) -> RowRecipe {
        let x = self.source_class;
        let added = |class: &str, n: usize| AddedOfClass {
            class: class.into(),
            available: 4 * n,
            kept: 3 * n,
            added: n,
        };
        let part = |tiles: Added, phi: Option<Phi>| RecipePart {
            tiles,
            phi,
            dial: None,
            classes: Classes::Source,
            filter: None,
            amount: None,
            amount_chosen: false,
            added: vec![added(x, 190)],
        };
        let translations =
            |phi| RecipePart { filter: Some(Filter::Scorer), ..part(Added::Generated, Some(phi)) };
        let all = |part: RecipePart| RecipePart {
            classes: Classes::All,
            added: vec![added(x, 190), added(self.other_class, 55)],
            ..part
        };
        let of_judge = |part: RecipePart| RecipePart { filter: Some(Filter::HeldOutAndFeatures), ..part };
        let mut recipe = RowRecipe {
            training_set: set,
            parts: Vec::new(),
            labels: Labels::Majority,
            weight: None,
            batch_norm: BatchNorm::Shared,
            curriculum: Curriculum::None,
            augmentation: Augmentation::Paper,
            candidates: Vec::new(),
        };
        let reference = Phi::new(25.0);
        match set.to_string().as_str() {
            "original" => {}
            "naive" => recipe.parts = vec![part(Added::Naive, Some(reference))],
            "soft-both" => {
                recipe.parts = vec![
                    all(of_judge(RecipePart {
                        amount: Some(0.25),
                        amount_chosen: true,
                        ..translations(reference)
                    })),
                    part(Added::CopiesDisputed, None),
                ];
                (recipe.labels, recipe.weight) = (Labels::Judge, Some(0.5));
                recipe.candidates = [(0.1, 0.801), (0.25, 0.812), (0.5, 0.796)]
                    .map(|(amount, auc)| Candidate {
                        amount: Some(amount),
                        weight: None,
                        seeds: 3,
                        auc_validation: Some(auc),
                    })
                    .to_vec();
            }
            "curriculum" => recipe.curriculum = Curriculum::Agreement,
            "both-classes-auxiliary-judged-and-light1" => {
                recipe.parts = vec![all(of_judge(translations(reference)))];
                (recipe.batch_norm, recipe.augmentation) = (BatchNorm::Auxiliary, Augmentation::Degraded);
            }
            "dialled" => {
                let part = RecipePart { phi: None, dial: Some(0.3), ..translations(reference) };
                recipe.parts = vec![all(part)];
            }
            "disputed-again" => recipe.parts = vec![part(Added::CopiesDisputed, None)],
            "back-and-forth" => {
                recipe.parts = vec![RecipePart { tiles: Added::Reconstructed, ..translations(reference) }];
            }
            _ => recipe.parts = vec![translations(set.phi().unwrap())],
        }
        if !recipe.parts.is_empty() {
            recipe.weight.get_or_insert(1.0);
        }
        recipe
    }

    fn recommendation(&self) -> Recommendation {
        let row = |(set, level): (TrainingSet, f64)| {
            let is_original = set == TrainingSet::Original;
            let is_clear = !is_original && set == self.recommended;
            let difference =
                (!is_original && self.scores).then_some(if is_clear { 0.031 } else { level - 0.835 });
            let p = if is_clear { 0.004 } else { 0.21 };
            OnValidation {
                training_set: set,
                seeds: self.seeds as usize,
                auc: self.scores.then_some(0.79 + difference.unwrap_or(0.0)),
                auc_best_epoch: self.scores.then_some(0.81 + difference.unwrap_or(0.0)),
                difference,
                over_seeds_and_slides: difference.map(|d| range(d, 0.02)),
                candidates: self.recipe(set).candidates.len().max(1),
                p: difference.map(|_| p),
                p_holm: difference.map(|_| 1.0_f64.min(4.0 * p)),
                is_clear,
            }
        };
        let no_choice = match (self.validation, self.scores, self.seeds) {
            (false, ..) => Some(NoChoice::NoTiles),
            (_, false, _) => Some(NoChoice::NoScores),
            (.., 0..=2) => Some(NoChoice::FewSeeds),
            _ => None,
        };
        let tiles = if self.validation { 120 } else { 0 };
        Recommendation {
            training_set: no_choice.is_none().then_some(self.recommended),
            no_choice,
            epoch: EpochChoice::Last,
            tiles,
            of_class_x: tiles / 2,
            slides: tiles / 6,
            rows: self.sets().into_iter().map(row).collect(),
        }
    }

    fn comparisons(&self, table3: &[Table3Row]) -> Vec<RowComparison> {
        let mut all = Vec::new();
        for epoch in EpochChoice::ALL {
            let pick = move |seed: &PerSeed| match epoch {
                EpochChoice::FiveBest => seed.five_best,
                EpochChoice::Last => seed.last,
                EpochChoice::Validation => seed.val,
            };
            for row in table3.iter().filter(|r| r.training_set != TrainingSet::Original) {
                let original = table3
                    .iter()
                    .find(|r| r.training_set == TrainingSet::Original && r.stratum == row.stratum)
                    .unwrap();
                let differences: Vec<f64> = row
                    .per_seed
                    .iter()
                    .zip(&original.per_seed)
                    .filter_map(|(a, b)| Some(pick(a)? - pick(b)?))
                    .collect();
                let test = stats::paired_t(&differences, 0.95);
                let mean = stats::mean(&differences);
                let slides = mean.filter(|_| self.scores && epoch != EpochChoice::FiveBest);
                all.push(RowComparison {
                    training_set: row.training_set,
                    stratum: row.stratum,
                    epoch,
                    seeds: differences.len(),
                    difference: mean,
                    sd: stats::sd(&differences),
                    low: test.as_ref().map(|t| t.low),
                    high: test.as_ref().map(|t| t.high),
                    p_t: test.as_ref().map(|t| t.p_value),
                    p_t_holm: test.as_ref().map(|t| (3.0 * t.p_value).min(1.0)),
                    p_signed_rank: Some(0.0625),
                    p_signed_rank_holm: Some(0.25),
                    detectable: stats::sd(&differences).map(|sd| 1.7 * sd),
                    over_slides: slides.map(|m| range(m, 0.012)),
                    over_seeds_and_slides: slides.map(|m| range(m, 0.014)),
                    p_seeds_and_slides: slides.map(|m| if m > 0.012 { 0.004 } else { 0.2 }),
                    p_seeds_and_slides_holm: slides.map(|m| if m > 0.012 { 0.016 } else { 0.6 }),
                    delong: slides
                        .map(|m| DeLongOfSeed { seed: 0, difference: m, se: 0.009, p_value: Some(0.06) })
                        .into_iter()
                        .collect(),
                });
            }
        }
        all
    }

    fn at_threshold(&self) -> Vec<AtThreshold> {
        let mut all = Vec::new();
        for epoch in self.scored() {
            for (set, level) in self.sets() {
                for stratum in self.strata() {
                    let froms: &[ThresholdFrom] = if self.validation {
                        &[ThresholdFrom::Half, ThresholdFrom::Validation]
                    } else {
                        &[ThresholdFrom::Half]
                    };
                    for from in froms {
                        all.push(AtThreshold {
                            training_set: set,
                            stratum: *stratum,
                            epoch: *epoch,
                            threshold_from: *from,
                            threshold: Some(if *from == ThresholdFrom::Half { 0.5 } else { 0.37 }),
                            seeds: self.seeds as usize,
                            sensitivity: measured(level - 0.1, 0.05),
                            specificity: measured(level - 0.05, 0.04),
                            accuracy: measured(level - 0.07, 0.03),
                            balanced_accuracy: measured(level - 0.075, 0.03),
                        });
                    }
                }
            }
        }
        all
    }

    fn class_auc(&self, classes: &[String]) -> Vec<ClassAuc> {
        let mut all = Vec::new();
        for epoch in self.scored().iter().filter(|_| self.third_class) {
            for (set, level) in self.sets() {
                for class in classes.iter().map(|c| Some(c.clone())).chain([None]) {
                    all.push(ClassAuc {
                        training_set: set,
                        stratum: Stratum::All,
                        epoch: *epoch,
                        auc_mean: Some(level + 0.01 * class.as_ref().map_or(0.0, |c| c.len() as f64)),
                        class,
                        auc_se: Some(0.004),
                        seeds: self.seeds as usize,
                    });
                }
            }
        }
        all
    }

    fn agreement_auc(&self) -> Vec<AgreementAuc> {
        let mut all = Vec::new();
        for epoch in self.scored() {
            for (set, level) in self.sets() {
                for (i, (share, tiles)) in
                    [(4.0 / 7.0, 160), (5.0 / 7.0, 210), (6.0 / 7.0, 245), (1.0, 486)].into_iter().enumerate()
                {
                    all.push(AgreementAuc {
                        training_set: set,
                        epoch: *epoch,
                        from: share,
                        to: share,
                        tiles,
                        auc: measured(level - 0.24 + 0.1 * i as f64, 0.04),
                    });
                }
            }
        }
        all
    }

    fn slide_auc(&self) -> Vec<SlideAuc> {
        let of = |epoch: &EpochChoice| {
            let row = |(set, level): (TrainingSet, f64)| SlideAuc {
                training_set: set,
                epoch: *epoch,
                slides: 31,
                of_class_x: 17,
                mixed: 4,
                auc: measured(level + 0.03, 0.05),
            };
            self.sets().into_iter().map(row).collect::<Vec<_>>()
        };
        self.scored().iter().flat_map(of).collect()
    }

    fn difficulty() -> Vec<Difficulty> {
        [(ConfidenceOf::InSample, 0.301), (ConfidenceOf::OutOfFold, 0.242), (ConfidenceOf::Test, 0.218)]
            .into_iter()
            .map(|(confidence, ks)| Difficulty {
                confidence,
                n_high: 192,
                n_low: 128,
                slides: 54,
                ks: Some(ks),
                ks_p_value: Some(2.4e-9),
                ks_over_slides: Some(range(ks, 0.07)),
                auc_disagreement: measured(0.5 + ks / 2.0, 0.05),
                spearman: Some(measured(ks, 0.08)),
                annotators: 7,
            })
            .collect()
    }

    fn calibration(&self) -> Vec<Calibration> {
        let mut all = Vec::new();
        let mut dice = Dice::new(23);
        let mut push = |training_set: Option<TrainingSet>, epoch: EpochChoice, stratum: Stratum| {
            let bins = (0..10)
                .filter(|i| *i != 4)
                .map(|i| {
                    let confidence = (f64::from(i) + 0.3 + 0.4 * dice.roll()) / 10.0;
                    CalibrationBin {
                        from: f64::from(i) / 10.0,
                        to: f64::from(i + 1) / 10.0,
                        n: if i == 0 || i == 9 { 900 } else { 40 + 20 * i as usize },
                        confidence,
                        share: measured(0.15 + 0.7 * confidence, 0.08),
                    }
                })
                .collect();
            all.push(Calibration {
                training_set,
                stratum,
                epoch,
                seeds: if training_set.is_none() { 1 } else { self.seeds as usize },
                tiles: 1101,
                brier: measured(0.171, 0.02),
                calibration_error: measured(0.083, 0.01),
                bins,
            });
        };
        for stratum in self.strata() {
            push(None, EpochChoice::Last, *stratum);
            for epoch in self.scored() {
                for (set, _) in self.sets() {
                    push(Some(set), *epoch, *stratum);
                }
            }
        }
        all
    }

    fn distances(&self) -> Vec<SetDistance> {
        let mut all = Vec::new();
        for phi in &self.phis {
            for (features, scale) in [(FeaturesOf::Scorer, 1.0), (FeaturesOf::Judge, 0.4)] {
                let (generated, hard) = (TileSet::Generated(*phi), TileSet::Hard(*phi));
                for (set, to, kernel) in [
                    (TileSet::Source, hard, 0.31),
                    (generated, hard, 0.12),
                    (generated, TileSet::Source, 0.17),
                ] {
                    all.push(SetDistance {
                        phi: *phi,
                        features,
                        dimensions: 512,
                        set,
                        to,
                        n: 300,
                        n_to: 382,
                        frechet: Some(80.0 * kernel * scale + 4.0),
                        kernel: Some(kernel * scale),
                    });
                }
            }
        }
        all
    }

    fn pictures(&self) -> Vec<PictureQuality> {
        let of = |set, periodicity, near_copies| PictureQuality {
            set,
            n: 300,
            ssim: (set != TileSet::Source).then_some(0.71),
            periodicity: Some(periodicity),
            luminance_correlation: (set != TileSet::Source).then_some(0.92),
            inverted: 0,
            padded: 12,
            padding_repainted: (set != TileSet::Source).then_some(if near_copies > 0 { 0.8 } else { 0.01 }),
            near_copies,
            unchanged: 4,
        };
        let mut all = vec![of(TileSet::Source, 1.02, 0)];
        for (i, phi) in self.phis.iter().enumerate() {
            // The first of several is a bad one.
            let bad = i == 0 && self.phis.len() > 1;
            all.push(of(TileSet::Generated(*phi), if bad { 2.4 } else { 1.1 }, if bad { 9 } else { 0 }));
        }
        all
    }

    /// ROC curves, and the map of tiles.
    pub fn write_tables(&self, run: &RunFolder, names: &[String]) {
        let mut roc = Vec::new();
        for epoch in self.scored() {
            for (set, level) in self.sets() {
                for stratum in self.strata() {
                    for i in 0..=50 {
                        let x = f64::from(i) / 50.0;
                        let bend = match stratum {
                            Stratum::Low => 1.3 - level,
                            _ => 1.0 - level,
                        };
                        let y = x.powf(bend);
                        roc.push(RocRow {
                            training_set: set,
                            stratum: *stratum,
                            epoch: *epoch,
                            false_positive_rate: x,
                            sensitivity: y,
                            low: Some((y - 0.2 * x * (1.0 - x) - 0.02).max(0.0)),
                            high: Some((y + 0.2 * x * (1.0 - x)).min(1.0)),
                        });
                    }
                }
            }
        }
        if !roc.is_empty() {
            write_rows(&run.roc_csv(), &roc).unwrap();
        }
        for phi in self.phis.iter().filter(|_| self.quality) {
            let mut dice = Dice::new(90 + phi.percent() as u64);
            let mut map = Vec::new();
            for (set, at) in [("easy", -6.0), ("hard", 5.0), ("generated", 1.0), ("other", 12.0)] {
                for image in names {
                    map.push(EmbeddedRow {
                        image: image.clone(),
                        set: set.into(),
                        class: if set == "other" { self.other_class } else { self.source_class }.into(),
                        x: dice.about(at, 6.0),
                        y: dice.about(-at / 3.0, 8.0),
                    });
                }
            }
            write_rows(&run.embedding_csv(*phi), &map).unwrap();
        }
    }
}

impl Fabricated {
    /// Every disturbance of every row: the stronger, the less is left.
    pub fn robustness(&self) -> Vec<Robustness> {
        let mut all = Vec::new();
        for (set, level) in self.sets() {
            let mut push = |disturbance: Disturbance, strength: Option<f64>, lost: f64| {
                all.push(Robustness {
                    training_set: set,
                    disturbance,
                    strength,
                    seeds: self.seeds.min(3) as usize,
                    tiles: if disturbance.is_attack() { 400 } else { 977 },
                    auc: measured(level - lost, 0.03),
                    auc_se: Some(0.006),
                    undisturbed: Some(level),
                    lost: measured(lost, 0.02),
                });
            };
            for (disturbance, strength) in DisturbedRow::MEASURED {
                let lost = match disturbance {
                    Disturbance::Fgsm => 0.08 * strength,
                    Disturbance::Pgd => 0.11 * strength,
                    Disturbance::Jpeg => 0.01,
                    _ => 0.1 * (strength - 1.0_f64).abs(),
                };
                push(disturbance, Some(strength), lost);
            }
            push(Disturbance::WorstStain, None, 0.025);
        }
        all.sort_by_key(|row| row.disturbance);
        all
    }
}
