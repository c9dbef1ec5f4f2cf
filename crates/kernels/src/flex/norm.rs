//! Normalisation by channel over groups of pixels: one group is the batch (batch norm) or an image (instance norm). Each pass over
//! memory does all that it can: normalise, scale, shift, add the residual, activate.

use super::layout::Dims;
use super::work::{Output, run_blocks, vectorised};
use std::mem::MaybeUninit;

/// Numbers in a chunk, the unit of work and of summation.
const CHUNK: usize = 1 << 14;
/// Numbers from which several threads are worth it.
const PARALLEL: usize = 1 << 17;

/// How a tensor is cut: groups with statistics of their own, each in chunks of pixels.
#[derive(Debug, Clone, Copy)]
pub struct Groups {
    count: usize,
    pixels: usize,
    c: usize,
    rows: usize,
    chunks: usize,
}

impl Groups {
    /// The whole batch as one group.
    pub fn batch(d: Dims) -> Self {
        Self::new(1, d.pixels(), d.c)
    }

    /// Each image a group.
    pub fn images(d: Dims) -> Self {
        Self::new(d.n, d.h * d.w, d.c)
    }

    fn new(groups: usize, pixels: usize, c: usize) -> Self {
        let rows = (CHUNK / c.max(1)).max(16);
        Groups { count: groups, pixels, c, rows, chunks: pixels.div_ceil(rows).max(1) }
    }

    fn len(&self) -> usize {
        self.count * self.pixels * self.c
    }

    /// Calls `f` with number, group and range of each chunk.
    fn for_chunks(&self, f: impl Fn(usize, usize, std::ops::Range<usize>) + Sync + Send) {
        run_blocks(self.count * self.chunks, self.len() > PARALLEL, |i| {
            let (group, chunk) = (i / self.chunks, i % self.chunks);
            let first = chunk * self.rows;
            let last = self.pixels.min(first + self.rows);
            let base = group * self.pixels;
            f(i, group, (base + first) * self.c..(base + last) * self.c);
        });
    }

    /// Pixels of chunk `i` (counted over all groups).
    fn pixels_of(&self, i: usize) -> usize {
        let first = (i % self.chunks) * self.rows;
        self.pixels.min(first + self.rows) - first
    }
}

/// Channels are few and vectors wide: so many pixels are taken side by side.
fn side_by_side(c: usize) -> usize {
    (64 / c).max(1)
}

/// `values`, one a channel, repeated for the pixels taken side by side.
fn repeated(values: &[f32]) -> Vec<f32> {
    values.repeat(side_by_side(values.len().max(1)))
}

/// Adds lanes back up to channels.
fn fold(lanes: &[f32], c: usize, out: &mut [MaybeUninit<f32>]) {
    for (i, v) in out.iter_mut().enumerate() {
        v.write(lanes.iter().skip(i).step_by(c).sum());
    }
}

vectorised! {
    fn add_lanes(x: &[f32], acc: &mut [f32]) {
        let width = acc.len();
        for x in x.chunks(width) {
            for (a, v) in acc.iter_mut().zip(x) {
                *a += v;
            }
        }
    }
}

vectorised! {
    fn add_squares(x: &[f32], mean: &[f32], acc: &mut [f32]) {
        let width = acc.len();
        for x in x.chunks(width) {
            for ((a, v), m) in acc.iter_mut().zip(x).zip(mean) {
                let d = v - m;
                *a += d * d;
            }
        }
    }
}

/// Sums of the columns of a matrix with rows of `c`.
pub fn column_sums(x: &[f32], c: usize) -> Vec<f32> {
    let g = Groups::new(1, x.len() / c, c);
    let mut partial = Output::new(g.chunks * c);
    let writer = partial.writer();
    g.for_chunks(|i, _, range| {
        let mut lanes = vec![0.0; c * side_by_side(c)];
        add_lanes(&x[range], &mut lanes);
        // SAFETY: each chunk has its own range.
        fold(&lanes, c, unsafe { writer.range(i * c, c) });
    });
    // SAFETY: every chunk has written its range.
    let partial = unsafe { partial.finish() };
    sum_chunks(&partial, c, c).into_iter().map(|v| v as f32).collect()
}

/// Sums `partial`, one line of `width` a chunk of which the first `c` count, in order and in double precision.
fn sum_chunks(partial: &[f32], width: usize, c: usize) -> Vec<f64> {
    let mut sums = vec![0.0f64; c];
    for line in partial.chunks_exact(width) {
        for (s, v) in sums.iter_mut().zip(line) {
            *s += f64::from(*v);
        }
    }
    sums
}

/// Mean and biased variance of every channel of every group, `[groups · c]` each.
pub fn statistics(x: &[f32], g: &Groups) -> (Vec<f32>, Vec<f32>) {
    let c = g.c;
    let mut partial = Output::new(g.count * g.chunks * 2 * c);
    let writer = partial.writer();
    g.for_chunks(|i, _, range| {
        let x = &x[range];
        let mut lanes = vec![0.0; c * side_by_side(c)];
        // SAFETY: each chunk has its own range.
        let (means, squares) = unsafe { writer.range(i * 2 * c, 2 * c) }.split_at_mut(c);
        add_lanes(x, &mut lanes);
        fold(&lanes, c, means);
        let inverse = 1.0 / g.pixels_of(i) as f32;
        let mut mean = vec![0.0; c];
        for (m, slot) in mean.iter_mut().zip(means) {
            // SAFETY: fold has written it.
            *m = unsafe { slot.assume_init() } * inverse;
            slot.write(*m);
        }
        lanes.fill(0.0);
        add_squares(x, &repeated(&mean), &mut lanes);
        fold(&lanes, c, squares);
    });
    // SAFETY: every chunk has written its range.
    let partial = unsafe { partial.finish() };
    let (mut means, mut vars) = (Vec::with_capacity(g.count * c), Vec::with_capacity(g.count * c));
    for group in 0..g.count {
        // Chan, Golub and LeVeque's rule joins the chunks' means and sums of squares.
        for ch in 0..c {
            let (mut n, mut mean, mut squares) = (0.0f64, 0.0f64, 0.0f64);
            for chunk in 0..g.chunks {
                let i = group * g.chunks + chunk;
                let more = g.pixels_of(i) as f64;
                let delta = f64::from(partial[i * 2 * c + ch]) - mean;
                let all = n + more;
                squares += f64::from(partial[i * 2 * c + c + ch]) + delta * delta * n * more / all;
                mean += delta * more / all;
                n = all;
            }
            means.push(mean as f32);
            vars.push((squares / n) as f32);
        }
    }
    (means, vars)
}

/// `1/√(var + eps)`.
pub fn inverse_deviation(var: &[f32], eps: f64) -> Vec<f32> {
    var.iter().map(|v| (1.0 / (f64::from(*v) + eps).sqrt()) as f32).collect()
}

vectorised! {
    fn apply_chunk<const RESIDUAL: bool>(
        x: &[f32],
        mean: &[f32],
        scale: &[f32],
        shift: &[f32],
        residual: &[f32],
        slope: f32,
        out: &mut [MaybeUninit<f32>],
    ) {
        let width = mean.len();
        for (i, (x, y)) in x.chunks(width).zip(out.chunks_mut(width)).enumerate() {
            let n = x.len();
            let r = if RESIDUAL { &residual[i * width..][..n] } else { x };
            let (y, m, s, b) = (&mut y[..n], &mean[..n], &scale[..n], &shift[..n]);
            for j in 0..n {
                let mut v = (x[j] - m[j]) * s[j] + b[j];
                if RESIDUAL {
                    v += r[j];
                }
                y[j].write(if v > 0.0 { v } else { v * slope });
            }
        }
    }
}

/// `act((x − mean)·scale + shift + residual)`; `mean` and `scale` one a channel of each group, `shift` one a channel.
pub fn apply(
    x: &[f32],
    g: &Groups,
    mean: &[f32],
    scale: &[f32],
    shift: &[f32],
    residual: Option<&[f32]>,
    slope: f32,
) -> Vec<f32> {
    let c = g.c;
    let mut out = Output::new(g.len());
    let writer = out.writer();
    let shift = repeated(shift);
    let of = |values: &[f32]| -> Vec<Vec<f32>> { values.chunks_exact(c).map(repeated).collect() };
    let (mean, scale) = (of(mean), of(scale));
    g.for_chunks(|_, group, range| {
        // SAFETY: each chunk has its own range.
        let y = unsafe { writer.range(range.start, range.len()) };
        let (mean, scale) = (&mean[group], &scale[group]);
        match residual {
            Some(r) => apply_chunk::<true>(&x[range.clone()], mean, scale, &shift, &r[range], slope, y),
            None => apply_chunk::<false>(&x[range], mean, scale, &shift, &[], slope, y),
        }
    });
    // SAFETY: the chunks cover the tensor.
    unsafe { out.finish() }
}

vectorised! {
    fn add_gradients<const ACT: bool>(
        x: &[f32],
        y: &[f32],
        grad: &[f32],
        mean: &[f32],
        slope: f32,
        sums: &mut [f32],
        products: &mut [f32],
    ) {
        let width = mean.len();
        for (i, (x, grad)) in x.chunks(width).zip(grad.chunks(width)).enumerate() {
            let n = x.len();
            let y = if ACT { &y[i * width..][..n] } else { x };
            let (grad, m, p, w) = (&grad[..n], &mean[..n], &mut sums[..n], &mut products[..n]);
            for j in 0..n {
                let d = if ACT && y[j] <= 0.0 { grad[j] * slope } else { grad[j] };
                p[j] += d;
                w[j] += d * (x[j] - m[j]);
            }
        }
    }
}

vectorised! {
    fn gradient_chunk<const ACT: bool, const RESIDUAL: bool>(
        x: &[f32],
        y: &[f32],
        grad: &[f32],
        mean: &[f32],
        scale: &[f32],
        constant: &[f32],
        linear: &[f32],
        slope: f32,
        dx: &mut [MaybeUninit<f32>],
        dr: &mut [MaybeUninit<f32>],
    ) {
        let width = mean.len();
        for (i, (x, grad)) in x.chunks(width).zip(grad.chunks(width)).enumerate() {
            let n = x.len();
            let at = i * width;
            let y = if ACT { &y[at..][..n] } else { x };
            let (grad, m, s, a, b) = (&grad[..n], &mean[..n], &scale[..n], &constant[..n], &linear[..n]);
            let dx = &mut dx[at..][..n];
            for j in 0..n {
                let d = if ACT && y[j] <= 0.0 { grad[j] * slope } else { grad[j] };
                dx[j].write(s[j] * (d - a[j] - (x[j] - m[j]) * b[j]));
            }
            if RESIDUAL {
                let dr = &mut dr[at..][..n];
                for j in 0..n {
                    dr[j].write(if ACT && y[j] <= 0.0 { grad[j] * slope } else { grad[j] });
                }
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
    /// γ, one a channel; none stands for ones.
    pub gamma: Option<Vec<f32>>,
    /// The factor of negative values.
    pub slope: f32,
    /// Whether mean and variance came from the tensor itself (training), so that they have a gradient.
    pub from_batch: bool,
}

/// All gradients of a normalisation.
pub struct NormGradients {
    /// Of the input.
    pub x: Vec<f32>,
    /// Of γ.
    pub gamma: Vec<f32>,
    /// Of β.
    pub beta: Vec<f32>,
    /// Of the residual, if it was asked for and is not simply the output's.
    pub residual: Option<Vec<f32>>,
}

/// The closed-form gradients; `y` is needed if there is an activation.
pub fn gradients(
    x: &[f32],
    y: Option<&[f32]>,
    grad: &[f32],
    s: &Saved,
    want_residual: bool,
) -> NormGradients {
    let g = &s.groups;
    let c = g.c;
    let y = y.filter(|_| s.slope != 1.0);
    let means: Vec<Vec<f32>> = s.mean.chunks_exact(c).map(repeated).collect();
    let mut partial = Output::new(g.count * g.chunks * 2 * c);
    let writer = partial.writer();
    g.for_chunks(|i, group, range| {
        let lanes = c * side_by_side(c);
        let mut sums = vec![0.0; 2 * lanes];
        let (plain, weighted) = sums.split_at_mut(lanes);
        let (xs, gs, mean) = (&x[range.clone()], &grad[range.clone()], &means[group]);
        match y {
            Some(y) => add_gradients::<true>(xs, &y[range], gs, mean, s.slope, plain, weighted),
            None => add_gradients::<false>(xs, &[], gs, mean, s.slope, plain, weighted),
        }
        // SAFETY: each chunk has its own range.
        let (first, second) = unsafe { writer.range(i * 2 * c, 2 * c) }.split_at_mut(c);
        fold(plain, c, first);
        fold(weighted, c, second);
    });
    // SAFETY: every chunk has written its range.
    let partial = unsafe { partial.finish() };

    let (mut gamma, mut beta) = (vec![0.0f64; c], vec![0.0f64; c]);
    let (mut scales, mut constants, mut linears) = (Vec::new(), Vec::new(), Vec::new());
    for (group, lines) in partial.chunks_exact(g.chunks * 2 * c).enumerate() {
        let sums = sum_chunks(lines, 2 * c, 2 * c);
        let inverse = &s.inverse[group * c..][..c];
        let (mut scale, mut constant, mut linear) = (vec![0.0; c], vec![0.0; c], vec![0.0; c]);
        for ch in 0..c {
            let inv = f64::from(inverse[ch]);
            beta[ch] += sums[ch];
            gamma[ch] += sums[c + ch] * inv;
            scale[ch] = inverse[ch] * s.gamma.as_ref().map_or(1.0, |g| g[ch]);
            if s.from_batch {
                constant[ch] = (sums[ch] / g.pixels as f64) as f32;
                linear[ch] = (sums[c + ch] * inv * inv / g.pixels as f64) as f32;
            }
        }
        scales.push(repeated(&scale));
        constants.push(repeated(&constant));
        linears.push(repeated(&linear));
    }

    let want_residual = want_residual && y.is_some();
    let mut dx = Output::new(g.len());
    let mut dr = Output::new(if want_residual { g.len() } else { 0 });
    let (dx_writer, dr_writer) = (dx.writer(), dr.writer());
    g.for_chunks(|_, group, range| {
        // SAFETY: each chunk has its own range.
        let dx = unsafe { dx_writer.range(range.start, range.len()) };
        let (xs, gs, k) = (&x[range.clone()], &grad[range.clone()], s.slope);
        let (m, f, a, b) = (&means[group], &scales[group], &constants[group], &linears[group]);
        match y {
            Some(y) if want_residual => {
                // SAFETY: each chunk has its own range.
                let dr = unsafe { dr_writer.range(range.start, range.len()) };
                gradient_chunk::<true, true>(xs, &y[range], gs, m, f, a, b, k, dx, dr);
            }
            Some(y) => gradient_chunk::<true, false>(xs, &y[range], gs, m, f, a, b, k, dx, &mut []),
            None => gradient_chunk::<false, false>(xs, &[], gs, m, f, a, b, k, dx, &mut []),
        }
    });
    let narrow = |v: Vec<f64>| v.into_iter().map(|v| v as f32).collect();
    NormGradients {
        // SAFETY: the chunks cover the tensor.
        x: unsafe { dx.finish() },
        gamma: narrow(gamma),
        beta: narrow(beta),
        // SAFETY: as above, when it was asked for.
        residual: want_residual.then(|| unsafe { dr.finish() }),
    }
}
