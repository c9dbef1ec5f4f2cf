//! Mixed examples: two tiles in one (Summers & Dinneen 2019, "Improved mixed-example data augmentation").
//!
//! Their methods by their names, each by what it does to two tiles: a share λ, where there is one, is drawn evenly from 0 to 1, which is
//! Beta(1, 1), as in their experiments. In their "vertical concat" the tiles lie one above the other, in "horizontal concat" side by side:
//! what the paper's baseline does is the latter, cut in the middle ([`Mixing::Halves`]). Between-class learning without its plus (Tokozume
//! et al. 2018) is [`Mixing::Mixup`] by that draw, and has no name of its own here.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::baseline::naive_mix;
use crate::random::Stream;

/// Channels of a tile.
const RGB: usize = 3;
/// The deviation of a pixel's share in [`Mixing::NoisyMixup`].
const NOISE: f64 = 0.025;

/// How two tiles become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mixing {
    /// The left half of the first beside the right half of the second (the paper's).
    #[default]
    Halves,
    /// Rows of the first above rows of the second.
    VerticalConcat,
    /// Columns of the first left of columns of the second.
    HorizontalConcat,
    /// Four pieces around a point, those of the first and of the second across from one another.
    MixedConcat,
    /// Four pieces around a point in the middle half, each of either tile.
    #[serde(rename = "random-2x2")]
    Random2x2,
    /// [`Mixing::Mixup`] of a vertical and a horizontal concat of the two.
    VhMixup,
    /// [`Mixing::BcPlus`] of a vertical and a horizontal concat of the two.
    VhBcPlus,
    /// The first with a square of the second, half a side long and cut off at the edge, from anywhere in it.
    RandomSquare,
    /// The first with neighbouring columns of the second, from anywhere in it.
    RandomColumnInterval,
    /// The first with neighbouring rows of the second, from anywhere in it.
    RandomRowInterval,
    /// Each row of either tile.
    RandomRows,
    /// Each column of either tile.
    RandomColumns,
    /// Each pixel of either tile.
    RandomPixels,
    /// Each channel of each pixel of either tile.
    RandomElements,
    /// [`Mixing::Mixup`] with a share for each pixel, near that of the whole.
    NoisyMixup,
    /// The weighted mean of the two (Zhang et al. 2018).
    Mixup,
    /// The weighted mean in which a tile weighs less the more contrast it has, brought to the contrast that a sum of two has (Tokozume et
    /// al. 2018, "BC+"). There it has a mean of 0; here, as a picture, the mean of the two means.
    BcPlus,
}

/// A tile made of two.
#[derive(Clone, Debug, PartialEq)]
pub struct MixedTile {
    /// HWC RGB8.
    pub pixels: Vec<u8>,
    /// How much of it is the first tile's, 0 to 1: the share of the first label in a label mixed likewise.
    pub share: f64,
}

impl Mixing {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Halves,
        Self::VerticalConcat,
        Self::HorizontalConcat,
        Self::MixedConcat,
        Self::Random2x2,
        Self::VhMixup,
        Self::VhBcPlus,
        Self::RandomSquare,
        Self::RandomColumnInterval,
        Self::RandomRowInterval,
        Self::RandomRows,
        Self::RandomColumns,
        Self::RandomPixels,
        Self::RandomElements,
        Self::NoisyMixup,
        Self::Mixup,
        Self::BcPlus,
    ];

    /// Mixes two tiles, HWC RGB8 of `size` × `size`. What chance decides is drawn from `rng`; halves need none.
    ///
    /// # Panics
    /// If a tile does not hold `size * size * 3` bytes, or none.
    pub fn mix(self, first: &[u8], second: &[u8], size: usize, rng: &mut Stream) -> MixedTile {
        assert!(
            size > 0 && first.len() == size * size * RGB && second.len() == first.len(),
            "tiles of {size} px expected"
        );
        let pair = Pair { first, second, size };
        match self {
            Self::Halves => {
                MixedTile { pixels: naive_mix(first, second, size), share: (size / 2) as f64 / size as f64 }
            }
            Self::VerticalConcat => pair.vertical_concat(rng),
            Self::HorizontalConcat => pair.horizontal_concat(rng),
            Self::MixedConcat => {
                let (x, y) = (rng.random_range(0..size), rng.random_range(0..size));
                pair.cut(|(row, column), _| (row < y) == (column < x))
            }
            Self::Random2x2 => pair.random_2x2(rng),
            Self::VhMixup => pair.concats(rng).linear(rng, mixup),
            Self::VhBcPlus => pair.concats(rng).linear(rng, bc_plus),
            Self::RandomSquare => pair.random_square(rng),
            Self::RandomColumnInterval => {
                let (at, length, from) = interval(size, rng);
                pair.insert((0, size, 0), (at, length, from))
            }
            Self::RandomRowInterval => {
                let (at, length, from) = interval(size, rng);
                pair.insert((at, length, from), (0, size, 0))
            }
            Self::RandomRows => {
                let rows = either(size, rng);
                pair.cut(|(row, _), _| rows[row])
            }
            Self::RandomColumns => {
                let columns = either(size, rng);
                pair.cut(|(_, column), _| columns[column])
            }
            Self::RandomPixels => {
                let pixels = either(size * size, rng);
                pair.cut(|(row, column), _| pixels[row * size + column])
            }
            Self::RandomElements => {
                let elements = either(first.len(), rng);
                pair.cut(|(row, column), channel| elements[(row * size + column) * RGB + channel])
            }
            Self::NoisyMixup => pair.noisy_mixup(rng),
            Self::Mixup => mixup(first, second, rng.random()),
            Self::BcPlus => bc_plus(first, second, rng.random()),
        }
    }
}

/// Two tiles of one size.
struct Pair<'a> {
    first: &'a [u8],
    second: &'a [u8],
    size: usize,
}

impl Pair<'_> {
    /// Each element of the tile for which `is_first` says so, given (row, column) and channel.
    fn cut(&self, is_first: impl Fn((usize, usize), usize) -> bool) -> MixedTile {
        let mut of_first = 0;
        let pixels = (0..self.first.len()).map(|k| {
            let is_first = is_first((k / RGB / self.size, k / RGB % self.size), k % RGB);
            of_first += usize::from(is_first);
            if is_first { self.first[k] } else { self.second[k] }
        });
        let pixels = pixels.collect();
        MixedTile { pixels, share: of_first as f64 / self.first.len() as f64 }
    }

    fn vertical_concat(&self, rng: &mut Stream) -> MixedTile {
        let rows = rng.random_range(0..self.size);
        self.cut(|(row, _), _| row < rows)
    }

    fn horizontal_concat(&self, rng: &mut Stream) -> MixedTile {
        let columns = rng.random_range(0..self.size);
        self.cut(|(_, column), _| column < columns)
    }

    /// The two tiles one above the other, and side by side.
    fn concats(&self, rng: &mut Stream) -> Concats {
        Concats { vertical: self.vertical_concat(rng), horizontal: self.horizontal_concat(rng) }
    }

    fn random_2x2(&self, rng: &mut Stream) -> MixedTile {
        // The point lies in the middle half, so that no piece is a sliver; tiles of 1 px have no such half.
        let margin = (self.size as f64 / 4.0).round() as usize;
        let mut within =
            || if margin < self.size - margin { rng.random_range(margin..self.size - margin) } else { 0 };
        let (y, x) = (within(), within());
        let pieces = either(4, rng);
        self.cut(|(row, column), _| pieces[usize::from(row >= y) * 2 + usize::from(column >= x)])
    }

    fn random_square(&self, rng: &mut Stream) -> MixedTile {
        let half = self.size / 4;
        let mut side = || {
            let centre = rng.random_range(0..self.size);
            let at = centre.saturating_sub(half);
            let length = (centre + half).min(self.size) - at;
            (at, length, rng.random_range(0..=self.size - length))
        };
        let (rows, columns) = (side(), side());
        self.insert(rows, columns)
    }

    /// The first with a rectangle of the second: in rows and columns where it begins, how long it is, and where it is taken from.
    fn insert(&self, rows: (usize, usize, usize), columns: (usize, usize, usize)) -> MixedTile {
        let ((y, height, from_y), (x, width, from_x)) = (rows, columns);
        let mut pixels = self.first.to_vec();
        for row in 0..height {
            let at = ((y + row) * self.size + x) * RGB;
            let from = ((from_y + row) * self.size + from_x) * RGB;
            pixels[at..at + width * RGB].copy_from_slice(&self.second[from..from + width * RGB]);
        }
        MixedTile { pixels, share: 1.0 - (height * width) as f64 / (self.size * self.size) as f64 }
    }

    fn noisy_mixup(&self, rng: &mut Stream) -> MixedTile {
        let share: f64 = rng.random();
        let shares: Vec<f64> =
            (0..self.size * self.size).map(|_| (share + NOISE * normal(rng)).clamp(0.0, 1.0)).collect();
        let pixels = (0..self.first.len()).map(|k| {
            let share = shares[k / RGB];
            to_byte(share * f64::from(self.first[k]) + (1.0 - share) * f64::from(self.second[k]))
        });
        MixedTile { pixels: pixels.collect(), share }
    }
}

/// A vertical and a horizontal concat of the same two tiles.
struct Concats {
    vertical: MixedTile,
    horizontal: MixedTile,
}

impl Concats {
    /// The two mixed by `linear`, with the share of the first tile in both.
    fn linear(&self, rng: &mut Stream, linear: fn(&[u8], &[u8], f64) -> MixedTile) -> MixedTile {
        let MixedTile { pixels, share } =
            linear(&self.vertical.pixels, &self.horizontal.pixels, rng.random());
        MixedTile { pixels, share: share * self.vertical.share + (1.0 - share) * self.horizontal.share }
    }
}

/// Where an interval begins, its length, and where in the other tile it is taken from.
fn interval(size: usize, rng: &mut Stream) -> (usize, usize, usize) {
    let at = rng.random_range(0..size);
    let length = rng.random_range(at..size) - at;
    (at, length, rng.random_range(0..size - length))
}

/// For each of so many whether it is the first tile's, at a rate that is drawn, too.
fn either(count: usize, rng: &mut Stream) -> Vec<bool> {
    let rate: f64 = rng.random();
    (0..count).map(|_| rng.random::<f64>() < rate).collect()
}

fn mixup(first: &[u8], second: &[u8], share: f64) -> MixedTile {
    let mixed =
        first.iter().zip(second).map(|(a, b)| to_byte(share * f64::from(*a) + (1.0 - share) * f64::from(*b)));
    MixedTile { pixels: mixed.collect(), share }
}

fn bc_plus(first: &[u8], second: &[u8], share: f64) -> MixedTile {
    let ((mean_a, deviation_a), (mean_b, deviation_b)) = (moments(first), moments(second));
    // p = 1 / (1 + σa/σb · (1 − λ)/λ), without a division by 0.
    let (a, b) = (deviation_b * share, deviation_a * (1.0 - share));
    let p = if a + b > 0.0 { a / (a + b) } else { share };
    let scale = p.hypot(1.0 - p);
    let mean = share * mean_a + (1.0 - share) * mean_b;
    let mixed = first.iter().zip(second).map(|(x, y)| {
        to_byte(mean + (p * (f64::from(*x) - mean_a) + (1.0 - p) * (f64::from(*y) - mean_b)) / scale)
    });
    MixedTile { pixels: mixed.collect(), share }
}

/// Mean and standard deviation over all elements.
fn moments(tile: &[u8]) -> (f64, f64) {
    let n = tile.len() as f64;
    let mean = tile.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let variance = tile.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

/// A standard normal draw (Box–Muller).
fn normal(rng: &mut Stream) -> f64 {
    // 1 − u lies in (0, 1], where the logarithm is finite.
    let (u, v): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

fn to_byte(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}
