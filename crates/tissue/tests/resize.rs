//! Resizing against torchvision's antialiased bilinear resize of uint8 tensors.

use serde_json::Value;
use tissue::resize_bilinear;

const TILES: &[u8] = include_bytes!("fixtures/resize.bin");

#[test]
fn resizing_is_torchvisions_within_one_level() {
    let fixture: Value = serde_json::from_str(include_str!("fixtures/resize.json")).unwrap();
    let mut source: (usize, &[u8]) = (0, &[]);
    let mut resized = 0;
    for case in fixture["cases"].as_array().unwrap() {
        let size = case["size"].as_u64().unwrap() as usize;
        let offset = case["offset"].as_u64().unwrap() as usize;
        let tile = &TILES[offset..offset + 3 * size * size];
        if case["from"].is_null() {
            source = (size, tile);
            continue;
        }
        let found = resize_bilinear(source.1, source.0, size);
        let difference = found.iter().zip(tile).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(difference <= 1, "{} to {size}: {difference} levels off", source.0);
        resized += 1;
    }
    assert!(resized > 10);
}

#[test]
fn flat_tiles_stay_flat_and_the_same_size_changes_nothing() {
    for (from, to) in [(1, 5), (7, 3), (16, 250), (224, 64)] {
        for value in [0, 1, 127, 255] {
            assert_eq!(resize_bilinear(&vec![value; 3 * from * from], from, to), vec![value; 3 * to * to]);
        }
    }
    let tile: Vec<u8> = (0..75).collect();
    assert_eq!(resize_bilinear(&tile, 5, 5), tile);
    assert_eq!(resize_bilinear(&tile, 5, 0), Vec::<u8>::new());
}
