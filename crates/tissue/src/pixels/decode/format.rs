//! Which format a file has, by its content, and what to say of those that are not read.

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Png,
    Jpeg,
    Tiff,
    Bmp,
    WebP,
    Jpeg2000,
}

/// The format by a file's first bytes (a few hundred are enough), if it is one that is read.
pub(super) fn of(head: &[u8]) -> Option<Format> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    if starts(b"\x89PNG\r\n\x1a\n") {
        Some(Format::Png)
    } else if starts(b"\xff\xd8\xff") {
        Some(Format::Jpeg)
    } else if TIFF.iter().any(|magic| starts(magic)) {
        Some(Format::Tiff)
    } else if starts(b"BM") {
        Some(Format::Bmp)
    } else if starts(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        Some(Format::WebP)
    } else if starts(b"\x00\x00\x00\x0cjP  ") || starts(b"\xff\x4f\xff\x51") {
        Some(Format::Jpeg2000)
    } else {
        None
    }
}

/// TIFF and BigTIFF, in both byte orders.
const TIFF: [&[u8]; 4] = [b"II\x2a\x00", b"MM\x00\x2a", b"II\x2b\x00", b"MM\x00\x2b"];

/// How to get a tile out of a picture format that is not read.
const SAVE: &str = "open it in an image program (GIMP, Fiji, ImageMagick) and save it as PNG";
/// How to get tiles out of a slide.
const CUT: &str =
    "cut tiles from the slide first, for instance in QuPath (Export tiles), as PNG or as TIFF of 8-bit RGB";
/// How to get a tile out of a microscope's own format.
const FIJI: &str = "open it in Fiji (Bio-Formats), turn it to RGB Color and save it as PNG";
/// What to do with an array.
const ARRAY: &str = "save its pictures as PNG, 8 bits a channel, for instance with Pillow or imageio";

/// Formats by what their files begin with, at an offset: the name in a sentence, and an export that is read.
const BY_CONTENT: [(usize, &[u8], &str, &str); 32] = [
    (0, b"GIF8", "a GIF", SAVE),
    (0, b"\xff\x0a", "a JPEG XL image", SAVE),
    (0, b"\x00\x00\x00\x0cJXL ", "a JPEG XL image", SAVE),
    (4, b"ftypavi", "an AVIF image", SAVE),
    (4, b"ftyphei", "a HEIC image", SAVE),
    (4, b"ftyphev", "a HEIC image", SAVE),
    (4, b"ftypmif1", "a HEIF image", SAVE),
    (4, b"ftypmsf1", "a HEIF image", SAVE),
    (4, b"ftyp", "a video", "save single pictures of it as PNG"),
    (0, b"II\xbc", "a JPEG XR image", SAVE),
    (0, b"8BPS", "a Photoshop document", SAVE),
    (0, b"qoif", "a QOI image", SAVE),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR image", SAVE),
    (0, b"DDS ", "a DDS texture", SAVE),
    (0, b"P1", "a PNM image", SAVE),
    (0, b"P2", "a PNM image", SAVE),
    (0, b"P3", "a PNM image", SAVE),
    (0, b"P4", "a PNM image", SAVE),
    (0, b"P5", "a PNM image", SAVE),
    (0, b"P6", "a PNM image", SAVE),
    (0, b"P7", "a PNM image", SAVE),
    (0, b"\x00\x00\x01\x00", "an icon", SAVE),
    (0, b"%PDF", "a PDF", "export its pictures as PNG"),
    (128, b"DICM", "a DICOM file", CUT),
    (0, b"ZISRAWFILE", "a Zeiss CZI file", CUT),
    (0, b"\xda\xce\xbe\x0a", "a Nikon ND2 file", FIJI),
    (0, b"\x70\x00\x00\x00", "a Leica LIF file", FIJI),
    (0, b"\x89HDF", "an HDF5 file", ARRAY),
    (0, b"\x93NUMPY", "a NumPy array", ARRAY),
    (0, b"PK\x03\x04", "a ZIP archive", "unpack it"),
    (0, b"\x1f\x8b", "a gzip archive", "unpack it"),
    (
        0,
        b"\x00\x05\x16\x07",
        "the shadow that macOS keeps beside a file",
        "copy the file itself, without its \"._\"",
    ),
];

/// A format that is not read, by its content: "it is …" and a way out.
pub(super) fn foreign(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let has = |at: usize, magic: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(magic));
    let known = BY_CONTENT.iter().find(|(at, magic, _, _)| has(*at, magic));
    known.map(|&(_, _, name, way_out)| (name, way_out))
}

/// Extensions, in lower case, of pictures and slides that are not read, with a way out.
const BY_EXTENSION: [(&[&str], &str); 4] = [
    (
        &[
            "gif", "heic", "heif", "hif", "avif", "jxl", "jxr", "wdp", "hdp", "jls", "psd", "qoi", "exr",
            "pnm", "ppm", "pgm", "pbm", "pam", "ico", "tga", "dds", "svg", "xcf", "raw", "dng", "cr2", "nef",
            "arw",
        ],
        SAVE,
    ),
    (
        &[
            "svs", "ndpi", "ndpis", "scn", "mrxs", "vms", "vmu", "bif", "svslide", "czi", "dcm", "dicom",
            "qptiff", "isyntax", "vsi", "ets", "kfb", "sdpc", "tmap", "mds",
        ],
        CUT,
    ),
    (&["nd2", "lif", "lsm", "oib", "oif", "oir", "ims", "stk", "zvi", "flex", "dv"], FIJI),
    (
        &[
            "npy",
            "npz",
            "h5",
            "hdf5",
            "zarr",
            "nii",
            "mha",
            "nrrd",
            "fits",
            "mat",
            "pt",
            "pkl",
            "pickle",
            "tfrecord",
            "tfrecords",
            "parquet",
        ],
        ARRAY,
    ),
];

/// How to get tiles out of a file whose extension (in lower case) is that of a picture or slide that is not read;
/// `None` for all others.
pub(crate) fn way_out_of(extension: &str) -> Option<&'static str> {
    BY_EXTENSION.iter().find(|(extensions, _)| extensions.contains(&extension)).map(|&(_, way_out)| way_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_content() {
        assert_eq!(of(b"II\x2b\x00\x08\x00"), Some(Format::Tiff));
        assert_eq!(of(b"RIFF\x10\x00\x00\x00WEBPVP8 "), Some(Format::WebP));
        assert_eq!(of(b"RIFF\x10\x00\x00\x00WAVEfmt "), None);
        assert_eq!(foreign(b"\x00\x00\x00\x1cftypheic\x00").unwrap().0, "a HEIC image");
        let mut dicom = vec![0; 128];
        dicom.extend(b"DICM");
        assert!(foreign(&dicom).unwrap().1.contains("cut tiles"));
        assert_eq!(foreign(b"just text"), None);
        assert!(way_out_of("svs").is_some() && way_out_of("txt").is_none());
    }
}
