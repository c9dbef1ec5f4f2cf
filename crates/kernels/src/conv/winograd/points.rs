//! The transforms of one axis: between pixels or taps and the values of their polynomials at six points.

use pulp::Simd;

use super::sizes::IN;

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

/// The place among the six points of the `i`-th of `points`: four are 0, ±A and infinity, five B too.
pub const fn place(i: usize, points: usize) -> usize {
    if i + 1 == points { IN - 1 } else { i }
}

/// Bᵀ·d for `P` points: each point's row is divided by its differences to the points that are left out, which the weights have been
/// divided by too many.
#[inline(always)]
pub fn input<S: Simd, const P: usize>(s: S, d: [S::f32s; P]) -> [S::f32s; P] {
    arithmetic!(s);
    let mut v = d;
    match P {
        4 => {
            let even = mul!(A2 - B2, d[2]);
            v[0] = fma!(A2 * B2, d[0], mul!(-B2, d[2]));
            v[1] = fma!(A * (A2 - B2), d[1], even);
            v[2] = fma!(-A * (A2 - B2), d[1], even);
            v[3] = fma!(-A2, d[1], d[3]);
        }
        5 => {
            // what is left of x - B
            let (f0, f1) = (fma!(-B, d[0], d[1]), fma!(-B, d[1], d[2]));
            let (f2, f3) = (fma!(-B, d[2], d[3]), fma!(-B, d[3], d[4]));
            v[0] = fma!(-A2 * B, f0, mul!(B, f2));
            v[1] = fma!((B + A) * A, f1, mul!(B + A, f2));
            v[2] = fma!((A - B) * A, f1, mul!(B - A, f2));
            v[3] = fma!(-2.0 * A2 * B, d[1], mul!(2.0 * B, d[3]));
            v[4] = fma!(-A2, f1, f3);
        }
        _ => {
            let (even_a, odd_a) = (fma!(-B2, d[2], d[4]), fma!(-B2, d[1], d[3]));
            let (even_b, odd_b) = (fma!(-A2, d[2], d[4]), fma!(-A2, d[1], d[3]));
            v[0] = fma!(A2 * B2, d[0], fma!(-(A2 + B2), d[2], d[4]));
            v[1] = fma!(A, odd_a, even_a);
            v[2] = fma!(-A, odd_a, even_a);
            v[3] = fma!(B, odd_b, even_b);
            v[4] = fma!(-B, odd_b, even_b);
            v[5] = fma!(A2 * B2, d[1], fma!(-(A2 + B2), d[3], d[5]));
        }
    }
    v
}

/// Aᵀ·m for `P` points: as many fewer pixels than `N` as points than six; the others are left as they come.
#[inline(always)]
pub fn output<S: Simd, const P: usize, const N: usize>(s: S, m: [S::f32s; P]) -> [S::f32s; N] {
    arithmetic!(s);
    let pixels = P + N - IN;
    let (p, q) = (add!(m[1], m[2]), sub!(m[1], m[2]));
    let (r, t) = match P {
        4 => (p, q), // of which nothing is taken
        5 => (m[3], m[3]),
        _ => (add!(m[3], m[4]), sub!(m[3], m[4])),
    };
    let mut y = [m[0]; N];
    if P > 4 {
        y[0] = add!(add!(p, r), m[0]);
        y[1] = fma!(A, q, mul!(B, t));
        if pixels > 2 {
            y[2] = fma!(A2, p, mul!(B2, r));
        }
        if pixels > 3 {
            y[3] = fma!(A3, q, mul!(B3, t));
        }
        if pixels > 4 {
            y[4] = fma!(A4, p, mul!(B4, r));
        }
    } else {
        y[0] = add!(p, m[0]);
        if pixels > 1 {
            y[1] = mul!(A, q);
        }
        if pixels > 2 {
            y[2] = mul!(A2, p);
        }
    }
    y[pixels - 1] = add!(y[pixels - 1], m[P - 1]);
    y
}

/// A·g for `P` points: of as many fewer pixels than `N` as points than six.
#[inline(always)]
pub fn gradient<S: Simd, const P: usize, const N: usize>(s: S, g: [S::f32s; N]) -> [S::f32s; P] {
    arithmetic!(s);
    let pixels = P + N - IN;
    let second = if pixels > 1 { g[1] } else { s.splat_f32s(0.0) };
    let (mut even_a, mut odd_a) = (g[0], second);
    let (mut even_b, mut odd_b) = (g[0], second);
    if pixels > 2 {
        (even_a, even_b) = (fma!(A2, g[2], even_a), fma!(B2, g[2], even_b));
    }
    if pixels > 3 {
        (odd_a, odd_b) = (fma!(A2, g[3], odd_a), fma!(B2, g[3], odd_b));
    }
    if pixels > 4 {
        (even_a, even_b) = (fma!(A4, g[4], even_a), fma!(B4, g[4], even_b));
    }
    let mut d = [g[0]; P];
    d[1] = fma!(A, odd_a, even_a);
    d[2] = fma!(-A, odd_a, even_a);
    if P > 4 {
        d[3] = fma!(B, odd_b, even_b);
    }
    if P > 5 {
        d[4] = fma!(-B, odd_b, even_b);
    }
    d[P - 1] = g[pixels - 1];
    d
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
