//! What readers saw: the analysis of a blinded reader study, as `grayzone reader analyse` writes it and the report shows it.

use crate::{Phi, Side};
use serde::{Deserialize, Serialize};

/// The analysis of a study (METHOD.md, step 12). Shares are 0 to 1; what is undefined is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Version of these keys.
    pub schema: u32,
    /// The program that computed them.
    pub tool: String,
    /// The study's name.
    pub study: String,
    /// Selectivity of the translator.
    pub phi: Phi,
    /// The seed of the bootstrap.
    pub seed: u64,
    /// Class X.
    pub source_class: String,
    /// The readers that count.
    pub readers: Vec<String>,
    /// Readers who have not finished and are left out.
    pub left_out: Vec<String>,
    /// Table 2, one row a group of class X: easy, hard, generated.
    pub table2: Vec<Table2Row>,
    /// Tiles of other classes: how many the majority calls other than X.
    pub other: Option<CountedShare>,
    /// Agreement of all readers, over all tiles ("all") and in each group.
    pub agreement: Vec<AgreementRow>,
    /// Each pair of readers.
    pub pairs: Vec<PairRow>,
    /// Each reader with themselves, on tiles they saw twice.
    pub themselves: Vec<PairRow>,
    /// Time a tile was in sight, by group.
    pub time: Vec<TimeRow>,
    /// Whether readers could tell generated from real; empty if they were not asked. The last row is all readers together.
    pub detection: Vec<DetectionRow>,
    /// Generated tiles beside their easy sources, and beside hard tiles.
    pub comparisons: Vec<Comparison>,
    /// Figure 4: each source beside its translation.
    pub figure4: Vec<Figure4Row>,
}

/// A count out of a number, with an interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountedShare {
    /// How many.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// 95 % interval by a bootstrap over slides.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

/// A row of Table 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table2Row {
    /// "easy", "hard" or "generated".
    pub group: String,
    /// Tiles.
    pub tiles: usize,
    /// More than half of the readers chose X, but not all: 2/3 of three.
    pub majority: usize,
    /// All readers chose X: 3/3 of three.
    pub unanimous: usize,
    /// As many readers chose X as did not.
    pub tied: usize,
    /// The majority still is X: the label is kept.
    pub kept: CountedShare,
}

/// Agreement of all readers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementRow {
    /// "all", or a group.
    pub group: String,
    /// Tiles.
    pub tiles: usize,
    /// Tiles on which all readers chose the same class.
    pub unanimous: usize,
    /// Fleiss' kappa.
    pub fleiss_kappa: Estimate,
    /// Krippendorff's alpha, nominal.
    pub krippendorff_alpha: Estimate,
}

/// A number with its 95 % interval by a bootstrap over slides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number.
    pub value: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Two readers, or one at two times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairRow {
    /// One.
    pub a: String,
    /// The other; the same if it is one at two times.
    pub b: String,
    /// Tiles both labelled.
    pub tiles: usize,
    /// The share of them with one label.
    pub same: Option<f64>,
    /// Cohen's kappa.
    pub cohen_kappa: Option<f64>,
}

/// Time a tile was in sight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeRow {
    /// "all", or a group.
    pub group: String,
    /// Readings with a known time.
    pub readings: usize,
    /// Quartiles in seconds.
    pub quartiles: Option<[f64; 3]>,
}

/// Whether a reader could tell generated from real.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectionRow {
    /// The reader; "all" for all together.
    pub reader: String,
    /// Share of the generated tiles that were taken for generated, with its exact (for all together, bootstrapped) interval.
    pub sensitivity: Estimate,
    /// Share of the real tiles that were taken for real.
    pub specificity: Estimate,
    /// Exact p that verdicts have nothing to do with the truth (Fisher); none for all together, whose verdicts are not independent.
    pub p_value: Option<f64>,
}

/// Generated tiles beside others, by one outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Easy tiles (their own sources, in pairs) or hard ones.
    pub with: Side,
    /// "unanimous" (all readers chose X), "kept" (the majority did), or a reader's name (that reader chose X).
    pub outcome: String,
    /// Generated tiles with the outcome.
    pub generated: usize,
    /// Of how many.
    pub generated_of: usize,
    /// The others with it.
    pub others: usize,
    /// Of how many.
    pub others_of: usize,
    /// In pairs: only the source has it, and only the translation has it.
    pub discordant: Option<[usize; 2]>,
    /// Exact: McNemar's in pairs, Fisher's else.
    pub p_value: f64,
    /// Share of the generated less share of the others, with a bootstrap over slides.
    pub difference: Estimate,
}

/// A source beside its translation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure4Row {
    /// The source's name in the data.
    pub image: String,
    /// Its slide.
    pub slide: String,
    /// Readers who chose X for the source.
    pub source_votes: usize,
    /// Readers who chose X for the translation.
    pub generated_votes: usize,
    /// Readers.
    pub readers: usize,
}
