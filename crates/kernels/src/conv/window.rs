//! Patches of an image laid out as rows of a matrix (im2col), a range of output pixels at a time.

use std::ops::Range;

use super::shape::ConvShape;
use crate::dims::Dims;
use crate::work::vectorised;

/// Which patch belongs to which output pixel.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The source.
    pub src: Dims,
    /// Rows of output pixels.
    pub oh: usize,
    /// Columns of output pixels.
    pub ow: usize,
    /// Rows of a patch.
    pub kh: usize,
    /// Columns of a patch.
    pub kw: usize,
    /// Source pixels from one patch to the next.
    pub stride: usize,
    /// Source row of the first patch's first row (negative: in the border).
    pub top: isize,
    /// Source column of the first patch's first column.
    pub left: isize,
    /// What lies outside: mirrored pixels if true, else zeros.
    pub reflect: bool,
}

impl Window {
    /// The patches of a convolution's input, one for each output pixel.
    pub fn of(s: &ConvShape) -> Self {
        Window {
            src: s.x,
            oh: s.y.h,
            ow: s.y.w,
            kh: s.k[0],
            kw: s.k[1],
            stride: s.stride,
            top: -(s.pad as isize),
            left: -(s.pad as isize),
            reflect: s.reflect,
        }
    }

    /// Numbers in a patch.
    pub fn patch(&self) -> usize {
        self.kh * self.kw * self.src.c
    }

    /// Output pixels of the batch.
    pub fn pixels(&self) -> usize {
        self.src.n * self.oh * self.ow
    }

    /// Whether the matrix of patches is the source itself.
    pub fn is_identity(&self) -> bool {
        self.kh == 1
            && self.kw == 1
            && self.stride == 1
            && self.top == 0
            && self.left == 0
            && self.oh == self.src.h
            && self.ow == self.src.w
    }

    /// Source index of a coordinate, if it is not a zero of the border.
    fn inside(&self, i: isize, size: usize) -> Option<usize> {
        let last = size as isize - 1;
        if (0..=last).contains(&i) {
            Some(i as usize)
        } else if self.reflect {
            Some(if i < 0 { -i } else { 2 * last - i } as usize)
        } else {
            None
        }
    }

    /// Writes these taps of the patches of these output pixels (counted over the whole batch), one pixel a row.
    pub fn gather(&self, src: &[f32], pixels: Range<usize>, taps: Range<usize>, out: &mut [f32]) {
        let width = taps.len() * self.src.c;
        let mut px = pixels.start;
        let mut rest = &mut out[..pixels.len() * width];
        while px < pixels.end {
            let (row, x0) = (px / self.ow, px % self.ow);
            let x1 = self.ow.min(x0 + pixels.end - px);
            let (segment, tail) = rest.split_at_mut((x1 - x0) * width);
            self.gather_row(src, [row / self.oh, row % self.oh, x0], &taps, segment);
            rest = tail;
            px += x1 - x0;
        }
    }

    /// Writes a row of the source as the patches see it, border included, from the first patch's first column: row `y` counts from
    /// the first patch's first row.
    pub fn padded_row(&self, src: &[f32], image: usize, y: usize, out: &mut [f32]) {
        let (c, w) = (self.src.c, self.src.w);
        let Some(iy) = self.inside(y as isize + self.top, self.src.h) else {
            out.fill(0.0);
            return;
        };
        let row = &src[(image * self.src.h + iy) * w * c..][..w * c];
        let wide = out.len() / c;
        let first = ((-self.left).max(0) as usize).min(wide);
        let end = ((w as isize - self.left).max(0) as usize).clamp(first, wide);
        let from = (first as isize + self.left) as usize;
        if end > first {
            out[first * c..end * c].copy_from_slice(&row[from * c..][..(end - first) * c]);
        }
        for x in (0..first).chain(end..wide) {
            let pixel = &mut out[x * c..(x + 1) * c];
            match self.inside(x as isize + self.left, w) {
                Some(ix) => pixel.copy_from_slice(&row[ix * c..][..c]),
                None => pixel.fill(0.0),
            }
        }
    }

    fn gather_row(&self, src: &[f32], [image, oy, x0]: [usize; 3], taps: &Range<usize>, out: &mut [f32]) {
        let (c, w) = (self.src.c, self.src.w);
        let width = taps.len() * c;
        let mut at = 0;
        for ky in taps.start / self.kw..taps.end.div_ceil(self.kw) {
            let first = taps.start.max(ky * self.kw) - ky * self.kw;
            let kw = taps.end.min((ky + 1) * self.kw) - ky * self.kw - first;
            let span = kw * c;
            let (begin, pixels) = (at, out.len() / width);
            at += span;
            let lines = out.chunks_exact_mut(width).map(|p| &mut p[begin..begin + span]);
            let Some(iy) = self.inside((oy * self.stride + ky) as isize + self.top, self.src.h) else {
                lines.for_each(|line| line.fill(0.0));
                continue;
            };
            let row = &src[(image * self.src.h + iy) * w * c..][..w * c];
            // The pixels whose taps all lie inside the row; the others are beside its ends.
            let start = (x0 * self.stride + first) as isize + self.left;
            let i0 = ((-start).max(0) as usize).div_ceil(self.stride).min(pixels);
            let end = w as isize - kw as isize - start;
            let i1 = if end < 0 { i0 } else { (end as usize / self.stride + 1).clamp(i0, pixels) };
            for (i, line) in lines.enumerate().filter(|(i, _)| !(i0..i1).contains(i)) {
                let ix = start + (i * self.stride) as isize;
                for (kx, pixel) in line.chunks_exact_mut(c).enumerate() {
                    match self.inside(ix + kx as isize, w) {
                        Some(ix) => pixel.copy_from_slice(&row[ix * c..][..c]),
                        None => pixel.fill(0.0),
                    }
                }
            }
            if i0 < i1 {
                let from = (start + (i0 * self.stride) as isize) as usize * c;
                let to = &mut out[i0 * width..i1 * width];
                copy_lines(&row[from..], self.stride * c, span, to, width, begin);
            }
        }
    }
}

vectorised! {
    /// Copies `span` numbers from every `step`-th of `from` to each row, of `width` numbers, of `to`, from its column `at` on.
    fn copy_lines(from: &[f32], step: usize, span: usize, to: &mut [f32], width: usize, at: usize) {
        for (i, line) in to.chunks_exact_mut(width).enumerate() {
            copy(&mut line[at..at + span], &from[i * step..][..span]);
        }
    }
}

/// Copies a line, a short one without a call: in vectors, of which the last may overlap the one before.
#[inline(always)]
fn copy(to: &mut [f32], from: &[f32]) {
    const LANES: usize = 16;
    let len = to.len();
    if !(LANES..=8 * LANES).contains(&len) {
        to.copy_from_slice(from);
        return;
    }
    for (to, from) in to.as_chunks_mut::<LANES>().0.iter_mut().zip(from.as_chunks::<LANES>().0) {
        *to = *from;
    }
    to[len - LANES..].copy_from_slice(&from[len - LANES..]);
}
