//! Named random streams: every task that needs chance has its own, so no task can disturb another.
//!
//! A stream is `ChaCha8` keyed by the SHA-256 of the study's seed and the task's name. Because a task never shares
//! its stream, stopping and resuming needs no saved generator state: the resumed task asks for its stream again
//! (put the epoch in the name where a task is resumed in the middle).

use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// The generator behind every random choice.
pub type Stream = rand_chacha::ChaCha8Rng;

/// The stream of one task: the same `seed` and `name` give the same numbers on every machine; any difference in
/// either gives an unrelated stream.
pub fn stream(seed: u64, name: &str) -> Stream {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(name.as_bytes());
    Stream::from_seed(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::stream;
    use rand::Rng;

    #[test]
    fn a_stream_depends_on_seed_and_name_alone() {
        let first = |seed, name| stream(seed, name).next_u64();
        assert_eq!(first(7, "scorer"), first(7, "scorer"));
        assert_ne!(first(7, "scorer"), first(8, "scorer"));
        assert_ne!(first(7, "scorer"), first(7, "fold-0"));
    }
}
