//! Colours against torchvision v2 on uint8 tensors, and what a random recipe promises.

use rand::Rng;
use serde_json::Value;
use std::collections::BTreeSet;
use tissue::augment::{
    Augment, ColorJitter, Normalise, adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation, crop,
    hflip, quarter_turns, random_crop, reflect_pad, vflip,
};
use tissue::random::stream;

const TILES: &[u8] = include_bytes!("fixtures/augment.bin");

fn cases() -> Vec<Value> {
    let fixture: Value = serde_json::from_str(include_str!("fixtures/augment.json")).unwrap();
    fixture["cases"].as_array().unwrap().clone()
}

fn tile(case: &Value) -> &'static [u8] {
    let size = case["size"].as_u64().unwrap() as usize;
    let offset = case["offset"].as_u64().unwrap() as usize;
    &TILES[offset..offset + 3 * size * size]
}

fn largest_difference(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

fn adjust(tile: &mut [u8], step: &Value) {
    let factor = step[1].as_f64().unwrap();
    match step[0].as_str().unwrap() {
        "brightness" => adjust_brightness(tile, factor),
        "contrast" => adjust_contrast(tile, factor),
        "saturation" => adjust_saturation(tile, factor),
        "hue" => adjust_hue(tile, factor),
        other => panic!("{other}"),
    }
}

#[test]
fn colours_are_torchvisions_within_one_level() {
    let cases = cases();
    let find = |source: &Value, chain: &[Value]| {
        let found = cases.iter().find(|c| c["source"] == *source && c["chain"].as_array().unwrap() == chain);
        tile(found.expect("every step of a chain is committed"))
    };
    for case in cases.iter().filter(|c| c["chain"] != Value::Array(vec![])) {
        let chain = case["chain"].as_array().unwrap();
        let (last, before) = chain.split_last().unwrap();
        let mut found = find(&case["source"], before).to_vec();
        adjust(&mut found, last);
        let difference = largest_difference(&found, tile(case));
        assert!(difference <= 1, "{} {chain:?}: {difference} levels off", case["source"]);
        // Hardly ever even that: the arithmetic is the same but for the order of a few roundings.
        let off = found.iter().zip(tile(case)).filter(|(a, b)| a != b).count();
        assert!(
            off * 50 <= found.len(),
            "{} {chain:?}: {off} of {} values differ",
            case["source"],
            found.len()
        );
    }
}

#[test]
fn a_whole_chain_stays_within_one_level() {
    let cases = cases();
    for case in cases.iter().filter(|c| c["chain"].as_array().unwrap().len() == 4) {
        let source = cases.iter().find(|c| c["source"] == case["source"]).unwrap();
        let mut found = tile(source).to_vec();
        for step in case["chain"].as_array().unwrap() {
            adjust(&mut found, step);
        }
        let difference = largest_difference(&found, tile(case));
        assert!(difference <= 1, "{} {}: {difference} levels off", case["source"], case["chain"]);
    }
}

fn noise(size: usize, name: &str) -> Vec<u8> {
    let mut tile = vec![0; 3 * size * size];
    stream(1, name).fill_bytes(&mut tile);
    tile
}

#[test]
fn colours_of_a_large_tile_do_not_depend_on_where_a_pixel_lies() {
    // 65 x 65 pixels fill several blocks and leave a rest.
    let mut whole = noise(65, "blocks");
    let pixels: Vec<Vec<u8>> = whole.chunks(3).map(<[u8]>::to_vec).collect();
    adjust_hue(&mut whole, 0.13);
    adjust_saturation(&mut whole, 1.4);
    for (pixel, found) in pixels.into_iter().zip(whole.chunks(3)) {
        let mut alone = pixel.clone();
        adjust_hue(&mut alone, 0.13);
        adjust_saturation(&mut alone, 1.4);
        assert_eq!(alone, found, "{pixel:?}");
    }
    let mut contrast = noise(65, "blocks");
    let grey =
        |p: &[u8]| (0.2989 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2])).floor();
    let mean = contrast.chunks(3).map(grey).sum::<f64>() / (65.0 * 65.0);
    adjust_contrast(&mut contrast, 0.0);
    assert!(contrast.iter().all(|v| f64::from(*v) == mean.floor()));
}

#[test]
fn jitter_draws_every_order_and_depends_on_the_stream_alone() {
    let tile = noise(8, "jitter");
    let mut seen = BTreeSet::new();
    for i in 0..200 {
        let mut rng = stream(3, &format!("tile {i}"));
        let (mut once, mut again) = (tile.clone(), tile.clone());
        ColorJitter::paper().apply(&mut once, &mut rng);
        ColorJitter::paper().apply(&mut again, &mut stream(3, &format!("tile {i}")));
        assert_eq!(once, again);
        seen.insert(once);
        // The same number of draws whatever the tile holds.
        let mut other = stream(3, &format!("tile {i}"));
        ColorJitter::paper().apply(&mut [0; 3 * 25], &mut other);
        assert_eq!(rng.next_u64(), other.next_u64());
    }
    assert_eq!(seen.len(), 200);
    let still = ColorJitter { brightness: 0.0, contrast: 0.0, saturation: 0.0, hue: 0.0 };
    let mut unchanged = tile.clone();
    still.apply(&mut unchanged, &mut stream(3, "still"));
    assert!(largest_difference(&unchanged, &tile) <= 1);
}

#[test]
fn flips_and_turns_move_pixels_and_reach_all_eight_positions() {
    // Pixel (row, column) holds (row, column, 7).
    let tile: Vec<u8> = (0..5_u8).flat_map(|r| (0..5_u8).flat_map(move |c| [r, c, 7])).collect();
    let at = |t: &[u8], r: usize, c: usize| [t[3 * (5 * r + c)], t[3 * (5 * r + c) + 1]];
    let mut flipped = tile.clone();
    hflip(&mut flipped, 5);
    assert_eq!(at(&flipped, 1, 0), [1, 4]);
    flipped.clone_from(&tile);
    vflip(&mut flipped, 5);
    assert_eq!(at(&flipped, 1, 0), [3, 0]);
    // As torch.rot90: counter-clockwise, the top right corner goes to the top left.
    let mut turned = tile.clone();
    quarter_turns(&mut turned, 5, 1);
    assert_eq!([at(&turned, 0, 0), at(&turned, 4, 0), at(&turned, 1, 0)], [[0, 4], [0, 0], [0, 3]]);
    for turns in 0..4 {
        let (mut once, mut by_ones) = (tile.clone(), tile.clone());
        quarter_turns(&mut once, 5, turns);
        (0..turns).for_each(|_| quarter_turns(&mut by_ones, 5, 1));
        assert_eq!(once, by_ones);
    }
    let recipe = Augment { flips: true, quarter_turns: true, ..Augment::none() };
    let mut rng = stream(5, "positions");
    let mut seen = BTreeSet::new();
    for _ in 0..200 {
        let mut moved = tile.clone();
        recipe.apply(&mut moved, 5, &mut rng);
        seen.insert(moved);
    }
    assert_eq!(seen.len(), 8);
    let mut same = tile.clone();
    Augment::none().apply(&mut same, 5, &mut rng);
    assert_eq!(same, tile);
}

#[test]
fn crops_and_padding() {
    let tile: Vec<u8> = (0..4_u8).flat_map(|r| (0..4_u8).flat_map(move |c| [r, c, 9])).collect();
    assert_eq!(crop(&tile, 4, 2, 1, 2), [1, 2, 9, 1, 3, 9, 2, 2, 9, 2, 3, 9]);
    let mut rng = stream(2, "crop");
    let corners: BTreeSet<Vec<u8>> =
        (0..200).map(|_| random_crop(&tile, 4, 2, &mut rng)[..2].to_vec()).collect();
    assert_eq!(corners.len(), 9, "every position");
    assert_eq!(random_crop(&tile, 4, 4, &mut rng), tile);

    let padded = reflect_pad(&tile, 4, 7);
    let rows: Vec<u8> = (0..7).map(|r| padded[3 * 7 * r]).collect();
    let columns: Vec<u8> = (0..7).map(|c| padded[3 * c + 1]).collect();
    assert_eq!((rows, columns), (vec![1, 0, 1, 2, 3, 2, 1], vec![1, 0, 1, 2, 3, 2, 1]));
    assert_eq!(crop(&padded, 7, 4, 1, 1), tile);
    assert_eq!(reflect_pad(&tile, 4, 4), tile);
}

#[test]
fn normalisation() {
    let tile = [0, 51, 255, 255, 102, 0, 0, 153, 0, 255, 204, 255];
    let mut out = [0.0; 12];
    Normalise::paper().to_chw(&tile, 2, &mut out);
    let expected = |v: f32, mean: f32| (v / 255.0 - mean) / 0.15;
    let green = [51.0, 102.0, 153.0, 204.0].map(|v| expected(v, 0.6));
    assert_eq!(&out[4..8], green);
    assert_eq!((out[0], out[8]), (expected(0.0, 0.7), expected(255.0, 0.7)));

    let measured = Normalise::measured([&tile[..6], &tile[6..]]);
    assert!((measured.mean[1] - 0.5).abs() < 1e-6 && (measured.std[1] - 0.05_f32.sqrt()).abs() < 1e-6);
    let flat = Normalise::measured([[100, 100, 100].as_slice()]);
    assert_eq!(flat.std, [1.0 / 255.0; 3]);
    assert_eq!(Normalise::measured([]), Normalise::paper());
}
