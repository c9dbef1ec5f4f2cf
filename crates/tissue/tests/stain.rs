//! Stain normalisation beside NumPy's (`tools/stain_reference.py`), and what must never happen to a tile.
#![allow(missing_docs)]

use std::path::{Path, PathBuf};

use serde_json::Value;
use tissue::{
    Fit, Manifest, Normalised, Partition, SlideStain, StainMethod, StainTarget, Tiles, TissueError, stain_of,
};

const METHODS: [StainMethod; 2] = [StainMethod::Macenko, StainMethod::Reinhard];

/// As the script makes it.
fn tile(stain: usize, seed: i64) -> Vec<u8> {
    let pixel = |x: i64, y: i64| -> [i64; 3] {
        if y == 0 && x < 4 {
            return [10, 5, 8];
        }
        if (x + 2 * y) % 9 == 0 {
            return [246, 244, 247];
        }
        let a = if (x + y) % 4 == 0 { 0 } else { (x * 7 + y * 13 + seed * 5) % 40 };
        let b = if (x + y) % 4 == 1 { 0 } else { (x * 11 + y * 3 + seed * 7) % 37 };
        if stain == 0 {
            [225 - 3 * a - b / 2, 205 - 2 * a - 2 * b, 228 - a - b / 2]
        } else {
            [215 - 2 * a - b / 4, 180 - 2 * a - b, 205 - a - b]
        }
    };
    (0..32).flat_map(|y| (0..32).flat_map(move |x| pixel(x, y))).map(|v| u8::try_from(v).unwrap()).collect()
}

fn slide(stain: usize) -> [Vec<u8>; 2] {
    [tile(stain, 1), tile(stain, 2)]
}

fn fitted(method: StainMethod) -> (StainTarget, SlideStain) {
    let (train, other) = (slide(0), slide(1));
    let stain = SlideStain::estimate(method, train.iter().map(Vec::as_slice)).unwrap();
    (StainTarget { stain }, SlideStain::estimate(method, other.iter().map(Vec::as_slice)).unwrap())
}

fn numbers(stain: &SlideStain) -> Vec<f64> {
    match stain {
        SlideStain::Macenko { dyes, most } => dyes.iter().flatten().chain(most).copied().collect(),
        SlideStain::Reinhard { mean, deviation } => mean.iter().chain(deviation).copied().collect(),
    }
}

fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(flat).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

/// Numbers to 1e-6 (of L\*a\*b\*, 1e-4), levels to one.
#[test]
fn as_numpy_has_it() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/stain.json"));
    let fixture: Value = serde_json::from_str(&text.unwrap()).unwrap();
    for (method, name, tolerance) in [(METHODS[0], "macenko", 1e-6), (METHODS[1], "reinhard", 1e-4)] {
        let wanted = &fixture[name];
        let (target, own) = fitted(method);
        for (stain, key) in [(&target.stain, "target"), (&own, "slide")] {
            let (ours, theirs) = (numbers(stain), flat(&wanted[key]));
            assert_eq!(ours.len(), theirs.len());
            let most = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(most < tolerance, "{name} {key}: {ours:?} {theirs:?}");
        }
        let before = tile(1, 1);
        let mut after = before.clone();
        assert_eq!(target.normalise(&mut after, Some(&own)), Normalised::BySlide);
        let theirs = flat(&wanted["tile"]);
        let off = |ours: &[u8]| {
            ours.iter().zip(&theirs).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max)
        };
        assert!(theirs.len() == after.len() && off(&after) <= 1.0, "{name}: {}", off(&after));
        assert!(off(&before) > 15.0, "{name}: it was no change");
    }
}

#[test]
fn what_tells_no_stain_passes_through_and_a_tile_falls_back_to_its_slide() {
    for method in METHODS {
        let (target, own) = fitted(method);
        // Of tissue, all but 60 pixels covered by glass: too little for a stain of its own.
        let mut little = tile(1, 1);
        little[3 * 80..].fill(250);
        for plain in [vec![255; 3072], vec![0; 3072], [180, 90, 150].repeat(1024), little, Vec::new()] {
            for slide in [None, Some(&own)] {
                let (mut a, mut b) = (plain.clone(), plain.clone());
                assert_eq!(target.normalise(&mut a, slide), Normalised::Unchanged);
                assert_eq!(target.normalise_by_tile(&mut b, slide), Normalised::Unchanged);
                assert!(a == plain && b == plain);
            }
            let fitted = StainTarget::fit(Path::new("set"), [plain.as_slice()], method);
            let Err(error) = fitted else { panic!("fitted") };
            assert!(matches!(error, TissueError::NoStain { .. }) && error.hint().is_some());
            assert!(error.to_string().contains(", in set, because none of its train tiles"), "{error}");
        }
        assert_eq!(target.normalise_by_tile(&mut tile(1, 1), None), Normalised::ByTile);
        assert_eq!(target.normalise(&mut tile(1, 1), None), Normalised::Unchanged);
    }
    // Two greys are of one dye: Macenko takes the slide's.
    let (target, own) = fitted(StainMethod::Macenko);
    let mut greys: Vec<u8> = (0..1024).flat_map(|i| [[120; 3], [150; 3]][i % 2]).collect();
    assert_eq!(target.normalise_by_tile(&mut greys.clone(), None), Normalised::Unchanged);
    assert_eq!(target.normalise_by_tile(&mut greys, Some(&own)), Normalised::BySlide);
    // A stain of another method is none.
    let (_, other) = fitted(StainMethod::Reinhard);
    assert_eq!(target.normalise(&mut tile(1, 1), Some(&other)), Normalised::Unchanged);
}

#[test]
fn a_target_is_the_median_of_its_tiles_stains() {
    for method in METHODS {
        let tiles = [tile(0, 1), tile(0, 1), tile(1, 2)];
        let target = StainTarget::fit(Path::new("set"), tiles.iter().map(Vec::as_slice), method).unwrap();
        let (own, ours) =
            (numbers(&SlideStain::estimate(method, [tiles[0].as_slice()]).unwrap()), numbers(&target.stain));
        assert!(own.iter().zip(&ours).all(|(a, b)| (a - b).abs() < 1e-12), "{own:?} {ours:?}");
        // White tiles do not count, nor does the order.
        let white = vec![255; 3072];
        let turned = [&tiles[2], &white, &tiles[1], &tiles[0]].map(Vec::as_slice);
        assert_eq!(StainTarget::fit(Path::new("set"), turned, method).unwrap(), target);
    }
}

#[test]
fn order_does_not_matter_black_stays_and_a_run_can_store_it() {
    for method in METHODS {
        let [a, b] = slide(1);
        let one = SlideStain::estimate(method, [a.as_slice(), b.as_slice()]);
        assert_eq!(one, SlideStain::estimate(method, [b.as_slice(), a.as_slice()]));
        let (target, own) = fitted(method);
        let mut after = tile(1, 1);
        target.normalise(&mut after, Some(&own));
        assert_eq!(after[..12], tile(1, 1)[..12]);
        let stored = serde_json::to_string(&target).unwrap();
        assert_eq!(serde_json::from_str::<StainTarget>(&stored).unwrap(), target);
    }
}

/// Standard deviation over slides of mean optical density, and circular one of mean hue in degrees.
fn spread(of_slide: &[Vec<Vec<u8>>]) -> (f64, f64) {
    let (mut densities, mut x, mut y) = (Vec::new(), 0.0, 0.0);
    for tiles in of_slide {
        let all: Vec<u8> = tiles.concat();
        let stain = stain_of(&all);
        densities.push(stain.optical_density);
        x += stain.hue.to_radians().cos();
        y += stain.hue.to_radians().sin();
    }
    let n = of_slide.len() as f64;
    let mean = densities.iter().sum::<f64>() / n;
    let density = (densities.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / n).sqrt();
    (density, (-2.0 * (x.hypot(y) / n).ln()).max(0.0).sqrt().to_degrees())
}

#[test]
fn slides_of_real_tissue_come_nearer_to_one_another() {
    let data = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/ami-br"));
    if !data.is_dir() {
        println!("skipped: ../shared is not here");
        return;
    }
    let manifest = Manifest::open(&data).unwrap();
    let pixels = Tiles::load(&manifest, Some(32), Fit::Resize, 1 << 30, &|_, _| {}).unwrap();
    let mut slides = std::collections::BTreeMap::<&str, Vec<usize>>::new();
    for (i, tile) in manifest.tiles.iter().enumerate() {
        slides.entry(&tile.slide).or_default().push(i);
    }
    // Every sixth slide, since a debug build is slow.
    slides = slides.into_iter().step_by(6).collect();
    let before: Vec<Vec<Vec<u8>>> =
        slides.values().map(|tiles| tiles.iter().map(|&i| pixels.tile(i).to_vec()).collect()).collect();
    let (density, hue) = spread(&before);
    println!("before: optical density {density:.4}, hue {hue:.2}°");
    for method in METHODS {
        let of = |i: &&usize| manifest.tiles[**i].partition == Some(Partition::Train);
        let train: Vec<usize> = slides.values().flatten().filter(of).copied().collect();
        let target = StainTarget::fit(&data, train.iter().map(|&i| pixels.tile(i)), method).unwrap();
        for by_tile in [false, true] {
            let mut counts = std::collections::BTreeMap::<Normalised, usize>::new();
            let mut after = before.clone();
            for tiles in &mut after {
                let own = SlideStain::estimate(method, tiles.iter().map(Vec::as_slice));
                for tile in tiles {
                    let done = if by_tile {
                        target.normalise_by_tile(tile, own.as_ref())
                    } else {
                        target.normalise(tile, own.as_ref())
                    };
                    *counts.entry(done).or_default() += 1;
                }
            }
            let (density_after, hue_after) = spread(&after);
            println!(
                "{method:?}, by tile {by_tile}: {density_after:.4}, {hue_after:.2}°, {counts:?}, {:?}",
                target.stain
            );
            assert!(density_after < density && hue_after < hue, "{method:?} {by_tile}");
        }
    }
}
