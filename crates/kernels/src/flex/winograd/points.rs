//! The transforms of one axis: between pixels or taps and the values of their polynomials at six points.

use pulp::Simd;

use super::IN;

/// `a·f` by constants of the algorithm.
macro_rules! arithmetic {
    ($s:ident) => {
        #[allow(unused_macros)]
        macro_rules! add {
            ($a:expr, $b:expr) => {
                $s.add_f32s($a, $b)
            };
        }
        #[allow(unused_macros)]
        macro_rules! sub {
            ($a:expr, $b:expr) => {
                $s.sub_f32s($a, $b)
            };
        }
        #[allow(unused_macros)]
        macro_rules! mul {
            ($f:expr, $a:expr) => {
                $s.mul_f32s($s.splat_f32s($f), $a)
            };
        }
        /// `f·a + b`
        #[allow(unused_macros)]
        macro_rules! fma {
            ($f:expr, $a:expr, $b:expr) => {
                $s.mul_add_e_f32s($s.splat_f32s($f), $a, $b)
            };
        }
    };
}

/// The polynomials are taken at 0, ±A, ±B and infinity. These keep four times more of single precision than the usual 0, ±1, ±2
/// (Barabasz et al. 2020, arXiv:1803.10986, on the choice of points), and what is made of them has few binary digits.
const A: f32 = 0.625;
const B: f32 = 1.5;
/// Their powers.
const A2: f32 = A * A;
const B2: f32 = B * B;
const A3: f32 = A * A2;
const B3: f32 = B * B2;
const A4: f32 = A2 * A2;
const B4: f32 = B2 * B2;
/// One over the product of a point's differences to the others, of 0, ±A and ±B.
const OF_0: f32 = 1.0 / (A2 * B2);
const OF_A: f32 = 1.0 / (2.0 * A2 * (A2 - B2));
const OF_B: f32 = 1.0 / (2.0 * B2 * (B2 - A2));

/// Bᵀ·d.
#[inline(always)]
pub fn input<S: Simd>(s: S, d: [S::f32s; IN]) -> [S::f32s; IN] {
    arithmetic!(s);
    let (even_a, odd_a) = (fma!(-B2, d[2], d[4]), fma!(-B2, d[1], d[3]));
    let (even_b, odd_b) = (fma!(-A2, d[2], d[4]), fma!(-A2, d[1], d[3]));
    [
        fma!(A2 * B2, d[0], fma!(-(A2 + B2), d[2], d[4])),
        fma!(A, odd_a, even_a),
        fma!(-A, odd_a, even_a),
        fma!(B, odd_b, even_b),
        fma!(-B, odd_b, even_b),
        fma!(A2 * B2, d[1], fma!(-(A2 + B2), d[3], d[5])),
    ]
}

/// Aᵀ·m.
#[inline(always)]
pub fn output<S: Simd, const N: usize>(s: S, m: [S::f32s; IN]) -> [S::f32s; N] {
    arithmetic!(s);
    let (p, q) = (add!(m[1], m[2]), sub!(m[1], m[2]));
    let (r, t) = (add!(m[3], m[4]), sub!(m[3], m[4]));
    let mut y = [m[0]; N];
    y[0] = add!(add!(p, r), m[0]);
    y[1] = fma!(A, q, mul!(B, t));
    y[2] = fma!(A2, p, mul!(B2, r));
    if N > 3 {
        y[3] = fma!(A3, q, mul!(B3, t));
    }
    if N > 4 {
        y[4] = fma!(A4, p, mul!(B4, r));
    }
    y[N - 1] = add!(y[N - 1], m[5]);
    y
}

/// A·g.
#[inline(always)]
pub fn gradient<S: Simd, const N: usize>(s: S, g: [S::f32s; N]) -> [S::f32s; IN] {
    arithmetic!(s);
    let (mut even_a, mut odd_a) = (fma!(A2, g[2], g[0]), g[1]);
    let (mut even_b, mut odd_b) = (fma!(B2, g[2], g[0]), g[1]);
    if N > 3 {
        (odd_a, odd_b) = (fma!(A2, g[3], odd_a), fma!(B2, g[3], odd_b));
    }
    if N > 4 {
        (even_a, even_b) = (fma!(A4, g[4], even_a), fma!(B4, g[4], even_b));
    }
    [
        g[0],
        fma!(A, odd_a, even_a),
        fma!(-A, odd_a, even_a),
        fma!(B, odd_b, even_b),
        fma!(-B, odd_b, even_b),
        g[N - 1],
    ]
}

/// G·w.
#[inline(always)]
pub fn weights<S: Simd, const N: usize>(s: S, w: [S::f32s; N]) -> [S::f32s; IN] {
    arithmetic!(s);
    let (mut even_a, mut odd_a) = (w[0], w[1]);
    let (mut even_b, mut odd_b) = (w[0], w[1]);
    if N > 2 {
        (even_a, even_b) = (fma!(A2, w[2], even_a), fma!(B2, w[2], even_b));
    }
    if N > 3 {
        (odd_a, odd_b) = (fma!(A2, w[3], odd_a), fma!(B2, w[3], odd_b));
    }
    let (even_a, even_b) = (mul!(OF_A, even_a), mul!(OF_B, even_b));
    [
        mul!(OF_0, w[0]),
        fma!(A * OF_A, odd_a, even_a),
        fma!(-A * OF_A, odd_a, even_a),
        fma!(B * OF_B, odd_b, even_b),
        fma!(-B * OF_B, odd_b, even_b),
        w[N - 1],
    ]
}

/// Gᵀ·u.
#[inline(always)]
pub fn back<S: Simd, const N: usize>(s: S, u: [S::f32s; IN]) -> [S::f32s; N] {
    arithmetic!(s);
    let (p, q) = (add!(u[1], u[2]), sub!(u[1], u[2]));
    let (r, t) = (add!(u[3], u[4]), sub!(u[3], u[4]));
    let mut w = [u[0]; N];
    w[0] = fma!(OF_0, u[0], fma!(OF_A, p, mul!(OF_B, r)));
    w[1] = fma!(A * OF_A, q, mul!(B * OF_B, t));
    if N > 2 {
        w[2] = fma!(A2 * OF_A, p, mul!(B2 * OF_B, r));
    }
    if N > 3 {
        w[3] = fma!(A3 * OF_A, q, mul!(B3 * OF_B, t));
    }
    w[N - 1] = add!(w[N - 1], u[5]);
    w
}
