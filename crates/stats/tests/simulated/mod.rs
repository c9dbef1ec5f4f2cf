//! Studies whose truth is known: two or more recipes, trained from the same seeds and tested on the same slides.
//!
//! Training k of recipe r gives a tile of class y (0 or 1) on slide s the score
//! y (signal_r + seed effect_rk) + slide effect_s + change_rs + tile effect + noise_rk, all normal.

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
        }
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
        let n = self.slides as f64;
        (1.0 - 1.0 / n) * across + area(&[self.tile_sd, self.noise_sd]) / n
    }
}

/// A simulated study.
pub struct Study {
    pub positive: Vec<bool>,
    pub slides: Vec<usize>,
    /// `scores[r][k][i]`: recipe, seed, tile.
    pub scores: Vec<Vec<Vec<f64>>>,
    /// Each recipe's area over all seeds, on these very tiles.
    pub area_here: Vec<f64>,
    /// Each recipe's area over all slides, of these very trainings.
    pub area_trained: Vec<f64>,
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
        let (mut scores, mut area_here, mut area_trained) = (Vec::new(), Vec::new(), Vec::new());
        for signal in signals {
            let changes = normals(&mut rng, design.slides, design.change_sd);
            let lasting: Vec<f64> =
                slides.iter().zip(&shared).map(|(s, shared)| shared + changes[*s]).collect();
            let of_seed = normals(&mut rng, design.seeds, design.seed_sd);
            let training = |seed: &f64| {
                let noise = normals(&mut rng, lasting.len(), design.noise_sd);
                let tile = |i: usize| f64::from(positive[i]) * (signal + seed) + lasting[i] + noise[i];
                (0..lasting.len()).map(tile).collect()
            };
            scores.push(of_seed.iter().map(training).collect());
            area_here.push(area_of_tiles(design, *signal, &lasting, &positive));
            let without_seed = Design { seed_sd: 0.0, ..*design };
            area_trained.push(
                of_seed.iter().map(|s| without_seed.area(signal + s)).sum::<f64>() / of_seed.len() as f64,
            );
        }
        Self { positive, slides, scores, area_here, area_trained }
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
