//! What judges say of translations and of the translations translated back, for recipes to choose and to label by.

use std::collections::BTreeMap;
use std::path::PathBuf;

use nets::Seen;
use record::{AssessedRow, StepName, Translated};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cost::{Cost, Training};
use crate::error::StudyError;
use crate::judge::{self, Judge};
use crate::observer::StepObserver;
use crate::pictures;
use crate::ranking::Selected;
use crate::real::{Calibrated, Clouds, Real};
use crate::step::Step;
use crate::study::Study;

/// Writes `assessed.csv`, and `judge.json`: thresholds and calibration.
pub struct Assess(pub Translated);

/// What translations were held to.
#[derive(Serialize)]
struct Measures {
    /// The class, as an index into the study's.
    class: usize,
    /// Real training tiles of it in each fold, which that fold's judge never saw.
    tiles: Vec<usize>,
    /// Confidence in the class that a translation must have, of each fold's judge.
    thresholds: Vec<f64>,
    /// The distance among features that counts as 1, in deviations, of each fold's judge.
    limits: Vec<Option<f64>>,
    /// One over the temperature of the calibration.
    scale: f64,
    /// Its bias a class.
    bias: Vec<f64>,
    /// Cross-entropy on real tiles without the calibration, in nats.
    cross_entropy_before: f64,
    /// With it.
    cross_entropy_after: f64,
}

/// A source and the two pictures made of it.
struct Pair {
    source: usize,
    pixels: [Vec<u8>; 2],
}

impl Assess {
    fn path(&self, study: &Study, file: &str) -> PathBuf {
        study.run.step(&self.name()).join(file)
    }

    fn pairs(&self, study: &Study) -> Result<Vec<Pair>, StudyError> {
        let (data, run) = (&study.data, &study.run);
        let read = |source: usize| {
            let name = files::png_name(&data.manifest.tiles[source].image);
            let picture = |folder: PathBuf| pictures::read(&folder.join(&name), study.px());
            let pixels = [picture(run.generated_as(&self.0))?, picture(run.reconstructed_as(&self.0))?];
            Ok(Pair { source, pixels })
        };
        Selected::sources(study, &self.0)?.into_iter().map(read).collect()
    }
}

impl Step for Assess {
    fn name(&self) -> StepName {
        StepName::of("assess", &self.0)
    }

    fn settings(&self, study: &Study) -> Value {
        use record::thresholds::{DOUBTED, ENOUGH_FOR_A_FOLD, OUTLYING};
        json!([self.0, study.config.folds, DOUBTED, OUTLYING, ENOUGH_FOR_A_FOLD])
    }

    fn version(&self) -> u32 {
        // 2: distances are taken to the other tiles, and the limit of small folds is that of all.
        2
    }

    fn cost(&self, study: &Study) -> Cost {
        let of_class = study.data.train_of(self.0.class).len();
        // Two pictures of each easy tile by two judges, and the real tiles' features.
        let seen = 4 * (of_class / 2) + of_class;
        Cost { gflop: seen as f64 * study.config.scorer.gflop(study.px()), like: Training::Scorer }
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let data = &study.data;
        let class = self.0.class.unwrap_or(data.x);
        let pairs = self.pairs(study)?;
        let total = study.config.folds as u64 + 1;
        // Of each pair the translation and its reconstruction.
        let pixels: Vec<&[u8]> =
            pairs.iter().flat_map(|pair| pair.pixels.iter().map(Vec::as_slice)).collect();
        let by_scorer = Judge::initial(study)?.logits(study, &pixels);
        observer.progressed(1, total);

        let real = Real::read(study)?;
        let thresholds = real.thresholds(study, class);
        let Calibrated { fitted, before, after } = real.calibration(study)?;
        let of_class = |i: &usize| data.manifest.tiles[*i].class == class;
        let mut by_judge: Vec<Option<Seen>> = vec![None; pixels.len()];
        let mut features: Vec<BTreeMap<usize, Vec<f64>>> = Vec::new();
        for k in 0..study.config.folds {
            let of_fold: Vec<usize> =
                (0..pixels.len()).filter(|at| data.fold_of(pairs[at / 2].source) == Some(k)).collect();
            let judge = Judge::fold(study, k)?;
            let views: Vec<&[u8]> = of_fold.iter().map(|&at| pixels[at]).collect();
            for (at, seen) in of_fold.into_iter().zip(judge.see(study, &views, observer, &|_| {})?) {
                by_judge[at] = Some(seen);
            }
            let unseen: Vec<usize> = data.members_of_fold(k).into_iter().filter(of_class).collect();
            let seen = judge.see(study, &data.pixels(&unseen), observer, &|_| {})?;
            features.push(unseen.into_iter().zip(seen.into_iter().map(|seen| seen.features)).collect());
            observer.progressed(k as u64 + 2, total);
        }

        let clouds = Clouds::of(&features);
        let row = |(at, seen): (usize, Seen)| {
            let source = pairs[at / 2].source;
            let fold = data.fold_of(source)?;
            let held_out = nets::confidence(&seen.logits, class);
            Some(AssessedRow {
                image: data.manifest.tiles[source].image.clone(),
                reconstructed: at % 2 == 1,
                scorer: nets::confidence(&by_scorer[at], class),
                scorer_keeps: judge::chooses(&by_scorer[at], class),
                held_out,
                held_out_keeps: held_out >= thresholds[fold],
                distance: clouds.distance(fold, &seen.features, source),
                probabilities: fitted.probabilities(&seen.logits),
            })
        };
        // Every source is a training tile, and so in a fold.
        let rows: Vec<AssessedRow> =
            by_judge.into_iter().enumerate().filter_map(|(at, seen)| row((at, seen?))).collect();
        files::write_rows(&study.run.assessed_csv(&self.0), &rows)?;
        let measures = Measures {
            class,
            tiles: features.iter().map(BTreeMap::len).collect(),
            thresholds,
            limits: clouds.limits().to_vec(),
            scale: fitted.scale,
            bias: fitted.bias,
            cross_entropy_before: before,
            cross_entropy_after: after,
        };
        files::write_json(&self.path(study, "judge.json"), &measures)?;
        Ok(())
    }
}
