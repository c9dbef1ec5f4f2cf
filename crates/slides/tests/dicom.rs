//! DICOM whole slides written element by element: conforming ones, and what is wrong with others.

use std::path::Path;

use slides::{FrameOrder, OpenOptions, Slide, SlideError, Source};

/// A file of explicit little endian elements.
#[derive(Clone, Default)]
struct Written(Vec<u8>);

impl Written {
    fn element(mut self, (group, number): (u16, u16), vr: &str, value: &[u8]) -> Self {
        self.0.extend(group.to_le_bytes());
        self.0.extend(number.to_le_bytes());
        self.0.extend(vr.as_bytes());
        let padded = value.len() + value.len() % 2;
        if ["OB", "OW", "SQ", "UN", "OV"].contains(&vr) {
            self.0.extend([0, 0]);
            self.0.extend((padded as u32).to_le_bytes());
        } else {
            self.0.extend((padded as u16).to_le_bytes());
        }
        self.0.extend(value);
        self.0.extend(vec![b' '; padded - value.len()]);
        self
    }

    fn text(self, tag: (u16, u16), vr: &str, text: &str) -> Self {
        self.element(tag, vr, text.as_bytes())
    }

    fn short(self, tag: (u16, u16), value: u16) -> Self {
        self.element(tag, "US", &value.to_le_bytes())
    }

    fn long(self, tag: (u16, u16), value: u32) -> Self {
        self.element(tag, "UL", &value.to_le_bytes())
    }

    fn sequence(self, tag: (u16, u16), items: &[Written]) -> Self {
        let item = |item: &Written| {
            let head = [&[0xfe, 0xff, 0x00, 0xe0][..], &(item.0.len() as u32).to_le_bytes()].concat();
            [head, item.0.clone()].concat()
        };
        self.element(tag, "SQ", &items.iter().flat_map(item).collect::<Vec<u8>>())
    }

    /// Items of undefined length, as other programs write them.
    fn open_sequence(mut self, (group, number): (u16, u16), items: &[Written]) -> Self {
        self.0.extend([&group.to_le_bytes()[..], &number.to_le_bytes(), b"SQ\0\0", &[0xff; 4]].concat());
        for item in items {
            self.0.extend([&[0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff][..], &item.0].concat());
            self.0.extend([0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0]);
        }
        self.0.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
        self
    }
}

/// A slide of 6 × 5 px in frames of 4 × 4, uncompressed.
#[derive(Clone)]
struct Made {
    image_type: Option<&'static str>,
    organisation: Option<&'static str>,
    spacing: bool,
    /// The columns and rows of frames that are stored, in that order.
    frames: Vec<(u64, u64)>,
    says_where: bool,
    open: bool,
    more: Written,
}

impl Default for Made {
    fn default() -> Self {
        Self {
            image_type: Some("ORIGINAL\\PRIMARY\\VOLUME\\NONE"),
            organisation: Some("TILED_FULL"),
            spacing: true,
            frames: vec![(0, 0), (1, 0), (0, 1), (1, 1)],
            says_where: false,
            open: false,
            more: Written::default(),
        }
    }
}

fn pixel(x: u64, y: u64) -> [u8; 3] {
    if x < 6 && y < 5 { [40 * x as u8, 50 * y as u8, 99] } else { [0; 3] }
}

impl Made {
    fn bytes(&self) -> Vec<u8> {
        let meta = Written::default().text((0x0002, 0x0010), "UI", "1.2.840.10008.1.2.1");
        let mut file = [&[0; 128][..], b"DICM"].concat();
        file.extend(meta.0);
        let mut all = Written::default();
        if let Some(kind) = self.image_type {
            all = all.text((0x0008, 0x0008), "CS", kind);
        }
        all = all.text((0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.77.1.6");
        all.0.extend(&self.more.0);
        all = all.text((0x0020, 0x000e), "UI", "1.2.3");
        if let Some(organisation) = self.organisation {
            all = all.text((0x0020, 0x9311), "CS", organisation);
        }
        all = all
            .short((0x0028, 0x0002), 3)
            .text((0x0028, 0x0004), "CS", "RGB")
            .text((0x0028, 0x0008), "IS", &self.frames.len().to_string())
            .short((0x0028, 0x0010), 4)
            .short((0x0028, 0x0011), 4)
            .short((0x0028, 0x0100), 8)
            .long((0x0048, 0x0006), 6)
            .long((0x0048, 0x0007), 5);
        if self.spacing {
            let spacing = Written::default().text((0x0028, 0x0030), "DS", "0.0005\\0.00025");
            let measures = Written::default().sequence((0x0028, 0x9110), &[spacing]);
            all = if self.open {
                all.open_sequence((0x5200, 0x9229), &[measures])
            } else {
                all.sequence((0x5200, 0x9229), &[measures])
            };
        }
        if self.says_where {
            let groups: Vec<Written> = self
                .frames
                .iter()
                .map(|(column, row)| {
                    let side = |at: u64| (4 * at as i32 + 1).to_le_bytes();
                    let position = Written::default()
                        .element((0x0048, 0x021e), "SL", &side(*column))
                        .element((0x0048, 0x021f), "SL", &side(*row));
                    Written::default().sequence((0x0048, 0x021a), &[position])
                })
                .collect();
            all = all.sequence((0x5200, 0x9230), &groups);
        }
        let frame = |(column, row): &(u64, u64)| {
            let (x, y) = (4 * column, 4 * row);
            (0..16).flat_map(move |i| pixel(x + i % 4, y + i / 4)).collect::<Vec<u8>>()
        };
        all = all.element((0x7fe0, 0x0010), "OB", &self.frames.iter().flat_map(frame).collect::<Vec<u8>>());
        file.extend(all.0);
        file
    }

    fn open(&self, options: &OpenOptions) -> Result<Slide, SlideError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slide.dcm");
        std::fs::write(&path, self.bytes()).unwrap();
        Slide::open(&path, options)
    }
}

const PLAIN: OpenOptions = OpenOptions { cache_bytes: 1 << 20, frame_order: None };

#[track_caller]
fn is_the_slide(slide: &Slide) {
    let found = slide.read(0, [0, 0], [6, 5]).unwrap();
    for (x, y, found) in found.enumerate_pixels() {
        assert_eq!(found.0, pixel(u64::from(x), u64::from(y)), "{x} {y}");
    }
}

#[test]
fn frames_lie_where_the_file_says() {
    let full = Made::default().open(&PLAIN).unwrap();
    is_the_slide(&full);
    assert_eq!(full.mpp(), Some([0.25, 0.5]), "columns are wide, rows are high");
    assert_eq!((full.levels()[0].size, full.levels()[0].part), ([6, 5], [4, 4]));
    is_the_slide(&Made { open: true, ..Made::default() }.open(&PLAIN).unwrap());
    let sparse = Made {
        organisation: Some("TILED_SPARSE"),
        says_where: true,
        frames: vec![(1, 1), (0, 0), (0, 1), (1, 0)],
        ..Made::default()
    };
    is_the_slide(&sparse.open(&PLAIN).unwrap());
    // What no frame covers is white.
    let few = Made { frames: vec![(1, 0), (0, 1)], ..sparse.clone() }.open(&PLAIN).unwrap();
    let found = few.read(0, [0, 0], [6, 5]).unwrap();
    assert_eq!((found.get_pixel(0, 0).0, found.get_pixel(5, 1).0), ([255; 3], pixel(5, 1)));
    let beside = Made { frames: vec![(7, 0), (0, 1)], ..sparse };
    assert!(beside.open(&PLAIN).unwrap_err().to_string().contains("beside the grid"));
}

#[test]
fn what_does_not_conform_is_refused_with_all_that_is_missing_and_read_when_told() {
    let poor = Made { image_type: None, organisation: None, spacing: false, ..Made::default() };
    let error = poor.open(&PLAIN).unwrap_err();
    let told = format!("{error} | {}", error.hint().unwrap());
    for words in
        ["no ImageType", "no PixelSpacing", "no DimensionOrganizationType", "--frames rows or columns"]
    {
        assert!(told.contains(words), "{words} in {told}");
    }
    is_the_slide(&poor.open(&OpenOptions { frame_order: Some(FrameOrder::Rows), ..PLAIN }).unwrap());
    let turned = Made { frames: vec![(0, 0), (0, 1), (1, 0), (1, 1)], ..poor };
    is_the_slide(&turned.open(&OpenOptions { frame_order: Some(FrameOrder::Columns), ..PLAIN }).unwrap());
    let few = Made { frames: vec![(0, 0)], ..Made::default() };
    assert!(few.open(&PLAIN).unwrap_err().to_string().contains("1 frames, and a slide of its size has 4"));
    let label = Made { image_type: Some("ORIGINAL\\PRIMARY\\LABEL\\NONE"), ..Made::default() };
    assert!(label.open(&PLAIN).unwrap_err().to_string().contains("the slide's label"));
    let planes = Made { more: Written::default().long((0x0048, 0x0303), 3), ..Made::default() };
    assert!(planes.open(&PLAIN).unwrap_err().to_string().contains("3 focal planes"));
}

#[test]
fn a_folder_is_a_slide_and_what_identifies_a_patient_is_told_without_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let named = Made {
        more: Written::default().text((0x0010, 0x0010), "PN", "Doe^Jane").text(
            (0x0010, 0x0020),
            "LO",
            "4711",
        ),
        ..Made::default()
    };
    std::fs::write(folder.path().join("b"), named.bytes()).unwrap();
    let label = Made { image_type: Some("ORIGINAL\\PRIMARY\\LABEL\\NONE"), ..Made::default() };
    std::fs::write(folder.path().join("a"), label.bytes()).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no slide").unwrap();
    let slide = Slide::open(folder.path(), &PLAIN).unwrap();
    is_the_slide(&slide);
    assert_eq!(slide.identifying(), ["DICOM's PatientID", "DICOM's PatientName", "a picture of its label"]);
    std::fs::remove_file(folder.path().join("b")).unwrap();
    assert!(Slide::open(folder.path(), &PLAIN).unwrap_err().to_string().contains("no file in it is a level"));
}

#[test]
fn damaged_in_any_way_no_file_ends_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slide.dcm");
    let whole =
        Made { says_where: true, organisation: Some("TILED_SPARSE"), open: true, ..Made::default() }.bytes();
    let touch = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        for frame_order in [None, Some(FrameOrder::Columns)] {
            if let Ok(slide) = Slide::open(&path, &OpenOptions { frame_order, ..PLAIN }) {
                let _ = slide.read(0, [-1, -1], [9, 9]);
            }
        }
    };
    for cut in (0..whole.len()).step_by(3) {
        touch(&whole[..cut]);
    }
    let mut state = 7_u64;
    let mut dice = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % n
    };
    for _ in 0..1500 {
        let mut bytes = whole.clone();
        for _ in 0..=dice(4) {
            let at = 128 + dice(bytes.len() - 128);
            bytes[at] = [0, 1, 0x7f, 0xff, dice(256) as u8][dice(5)];
        }
        touch(&bytes);
    }
}

#[test]
fn the_real_file_that_does_not_conform_is_refused_and_read_when_told() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/wsi/small_dicom.dcm");
    if !path.is_file() {
        println!("skipped: ../shared is not here");
        return;
    }
    let error = Slide::open(&path, &PLAIN).unwrap_err().to_string();
    assert!(error.contains("no ImageType") && error.contains("no PixelSpacing"), "{error}");
    let slide = Slide::open(&path, &OpenOptions { frame_order: Some(FrameOrder::Columns), ..PLAIN }).unwrap();
    assert_eq!((slide.levels()[0].size, slide.mpp()), ([3236, 2638], None));
    assert!(slide.identifying().iter().any(|field| field == "DICOM's PatientName"));
    // Neighbouring frames fit: along their borders pixels differ no more than beside them.
    let strip = slide.read(0, [0, 600], [1000, 300]).unwrap();
    let step = |x: u32| -> u32 {
        let of = |y: u32| (0..3).map(move |c| (x, y, c));
        let off = |(x, y, c): (u32, u32, usize)| {
            u32::from(strip.get_pixel(x, y).0[c].abs_diff(strip.get_pixel(x - 1, y).0[c]))
        };
        (0..300).flat_map(of).map(off).sum()
    };
    let (border, beside) = (step(500), u32::midpoint(step(490), step(510)));
    assert!(border < 2 * beside, "{border} at the border, {beside} beside it");
}
