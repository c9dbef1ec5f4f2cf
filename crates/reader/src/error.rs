//! What can be wrong with a draw.

use thiserror::Error;

/// Why an order cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReaderError {
    /// A pair must be one easy tile and its translation.
    #[error(
        "pair {pair} is incomplete, in the drawn tiles, because it has {easy} easy and {generated} generated tiles"
    )]
    Pair {
        /// The pair's number.
        pair: usize,
        /// Easy tiles with that number.
        easy: usize,
        /// Generated tiles with that number.
        generated: usize,
    },
}

impl ReaderError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Pair { .. } => Some("draw each translation together with its one source tile".into()),
        }
    }

    /// Never: only the draw can be at fault.
    pub fn is_machine_fault(&self) -> bool {
        false
    }
}
