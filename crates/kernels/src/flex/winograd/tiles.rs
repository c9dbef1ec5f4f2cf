//! The transforms of tiles, vectors of channels at a time.

use pulp::{Simd, WithSimd};

use super::points::{back, gradient, input, output, weights};
use super::{IN, LANES, MOST_OUT, MOST_TAPS, POINTS};
use crate::flex::finish::Finish;
use crate::flex::work::{Writer, fetch_line, fetch_to_write};
use crate::simd::{Level, level};

/// Runs a transform with the vector instructions in use.
///
/// # Safety
/// What the transform says of its pointers.
pub unsafe fn dispatch<T: WithSimd<Output = ()>>(transform: T) {
    #[cfg(target_arch = "x86_64")]
    {
        use pulp::x86::{V3, V4};
        let level = level();
        if level == Level::Avx512
            && let Some(simd) = V4::try_new()
        {
            return Simd::vectorize(simd, transform);
        }
        if level >= Level::Avx2
            && let Some(simd) = V3::try_new()
        {
            return Simd::vectorize(simd, transform);
        }
    }
    transform.with_simd(pulp::Scalar::new());
}

/// `to[j][i] = from[i][j]` for 16×16 numbers, the rows of `from` being `stride` apart.
#[inline(always)]
fn transpose(from: &[f32], stride: usize, to: &mut [f32]) {
    let rows: [&[f32; LANES]; LANES] =
        std::array::from_fn(|i| from[i * stride..].first_chunk().expect("sixteen numbers a row"));
    for (j, to) in to.chunks_exact_mut(LANES).take(LANES).enumerate() {
        for (v, row) in to.iter_mut().zip(rows) {
            *v = row[j];
        }
    }
}

/// # Safety
/// One vector may be read at `from`.
#[inline(always)]
unsafe fn load<S: Simd>(from: *const f32) -> S::f32s {
    // SAFETY: the caller's.
    unsafe { from.cast::<S::f32s>().read_unaligned() }
}

/// # Safety
/// One vector may be written at `to`.
#[inline(always)]
unsafe fn store<S: Simd>(to: *mut f32, v: S::f32s) {
    // SAFETY: the caller's.
    unsafe { to.cast::<S::f32s>().write_unaligned(v) };
}

/// On a cache line's boundary, so that no vector lies across two.
#[repr(align(64))]
struct Aligned<T>(T);

/// `$f` along the columns of a tile of `$n`×`$n` vectors, then along its rows: `$m`×`$m`. A macro, because a closure would not be
/// compiled for the same processor as what calls it.
macro_rules! both_ways {
    ($s:ident, $f:ident, $n:expr, $m:expr, |$i:ident| $load:expr, |$j:ident, $v:ident| $store:expr) => {{
        let zero = $s.splat_f32s(0.0);
        let mut columns = Aligned([[zero; $m]; $n]);
        for x in 0..$n {
            let mut column = [zero; $n];
            for y in 0..$n {
                let $i = y * $n + x;
                column[y] = $load;
            }
            columns.0[x] = $f($s, column);
        }
        for y in 0..$m {
            let mut row = [zero; $n];
            for x in 0..$n {
                row[x] = columns.0[x][y];
            }
            let row: [_; $m] = $f($s, row);
            for x in 0..$m {
                let ($j, $v) = (y * $m + x, row[x]);
                $store;
            }
        }
    }};
}

macro_rules! transform {
    ($(#[$doc:meta])* $name:ident $(<$N:ident>)?, $lines:expr, $n:expr, $f:ident) => {
        $(#[$doc])*
        pub struct $name $(<const $N: usize>)? {
            pub lines: [*const f32; $lines],
            pub c: usize,
            pub to: *mut f32,
            pub step: usize,
            /// How much further the lines lie that are transformed next; 0 if they are in the cache.
            pub next: usize,
        }

        impl $(<const $N: usize>)? WithSimd for $name $(<$N>)? {
            type Output = ();
            #[inline(always)]
            fn with_simd<S: Simd>(self, s: S) {
                for c in (0..self.c).step_by(S::F32_LANES) {
                    // SAFETY: who makes one of these says that lines and destination are so long; channels come in sixteens.
                    unsafe {
                        let to = self.to.add(c);
                        both_ways!(
                            s, $f, $n, IN,
                            |i| {
                                if self.next > 0 {
                                    fetch_line(self.lines[i].wrapping_add(c + self.next));
                                }
                                load::<S>(self.lines[i].add(c))
                            },
                            |j, v| store::<S>(to.add(j * self.step), v)
                        );
                    }
                }
            }
        }
    };
}

transform! {
    /// An input tile to its line in each of the points' matrices.
    TransformInput, POINTS, IN, input
}
transform! {
    /// A tile of the output's gradient to its lines.
    TransformGradient<N>, MOST_OUT * MOST_OUT, N, gradient
}
transform! {
    /// A phase's taps to their lines.
    TransformWeights<N>, MOST_TAPS * MOST_TAPS, N, weights
}

/// An output channel's line in each of the points' matrices back to a phase's taps, of those that there are.
pub struct TransformBack<const N: usize> {
    pub from: *const f32,
    pub step: usize,
    pub c: usize,
    pub taps: [Option<*mut f32>; MOST_TAPS * MOST_TAPS],
}

impl<const N: usize> WithSimd for TransformBack<N> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        for c in (0..self.c).step_by(S::F32_LANES) {
            // SAFETY: who makes one of these says so.
            unsafe {
                let from = self.from.add(c);
                both_ways!(s, back, IN, N, |i| load::<S>(from.add(i * self.step)), |j, v| {
                    if let Some(to) = self.taps[j] {
                        store::<S>(to.add(c), v);
                    }
                });
            }
        }
    }
}

/// A tile's line in each of the points' matrices to its pixels of the output, of those that there are.
pub struct TransformOutput<'a, const N: usize> {
    pub from: *const f32,
    pub step: usize,
    pub c: usize,
    pub finish: Finish<'a>,
    /// Where in the output a pixel begins.
    pub pixels: [Option<usize>; MOST_OUT * MOST_OUT],
    pub to: Writer<'a>,
    /// How much further the next tile's pixel begins.
    pub next: usize,
}

impl<const N: usize> WithSimd for TransformOutput<'_, N> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Finish { scale, shift, residual, slope } = self.finish;
        let zero = s.splat_f32s(0.0);
        for c in (0..self.c).step_by(S::F32_LANES) {
            // SAFETY: who makes one of these says so; pixels outside the output are left out.
            unsafe {
                let from = self.from.add(c);
                let shift = match shift {
                    Some(shift) => load::<S>(shift.as_ptr().add(c)),
                    None => zero,
                };
                let scale = match scale {
                    Some(scale) => load::<S>(scale.as_ptr().add(c)),
                    None => s.splat_f32s(1.0),
                };
                both_ways!(s, output, IN, N, |i| load::<S>(from.add(i * self.step)), |j, v| {
                    if let Some(at) = self.pixels[j] {
                        let mut v = s.mul_add_e_f32s(v, scale, shift);
                        if let Some(residual) = residual {
                            v = s.add_f32s(v, load::<S>(residual.as_ptr().add(at + c)));
                        }
                        if slope != 1.0 {
                            let negative = s.less_than_f32s(v, zero);
                            v = s.select_f32s(negative, s.mul_f32s(v, s.splat_f32s(slope)), v);
                        }
                        let to = self.to.at(at + c);
                        fetch_to_write(to.wrapping_add(self.next));
                        store::<S>(to, v);
                    }
                });
            }
        }
    }
}

/// A phase's taps between sixteen input channels and `co` output channels to their lines, output channels side by side.
pub struct TransformTransposed<'a, const N: usize> {
    /// From the first of these input channels on.
    pub w: &'a [f32],
    /// Numbers of an output channel.
    pub line: usize,
    pub ci: usize,
    pub taps: [Option<usize>; MOST_TAPS * MOST_TAPS],
    pub co: usize,
    pub to: *mut f32,
    pub step: usize,
}

impl<const N: usize> WithSimd for TransformTransposed<'_, N> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        const SQUARE: usize = LANES * LANES;
        let mut turned = [0.0f32; MOST_TAPS * MOST_TAPS * SQUARE];
        for o in (0..self.co).step_by(LANES) {
            for (i, tap) in self.taps.iter().enumerate() {
                if let Some(tap) = tap {
                    let from = &self.w[o * self.line + tap * self.ci..];
                    (LANES..2 * LANES)
                        .for_each(|row| fetch_line(from.as_ptr().wrapping_add(row * self.line)));
                    transpose(from, self.line, &mut turned[i * SQUARE..]);
                }
            }
            for i in 0..LANES {
                for c in (0..LANES).step_by(S::F32_LANES) {
                    // SAFETY: `turned` holds a square a tap; who makes one of these says that the destination is so long.
                    unsafe {
                        let from = turned.as_ptr().add(i * LANES + c);
                        let to = self.to.add(i * self.co + o + c);
                        both_ways!(
                            s,
                            weights,
                            N,
                            IN,
                            |k| load::<S>(from.add(k * SQUARE)),
                            |j, v| store::<S>(to.add(j * self.step), v)
                        );
                    }
                }
            }
        }
    }
}
