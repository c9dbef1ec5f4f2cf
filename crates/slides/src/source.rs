//! What tiles are cut from.

use image::RgbImage;

use crate::SlideError;

/// One resolution of a slide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Width and height in pixels.
    pub size: [u64; 2],
    /// How many pixels of level 0 one of its pixels is wide and high; 1 of level 0. Level widths are rounded, so this is not always whole.
    pub downsample: f64,
    /// Width and height of the parts that it is stored in, in pixels: reading whole parts decodes nothing twice.
    pub part: [u32; 2],
}

/// A slide, or anything else that has pixels at several resolutions. Read by many threads at once.
pub trait Source: Sync {
    /// Its levels, the finest first. Never empty.
    fn levels(&self) -> &[Level];

    /// Width and height of a pixel of level 0 in µm, if the slide tells them.
    fn mpp(&self) -> Option<[f64; 2]>;

    /// The pixels of `size` (width, height) from `at` (x, y; pixels of that level, from the upper left). What lies outside of the level, and
    /// parts that the slide does not store, are white.
    ///
    /// # Errors
    /// A part that cannot be read or decoded.
    ///
    /// # Panics
    /// If there is no such level.
    fn read(&self, level: usize, at: [i64; 2], size: [u32; 2]) -> Result<RgbImage, SlideError>;
}
