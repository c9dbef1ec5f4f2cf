//! What pixel values mean: how many bits are used, and what memory they may take.
#![allow(missing_docs)]

mod folder;
use std::io::Cursor;

use folder::{Folder, encoded, expect, picture};
use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgb};
use tissue::inspect::{Options, inspect_with};
use tissue::{Fit, Manifest, Reading, Tiles, TissueError, decode_tile, tile_dimensions};

const CACHE: u64 = 1 << 30;

fn tif(image: &DynamicImage) -> Vec<u8> {
    encoded(image, ImageFormat::Tiff)
}

/// Two classes of 12 tiles each, of 16 bits: the picture of its name times `factor`.
fn deep(factor: impl Fn(&str) -> u16) -> Folder {
    let f = Folder::new();
    for k in 0..24 {
        let name = format!("{}/{k}.tif", if k < 12 { "a" } else { "b" });
        let small = picture(&name, 8, 8);
        let wide = ImageBuffer::from_fn(8, 8, |x, y| {
            Rgb(small.get_pixel(x, y).0.map(|v| u16::from(v) * factor(&name)))
        });
        f.write(&name, tif(&DynamicImage::ImageRgb16(wide)));
    }
    f
}

fn read(f: &Folder, bits: Option<u8>) -> Result<Tiles, TissueError> {
    let reading = Reading { size: None, fit: Fit::Exact, bits, cache_bytes: CACHE };
    Tiles::read(&Manifest::open(f.path()).unwrap(), &reading, &|_, _| {})
}

#[test]
fn few_of_sixteen_bits_are_refused_until_it_is_said_how_many() {
    for (factor, bits) in [(1, 8), (4, 10), (16, 12), (64, 14), (128, 15)] {
        let f = deep(|_| factor);
        let refused = read(&f, None);
        let hint = refused.as_ref().unwrap_err().hint().unwrap();
        assert!(hint.contains(&format!("--bits {bits} ")) && hint.contains("--bits 16 if"), "{hint}");
        expect(refused, &[&format!("seem to use {bits} of 16 bits"), "24 16-bit tiles"]);
        let seen = inspect_with(f.path(), &Options::default(), &|_, _| {}).unwrap();
        assert!(!seen.usable && seen.faults.len() == 1, "{:?}", seen.faults);
        assert!(
            seen.notes.iter().any(|n| n.contains("largest value in 16-bit tiles is")),
            "{:?}",
            seen.notes
        );

        let tiles = read(&f, Some(bits)).unwrap();
        assert_eq!(tiles.bits, Some(bits));
        let full = u32::from(u16::MAX >> (16 - bits));
        let first = picture("a/0.tif", 8, 8);
        for (&got, &v) in tiles.tile(0).iter().zip(first.as_raw()) {
            let wanted = (u32::from(v) * u32::from(factor) * 255) as f64 / f64::from(full);
            assert!((f64::from(got) - wanted).abs() <= 0.5, "{got} for {wanted}");
        }
        // As dark as that, if it is said.
        assert!(read(&f, Some(16)).unwrap().tile(0).iter().all(|&v| v < 128));
        let options = Options { bits: Some(bits), ..Options::default() };
        assert!(inspect_with(f.path(), &options, &|_, _| {}).unwrap().usable);
    }
    expect(read(&deep(|_| 16), Some(8)), &["values above the bits said", "8 bits end at 255"]);
}

/// Tiles of 12 bits in 16, some pixels of which (given x, y and the tile) hold another value.
fn spiked(is_spike: impl Fn(u32, u32, usize) -> Option<u16>) -> Folder {
    let f = Folder::new();
    for k in 0..24 {
        let name = format!("{}/{k}.tif", if k < 12 { "a" } else { "b" });
        let small = picture(&name, 32, 32);
        let wide = ImageBuffer::from_fn(32, 32, |x, y| {
            Rgb(is_spike(x, y, k).map_or(small.get_pixel(x, y).0.map(|v| u16::from(v) * 16), |v| [v; 3]))
        });
        f.write(&name, tif(&DynamicImage::ImageRgb16(wide)));
    }
    f
}

#[test]
fn hot_pixels_scale_bars_and_padding_do_not_hide_the_bits() {
    let hot = |x, y, _| (x + y == 0).then_some(65_535);
    let few = |x, y, k| (k == 3 && y == 5 && x < 3).then_some(51_000);
    let bar = |x, y, _| (y == 30 && x > 20).then_some(65_535);
    let padded = |x, _, k| (k % 4 == 0 && x > 7).then_some(65_535);
    let whole = |_, _, k| (k % 5 == 0).then_some(65_535);
    let kinds: [&dyn Fn(u32, u32, usize) -> Option<u16>; 5] = [&hot, &few, &bar, &padded, &whole];
    for spike in kinds {
        let f = spiked(spike);
        let refused = read(&f, None);
        let hint = refused.as_ref().unwrap_err().hint().unwrap();
        assert!(hint.contains("--bits 12 "), "{hint}");
        expect(refused, &["seem to use 12 of 16 bits", "far above the others"]);
        let tiles = read(&f, Some(12)).unwrap();
        assert!(
            tiles.notes.iter().any(|n| n.contains("far above the others") && n.contains("saturate")),
            "{:?}",
            tiles.notes
        );
        let manifest = Manifest::open(f.path()).unwrap();
        for k in 0..24 {
            let small = picture(&manifest.tiles[k].image, 32, 32);
            let of: usize = manifest.tiles[k].image[2..].trim_end_matches(".tif").parse().unwrap();
            for (i, &got) in tiles.tile(k).iter().enumerate() {
                let (x, y) = ((i / 3 % 32) as u32, (i / 96) as u32);
                let v = f64::from(small.as_raw()[i]) * 16.0 * 255.0 / 4095.0;
                let wanted = spike(x, y, of).map_or(v, |_| 255.0);
                assert!((f64::from(got) - wanted).abs() <= 0.5, "{got} for {wanted}");
            }
        }
        expect(read(&f, Some(10)), &["values above the bits said", "a value in it is 4080"]);
    }
    let one = spiked(|x, y, k| (x + y + k as u32 == 0).then_some(65_535));
    assert!(read(&one, None).unwrap_err().to_string().contains("but 3 that are far above"));
}

#[test]
fn white_beside_tissue_of_all_values_and_black_beside_white_are_sixteen_bits() {
    // A bright tissue on white, and masks.
    for full in
        [|x: u32, y: u32| (x * 64 + y * 2) as u16 * 31, |x: u32, _: u32| if x > 9 { 65_535 } else { 0 }]
    {
        let f = Folder::new();
        for k in 0..8 {
            let wide: ImageBuffer<Luma<u16>, Vec<u16>> =
                ImageBuffer::from_fn(32, 32, |x, y| Luma([if y > k { full(x, y) } else { 65_535 }]));
            f.write(
                &format!("{}/{k}.tif", ["a", "b"][k as usize % 2]),
                tif(&DynamicImage::ImageLuma16(wide)),
            );
        }
        assert_eq!(read(&f, None).unwrap().bits, Some(16));
    }
}

#[test]
fn where_nought_is_white_the_values_as_stored_are_measured() {
    let write = |factor: u16| {
        let f = Folder::new();
        for k in 0..24_u16 {
            let mut bytes = Cursor::new(Vec::new());
            let mut encoder = tiff::encoder::TiffEncoder::new(&mut bytes).unwrap();
            let mut page = encoder.new_image::<tiff::encoder::colortype::Gray16>(16, 16).unwrap();
            page.encoder().write_tag(tiff::tags::Tag::PhotometricInterpretation, 0_u16).unwrap();
            let values: Vec<u16> = (0..256_u16).map(|v| (255 - v % 250 - k % 2) * factor).collect();
            page.write_data(&values).unwrap();
            f.write(&format!("{}/{k}.tif", if k < 12 { "a" } else { "b" }), bytes.into_inner());
        }
        f
    };
    let f = write(16);
    expect(read(&f, None), &["seem to use 12 of 16 bits", "above 4080 of 65535"]);
    for (f, bits, most) in [(write(16), Some(12), 4095.0), (write(257), None, 65_535.0)] {
        let factor = if bits.is_some() { 16.0 } else { 257.0 };
        let tiles = read(&f, bits).unwrap();
        for (v, got) in tiles.tile(0).chunks(3).enumerate() {
            let stored = (255 - v % 250) as f64 * factor;
            assert!(
                (f64::from(got[0]) - (most - stored) * 255.0 / most).abs() <= 0.5,
                "{got:?} for {stored}"
            );
        }
    }
}

#[test]
fn one_dark_tile_is_dark_and_many_are_another_camera() {
    let all = deep(|_| 257);
    let tiles = read(&all, None).unwrap();
    assert_eq!((tiles.bits, tiles.tile(0)), (Some(16), picture("a/0.tif", 8, 8).as_raw().as_slice()));
    let one = read(&deep(|name| if name == "a/3.tif" { 16 } else { 257 }), None).unwrap();
    assert!(!one.notes.iter().any(|n| n.contains("warning")), "{:?}", one.notes);
    let few = read(&deep(|name| if name.contains("3.tif") { 16 } else { 257 }), None).unwrap();
    assert!(few.notes.iter().any(|n| n.contains("warning: 3 of 24")), "{:?}", few.notes);
    let refused = read(&deep(|name| if name.starts_with('a') { 16 } else { 257 }), None);
    assert!(!refused.as_ref().unwrap_err().hint().unwrap().contains("--bits 12"));
    expect(refused, &["12 of 24 16-bit tiles"]);
    // Tiles of 8 bits say nothing of bits.
    let f = Folder::new();
    f.tiles("a/t", 2).tiles("b/t", 2);
    assert_eq!(read(&f, None).unwrap().bits, None);
}

#[test]
fn grey_and_png_are_measured_alike() {
    let f = Folder::new();
    for k in 0..24_u16 {
        let grey: ImageBuffer<Luma<u16>, Vec<u16>> =
            ImageBuffer::from_fn(8, 8, |x, y| Luma([(x * 500 + y) as u16 + k]));
        let png = encoded(&DynamicImage::ImageLuma16(grey), ImageFormat::Png);
        f.write(&format!("{}/{k}.png", if k < 12 { "a" } else { "b" }), png);
    }
    expect(read(&f, None), &["seem to use 12 of 16 bits"]);
    assert!(read(&f, Some(12)).unwrap().notes[0].contains("16-bit with 12 bits used grey, scaled to 8 bits"));
}

#[test]
fn floating_point_goes_from_black_at_0_to_white_at_1() {
    let f = Folder::new();
    let of = |scale: f32| {
        let small = picture("x", 8, 8);
        let wide =
            ImageBuffer::from_fn(8, 8, |x, y| Rgb(small.get_pixel(x, y).0.map(|v| f32::from(v) * scale)));
        f.write("a.tif", tif(&DynamicImage::ImageRgb32F(wide)));
        decode_tile(f.at("a.tif"))
    };
    let (image, note) = of(1.0 / 255.0).unwrap();
    assert_eq!((image, note.unwrap().as_str()), (picture("x", 8, 8), "floating-point, scaled to 8 bits"));
    expect(of(1.0), &["floating-point values", "only those from 0 to 1"]);
    expect(of(257.0), &["floating-point"]);
    expect(of(-1.0 / 255.0), &["floating-point"]);
    expect(of(f32::NAN), &["floating-point", "not finite"]);
}

/// A PNG whose header says any size; its pixels are missing.
fn hollow(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(&picture("x", 8, 8).into(), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |s, _| if s & 1 == 1 { (s >> 1) ^ 0xEDB8_8320 } else { s >> 1 })
    })
}

#[test]
fn sizes_are_known_before_pixels_are_decoded() {
    let f = Folder::new();
    f.tile("a/0.png").tile("b/0.png").write("a/1.png", hollow(8_000, 8_000));
    assert_eq!(tile_dimensions(f.at("a/1.png")).unwrap(), (8_000, 8_000));
    let manifest = Manifest::open(f.path()).unwrap();
    let read = |fit, cache_bytes| {
        let reading = Reading { size: Some(8), fit, bits: None, cache_bytes };
        Tiles::read(&manifest, &reading, &|_, _| {})
    };
    // Not one byte of its pixels is there: a refusal before decoding names the size.
    expect(read(Fit::Exact, CACHE), &["wrong tile size 8000 × 8000 px", "a/1.png"]);
    let refused = read(Fit::Resize, 100 << 20);
    assert!(refused.as_ref().unwrap_err().hint().unwrap().contains("--cache"));
    expect(
        refused,
        &["too large for the memory allowed", "a/1.png", "8000 × 8000 px need", "100.0 MiB are allowed"],
    );
    // Where there is room, it is decoded, and found to be cut short.
    expect(read(Fit::Resize, 4 << 30), &["cannot decode", "a/1.png"]);
    let options = Options { cache_bytes: 100 << 20, ..Options::default() };
    let seen = inspect_with(f.path(), &options, &|_, _| {}).unwrap();
    assert!(
        seen.faults.iter().any(|fault| fault.message.contains("8000 × 8000 px need")),
        "{:?}",
        seen.faults
    );
    f.write("a/1.png", hollow(60_000, 60_000));
    expect(decode_tile(f.at("a/1.png")), &["a whole slide", "60000 × 60000"]);
}

#[test]
fn threads_share_the_memory_and_all_tiles_arrive() {
    let f = Folder::new();
    for k in 0..12 {
        f.tile_of(&format!("{}/{k}.png", if k < 6 { "a" } else { "b" }), 1500, 1500);
    }
    let manifest = Manifest::open(f.path()).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(12).build().unwrap();
    // Room for a few at a time.
    let reading = Reading { size: Some(16), fit: Fit::Resize, bits: None, cache_bytes: 72 << 20 };
    let narrow = pool.install(|| Tiles::read(&manifest, &reading, &|_, _| {})).unwrap();
    let wide = Tiles::read(&manifest, &Reading { cache_bytes: 4 << 30, ..reading }, &|_, _| {}).unwrap();
    assert_eq!(narrow.hash(), wide.hash());
}

#[test]
fn groups_of_sizes_share_the_cache() {
    let f = Folder::new();
    f.tile_of("a.png", 8, 8).tile_of("b.png", 20, 20).tile_of("c.png", 8, 8);
    f.write("manifest.csv", "image,class\na.png,x\nb.png,y\nc.png,x\n");
    let manifest = Manifest::open(f.path()).unwrap();
    let needed = (2 * 8 * 8 + 20 * 20) * 3;
    let read = |cache_bytes| {
        Tiles::read_by_size(
            &manifest,
            &Reading { size: None, fit: Fit::Exact, bits: None, cache_bytes },
            &|_, _| {},
        )
    };
    let groups = read(needed).unwrap();
    assert_eq!(
        groups.iter().map(|(i, t)| (i.clone(), t.size)).collect::<Vec<_>>(),
        [(vec![0, 2], 8), (vec![1], 20)]
    );
    expect(read(needed - 1), &["too large for the tile cache"]);
}

#[test]
fn a_profile_that_expands_without_end_is_not_read() {
    // What 16 MB of zeros are in a PNG file: a picture's own data serve.
    let black = encoded(&DynamicImage::new_luma8(4000, 4000), ImageFormat::Png);
    let zeros: Vec<u8> =
        chunks(&black).filter(|(name, _)| name == b"IDAT").flat_map(|(_, data)| data.to_vec()).collect();
    let small = encoded(&picture("x", 8, 8).into(), ImageFormat::Png);
    let mut profile = b"iCCPx\0\0".to_vec();
    profile.extend(zeros);
    let mut chunk = (profile.len() as u32 - 4).to_be_bytes().to_vec();
    chunk.extend(&profile);
    chunk.extend(crc(&profile).to_be_bytes());
    let f = Folder::new();
    // Behind the signature and the header.
    f.write("a.png", [&small[..33], &chunk, &small[33..]].concat());
    assert_eq!(decode_tile(f.at("a.png")).unwrap(), (picture("x", 8, 8), None));
    assert_eq!(tile_dimensions(f.at("a.png")).unwrap(), (8, 8));
}

/// Names and data of a PNG file's chunks.
fn chunks(png: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut at = 8;
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(png.get(at..at + 4)?.try_into().unwrap()) as usize;
        let name = png[at + 4..at + 8].try_into().unwrap();
        let data = &png[at + 8..at + 8 + length];
        at += length + 12;
        Some((name, data))
    })
}
