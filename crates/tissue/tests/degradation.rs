//! Blur, noise and compression do what they say, and nothing to those who do not ask for them.

use rand::Rng;
use tissue::augment::{Augment, Degradation, blur, jpeg, noise};
use tissue::random::stream;

const NONE: Degradation = Degradation { blur: 0.0, noise: 0.0, jpeg: 0.0, quality: [40, 95] };

fn random_tile(size: usize, name: &str) -> Vec<u8> {
    let mut tile = vec![0; 3 * size * size];
    stream(1, name).fill_bytes(&mut tile);
    tile
}

/// A tile whose every number is `level(x, y)`.
fn drawn(size: usize, level: impl Fn(usize, usize) -> f64) -> Vec<u8> {
    let pixels = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
    pixels.flat_map(|(x, y)| [level(x, y).round() as u8; 3]).collect()
}

/// Something smooth, as tissue is.
fn smooth(size: usize) -> Vec<u8> {
    drawn(size, |x, y| {
        128.0 + 50.0 * (x as f64 / 9.0).sin() + 40.0 * (y as f64 / 7.0 + x as f64 / 23.0).cos()
    })
}

fn deviation(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    (values.map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt()
}

/// Root of the mean squared difference.
fn difference(a: &[u8], b: &[u8]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    (sum / a.len() as f64).sqrt()
}

#[test]
fn the_papers_recipe_is_written_as_it_was_and_degradation_comes_after_it() {
    let json = r#"{"jitter":{"brightness":0.5,"contrast":0.5,"saturation":0.5,"hue":0.2},"flips":true,"quarter_turns":true}"#;
    assert_eq!(serde_json::to_string(&Augment::paper()).unwrap(), json);
    assert_eq!(serde_json::from_str::<Augment>(json).unwrap(), Augment::paper());
    let text = serde_json::to_string(&Augment::degraded()).unwrap();
    assert!(text.contains("degradation"), "{text}");
    assert_eq!(serde_json::from_str::<Augment>(&text).unwrap(), Augment::degraded());

    // The same draws come first: with no strength at all it is the paper's, to the bit.
    let without = Augment { degradation: Some(NONE), ..Augment::paper() };
    for i in 0..20 {
        let name = format!("tile {i}");
        let (mut paper, mut same, mut degraded) =
            (random_tile(17, &name), random_tile(17, &name), random_tile(17, &name));
        Augment::paper().apply(&mut paper, 17, &mut stream(2, &name));
        without.apply(&mut same, 17, &mut stream(2, &name));
        Augment::degraded().apply(&mut degraded, 17, &mut stream(2, &name));
        assert_eq!(same, paper);
        assert_ne!(degraded, paper);
    }
}

#[test]
fn the_stream_alone_decides_and_is_left_at_the_same_place_whatever_the_tile() {
    for i in 0..50 {
        let name = format!("tile {i}");
        let (mut once, mut again) = (random_tile(24, "a"), random_tile(24, "a"));
        let mut rng = stream(3, &name);
        Degradation::usual().apply(&mut once, 24, &mut rng);
        Degradation::usual().apply(&mut again, 24, &mut stream(3, &name));
        assert_eq!(once, again);
        let mut other = stream(3, &name);
        Degradation::usual().apply(&mut vec![0; 3 * 9 * 9], 9, &mut other);
        assert_eq!(rng.next_u64(), other.next_u64());
    }
}

#[test]
fn noise_has_the_deviation_it_is_given_and_no_colour_follows_another() {
    for sigma in [1.0, 4.0, 8.0] {
        let mut tile = vec![128; 3 * 128 * 128];
        noise(&mut tile, sigma, &mut stream(4, "noise"));
        let all = tile.iter().map(|v| f64::from(*v));
        // Rounding to whole grey levels adds a twelfth to the variance.
        let wanted = (sigma * sigma + 1.0 / 12.0).sqrt();
        let found = deviation(all.clone());
        assert!((found / wanted - 1.0).abs() < 0.02, "{sigma}: {found}");
        assert!((all.clone().sum::<f64>() / tile.len() as f64 - 128.0).abs() < 0.1);
        // 4.55 % of a normal distribution lies beyond two standard deviations, and half of a grey level that lies there is beyond.
        if sigma > 2.0 {
            let from = |least: f64| all.clone().filter(|v| (v - 128.0).abs() >= least).count() as f64;
            let beyond = f64::midpoint(from(2.0 * sigma), from(2.0 * sigma + 1.0)) / tile.len() as f64;
            assert!((beyond - 0.0455).abs() < 0.005, "{sigma}: {beyond}");
        }
        for next in [1, 3, 3 * 128] {
            let pairs = tile.iter().zip(&tile[next..]);
            let products: f64 = pairs.map(|(a, b)| (f64::from(*a) - 128.0) * (f64::from(*b) - 128.0)).sum();
            let correlation = products / (tile.len() - next) as f64 / (found * found);
            assert!(correlation.abs() < 0.02, "{sigma}, {next} apart: {correlation}");
        }
    }
    // Uniform from 0 to 8: the mean variance is 64 / 3.
    let degradation = Degradation { noise: 8.0, ..NONE };
    let variances = (0..400).map(|i| {
        let mut tile = vec![128; 3 * 16 * 16];
        degradation.apply(&mut tile, 16, &mut stream(4, &format!("tile {i}")));
        deviation(tile.iter().map(|v| f64::from(*v))).powi(2)
    });
    let mean = variances.sum::<f64>() / 400.0;
    assert!((mean / (64.0 / 3.0 + 1.0 / 12.0) - 1.0).abs() < 0.1, "{mean}");
}

#[test]
fn blur_takes_the_top_octave_as_a_gaussian_does() {
    const SIZE: usize = 96;
    // Waves of a whole number of pixels along a line, far from the edges.
    let kept = |period: usize, sigma: f64| {
        let mut tile =
            drawn(SIZE, |x, _| 128.0 + 100.0 * (std::f64::consts::TAU * x as f64 / period as f64).cos());
        let before = tile.clone();
        blur(&mut tile, SIZE, sigma);
        let middle = |tile: &[u8]| {
            let row = tile[3 * SIZE * 48..3 * SIZE * 49].to_vec();
            deviation((24..72).map(move |x| f64::from(row[3 * x])))
        };
        middle(&tile) / middle(&before)
    };
    for sigma in [0.5, 0.75, 1.0] {
        for period in [2, 4, 8, 16] {
            let frequency = 1.0 / period as f64;
            // Sampled at whole pixels, what a Gaussian does to the next octaves' waves comes back among these.
            let gaussian = |f: f64| (-2.0 * (std::f64::consts::PI * sigma * f).powi(2)).exp();
            let sampled = |f: f64| gaussian(f) + gaussian(1.0 - f) + gaussian(1.0 + f);
            let wanted = sampled(frequency) / sampled(0.0);
            let found = kept(period, sigma);
            assert!((found - wanted).abs() < 0.01, "{sigma} px, period {period}: {found} for {wanted}");
        }
    }
    // The same downwards, nothing of a flat tile, and edges that stay as bright as they are.
    let turned = |tile: &[u8]| -> Vec<u8> {
        let at = |x: usize, y: usize| tile[3 * (SIZE * y + x)];
        (0..SIZE).flat_map(|y| (0..SIZE).map(move |x| (x, y))).flat_map(|(x, y)| [at(y, x); 3]).collect()
    };
    let (mut tile, mut other) = (smooth(SIZE), turned(&smooth(SIZE)));
    blur(&mut tile, SIZE, 1.0);
    blur(&mut other, SIZE, 1.0);
    let most = turned(&other).iter().zip(&tile).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(most <= Some(1), "{most:?}");
    for size in [1, 2, 3, 5] {
        let mut flat = vec![200; 3 * size * size];
        blur(&mut flat, size, 1.0);
        assert_eq!(flat, vec![200; 3 * size * size], "{size}");
    }
    // Uniform from 0 to 1 px, tile by tile.
    let degradation = Degradation { blur: 1.0, ..NONE };
    let texture = random_tile(48, "texture");
    let all = |tile: &[u8]| deviation(tile.iter().copied().map(f64::from)) / 73.9;
    let shares: Vec<f64> = (0..100)
        .map(|i| {
            let mut tile = texture.clone();
            degradation.apply(&mut tile, 48, &mut stream(5, &format!("tile {i}")));
            all(&tile)
        })
        .collect();
    let (least, most) = shares.iter().fold((f64::MAX, 0_f64), |(a, b), v| (a.min(*v), b.max(*v)));
    assert!(least < 0.32 && most > 0.98, "{least} to {most}");
}

#[test]
fn compression_leaves_the_marks_of_its_blocks_and_more_of_them_at_lower_quality() {
    const SIZE: usize = 64;
    // Grey, for of colour's finest detail JPEG keeps nothing whatever the quality.
    let mut grain = vec![128; 3 * SIZE * SIZE];
    noise(&mut grain, 6.0, &mut stream(6, "texture"));
    let smooth = smooth(SIZE);
    let textured = drawn(SIZE, |x, y| {
        let at = 3 * (SIZE * y + x);
        f64::from(smooth[at]) + f64::from(grain[at]) - 128.0
    });
    let compressed = |quality: u8| {
        let mut tile = textured.clone();
        jpeg(&mut tile, SIZE, quality);
        tile
    };
    let errors = [95, 70, 40].map(|quality| difference(&compressed(quality), &textured));
    assert!(errors[0] > 0.3 && errors.is_sorted_by(|a, b| *b > 1.1 * a) && errors[2] < 12.0, "{errors:?}");
    // Steps between columns: at the edges of blocks of eight, and elsewhere.
    let steps = |tile: &[u8], at_edges: bool| {
        let places = (0..SIZE).flat_map(|y| (1..SIZE).map(move |x| (x, y)));
        let steps = places.filter(|(x, _)| (x % 8 == 0) == at_edges).map(|(x, y)| {
            let at = |x: usize| f64::from(tile[3 * (SIZE * y + x)]);
            (at(x) - at(x - 1)).powi(2)
        });
        let steps: Vec<f64> = steps.collect();
        steps.iter().sum::<f64>() / steps.len() as f64
    };
    let blocking = |tile: &[u8]| steps(tile, true) / steps(tile, false);
    let (before, after) = (blocking(&textured), blocking(&compressed(40)));
    assert!((before - 1.0).abs() < 0.15 && after > 1.3 * before, "{before}, then {after}");

    // Half of the tiles, and of many qualities.
    let degradation = Degradation { jpeg: 0.5, ..NONE };
    let found: Vec<f64> = (0..200)
        .map(|i| {
            let mut tile = textured.clone();
            degradation.apply(&mut tile, SIZE, &mut stream(6, &format!("tile {i}")));
            difference(&tile, &textured)
        })
        .collect();
    let untouched = found.iter().filter(|error| **error == 0.0).count();
    assert!((80..=120).contains(&untouched), "{untouched}");
    let bounds = [errors[0] - 1e-9, errors[2] + 1e-9];
    assert!(found.iter().all(|error| *error == 0.0 || (bounds[0]..bounds[1]).contains(error)));
    let different: std::collections::BTreeSet<u64> = found.iter().map(|error| error.to_bits()).collect();
    assert!(different.len() > 25, "{} qualities", different.len());
}
