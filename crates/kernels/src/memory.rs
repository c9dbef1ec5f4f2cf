//! A global allocator for programs that train: large blocks are used again from step to step.
//!
//! A training step allocates the same tensors as the step before, from kilobytes to tens of mebibytes. An allocator that hands large
//! blocks back to the system makes it find and zero their pages anew every step, a tenth of the step's time; one that keeps them by
//! size needs far more memory than is ever in use, since sizes come and go with a network's depth.
//!
//! [`Recycling`] keeps blocks of [`LARGE`] bytes and more in one reserved range of addresses, whose free parts are joined with their
//! neighbours and filled best fit first. Pages stay with the process and are as large as the system grants (transparent huge pages),
//! until a free part has gone unused for [`PATIENCE`] allocations: then its pages are given back. Smaller blocks, other systems than
//! Linux and a full range are the inner allocator's.

use std::alloc::{GlobalAlloc, Layout};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes from which a block lies in the range.
pub const LARGE: usize = 1 << 17;
/// Allocations of large blocks after which an unused part's pages are given back.
pub const PATIENCE: u64 = 1 << 13;

/// Blocks are rounded to pages.
const PAGE: usize = 1 << 12;
/// The range's size: addresses, not memory. The first that the system grants.
const RANGES: [usize; 3] = [1 << 38, 1 << 35, 1 << 32];

/// See the [module](self).
#[derive(Debug, Default)]
pub struct Recycling<A>(pub A);

/// Free parts of the range by offset and by size.
struct Range {
    /// Address; none before the first large block.
    base: Option<usize>,
    size: usize,
    /// Offset behind the last block.
    top: usize,
    /// The highest top since pages were last given back.
    high: usize,
    /// Offset behind the last page that was ever used and not given back.
    touched: usize,
    /// Free parts below the top, by offset.
    parts: BTreeMap<usize, Part>,
    /// Their sizes and offsets.
    sizes: BTreeSet<(usize, usize)>,
    allocations: u64,
}

#[derive(Clone, Copy)]
struct Part {
    size: usize,
    /// The count of allocations when it (or the larger of what was joined) became free.
    since: u64,
    /// Whether it has pages.
    resident: bool,
}

impl Part {
    fn joined(self, other: Part) -> Part {
        let since = if self.size > other.size { self.since } else { other.since };
        Part { size: self.size + other.size, since, resident: self.resident || other.resident }
    }
}

// The maps' own nodes are small blocks, for which the lock is not taken.
static RANGE: Mutex<Range> = Mutex::new(Range {
    base: None,
    size: 0,
    top: 0,
    high: 0,
    touched: 0,
    parts: BTreeMap::new(),
    sizes: BTreeSet::new(),
    allocations: 0,
});

fn range() -> MutexGuard<'static, Range> {
    RANGE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Range {
    /// A block of `size` bytes, as an address, and whether it is all zeros.
    fn take(&mut self, size: usize) -> Option<(usize, bool)> {
        let base = match self.base {
            Some(base) => base,
            None => self.reserve(),
        };
        if base == 0 {
            return None;
        }
        self.allocations += 1;
        if self.allocations.is_multiple_of(PATIENCE) {
            self.give_back(base);
        }
        if let Some((found, at)) = self.sizes.range((size, 0)..).next().copied() {
            let part = self.remove(at, found);
            if found > size {
                self.insert(at + size, Part { size: found - size, ..part });
            }
            return Some((base + at, false));
        }
        let at = self.top;
        if size > self.size - at {
            return None;
        }
        self.top += size;
        self.high = self.high.max(self.top);
        let fresh = at >= self.touched;
        self.touched = self.touched.max(self.top);
        Some((base + at, fresh))
    }

    fn give(&mut self, at: usize, size: usize) {
        let (mut at, mut part) = (at, Part { size, since: self.allocations, resident: true });
        if let Some((&before, &Part { size, .. })) = self.parts.range(..at).next_back()
            && before + size == at
        {
            part = part.joined(self.remove(before, size));
            at = before;
        }
        if let Some(&Part { size, .. }) = self.parts.get(&(at + part.size)) {
            part = part.joined(self.remove(at + part.size, size));
        }
        if at + part.size == self.top {
            self.top = at;
        } else {
            self.insert(at, part);
        }
    }

    fn insert(&mut self, at: usize, part: Part) {
        self.parts.insert(at, part);
        self.sizes.insert((part.size, at));
    }

    fn remove(&mut self, at: usize, size: usize) -> Part {
        self.sizes.remove(&(size, at));
        self.parts.remove(&at).unwrap_or(Part { size, since: 0, resident: true })
    }
}

#[cfg(target_os = "linux")]
impl Range {
    /// The range's address, 0 if the system grants none.
    fn reserve(&mut self) -> usize {
        let (access, kind) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
        );
        let mut base = 0;
        for size in RANGES {
            // SAFETY: a new mapping, wherever the system likes.
            let at = unsafe { libc::mmap(std::ptr::null_mut(), size, access, kind, -1, 0) };
            if at != libc::MAP_FAILED {
                // SAFETY: the mapping just made. Without huge pages it is as good, only slower.
                unsafe { libc::madvise(at, size, libc::MADV_HUGEPAGE) };
                (base, self.size) = (at.expose_provenance(), size);
                break;
            }
        }
        self.base = Some(base);
        base
    }

    /// Gives back the pages of what went unused for long.
    fn give_back(&mut self, base: usize) {
        let release = |at: usize, size: usize| {
            let at = std::ptr::with_exposed_provenance_mut(base + at);
            // SAFETY: a free part of the range, which nobody else gets meanwhile, since the lock is held.
            unsafe { libc::madvise(at, size, libc::MADV_DONTNEED) };
        };
        for (at, part) in &mut self.parts {
            if part.resident && part.since + PATIENCE < self.allocations {
                release(*at, part.size);
                part.resident = false;
            }
        }
        if self.high < self.touched {
            release(self.high, self.touched - self.high);
            self.touched = self.high;
        }
        self.high = self.top;
    }
}

#[cfg(not(target_os = "linux"))]
impl Range {
    fn reserve(&mut self) -> usize {
        self.base = Some(0);
        0
    }

    fn give_back(&mut self, _base: usize) {}
}

/// A large block's size in the range; none for blocks that are the inner allocator's.
fn pages(layout: Layout) -> Option<usize> {
    let large = layout.size() >= LARGE && layout.align() <= PAGE;
    large.then(|| layout.size().checked_next_multiple_of(PAGE)).flatten()
}

/// A block of the range, and whether it is all zeros.
fn take(layout: Layout) -> Option<(*mut u8, bool)> {
    let size = pages(layout)?; // before the lock, which small blocks must not wait for: the maps allocate such
    let (at, fresh) = range().take(size)?;
    Some((std::ptr::with_exposed_provenance_mut(at), fresh))
}

/// Whether the block was of the range, into which it is then given back.
fn give(ptr: *mut u8, layout: Layout) -> bool {
    let Some(size) = pages(layout) else { return false };
    let mut range = range();
    let Some(at) = ptr.addr().checked_sub(range.base.unwrap_or(0)) else { return false };
    let own = at < range.size;
    if own {
        range.give(at, size);
    }
    own
}

// SAFETY: blocks of the range are its own until given back (they never overlap), page-aligned and at least as large as asked; all
// others are the inner allocator's, which gets back what it gave.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Recycling<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match take(layout) {
            Some((block, _)) => block,
            // SAFETY: the caller's.
            None => unsafe { self.0.alloc(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match take(layout) {
            Some((block, true)) => block,
            Some((block, false)) => {
                // SAFETY: the block is at least so large.
                unsafe { block.write_bytes(0, layout.size()) };
                block
            }
            // SAFETY: the caller's.
            None => unsafe { self.0.alloc_zeroed(layout) },
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !give(block, layout) {
            // SAFETY: the caller's; the block is not of the range, hence of the inner allocator.
            unsafe { self.0.dealloc(block, layout) };
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller vouches that the size, rounded up to the alignment, is a size.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (pages(layout), pages(new)) {
            // SAFETY: the caller's; a small block is the inner allocator's.
            (None, None) => unsafe { self.0.realloc(block, layout, size) },
            // The block has room for it already, wherever it lies.
            (Some(has), Some(needs)) if has == needs && size <= layout.size() => block,
            _ => {
                // SAFETY: a block of the new size, then the old one's contents as far as both go, then the old one given back.
                unsafe {
                    let to = self.alloc(new);
                    if !to.is_null() {
                        std::ptr::copy_nonoverlapping(block, to, layout.size().min(size));
                        self.dealloc(block, layout);
                    }
                    to
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::System;

    fn empty(size: usize) -> Range {
        Range {
            base: Some(PAGE),
            size,
            top: 0,
            high: 0,
            touched: 0,
            parts: BTreeMap::new(),
            sizes: BTreeSet::new(),
            allocations: 0,
        }
    }

    #[test]
    fn neighbours_are_joined_and_the_best_fit_is_taken() {
        let mut range = empty(100 * PAGE);
        let take = |range: &mut Range, pages: usize| range.take(pages * PAGE).map(|(at, _)| at / PAGE - 1);
        let blocks: Vec<_> = [4, 2, 3, 1, 5].map(|pages| take(&mut range, pages).unwrap()).into();
        assert_eq!(blocks, [0, 4, 6, 9, 10]);
        range.give(0, 4 * PAGE);
        range.give(6 * PAGE, 3 * PAGE);
        assert_eq!(take(&mut range, 3), Some(6)); // and not the first part, which is larger
        range.give(6 * PAGE, 3 * PAGE);
        range.give(4 * PAGE, 2 * PAGE);
        assert_eq!(range.parts.len(), 1); // all three
        assert_eq!(take(&mut range, 9), Some(0));
        range.give(10 * PAGE, 5 * PAGE);
        range.give(9 * PAGE, PAGE);
        range.give(0, 9 * PAGE);
        assert!(range.parts.is_empty() && range.sizes.is_empty() && range.top == 0);
        assert_eq!(take(&mut range, 101), None);
        assert_eq!(take(&mut range, 100), Some(0));
        assert_eq!(take(&mut range, 1), None);
    }

    #[test]
    fn pages_never_used_are_known_to_be_zero() {
        let mut range = empty(100 * PAGE);
        assert!(range.take(PAGE).unwrap().1);
        range.give(0, PAGE);
        assert!(!range.take(PAGE).unwrap().1);
        assert!(range.take(PAGE).unwrap().1);
        range.give(PAGE, PAGE);
        assert!(!range.take(2 * PAGE).unwrap().1); // the first of them was used
    }

    /// Blocks handed from thread to thread.
    #[test]
    fn blocks_are_handed_from_thread_to_thread() {
        static HEAP: Recycling<System> = Recycling(System);
        struct Block(*mut u8, Layout, u8);
        // SAFETY: a block has one owner at a time.
        unsafe impl Send for Block {}
        let (give, take) = std::sync::mpsc::channel::<Block>();
        let take = std::sync::Mutex::new(take);
        std::thread::scope(|scope| {
            for seed in 1..=3u8 {
                let give = give.clone();
                scope.spawn(move || {
                    let mut state = u64::from(seed);
                    for i in 0..500 {
                        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                        let size = LARGE / 2 + (state >> 33) as usize % (2 * LARGE);
                        let layout = Layout::from_size_align(size, 64).unwrap();
                        // SAFETY: the size is not zero, and the block is written within it.
                        let block = unsafe {
                            let block =
                                if i % 2 == 0 { HEAP.alloc(layout) } else { HEAP.alloc_zeroed(layout) };
                            block.write_bytes(seed, size);
                            block
                        };
                        give.send(Block(block, layout, seed)).unwrap();
                    }
                });
            }
            drop(give);
            for _ in 0..2 {
                scope.spawn(|| {
                    loop {
                        let next = take.lock().unwrap().recv();
                        let Ok(Block(block, layout, seed)) = next else { break };
                        // SAFETY: the block was written whole, and is given back once.
                        unsafe {
                            let bytes = std::slice::from_raw_parts(block, layout.size());
                            assert!(bytes.iter().all(|b| *b == seed));
                            HEAP.dealloc(block, layout);
                        }
                    }
                });
            }
        });
    }
}
