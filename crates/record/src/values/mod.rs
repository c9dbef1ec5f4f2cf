//! The values that a study is spoken of in, each with the one spelling that folders, tables and `results.json` have of it.
//!
//! Nobody else builds or takes apart these spellings: `Display` writes them, `FromStr` reads them, and so does serde.

mod disturbance;
mod epoch_choice;
mod error;
mod judge_name;
mod phi;
mod recipe_name;
mod recipe_words;
mod step_name;
mod stratum;
mod tile_set;
mod training_set;
mod translated;

pub use disturbance::Disturbance;
pub use epoch_choice::EpochChoice;
pub use error::NotAValue;
pub use judge_name::JudgeName;
pub use phi::Phi;
pub use recipe_name::RecipeName;
pub use recipe_words::{Added, Augmentation, BatchNorm, Classes, Curriculum, Filter, Labels};
pub use step_name::StepName;
pub use stratum::Stratum;
pub use tile_set::TileSet;
pub use training_set::TrainingSet;
pub use translated::{Dial, Target, Translated};

/// Serde by way of `Display` and `FromStr`, for values that are written as text.
macro_rules! as_text {
    ($value:ty) => {
        impl serde::Serialize for $value {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $value {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <std::borrow::Cow<'de, str>>::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}
use as_text;
