//! What only the study's file knows: 256 bits from the system, from which every reader's order comes.
//!
//! A seed, names and counts are known or guessed. An order that came from them alone could be made again by any reader, who would only have
//! to draw a study of equal words from other data.

use std::fmt;

use files::hex;
use tissue::random::{Stream, stream};

use crate::ReaderError;

/// Bytes of a secret.
const BYTES: usize = 32;

/// A study's own randomness. It is drawn once, lies in the study's file, and leaves it in no answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; BYTES]);

impl Secret {
    /// A new one from the system.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn new() -> Result<Self, ReaderError> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|e| ReaderError::Random { why: e.to_string() })?;
        Ok(Self(bytes))
    }

    /// The random stream of one task of this study. Without the secret it is as good as any other.
    pub fn stream(&self, task: &str) -> Stream {
        stream(0, &format!("reader/{}/{task}", hex(&self.0)))
    }

    /// As it is stored.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<[u8; BYTES]> for Secret {
    fn from(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng as _;

    use super::*;

    #[test]
    fn each_is_its_own_and_is_not_printed() {
        let (a, b) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert_ne!(a, b);
        assert_eq!(format!("{a:?}"), "Secret(…)");
        let first = |secret: &Secret, task| secret.stream(task).next_u64();
        assert_eq!(first(&a, "order/x"), first(&a.clone(), "order/x"));
        assert_ne!(first(&a, "order/x"), first(&b, "order/x"));
        assert_ne!(first(&a, "order/x"), first(&a, "order/y"));
        assert_eq!(Secret::from([7; 32]).bytes(), [7; 32]);
    }
}
