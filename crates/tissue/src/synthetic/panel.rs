//! Slides, their severities and the panel that labels them.
//!
//! The numbers below were searched for so that labels and agreement come out as in Table 1 of the paper: HP to SSA
//! about 3 : 1, and 44 % of HP and 33 % of SSA labelled by two of three annotators only.

use super::draw::{normal, uniform};
use crate::random::Stream;

/// Above this severity an annotator calls a tile SSA. The first one calls SSA early, and so makes most of the
/// disagreement on HP.
const THRESHOLDS: [f32; 3] = [0.35, 0.65, 0.70];
/// How much an annotator's reading of one tile wavers, in severity.
const WAVER: f32 = 0.06;
/// How often an annotator's attention lapses and the vote is a coin's.
const LAPSE: f32 = 0.04;
/// How much tiles of one slide differ in severity (standard deviation).
const WITHIN_SLIDE: f32 = 0.14;

/// The mean severity of a slide that stands at `rank` in [0, 1) among the slides: the quantile of Beta(1, 1.4).
pub fn slide_severity(rank: f32) -> f32 {
    1.0 - (1.0 - rank).powf(1.0 / 1.4)
}

/// The severity of one tile of a slide, reflected at 0 and 1.
pub fn tile_severity(slide: f32, rng: &mut Stream) -> f32 {
    let s = (slide + WITHIN_SLIDE * normal(rng)).abs();
    let s = if s > 1.0 { 2.0 - s } else { s };
    s.clamp(0.0, 1.0)
}

/// The votes of the three annotators: `[HP, SSA]`, adding up to 3.
pub fn votes(severity: f32, rng: &mut Stream) -> [u32; 2] {
    let mut votes = [0, 0];
    for threshold in THRESHOLDS {
        let reading = severity + WAVER * normal(rng) > threshold;
        let (lapsed, coin) = (uniform(rng, 0.0, 1.0) < LAPSE, uniform(rng, 0.0, 1.0) < 0.5);
        votes[usize::from(if lapsed { coin } else { reading })] += 1;
    }
    votes
}
