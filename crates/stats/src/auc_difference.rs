//! How sure a difference between areas under ROC curves is, where tiles come from slides and trainings from seeds.

use crate::bootstrap::{Interval, members};
use crate::normal;
use crate::ranking::RankedScores;
use crate::student::t_deviations;
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

/// Bootstrap interval at 95 % of the mean over seeds of AUC(second) − AUC(first), both trained from the same seed and
/// tested on the same tiles.
///
/// `first[s][i]` is tile i's score after the training of seed s, as is `second[s][i]`; `positive[i]` its class, `slides[i]`
/// its slide, of which only equality matters. A replicate draws as many slides as there are, with replacement and whole
/// (Davison & Hinkley 1997, section 3.8), the same ones for all trainings; with [`Draw::SeedsAndSlides`] as many seeds, too,
/// each with both its trainings (McCullagh 2000, *Bernoulli* 6; Owen 2007, *Annals of Applied Statistics* 1: the
/// "pigeonhole bootstrap", whose variance is right or somewhat too large). A replicate whose slides hold one class alone is
/// left out. Seeds are drawn before slides, seeds and slides in the order of first occurrence.
///
/// The interval is the expanded percentile interval of Hesterberg (2015, *The American Statistician* 69): as n draws from
/// n see (n − 1) / n of the variance, and quantiles are the normal distribution's rather than Student's, the quantiles are
/// taken so far out as t with the degrees of freedom that the variances of seeds and slides leave together (Welch 1947;
/// Satterthwaite 1946). With few slides these lie far out: have 2000 replicates.
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
    let at_hand = trainings.differences(&vec![1; slides.len()])?;
    let (mut values, mut of_slides) = (Vec::with_capacity(replicates), Vec::with_capacity(replicates));
    let mut times = vec![0_u32; slides.len()];
    let mut seeds: Vec<usize> = (0..first.len()).collect();
    for _ in 0..replicates {
        if draw == Draw::SeedsAndSlides {
            seeds.fill_with(|| rng.random_range(0..first.len()));
        }
        times.fill(0);
        for _ in 0..members.len() {
            for tile in &members[rng.random_range(0..members.len())] {
                times[*tile] += 1;
            }
        }
        if let Some(differences) = trainings.differences(&times) {
            values.extend(mean(&seeds.iter().map(|s| differences[*s]).collect::<Vec<_>>()));
            of_slides.extend(mean(&differences));
        }
    }
    let by_seeds = match draw {
        Draw::Slides => Part { variance: 0.0, n: 2.0 },
        Draw::SeedsAndSlides => Part { variance: standard_error(&at_hand)?.powi(2), n: first.len() as f64 },
    };
    let n = members.len() as f64;
    let by_slides = Part { variance: sd(&of_slides)?.powi(2) * n / (n - 1.0), n };
    let outside = normal::cdf(-deviations(&[by_seeds, by_slides])?);
    Some(Interval {
        low: quantile(&values, outside)?,
        high: quantile(&values, 1.0 - outside)?,
        replicates_used: values.len(),
    })
}

/// One of the sources of chance.
struct Part {
    /// The variance that it adds to the mean difference.
    variance: f64,
    /// How many were drawn of it.
    n: f64,
}

/// How many of the bootstrap's standard deviations half an interval at 95 % takes.
fn deviations(parts: &[Part]) -> Option<f64> {
    let total = |of: fn(&Part) -> f64| parts.iter().map(of).sum::<f64>();
    let variance = total(|part| part.variance);
    if variance == 0.0 {
        return Some(normal::deviations(LEVEL));
    }
    let df = variance.powi(2) / total(|part| part.variance.powi(2) / (part.n - 1.0));
    let seen = total(|part| part.variance * (part.n - 1.0) / part.n);
    Some(t_deviations(LEVEL, df)? * (variance / seen).sqrt())
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

    /// Of each seed, tile i counting `times[i]` times. `None` if one class is not drawn.
    fn differences(&self, times: &[u32]) -> Option<Vec<f64>> {
        let of = |[first, second]: &[RankedScores; 2]| {
            Some(second.auc_of_draw(times)? - first.auc_of_draw(times)?)
        };
        self.0.iter().map(of).collect()
    }
}
