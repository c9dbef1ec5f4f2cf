//! How maps are cut into tiles, and where their pixels lie.

use std::ops::Range;

use super::sizes::{
    BLOCK_TILES, FEW_WEIGHTS, FEWEST, HELD_FEW, HELD_FLOATS, IN, LANES, MOST_CHANNELS, MOST_OUT, MOST_TAPS,
    PANEL_FLOATS, POINTS,
};
use super::tiles::{TransformGradient, TransformInput, TransformOutput, dispatch};
use crate::conv::finish::Finish;
use crate::conv::shape::ConvShape;
use crate::dims::Dims;
use crate::work::{Hint, Writer, prefetch_all};

/// `$body` with the constants `$rows` and `$cols` for a tile's points each way.
macro_rules! by_points {
    ($points:expr, $rows:ident, $cols:ident, $body:expr) => {
        by_points!(one $points[0], $rows, by_points!(one $points[1], $cols, $body))
    };
    (one $points:expr, $name:ident, $body:expr) => {
        match $points {
            4 => {
                const $name: usize = 4;
                $body
            }
            5 => {
                const $name: usize = 5;
                $body
            }
            _ => {
                const $name: usize = IN;
                $body
            }
        }
    };
}

/// Phases and their taps.
impl ConvShape {
    /// Taps of a phase each way.
    pub(super) fn phase_taps(&self) -> usize {
        self.k[0].div_ceil(self.stride)
    }

    /// The taps of a phase, row by row; none where the kernel has none.
    pub(super) fn taps_of(&self, phase: usize) -> [Option<usize>; MOST_TAPS * MOST_TAPS] {
        let (n, k, s) = (self.phase_taps(), self.k[0], self.stride);
        std::array::from_fn(|i| {
            let (y, x) = (i / n * s + phase / s, i % n * s + phase % s);
            (i < n * n && y < k && x < k).then_some(y * k + x)
        })
    }
}

/// An image as tiles see it: tile coordinate `v` of phase `p` is the image's coordinate `step·v + p − offset`.
#[derive(Clone, Copy)]
pub struct Side {
    /// Its size.
    pub dims: Dims,
    step: usize,
    offset: isize,
}

impl Side {
    /// Channels of all phases.
    pub fn channels(&self) -> usize {
        self.dims.c * self.step * self.step
    }

    fn coordinate(&self, v: usize, phase: usize) -> isize {
        (self.step * v + phase) as isize - self.offset
    }
}

/// How an axis is cut into tiles: whole ones, of six points, and perhaps a last one of fewer pixels that takes fewer points.
#[derive(Clone, Copy)]
struct Cut {
    whole: usize,
    last: Option<usize>,
}

impl Cut {
    /// `count` pixels in tiles of `out`, for `taps`.
    fn new(count: usize, out: usize, taps: usize) -> Self {
        let (whole, rest) = (count / out, count % out);
        Cut { whole, last: (rest > 0).then(|| (rest + taps - 1).max(FEWEST)) }
    }

    /// How many last ones there are.
    fn cut(self) -> usize {
        usize::from(self.last.is_some())
    }

    /// Whether the last tile has not the point.
    fn lacks(self, point: usize) -> bool {
        self.last.is_some_and(|points| (points - 1..IN - 1).contains(&point))
    }

    /// The points of all tiles.
    fn points(self) -> usize {
        self.whole * IN + self.last.unwrap_or(0)
    }
}

/// One of a plan's tiles.
struct Tile {
    image: usize,
    /// Tile coordinates of its first row and column.
    y: usize,
    x: usize,
    /// Points each way.
    points: [usize; 2],
}

/// How an output is cut into tiles, and where their inputs lie.
///
/// Tiles are numbered in four parts, each image by image and row by row: those cut on the right, whole ones, those cut below, those cut
/// both ways. So the tiles that have a point are neighbours.
#[derive(Clone, Copy)]
pub struct Plan {
    /// What is read.
    pub src: Side,
    /// What is written.
    pub dst: Side,
    reflect: bool,
    /// Output pixels of a tile each way.
    pub out: usize,
    /// Tile coordinates of the first tile.
    first: usize,
    rows: Cut,
    cols: Cut,
    /// Where the four parts of the tiles end.
    parts: [usize; 4],
}

impl Plan {
    pub fn forward(s: &ConvShape) -> Self {
        let src = Side { dims: s.x, step: s.stride, offset: s.pad as isize };
        let dst = Side { dims: s.y, step: 1, offset: 0 };
        Self::new(s, src, dst, s.reflect, 0, [s.y.h, s.y.w])
    }

    pub fn backward(s: &ConvShape) -> Self {
        let src = Side { dims: s.y, step: 1, offset: s.phase_taps() as isize - 1 };
        let dst = Side { dims: s.x, step: s.stride, offset: s.pad as isize };
        let first = s.pad / s.stride;
        let count = |size: usize| (size - 1 + s.pad) / s.stride + 1 - first;
        Self::new(s, src, dst, false, first, [count(s.x.h), count(s.x.w)])
    }

    fn new(s: &ConvShape, src: Side, dst: Side, reflect: bool, first: usize, count: [usize; 2]) -> Self {
        let out = IN + 1 - s.phase_taps();
        let [rows, cols] = count.map(|count| Cut::new(count, out, s.phase_taps()));
        let n = dst.dims.n;
        let right = n * rows.whole * cols.cut();
        let whole = right + n * rows.whole * cols.whole;
        let below = whole + n * rows.cut() * cols.whole;
        let parts = [right, whole, below, below + n * rows.cut() * cols.cut()];
        Plan { src, dst, reflect, out, first, rows, cols, parts }
    }

    pub fn count(&self) -> usize {
        self.parts[3]
    }

    /// The lines of a point's matrix that are in use where it holds `tiles`: those of the tiles that have the point.
    pub fn lines(&self, point: usize, tiles: Range<usize>) -> Range<usize> {
        let [right, whole, below, all] = self.parts;
        let (no_row, no_col) = (self.rows.lacks(point / IN), self.cols.lacks(point % IN));
        let start = if no_col { right } else { 0 };
        let end = match (no_row, no_col) {
            (true, _) => whole,
            (false, true) => below,
            (false, false) => all,
        };
        let start = start.clamp(tiles.start, tiles.end);
        start - tiles.start..end.clamp(start, tiles.end) - tiles.start
    }

    pub fn multiplications(&self) -> usize {
        let points = self.dst.dims.n * self.rows.points() * self.cols.points();
        points * self.src.channels() * self.dst.channels()
    }

    /// Whether the work is worth several threads.
    pub fn many(&self) -> bool {
        self.multiplications() > 1 << 20
    }

    pub fn few_weights(&self) -> bool {
        self.src.channels() * self.dst.channels() * POINTS <= FEW_WEIGHTS
    }

    /// Tiles that are held at a time.
    pub fn held(&self) -> usize {
        let floats = if self.few_weights() { HELD_FEW } else { HELD_FLOATS };
        let most = (floats / (POINTS * (self.src.channels() + self.dst.channels()))).max(BLOCK_TILES);
        self.count().div_ceil(self.count().div_ceil(most).max(1))
    }

    fn at(&self, tile: usize) -> Tile {
        let (rows, cols, [right, whole, below, _]) = (self.rows, self.cols, self.parts);
        let (image, row, col) = if tile < right {
            (tile / rows.whole, tile % rows.whole, cols.whole)
        } else if tile < whole {
            let (row, col) = ((tile - right) / cols.whole, (tile - right) % cols.whole);
            (row / rows.whole, row % rows.whole, col)
        } else if tile < below {
            ((tile - whole) / cols.whole, rows.whole, (tile - whole) % cols.whole)
        } else {
            (tile - below, rows.whole, cols.whole)
        };
        let points = |cut: Cut, i: usize| if i < cut.whole { IN } else { cut.last.unwrap_or(IN) };
        Tile {
            image,
            y: self.first + row * self.out,
            x: self.first + col * self.out,
            points: [points(rows, row), points(cols, col)],
        }
    }

    /// Where on the input the coordinate `v` lies; none where zeros are read.
    fn read(&self, v: usize, phase: usize, size: usize) -> Option<usize> {
        let (at, last) = (self.src.coordinate(v, phase), size as isize - 1);
        let at = match at {
            _ if (0..=last).contains(&at) => at,
            _ if !self.reflect => return None,
            _ if at < 0 => -at,
            _ => 2 * last - at,
        };
        // Beyond the mirror of a whole map lie only pixels that no output needs.
        (0..=last).contains(&at).then_some(at as usize)
    }

    /// What a run of tiles reads of the numbers of a side beyond what the tiles before it did, in whole rows; `size` pixels a tile and phase.
    /// Of whole tiles only: those at the border lie far apart.
    pub fn more<'a>(&self, data: &'a [f32], side: &Side, size: usize, tiles: Range<usize>) -> &'a [f32] {
        let (d, [right, whole, ..]) = (side.dims, self.parts);
        let end = |tile: usize| match tile.clamp(right, whole) {
            tile if tile == right => 0,
            tile => {
                let Tile { image, y, .. } = self.at(tile - 1);
                let row = side.coordinate(y + size - 1, side.step - 1) + 1;
                (image * d.h + row.clamp(0, d.h as isize) as usize) * d.w * d.c
            }
        };
        &data[end(tiles.start)..end(tiles.end)]
    }

    /// At the first whole tile of a row, has what the row reads brought to the cache in one go.
    pub fn fetch_row(&self, src: &[f32], tile: usize) {
        let [right, whole, ..] = self.parts;
        if (right..whole).contains(&tile) && (tile - right).is_multiple_of(self.cols.whole) {
            prefetch_all(self.more(src, &self.src, IN, tile..tile + self.cols.whole), Hint::Later);
        }
    }

    /// Transforms all phases of an input tile to its line in each of the points' matrices, which lie `step` apart.
    pub fn transform_input(&self, src: &[f32], tile: usize, to: *mut f32, step: usize) {
        let Tile { image, y, x, points } = self.at(tile);
        let (d, s) = (self.src.dims, self.src.step);
        for phase in 0..s * s {
            let rows: [_; IN] = std::array::from_fn(|i| self.read(y + i, phase / s, d.h));
            let cols: [_; IN] = std::array::from_fn(|i| self.read(x + i, phase % s, d.w));
            let lines = std::array::from_fn(|i| match (rows[i / IN], cols[i % IN]) {
                (Some(y), Some(x)) => src[((image * d.h + y) * d.w + x) * d.c..][..d.c].as_ptr(),
                _ => zeros(d.c),
            });
            // SAFETY: every line is a pixel; the tile has its own line in every point's matrix, in it each phase its own channels.
            by_points!(points, R, C, unsafe {
                dispatch(TransformInput::<R, C> { lines, c: d.c, to: to.add(phase * d.c), step, next: 0 });
            });
        }
    }

    /// Transforms a tile of the output's gradient to its line in each of the points' matrices.
    pub fn transform_gradient<const OUT: usize>(&self, g: &[f32], tile: usize, to: *mut f32, step: usize) {
        let Tile { image, y, x, points } = self.at(tile);
        let d = self.dst.dims;
        let lines = std::array::from_fn(|i| {
            let (y, x) = (y + i / OUT, x + i % OUT);
            if i < OUT * OUT && y < d.h && x < d.w {
                g[((image * d.h + y) * d.w + x) * d.c..][..d.c].as_ptr()
            } else {
                zeros(d.c)
            }
        });
        // SAFETY: every line is a pixel; the tile has its own line in every point's matrix.
        by_points!(points, R, C, unsafe {
            dispatch(TransformGradient::<OUT, R, C> { lines, c: d.c, to, step, next: 0 });
        });
    }

    /// Transforms a tile's line of the products, in matrices `step` apart, to its pixels of the output.
    ///
    /// # Safety
    /// The line has been written in each of the matrices, and nobody else writes the tile's pixels.
    pub unsafe fn transform_output<const OUT: usize>(
        &self,
        from: *const f32,
        step: usize,
        tile: usize,
        finish: &Finish<'_>,
        out: Writer<'_>,
    ) {
        let Tile { image, y, x, points } = self.at(tile);
        let (d, s) = (self.dst.dims, self.dst.step);
        let next = s * OUT * d.c;
        for phase in 0..s * s {
            let place = |v: usize, phase: usize, size: usize| {
                let at = self.dst.coordinate(v, phase);
                (0..size as isize).contains(&at).then_some(at as usize)
            };
            let rows: [_; OUT] = std::array::from_fn(|i| place(y + i, phase / s, d.h));
            let cols: [_; OUT] = std::array::from_fn(|i| place(x + i, phase % s, d.w));
            let mut pixels = [None; MOST_OUT * MOST_OUT];
            for i in 0..OUT * OUT {
                if let (Some(y), Some(x)) = (rows[i / OUT], cols[i % OUT]) {
                    pixels[i] = Some(((image * d.h + y) * d.w + x) * d.c);
                }
            }
            let from = from.wrapping_add(phase * d.c);
            let (finish, to) = (*finish, out);
            // SAFETY: the caller's; a pixel is `c` long.
            by_points!(points, R, C, unsafe {
                dispatch(TransformOutput::<OUT, R, C> { from, step, c: d.c, finish, pixels, to, next });
            });
        }
    }
}

/// Output channels whose transformed weights are held at a time.
pub fn panel(ci: usize, co: usize) -> usize {
    (PANEL_FLOATS / (POINTS * ci)).max(1).next_multiple_of(LANES).min(co)
}

/// The part of `numbers` that is fetched beside one of the points' products.
pub fn share(numbers: &[f32], point: usize) -> &[f32] {
    &numbers[numbers.len() * point / POINTS..numbers.len() * (point + 1) / POINTS]
}

/// A pixel of `c` zeros.
pub fn zeros(c: usize) -> *const f32 {
    static ZEROS: [f32; MOST_CHANNELS] = [0.0; MOST_CHANNELS];
    ZEROS[..c].as_ptr()
}
