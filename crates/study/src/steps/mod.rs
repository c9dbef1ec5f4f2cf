//! The steps, one a file with everything about it. They know nothing of one another: what they have in common lies below them, and what
//! comes before what is told by the plan.

mod evaluate;
mod fold;
mod naive;
mod probe;
mod quality;
mod retrain;
mod robustness;
mod score;
mod scorer;
mod select;
mod translate;
mod translator;

pub use evaluate::Evaluate;
pub use fold::Fold;
pub use naive::Naive;
pub use probe::Probe;
pub use quality::Quality;
pub use retrain::Retrain;
pub use robustness::Robustness;
pub use score::Score;
pub use scorer::Scorer;
pub use select::Select;
pub use translate::Translate;
pub use translator::Translator;
