//! How it is told that no training can work with a setting: once, for whoever reads settings from a file or from the command line.

/// The largest seed: a TOML file, in which a run keeps its settings, cannot hold a larger number.
pub const MOST_SEED: u64 = i64::MAX as u64;

/// A setting that no training can work with.
#[derive(Clone, Debug, PartialEq)]
pub struct OutOfRange {
    /// The setting's name, as in STUDY.toml; an option of the command line has dashes for its underscores.
    pub key: &'static str,
    /// The value that was given.
    pub value: String,
    /// Why it cannot be used, as it reads after "because".
    pub why: &'static str,
    /// What to choose instead.
    pub hint: &'static str,
}

/// Collects what is out of range.
#[derive(Default)]
pub(crate) struct Faults(pub(crate) Vec<OutOfRange>);

impl Faults {
    pub(crate) fn need(
        &mut self,
        ok: bool,
        key: &'static str,
        value: &dyn std::fmt::Display,
        why: &'static str,
        hint: &'static str,
    ) {
        if !ok {
            self.0.push(OutOfRange { key, value: value.to_string(), why, hint });
        }
    }
}
