//! Draws a sheet of synthetic tiles, severity 0 to 1 from left to right, each from a slide of its own:
//! `cargo run --release -p tissue --example synthetic_sheet -- OUT.png [SIZE] [ROWS] [SEED]`.

use image::{Rgb, RgbImage};
use tissue::random::stream;
use tissue::synthetic::{SlideStain, render};

const COLUMNS: usize = 5;
const GAP: usize = 4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let out = arguments.first().ok_or("give the PNG file to write")?;
    let number = |i: usize, default: usize| arguments.get(i).map_or(Ok(default), |text| text.parse());
    let (size, rows, seed) = (number(1, 224)?, number(2, 3)?, number(3, 1)?);
    let step = size + GAP;
    let extent = |tiles: usize| (tiles * step).saturating_sub(GAP) as u32;
    let mut sheet = RgbImage::from_pixel(extent(COLUMNS), extent(rows), Rgb([255; 3]));
    for row in 0..rows {
        for column in 0..COLUMNS {
            let mut rng = stream(seed as u64, &format!("sheet/{row}-{column}"));
            let stain = SlideStain::draw(&mut rng);
            let tile = render(column as f64 / (COLUMNS - 1) as f64, &stain, size, &mut rng);
            for (i, rgb) in tile.chunks_exact(3).enumerate() {
                let (x, y) = (column * step + i % size, row * step + i / size);
                sheet.put_pixel(x as u32, y as u32, Rgb([rgb[0], rgb[1], rgb[2]]));
            }
        }
    }
    sheet.save(out)?;
    Ok(())
}
