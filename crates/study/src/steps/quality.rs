//! Measures the translations of a selectivity beside real tiles.
//!
//! Leaves `tiles.csv` (a row a translation), `pictures.csv` and `distances.csv` (what `results.json` tells of them), `embedding.csv` and, in
//! `saliency/`, where the scorer looks.

use std::collections::BTreeMap;

use nets::Seen;
use rayon::prelude::*;
use record::{FeaturesOf, Phi, StepName, TileSet};
use serde_json::{Value, json};

use crate::cost::{Cost, Training};
use crate::error::StudyError;
use crate::judge::Judge;
use crate::observer::StepObserver;
use crate::pictures;
use crate::quality::{self, Drawn, Features, Hashes, MOST_MAPS, Translated};
use crate::ranking::Selected;
use crate::step::Step;
use crate::study::Study;

/// Tiles measured between two looks at whether to stop.
const CHUNK: usize = 64;

/// Measures the translations at a selectivity.
pub struct Quality(pub Phi);

impl Step for Quality {
    fn name(&self) -> StepName {
        StepName::quality(self.0)
    }

    fn settings(&self, _: &Study) -> Value {
        json!(null)
    }

    fn cost(&self, study: &Study) -> Cost {
        let (easy, hard) = study.easy_and_hard(self.0);
        let drawn = hard.min(easy / 2);
        let (config, px) = (&study.config, study.px());
        let gflop = (2 * easy.min(MOST_MAPS) + 4 * drawn) as f64 * config.scorer.gflop(px)
            + (5 * drawn) as f64 * config.classifier.gflop(px);
        Cost { gflop, like: Training::Scorer }
    }

    fn run(&self, study: &Study, observer: &StepObserver) -> Result<(), StudyError> {
        let (phi, data) = (self.0, &study.data);
        let selected = Selected::read(study, phi)?;
        let mut sources = selected.easy.clone();
        sources.sort_by(|a, b| data.manifest.tiles[*a].image.cmp(&data.manifest.tiles[*b].image));
        let generated = read(study, &sources, &|name| study.run.generated(phi).join(name))?;
        let reconstructed = read(study, &sources, &|name| study.run.reconstructed(phi).join(name))?;
        self.measure_pictures(study, &selected, &sources, [&generated, &reconstructed], observer)?;

        let drawn = Drawn::of(study, &selected);
        let translations: BTreeMap<usize, &[u8]> =
            sources.iter().zip(&generated).map(|(i, tile)| (*i, tile.as_slice())).collect();
        let mapped: Vec<usize> =
            quality::spread(sources.len(), MOST_MAPS).into_iter().map(|at| sources[at]).collect();
        let looks = Looks::new(&drawn, &mapped);
        let of_scorer = looks.of(study, &Judge::initial(study)?, &translations, observer, 0)?;
        for &i in &mapped {
            let image = &data.manifest.tiles[i].image;
            let pair = [&of_scorer.real[&i].saliency, &of_scorer.made[&i].saliency];
            quality::write_saliency(study, phi, image, pair)?;
        }
        let of_scorer = of_scorer.features(&drawn);
        let looks = Looks::new(&drawn, &[]);
        let of_judge =
            looks.of(study, &Judge::independent(study)?, &translations, observer, 1)?.features(&drawn);
        let mut distances = quality::distances(phi, FeaturesOf::Scorer, &of_scorer);
        distances.extend(quality::distances(phi, FeaturesOf::Judge, &of_judge));
        files::write_rows(&study.run.distances_csv(phi), &distances)?;
        if observer.should_stop() {
            return Err(StudyError::Interrupted);
        }
        files::write_rows(&study.run.embedding_csv(phi), &quality::map(study, &drawn, &of_judge))?;
        Ok(())
    }
}

impl Quality {
    fn measure_pictures(
        &self,
        study: &Study,
        selected: &Selected,
        sources: &[usize],
        made: [&[Vec<u8>]; 2],
        observer: &StepObserver,
    ) -> Result<(), StudyError> {
        let (phi, hashes) = (self.0, Hashes::of(study));
        let mut measured = [Vec::new(), Vec::new()];
        for (rows, made) in measured.iter_mut().zip(made) {
            for (sources, made) in sources.chunks(CHUNK).zip(made.chunks(CHUNK)) {
                if observer.should_stop() {
                    return Err(StudyError::Interrupted);
                }
                rows.extend(quality::tile_rows(study, &hashes, &Translated { sources, made }));
            }
        }
        let [rows, back] = measured;
        files::write_rows(&study.run.tile_quality_csv(phi), &rows)?;
        let real = |set, tiles: &[usize]| quality::summary_of_real(study, &hashes, set, tiles);
        let pictures = [
            real(TileSet::Source, sources),
            real(TileSet::Hard(phi), &selected.hard),
            quality::summary(TileSet::Generated(phi), &rows),
            quality::summary(TileSet::Reconstructed(phi), &back),
        ];
        files::write_rows(&study.run.pictures_csv(phi), &pictures)?;
        Ok(())
    }
}

/// The pictures that the step before left, in the order of the sources; `path` tells where one of that name lies.
fn read(
    study: &Study,
    sources: &[usize],
    path: &(dyn Fn(&str) -> std::path::PathBuf + Sync),
) -> Result<Vec<Vec<u8>>, StudyError> {
    let name = |i: usize| files::png_name(&study.data.manifest.tiles[i].image);
    sources.par_iter().map(|&i| pictures::read(&path(&name(i)), study.px())).collect()
}

/// The tiles that a judge looks at, each once.
struct Looks {
    real: Vec<usize>,
    /// Sources of translations.
    made: Vec<usize>,
}

/// What a judge sees in real tiles and in translations, by the (source) tile.
struct Looked {
    real: BTreeMap<usize, Seen>,
    made: BTreeMap<usize, Seen>,
}

impl Looks {
    /// At the drawn tiles, and at `mapped` with their translations.
    fn new(drawn: &Drawn, mapped: &[usize]) -> Self {
        let once = |lists: &[&[usize]]| {
            let mut all = lists.concat();
            all.sort_unstable();
            all.dedup();
            all
        };
        Self {
            real: once(&[&drawn.translated, &drawn.easy, &drawn.hard, &drawn.other, mapped]),
            made: once(&[&drawn.translated, mapped]),
        }
    }

    /// Has `judge` look, the first or second of two (0, 1).
    fn of(
        &self,
        study: &Study,
        judge: &Judge,
        translations: &BTreeMap<usize, &[u8]>,
        observer: &StepObserver,
        which: u64,
    ) -> Result<Looked, StudyError> {
        let all = (self.real.len() + self.made.len()) as u64;
        let told = |done: usize| observer.progressed(which * all + done as u64, 2 * all);
        let real = judge.see(study, &study.data.pixels(&self.real), observer, &told)?;
        let tiles: Vec<&[u8]> = self.made.iter().map(|i| translations[i]).collect();
        let made = judge.see(study, &tiles, observer, &|done| told(self.real.len() + done))?;
        let by_tile = |tiles: &[usize], seen: Vec<Seen>| tiles.iter().copied().zip(seen).collect();
        Ok(Looked { real: by_tile(&self.real, real), made: by_tile(&self.made, made) })
    }
}

impl Looked {
    fn features(&self, drawn: &Drawn) -> Features {
        let of = |seen: &BTreeMap<usize, Seen>, tiles: &[usize]| {
            tiles.iter().map(|i| seen[i].features.clone()).collect()
        };
        Features {
            translated: of(&self.real, &drawn.translated),
            generated: of(&self.made, &drawn.translated),
            easy: of(&self.real, &drawn.easy),
            hard: of(&self.real, &drawn.hard),
            other: of(&self.real, &drawn.other),
        }
    }
}
