//! How a tensor is cut by pixels: the unit of work, of sums and of statistics.

use crate::dims::Dims;
use crate::work::run_blocks;

/// Numbers in a chunk, the unit of work and of summation.
const CHUNK: usize = 1 << 15;
/// Numbers from which several threads are worth it.
const PARALLEL: usize = 1 << 17;

/// How a tensor is cut: groups with statistics of their own, each in chunks of pixels.
#[derive(Debug, Clone, Copy)]
pub struct Groups {
    /// Groups.
    pub(crate) count: usize,
    /// Pixels of a group.
    pub(crate) pixels: usize,
    /// Channels.
    pub(crate) c: usize,
    /// Pixels of a chunk.
    rows: usize,
    /// Chunks of a group.
    pub(crate) chunks: usize,
}

impl Groups {
    /// The whole batch as one group.
    pub fn batch(d: Dims) -> Self {
        Self::new(1, d.pixels(), d.c)
    }

    /// Each image a group.
    pub fn images(d: Dims) -> Self {
        Self::new(d.n, d.h * d.w, d.c)
    }

    /// So many groups of so many pixels of `c` channels.
    pub(crate) fn new(groups: usize, pixels: usize, c: usize) -> Self {
        let rows = (CHUNK / c.max(1)).max(16);
        Groups { count: groups, pixels, c, rows, chunks: pixels.div_ceil(rows).max(1) }
    }

    /// Numbers of all groups.
    pub(crate) fn len(&self) -> usize {
        self.count * self.pixels * self.c
    }

    /// Calls `f` with number, group and range of each chunk.
    pub(crate) fn for_chunks(&self, f: impl Fn(usize, usize, std::ops::Range<usize>) + Sync + Send) {
        run_blocks(self.count * self.chunks, self.len() > PARALLEL, |i| self.chunk(i, &f));
    }

    /// The same the other way round.
    pub(crate) fn for_chunks_from_the_end(
        &self,
        f: impl Fn(usize, usize, std::ops::Range<usize>) + Sync + Send,
    ) {
        let count = self.count * self.chunks;
        run_blocks(count, self.len() > PARALLEL, |i| self.chunk(count - 1 - i, &f));
    }

    fn chunk(&self, i: usize, f: impl Fn(usize, usize, std::ops::Range<usize>)) {
        let (group, chunk) = (i / self.chunks, i % self.chunks);
        let first = chunk * self.rows;
        let last = self.pixels.min(first + self.rows);
        let base = group * self.pixels;
        f(i, group, (base + first) * self.c..(base + last) * self.c);
    }

    /// Pixels of chunk `i` (counted over all groups).
    pub(crate) fn pixels_of(&self, i: usize) -> usize {
        let first = (i % self.chunks) * self.rows;
        self.pixels.min(first + self.rows) - first
    }
}
