//! Tiles brought to one size.

use std::path::Path;
use std::str::FromStr;

use image::{RgbImage, imageops};
use serde::{Deserialize, Serialize};

use super::resize::resize_bilinear;
use crate::TissueError;

/// What to do with tiles that are not square or not of the size wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Refuse them.
    #[default]
    Exact,
    /// Cut the square of that size from the middle; a smaller tile is refused.
    CenterCrop,
    /// Cut the largest square from the middle and resize it, bilinear and antialiased.
    Resize,
}

impl FromStr for Fit {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "exact" => Ok(Self::Exact),
            "center-crop" => Ok(Self::CenterCrop),
            "resize" => Ok(Self::Resize),
            _ => Err(format!("\"{name}\" is none of exact, center-crop, resize")),
        }
    }
}

/// Bytes of a tile of `size` px.
pub(super) fn tile_bytes(size: usize) -> u64 {
    (size as u64).saturating_mul(size as u64).saturating_mul(3)
}

/// Refuses a size that `fit` does not allow; else the bytes that bringing a tile of it to `size` takes.
pub(super) fn check_fit(
    path: &Path,
    (width, height): (u32, u32),
    size: usize,
    fit: Fit,
) -> Result<u64, TissueError> {
    if width as usize == size && height as usize == size {
        return Ok(0);
    }
    let wrong = |why: String| TissueError::WrongSize { path: path.to_path_buf(), width, height, why };
    let side = width.min(height) as usize;
    match fit {
        Fit::Exact => {
            check_square(path, width, height)?;
            Err(wrong(format!("every tile must be {size} × {size} px and none is resized unasked")))
        }
        Fit::CenterCrop if side < size => {
            Err(wrong(format!("it is smaller than the crop of {size} × {size} px")))
        }
        Fit::CenterCrop => Ok(tile_bytes(size)),
        Fit::Resize => Ok(tile_bytes(side) + 3 * (side * size) as u64 + tile_bytes(size)),
    }
}

/// The pixels of an image at `size` px, whose own size `fit` allows.
pub(super) fn fit_to(image: RgbImage, size: usize, fit: Fit) -> Vec<u8> {
    let (width, height) = image.dimensions();
    if width as usize == size && height as usize == size {
        return image.into_raw();
    }
    if fit == Fit::Resize {
        let side = width.min(height);
        let square = if width == height { image } else { center_crop(&image, side) };
        return resize_bilinear(square.as_raw(), side as usize, size);
    }
    center_crop(&image, size as u32).into_raw()
}

fn center_crop(image: &RgbImage, side: u32) -> RgbImage {
    let (x, y) = ((image.width() - side) / 2, (image.height() - side) / 2);
    imageops::crop_imm(image, x, y, side, side).to_image()
}

/// Refuses a tile that is not square.
pub(super) fn check_square(path: &Path, width: u32, height: u32) -> Result<(), TissueError> {
    if width == height {
        return Ok(());
    }
    let why = "a tile must be square and none is cropped unasked".into();
    Err(TissueError::WrongSize { path: path.to_path_buf(), width, height, why })
}
