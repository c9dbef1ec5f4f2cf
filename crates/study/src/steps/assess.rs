//! What judges say of translations and of the translations translated back, for recipes to choose and to label by.

use std::path::PathBuf;

use record::{AssessedRow, Phi, StepName, Target, Translated};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cost::{Cost, Training};
use crate::error::StudyError;
use crate::judge::{self, Judge};
use crate::observer::StepObserver;
use crate::pictures;
use crate::ranking::Selected;
use crate::real::{Calibrated, Cloud, Real};
use crate::step::Step;
use crate::study::Study;

/// Writes `assessed.csv`, and `judge.json`: thresholds and calibration.
pub struct Assess(pub Translated);

/// What translations were held to.
#[derive(Serialize)]
struct Measures {
    /// Confidence in the class that a translation must have, of each fold's judge.
    thresholds: Vec<f64>,
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

    /// The selectivity whose ranking names the sources: the easy half is the same at each.
    fn phi(&self, study: &Study) -> Phi {
        match self.0.target {
            Target::Phi(phi) => phi,
            Target::Dial(_) => study.reference_phi(),
        }
    }

    fn pairs(&self, study: &Study) -> Result<Vec<Pair>, StudyError> {
        let (data, run) = (&study.data, &study.run);
        let mut sources = Selected::of_class(study, self.phi(study), self.0.class)?.easy;
        sources.sort_by(|a, b| data.manifest.tiles[*a].image.cmp(&data.manifest.tiles[*b].image));
        let read = |source: usize| {
            let name = files::png_name(&data.manifest.tiles[source].image);
            let picture = |folder: PathBuf| pictures::read(&folder.join(&name), study.px());
            let pixels = [picture(run.generated_as(&self.0))?, picture(run.reconstructed_as(&self.0))?];
            Ok(Pair { source, pixels })
        };
        sources.into_iter().map(read).collect()
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
        let views = |pairs: &[&Pair]| -> Vec<Vec<u8>> {
            pairs.iter().flat_map(|pair| pair.pixels.iter().cloned()).collect()
        };
        let total = study.config.folds as u64 + 1;
        let all: Vec<&Pair> = pairs.iter().collect();
        let pixels = views(&all);
        let pixels: Vec<&[u8]> = pixels.iter().map(Vec::as_slice).collect();
        let by_scorer = Judge::initial(study)?.logits(study, &pixels);
        observer.progressed(1, total);

        let real = Real::read(study)?;
        let thresholds = real.thresholds(study, class);
        let Calibrated { fitted, before, after } = real.calibration(study)?;
        let mut rows: Vec<Option<AssessedRow>> = vec![None; 2 * pairs.len()];
        for k in 0..study.config.folds {
            let members: Vec<usize> =
                (0..pairs.len()).filter(|&at| data.fold_of(pairs[at].source) == Some(k)).collect();
            let judge = Judge::fold(study, k)?;
            let of_fold: Vec<&Pair> = members.iter().map(|&at| &pairs[at]).collect();
            let pixels = views(&of_fold);
            let pixels: Vec<&[u8]> = pixels.iter().map(Vec::as_slice).collect();
            let unseen: Vec<usize> = data
                .members_of_fold(k)
                .into_iter()
                .filter(|&i| data.manifest.tiles[i].class == class)
                .collect();
            let seen = judge.see(study, &pixels, observer, &|_| {})?;
            let real = judge.see(study, &data.pixels(&unseen), observer, &|_| {})?;
            let real: Vec<Vec<f64>> = real.into_iter().map(|seen| seen.features).collect();
            let cloud = Cloud::of(&real);
            for (n, seen) in seen.iter().enumerate() {
                let at = 2 * members[n / 2] + n % 2;
                let held_out = nets::confidence(&seen.logits, class);
                rows[at] = Some(AssessedRow {
                    image: data.manifest.tiles[pairs[members[n / 2]].source].image.clone(),
                    reconstructed: n % 2 == 1,
                    scorer: nets::confidence(&by_scorer[at], class),
                    scorer_keeps: judge::chooses(&by_scorer[at], class),
                    held_out,
                    held_out_keeps: held_out >= thresholds[k],
                    // With a single real tile in the fold nothing can be near.
                    distance: cloud.as_ref().map_or(f64::MAX, |cloud| cloud.distance(&seen.features)),
                    probabilities: fitted.probabilities(&seen.logits),
                });
            }
            observer.progressed(k as u64 + 2, total);
        }
        let rows: Vec<AssessedRow> = rows.into_iter().flatten().collect();
        files::write_rows(&study.run.assessed_csv(&self.0), &rows)?;
        let measures = Measures {
            thresholds,
            scale: fitted.scale,
            bias: fitted.bias,
            cross_entropy_before: before,
            cross_entropy_after: after,
        };
        files::write_json(&self.path(study, "judge.json"), &measures)?;
        Ok(())
    }
}
