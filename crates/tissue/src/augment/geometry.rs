//! Flips, quarter turns, padding and crops of a square 8-bit RGB tile. Nothing is interpolated: every pixel moves whole.

use crate::random::Stream;
use rand::RngExt;

/// Swaps left and right, in place.
pub fn hflip(tile: &mut [u8], size: usize) {
    for row in tile.chunks_exact_mut((3 * size).max(1)) {
        reverse_pixels(row);
    }
}

/// Swaps top and bottom, in place.
pub fn vflip(tile: &mut [u8], size: usize) {
    let width = 3 * size;
    for top in 0..size / 2 {
        let (upper, lower) = tile.split_at_mut((size - 1 - top) * width);
        upper[top * width..(top + 1) * width].swap_with_slice(&mut lower[..width]);
    }
}

/// Turns counter-clockwise by 90 degrees `turns` times (as `torch.rot90` over rows and columns), in place.
pub fn quarter_turns(tile: &mut [u8], size: usize, turns: u32) {
    match turns % 4 {
        1 => {
            transpose(tile, size);
            vflip(tile, size);
        }
        2 => reverse_pixels(&mut tile[..3 * size * size]),
        3 => {
            transpose(tile, size);
            hflip(tile, size);
        }
        _ => {}
    }
}

fn reverse_pixels(pixels: &mut [u8]) {
    pixels.as_chunks_mut::<3>().0.reverse();
}

fn transpose(tile: &mut [u8], size: usize) {
    let pixels = tile.as_chunks_mut::<3>().0;
    for row in 0..size {
        for column in row + 1..size {
            pixels.swap(row * size + column, column * size + row);
        }
    }
}

/// The `to` × `to` window of a `from` × `from` tile whose corner is at row `top`, column `left`.
///
/// # Panics
/// If the window does not lie inside the tile.
pub fn crop(tile: &[u8], from: usize, to: usize, top: usize, left: usize) -> Vec<u8> {
    assert!(top + to <= from && left + to <= from, "a window of {to} at ({top}, {left}) in a tile of {from}");
    let mut window = Vec::with_capacity(3 * to * to);
    for row in tile.chunks_exact((3 * from).max(1)).skip(top).take(to) {
        window.extend_from_slice(&row[3 * left..3 * (left + to)]);
    }
    window
}

/// A `to` × `to` window of a `from` × `from` tile, every position equally likely.
///
/// # Panics
/// If `to` is larger than `from`.
pub fn random_crop(tile: &[u8], from: usize, to: usize, rng: &mut Stream) -> Vec<u8> {
    assert!(to <= from, "a window of {to} in a tile of {from}");
    let (top, left) = (rng.random_range(0..=from - to), rng.random_range(0..=from - to));
    crop(tile, from, to, top, left)
}

/// A `from` × `from` tile mirrored at its borders (the border itself not repeated) to `to` × `to`: `(to − from) / 2`
/// new rows and columns above and on the left, the rest below and on the right.
///
/// # Panics
/// If `to` is smaller than `from`, or the padding on a side is not smaller than `from`.
pub fn reflect_pad(tile: &[u8], from: usize, to: usize) -> Vec<u8> {
    let before = to.checked_sub(from).map(|extra| extra / 2);
    let fits = before.is_some_and(|b| to - from - b < from.max(1));
    assert!(fits, "a tile of {from} cannot be mirrored to {to}");
    let before = (to - from) / 2;
    let source = |i: usize| {
        let inside = i.abs_diff(before);
        if i >= before && inside >= from { 2 * (from - 1) - inside } else { inside }
    };
    let mut padded = Vec::with_capacity(3 * to * to);
    for row in 0..to {
        for column in 0..to {
            let at = 3 * (source(row) * from + source(column));
            padded.extend_from_slice(&tile[at..at + 3]);
        }
    }
    padded
}
