//! How many requests are answered in a time: buckets that fill again steadily.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Buckets from which full ones are forgotten.
const MANY: usize = 4096;

/// A bucket a key.
#[derive(Debug)]
pub struct Limit<K> {
    buckets: Mutex<HashMap<K, Bucket>>,
    most: f64,
    per_second: f64,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl<K: Eq + Hash> Limit<K> {
    /// `most` at once, and `per_second` from then on.
    pub fn new(most: f64, per_second: f64) -> Self {
        Self { buckets: Mutex::new(HashMap::new()), most, per_second }
    }

    /// Takes one at `now`.
    ///
    /// # Errors
    /// If nothing is left: the seconds until there is.
    pub fn take(&self, key: K, now: Instant) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MANY {
            buckets.retain(|_, b| self.filled(*b, now) < self.most);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { left: self.most, at: now });
        bucket.left = self.filled(*bucket, now);
        bucket.at = now;
        if bucket.left < 1.0 {
            return Err(((1.0 - bucket.left) / self.per_second).ceil() as u64);
        }
        bucket.left -= 1.0;
        Ok(())
    }

    fn filled(&self, bucket: Bucket, now: Instant) -> f64 {
        let seconds = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.left + seconds * self.per_second).min(self.most)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again_for_itself() {
        let limit = Limit::new(3.0, 0.5);
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(limit.take("a", start), Ok(()));
        }
        assert_eq!(limit.take("a", start), Err(2));
        assert_eq!(limit.take("b", start), Ok(()));
        let later = start + Duration::from_secs(2);
        assert_eq!(limit.take("a", later), Ok(()));
        assert_eq!(limit.take("a", later), Err(2));
        assert_eq!(limit.take("a", start), Err(2), "time that runs backwards gives nothing");
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let limit = Limit::new(1.0, 1.0);
        let start = Instant::now();
        for key in 0..2 * MANY {
            assert_eq!(limit.take(key, start + Duration::from_secs(key as u64)), Ok(()));
        }
        assert!(limit.buckets.lock().unwrap().len() <= MANY);
    }
}
