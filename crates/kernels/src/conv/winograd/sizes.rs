//! Sizes of tiles, and of what is held at a time.

/// Input pixels of a tile each way.
pub const IN: usize = 6;
/// Multiplications a tile, each a matrix product of its own.
pub const POINTS: usize = IN * IN;
/// Fewest points of a tile each way: see [`points`].
pub const FEWEST: usize = 4;
/// Most output pixels of a tile each way.
pub const MOST_OUT: usize = 5;
/// Most taps each way.
pub const MOST_TAPS: usize = 4;
/// Most channels of a map.
pub const MOST_CHANNELS: usize = 4096;
/// Channels that are transformed at a time: a cache line, so that lines are written whole.
pub const LANES: usize = 16;
/// Floats between the end of one point's matrix and the next one's, so that they do not fall into the same cache sets.
pub const GAP: usize = 16;
/// Transformed weights (floats) that stay in a core's second-level cache beside a block of tiles.
pub const FEW_WEIGHTS: usize = POINTS * 128 * 128;
/// Tiles of a block that one thread takes from input to output. A multiple of six, the height of the matrix product's micro-kernel.
pub const BLOCK_TILES: usize = 24;
/// Floats of transformed tiles that are held between two phases (16 MiB: in the shared cache).
pub const HELD_FLOATS: usize = 1 << 22;
/// The same where the weights are few, so that little is read again from the shared cache.
pub const HELD_FEW: usize = 1 << 20;
/// Floats of transformed weights that are held at a time where they are used once.
pub const PANEL_FLOATS: usize = 1 << 20;
