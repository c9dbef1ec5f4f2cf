//! Formats as microscopes, scanners and programs write them: read to the right pixels, or refused by name.
#![allow(missing_docs)]

mod folder;
use std::io::Cursor;
use std::path::PathBuf;

use folder::{Folder, encoded, expect};
use image::{ImageFormat, Rgb, RgbImage};
use tiff::encoder::{TiffEncoder, TiffKindBig, colortype};
use tiff::tags::Tag;
use tissue::{decode_tile, tile_dimensions};

/// The tile that `data/make.py` draws.
fn sample() -> RgbImage {
    RgbImage::from_fn(32, 32, |x, y| Rgb([(255 - 3 * x) as u8, (100 + 2 * y) as u8, (150 + x + y) as u8]))
}

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The largest and the mean difference.
fn difference(a: &RgbImage, b: &RgbImage) -> (u8, f64) {
    let each: Vec<u8> = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| a.abs_diff(*b)).collect();
    let mean = each.iter().map(|&d| f64::from(d)).sum::<f64>() / each.len() as f64;
    (each.into_iter().max().unwrap_or(0), mean)
}

#[test]
fn files_of_other_programs_are_read_to_their_pixels() {
    let grey = RgbImage::from_fn(32, 32, |x, _| Rgb([(255 - 3 * x) as u8; 3]));
    let black_or_white = RgbImage::from_fn(32, 32, |x, _| Rgb([if 255 - 3 * x > 200 { 255 } else { 0 }; 3]));
    for (name, wanted, most, note) in [
        ("lossless.jp2", sample(), 0, ""),
        ("bits12.jp2", sample(), 1, "12-bit, scaled"),
        ("lossy.webp", sample(), 8, ""),
        ("jpeg_rgb.tif", sample(), 8, ""),
        ("jpeg_ycbcr.tif", sample(), 8, ""),
        ("planar.tif", sample(), 0, ""),
        ("half.tif", sample(), 0, "floating-point, scaled"),
        ("grey_alpha.tif", grey, 0, "grey"),
        ("one_bit.tif", black_or_white, 0, "grey"),
    ] {
        let (image, said) = decode_tile(data(name)).unwrap_or_else(|e| panic!("{e}"));
        let (largest, mean) = difference(&image, &wanted);
        assert!(largest <= most && mean <= f64::from(most) / 4.0, "{name}: {largest}, {mean}");
        let said = said.unwrap_or_default();
        assert!(said.contains(note) && said.is_empty() == note.is_empty(), "{name}: {said}");
        assert_eq!(tile_dimensions(data(name)).unwrap(), (32, 32), "{name}");
    }
}

#[test]
fn what_is_not_read_is_named_with_a_way_out_and_without_a_decoders_words() {
    for (name, parts) in [
        ("imagej.tif", ["several pages", "3 pages of full size"]),
        ("palette.tif", ["unknown colours", "palette"]),
        ("lab.tif", ["unknown colours", "L*a*b*"]),
        ("signed.tif", ["unknown pixel values", "signed whole numbers of 16 bits"]),
        ("three_of_five.tif", ["unknown colours", "5 channels"]),
        ("zstd.tif", ["unread kind of TIFF", "its compression is Zstandard"]),
        ("moving.webp", ["several pictures", "animation"]),
        ("moving.png", ["several pictures", "animation"]),
        ("one.avif", ["unread image format", "it is an AVIF image"]),
    ] {
        let refused = decode_tile(data(name));
        let hint = refused.as_ref().unwrap_err().hint().unwrap();
        assert!(["export", "save"].iter().any(|way| hint.contains(way)), "{name}: {hint}");
        expect(refused, &parts);
    }
    let f = Folder::new();
    for (name, content, part) in [
        ("a.png", b"GIF89a\x01\x00\x01\x00".as_slice(), "a GIF"),
        ("a.jpg", b"\xff\x0a\x00\x00", "JPEG XL"),
        ("a.tif", b"ZISRAWFILE\x00\x00", "CZI"),
        ("a.bmp", b"\x00\x00\x00\x18ftypheic\x00\x00", "HEIC"),
        ("b.jpg", b"\xff\xd8\xff\xf7\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00\xff\xd9", "JPEG-LS"),
        ("c.jpg", b"\xff\xd8\xff\xc3\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00\xff\xd9", "lossless JPEG"),
        ("d.jpg", b"\xff\xd8\xff\xc1\x00\x0b\x0c\x00\x08\x00\x08\x01\x01\x11\x00\xff\xd9", "12 bits"),
    ] {
        f.write(name, content);
        expect(decode_tile(f.at(name)), &[part, name]);
    }
}

#[test]
fn every_cut_of_the_newer_formats_is_found() {
    let f = Folder::new();
    for name in ["lossless.jp2", "lossy.webp", "jpeg_ycbcr.tif", "planar.tif"] {
        let whole = std::fs::read(data(name)).unwrap();
        for length in [1, 10, whole.len() / 3, whole.len() / 2, whole.len() - 5] {
            f.write(name, &whole[..length]);
            let message = decode_tile(f.at(name)).map(|_| ()).unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
            for inner in ["Format", "error:", "Error", "tag `", "Unsupported", "{"] {
                assert!(!message.contains(inner), "{message}");
            }
        }
        for at in 0..whole.len().min(600) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xFF;
            f.write(name, &bytes);
            let _ = decode_tile(f.at(name));
        }
    }
}

/// A TIFF of 8-bit RGB pages of these sizes, each with NewSubfileType.
fn pages(sizes: &[(u32, u32)]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    for &(side, kind) in sizes {
        let mut page = encoder.new_image::<colortype::RGB8>(side, side).unwrap();
        page.encoder().write_tag(Tag::NewSubfileType, kind).unwrap();
        page.write_data(&vec![side as u8; (side * side * 3) as usize]).unwrap();
    }
    bytes.into_inner()
}

#[test]
fn the_page_of_full_size_is_taken_and_several_are_refused() {
    let f = Folder::new();
    let side = |sizes: &[(u32, u32)]| {
        f.write("a.tif", pages(sizes));
        let (image, _) = decode_tile(f.at("a.tif"))?;
        assert!(image.as_raw().iter().all(|&v| u32::from(v) == image.width()));
        assert_eq!(tile_dimensions(f.at("a.tif")).unwrap(), image.dimensions());
        Ok(image.width())
    };
    assert_eq!(side(&[(64, 0)]).unwrap(), 64);
    assert_eq!(side(&[(64, 0), (32, 0), (16, 0)]).unwrap(), 64);
    assert_eq!(side(&[(16, 0), (64, 0)]).unwrap(), 64);
    assert_eq!(side(&[(64, 0), (64, 1), (64, 4)]).unwrap(), 64);
    // What says that it is smaller and is not is told; a mask is none.
    for (sizes, is_told) in
        [(&[(64, 0), (64, 1), (64, 4)][..], true), (&[(64, 0), (64, 4)], false), (&[(64, 0), (32, 1)], false)]
    {
        f.write("a.tif", pages(sizes));
        let note = decode_tile(f.at("a.tif")).unwrap().1.unwrap_or_default();
        assert_eq!(note.contains("another picture of full size"), is_told, "{sizes:?}: {note}");
    }
    expect(side(&[(64, 0), (64, 0)]), &["2 pages of full size"]);
    expect(side(&[(64, 0), (60, 0), (32, 0), (64, 0)]), &["3 pages of full size"]);
    let description = |text: &str| {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        let mut page = encoder.new_image::<colortype::Gray8>(8, 8).unwrap();
        page.encoder().write_tag(Tag::ImageDescription, text).unwrap();
        page.write_data(&[7; 64]).unwrap();
        f.write("b.tif", bytes.into_inner());
        decode_tile(f.at("b.tif"))
    };
    description("ImageJ=1.54f\nunit=micron\n").unwrap();
    expect(description("ImageJ=1.54f\nimages=3\nchannels=3\n"), &["3 pages of full size"]);
}

/// Makes the second page of a little-endian TIFF of two pages a SubIFD of the first, by the entry of `tag`.
fn as_sub_ifd(mut bytes: Vec<u8>, tag: u16) -> Vec<u8> {
    let word = |bytes: &[u8], at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let long = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let first = long(&bytes, 4);
    let next = first + 2 + 12 * word(&bytes, first);
    let second = long(&bytes, next) as u32;
    bytes[next..next + 4].fill(0);
    let entry = (first + 2..next).step_by(12).find(|&at| word(&bytes, at) == usize::from(tag)).unwrap();
    bytes[entry + 2..entry + 4].copy_from_slice(&4_u16.to_le_bytes());
    bytes[entry + 4..entry + 8].copy_from_slice(&1_u32.to_le_bytes());
    bytes[entry + 8..entry + 12].copy_from_slice(&second.to_le_bytes());
    bytes
}

#[test]
fn pictures_below_the_page_and_channels_beside_rgb_are_told() {
    let f = Folder::new();
    for (side, is_told) in [(64, true), (32, false)] {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        let mut page = encoder.new_image::<colortype::RGB8>(64, 64).unwrap();
        page.encoder().write_tag(Tag::SubIfd, 0_u32).unwrap();
        page.write_data(&vec![7; 64 * 64 * 3]).unwrap();
        encoder.write_image::<colortype::RGB8>(side, side, &vec![9; (side * side * 3) as usize]).unwrap();
        f.write("a.tif", as_sub_ifd(bytes.into_inner(), 330));
        let (image, note) = decode_tile(f.at("a.tif")).unwrap();
        assert!(image.as_raw().iter().all(|&v| v == 7));
        assert_eq!(note.unwrap_or_default().contains("another picture of full size"), is_told, "{side}");
    }
    let mut five = std::fs::read(data("three_of_five.tif")).unwrap();
    let at = five.windows(4).position(|w| w == [6, 1, 3, 0]).unwrap();
    five[at + 8..at + 10].copy_from_slice(&2_u16.to_le_bytes());
    f.write("five.tif", five);
    expect(decode_tile(f.at("five.tif")), &["unknown colours", "5 channels: red, green, blue and 2 more"]);
}

#[test]
fn large_tiffs_are_tiffs() {
    let f = Folder::new();
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::<_, TiffKindBig>::new_big(&mut bytes).unwrap();
    encoder.write_image::<colortype::RGB8>(32, 32, sample().as_raw()).unwrap();
    f.write("a.btf", bytes.into_inner());
    assert_eq!(decode_tile(f.at("a.btf")).unwrap().0, sample());
    f.write("a.webp", encoded(&sample().into(), ImageFormat::WebP));
    assert_eq!(decode_tile(f.at("a.webp")).unwrap(), (sample(), None));
}
