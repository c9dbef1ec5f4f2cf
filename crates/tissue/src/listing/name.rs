//! Which files are tiles, by their names.

use std::path::Path;

/// The extensions that make a file a tile, in lower case.
pub const IMAGE_EXTENSIONS: [&str; 20] = [
    "png", "jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp", "tif", "tiff", "btf", "tf8", "bmp", "dib", "webp",
    "jp2", "j2k", "j2c", "jpc", "jpf", "jpx",
];

/// What stands behind the last dot, in lower case.
pub(super) fn extension(name: &str) -> String {
    Path::new(name).extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Whether a file is taken for a tile, by its name.
pub(super) fn is_image(name: &str) -> bool {
    IMAGE_EXTENSIONS.contains(&extension(name).as_str())
}
