//! Decoded parts that were asked for last, shared by all threads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A level and a part of it.
pub type Key = (usize, u64);

/// The parts that were used last, up to so many bytes. No order of its entries is ever seen.
#[derive(Debug)]
pub struct Cache {
    most: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    parts: HashMap<Key, (Arc<Vec<u8>>, u64)>,
    bytes: usize,
    clock: u64,
}

impl Cache {
    pub fn of(most: usize) -> Self {
        Self { most, held: Mutex::default() }
    }

    /// The part, if it is here.
    pub fn get(&self, key: Key) -> Option<Arc<Vec<u8>>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.clock += 1;
        let now = held.clock;
        let (part, used) = held.parts.get_mut(&key)?;
        *used = now;
        Some(Arc::clone(part))
    }

    /// Keeps a part, and lets go of those that were not used for longest.
    pub fn put(&self, key: Key, part: &Arc<Vec<u8>>) {
        if part.len() > self.most {
            return;
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.clock += 1;
        let now = held.clock;
        if held.parts.insert(key, (Arc::clone(part), now)).is_none() {
            held.bytes += part.len();
        }
        while held.bytes > self.most {
            // The clock never gives a time twice, so there is one oldest.
            let Some(oldest) = held.parts.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key)
            else {
                return;
            };
            if let Some((gone, _)) = held.parts.remove(&oldest) {
                held.bytes -= gone.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_stays_within_the_bytes_allowed() {
        let cache = Cache::of(25);
        let part = |n: usize| Arc::new(vec![0; n]);
        cache.put((0, 0), &part(10));
        cache.put((0, 1), &part(10));
        assert!(cache.get((0, 0)).is_some());
        cache.put((0, 2), &part(10));
        assert!(cache.get((0, 1)).is_none() && cache.get((0, 0)).is_some() && cache.get((0, 2)).is_some());
        cache.put((0, 3), &part(26));
        assert!(
            cache.get((0, 3)).is_none() && cache.get((0, 0)).is_some(),
            "what never fits drives nobody out"
        );
        // The same part twice counts once.
        cache.put((0, 0), &part(10));
        assert!(cache.get((0, 2)).is_some());
    }
}
