//! Where in a STUDY.toml something is.

use std::fmt;

/// One part of a [`Place`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// A key, which may hold any text.
    Key(String),
    /// An entry of a list, from 0.
    Entry(usize),
}

/// A key or an entry of a list, from the top: `phi`, `scorer.epochs`, `training_set[1].add[0].filter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(Vec<Part>);

impl Place {
    /// The place that a check of ours has spelled; known keys hold neither points nor brackets.
    pub fn spelled(text: &str) -> Self {
        let mut parts = Vec::new();
        for part in text.split('.') {
            let mut pieces = part.split('[');
            parts.extend(pieces.next().map(|key| Part::Key(key.to_owned())));
            parts
                .extend(pieces.filter_map(|entry| entry.trim_end_matches(']').parse().ok()).map(Part::Entry));
        }
        Self(parts)
    }

    /// A key below it.
    pub fn key(&self, name: &str) -> Self {
        self.with(Part::Key(name.to_owned()))
    }

    /// An entry of the list that it is.
    pub fn entry(&self, at: usize) -> Self {
        self.with(Part::Entry(at))
    }

    fn with(&self, part: Part) -> Self {
        Self(self.0.iter().cloned().chain([part]).collect())
    }

    /// Its parts from the top.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The place that it lies in; `None` at the top.
    pub fn outside(&self) -> Option<Self> {
        self.0.split_last().map(|(_, outside)| Self(outside.to_vec()))
    }

    /// Whether it is `other`, or lies in it.
    pub fn is_in(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The innermost entry of a list that it is or lies in, if any.
    pub fn innermost_entry(&self) -> Option<Self> {
        let at = self.0.iter().rposition(|part| matches!(part, Part::Entry(_)))?;
        Some(Self(self.0[..=at].to_vec()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, part) in self.0.iter().enumerate() {
            match part {
                Part::Key(name) if k > 0 => write!(f, ".{name}")?,
                Part::Key(name) => f.write_str(name)?,
                Part::Entry(at) => write!(f, "[{at}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_spelled() {
        let filter = Place::default().key("training_set").entry(1).key("add").entry(0).key("filter");
        assert_eq!(filter.to_string(), "training_set[1].add[0].filter");
        for text in ["phi", "scorer.epochs", "training_set[1].add[0].filter", "training_set[12]"] {
            assert_eq!(Place::spelled(text).to_string(), text);
        }
        assert_eq!(Place::spelled("training_set[1].add[0].filter"), filter);
        assert_eq!(filter.innermost_entry().unwrap().to_string(), "training_set[1].add[0]");
        assert!(
            filter.is_in(&Place::spelled("training_set[1]"))
                && !filter.is_in(&Place::spelled("training_set[0]"))
        );
        // A point in quotes is no step down.
        assert_ne!(Place::default().key("scorer.epochs"), Place::spelled("scorer.epochs"));
    }
}
