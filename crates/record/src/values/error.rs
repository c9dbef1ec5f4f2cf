//! A text that is none of a value's spellings.

/// A text that is no spelling of a value, with what it should have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is no {what}", files::quoted(text))]
pub struct NotAValue {
    /// The text.
    pub text: String,
    /// What it is not: `selectivity`, `training set`, ….
    pub what: &'static str,
}

impl NotAValue {
    pub(super) fn new(text: &str, what: &'static str) -> Self {
        Self { text: text.to_owned(), what }
    }
}
