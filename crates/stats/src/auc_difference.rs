//! How sure a difference between areas under ROC curves is, where tiles come from slides and trainings from seeds.

use crate::bootstrap::{Interval, members};
use crate::ranking::RankedScores;
use crate::summary::quantile;
use rand::{Rng, RngExt};

/// What a replicate draws anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// Slides: the interval holds for these very trainings on other slides.
    Slides,
    /// Seeds, and slides independently of them: it holds for other trainings on other slides.
    SeedsAndSlides,
}

/// Percentile interval at 95 % of the mean over seeds of AUC(second) − AUC(first), both trained from the same seed and
/// tested on the same tiles.
///
/// `first[s][i]` is tile i's score after the training of seed s, as is `second[s][i]`; `positive[i]` its class, `slides[i]`
/// its slide, of which only equality matters. A replicate draws as many slides as there are, with replacement and whole
/// (Davison & Hinkley 1997, section 3.8), the same ones for all trainings; with [`Draw::SeedsAndSlides`] as many seeds, too,
/// each with both its trainings (McCullagh 2000, *Bernoulli* 6; Owen 2007, *Annals of Applied Statistics* 1: the
/// "pigeonhole bootstrap", whose variance is right or somewhat too large). A replicate whose slides hold one class alone is
/// left out. Seeds are drawn before slides, seeds and slides in the order of first occurrence.
///
/// With few seeds or slides it is too narrow, as any percentile interval: n draws from n see (n − 1) / n of the variance,
/// and quantiles are the normal distribution's rather than Student's.
///
/// `None` if there are fewer than two slides, or fewer than two seeds where those are drawn, if lengths differ, a score is
/// NaN, or no replicate has a value.
pub fn auc_difference_interval<R: Rng + ?Sized>(
    [first, second]: [&[Vec<f64>]; 2],
    positive: &[bool],
    slides: &[usize],
    draw: Draw,
    replicates: usize,
    rng: &mut R,
) -> Option<Interval> {
    let members = members(slides);
    let fewest_seeds = if draw == Draw::Slides { 1 } else { 2 };
    if members.len() < 2 || slides.len() != positive.len() || first.len() < fewest_seeds {
        return None;
    }
    let trainings = Trainings::new(first, second, positive)?;
    let mut values = Vec::with_capacity(replicates);
    let (mut of_seeds, mut of_tiles) = (vec![1_u32; first.len()], vec![0_u32; slides.len()]);
    for _ in 0..replicates {
        if draw == Draw::SeedsAndSlides {
            of_seeds.fill(0);
            for _ in 0..first.len() {
                of_seeds[rng.random_range(0..first.len())] += 1;
            }
        }
        of_tiles.fill(0);
        for _ in 0..members.len() {
            for tile in &members[rng.random_range(0..members.len())] {
                of_tiles[*tile] += 1;
            }
        }
        values.extend(trainings.mean_difference(&of_seeds, &of_tiles));
    }
    Some(Interval {
        low: quantile(&values, 0.025)?,
        high: quantile(&values, 0.975)?,
        replicates_used: values.len(),
    })
}

/// Each seed's two trainings.
struct Trainings(Vec<[RankedScores; 2]>);

impl Trainings {
    fn new(first: &[Vec<f64>], second: &[Vec<f64>], positive: &[bool]) -> Option<Self> {
        if first.len() != second.len() {
            return None;
        }
        let rank = |scores: &Vec<f64>| RankedScores::new(scores, positive);
        first.iter().zip(second).map(|(a, b)| Some([rank(a)?, rank(b)?])).collect::<Option<_>>().map(Self)
    }

    /// The mean difference, seed s counting `of_seeds[s]` times and tile i `of_tiles[i]` times. `None` if one class is not
    /// drawn.
    fn mean_difference(&self, of_seeds: &[u32], of_tiles: &[u32]) -> Option<f64> {
        let (mut sum, mut seeds) = (0.0, 0.0);
        for ([first, second], times) in self.0.iter().zip(of_seeds).filter(|(_, times)| **times > 0) {
            let difference = second.auc_of_draw(of_tiles)? - first.auc_of_draw(of_tiles)?;
            sum += f64::from(*times) * difference;
            seeds += f64::from(*times);
        }
        Some(sum / seeds)
    }
}
