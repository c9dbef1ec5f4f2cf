//! What can be wrong with the numbers that a test is asked about.

use thiserror::Error;

/// Why a statistic has no value.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum StatsError {
    /// A sample without values.
    #[error("sample {sample} is empty")]
    Empty {
        /// Which sample, counted from 1.
        sample: usize,
    },
    /// A value that is NaN or infinite.
    #[error("value {position} of sample {sample} is {value}, not a finite number")]
    NotFinite {
        /// Which sample, counted from 1.
        sample: usize,
        /// Which value of that sample, counted from 1.
        position: usize,
        /// The value.
        value: f64,
    },
}

impl StatsError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Empty { .. } => "both samples need at least one value".into(),
            Self::NotFinite { .. } => "remove or correct the value".into(),
        })
    }

    /// Never: only the data can be at fault here.
    pub fn is_machine_fault(&self) -> bool {
        false
    }
}
