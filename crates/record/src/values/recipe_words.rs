//! What a recipe may choose between: the words of `[[training_set]]` in STUDY.toml.

use serde::{Deserialize, Serialize};

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $choice:ident),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "kebab-case")]
            pub enum $name { $($(#[$of])* $choice),+ }

            impl $name {
                /// Whether it is what stands for a key that is left out.
                #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
                pub fn is_default(&self) -> bool {
                    *self == Self::default()
                }
            }
        )+
    };
}

/// Which tiles a part of a recipe adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Added {
    /// Translations of easy tiles.
    Generated,
    /// The translations translated back: the generator's marks without the difficulty.
    Reconstructed,
    /// Mixed examples.
    Naive,
    /// The easy tiles once more.
    CopiesEasy,
    /// The hard tiles once more.
    CopiesHard,
    /// Tiles of low agreement once more.
    CopiesDisputed,
}

impl Added {
    /// Whether a program made these tiles.
    pub fn is_made(self) -> bool {
        self.is_translated() || self == Self::Naive
    }

    /// Whether a translator made them.
    pub fn is_translated(self) -> bool {
        matches!(self, Self::Generated | Self::Reconstructed)
    }
}

choices! {
    /// Of which classes tiles are added.
    Classes {
        /// Of class X.
        #[default]
        Source,
        /// Of every class, in equal shares of each.
        All,
    }
    /// Which translations are kept.
    Filter {
        /// Those that the scorer still assigns to their class (the paper's).
        #[default]
        Scorer,
        /// All.
        None,
        /// Those in which the held-out judge is as confident as in all but few of the class's real tiles.
        HeldOut,
        /// Of those the ones that lie no farther from the class's real tiles among the judge's features than all but few of these do.
        #[serde(rename = "held-out+features")]
        HeldOutAndFeatures,
    }
    /// What a tile's target is.
    Labels {
        /// Its class, for certain.
        #[default]
        Majority,
        /// Of real tiles the shares of their annotators' votes.
        Votes,
        /// Of real tiles their votes, if there are any, of translations the held-out judge's calibrated probabilities.
        Judge,
    }
    /// Whose batch statistics tiles are normalised by that a program made.
    BatchNorm {
        /// The same as of real tiles.
        #[default]
        Shared,
        /// Their own, which nobody uses after training (Xie et al. 2020).
        Auxiliary,
    }
    /// Which original tiles come first.
    Curriculum {
        /// All from the start.
        #[default]
        None,
        /// Those of high agreement, then the others (Wei et al. 2021).
        Agreement,
        /// The most confident ones by the out-of-fold scorers, then more and more of the others.
        Confidence,
    }
    /// What happens to every tile before it is learnt from.
    Augmentation {
        /// Jitter, flips and turns.
        #[default]
        Paper,
        /// These, and JPEG, blur and noise of random strength.
        Degraded,
    }
}
