//! The naive baseline: an easy tile and a hard one mixed, in the paper the left half of one and the right half of the other (METHOD.md,
//! step 7).

use rand::seq::SliceRandom;
use record::{StepName, TranslationRow};
use serde_json::{Value, json};
use tissue::{MixedTile, Mixing};

use crate::cost::Cost;
use crate::error::StudyError;
use crate::observer::StepObserver;
use crate::pictures::{self, Mixed};
use crate::ranking::Selected;
use crate::step::Step;
use crate::study::Study;

/// Mixes as many tiles as translations were kept at φ = 25 (else at the first φ), each easy tile at most once.
pub struct Naive;

impl Step for Naive {
    fn name(&self) -> StepName {
        StepName::NAIVE
    }

    fn settings(&self, study: &Study) -> Value {
        match study.config.naive_method {
            // As it was before there was a choice.
            Mixing::Halves => json!(null),
            method => json!(method),
        }
    }

    fn cost(&self, _: &Study) -> Cost {
        Cost::SMALL
    }

    fn run(&self, study: &Study, _: &StepObserver) -> Result<(), StudyError> {
        let phi = study.reference_phi();
        let rows: Vec<TranslationRow> = files::read_rows(&study.run.translation_csv(phi))?;
        let wanted = rows.iter().filter(|r| r.kept).count();

        let Selected { mut easy, mut hard } = Selected::halves(study, phi)?;
        let mut rng = tissue::random::stream(study.config.seed, "naive");
        easy.shuffle(&mut rng);
        hard.shuffle(&mut rng);
        let name = |i: usize| study.data.manifest.tiles[i].image.clone();
        let (tiles, method) = (&study.data.tiles, study.config.naive_method);
        let mut mixed = Vec::new();
        for (&e, &h) in easy.iter().zip(hard.iter().cycle()).take(wanted) {
            let image = format!("{}.png", &files::sha256_of_texts(&[&name(e), &name(h)])[..16]);
            let mut rng = tissue::random::stream(study.config.seed, &format!("naive/{image}"));
            let MixedTile { pixels, share } = method.mix(tiles.tile(e), tiles.tile(h), tiles.size, &mut rng);
            pictures::write(&study.run.naive().join(&image), &pixels, tiles.size)?;
            let share = (method != Mixing::Halves).then_some(share);
            mixed.push(Mixed { image, easy: name(e), hard: name(h), share });
        }
        files::write_rows(&Mixed::table(study), &mixed)?;
        Ok(())
    }
}
