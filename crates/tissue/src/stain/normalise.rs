//! Every slide's stain brought to one that was fitted on train tiles.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::density::{GLASS, is_black, is_tissue, mean, optical_density};
use super::dyes::{FEWEST, concentrations, dyes, extremes, level, unit};
use super::lab::{lab_of, levels_of_lab};
use crate::TissueError;

/// The least standard deviation of L\*, a\* and b\*: what is below is noise, and is never magnified.
const FLATTEST: f64 = 0.5;
/// Mean optical density up to which a pixel is bare glass and keeps its colour under Reinhard; from here to [`GLASS`] the stain sets in.
const BARE: f64 = 0.05;
/// The least robust maximum of a dye's concentration: a dye that is hardly there is not magnified.
const LEAST: f64 = 0.05;

/// How a stain is told and brought to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StainMethod {
    /// Two dyes and the robust maximum of each one's concentration (Macenko et al. 2009, *ISBI*): β = 0.15, α = 1, 99th percentile.
    Macenko,
    /// Mean and standard deviation of colour (Reinhard et al. 2001, *IEEE CG&A*), in CIE L\*a\*b\* for the paper's lαβ, over tissue alone.
    Reinhard,
}

/// The stain of one slide, or of one tile, as a method tells it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "method")]
pub enum SlideStain {
    /// See [`StainMethod::Macenko`].
    Macenko {
        /// Optical densities of hematoxylin and eosin in red, green, blue, each of length 1.
        dyes: [[f64; 3]; 2],
        /// The 99th percentile of each one's concentration over tissue.
        most: [f64; 2],
    },
    /// See [`StainMethod::Reinhard`].
    Reinhard {
        /// Means of L\*, a\*, b\* over tissue.
        mean: [f64; 3],
        /// Their standard deviations (over n), 0.5 at least.
        deviation: [f64; 3],
    },
}

/// What became of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Normalised {
    /// It was brought to the target by its slide's stain.
    BySlide,
    /// It was brought to the target by its own stain.
    ByTile,
    /// It was left as it is: it has fewer than 64 pixels of tissue, its tissue is of one colour, or its stain is not known.
    Unchanged,
}

/// The stain that others are brought to. It is fitted on train tiles alone, so that nothing of the test gets into training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StainTarget {
    /// The stain that tiles are given.
    pub stain: SlideStain,
}

impl SlideStain {
    /// The stain of the tiles, HWC RGB8, of one slide. Their order does not matter. `None` where they do not tell one: fewer than 64 pixels of
    /// tissue (neither glass nor black), tissue of one colour, or of a single dye under Macenko.
    pub fn estimate<'a>(method: StainMethod, tiles: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let tissue = colours(tiles);
        if !tells(&tissue) {
            return None;
        }
        match method {
            StainMethod::Macenko => macenko(&tissue),
            StainMethod::Reinhard => Some(reinhard(&tissue)),
        }
    }

    /// The method that told it.
    pub fn method(&self) -> StainMethod {
        match self {
            Self::Macenko { .. } => StainMethod::Macenko,
            Self::Reinhard { .. } => StainMethod::Reinhard,
        }
    }
}

impl StainTarget {
    /// Fits the target on train tiles, HWC RGB8, of the data set that `file` names in errors: the median, number by number, of the stains that
    /// tiles tell by themselves. Of pixels of many slides taken together the extremes would tell how slides differ, and not the dyes.
    ///
    /// # Errors
    /// [`TissueError::NoStain`] if no tile tells a stain, as [`SlideStain::estimate`] has it.
    pub fn fit<'a>(
        file: &Path,
        tiles: impl IntoIterator<Item = &'a [u8]>,
        method: StainMethod,
    ) -> Result<Self, TissueError> {
        let (mut firsts, mut seconds, mut thirds) = (Vec::new(), Vec::new(), Vec::new());
        for stain in tiles.into_iter().filter_map(|tile| SlideStain::estimate(method, [tile])) {
            match stain {
                SlideStain::Macenko { dyes: [h, e], most } => {
                    firsts.push(h);
                    seconds.push(e);
                    thirds.push([most[0], most[1], 0.0]);
                }
                SlideStain::Reinhard { mean, deviation } => {
                    firsts.push(mean);
                    seconds.push(deviation);
                }
            }
        }
        if firsts.is_empty() {
            let why = "none of its train tiles has 64 pixels of tissue in more than one colour and dye";
            return Err(TissueError::NoStain { file: file.to_path_buf(), why });
        }
        let (first, second) = (median(&firsts), median(&seconds));
        let stain = match method {
            StainMethod::Macenko => {
                let [h, e, _] = median(&thirds);
                SlideStain::Macenko { dyes: [unit(first), unit(second)], most: [h, e] }
            }
            StainMethod::Reinhard => SlideStain::Reinhard { mean: first, deviation: second },
        };
        Ok(Self { stain })
    }

    /// Brings a tile to the target by its slide's stain, which is steadier than the tile's own. Black padding and ink stay as they are. A stain
    /// of another method than the target's leaves the tile unchanged.
    pub fn normalise(&self, tile: &mut [u8], slide: Option<&SlideStain>) -> Normalised {
        let told = tells(&colours([&*tile]));
        let Some(own) = slide.filter(|own| told && own.method() == self.stain.method()) else {
            return Normalised::Unchanged;
        };
        self.map(tile, own);
        Normalised::BySlide
    }

    /// Brings a tile to the target by its own stain, and where it does not tell one by its slide's.
    pub fn normalise_by_tile(&self, tile: &mut [u8], slide: Option<&SlideStain>) -> Normalised {
        match SlideStain::estimate(self.stain.method(), [&*tile]) {
            Some(own) => {
                self.map(tile, &own);
                Normalised::ByTile
            }
            None => self.normalise(tile, slide),
        }
    }

    fn map(&self, tile: &mut [u8], own: &SlideStain) {
        for pixel in tile.as_chunks_mut::<3>().0 {
            let levels = pixel.map(f64::from);
            if is_black(levels) {
                continue;
            }
            let density = optical_density(levels);
            match (own, &self.stain) {
                (
                    SlideStain::Macenko { dyes, most },
                    SlideStain::Macenko { dyes: [h, e], most: most_wanted },
                ) => {
                    let amounts = concentrations(density, *dyes);
                    let [a, b] = [0, 1].map(|s| amounts[s] * most_wanted[s] / most[s]);
                    *pixel = std::array::from_fn(|c| level(a * h[c] + b * e[c]));
                }
                (
                    SlideStain::Reinhard { mean: from, deviation },
                    SlideStain::Reinhard { mean: to, deviation: wanted },
                ) => {
                    let lab = lab_of(levels);
                    let moved = levels_of_lab(std::array::from_fn(|c| {
                        (lab[c] - from[c]) * wanted[c] / deviation[c] + to[c]
                    }));
                    let share = ((mean(density) - BARE) / (GLASS - BARE)).clamp(0.0, 1.0);
                    // `as u8` saturates.
                    *pixel =
                        std::array::from_fn(|c| (levels[c] + share * (moved[c] - levels[c])).round() as u8);
                }
                // Methods are compared before.
                _ => {}
            }
        }
    }
}

/// The median of each number (of an even count the lower); 0 of nothing.
fn median(rows: &[[f64; 3]]) -> [f64; 3] {
    std::array::from_fn(|c| {
        let mut values: Vec<f64> = rows.iter().map(|row| row[c]).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
    })
}

/// The colours of tissue and how many pixels have each, sorted, so that the order of tiles cannot matter.
fn colours<'a>(tiles: impl IntoIterator<Item = &'a [u8]>) -> BTreeMap<[u8; 3], u64> {
    let mut counts = BTreeMap::new();
    for tile in tiles {
        for pixel in tile.as_chunks::<3>().0.iter().filter(|pixel| is_tissue(pixel.map(f64::from))) {
            *counts.entry(*pixel).or_insert(0) += 1;
        }
    }
    counts
}

fn tells(tissue: &BTreeMap<[u8; 3], u64>) -> bool {
    tissue.len() > 1 && tissue.values().sum::<u64>() >= FEWEST
}

fn macenko(tissue: &BTreeMap<[u8; 3], u64>) -> Option<SlideStain> {
    let densities: Vec<([f64; 3], u64)> =
        tissue.iter().map(|(pixel, n)| (optical_density(pixel.map(f64::from)), *n)).collect();
    let dyes = dyes(&densities)?;
    let amount = |s: usize| densities.iter().map(|(d, n)| (concentrations(*d, dyes)[s], *n)).collect();
    let most = [extremes(amount(0))?.1, extremes(amount(1))?.1];
    most.iter().all(|&m| m >= LEAST).then_some(SlideStain::Macenko { dyes, most })
}

fn reinhard(tissue: &BTreeMap<[u8; 3], u64>) -> SlideStain {
    let labs: Vec<([f64; 3], f64)> =
        tissue.iter().map(|(pixel, n)| (lab_of(pixel.map(f64::from)), *n as f64)).collect();
    let n: f64 = labs.iter().map(|(_, n)| n).sum();
    let mean: [f64; 3] = std::array::from_fn(|c| labs.iter().map(|(lab, n)| lab[c] * n).sum::<f64>() / n);
    let deviation = std::array::from_fn(|c| {
        let variance = labs.iter().map(|(lab, n)| (lab[c] - mean[c]).powi(2) * n).sum::<f64>() / n;
        variance.sqrt().max(FLATTEST)
    });
    SlideStain::Reinhard { mean, deviation }
}
