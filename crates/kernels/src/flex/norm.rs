//! Normalisation by channel over groups of pixels: one group is the batch (batch norm) or an image (instance norm). Each pass over
//! memory does all that it can: normalise, scale, shift, add the residual, activate.

use super::dims::Dims;
use super::elementwise::{activated, passed, with_act};
use super::work::{Output, Writer, run_blocks, vectorised};
use std::mem::MaybeUninit;

/// Numbers in a chunk, the unit of work and of summation.
const CHUNK: usize = 1 << 15;
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
        run_blocks(self.count * self.chunks, self.len() > PARALLEL, |i| self.chunk(i, &f));
    }

    /// The same the other way round.
    fn for_chunks_from_the_end(&self, f: impl Fn(usize, usize, std::ops::Range<usize>) + Sync + Send) {
        let count = self.count * self.chunks;
        run_blocks(count, self.len() > PARALLEL, |i| self.chunk(count - 1 - i, &f));
    }

    fn chunk(&self, i: usize, f: impl Fn(usize, usize, std::ops::Range<usize>)) {
        let (group, chunk) = (i / self.chunks, i % self.chunks);
        let first = chunk * self.rows;
        let last = self.pixels.min(first + self.rows);
        let base = group * self.pixels;
        f(i, group, (base + first) * self.c..(base + last) * self.c);
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

vectorised! {
    /// Adds lanes back up to channels, in the first of them.
    fn fold(lanes: &mut [f32], c: usize) {
        let (first, others) = lanes.split_at_mut(c);
        for other in others.chunks_exact(c) {
            for (f, o) in first.iter_mut().zip(other) {
                *f += o;
            }
        }
    }
}

/// Lanes whose sums stay in registers.
const LANES: usize = 64;

vectorised! {
    /// Adds `x − shift` and its square up, lane by lane. Rows are as long as `shift`; the last may be cut off.
    fn add_shifted(x: &[f32], shift: &[f32], sums: &mut [f32], squares: &mut [f32]) {
        let width = shift.len();
        let whole = x.len() - x.len() % width;
        let blocks = width - width % LANES;
        for at in (0..blocks).step_by(LANES) {
            let (mut sum, mut square, mut k) = ([0.0f32; LANES], [0.0f32; LANES], [0.0f32; LANES]);
            k.copy_from_slice(&shift[at..][..LANES]);
            for row in x[..whole].chunks_exact(width) {
                let row = &row[at..][..LANES];
                for j in 0..LANES {
                    let d = row[j] - k[j];
                    sum[j] += d;
                    square[j] += d * d;
                }
            }
            for j in 0..LANES {
                sums[at + j] += sum[j];
                squares[at + j] += square[j];
            }
        }
        for (i, row) in x.chunks(width).enumerate() {
            let from = if i * width < whole { blocks } else { 0 };
            let n = row.len();
            let (row, k) = (&row[from..], &shift[from..n]);
            let (sums, squares) = (&mut sums[from..n], &mut squares[from..n]);
            for j in 0..row.len() {
                let d = row[j] - k[j];
                sums[j] += d;
                squares[j] += d * d;
            }
        }
    }
}

vectorised! {
    /// Adds up, lane by lane. Rows are as long as `acc`; the last may be cut off.
    fn add_lanes(x: &[f32], acc: &mut [f32]) {
        let width = acc.len();
        for x in x.chunks(width) {
            for (a, v) in acc.iter_mut().zip(x) {
                *a += v;
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
        fold(&mut lanes, c);
        // SAFETY: each chunk has its own range.
        unsafe { writer.range(i * c, c) }.write_copy_of_slice(&lanes[..c]);
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
///
/// A chunk is read once: sums and sums of squares are of the distance from the mean of its first sixteenth, which is at most four standard
/// deviations from the chunk's own mean, so that little cancels.
pub fn statistics(x: &[f32], g: &Groups) -> (Vec<f32>, Vec<f32>) {
    let c = g.c;
    let mut partial = Output::new(g.count * g.chunks * 2 * c);
    let writer = partial.writer();
    g.for_chunks(|i, _, range| {
        let x = &x[range];
        let pixels = g.pixels_of(i);
        let width = c * side_by_side(c);
        let mut lanes = vec![0.0; 3 * width];
        let (shift, sums) = lanes.split_at_mut(width);
        let (sums, squares) = sums.split_at_mut(width);
        let sample = pixels.div_ceil(16);
        add_lanes(&x[..sample * c], sums);
        fold(sums, c);
        for shift in shift.chunks_exact_mut(c) {
            for (k, sum) in shift.iter_mut().zip(&*sums) {
                *k = sum / sample as f32;
            }
        }
        sums.fill(0.0);
        add_shifted(x, shift, sums, squares);
        fold(sums, c);
        fold(squares, c);
        // SAFETY: each chunk has its own range.
        let (means, centred) = unsafe { writer.range(i * 2 * c, 2 * c) }.split_at_mut(c);
        let inverse = 1.0 / pixels as f32;
        for ch in 0..c {
            means[ch].write(shift[ch] + sums[ch] * inverse);
            centred[ch].write((squares[ch] - sums[ch] * (sums[ch] * inverse)).max(0.0));
        }
    });
    // SAFETY: every chunk has written its range.
    let partial = unsafe { partial.finish() };
    let (mut means, mut vars) = (Vec::with_capacity(g.count * c), Vec::with_capacity(g.count * c));
    for (group, lines) in partial.chunks_exact(g.chunks * 2 * c).enumerate() {
        // Chan, Golub and LeVeque's rule joins the chunks' means and sums of squares.
        let (mut n, mut mean, mut squares) = (0.0f64, vec![0.0f64; c], vec![0.0f64; c]);
        for (chunk, line) in lines.chunks_exact(2 * c).enumerate() {
            let more = g.pixels_of(group * g.chunks + chunk) as f64;
            let all = n + more;
            join(line, more / all, n * more / all, &mut mean, &mut squares);
            n = all;
        }
        means.extend(mean.into_iter().map(|v| v as f32));
        vars.extend(squares.into_iter().map(|v| (v / n) as f32));
    }
    (means, vars)
}

vectorised! {
    /// Joins a chunk's means and sums of squares to those of the chunks before it; `part` is its part of all pixels.
    fn join(line: &[f32], part: f64, weight: f64, mean: &mut [f64], squares: &mut [f64]) {
        let c = mean.len();
        let (means, centred, squares) = (&line[..c], &line[c..][..c], &mut squares[..c]);
        for ch in 0..c {
            let delta = f64::from(means[ch]) - mean[ch];
            squares[ch] += f64::from(centred[ch]) + delta * delta * weight;
            mean[ch] += delta * part;
        }
    }
}

/// `1/√(var + eps)`.
pub fn inverse_deviation(var: &[f32], eps: f64) -> Vec<f32> {
    var.iter().map(|v| (1.0 / (f64::from(*v) + eps).sqrt()) as f32).collect()
}

vectorised! {
    fn apply_chunk<const ACT: u8, const RESIDUAL: bool>(
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
                y[j].write(activated::<ACT>(v, slope));
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
    with_act!(slope, ACT => g.for_chunks_from_the_end(|_, group, range| {
        // SAFETY: each chunk has its own range.
        let y = unsafe { writer.range(range.start, range.len()) };
        let (mean, scale) = (&mean[group], &scale[group]);
        match residual {
            Some(r) => apply_chunk::<ACT, true>(&x[range.clone()], mean, scale, &shift, &r[range], slope, y),
            None => apply_chunk::<ACT, false>(&x[range], mean, scale, &shift, &[], slope, y),
        }
    }));
    // SAFETY: the chunks cover the tensor.
    unsafe { out.finish() }
}

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

/// The gradient of the output.
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
pub struct NormGradients {
    /// Of the input; none if it has taken the place of the output's.
    pub x: Option<Vec<f32>>,
    /// Of γ.
    pub gamma: Vec<f32>,
    /// Of β.
    pub beta: Vec<f32>,
}

/// The closed-form gradients where no residual was added, or no activation came after it. The residual's gradient is then the output's.
pub fn gradients(x: &[f32], grad: Incoming<'_>, s: &Saved) -> NormGradients {
    let k = Factors::of(s);
    let data = grad.data();
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
pub fn gradients_with_residual(x: &[f32], y: &[f32], grad: &mut [f32], s: &Saved) -> NormGradients {
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
