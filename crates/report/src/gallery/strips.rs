//! Very many tiles as embedded images: all pictures of one tile side by side in one image, as large and as good as a budget lets them be.

use crate::spread::spread;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use rayon::prelude::*;
use std::io::Cursor;
use std::path::PathBuf;

/// A side up to which pixels are kept without loss, if the budget allows it.
const SMALL: u32 = 100;
/// Largest side and JPEG quality, from what is best to look at to what is just worth looking at.
const STEPS: [(u32, u8); 11] = [
    (256, 88),
    (224, 85),
    (192, 82),
    (160, 78),
    (144, 74),
    (128, 70),
    (112, 64),
    (96, 58),
    (88, 52),
    (80, 46),
    (64, 40),
];
/// Tiles by which the size of all is foretold.
const SAMPLE: usize = 24;
/// JPEG's blocks: pictures begin at a multiple of their side, so that none bleeds into its neighbour.
const BLOCK: u32 = 8;

/// The pictures of one tile, each a file or missing.
pub type Files = Vec<Option<PathBuf>>;

/// The tiles' pictures, one image a tile.
pub struct Strips {
    /// Side of a picture in px.
    pub side: u32,
    /// Px from the left edge of one picture to that of the next.
    pub pitch: u32,
    /// Whether every pixel is as it was in the files.
    pub lossless: bool,
    /// Side of the pictures in the files.
    pub full_side: u32,
    /// One entry a tile that fits into the budget, in the order given.
    pub tiles: Vec<Strip>,
}

/// The image of one tile.
pub struct Strip {
    /// Which of the tiles given this is.
    pub tile: usize,
    /// Which pictures are there.
    pub there: Vec<bool>,
    /// The image's bytes, PNG or JPEG; empty if no picture is there.
    pub base64: String,
}

#[derive(Clone, Copy)]
struct Level {
    side: u32,
    /// JPEG's quality; without loss if there is none.
    quality: Option<u8>,
}

impl Level {
    fn pitch(self) -> u32 {
        if self.quality.is_some() { self.side.next_multiple_of(BLOCK) } else { self.side }
    }
}

impl Strips {
    /// The tiles within `budget` bytes of text: first pictures get smaller, then tiles are left out, evenly over the order given.
    /// `None` if no file is a picture. The same files give the same bytes.
    pub fn encode(tiles: &[Files], budget: usize) -> Option<Self> {
        let full_side = tiles.iter().flatten().flatten().find_map(|path| {
            let (width, height) = image::image_dimensions(path).ok()?;
            Some(width.max(height).max(1))
        })?;
        let mut levels = levels(full_side);
        let sample: Vec<&Files> = spread(tiles.len(), SAMPLE).into_iter().map(|i| &tiles[i]).collect();
        let sample: Vec<Vec<Option<RgbImage>>> =
            sample.par_iter().map(|files| files.iter().map(|file| read(file.as_ref())).collect()).collect();
        // The last level is tried however large it is.
        while levels.len() > 1 && foretold(&sample, levels[0], tiles.len()) > budget {
            levels.remove(0);
        }
        let mut all = draw(tiles, levels[0]);
        while levels.len() > 1 && bytes(&all) > budget {
            levels.remove(0);
            all = draw(tiles, levels[0]);
        }
        let level = levels[0];
        let mut wanted = all.len();
        while bytes(&all) > budget {
            wanted = (wanted * budget / bytes(&all)).min(wanted - 1);
            let keep = spread(tiles.len(), wanted);
            all.retain(|strip| keep.binary_search(&strip.tile).is_ok());
            if wanted == 0 {
                break;
            }
            wanted = all.len();
        }
        Some(Self {
            side: level.side,
            pitch: level.pitch(),
            lossless: level.quality.is_none(),
            full_side,
            tiles: all,
        })
    }

    /// The images' kind, as browsers name it.
    pub fn kind(&self) -> &'static str {
        if self.lossless { "image/png" } else { "image/jpeg" }
    }
}

fn levels(side: u32) -> Vec<Level> {
    let lossless = (side <= SMALL).then_some(Level { side, quality: None });
    let jpeg = STEPS.map(|(most, quality)| Level { side: side.min(most), quality: Some(quality) });
    lossless.into_iter().chain(jpeg).collect()
}

fn bytes(strips: &[Strip]) -> usize {
    strips.iter().map(|strip| strip.base64.len() + 1).sum()
}

/// How large `n` tiles get, from a sample; a little is added, for the sample may be of the smaller ones.
fn foretold(sample: &[Vec<Option<RgbImage>>], level: Level, n: usize) -> usize {
    let sum: usize = sample.par_iter().map(|pictures| strip(pictures, level).len() + 1).sum();
    sum * n / sample.len().max(1) * 102 / 100
}

fn draw(tiles: &[Files], level: Level) -> Vec<Strip> {
    tiles
        .par_iter()
        .enumerate()
        .map(|(tile, files)| {
            let pictures: Vec<Option<RgbImage>> = files.iter().map(|file| read(file.as_ref())).collect();
            Strip {
                tile,
                there: pictures.iter().map(Option::is_some).collect(),
                base64: strip(&pictures, level),
            }
        })
        .collect()
}

fn read(file: Option<&PathBuf>) -> Option<RgbImage> {
    Some(image::open(file?).ok()?.to_rgb8())
}

/// The pictures side by side, missing ones grey.
fn strip(pictures: &[Option<RgbImage>], level: Level) -> String {
    if pictures.iter().all(Option::is_none) {
        return String::new();
    }
    let (side, pitch) = (level.side, level.pitch());
    let mut all = RgbImage::from_pixel(pitch * pictures.len() as u32, side, Rgb([128, 128, 128]));
    for (k, picture) in pictures.iter().enumerate() {
        let Some(picture) = picture else { continue };
        let left = k as u32 * pitch;
        let scaled = square(picture, side);
        imageops::replace(&mut all, &scaled, i64::from(left), 0);
        // A picture's last column goes on to the next block's edge, where grey would colour it.
        for x in left + side..left + pitch {
            for y in 0..side {
                all.put_pixel(x, y, *scaled.get_pixel(side - 1, y));
            }
        }
    }
    let mut bytes = Cursor::new(Vec::new());
    let written = match level.quality {
        Some(quality) => JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&all),
        None => DynamicImage::from(all).write_to(&mut bytes, ImageFormat::Png),
    };
    // Nothing but a full memory keeps pixels in memory from being written there.
    written.map_or_else(|_| String::new(), |()| BASE64.encode(bytes.into_inner()))
}

/// The picture's middle square at another side.
fn square(picture: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let short = width.min(height);
    let middle = imageops::crop_imm(picture, (width - short) / 2, (height - short) / 2, short, short);
    if short == side {
        middle.to_image()
    } else {
        imageops::resize(&middle.to_image(), side, side, FilterType::Triangle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u32, side: u32) -> RgbImage {
        RgbImage::from_fn(side, side, |x, y| {
            let v = (x * 7919 + y * 104_729 + seed * 1_299_709).wrapping_mul(2_654_435_761) >> 24;
            Rgb([v as u8, (v * 3 % 256) as u8, (v / 2) as u8])
        })
    }

    fn tiles(n: u32, side: u32) -> (tempfile::TempDir, Vec<Files>) {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: String, seed| {
            let path = folder.path().join(name);
            noise(seed, side).save(&path).unwrap();
            Some(path)
        };
        let all =
            (0..n).map(|i| vec![file(format!("{i}-a.png"), i), file(format!("{i}-b.png"), 1000 + i), None]);
        let all = all.collect();
        (folder, all)
    }

    fn decoded(strip: &Strip) -> RgbImage {
        image::load_from_memory(&BASE64.decode(&strip.base64).unwrap()).unwrap().to_rgb8()
    }

    #[test]
    fn small_tiles_are_kept_to_the_pixel_and_missing_ones_are_told() {
        let (_folder, files) = tiles(3, 20);
        let strips = Strips::encode(&files, 1_000_000).unwrap();
        assert!(strips.lossless && strips.kind() == "image/png");
        assert_eq!((strips.side, strips.pitch, strips.tiles.len()), (20, 20, 3));
        for (i, strip) in strips.tiles.iter().enumerate() {
            assert_eq!((strip.tile, &*strip.there), (i, &[true, true, false][..]));
            let image = decoded(strip);
            assert_eq!(image.dimensions(), (60, 20));
            let second = imageops::crop_imm(&image, 20, 0, 20, 20).to_image();
            assert_eq!(second, noise(1000 + i as u32, 20));
        }
    }

    #[test]
    fn pictures_shrink_before_tiles_are_left_out() {
        let (_folder, files) = tiles(14, 104);
        let whole = Strips::encode(&files, 100_000_000).unwrap();
        assert_eq!(
            (whole.side, whole.full_side, whole.tiles.len(), whole.kind()),
            (104, 104, 14, "image/jpeg")
        );
        let mut before = bytes(&whole.tiles);
        for budget in [before * 2 / 3, before / 3, before / 6] {
            let less = Strips::encode(&files, budget).unwrap();
            assert!(bytes(&less.tiles) <= budget && bytes(&less.tiles) < before);
            assert_eq!(less.tiles.len(), 14);
            assert_eq!(decoded(&less.tiles[7]).dimensions(), (3 * less.pitch, less.side));
            before = bytes(&less.tiles);
        }
        let few = Strips::encode(&files, before / 4).unwrap();
        let kept: Vec<usize> = few.tiles.iter().map(|strip| strip.tile).collect();
        assert!(bytes(&few.tiles) <= before / 4 && kept.len() > 2 && kept.len() < 14);
        assert_eq!((kept[0], kept[kept.len() - 1]), (0, 13), "both ends of the order stay");
        assert!(Strips::encode(&files, 10).unwrap().tiles.is_empty());
    }

    #[test]
    fn sides_that_are_no_multiple_of_a_block_do_not_bleed() {
        let folder = tempfile::tempdir().unwrap();
        let flat = |name: &str, colour| {
            let path = folder.path().join(name);
            RgbImage::from_pixel(108, 108, Rgb(colour)).save(&path).unwrap();
            Some(path)
        };
        let files = vec![vec![flat("a.png", [250, 250, 250]), flat("b.png", [10, 10, 10])]];
        let strips = Strips::encode(&files, 100_000).unwrap();
        assert_eq!((strips.side, strips.pitch), (108, 112));
        let image = decoded(&strips.tiles[0]);
        assert!(image.get_pixel(107, 50).0[0] > 245 && image.get_pixel(112, 50).0[0] < 15);
    }

    #[test]
    fn the_same_files_give_the_same_bytes_and_none_give_none() {
        let (_folder, files) = tiles(5, 40);
        let text = || {
            let strips = Strips::encode(&files, 20_000).unwrap().tiles;
            strips.into_iter().map(|strip| strip.base64).collect::<Vec<_>>()
        };
        assert_eq!(text(), text());
        assert!(Strips::encode(&[vec![None, None]], 1000).is_none());
        assert!(Strips::encode(&[], 1000).is_none());
    }
}
