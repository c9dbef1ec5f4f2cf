//! Class X from the least to the most confident: the one place where tiles are ranked, whatever by (METHOD.md, steps 3 and 4).

use std::path::PathBuf;

use record::{Phi, Selection, Side, StepName, Translated};
use serde::{Deserialize, Serialize};

use crate::config::{Scoring, SelectBy};
use crate::error::StudyError;
use crate::study::Study;

/// A training tile with the logits of its confidences in its own class, by which it is ranked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Score {
    /// The tile's name.
    pub image: String,
    /// Logit of the scorer's confidence, ln(c / (1 − c)), from the network's logits.
    pub margin: f64,
    /// The same by the scorer of the other folds.
    pub margin_out_of_fold: f64,
    /// The tile's fold.
    pub fold: usize,
}

impl Score {
    /// Where the scores of class X lie, or of the other class of that index.
    pub fn table(study: &Study, class: Option<usize>) -> PathBuf {
        match class {
            None => study.run.step(&StepName::SCORE).join("scores.csv"),
            Some(class) => study.run.step(&StepName::SCORE_CLASSES).join(format!("scores-class-{class}.csv")),
        }
    }
}

/// A class from its hardest tile to its easiest; ties by name. `agreement` tells the share of a tile's annotators who chose its label, if
/// it has votes.
pub fn rank(
    scores: Vec<Score>,
    by: SelectBy,
    scoring: Scoring,
    agreement: impl Fn(&str) -> Option<f64>,
) -> Vec<String> {
    let mut ranked = by_confidence(scores, scoring);
    if by == SelectBy::Agreement {
        // Of a tile without votes nothing says that it is disputed. Many tiles share a share, and keep their order by confidence.
        let share = |image: &String| agreement(image).unwrap_or(1.0);
        ranked.sort_by(|a, b| share(a).total_cmp(&share(b)));
    }
    ranked
}

fn by_confidence(mut scores: Vec<Score>, scoring: Scoring) -> Vec<String> {
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

/// Chosen tiles as indices into the manifest, each list from the least to the most confident.
pub struct Selected {
    /// The top half of class X.
    pub easy: Vec<usize>,
    /// The lowest φ percent of class X, or of [`Selected::halves`] its bottom half.
    pub hard: Vec<usize>,
}

impl Selected {
    /// The easy and the hard tiles at `phi`, as the step `select` wrote them.
    pub fn read(study: &Study, phi: Phi) -> Result<Self, StudyError> {
        Self::of_class(study, phi, None)
    }

    /// The same of class X or the other class of that index.
    pub fn of_class(study: &Study, phi: Phi, class: Option<usize>) -> Result<Self, StudyError> {
        let selection = Selection::read_of(&study.run, phi, class)?;
        Self::of(study, (phi, class), &selection.of(Side::Easy), &selection.of(Side::Hard))
    }

    /// The easy tiles of such translations, in order of their names.
    pub fn sources(study: &Study, of: &Translated) -> Result<Vec<usize>, StudyError> {
        let mut easy = Self::of_class(study, study.phi_of(of.target), of.class)?.easy;
        let tiles = &study.data.manifest.tiles;
        easy.sort_by(|a, b| tiles[*a].image.cmp(&tiles[*b].image));
        Ok(easy)
    }

    /// The top and the bottom half of class X: what naive mixing mixes, whatever φ; `phi` is the one whose ranking is read.
    pub fn halves(study: &Study, phi: Phi) -> Result<Self, StudyError> {
        Self::halves_of(study, phi, None)
    }

    /// The same of class X or the other class of that index.
    pub fn halves_of(study: &Study, phi: Phi, class: Option<usize>) -> Result<Self, StudyError> {
        let selection = Selection::read_of(&study.run, phi, class)?;
        Self::of(study, (phi, class), &selection.of(Side::Easy), &selection.bottom_half())
    }

    fn of(
        study: &Study,
        (phi, class): (Phi, Option<usize>),
        easy: &[&str],
        hard: &[&str],
    ) -> Result<Self, StudyError> {
        let path = study.run.selection_csv_of(phi, class);
        let indices = |images: &[&str]| {
            images.iter().map(|image| study.data.tile_named(image, &path)).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self { easy: indices(easy)?, hard: indices(hard)? })
    }
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
        assert_eq!(rank(scores, SelectBy::Confidence, Scoring::InSample, |_| None), ["b", "a", "c"]);
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
        assert_eq!(
            rank(scores, SelectBy::Confidence, Scoring::OutOfFold, |_| Some(0.5)),
            ["a", "c", "b", "d"]
        );
    }

    #[test]
    fn agreement_ranks_by_share_and_by_confidence_where_that_is_the_same() {
        let scores = vec![
            score("sure", 9.0, 9.0, 0),
            score("unknown", 3.0, 3.0, 0),
            score("disputed-but-clear", 8.0, 1.0, 1),
            score("disputed", 1.0, 2.0, 0),
            score("torn", 5.0, 5.0, 1),
            score("agreed", 2.0, 4.0, 1),
        ];
        let share = |image: &str| match image {
            "torn" => Some(4.0 / 7.0),
            "disputed" | "disputed-but-clear" => Some(5.0 / 7.0),
            "unknown" => None,
            _ => Some(1.0),
        };
        let ranked = |scoring| rank(scores.clone(), SelectBy::Agreement, scoring, share);
        let in_sample = ["torn", "disputed", "disputed-but-clear", "agreed", "unknown", "sure"];
        assert_eq!(ranked(Scoring::InSample), in_sample);
        // Within the same share the order is that of the confidences which rank the class.
        let by_confidence = rank(scores.clone(), SelectBy::Confidence, Scoring::OutOfFold, share);
        let place = |image: &str| by_confidence.iter().position(|other| other == image);
        let out_of_fold = ranked(Scoring::OutOfFold);
        assert_eq!(out_of_fold[0], "torn");
        assert_eq!(place("disputed") < place("disputed-but-clear"), out_of_fold[1] == "disputed");
        // Every tile is ranked once, whatever is known of it.
        let mut all = out_of_fold.clone();
        all.sort();
        assert_eq!(all.len(), 6);
        all.dedup();
        assert_eq!(all.len(), 6);
    }
}
