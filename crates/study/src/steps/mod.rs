//! The steps, one a file with everything about it. They know nothing of one another: what they have in common lies below them, and what
//! comes before what is told by the plan.

mod dial;
mod dial_translator;
mod evaluate;
mod fold;
mod naive;
mod probe;
mod quality;
mod retrain;
mod score;
mod scorer;
mod select;
mod translate;
mod translator;

pub use dial::Dial;
pub use dial_translator::DialTranslator;
pub use evaluate::Evaluate;
pub use fold::Fold;
pub use naive::Naive;
pub use probe::Probe;
pub use quality::Quality;
pub use retrain::Retrain;
pub use score::Score;
pub use scorer::Scorer;
pub use select::Select;
pub use translate::Translate;
pub use translator::Translator;
