//! Tiles on a plane, so that those with like features lie together: t-SNE.

use crate::matrix::{add_scaled, dot};
use crate::summary::{mean, sd};

/// As many neighbours as count, about.
const PERPLEXITY: f64 = 30.0;
/// Steps in which neighbours attract each other [`EXAGGERATION`] times as strongly, and steps after them.
const STEPS: [usize; 2] = [250, 500];
const EXAGGERATION: f64 = 12.0;
/// Sums that are kept side by side, so that the processor adds several at once.
const LANES: usize = 4;

/// A map of tiles.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// Where each row lies; the axes have no unit and no meaning.
    pub points: Vec<[f64; 2]>,
    /// Kullback–Leibler divergence of neighbourhoods on the map from those in the features, 0 at best.
    pub divergence: f64,
}

/// t-SNE of rows of features (van der Maaten & Hinton 2008, *Journal of Machine Learning Research* 9), exact, perplexity 30 (less of under
/// 91 rows: a third of the others), from the two principal axes (Kobak & Berens 2019, *Nature Communications* 10), with the schedule of
/// scikit-learn: 250 steps of twelvefold attraction, 500 plain ones, learning rate N / 48 but at least 50, momentum 0.5, then 0.8.
///
/// There is no chance in it: the same rows give the same map. Time and memory grow with the square of the rows: a thousand take seconds.
///
/// `None` of fewer than 4 rows, of rows of several lengths or without features, and where a feature is not finite.
pub fn tsne(rows: &[Vec<f64>]) -> Option<Embedding> {
    let width = rows.first()?.len();
    let fits = |row: &Vec<f64>| row.len() == width && row.iter().all(|v| v.is_finite());
    if rows.len() < 4 || width == 0 || !rows.iter().all(fits) {
        return None;
    }
    let n = rows.len();
    let near = joint_probabilities(rows, PERPLEXITY.min((n - 1) as f64 / 3.0))?;
    let mut map = Map::new(principal_plane(rows)?);
    let rate = (n as f64 / EXAGGERATION / 4.0).max(50.0);
    for step in 0..STEPS[0] + STEPS[1] {
        let early = step < STEPS[0];
        let (attraction, momentum) = if early { (EXAGGERATION, 0.5) } else { (1.0, 0.8) };
        map.step(&near, attraction, momentum, rate);
    }
    let divergence = map.divergence(&near);
    let points: Vec<[f64; 2]> = map.at[0].iter().zip(&map.at[1]).map(|(x, y)| [*x, *y]).collect();
    points.iter().flatten().all(|v| v.is_finite()).then_some(Embedding { points, divergence })
}

/// pᵢⱼ of all pairs, row by row: how near two rows are to one another, 1 in all. Each row's Gaussian is as wide as its entropy is the
/// logarithm of the perplexity (equations 1 and section 3.1 of the paper). `None` if distances overflow.
pub fn joint_probabilities(rows: &[Vec<f64>], perplexity: f64) -> Option<Vec<f64>> {
    let n = rows.len();
    let mut near = vec![0.0; n * n];
    for (i, row) in rows.iter().enumerate() {
        let squared = |other: &Vec<f64>| row.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        let distances: Vec<f64> =
            rows.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, other)| squared(other)).collect();
        if !distances.iter().all(|d| d.is_finite()) {
            return None;
        }
        let of_row = conditional(&distances, perplexity.ln());
        let others = (0..n).filter(|j| *j != i);
        for (j, p) in others.zip(of_row) {
            near[i * n + j] += p / (2 * n) as f64;
            near[j * n + i] += p / (2 * n) as f64;
        }
    }
    Some(near)
}

/// exp(−β d) over its sum, β such that the entropy is `entropy`.
fn conditional(distances: &[f64], entropy: f64) -> Vec<f64> {
    // Less the nearest, so that no sum vanishes; of distances that are all alike any β does.
    let nearest = distances.iter().copied().fold(f64::INFINITY, f64::min);
    let spread = distances.iter().map(|d| d - nearest).sum::<f64>() / distances.len() as f64;
    let weights = |beta: f64| distances.iter().map(|d| (-beta * (d - nearest)).exp()).collect::<Vec<_>>();
    let excess = |beta: f64| {
        let weights = weights(beta);
        let sum: f64 = weights.iter().sum();
        let moment: f64 = weights.iter().zip(distances).map(|(w, d)| w * (d - nearest)).sum();
        sum.ln() + beta * moment / sum - entropy
    };
    let (mut low, mut high) = (0.0, if spread > 0.0 { 1.0 / spread } else { 1.0 });
    let mut doublings = 0;
    while excess(high) > 0.0 && doublings < 100 {
        (low, high) = (high, 2.0 * high);
        doublings += 1;
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if excess(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let weights = weights(f64::midpoint(low, high));
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / sum).collect()
}

/// Where the rows lie along their two axes of largest variance, scaled so that the first has a standard deviation of 10⁻⁴.
fn principal_plane(rows: &[Vec<f64>]) -> Option<[Vec<f64>; 2]> {
    let column = |j: usize| mean(&rows.iter().map(|row| row[j]).collect::<Vec<_>>());
    let means: Vec<f64> = (0..rows[0].len()).map(column).collect::<Option<_>>()?;
    let mut rows: Vec<Vec<f64>> =
        rows.iter().map(|row| row.iter().zip(&means).map(|(v, m)| v - m).collect()).collect();
    let mut plane = [0, 1].map(|_| {
        let axis = principal_axis(&rows);
        let along: Vec<f64> = rows.iter().map(|row| dot(row, &axis)).collect();
        for (row, a) in rows.iter_mut().zip(&along) {
            add_scaled(row, -a, &axis);
        }
        along
    });
    let spread = sd(&plane[0])?;
    if spread > 0.0 {
        for v in plane.iter_mut().flatten() {
            *v *= 1e-4 / spread;
        }
    }
    Some(plane)
}

/// The axis of largest variance of centred rows, by power iteration from the longest row; its direction is that row's.
fn principal_axis(rows: &[Vec<f64>]) -> Vec<f64> {
    let longest = rows.iter().max_by(|a, b| dot(a, a).total_cmp(&dot(b, b)));
    let mut axis = longest.cloned().unwrap_or_default();
    for _ in 0..200 {
        let length = dot(&axis, &axis).sqrt();
        if length == 0.0 {
            break;
        }
        scale(&mut axis, 1.0 / length);
        let mut next = vec![0.0; axis.len()];
        for row in rows {
            add_scaled(&mut next, dot(row, &axis), row);
        }
        let length = dot(&next, &next).sqrt();
        let moved: f64 = axis.iter().zip(&next).map(|(a, n)| (n / length - a).powi(2)).sum();
        axis = next;
        if moved < 1e-20 {
            break;
        }
    }
    let length = dot(&axis, &axis).sqrt();
    if length > 0.0 {
        scale(&mut axis, 1.0 / length);
    }
    axis
}

fn scale(vector: &mut [f64], by: f64) {
    for v in vector {
        *v *= by;
    }
}

/// Points, how they moved last, and how far each coordinate steps.
struct Map {
    at: [Vec<f64>; 2],
    moved: [Vec<f64>; 2],
    gains: [Vec<f64>; 2],
}

impl Map {
    fn new(at: [Vec<f64>; 2]) -> Self {
        let all = |value: f64| [0, 1].map(|_| vec![value; at[0].len()]);
        Self { moved: all(0.0), gains: all(1.0), at }
    }

    fn step(&mut self, near: &[f64], attraction: f64, momentum: f64, rate: f64) {
        let gradient = self.gradient(near, attraction);
        for (axis, gradient) in gradient.iter().enumerate() {
            let (at, moved, gains) = (&mut self.at[axis], &mut self.moved[axis], &mut self.gains[axis]);
            for (((at, moved), gain), slope) in at.iter_mut().zip(moved).zip(gains).zip(gradient) {
                *gain = if *moved * slope < 0.0 { *gain + 0.2 } else { (*gain * 0.8).max(0.01) };
                *moved = momentum * *moved - rate * *gain * slope;
                *at += *moved;
            }
        }
    }

    /// 4 Σⱼ (a pᵢⱼ − qᵢⱼ) wᵢⱼ (yᵢ − yⱼ), w = 1 / (1 + |yᵢ − yⱼ|²), q = w / Σw.
    fn gradient(&self, near: &[f64], attraction: f64) -> [Vec<f64>; 2] {
        let n = self.at[0].len();
        let pulls: Vec<Pull> = (0..n).map(|i| self.pull(i, &near[i * n..(i + 1) * n])).collect();
        // Each has its own weight, 1, too.
        let total = pulls.iter().map(|p| p.weight).sum::<f64>() - n as f64;
        [0, 1].map(|axis| {
            let slope = |p: &Pull| 4.0 * (attraction * p.near[axis] - p.far[axis] / total);
            pulls.iter().map(slope).collect()
        })
    }

    /// Sums over all points of what acts on point `i`.
    fn pull(&self, i: usize, near: &[f64]) -> Pull {
        let (x, y) = (self.at[0][i], self.at[1][i]);
        let mut lanes = [Pull::default(); LANES];
        let ((xs, rest_x), (ys, rest_y)) = (self.at[0].as_chunks::<LANES>(), self.at[1].as_chunks::<LANES>());
        let (ps, rest_p) = near.as_chunks::<LANES>();
        for ((xs, ys), ps) in xs.iter().zip(ys).zip(ps) {
            for (lane, ((other_x, other_y), p)) in lanes.iter_mut().zip(xs.iter().zip(ys).zip(ps)) {
                lane.add(x - other_x, y - other_y, *p);
            }
        }
        for ((other_x, other_y), p) in rest_x.iter().zip(rest_y).zip(rest_p) {
            lanes[0].add(x - other_x, y - other_y, *p);
        }
        lanes.into_iter().reduce(Pull::plus).unwrap_or_default()
    }

    fn divergence(&self, near: &[f64]) -> f64 {
        let n = self.at[0].len();
        let weight = |i: usize, j: usize| {
            let (dx, dy) = (self.at[0][i] - self.at[0][j], self.at[1][i] - self.at[1][j]);
            1.0 / (1.0 + dx * dx + dy * dy)
        };
        let pairs = || (0..n).flat_map(|i| (0..n).filter(move |j| *j != i).map(move |j| (i, j)));
        let total: f64 = pairs().map(|(i, j)| weight(i, j)).sum();
        let term = |(i, j): (usize, usize)| {
            let p = near[i * n + j];
            if p > 0.0 { p * (p * total / weight(i, j)).ln() } else { 0.0 }
        };
        pairs().map(term).sum()
    }
}

/// What acts on a point: Σ p w Δ, Σ w² Δ, Σ w.
#[derive(Clone, Copy, Default)]
struct Pull {
    near: [f64; 2],
    far: [f64; 2],
    weight: f64,
}

impl Pull {
    #[inline(always)]
    fn add(&mut self, dx: f64, dy: f64, p: f64) {
        let w = 1.0 / (1.0 + dx * dx + dy * dy);
        let (near, far) = (p * w, w * w);
        self.near[0] += near * dx;
        self.near[1] += near * dy;
        self.far[0] += far * dx;
        self.far[1] += far * dy;
        self.weight += w;
    }

    fn plus(self, other: Self) -> Self {
        let sum = |a: [f64; 2], b: [f64; 2]| [a[0] + b[0], a[1] + b[1]];
        Self {
            near: sum(self.near, other.near),
            far: sum(self.far, other.far),
            weight: self.weight + other.weight,
        }
    }
}
