//! How well a program that analyses pixels tells generated tiles from real ones of the same class, in a study as readers get it.
//!
//! ```text
//! cargo run --release -p reader --example spectrum -- STUDY
//! ```
//!
//! Of every tile's luminance: the power in bands of spatial frequency (decibels, mean over rows and columns), how much of it changes at
//! every eighth pixel (the blocks of an earlier JPEG), and mean and deviation of each colour. A linear discriminant on these, trained
//! on other pairs (ten parts; a source and its translation are in one part), gives each tile a score. One line of JSON: the AUC of the
//! scores for all features, for the spectrum, for the blocks and for the colours alone, and the mean difference in decibels by band.

use std::error::Error;

use reader::{Group, Store};
use serde_json::json;

/// Bands of frequency, from the mean to half a wave a pixel.
const BANDS: usize = 8;
const PARTS: usize = 10;

struct Seen {
    generated: bool,
    part: usize,
    features: Vec<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name the study's folder")?;
    let store = Store::open_to_read(folder.as_ref())?;
    let pictures = store.pictures()?;
    let mut seen = Vec::new();
    let mut alone = 0;
    for tile in store.tiles()?.into_iter().filter(|t| t.group != Group::Other) {
        let picture = image::load_from_memory(&pictures[&tile.id])?.to_rgb8();
        // Tiles without a pair are spread over the parts.
        alone += usize::from(tile.pair.is_none());
        let part = tile.pair.unwrap_or(alone) % PARTS;
        seen.push(Seen {
            generated: tile.group == Group::Generated,
            part,
            features: measure(picture.as_raw(), picture.width() as usize),
        });
    }
    let columns = |from: usize, to: usize| auc(&seen, from, to);
    let end = seen.first().ok_or("the study has no tiles of class X")?.features.len();
    let mean = |band: usize, generated: bool| {
        let own: Vec<f64> =
            seen.iter().filter(|s| s.generated == generated).map(|s| s.features[band]).collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    let decibels: Vec<f64> =
        (0..BANDS).map(|band| ((mean(band, true) - mean(band, false)) * 10.0).round() / 10.0).collect();
    let line = json!({
        "generated": seen.iter().filter(|s| s.generated).count(),
        "real": seen.iter().filter(|s| !s.generated).count(),
        "equalised": store.settings().equalised,
        "auc": {
            "all": columns(0, end), "spectrum": columns(0, BANDS), "blocks": columns(BANDS, BANDS + 1),
            "colours": columns(BANDS + 1, end),
        },
        "decibels_by_band": decibels,
    });
    println!("{line}");
    Ok(())
}

/// The features of HWC RGB8 pixels.
fn measure(pixels: &[u8], size: usize) -> Vec<f64> {
    let luminance: Vec<f64> = pixels
        .chunks_exact(3)
        .map(|p| 0.299 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2]))
        .collect();
    let turned: Vec<f64> = (0..size * size).map(|i| luminance[(i % size) * size + i / size]).collect();
    let mut power = vec![0.0; size / 2];
    for line in luminance.chunks_exact(size).chain(turned.chunks_exact(size)) {
        for (sum, own) in power.iter_mut().zip(spectrum(line)) {
            *sum += own;
        }
    }
    let mut features: Vec<f64> = (0..BANDS)
        .map(|band| {
            let own = &power[band * power.len() / BANDS..(band + 1) * power.len() / BANDS];
            10.0 * (own.iter().sum::<f64>() / own.len() as f64 + 1e-9).log10()
        })
        .collect();
    features.push(blocks(&luminance, size).max(blocks(&turned, size)));
    for channel in 0..3 {
        let own: Vec<f64> = pixels.iter().skip(channel).step_by(3).map(|v| f64::from(*v)).collect();
        let mean = own.iter().sum::<f64>() / own.len() as f64;
        let variance = own.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / own.len() as f64;
        features.extend([mean, variance.sqrt()]);
    }
    features
}

/// Power at frequencies 1 to half the length, of a line without its mean and with soft ends.
fn spectrum(line: &[f64]) -> Vec<f64> {
    let n = line.len() as f64;
    let mean = line.iter().sum::<f64>() / n;
    let soft: Vec<f64> = line
        .iter()
        .enumerate()
        .map(|(i, v)| (v - mean) * (0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / n).cos()))
        .collect();
    (1..=line.len() / 2)
        .map(|k| {
            // By rotation: a cosine for each sample would take most of the time.
            let (turn_sin, turn_cos) = (std::f64::consts::TAU * k as f64 / n).sin_cos();
            let (mut sin, mut cos, mut a, mut b) = (0.0, 1.0, 0.0, 0.0);
            for v in &soft {
                a += v * cos;
                b += v * sin;
                (sin, cos) = (sin * turn_cos + cos * turn_sin, cos * turn_cos - sin * turn_sin);
            }
            (a * a + b * b) / n
        })
        .collect()
}

/// The largest mean step between neighbours at one of eight phases, divided by the mean over the others.
fn blocks(luminance: &[f64], size: usize) -> f64 {
    let mut steps = [(0.0, 0_u32); 8];
    for line in luminance.chunks_exact(size) {
        for (x, pair) in line.windows(2).enumerate() {
            steps[x % 8].0 += (pair[0] - pair[1]).abs();
            steps[x % 8].1 += 1;
        }
    }
    let means: Vec<f64> = steps.iter().map(|(sum, n)| sum / f64::from((*n).max(1))).collect();
    let all: f64 = means.iter().sum();
    means.iter().map(|m| m / ((all - m) / 7.0 + 1e-9)).fold(0.0, f64::max)
}

/// AUC of the scores that each part gets from the others, with the features from `from` to `to`.
fn auc(seen: &[Seen], from: usize, to: usize) -> Option<f64> {
    let width = to - from;
    let mut scores = vec![0.0; seen.len()];
    for part in 0..PARTS {
        let train: Vec<&Seen> = seen.iter().filter(|s| s.part != part).collect();
        let of = |generated: bool| -> Vec<f64> {
            let own: Vec<&&Seen> = train.iter().filter(|s| s.generated == generated).collect();
            (from..to)
                .map(|c| own.iter().map(|s| s.features[c]).sum::<f64>() / own.len().max(1) as f64)
                .collect()
        };
        let (real, generated) = (of(false), of(true));
        let mut scatter = vec![vec![0.0; width]; width];
        for s in &train {
            let mean = if s.generated { &generated } else { &real };
            let off: Vec<f64> = s.features[from..to].iter().zip(mean).map(|(v, m)| v - m).collect();
            for (line, a) in scatter.iter_mut().zip(&off) {
                for (sum, b) in line.iter_mut().zip(&off) {
                    *sum += a * b / train.len() as f64;
                }
            }
        }
        for (i, line) in scatter.iter_mut().enumerate() {
            line[i] += 1e-6 + 1e-3 * line[i];
        }
        let difference: Vec<f64> = generated.iter().zip(&real).map(|(g, r)| g - r).collect();
        let weights = solve(scatter, difference);
        for (score, s) in scores.iter_mut().zip(seen).filter(|(_, s)| s.part == part) {
            // From the middle between the two means, so that the scores of all parts can be compared.
            let middle = |c: usize| f64::midpoint(real[c], generated[c]);
            *score = weights.iter().enumerate().map(|(c, w)| w * (s.features[from + c] - middle(c))).sum();
        }
    }
    let generated: Vec<bool> = seen.iter().map(|s| s.generated).collect();
    stats::auc(&scores, &generated).map(|auc| (auc * 1000.0).round() / 1000.0)
}

/// x of A x = b by Gauss and Jordan; A is positive definite.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    for i in 0..b.len() {
        let pivot = a[i][i];
        a[i].iter_mut().for_each(|v| *v /= pivot);
        b[i] /= pivot;
        let (own, right) = (a[i].clone(), b[i]);
        for j in (0..b.len()).filter(|j| *j != i) {
            let factor = a[j][i];
            a[j].iter_mut().zip(&own).for_each(|(v, o)| *v -= factor * o);
            b[j] -= factor * right;
        }
    }
    b
}
