//! How sure a difference between areas under ROC curves is, where tiles come from slides and trainings from seeds.

use crate::bootstrap::{Interval, members, samples_in};
use crate::normal;
use crate::ranking::RankedScores;
use crate::student::{t_deviations, t_two_sided};
use crate::summary::{mean, quantile, sd, standard_error};
use rand::{Rng, RngExt};

/// The chance with which intervals hold the truth.
const LEVEL: f64 = 0.95;

/// What a replicate draws anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// Slides: the interval holds for these very trainings on other slides.
    Slides,
    /// Seeds, and slides independently of them: it holds for other trainings on other slides.
    SeedsAndSlides,
}

/// What drawing slides, or seeds and slides, says of a difference of areas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AucDifference {
    /// The interval at 95 %, as of [`auc_difference_interval`].
    pub interval: Interval,
    /// Two-sided p-value of the mean difference being zero: of T = mean difference / √V, by Student's t with the degrees of freedom that
    /// the interval has. V is the variance that the interval is stretched to. `None` if V is 0.
    pub p_value: Option<f64>,
}

/// Bootstrap interval at 95 % of the mean over seeds of AUC(second) − AUC(first), both trained from the same seed and
/// tested on the same tiles.
///
/// `first[s][i]` is tile i's score after the training of seed s, as is `second[s][i]`; `positive[i]` its class, `slides[i]`
/// its slide, of which only equality matters. A replicate draws as many slides as there are, with replacement and whole
/// (Davison & Hinkley 1997, section 3.8), the same ones for all trainings; with [`Draw::SeedsAndSlides`] as many seeds, too,
/// each with both its trainings (McCullagh 2000, *Bernoulli* 6; Owen 2007, *Annals of Applied Statistics* 1). A replicate
/// whose slides hold one class alone is left out. Seeds are drawn before slides, both in the order of first occurrence.
///
/// The interval is the percentile interval, stretched about the mean difference at hand: n draws from n see (n − 1) / n of the
/// variance, and quantiles are the normal distribution's rather than Student's (Hesterberg 2015, *The American Statistician*
/// 69, who takes outer quantiles instead, which the draws of three seeds do not have). It reaches as far as t standard
/// errors do, with the degrees of freedom that seeds and slides leave together (Welch 1947; Satterthwaite 1946). The
/// variance is that of seeds, and of slides, less what is in both; where every slide is of one class, slides are two
/// samples, and n − 2 takes the place of n − 1.
///
/// `None` if there are fewer than two slides (three, where every slide is of one class), or fewer than two seeds where those
/// are drawn, if lengths differ, a score is NaN, or fewer than two replicates have a value.
pub fn auc_difference_interval<R: Rng + ?Sized>(
    scores: [&[Vec<f64>]; 2],
    positive: &[bool],
    slides: &[usize],
    draw: Draw,
    replicates: usize,
    rng: &mut R,
) -> Option<Interval> {
    auc_difference(scores, positive, slides, draw, replicates, rng).map(|found| found.interval)
}

/// The same with the test that belongs to it.
///
/// `None` where [`auc_difference_interval`] is.
pub fn auc_difference<R: Rng + ?Sized>(
    scores: [&[Vec<f64>]; 2],
    positive: &[bool],
    slides: &[usize],
    draw: Draw,
    replicates: usize,
    rng: &mut R,
) -> Option<AucDifference> {
    auc_difference_within(scores, positive, slides, &vec![0; slides.len()], draw, replicates, rng)
}

/// The same of areas within blocks ([`auc_within`](crate::auc_within)), such as the test folds of a cross-validation: `blocks[i]` is tile i's, and
/// all tiles of a slide are of one block. A seed's training is then as many networks as there are blocks, and keeps or loses all of them at once.
///
/// Slides are drawn within blocks, as many of each as it has. A block is a sample of slides by itself, or two where every slide is of one
/// class, and as many degrees of freedom are gone. It holds for other slides tested by these very networks, or by other seeds of them trained on
/// these very training sets: what another partition into folds, or other training slides, would change is not in it.
///
/// `None` also if a slide is in two blocks.
pub fn auc_difference_within<R: Rng + ?Sized>(
    [first, second]: [&[Vec<f64>]; 2],
    positive: &[bool],
    slides: &[usize],
    blocks: &[usize],
    draw: Draw,
    replicates: usize,
    rng: &mut R,
) -> Option<AucDifference> {
    if first.len() != second.len() {
        return None;
    }
    let pair = |(a, b): (&Vec<f64>, &Vec<f64>)| {
        let rank = |scores: &[f64]| RankedScores::within(scores, positive, blocks);
        Some(vec![(-1.0, rank(a)?), (1.0, rank(b)?)])
    };
    let pairs = first.iter().zip(second).map(pair).collect::<Option<_>>()?;
    difference(&[Trainings(pairs)], (positive, slides, blocks), draw, replicates, rng)
}

/// The same of trainings that are no pairs, as many of each as there are: the mean AUC of the second less that of the first. Seeds are
/// drawn of each by themselves, first those of the first, and are two sources of chance.
///
/// `None` where [`auc_difference_interval`] is, seeds being too few where either has fewer than two.
pub fn auc_difference_unpaired<R: Rng + ?Sized>(
    [first, second]: [&[Vec<f64>]; 2],
    positive: &[bool],
    slides: &[usize],
    draw: Draw,
    replicates: usize,
    rng: &mut R,
) -> Option<AucDifference> {
    let alone = |sign: f64, scores: &[Vec<f64>]| {
        let one = |scores: &Vec<f64>| Some(vec![(sign, RankedScores::new(scores, positive)?)]);
        scores.iter().map(one).collect::<Option<_>>().map(Trainings)
    };
    let tested = (positive, slides, &vec![0; slides.len()][..]);
    difference(&[alone(-1.0, first)?, alone(1.0, second)?], tested, draw, replicates, rng)
}

/// The interval and the test of the sum over samples of trainings of their mean contrast. Of each tile: its class, slide and block.
fn difference<R: Rng + ?Sized>(
    samples: &[Trainings],
    (positive, slides, blocks): (&[bool], &[usize], &[usize]),
    draw: Draw,
    replicates: usize,
    rng: &mut R,
) -> Option<AucDifference> {
    let members = members(slides);
    let fewest_seeds = if draw == Draw::Slides { 1 } else { 2 };
    let has_few_seeds = samples.iter().any(|trainings| trainings.0.len() < fewest_seeds);
    let lengths_differ = slides.len() != positive.len() || slides.len() != blocks.len();
    if members.len() < 2 || lengths_differ || has_few_seeds {
        return None;
    }
    let drawn_from = slides_of_blocks(&members, blocks)?;
    let contrasts = |times: &[u32]| {
        samples.iter().map(|trainings| trainings.contrasts(times)).collect::<Option<Vec<_>>>()
    };
    let sum_of_means = |contrasts: &[Vec<f64>]| contrasts.iter().map(|c| mean(c)).sum::<Option<f64>>();
    let at_hand = contrasts(&vec![1; slides.len()])?;
    let (mut values, mut of_slides) = (Vec::with_capacity(replicates), Vec::with_capacity(replicates));
    let mut times = vec![0_u32; slides.len()];
    let mut seeds: Vec<Vec<usize>> =
        samples.iter().map(|trainings| (0..trainings.0.len()).collect()).collect();
    for _ in 0..replicates {
        if draw == Draw::SeedsAndSlides {
            for seeds in &mut seeds {
                let n = seeds.len();
                seeds.fill_with(|| rng.random_range(0..n));
            }
        }
        times.fill(0);
        for of_block in &drawn_from {
            for _ in 0..of_block.len() {
                for tile in &members[of_block[rng.random_range(0..of_block.len())]] {
                    times[*tile] += 1;
                }
            }
        }
        if let Some(contrasts) = contrasts(&times) {
            let drawn: Vec<Vec<f64>> = seeds
                .iter()
                .zip(&contrasts)
                .map(|(seeds, c)| seeds.iter().map(|s| c[*s]).collect())
                .collect();
            values.extend(sum_of_means(&drawn));
            of_slides.extend(sum_of_means(&contrasts));
        }
    }
    let kinds = (samples_in(slides, positive) * drawn_from.len()) as f64;
    let mut parts = vec![Part { seen: sd(&of_slides)?.powi(2), n: members.len() as f64, samples: kinds }];
    if draw == Draw::SeedsAndSlides {
        parts.extend(at_hand.iter().map(|c| Part::of_seeds(c)).collect::<Option<Vec<_>>>()?);
    }
    let seen = sd(&values)?.powi(2);
    let spread = Spread::of(&parts, seen)?;
    let stretch = spread.stretch(seen)?;
    let estimate = sum_of_means(&at_hand)?;
    let end = |q: f64| Some((estimate + stretch * (quantile(&values, q)? - estimate)).clamp(-1.0, 1.0));
    let outside = (1.0 - LEVEL) / 2.0;
    let interval = Interval { low: end(outside)?, high: end(1.0 - outside)?, replicates_used: values.len() };
    let p_value =
        (spread.variance > 0.0).then(|| t_two_sided(estimate / spread.variance.sqrt(), spread.df)).flatten();
    Some(AucDifference { interval, p_value })
}

/// The slides of each block, the blocks in the order of their first slides; `None` if a slide is in two.
fn slides_of_blocks(members: &[Vec<usize>], blocks: &[usize]) -> Option<Vec<Vec<usize>>> {
    let mut found: Vec<(usize, Vec<usize>)> = Vec::new();
    for (slide, tiles) in members.iter().enumerate() {
        let block = blocks[tiles[0]];
        if tiles.iter().any(|tile| blocks[*tile] != block) {
            return None;
        }
        match found.iter_mut().find(|(of, _)| *of == block) {
            Some((_, slides)) => slides.push(slide),
            None => found.push((block, vec![slide])),
        }
    }
    Some(found.into_iter().map(|(_, slides)| slides).collect())
}

/// One of the sources of chance.
struct Part {
    /// The variance of the mean difference over draws of it.
    seen: f64,
    /// How many are drawn.
    n: f64,
    /// Of how many samples they are: slides that are of one class each are two, of positive and of negative slides, in each block.
    samples: f64,
}

impl Part {
    fn of_seeds(differences: &[f64]) -> Option<Self> {
        let n = differences.len() as f64;
        Some(Self { seen: standard_error(differences)?.powi(2) * (n - 1.0) / n, n, samples: 1.0 })
    }

    fn df(&self) -> f64 {
        self.n - self.samples
    }

    /// The variance that it adds: draws from a sample see too little of it.
    fn variance(&self) -> f64 {
        self.seen * self.n / self.df()
    }
}

/// The variance of the mean difference, and the degrees of freedom that it is known with.
struct Spread {
    variance: f64,
    df: f64,
}

impl Spread {
    /// `seen` is the variance of the replicates.
    fn of(parts: &[Part], seen: f64) -> Option<Self> {
        if parts.iter().any(|part| part.df() < 1.0) {
            return None;
        }
        if seen == 0.0 {
            return Some(Self { variance: 0.0, df: f64::INFINITY });
        }
        let sum = parts.iter().map(Part::variance).sum::<f64>();
        // Chance that belongs to none alone is in the slides' part and in those of seeds, and three times in the replicates (Owen 2007).
        let of_both = (seen - parts.iter().map(|part| part.seen).sum::<f64>()).max(0.0);
        let largest = parts.iter().map(Part::variance).fold(0.0, f64::max);
        let variance = (sum - of_both).max(largest);
        let df = sum.powi(2) / parts.iter().map(|part| part.variance().powi(2) / part.df()).sum::<f64>();
        Some(Self { variance, df })
    }

    /// By how much the percentile interval is too short.
    fn stretch(&self, seen: f64) -> Option<f64> {
        if seen == 0.0 {
            return Some(1.0);
        }
        Some(t_deviations(LEVEL, self.df)? / normal::deviations(LEVEL) * (self.variance / seen).sqrt())
    }
}

/// A sample of trainings: of each seed, what is added or subtracted.
struct Trainings(Vec<Vec<(f64, RankedScores)>>);

impl Trainings {
    /// Of each seed the sum of signed areas, tile i counting `times[i]` times. `None` if one class is not drawn.
    fn contrasts(&self, times: &[u32]) -> Option<Vec<f64>> {
        let area = |(sign, scores): &(f64, RankedScores)| Some(sign * scores.auc_of_draw(times)?);
        self.0.iter().map(|seed| seed.iter().map(area).sum()).collect()
    }
}
