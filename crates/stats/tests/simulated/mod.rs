//! Studies whose truth is known: two or more recipes, trained from the same seeds and tested on the same slides.
//!
//! Training k of recipe r gives a tile of class y (0 or 1) on slide s the score
//! y (signal_r + seed effect_rk) + slide effect_s + change_rs + tile effect + noise_rk, all normal.
//!
//! In a cross-validation of several test folds, slide s of fold f is scored by a network of its own for each fold, which adds
//! y fold effect_rf (what its training set makes of it) + shift_rkf (its own scale).

use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::f64::consts::{SQRT_2, TAU};

/// Size and standard deviations of a simulated study.
#[derive(Clone, Copy, Debug)]
pub struct Design {
    pub seeds: usize,
    pub slides: usize,
    /// Whether every other tile is positive; else every other slide is.
    pub mixed: bool,
    pub tiles_per_slide: usize,
    /// Of each training.
    pub seed_sd: f64,
    /// Of a slide, the same for all recipes.
    pub slide_sd: f64,
    /// Of a slide, another for each recipe: what recipes differ in from slide to slide.
    pub change_sd: f64,
    /// Of a tile, the same for all trainings.
    pub tile_sd: f64,
    /// Of a tile, another for each training.
    pub noise_sd: f64,
    /// Test folds; 1 is no cross-validation.
    pub folds: usize,
    /// Of a fold's training set: how well what is trained on it does.
    pub fold_sd: f64,
    /// Of each network of a fold: what it adds to all scores.
    pub shift_sd: f64,
}

impl Design {
    pub const fn of(seeds: usize, slides: usize) -> Self {
        Self {
            seeds,
            slides,
            mixed: false,
            tiles_per_slide: 6,
            seed_sd: 0.15,
            slide_sd: 0.6,
            change_sd: 0.25,
            tile_sd: 0.5,
            noise_sd: 0.4,
            folds: 1,
            fold_sd: 0.0,
            shift_sd: 0.0,
        }
    }

    /// A cross-validation whose networks differ in scale from fold to fold.
    #[allow(dead_code, reason = "not every file has folds")]
    pub const fn folded(seeds: usize, slides: usize, folds: usize) -> Self {
        Self { folds, fold_sd: 0.15, shift_sd: 0.6, ..Self::of(seeds, slides) }
    }

    /// The fold of a slide: of two that follow one another, positive and negative, the same.
    fn fold_of(&self, slide: usize) -> usize {
        slide / 2 % self.folds
    }

    /// The area of a recipe over all seeds and slides, in test sets of so many slides.
    pub fn area(&self, signal: f64) -> f64 {
        let area = |deviations: &[f64]| {
            let of_tile: f64 = deviations.iter().map(|sd| sd.powi(2)).sum();
            phi(signal / (self.seed_sd.powi(2) + 2.0 * of_tile).sqrt())
        };
        let across = area(&[self.slide_sd, self.change_sd, self.tile_sd, self.noise_sd]);
        if !self.mixed {
            return across;
        }
        // Of the pairs of a mixed slide's tiles, one in so many is with another of the same slide.
        let n = self.slides as f64 / self.folds as f64;
        (1.0 - 1.0 / n) * across + area(&[self.tile_sd, self.noise_sd]) / n
    }
}

/// A simulated study.
pub struct Study {
    pub positive: Vec<bool>,
    pub slides: Vec<usize>,
    /// The fold of each tile.
    #[allow(dead_code, reason = "not every file has folds")]
    pub folds: Vec<usize>,
    /// `scores[r][k][i]`: recipe, seed, tile.
    pub scores: Vec<Vec<Vec<f64>>>,
    /// Each recipe's area over all seeds, on these very tiles.
    pub area_here: Vec<f64>,
    /// Each recipe's area over all slides, of these very trainings.
    pub area_trained: Vec<f64>,
    /// Each recipe's area over all seeds and slides, of these very training sets.
    #[allow(dead_code, reason = "not every file has folds")]
    pub area_of_sets: Vec<f64>,
}

impl Study {
    /// The study number `number`, with a recipe for each of the `signals`.
    pub fn simulate(design: &Design, signals: &[f64], number: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(number);
        let slides: Vec<usize> =
            (0..design.slides * design.tiles_per_slide).map(|i| i / design.tiles_per_slide).collect();
        let is_positive = |i: usize| (if design.mixed { i } else { slides[i] }).is_multiple_of(2);
        let positive: Vec<bool> = (0..slides.len()).map(is_positive).collect();
        let of_slide: Vec<f64> = normals(&mut rng, design.slides, design.slide_sd);
        let of_tile = normals(&mut rng, slides.len(), design.tile_sd);
        let shared: Vec<f64> = slides.iter().zip(of_tile).map(|(s, tile)| of_slide[*s] + tile).collect();
        let folds: Vec<usize> = slides.iter().map(|slide| design.fold_of(*slide)).collect();
        let (mut scores, mut area_here, mut area_trained) = (Vec::new(), Vec::new(), Vec::new());
        let mut area_of_sets = Vec::new();
        for signal in signals {
            let changes = normals(&mut rng, design.slides, design.change_sd);
            let lasting: Vec<f64> =
                slides.iter().zip(&shared).map(|(s, shared)| shared + changes[*s]).collect();
            let of_seed = normals(&mut rng, design.seeds, design.seed_sd);
            let several = design.folds > 1;
            let of_fold = if several { normals(&mut rng, design.folds, design.fold_sd) } else { vec![0.0] };
            let training = |seed: &f64| {
                let noise = normals(&mut rng, lasting.len(), design.noise_sd);
                let shift =
                    if several { normals(&mut rng, design.folds, design.shift_sd) } else { vec![0.0] };
                let tile = |i: usize| {
                    let fold = folds[i];
                    f64::from(positive[i]) * (signal + seed + of_fold[fold])
                        + lasting[i]
                        + noise[i]
                        + shift[fold]
                };
                (0..lasting.len()).map(tile).collect()
            };
            scores.push(of_seed.iter().map(training).collect());
            area_here.push(area_of_tiles(design, *signal, &lasting, &positive));
            let without_seed = Design { seed_sd: 0.0, ..*design };
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            let of_sets = |design: &Design, signal: f64| {
                mean(&of_fold.iter().map(|fold| design.area(signal + fold)).collect::<Vec<_>>())
            };
            let of_trainings = of_seed.iter().map(|s| of_sets(&without_seed, signal + s));
            area_trained.push(mean(&of_trainings.collect::<Vec<_>>()));
            area_of_sets.push(of_sets(design, *signal));
        }
        Self { positive, slides, folds, scores, area_here, area_trained, area_of_sets }
    }

    /// Of each seed, the area of a recipe less that of the first.
    pub fn differences(&self, recipe: usize) -> Vec<f64> {
        let area = |scores: &Vec<f64>| stats::auc(scores, &self.positive).expect("both classes");
        self.scores[recipe].iter().zip(&self.scores[0]).map(|(b, a)| area(b) - area(a)).collect()
    }
}

/// The mean over pairs of the chance that the positive tile scores higher in some training.
fn area_of_tiles(design: &Design, signal: f64, lasting: &[f64], positive: &[bool]) -> f64 {
    let of = |class: bool| lasting.iter().zip(positive).filter(move |(_, p)| **p == class).map(|(v, _)| *v);
    let spread = (design.seed_sd.powi(2) + 2.0 * design.noise_sd.powi(2)).sqrt();
    let pairs = of(true).flat_map(|x| of(false).map(move |y| phi((signal + x - y) / spread)));
    let (sum, count) = pairs.fold((0.0, 0.0), |(sum, count), chance| (sum + chance, count + 1.0));
    sum / count
}

/// The normal distribution function.
pub fn phi(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// `n` normal numbers of mean 0 (Box & Muller).
pub fn normals<R: Rng>(rng: &mut R, n: usize, sd: f64) -> Vec<f64> {
    let one = |_| {
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        sd * radius * (TAU * rng.random::<f64>()).cos()
    };
    (0..n).map(one).collect()
}
