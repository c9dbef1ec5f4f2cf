//! Tiles as embedded images, within a budget.

use crate::saliency::{self, Of};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use files::png_name;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, RgbImage, imageops::FilterType};
use record::{Phi, RunFolder};
use std::cell::Cell;
use std::io::Cursor;
use std::path::{Component, Path, PathBuf};

/// Bytes of embedded images, as text, that a report may hold.
const BUDGET: usize = 2_600_000;
/// A side up to which pixels are kept as they are, without loss, and shown enlarged.
const SMALL: u32 = 100;
/// A side above which tiles are scaled down.
const LARGE: u32 = 256;

/// An image ready to be put into the page.
pub struct Picture {
    /// A `data:` address.
    pub source: String,
    pub width: u32,
    pub height: u32,
}

impl Picture {
    /// Whether single pixels should stay sharp when enlarged.
    pub fn is_small(&self) -> bool {
        self.width.max(self.height) <= SMALL
    }
}

/// Finds and embeds the tiles of a run.
pub struct Album {
    run: RunFolder,
    data: Vec<PathBuf>,
    left: Cell<usize>,
}

impl Album {
    /// An album of a run whose data lies in one of the folders `data`.
    pub fn new(run: RunFolder, data: Vec<PathBuf>) -> Self {
        Self { run, data, left: Cell::new(BUDGET) }
    }

    /// The translation of a tile.
    pub fn generated(&self, phi: Phi, image: &str) -> Option<Picture> {
        self.embed(&self.generated_file(phi, image)?)
    }

    /// The file of a translation, if it is there.
    pub fn generated_file(&self, phi: Phi, image: &str) -> Option<PathBuf> {
        Some(self.run.generated(phi).join(inside(&png_name(image))?)).filter(|path| path.is_file())
    }

    /// Its translation back.
    pub fn reconstructed(&self, phi: Phi, image: &str) -> Option<Picture> {
        self.embed(&self.run.reconstructed(phi).join(inside(&png_name(image))?))
    }

    /// The tile as it was translated: the run's own copy, else the data.
    pub fn source(&self, phi: Phi, image: &str) -> Option<Picture> {
        self.embed(&self.source_file(phi, image)?)
    }

    /// The file of [`Album::source`].
    pub fn source_file(&self, phi: Phi, image: &str) -> Option<PathBuf> {
        let copy = self.run.sources(phi).join(inside(&png_name(image))?);
        if copy.is_file() { Some(copy) } else { self.original_file(image) }
    }

    /// A tile of the dial's figure.
    pub fn dial_source(&self, image: &str) -> Option<Picture> {
        self.embed(&self.run.dial_sources().join(inside(&png_name(image))?))
    }

    /// The same tile at a setting of the dial, counted from 0.
    pub fn dial_setting(&self, at: usize, image: &str) -> Option<Picture> {
        self.embed(&self.run.dial_setting(at).join(inside(&png_name(image))?))
    }

    /// The tile in the data folder, if that is still where the settings say.
    pub fn original(&self, image: &str) -> Option<Picture> {
        self.embed(&self.original_file(image)?)
    }

    fn original_file(&self, image: &str) -> Option<PathBuf> {
        let name = inside(image)?;
        self.data.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    }

    /// The tile with the scorer's map of where it looks laid over it.
    pub fn looked_at(&self, phi: Phi, image: &str, of: Of) -> Option<Picture> {
        let tile = match of {
            Of::Source => self.source_file(phi, image),
            Of::Generated => self.generated_file(phi, image),
        }?;
        let map = image::open(saliency::file(&self.run, phi, image, of)?).ok()?.to_luma8();
        let tile = fit_within(image::open(tile).ok()?.to_rgb8(), LARGE);
        self.encode(&saliency::laid_over(&tile, &map))
    }

    /// A sample grid, scaled down where it is very large.
    pub fn grid(&self, path: &Path) -> Option<Picture> {
        if !path.is_file() {
            return None;
        }
        let image = image::open(path).ok()?.to_rgb8();
        self.encode(&fit_within(image, 900))
    }

    fn embed(&self, path: &Path) -> Option<Picture> {
        let image = image::open(path).ok()?.to_rgb8();
        self.encode(&fit_within(image, LARGE))
    }

    /// PNG for small images; JPEG at high quality for large ones, which would burst the budget otherwise.
    fn encode(&self, image: &RgbImage) -> Option<Picture> {
        let (width, height) = image.dimensions();
        let mut bytes = Cursor::new(Vec::new());
        let kind = if width.max(height) <= SMALL {
            DynamicImage::from(image.clone()).write_to(&mut bytes, ImageFormat::Png).ok()?;
            "png"
        } else {
            JpegEncoder::new_with_quality(&mut bytes, 88).encode_image(image).ok()?;
            "jpeg"
        };
        let source = format!("data:image/{kind};base64,{}", BASE64.encode(bytes.into_inner()));
        let left = self.left.get().checked_sub(source.len())?;
        self.left.set(left);
        Some(Picture { source, width, height })
    }
}

fn fit_within(image: RgbImage, side: u32) -> RgbImage {
    let (width, height) = image.dimensions();
    let longest = width.max(height);
    if longest <= side {
        return image;
    }
    let scaled = |length: u32| (u64::from(length) * u64::from(side) / u64::from(longest)).max(1) as u32;
    image::imageops::resize(&image, scaled(width), scaled(height), FilterType::Triangle)
}

/// A relative path that stays inside its folder.
fn inside(name: &str) -> Option<&str> {
    Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        .then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_not_followed() {
        assert_eq!(inside("a/b.png"), Some("a/b.png"));
        assert_eq!(inside("../b.png"), None);
        assert_eq!(inside("/etc/passwd"), None);
    }

    #[test]
    fn the_budget_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.png");
        RgbImage::from_fn(40, 40, |x, y| {
            image::Rgb([(x * 37 % 256) as u8, (y * 91 % 256) as u8, (x * y) as u8])
        })
        .save(&path)
        .unwrap();
        let album = Album::new(RunFolder::new(folder.path()), vec![folder.path().to_owned()]);
        let one = album.original("t.png").unwrap();
        assert!(one.source.starts_with("data:image/png;base64,") && one.is_small());
        let mut embedded = one.source.len();
        while let Some(next) = album.original("t.png") {
            embedded += next.source.len();
        }
        assert!(embedded <= BUDGET && embedded + one.source.len() > BUDGET);
    }

    #[test]
    fn large_images_shrink() {
        let shrunk = fit_within(RgbImage::new(1000, 500), 100);
        assert_eq!(shrunk.dimensions(), (100, 50));
        assert_eq!(fit_within(RgbImage::new(5000, 1), 100).dimensions(), (100, 1));
    }
}
