//! The transforms of tiles, vectors of channels at a time.

use pulp::{Simd, WithSimd};

use super::points::{back, gradient, input, output, place, weights};
use super::sizes::{IN, LANES, MOST_OUT, MOST_TAPS, POINTS};
use crate::activation::activated_vector;
use crate::conv::finish::Finish;
use crate::simd::{Level, level};
use crate::transpose::{SIDE, square};
use crate::work::{Hint, Writer, prefetch};

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

/// `$down` along the columns of a tile of `$n` rows and columns of vectors, then `$along` its rows: `$m` rows and columns. A macro, because
/// a closure would not be compiled for the same processor as what calls it.
macro_rules! both_ways {
    (
        $s:ident, [$down:expr, $along:expr], [$n0:expr, $n1:expr] => [$m0:expr, $m1:expr],
        |$ly:ident, $lx:ident| $load:expr, |$sy:ident, $sx:ident, $v:ident| $store:expr
    ) => {{
        let zero = $s.splat_f32s(0.0);
        let mut columns = [[zero; $m0]; $n1];
        for $lx in 0..$n1 {
            let mut column = [zero; $n0];
            for $ly in 0..$n0 {
                column[$ly] = $load;
            }
            columns[$lx] = $down($s, column);
        }
        for $sy in 0..$m0 {
            let mut row = [zero; $n1];
            for x in 0..$n1 {
                row[x] = columns[x][$sy];
            }
            let row: [_; $m1] = $along($s, row);
            for $sx in 0..$m1 {
                let $v = row[$sx];
                $store;
            }
        }
    }};
}

macro_rules! transform {
    (
        $(#[$doc:meta])* $name:ident <$($N:ident),*>, $width:expr, $lines:expr,
        [$down:expr, $along:expr], [$n0:expr, $n1:expr] => [$m0:expr, $m1:expr]
    ) => {
        $(#[$doc])*
        pub struct $name<$(const $N: usize),*> {
            pub lines: [*const f32; $lines],
            pub c: usize,
            pub to: *mut f32,
            pub step: usize,
            /// How much further the lines lie that are transformed next; 0 if they are in the cache.
            pub next: usize,
        }

        impl<$(const $N: usize),*> WithSimd for $name<$($N),*> {
            type Output = ();
            #[inline(always)]
            fn with_simd<S: Simd>(self, s: S) {
                for c in (0..self.c).step_by(S::F32_LANES) {
                    // SAFETY: who makes one of these says that lines and destination are so long; channels come in sixteens.
                    unsafe {
                        let to = self.to.add(c);
                        both_ways!(
                            s, [$down, $along], [$n0, $n1] => [$m0, $m1],
                            |y, x| {
                                let line = self.lines[y * $width + x];
                                if self.next > 0 {
                                    prefetch(line.wrapping_add(c + self.next), Hint::Read);
                                }
                                load::<S>(line.add(c))
                            },
                            |y, x, v| store::<S>(to.add((place(y, $m0) * IN + place(x, $m1)) * self.step), v)
                        );
                    }
                }
            }
        }
    };
}

transform! {
    /// An input tile of `R` rows and `C` columns, of lines for six, to its line in each of its points' matrices.
    TransformInput<R, C>, IN, POINTS, [input::<S, R>, input::<S, C>], [R, C] => [R, C]
}
transform! {
    /// A tile of the output's gradient to its line in each of the matrices of `R` rows and `C` columns of points.
    TransformGradient<N, R, C>, N, MOST_OUT * MOST_OUT, [gradient::<S, R, N>, gradient::<S, C, N>], [N, N] => [R, C]
}
transform! {
    /// A phase's taps to their lines.
    TransformWeights<N>, N, MOST_TAPS * MOST_TAPS, [weights::<S, N>, weights::<S, N>], [N, N] => [IN, IN]
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
                both_ways!(
                    s, [back::<S, N>, back::<S, N>], [IN, IN] => [N, N],
                    |y, x| load::<S>(from.add((y * IN + x) * self.step)),
                    |y, x, v| if let Some(to) = self.taps[y * N + x] {
                        store::<S>(to.add(c), v);
                    }
                );
            }
        }
    }
}

/// A tile's line in each of the matrices of `R` rows and `C` columns of points to its pixels of the output, of those that there are.
pub struct TransformOutput<'a, const N: usize, const R: usize, const C: usize> {
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

impl<const N: usize, const R: usize, const C: usize> WithSimd for TransformOutput<'_, N, R, C> {
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
                both_ways!(
                    s, [output::<S, R, N>, output::<S, C, N>], [R, C] => [N, N],
                    |y, x| load::<S>(from.add((place(y, R) * IN + place(x, C)) * self.step)),
                    |y, x, v| if let Some(at) = self.pixels[y * N + x] {
                        let mut v = s.mul_add_e_f32s(v, scale, shift);
                        if let Some(residual) = residual {
                            v = s.add_f32s(v, load::<S>(residual.as_ptr().add(at + c)));
                        }
                        if slope != 1.0 {
                            v = activated_vector(s, v, slope);
                        }
                        let to = self.to.at(at + c);
                        prefetch(to.wrapping_add(self.next), Hint::Write);
                        store::<S>(to, v);
                    }
                );
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
        const { assert!(LANES == SIDE) };
        let mut turned = [0.0f32; MOST_TAPS * MOST_TAPS * SQUARE];
        for o in (0..self.co).step_by(LANES) {
            for (i, tap) in self.taps.iter().enumerate() {
                if let Some(tap) = tap {
                    let from = &self.w[o * self.line + tap * self.ci..];
                    (LANES..2 * LANES).for_each(|row| {
                        prefetch(from.as_ptr().wrapping_add(row * self.line), Hint::Read);
                    });
                    let to = turned[i * SQUARE..][..SQUARE].as_mut_ptr();
                    // SAFETY: `to` has room for the square.
                    unsafe { square(from, self.line, to, LANES) };
                }
            }
            for i in 0..LANES {
                for c in (0..LANES).step_by(S::F32_LANES) {
                    // SAFETY: `turned` holds a square a tap; who makes one of these says that the destination is so long.
                    unsafe {
                        let from = turned.as_ptr().add(i * LANES + c);
                        let to = self.to.add(i * self.co + o + c);
                        both_ways!(
                            s, [weights::<S, N>, weights::<S, N>], [N, N] => [IN, IN],
                            |y, x| load::<S>(from.add((y * N + x) * SQUARE)),
                            |y, x, v| store::<S>(to.add((y * IN + x) * self.step), v)
                        );
                    }
                }
            }
        }
    }
}
