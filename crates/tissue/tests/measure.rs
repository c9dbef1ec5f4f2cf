//! Measures of pixels against scikit-image, SciPy and NumPy (`tools/fixtures_measure.py`), and on tiles made to have what they look for.
#![allow(missing_docs)]

use serde_json::Value;
use tissue::measure::{
    NEAR_COPY_BITS, PerceptualHash, bits_apart, luminance_correlation, padding, periodicity, repainted, ssim,
};
use tissue::synthetic::probe_tiles;

/// The tiles of the script, whole numbers alone.
fn tile(size: usize, kind: &str, seed: usize) -> Vec<u8> {
    let pixel = |i: usize| -> [usize; 3] {
        let (x, y) = (i % size, i / size);
        let hash = (((x * 31 + y * 17 + seed * 101) as u64 * 2_654_435_761 % (1 << 32)) >> 16) as usize;
        let soft = (x / 5 * 7 + y / 3 * 11 + seed * 13) % 97;
        let tissue = [120 + soft + hash % 29, 60 + soft + hash % 41, 110 + soft / 2 + hash % 23];
        match kind {
            "tissue" => tissue,
            "checker2" => tissue.map(|v| v + 12 * ((x + y) % 2)),
            "stripes4" => tissue.map(|v| v + 20 * usize::from(x % 4 == seed % 4)),
            "inverted" => tissue.map(|v| 255 - v),
            "flat" => [90 + seed; 3],
            "smooth" => [0, 1, 2]
                .map(|c| 90 + c * 10 + x * (x + 2 * y) * 60 / size.pow(2) - y * y * y * 50 / size.pow(3)),
            _ => panic!("{kind}"),
        }
    };
    (0..size * size).flat_map(pixel).map(|v| v.min(255) as u8).collect()
}

#[track_caller]
fn assert_close(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{what}: {found}, not {expected}");
}

fn bits(hash: &Value) -> Option<u64> {
    hash.as_str().map(|bits| u64::from_str_radix(bits, 2).unwrap())
}

#[test]
fn measures_equal_scikit_image_scipy_and_numpy() {
    let fixture: Value = serde_json::from_str(include_str!("fixtures/measure.json")).unwrap();
    let cases = fixture["cases"].as_array().unwrap();
    for case in cases {
        let size = case["size"].as_u64().unwrap() as usize;
        let of = |which: &str| {
            tile(size, case[which][0].as_str().unwrap(), case[which][1].as_u64().unwrap() as usize)
        };
        let (a, b) = (of("tile"), of("other"));
        let what = format!("{size} px, {} and {}", case["tile"], case["other"]);
        assert_close(ssim(&a, &b, size).unwrap(), &case["ssim"], &format!("ssim, {what}"));
        match luminance_correlation(&a, &b) {
            Some(r) => assert_close(r, &case["correlation"], &format!("correlation, {what}")),
            None => assert!(case["correlation"].is_null(), "{what}"),
        }
        for (i, tile) in [&a, &b].into_iter().enumerate() {
            let what = format!("{what}, {i}");
            assert_close(periodicity(tile, size), &case["periodicity"][i], &format!("periodicity, {what}"));
            let hash = PerceptualHash::of(tile, size, size);
            assert_eq!(hash.map(|h| h.0), bits(&case["hash"][i]), "hash, {what}");
        }
    }
    assert_eq!(cases.len(), 40);

    let (left, right) = (tile(40, "tissue", 1), tile(40, "smooth", 2));
    let wide: Vec<u8> = left.chunks(120).zip(right.chunks(120)).flat_map(|(l, r)| [l, r].concat()).collect();
    assert_eq!(PerceptualHash::of(&wide, 80, 40).map(|h| h.0), bits(&fixture["wide"]["hash"]));
}

/// Synthetic tissue of `size` pixels.
fn tissue(n: usize, size: usize) -> Vec<Vec<u8>> {
    probe_tiles(n, size, 7).into_iter().map(|(tile, _)| tile).collect()
}

/// Every pixel changed by what `f` makes of its place.
fn changed(tile: &[u8], size: usize, f: impl Fn(usize, usize) -> i32) -> Vec<u8> {
    let at = |i: usize| f(i / 3 % size, i / 3 / size);
    tile.iter().enumerate().map(|(i, v)| (i32::from(*v) + at(i)).clamp(0, 255) as u8).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn the_periodicity_index_is_about_one_in_tissue_and_finds_a_mosaic_of_few_levels() {
    // No multiple of 4, either.
    for size in [30, 32, 50, 64] {
        let tiles = tissue(12, size);
        let real = mean(tiles.iter().map(|t| periodicity(t, size)));
        assert!((0.6..1.8).contains(&real), "{size} px: {real}");
        for (name, mosaic) in [
            ("checkerboard", (|x, y| if (x + y) % 2 == 0 { 6 } else { -6 }) as fn(usize, usize) -> i32),
            ("period 4 along x", |x, _| [16, 0, -16, 0][x % 4]),
            ("period 4 along both", |x, y| [12, 0, -12, 0][x % 4] + [12, 0, -12, 0][y % 4]),
            ("rows of period 2", |_, y| if y % 2 == 0 { 5 } else { -5 }),
        ] {
            let found = mean(tiles.iter().map(|t| periodicity(&changed(t, size, mosaic), size)));
            assert!(found > 3.0 * real, "{size} px, {name}: {found} of {real}");
        }
    }
    // Other periods are no mosaic, nor is a flat tile.
    let (size, tiles) = (64, tissue(12, 64));
    let of_3 = mean(tiles.iter().map(|t| periodicity(&changed(t, size, |x, _| [8, 0, -8][x % 3]), size)));
    assert!(of_3 < 2.0, "{of_3}");
    assert!((periodicity(&vec![200; 64 * 64 * 3], 64) - std::f64::consts::LN_2).abs() < 1e-9);
}

#[test]
fn inversion_repainted_padding_and_likeness_are_told_on_tiles_made_for_it() {
    let size = 48;
    for source in tissue(12, size) {
        let inverted: Vec<u8> = source.iter().map(|v| 255 - v).collect();
        assert!(luminance_correlation(&source, &inverted).unwrap() < -0.99);
        let blurred = changed(&source, size, |x, y| ((x * 7 + y * 3) % 5) as i32 - 2);
        assert!(luminance_correlation(&source, &blurred).unwrap() > 0.9);

        let likeness = |tile: &[u8]| ssim(&source, tile, size).unwrap();
        let noisy = changed(&source, size, |x, y| ((x * 31 + y * 17) * 2_654_435 % 41) as i32 - 20);
        assert!(likeness(&source) > 1.0 - 1e-12);
        assert!(likeness(&source) > likeness(&blurred) && likeness(&blurred) > likeness(&noisy));
        assert!(likeness(&noisy) > likeness(&inverted));

        let padded = changed(&source, size, |x, _| if x < 10 { 255 } else { 0 });
        let at = padding(&padded, size);
        assert!(at.iter().filter(|p| **p).count() >= 10 * size);
        assert_eq!(repainted(&padded, &padded, &at), Some(0.0));
        let violet: Vec<u8> = padded
            .as_chunks::<3>()
            .0
            .iter()
            .zip(&at)
            .flat_map(|(p, is_padding)| if *is_padding { [214, 190, 230] } else { *p })
            .collect();
        assert_eq!(repainted(&padded, &violet, &at), Some(1.0));
    }
}

#[test]
fn near_copies_have_nearly_one_hash_and_other_tiles_another() {
    let size = 64;
    let tiles = tissue(30, size);
    let hash = |tile: &[u8]| PerceptualHash::of(tile, size, size);
    for tile in &tiles {
        let toned: Vec<u8> = tile.iter().map(|v| (f64::from(*v) * 0.95 + 6.0) as u8).collect();
        let mut jpeg = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 75)
            .encode(tile, size as u32, size as u32, image::ExtendedColorType::Rgb8)
            .unwrap();
        let jpeg = image::load_from_memory(&jpeg).unwrap().to_rgb8().into_raw();
        for copy in [toned, jpeg] {
            let bits = bits_apart(hash(tile), hash(&copy));
            assert!(bits <= NEAR_COPY_BITS, "{bits} bits");
        }
    }
    let hashes: Vec<_> = tiles.iter().map(|t| hash(t)).collect();
    let pairs = || (0..30).flat_map(|i| (0..i).map(move |j| (i, j)));
    let near = pairs().filter(|&(i, j)| bits_apart(hashes[i], hashes[j]) <= NEAR_COPY_BITS).count();
    assert_eq!(near, 0);
    assert_eq!((bits_apart(None, None), bits_apart(hashes[0], None)), (0, 64));
}
