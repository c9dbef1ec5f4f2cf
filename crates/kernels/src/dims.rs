//! Sizes.

/// Sizes of a batch of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dims {
    /// Images.
    pub n: usize,
    /// Rows.
    pub h: usize,
    /// Columns.
    pub w: usize,
    /// Channels.
    pub c: usize,
}

impl Dims {
    /// Pixels of the whole batch.
    pub fn pixels(self) -> usize {
        self.n * self.h * self.w
    }

    /// Numbers of the whole batch.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(self) -> usize {
        self.pixels() * self.c
    }
}
