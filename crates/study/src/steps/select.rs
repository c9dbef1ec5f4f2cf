//! Easy and hard tiles of class X (METHOD.md, steps 3 and 4).

use record::{Phi, Selection, Side};

use super::score::{Score, scores_csv};
use crate::config::Scoring;
use crate::context::Context;
use crate::{StudyError, tile_index};

/// Tiles as indices into the manifest, each list from the least to the most confident.
pub struct Selected {
    /// The top half of class X.
    pub easy: Vec<usize>,
    /// The lowest φ percent of class X, or of [`Selected::halves`] its bottom half.
    pub hard: Vec<usize>,
}

/// Ranks class X and writes the ranking with the easy and the hard tiles at `phi`.
pub fn select(context: &Context, phi: Phi) -> Result<(), StudyError> {
    let ranked = ranking(context)?;
    let (easy, hard) = phi.easy_and_hard(ranked.len());
    Ok(Selection::new(ranked, easy, hard).write(&context.run, phi)?)
}

impl Selected {
    /// Reads what [`select`] wrote.
    pub fn read(context: &Context, phi: Phi) -> Result<Self, StudyError> {
        let selection = Selection::read(&context.run, phi)?;
        Self::of(context, phi, &selection.of(Side::Easy), &selection.of(Side::Hard))
    }

    /// The top and the bottom half of class X: what naive mixing mixes, whatever φ; `phi` is the one whose ranking is read.
    pub fn halves(context: &Context, phi: Phi) -> Result<Self, StudyError> {
        let selection = Selection::read(&context.run, phi)?;
        Self::of(context, phi, &selection.of(Side::Easy), &selection.bottom_half())
    }

    fn of(context: &Context, phi: Phi, easy: &[&str], hard: &[&str]) -> Result<Self, StudyError> {
        let path = context.run.selection_csv(phi);
        let indices = |images: &[&str]| {
            images.iter().map(|image| tile_index(context, image, &path)).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self { easy: indices(easy)?, hard: indices(hard)? })
    }
}

/// Class X from the least to the most confident; ties by name.
fn ranking(context: &Context) -> Result<Vec<String>, StudyError> {
    let scores: Vec<Score> = files::read_rows(&scores_csv(context))?;
    Ok(rank(scores, context.config.scoring))
}

fn rank(mut scores: Vec<Score>, scoring: Scoring) -> Vec<String> {
    match scoring {
        Scoring::InSample => {
            scores.sort_by(|a, b| a.margin.total_cmp(&b.margin).then_with(|| a.image.cmp(&b.image)));
        }
        Scoring::OutOfFold => {
            // Each fold has a scorer of its own whose confidences have their own scale: rank within the fold, then pool the ranks.
            scores.sort_by(|a, b| {
                a.fold
                    .cmp(&b.fold)
                    .then(a.margin_out_of_fold.total_cmp(&b.margin_out_of_fold))
                    .then_with(|| a.image.cmp(&b.image))
            });
            let mut pooled: Vec<(f64, Score)> = scores
                .chunk_by(|a, b| a.fold == b.fold)
                .flat_map(|fold| {
                    fold.iter().enumerate().map(|(at, s)| ((at as f64 + 0.5) / fold.len() as f64, s.clone()))
                })
                .collect();
            pooled.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.image.cmp(&b.1.image)));
            scores = pooled.into_iter().map(|(_, s)| s).collect();
        }
    }
    scores.into_iter().map(|s| s.image).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(image: &str, margin: f64, margin_out_of_fold: f64, fold: usize) -> Score {
        Score { image: image.into(), margin, margin_out_of_fold, fold }
    }

    #[test]
    fn in_sample_ranks_by_margin_and_breaks_ties_by_name() {
        let scores = vec![score("c", 2.0, 0.0, 0), score("b", 1.0, 0.0, 0), score("a", 2.0, 0.0, 1)];
        assert_eq!(rank(scores, Scoring::InSample), ["b", "a", "c"]);
    }

    #[test]
    fn out_of_fold_ranks_within_each_fold_before_pooling() {
        // Fold 1's scorer is more confident throughout; its least confident tile still comes among the first.
        let scores = vec![
            score("a", 0.0, 0.1, 0),
            score("b", 0.0, 0.2, 0),
            score("c", 0.0, 5.0, 1),
            score("d", 0.0, 9.0, 1),
        ];
        assert_eq!(rank(scores, Scoring::OutOfFold), ["a", "c", "b", "d"]);
    }
}
