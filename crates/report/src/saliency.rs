//! Where the scorer looks: its maps beside the tiles.

use files::png_name;
use image::imageops::{self, FilterType};
use image::{GrayImage, Rgb, RgbImage};
use record::{Phi, RunFolder};
use std::path::{Component, Path, PathBuf};

/// Side of a map as the gallery keeps it. The scorer's last stage has 7 × 7 values at 224 px: next to nothing is lost.
pub const SIDE: u32 = 12;
/// How much of a tile the brightest place of its map covers.
const MOST: f32 = 0.6;
/// The colours of a map and of a difference from least to most, evenly spaced: lightness rises all the way (matplotlib's "inferno").
/// `gallery/pictures.js` and `style.css` have the same.
const COLOURS: [[f32; 3]; 5] =
    [[0.0, 0.0, 4.0], [87.0, 16.0, 110.0], [188.0, 55.0, 84.0], [249.0, 142.0, 9.0], [252.0, 255.0, 164.0]];

/// Whose map.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Source,
    Generated,
}

/// The file of a map, if it is there.
pub fn file(run: &RunFolder, phi: Phi, image: &str, of: Of) -> Option<PathBuf> {
    let folder = match of {
        Of::Source => "source",
        Of::Generated => "generated",
    };
    let name = png_name(image);
    let inside = Path::new(&name).components().all(|p| matches!(p, Component::Normal(_) | Component::CurDir));
    Some(run.saliency(phi).join(folder).join(name)).filter(|path| inside && path.is_file())
}

/// A map as [`SIDE`] × [`SIDE`] bytes, row by row.
pub fn small(file: &Path) -> Option<Vec<u8>> {
    let map = image::open(file).ok()?.to_luma8();
    Some(imageops::resize(&map, SIDE, SIDE, FilterType::Triangle).into_raw())
}

/// A tile with its map laid over it: the tile itself where nothing was looked at, and the map's colours where the scorer looks.
pub fn laid_over(tile: &RgbImage, map: &GrayImage) -> RgbImage {
    let (width, height) = tile.dimensions();
    let map = imageops::resize(map, width, height, FilterType::Triangle);
    RgbImage::from_fn(width, height, |x, y| {
        let value = f32::from(map.get_pixel(x, y).0[0]) / 255.0;
        let (colour, cover) = (colour(value), MOST * value);
        let tile = tile.get_pixel(x, y).0.map(f32::from);
        Rgb(std::array::from_fn(|c| (tile[c] + cover * (colour[c] - tile[c])).round() as u8))
    })
}

fn colour(value: f32) -> [f32; 3] {
    let place = value.clamp(0.0, 1.0) * (COLOURS.len() - 1) as f32;
    let below = (place as usize).min(COLOURS.len() - 2);
    let rest = place - below as f32;
    std::array::from_fn(|c| COLOURS[below][c] + rest * (COLOURS[below + 1][c] - COLOURS[below][c]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn a_tile_shows_where_nothing_was_looked_at() {
        let tile = RgbImage::from_pixel(28, 28, Rgb([200, 150, 180]));
        let mut map = GrayImage::new(28, 28);
        for y in 0..28 {
            for x in 14..28 {
                map.put_pixel(x, y, Luma([255]));
            }
        }
        let seen = laid_over(&tile, &map);
        assert_eq!(seen.get_pixel(2, 5), tile.get_pixel(2, 5));
        // 0.4 of the tile and 0.6 of the brightest colour.
        assert_eq!(seen.get_pixel(25, 5).0, [231, 213, 170]);
    }

    #[test]
    fn colours_get_lighter_all_the_way() {
        let light = |v: f32| {
            let [r, g, b] = colour(v);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        assert!((1..=100).all(|i| light(i as f32 / 100.0) > light((i - 1) as f32 / 100.0)));
        assert_eq!(colour(2.0), COLOURS[4]);
    }

    #[test]
    fn maps_shrink_to_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::new(folder.path());
        let (phi, image) = (Phi::new(25.0), "a/t.jpg");
        assert!(file(&run, phi, image, Of::Source).is_none());
        let path = run.saliency(phi).join("generated/a/t.png");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        GrayImage::from_fn(56, 56, |x, _| Luma([if x < 28 { 0 } else { 200 }])).save(&path).unwrap();
        assert_eq!(file(&run, phi, image, Of::Generated), Some(path.clone()));
        assert!(file(&run, phi, "../../t.jpg", Of::Generated).is_none());
        let bytes = small(&path).unwrap();
        assert_eq!(bytes.len(), (SIDE * SIDE) as usize);
        assert_eq!((bytes[0], bytes[11], bytes[143]), (0, 200, 200));
    }
}
