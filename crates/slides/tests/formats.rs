//! Slides of every form that is read, a few kB each (`tools/check_slides.py --tiny`), whole and damaged in every way.

use std::path::{Path, PathBuf};

use image::RgbImage;
use slides::{OpenOptions, Scaled, Slide, SlideError, Source};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn open(path: &Path) -> Result<Slide, SlideError> {
    Slide::open(path, &OpenOptions::default())
}

/// What the fixtures hold: 40 × 24 px.
fn pixel(x: i64, y: i64) -> [u8; 3] {
    if (0..40).contains(&x) && (0..24).contains(&y) {
        [(4 * x + 40) as u8, (6 * y + 60) as u8, 120]
    } else {
        [255; 3]
    }
}

fn furthest(found: &RgbImage, at: [i64; 2]) -> u8 {
    let off = |(x, y, found): (u32, u32, &image::Rgb<u8>)| {
        let wanted = pixel(at[0] + i64::from(x), at[1] + i64::from(y));
        found.0.iter().zip(wanted).map(|(a, b)| a.abs_diff(b)).max().unwrap()
    };
    found.enumerate_pixels().map(off).max().unwrap_or(0)
}

#[test]
fn every_form_gives_its_pixels_levels_and_resolution() {
    for (name, lossy, mpp, levels) in [
        ("plain.tif", 0, Some(0.5), 2),
        ("lzw.tif", 0, None, 2),
        ("deflate-big.tif", 0, None, 2),
        ("jpeg.tif", 6, None, 2),
        ("subifds.ome.tif", 0, Some(0.5), 2),
        ("j2k.svs", 3, Some(0.499), 1),
    ] {
        let slide = open(&fixture(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let sizes: Vec<[u64; 2]> = slide.levels().iter().map(|level| level.size).collect();
        assert_eq!(sizes, [[40, 24], [20, 12]][..levels], "{name}");
        assert_eq!(slide.mpp(), mpp.map(|mpp| [mpp; 2]), "{name}");
        assert_eq!(slide.levels()[0].part, [16, 16]);
        // Whole, within a part, across parts, over every edge, and beside the slide.
        for (at, size) in [
            ([0, 0], [40, 24]),
            ([3, 4], [5, 6]),
            ([10, 9], [20, 14]),
            ([-9, -7], [60, 50]),
            ([38, 22], [9, 9]),
            ([100, -50], [4, 4]),
        ] {
            let found = slide.read(0, at, size).unwrap();
            assert_eq!(found.dimensions(), (size[0], size[1]));
            let off = furthest(&found, at);
            // Padding at the edge of a lossy part rings into it.
            assert!(off <= lossy || (lossy > 0 && off < 40), "{name} {at:?}: {off}");
        }
        if levels == 2 {
            let half = slide.read(1, [0, 0], [20, 12]).unwrap();
            let off = half.get_pixel(5, 5).0.iter().zip([82_u8, 123, 120]).map(|(a, b)| a.abs_diff(b)).max();
            assert!(off <= Some(lossy + 1), "{name}: {:?}", half.get_pixel(5, 5));
        }
    }
}

#[test]
fn threads_read_the_same_with_hardly_any_cache() {
    let slide =
        Slide::open(&fixture("lzw.tif"), &OpenOptions { cache_bytes: 1000, ..OpenOptions::default() })
            .unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8_i64 {
            let slide = &slide;
            scope.spawn(move || {
                for i in 0..50 {
                    let at = [(thread * 7 + i * 3) % 40 - 8, (thread * 5 + i) % 24 - 4];
                    assert_eq!(furthest(&slide.read(0, at, [21, 17]).unwrap(), at), 0);
                }
            });
        }
    });
    let half = Scaled::new(&slide, 1.0, Some(0.5)).unwrap();
    assert_eq!((half.size(), half.level()), ([20, 12], (1, [1.0; 2])));
}

#[test]
fn what_is_no_slide_is_refused_with_the_reason_and_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &Path, words: &[&str]| {
        let error = open(path).unwrap_err();
        let told = format!("{error} | {}", error.hint().unwrap_or_default());
        assert!(!error.is_machine_fault() && error.hint().is_some(), "{told}");
        for word in words {
            assert!(told.contains(word), "{word} in {told}");
        }
    };
    refused(&fixture("grey.tif"), &["grey.tif", "fluorescence", "OME-TIFF"]);
    refused(&fixture("deep.tif"), &["16 bits"]);
    refused(&fixture("planes.tif"), &["2 pictures of 40 × 24 px", "focal plane"]);
    refused(&folder.path().join("none.svs"), &["none.svs", "cannot read"]);
    refused(folder.path(), &["no file in it is a level"]);
    for (name, content, words) in [
        ("a.svs", &b""[..], "no slide of a known format"),
        ("a.mrxs", b"jpeg inside", "MIRAX"),
        ("a.czi", b"ZISRAWFILE\0", "CZI"),
        ("a.png", b"\x89PNG\r\n", "an ordinary picture"),
        ("a.tif", b"II*\0", "damaged"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        refused(&path, &[words]);
    }
}

/// A generator good enough to choose bytes.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }
}

/// Opens it and reads all of it: whatever comes, it comes as a result.
fn touch(path: &Path) {
    if let Ok(slide) = open(path) {
        for level in 0..slide.levels().len() {
            let [width, height] = slide.levels()[level].size.map(|side| side.min(200) as u32);
            let _ = slide.read(level, [-3, -3], [width + 6, height + 6]);
        }
        let _ = Scaled::new(&slide, 1.0, Some(0.4)).map(|scaled| scaled.read([0, 0], [30, 20]));
    }
}

#[test]
fn damaged_in_any_way_no_slide_ends_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged");
    let mut dice = Dice(1);
    for name in ["plain.tif", "lzw.tif", "deflate-big.tif", "jpeg.tif", "subifds.ome.tif", "j2k.svs"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        for cut in (0..whole.len()).step_by(whole.len() / 40 + 1) {
            std::fs::write(&path, &whole[..cut]).unwrap();
            touch(&path);
        }
        for _ in 0..150 {
            let mut bytes = whole.clone();
            for _ in 0..=dice.below(6) {
                let at = dice.below(bytes.len());
                bytes[at] = [0, 1, 0x7f, 0xff, dice.below(256) as u8][dice.below(5)];
            }
            std::fs::write(&path, &bytes).unwrap();
            touch(&path);
        }
    }
}

#[test]
fn a_real_slide_is_read_and_says_what_may_identify_its_patient() {
    let slide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/wsi/cmu_small_region.svs");
    if !slide.is_file() {
        println!("skipped: ../shared is not here");
        return;
    }
    let slide = open(&slide).unwrap();
    assert_eq!(
        (slide.levels().len(), slide.levels()[0].size, slide.mpp()),
        (1, [2220, 2967], Some([0.499; 2]))
    );
    assert!(
        slide.identifying().iter().any(|field| field == "Aperio's Filename"),
        "{:?}",
        slide.identifying()
    );
    assert!(slide.identifying().iter().any(|field| field == "a label picture"));
    let scaled = Scaled::new(&slide, 1.0, None).unwrap();
    assert_eq!(scaled.size(), [1108, 1481]);
    let tissue = scaled.read([300, 300], [224, 224]).unwrap();
    assert!(tissue.pixels().filter(|p| tissue::is_tissue(p.0.map(f64::from))).count() > 10_000);
}
