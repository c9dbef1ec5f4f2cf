//! One tile and what is known about it, without its pixels.

use serde::{Deserialize, Serialize};

/// The side of the split that a tile is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Partition {
    /// Seen in training.
    Train,
    /// Kept for the test.
    Test,
}

impl Partition {
    /// "train" or "test", as in the CSV files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

/// How far the annotators of a tile agreed on its label (METHOD.md, "Words").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Agreement {
    /// Every annotator chose the label, or as many as a study asks for.
    High,
    /// More of them chose another class.
    Low,
}

impl Agreement {
    /// "high" or "low", as in `results.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Low => "low",
        }
    }
}

/// One labelled tile of a [`Manifest`](crate::Manifest).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// The tile's name: its path relative to the data folder, with `/`. Unique within a manifest.
    pub image: String,
    /// Its label, an index into the manifest's `classes`.
    pub class: usize,
    /// The side of the split it is on; `None` before any split. All tiles of a manifest have one, or none has.
    pub partition: Option<Partition>,
    /// The slide (or patient) it was cut from, the unit of splitting; its own name where none is known.
    pub slide: String,
    /// How many annotators chose each of the manifest's classes, in their order; empty if nobody voted.
    pub votes: Vec<u32>,
    /// Votes that went to none of the manifest's classes: classes left out of a study, and abstentions.
    pub other_votes: u32,
    /// The cells of the manifest's `extra_columns`, in their order.
    pub extra: Vec<String>,
    /// The line of the CSV file it came from, counted from 1; 0 if it came from a folder listing.
    pub line: usize,
}

impl Tile {
    /// The share of annotators who chose the label, in (0, 1]; `None` without votes.
    pub fn agreement(&self) -> Option<f64> {
        let all: u64 = self.votes.iter().map(|&v| u64::from(v)).sum::<u64>() + u64::from(self.other_votes);
        let own = self.votes.get(self.class).copied()?;
        (all > 0).then(|| f64::from(own) / all as f64)
    }

    /// High if the annotators were unanimous, low if not, `None` without votes.
    pub fn stratum(&self) -> Option<Agreement> {
        // A unanimous share is n / n, which is exactly 1 in floating point.
        self.stratum_at(1.0)
    }

    /// High if the share of annotators who chose the label is at least `high`, low if not, `None` without votes.
    pub fn stratum_at(&self, high: f64) -> Option<Agreement> {
        self.agreement().map(|share| if share >= high { Agreement::High } else { Agreement::Low })
    }
}
