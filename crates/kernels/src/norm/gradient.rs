//! The gradients, in closed form and in two passes: sums over pixels, then the input's.

use std::mem::MaybeUninit;

use crate::activation::{passed, with_act};
use crate::groups::Groups;
use crate::sums::{LANES, fold, repeated, side_by_side, sum_chunks};
use crate::work::{Output, Writer, vectorised};

vectorised! {
    /// Adds up, lane by lane, the gradient before the activation and its product with `x − mean`. The activation's input is computed anew.
    fn add_gradients<const ACT: u8>(
        x: &[f32],
        grad: &[f32],
        mean: &[f32],
        scale: &[f32],
        shift: &[f32],
        slope: f32,
        sums: &mut [f32],
        products: &mut [f32],
    ) {
        let width = mean.len();
        let whole = x.len() - x.len() % width;
        let blocks = width - width % LANES;
        for at in (0..blocks).step_by(LANES) {
            let (mut sum, mut product) = ([0.0f32; LANES], [0.0f32; LANES]);
            let (mut m, mut s, mut b) = ([0.0f32; LANES], [0.0f32; LANES], [0.0f32; LANES]);
            m.copy_from_slice(&mean[at..][..LANES]);
            s.copy_from_slice(&scale[at..][..LANES]);
            b.copy_from_slice(&shift[at..][..LANES]);
            for (x, grad) in x[..whole].chunks_exact(width).zip(grad.chunks_exact(width)) {
                let (x, grad) = (&x[at..][..LANES], &grad[at..][..LANES]);
                for j in 0..LANES {
                    let centred = x[j] - m[j];
                    let d = passed::<ACT>(centred * s[j] + b[j], grad[j], slope);
                    sum[j] += d;
                    product[j] += d * centred;
                }
            }
            for j in 0..LANES {
                sums[at + j] += sum[j];
                products[at + j] += product[j];
            }
        }
        for (i, (x, grad)) in x.chunks(width).zip(grad.chunks(width)).enumerate() {
            let from = if i * width < whole { blocks } else { 0 };
            let n = x.len();
            let (x, grad, m, s, b) = (&x[from..], &grad[from..n], &mean[from..n], &scale[from..n], &shift[from..n]);
            let (p, w) = (&mut sums[from..n], &mut products[from..n]);
            for j in 0..x.len() {
                let centred = x[j] - m[j];
                let d = passed::<ACT>(centred * s[j] + b[j], grad[j], slope);
                p[j] += d;
                w[j] += d * centred;
            }
        }
    }
}

vectorised! {
    /// The same where a residual was added before the activation, whose output `y` tells its sign: the gradient before the activation,
    /// which is the residual's, takes the place of `grad`.
    fn pass_and_add_gradients<const ACT: u8>(
        x: &[f32],
        y: &[f32],
        grad: &mut [f32],
        mean: &[f32],
        slope: f32,
        sums: &mut [f32],
        products: &mut [f32],
    ) {
        let width = mean.len();
        for ((x, y), grad) in x.chunks(width).zip(y.chunks(width)).zip(grad.chunks_mut(width)) {
            let n = x.len();
            let (y, grad, m, p, w) = (&y[..n], &mut grad[..n], &mean[..n], &mut sums[..n], &mut products[..n]);
            for j in 0..n {
                let d = passed::<ACT>(y[j], grad[j], slope);
                grad[j] = d;
                p[j] += d;
                w[j] += d * (x[j] - m[j]);
            }
        }
    }
}

/// One number's factors: mean, scale, shift, and by what its gradient depends on the sums.
type FactorsOf<'a> = [&'a [f32]; 5];

/// The gradient of the input `x`. `CENTRED`: mean and variance are the input's own.
#[inline(always)]
fn gradient_of<const ACT: u8, const CENTRED: bool>(x: f32, grad: f32, k: [f32; 5], slope: f32) -> f32 {
    let [mean, scale, shift, constant, linear] = k;
    let centred = x - mean;
    let d = passed::<ACT>(centred * scale + shift, grad, slope);
    if CENTRED { scale * (d - constant - centred * linear) } else { scale * d }
}

vectorised! {
    fn gradient_chunk<const ACT: u8, const CENTRED: bool>(
        x: &[f32],
        grad: &[f32],
        factors: FactorsOf<'_>,
        slope: f32,
        dx: &mut [MaybeUninit<f32>],
    ) {
        let width = factors[0].len();
        for ((x, grad), dx) in x.chunks(width).zip(grad.chunks(width)).zip(dx.chunks_mut(width)) {
            let n = x.len();
            let (grad, dx, [m, s, b, a, l]) = (&grad[..n], &mut dx[..n], factors);
            let (m, s, b, a, l) = (&m[..n], &s[..n], &b[..n], &a[..n], &l[..n]);
            for j in 0..n {
                dx[j].write(gradient_of::<ACT, CENTRED>(x[j], grad[j], [m[j], s[j], b[j], a[j], l[j]], slope));
            }
        }
    }
}

vectorised! {
    /// The same in the place of `grad`.
    fn gradient_chunk_in_place<const ACT: u8, const CENTRED: bool>(
        x: &[f32],
        grad: &mut [f32],
        factors: FactorsOf<'_>,
        slope: f32,
    ) {
        let width = factors[0].len();
        for (x, grad) in x.chunks(width).zip(grad.chunks_mut(width)) {
            let n = x.len();
            let (grad, [m, s, b, a, l]) = (&mut grad[..n], factors);
            let (m, s, b, a, l) = (&m[..n], &s[..n], &b[..n], &a[..n], &l[..n]);
            for j in 0..n {
                grad[j] = gradient_of::<ACT, CENTRED>(x[j], grad[j], [m[j], s[j], b[j], a[j], l[j]], slope);
            }
        }
    }
}

/// What the forward pass leaves for the backward pass.
#[derive(Debug, Clone)]
pub struct Saved {
    /// How the tensor is cut.
    pub groups: Groups,
    /// Means, one a channel of each group.
    pub mean: Vec<f32>,
    /// `1/√(var + eps)`, likewise.
    pub inverse: Vec<f32>,
    /// The same times γ.
    pub scale: Vec<f32>,
    /// β, one a channel.
    pub shift: Vec<f32>,
    /// The factor of negative values.
    pub slope: f32,
    /// Whether mean and variance came from the tensor itself (training), so that they have a gradient.
    pub from_batch: bool,
}

impl Saved {
    /// Panics unless everything is as long as the groups say, which the unsafe code below relies on.
    fn check(&self, tensors: [&[f32]; 3]) {
        let g = &self.groups;
        assert!(
            tensors.iter().all(|tensor| tensor.len() == g.len()),
            "a tensor and its gradient are as long as their groups together"
        );
        let channels = g.count * g.c;
        assert_eq!(
            [self.mean.len(), self.inverse.len(), self.scale.len(), self.shift.len()],
            [channels, channels, channels, g.c],
            "one mean, deviation and scale a channel of each group, one shift a channel"
        );
    }
}

/// The gradient of the output.
#[derive(Debug)]
pub enum Incoming<'a> {
    /// It is needed elsewhere too.
    Shared(&'a [f32]),
    /// Another may take its place.
    Own(&'a mut [f32]),
}

impl Incoming<'_> {
    fn data(&self) -> &[f32] {
        match self {
            Incoming::Shared(grad) => grad,
            Incoming::Own(grad) => grad,
        }
    }
}

/// The gradients of a normalisation besides the residual's.
#[derive(Debug)]
pub struct NormGradients {
    /// Of the input; none if it has taken the place of the output's.
    pub x: Option<Vec<f32>>,
    /// Of γ.
    pub gamma: Vec<f32>,
    /// Of β.
    pub beta: Vec<f32>,
}

/// The closed-form gradients where no residual was added, or no activation came after it. The residual's gradient is then the output's.
///
/// # Panics
/// If a slice is not as long as the groups say.
pub fn gradients(x: &[f32], grad: Incoming<'_>, s: &Saved) -> NormGradients {
    let data = grad.data();
    s.check([x, data, data]);
    let k = Factors::of(s);
    let sums = chunk_sums(&s.groups, |group, range, sums, products| {
        let (m, f) = (&k.means[group], &k.scales[group]);
        with_act!(s.slope, ACT => {
            add_gradients::<ACT>(&x[range.clone()], &data[range], m, f, &k.shift, s.slope, sums, products);
        });
    });
    let done = Linear::of(&sums, s);
    let x = match grad {
        Incoming::Shared(grad) => {
            let mut dx = Output::new(x.len());
            input_gradient(x, Some(grad), s, s.slope, &k, &done, &dx.writer());
            // SAFETY: the chunks cover the tensor.
            Some(unsafe { dx.finish() })
        }
        Incoming::Own(grad) => {
            input_gradient(x, None, s, s.slope, &k, &done, &Writer::over(grad));
            None
        }
    };
    NormGradients { x, gamma: done.gamma, beta: done.beta }
}

/// The closed-form gradients where a residual was added and an activation came after, whose output is `y`. The residual's gradient takes
/// the place of `grad`.
///
/// # Panics
/// If a slice is not as long as the groups say.
pub fn gradients_with_residual(x: &[f32], y: &[f32], grad: &mut [f32], s: &Saved) -> NormGradients {
    s.check([x, y, grad]);
    let k = Factors::of(s);
    let writer = Writer::over(grad);
    let sums = chunk_sums(&s.groups, |group, range, sums, products| {
        // SAFETY: each chunk has its own range, and what is written over holds numbers.
        let d = unsafe { writer.range(range.start, range.len()).assume_init_mut() };
        with_act!(s.slope, ACT => {
            pass_and_add_gradients::<ACT>(&x[range.clone()], &y[range], d, &k.means[group], s.slope, sums, products);
        });
    });
    let done = Linear::of(&sums, s);
    let mut dx = Output::new(x.len());
    input_gradient(x, Some(grad), s, 1.0, &k, &done, &dx.writer());
    // SAFETY: the chunks cover the tensor.
    NormGradients { x: Some(unsafe { dx.finish() }), gamma: done.gamma, beta: done.beta }
}

/// The saved numbers, for the pixels taken side by side.
struct Factors {
    means: Vec<Vec<f32>>,
    scales: Vec<Vec<f32>>,
    shift: Vec<f32>,
}

impl Factors {
    fn of(s: &Saved) -> Self {
        let of = |values: &[f32]| values.chunks_exact(s.groups.c).map(repeated).collect();
        Factors { means: of(&s.mean), scales: of(&s.scale), shift: repeated(&s.shift) }
    }
}

/// What `add(group, range, sums, products)` adds up over each chunk: `c` sums and `c` products a chunk.
fn chunk_sums(
    g: &Groups,
    add: impl Fn(usize, std::ops::Range<usize>, &mut [f32], &mut [f32]) + Sync + Send,
) -> Vec<f32> {
    let c = g.c;
    let mut partial = Output::new(g.count * g.chunks * 2 * c);
    let writer = partial.writer();
    g.for_chunks(|i, group, range| {
        let width = c * side_by_side(c);
        let mut lanes = vec![0.0; 2 * width];
        let (sums, products) = lanes.split_at_mut(width);
        add(group, range, sums, products);
        fold(sums, c);
        fold(products, c);
        // SAFETY: each chunk has its own range.
        let (first, second) = unsafe { writer.range(i * 2 * c, 2 * c) }.split_at_mut(c);
        first.write_copy_of_slice(&sums[..c]);
        second.write_copy_of_slice(&products[..c]);
    });
    // SAFETY: every chunk has written its range.
    unsafe { partial.finish() }
}

/// The gradients of γ and β, and by what the input's depends on the sums: on a constant and linearly on `x − mean`.
struct Linear {
    gamma: Vec<f32>,
    beta: Vec<f32>,
    constants: Vec<Vec<f32>>,
    slopes: Vec<Vec<f32>>,
}

impl Linear {
    fn of(partial: &[f32], s: &Saved) -> Self {
        let (g, c) = (&s.groups, s.groups.c);
        let (mut gamma, mut beta) = (vec![0.0f64; c], vec![0.0f64; c]);
        let (mut constants, mut slopes) = (Vec::with_capacity(g.count), Vec::with_capacity(g.count));
        for (group, lines) in partial.chunks_exact(g.chunks * 2 * c).enumerate() {
            let sums = sum_chunks(lines, 2 * c, 2 * c);
            let (mut constant, mut slope) = (vec![0.0; c], vec![0.0; c]);
            for ch in 0..c {
                let inverse = f64::from(s.inverse[group * c + ch]);
                beta[ch] += sums[ch];
                gamma[ch] += sums[c + ch] * inverse;
                constant[ch] = (sums[ch] / g.pixels as f64) as f32;
                slope[ch] = (sums[c + ch] * inverse * inverse / g.pixels as f64) as f32;
            }
            constants.push(repeated(&constant));
            slopes.push(repeated(&slope));
        }
        let narrow = |v: Vec<f64>| v.into_iter().map(|v| v as f32).collect();
        Linear { gamma: narrow(gamma), beta: narrow(beta), constants, slopes }
    }
}

/// Writes the input's gradient to `out`, from `grad` or, without it, from what `out` holds. From the end, whose numbers the sums have
/// left in the cache.
fn input_gradient(
    x: &[f32],
    grad: Option<&[f32]>,
    s: &Saved,
    slope: f32,
    k: &Factors,
    done: &Linear,
    out: &Writer<'_>,
) {
    with_act!(slope, ACT => s.groups.for_chunks_from_the_end(|_, group, range| {
        let factors: FactorsOf<'_> =
            [&k.means[group], &k.scales[group], &k.shift, &done.constants[group], &done.slopes[group]];
        // SAFETY: each chunk has its own range.
        let dx = unsafe { out.range(range.start, range.len()) };
        let x = &x[range.clone()];
        match (grad, s.from_batch) {
            (Some(grad), true) => gradient_chunk::<ACT, true>(x, &grad[range], factors, slope, dx),
            (Some(grad), false) => gradient_chunk::<ACT, false>(x, &grad[range], factors, slope, dx),
            (None, centred) => {
                // SAFETY: without a source, what is written over holds numbers.
                let grad = unsafe { dx.assume_init_mut() };
                if centred {
                    gradient_chunk_in_place::<ACT, true>(x, grad, factors, slope);
                } else {
                    gradient_chunk_in_place::<ACT, false>(x, grad, factors, slope);
                }
            }
        }
    }));
}
