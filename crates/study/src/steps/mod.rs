//! The steps, one a file with everything about it. They know nothing of one another: what they have in common lies below them, and what
//! comes before what is told by the plan.

mod assess;
mod choose;
mod dial;
mod dial_translator;
mod evaluate;
mod fold;
mod generate;
mod naive;
mod probe;
mod quality;
mod retrain;
mod robustness;
mod score;
mod score_classes;
mod scorer;
mod select;
mod translate;
mod translator;

pub use assess::Assess;
pub use choose::Choose;
pub use dial::Dial;
pub use dial_translator::DialTranslator;
pub use evaluate::Evaluate;
pub use fold::Fold;
pub use generate::Generate;
pub use naive::Naive;
pub use probe::Probe;
pub use quality::Quality;
pub use retrain::Retrain;
pub use robustness::Robustness;
pub use score::Score;
pub use score_classes::ScoreClasses;
pub use scorer::Scorer;
pub use select::Select;
pub use translate::Translate;
pub use translator::Translator;
