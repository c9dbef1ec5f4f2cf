//! The sample grid of a translator: a picture with one column a tile and the rows source, generated, reconstructed, or with the dial one
//! row a tile and one column a setting; under each tile its confidence, in a built-in font.

use crate::error::TrainError;
use std::path::Path;

/// Small tiles are drawn this large at least, by repeating pixels.
const LEAST: usize = 96;
const GAP: usize = 4;
/// Height of the strip under a row that holds the numbers.
const STRIP: usize = 20;
/// Pixels a dot of the font.
const DOT: usize = 2;
const PAPER: u8 = 255;
const INK: u8 = 40;

/// Draws rows of tiles (RGB, `size` × `size`) and, under each, its confidence; writes a PNG.
///
/// # Errors
/// If the file cannot be written.
pub fn write(
    path: &Path,
    rows: &[&[&[u8]]],
    confidences: Option<&[Vec<f64>]>,
    size: usize,
) -> Result<(), TrainError> {
    let zoom = LEAST.div_ceil(size).max(1);
    let cell = size * zoom;
    let columns = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let strip = if confidences.is_some() { STRIP } else { 0 };
    let mut canvas = Canvas::new(columns * (cell + GAP) + GAP, rows.len() * (cell + GAP + strip) + GAP);
    for (r, row) in rows.iter().enumerate() {
        for (c, tile) in row.iter().enumerate() {
            let (x, y) = (GAP + c * (cell + GAP), GAP + r * (cell + GAP + strip));
            canvas.tile(x, y, tile, size, zoom);
            if let Some(confidence) = confidences.and_then(|all| all[r].get(c)) {
                canvas.number(x, y + cell + 3, *confidence);
            }
        }
    }
    files::write_atomic(path, &tissue::png::encode(&canvas.pixels, canvas.width, canvas.height))?;
    Ok(())
}

struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![PAPER; width * height * 3] }
    }

    /// Outside the canvas nothing is drawn.
    fn set(&mut self, x: usize, y: usize, rgb: [u8; 3]) {
        if x < self.width && y < self.height {
            let at = (y * self.width + x) * 3;
            self.pixels[at..at + 3].copy_from_slice(&rgb);
        }
    }

    fn tile(&mut self, x: usize, y: usize, tile: &[u8], size: usize, zoom: usize) {
        for row in 0..size * zoom {
            for column in 0..size * zoom {
                let at = (row / zoom * size + column / zoom) * 3;
                self.set(x + column, y + row, [tile[at], tile[at + 1], tile[at + 2]]);
            }
        }
    }

    /// A number with two decimals.
    fn number(&mut self, x: usize, y: usize, value: f64) {
        for (i, glyph) in format!("{value:.2}").chars().filter_map(glyph).enumerate() {
            for (row, bits) in glyph.iter().enumerate() {
                for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                    for dot in 0..DOT * DOT {
                        let (dx, dy) = (column * DOT + dot % DOT, row * DOT + dot / DOT);
                        self.set(x + i * 6 * DOT + dx, y + dy, [INK; 3]);
                    }
                }
            }
        }
    }
}

/// Seven rows of five dots.
fn glyph(character: char) -> Option<[u8; 7]> {
    Some(match character {
        '0' => [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
        '1' => [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        '2' => [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111],
        '3' => [0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110],
        '4' => [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
        '5' => [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
        '6' => [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
        '7' => [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
        '8' => [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
        '9' => [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
        '.' => [0, 0, 0, 0, 0, 0b01100, 0b01100],
        '-' => [0, 0, 0, 0b11111, 0, 0, 0],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_grid_has_a_cell_a_tile_and_ink_under_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("samples/epoch-001.png");
        let tile = [10u8; 12 * 12 * 3];
        let row: Vec<&[u8]> = vec![&tile, &tile];
        let confidences = [vec![0.93, 1.0], vec![0.5, 0.25], vec![0.0, 0.99]];
        super::write(&path, &[&row, &row, &row], Some(&confidences), 12).unwrap();
        let picture = image::open(&path).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (2 * 100 + 4, 3 * 120 + 4));
        let ink = |x: u32| (101..118).any(|y| (x..x + 48).any(|x| picture.get_pixel(x, y).0 == [40; 3]));
        assert!(ink(4) && ink(104));
        assert_eq!(picture.get_pixel(5, 5).0, [10; 3]);
        assert_eq!(picture.get_pixel(1, 1).0, [255; 3]);
    }
}
