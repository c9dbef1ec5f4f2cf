//! How much memory decoding may take, over all threads together.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes that threads take while they decode and give back afterwards.
#[derive(Debug)]
pub(crate) struct Room {
    limit: u64,
    taken: Mutex<Taken>,
    given_back: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    bytes: u64,
    /// Threads that wait: where there is none, nobody has to be woken, which the system would be asked for in vain.
    waiting: usize,
}

/// Bytes taken; given back when dropped.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    room: &'a Room,
    bytes: u64,
}

impl Room {
    /// Room for tiles of common sizes on many threads, however little is asked for.
    const LEAST: u64 = 64 << 20;

    /// What `cache` bytes leave beside tiles that take `tiles` bytes once decoded.
    pub fn beside(cache: u64, tiles: u64) -> Self {
        Self::of(cache.saturating_sub(tiles).max(Self::LEAST))
    }

    /// Room for `limit` bytes.
    pub fn of(limit: u64) -> Self {
        Self { limit, taken: Mutex::default(), given_back: Condvar::new() }
    }

    /// The most that may be taken.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Takes bytes, waiting until other threads have given back enough; `None` if it is more than there will ever be.
    ///
    /// Whoever holds some already must not wait here for more: two that did would wait for each other.
    pub fn take(&self, bytes: u64) -> Option<Held<'_>> {
        if bytes > self.limit {
            return None;
        }
        let mut taken = self.lock();
        while taken.bytes + bytes > self.limit {
            taken.waiting += 1;
            taken = self.given_back.wait(taken).unwrap_or_else(PoisonError::into_inner);
            taken.waiting -= 1;
        }
        taken.bytes += bytes;
        Some(Held { room: self, bytes })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Numbers are whole even if a thread that held them panicked.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held<'_> {
    /// Takes more bytes if they are there now; returns whether they were.
    pub fn grow(&mut self, more: u64) -> bool {
        let mut taken = self.room.lock();
        let is_there = taken.bytes.checked_add(more).is_some_and(|all| all <= self.room.limit);
        if is_there {
            taken.bytes += more;
            self.bytes += more;
        }
        is_there
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut taken = self.room.lock();
        taken.bytes -= self.bytes;
        let waits = taken.waiting > 0;
        drop(taken);
        if waits {
            self.room.given_back.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Room;

    #[test]
    fn never_more_than_the_limit_is_out_and_everybody_gets_their_turn() {
        let room = Room::of(100);
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..8_u64 {
                let (room, now, most) = (&room, &now, &most);
                scope.spawn(move || {
                    for round in 0..200 {
                        let bytes = 1 + (thread * 37 + round * 11) % 100;
                        let held = room.take(bytes).unwrap();
                        most.fetch_max(now.fetch_add(bytes, Ordering::SeqCst) + bytes, Ordering::SeqCst);
                        now.fetch_sub(bytes, Ordering::SeqCst);
                        drop(held);
                    }
                });
            }
        });
        assert!(most.into_inner() <= 100);
        assert!(room.take(101).is_none());
        let mut held = room.take(60).unwrap();
        assert!(held.grow(40) && !held.grow(1));
        drop(held);
        assert!(room.take(100).is_some());
    }
}
