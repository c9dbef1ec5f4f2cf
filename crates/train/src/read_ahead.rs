//! Items made ahead of need, on their own threads, and handed over in order.

use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};

/// Threads that make items; they mostly wait.
const WORKERS: usize = 2;
/// Items that each worker may have waiting.
const WAITING: usize = 2;

/// Calls `consume` with an iterator over `(i, make(i))` for `i` in `items`, in order. The items are made on other
/// threads, a few ahead of the consumer; those threads belong to no pool, so it does not matter where this is called.
/// `make` must depend on `i` alone. When `consume` returns early, the workers stop.
pub fn read_ahead<T: Send, R>(
    items: Range<usize>,
    make: impl Fn(usize) -> T + Sync,
    consume: impl FnOnce(&mut dyn Iterator<Item = (usize, T)>) -> R,
) -> R {
    std::thread::scope(|scope| {
        let start = items.start;
        let workers: Vec<Receiver<T>> = (0..WORKERS.min(items.len()))
            .map(|worker| {
                let (sender, receiver) = sync_channel(WAITING);
                let (make, items) = (&make, items.clone());
                scope.spawn(move || {
                    for i in items.skip(worker).step_by(WORKERS) {
                        // The consumer is gone: it stopped early.
                        if sender.send(make(i)).is_err() {
                            return;
                        }
                    }
                });
                receiver
            })
            .collect();
        // A worker that panicked ends the iterator here; the scope then passes the panic on.
        consume(&mut items.map_while(|i| Some((i, workers[(i - start) % WORKERS].recv().ok()?))))
    })
}

#[cfg(test)]
mod tests {
    use super::read_ahead;

    #[test]
    fn items_come_in_order_whatever_thread_made_them() {
        for range in [0..0, 3..4, 2..40] {
            let got: Vec<_> = read_ahead(range.clone(), |i| i * i, |items| items.collect());
            assert_eq!(got, range.map(|i| (i, i * i)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn stopping_early_ends_the_workers() {
        let first = read_ahead(0..1_000_000, |i| i, |items| items.next());
        assert_eq!(first, Some((0, 0)));
    }
}
