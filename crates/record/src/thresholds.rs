//! The numbers that a study decides by and its report explains, each with its reason. Whoever names one in words makes the words from it.

/// The fewest hard tiles that a translator is trained on: with fewer a study is refused (METHOD.md, step 4). Domain B of so few tiles is
/// learned by heart.
pub const FEWEST_HARD: usize = 20;

/// The fewest hard tiles that the paper found enough for a sound translation (section 3.1; φ above 6.25 on its data): fewer is a warning,
/// and such a φ is never recommended (METHOD.md, steps 4 and 6).
pub const ENOUGH_HARD: usize = 100;

/// Of the translations at φ, the share that must keep their label by the held-out judge for φ to be recommended (METHOD.md, step 6). The
/// rule is the paper's, which gives no number; this one is ours.
pub const KEPT_ENOUGH: f64 = 0.9;

/// A translation is kept by the held-out judge if that is at least as confident in it as in all but this share of the class's real training
/// tiles (the number is ours). A threshold of the class's own, and not one half: where one class has many more tiles than the other, a
/// judge gives most tiles of the smaller one, real ones too, less than half.
pub const DOUBTED: f64 = 0.1;

/// A translation is kept by its features if it lies as near to the class's real training tiles as all but this share of these do (the number
/// is ours).
pub const OUTLYING: f64 = 0.1;

/// The fewest real tiles of a class from which one fold's judge has a threshold of its own; with fewer the folds' tiles are taken together.
pub const ENOUGH_FOR_A_FOLD: usize = 20;

/// A drop in mean confidence from source to translation smaller than this says nothing, however many tiles there are and however small
/// its standard error (METHOD.md, step 10: source ≈ reconstruction > generated; the number is ours).
pub const SMALLEST_DROP: f64 = 0.02;

/// The share of the drop that translating back must undo for "source ≈ reconstruction" to hold (METHOD.md, step 10; the number is ours):
/// what it does not undo may be the generator's artefacts, which the way back has, too.
pub const RECOVERED: f64 = 2.0 / 3.0;

/// A translation of at least this structural similarity to its source counts as unchanged: every edge stands where it stood, and only
/// colours can have become others (the number is ours).
pub const UNCHANGED: f64 = 0.95;
