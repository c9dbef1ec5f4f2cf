//! Pixels: what is converted is said, what is broken is named, whatever the number of threads.
#![allow(missing_docs)]

mod folder;

use folder::{Folder, encoded, expect, picture};
use image::{DynamicImage, ImageFormat, RgbaImage};
use tissue::{Fit, Manifest, Reading, Tiles, decode_tile, naive_mix, stain_of};

fn png(image: &DynamicImage) -> Vec<u8> {
    encoded(image, ImageFormat::Png)
}

fn rgb() -> DynamicImage {
    picture("x", 16, 16).into()
}

#[test]
fn every_cut_of_a_file_is_found() {
    let f = Folder::new();
    for (format, name) in
        [(ImageFormat::Png, "a.png"), (ImageFormat::Jpeg, "a.jpg"), (ImageFormat::Bmp, "a.bmp")]
    {
        let whole = encoded(&rgb(), format);
        f.write(name, &whole);
        assert_eq!(decode_tile(f.at(name)).unwrap().0.dimensions(), (16, 16));
        for length in [0, 1, 10, whole.len() / 2, whole.len() - 20, whole.len() - 1] {
            f.write(name, &whole[..length]);
            expect(decode_tile(f.at(name)), &["cannot decode the tile", name]);
        }
    }
}

#[test]
fn damaged_files_are_errors_and_never_panics() {
    let f = Folder::new();
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp, ImageFormat::Tiff] {
        let whole = encoded(&rgb(), format);
        for at in 0..whole.len().min(400) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xFF;
            f.write("x.png", &bytes);
            // A JPEG's or BMP's pixels may change without anyone able to tell; nothing may panic.
            let _ = decode_tile(f.at("x.png"));
        }
    }
    let mut bytes = png(&rgb());
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    f.write("x.png", &bytes);
    expect(decode_tile(f.at("x.png")), &["cannot decode", "x.png"]);
}

#[test]
fn text_and_foreign_formats() {
    let f = Folder::new();
    f.write("a.png", "this is no picture");
    expect(decode_tile(f.at("a.png")), &["a.png", "no image of a known format"]);
    f.write("b.png", b"GIF89a\x01\x00\x01\x00");
    expect(decode_tile(f.at("b.png")), &["it is a GIF"]);
    expect(decode_tile(f.at("none.png")), &["cannot read", "none.png"]);
    // A JPEG called .png is what it is.
    f.write("c.png", encoded(&rgb(), ImageFormat::Jpeg));
    decode_tile(f.at("c.png")).unwrap();
}

#[test]
fn grey_and_sixteen_bits_are_converted_and_said() {
    let f = Folder::new();
    let note = |image: DynamicImage| {
        f.write("a.png", png(&image));
        decode_tile(f.at("a.png")).unwrap()
    };
    let (image, said) = note(rgb().into_luma8().into());
    assert!(image.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]));
    assert_eq!(said.unwrap(), "grey, copied to three channels");
    let (image, said) = note(rgb().into_rgb16().into());
    assert_eq!(image, rgb().into_rgb8());
    assert_eq!(said.unwrap(), "16-bit, scaled to 8 bits");
    assert!(note(rgb().into_luma16().into()).1.unwrap().contains("16-bit grey"));
    let (image, said) = note(rgb().into_rgba8().into());
    assert_eq!(image, rgb().into_rgb8());
    assert!(said.unwrap().contains("opaque"));
    assert_eq!(note(rgb()).1, None);
    let mut clear: RgbaImage = rgb().into_rgba8();
    clear.get_pixel_mut(3, 3).0[3] = 200;
    f.write("a.png", png(&clear.into()));
    expect(decode_tile(f.at("a.png")), &["unusable colours", "transparent", "a.png"]);
}

#[test]
fn cmyk_is_refused() {
    let f = Folder::new();
    f.write("a.jpg", include_bytes!("data/cmyk.jpg"));
    expect(decode_tile(f.at("a.jpg")), &["unusable colours", "CMYK", "a.jpg"]);
    f.write("a.tif", include_bytes!("data/cmyk.tif"));
    expect(decode_tile(f.at("a.tif")), &["unusable colours", "CMYK", "a.tif"]);
}

#[test]
fn loaded_in_order_with_notes() {
    let f = Folder::new();
    f.tiles("a/t", 300).tiles("b/t", 300);
    f.write("b/t7.png", png(&DynamicImage::from(picture("b/t7.png", 8, 8)).into_luma8().into()));
    let m = Manifest::open(f.path()).unwrap();
    let seen = std::sync::Mutex::new(Vec::new());
    let tiles =
        Tiles::load(&m, None, Fit::Exact, 1 << 30, &|done, all| seen.lock().unwrap().push((done, all)))
            .unwrap();
    assert_eq!((tiles.size, tiles.len()), (8, 600));
    for i in (0..600).filter(|&i| m.tiles[i].image != "b/t7.png") {
        assert_eq!(tiles.tile(i), picture(&m.tiles[i].image, 8, 8).as_raw().as_slice());
    }
    assert_eq!(tiles.notes, ["1 tile is grey, copied to three channels (first: b/t7.png)"]);
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, (1..=600).map(|k| (k, 600)).collect::<Vec<_>>());
    let copy = Tiles::from_raw(8, (0..600).flat_map(|i| tiles.tile(i).to_vec()).collect());
    assert_eq!(copy.hash(), tiles.hash());
}

#[test]
fn tiles_beyond_the_cache_are_the_same_in_a_file_that_is_used_again_while_it_is_sound() {
    let f = Folder::new();
    f.tiles("a/t", 30).tiles("b/t", 29);
    f.write("b/t7.png", png(&DynamicImage::from(picture("b/t7.png", 8, 8)).into_luma8().into()));
    let m = Manifest::open(f.path()).unwrap();
    let kept = f.path().join("..").join(format!("kept-{}", std::process::id()));
    let reading = |cache_bytes| Reading { size: None, fit: Fit::Exact, bits: None, cache_bytes };
    let whole = Tiles::read(&m, &reading(1 << 30), &|_, _| {}).unwrap();
    let tile = 8 * 8 * 3;
    expect(Tiles::read(&m, &reading(58 * tile), &|_, _| {}), &["too large for the tile cache"]);
    let beyond = |cache: u64| {
        let decoded = std::sync::Mutex::new(0);
        let tiles = Tiles::read_beyond(&m, &reading(cache), &kept, &|done, _| {
            let mut most = decoded.lock().unwrap();
            *most = done.max(*most);
        });
        (tiles.unwrap(), decoded.into_inner().unwrap())
    };
    let (fits, _) = beyond(59 * tile);
    assert!(fits.file().is_none() && !kept.exists(), "what fits stays in memory");
    for cache in [tile, 4 * tile, 40 * tile] {
        let (tiles, _) = beyond(cache);
        let file = tiles.file().unwrap().to_owned();
        assert_eq!(std::fs::read(&file).unwrap().len() as u64, 59 * tile);
        assert_eq!((tiles.len(), tiles.hash(), &tiles.notes), (59, whole.hash(), &whole.notes));
        assert!((0..59).all(|i| tiles.tile(i) == whole.tile(i)));
        // Found again; damaged, cut or without its note it is made anew.
        let files = || std::fs::read_dir(&kept).unwrap().count();
        let before = std::fs::metadata(&file).unwrap().modified().unwrap();
        assert!(beyond(cache).0.hash() == whole.hash() && files() == 2);
        assert_eq!(std::fs::metadata(&file).unwrap().modified().unwrap(), before, "it is used again");
        drop(tiles);
        let mut damaged = std::fs::read(&file).unwrap();
        damaged[5000] ^= 1;
        for content in [&damaged[..], &damaged[..5000], &[]] {
            std::fs::write(&file, content).unwrap();
            assert_eq!(beyond(cache).0.hash(), whole.hash());
        }
        std::fs::remove_file(file.with_extension("json")).unwrap();
        assert!(beyond(cache).0.hash() == whole.hash() && files() == 2);
        std::fs::remove_dir_all(&kept).unwrap();
    }
    // Other pictures under the same names are other tiles, and a broken one leaves no file.
    beyond(tile);
    std::fs::write(m.tile_path(3), png(&DynamicImage::from(picture("other", 8, 8)))).unwrap();
    let (other, _) = beyond(tile);
    assert_eq!(other.tile(3), picture("other", 8, 8).as_raw().as_slice());
    std::fs::remove_dir_all(&kept).unwrap();
    std::fs::write(m.tile_path(50), "broken").unwrap();
    expect(Tiles::read_beyond(&m, &reading(tile), &kept, &|_, _| {}), &["cannot decode", &m.tiles[50].image]);
    assert_eq!(std::fs::read_dir(&kept).unwrap().count(), 0);
    std::fs::remove_dir_all(&kept).unwrap();
}

#[test]
fn the_first_broken_tile_is_named_whatever_the_threads() {
    let f = Folder::new();
    f.tiles("a/t", 300).tiles("b/t", 300);
    for k in [250, 40, 299] {
        f.write(&format!("a/t{k}.png"), "broken");
    }
    f.write("b/t0.png", "broken");
    let m = Manifest::open(f.path()).unwrap();
    let first = (0..m.len()).find(|&i| std::fs::read(m.tile_path(i)).unwrap() == b"broken").unwrap();
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let result = pool.install(|| Tiles::load(&m, None, Fit::Exact, 1 << 30, &|_, _| {}));
        expect(result, &["cannot decode", &m.tiles[first].image]);
    }
}

#[test]
fn other_sizes_only_when_asked() {
    let f = Folder::new();
    f.tile_of("a/t0.png", 16, 16).tile_of("a/t1.png", 20, 16).tile_of("b/t0.png", 24, 24);
    expect(f.load(None, Fit::Exact), &["20 × 16 px", "a/t1.png", "square"]);
    expect(f.load(Some(24), Fit::Exact), &["16 × 16 px", "a/t0.png", "24 × 24 px"]);
    expect(f.load(Some(20), Fit::CenterCrop), &["a/t0.png", "smaller than the crop"]);
    let cropped = f.load(None, Fit::CenterCrop).unwrap();
    assert_eq!(cropped.size, 16);
    let source = picture("a/t1.png", 20, 16);
    assert_eq!(&cropped.tile(1)[..3], &source.get_pixel(2, 0).0);
    assert!(
        cropped.notes.iter().any(|n| n == "1 tile of 20 × 16 px centre-cropped to 16 px"),
        "{:?}",
        cropped.notes
    );
    let resized = f.load(Some(12), Fit::Resize).unwrap();
    assert_eq!((resized.size, resized.len(), resized.notes.len()), (12, 3, 3));
    expect(f.load(Some(0), Fit::Resize), &["one pixel at least"]);
    assert_eq!("center-crop".parse(), Ok(Fit::CenterCrop));
}

#[test]
fn naive_mix_takes_the_left_of_one_and_the_right_of_the_other() {
    for size in [4, 5] {
        let mixed = naive_mix(&vec![10; size * size * 3], &vec![20; size * size * 3], size);
        for (k, v) in mixed.iter().enumerate() {
            assert_eq!(*v, if k / 3 % size < size / 2 { 10 } else { 20 });
        }
    }
}

#[test]
fn stain_of_known_colours() {
    let fill = |pixel: [u8; 3]| pixel.repeat(16);
    let magenta = stain_of(&fill([200, 100, 200]));
    assert!((magenta.hue - 300.0).abs() < 1e-9 && (magenta.saturation - 0.5).abs() < 1e-9);
    let density = -(2.0 * (201f64 / 256.0).log10() + (101f64 / 256.0).log10()) / 3.0;
    assert!((magenta.optical_density - density).abs() < 1e-12 && magenta.tissue == 1.0);
    // Glass and padding around the tissue change nothing but the share of tissue.
    let around = [fill([250, 250, 250]), fill([200, 100, 200]), fill([3, 3, 3]), fill([0, 0, 0])].concat();
    let measured = stain_of(&around);
    assert_eq!((measured.hue, measured.saturation, measured.tissue), (magenta.hue, magenta.saturation, 0.25));
    // Red lies on both sides of 0°: its mean is not blue-green.
    let red = stain_of(&[fill([200, 100, 110]), fill([200, 110, 100])].concat());
    assert!(red.hue < 1e-6 || red.hue > 359.999, "{}", red.hue);
    // Nothing to measure is still a number.
    assert_eq!(stain_of(&fill([255, 255, 255])).optical_density, 0.0);
    assert_eq!(stain_of(&[]).tissue, 0.0);
}
