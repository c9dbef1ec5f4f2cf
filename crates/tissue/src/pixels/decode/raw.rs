//! Samples as a file holds them, brought to 8-bit RGB; and what is known of values that may use only a part of their range.

use std::path::Path;

use image::{DynamicImage, RgbImage};

use super::faults::{broken, unusable};
use crate::TissueError;

/// Pixels as decoded: `channels` colour samples each (1 grey, 3 RGB), then one of opacity if `alpha`.
pub(super) struct Raw {
    pub width: u32,
    pub height: u32,
    pub channels: usize,
    pub alpha: bool,
    /// Whether 0 is white, in whole numbers of 16 bits.
    pub inverted: bool,
    /// Other pictures of full size in the file, which are left out.
    pub others: usize,
    pub samples: Samples,
}

/// The samples of all pixels, row by row.
pub(super) enum Samples {
    Bytes(Vec<u8>),
    /// Whole numbers of up to 16 bits, of which the format itself says how many are used.
    Words(Vec<u16>, u8),
    Floats(Vec<f32>),
}

/// What is known of a tile whose samples are wider than 8 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Deep {
    /// The largest colour sample, spikes aside, from 0 to 65,535; a floating-point 1 is 65,535. `None` if all are spikes.
    pub most: Option<u16>,
    /// Samples far above all others: at full scale (a scale bar, padding, a saturated pixel), or very few (hot pixels).
    pub spikes: usize,
    /// Whether the samples are floating-point numbers.
    pub is_float: bool,
}

impl Deep {
    /// Tells the spikes from the other samples, as the file stores them. With no gap between them there are none.
    fn of(samples: impl Iterator<Item = u16>, is_float: bool) -> Self {
        /// One sample in how many may be a spike that is not at full scale.
        const RARE: usize = 200;
        // Of the samples that take so many bits: how many, and the largest.
        let mut taking = [(0_usize, 0_u16); 17];
        let mut full = 0;
        for value in samples {
            if value == u16::MAX {
                full += 1;
                continue;
            }
            let (n, most) = &mut taking[16 - value.leading_zeros() as usize];
            (*n, *most) = (*n + 1, value.max(*most));
        }
        let all = full + taking.iter().map(|t| t.0).sum::<usize>();
        let top = taking.iter().rposition(|t| t.0 > 0);
        let Some(top) = top else { return Self { most: None, spikes: full, is_float } };
        let mut body = top;
        let mut above = 0;
        for at in (1..=top).rev() {
            above += taking[at].0;
            if above * RARE > all {
                break;
            }
            // A whole doubling without a sample is a gap.
            if let (0, Some(below)) = (taking[at - 1].0, taking[..at].iter().rposition(|t| t.0 > 0)) {
                body = below;
            }
        }
        let hot: usize = taking[body + 1..].iter().map(|t| t.0).sum();
        // At full scale with samples up to there is a bright tile.
        if body == 16 {
            let most = if full > 0 { u16::MAX } else { taking[body].1 };
            return Self { most: Some(most), spikes: 0, is_float };
        }
        Self { most: Some(taking[body].1), spikes: full + hot, is_float }
    }
}

/// A tile as 8-bit RGB, and what decoding brought to light.
pub(crate) struct Pixels {
    pub image: RgbImage,
    /// How its colours were converted, if they were.
    pub note: Option<String>,
    pub deep: Option<Deep>,
}

impl Raw {
    pub fn of(image: DynamicImage) -> Self {
        let (width, height) = (image.width(), image.height());
        let words = |values: Vec<u16>| Samples::Words(values, 16);
        let (channels, alpha, samples) = match image {
            DynamicImage::ImageLuma8(i) => (1, false, Samples::Bytes(i.into_raw())),
            DynamicImage::ImageLumaA8(i) => (1, true, Samples::Bytes(i.into_raw())),
            DynamicImage::ImageRgba8(i) => (3, true, Samples::Bytes(i.into_raw())),
            DynamicImage::ImageLuma16(i) => (1, false, words(i.into_raw())),
            DynamicImage::ImageLumaA16(i) => (1, true, words(i.into_raw())),
            DynamicImage::ImageRgb16(i) => (3, false, words(i.into_raw())),
            DynamicImage::ImageRgba16(i) => (3, true, words(i.into_raw())),
            DynamicImage::ImageRgb32F(i) => (3, false, Samples::Floats(i.into_raw())),
            DynamicImage::ImageRgba32F(i) => (3, true, Samples::Floats(i.into_raw())),
            other => (3, false, Samples::Bytes(other.into_rgb8().into_raw())),
        };
        Self { width, height, channels, alpha, inverted: false, others: 0, samples }
    }

    /// 8-bit RGB: grey copied to three channels, more than 8 bits scaled, an opaque alpha channel dropped. `bits` says how
    /// many of 16 are used, where the format does not; spikes above them are white.
    ///
    /// # Errors
    /// Transparency; values above what `bits` hold; floating-point numbers outside 0 to 1.
    pub fn into_rgb(self, path: &Path, bits: Option<u8>) -> Result<Pixels, TissueError> {
        let Self { width, height, channels, alpha, inverted, others, samples } = self;
        let stride = channels + usize::from(alpha);
        let grey = channels == 1;
        let (bytes, deep, depth) = match samples {
            Samples::Bytes(bytes) => {
                check_opaque(
                    path,
                    alpha,
                    bytes.iter().skip(channels).step_by(stride).all(|&a| a == u8::MAX),
                )?;
                (bytes, None, None)
            }
            Samples::Words(words, declared) => {
                let used = if declared == 16 { bits.unwrap_or(16) } else { declared };
                let full = u32::from(u16::MAX) >> (16 - used);
                let opaque =
                    |a: u16| a == u16::MAX || u32::from(a) == full || to_byte(a.into(), full) == u8::MAX;
                check_opaque(path, alpha, words.iter().skip(channels).step_by(stride).all(|&a| opaque(a)))?;
                let deep = (declared == 16).then(|| {
                    Deep::of(words.chunks_exact(stride).flat_map(|p| &p[..channels]).copied(), false)
                });
                if let Some(most) = deep.and_then(|deep| deep.most).filter(|&most| u32::from(most) > full) {
                    return Err(too_bright(path, most, used));
                }
                let value = |v: u16| if inverted { full - u32::from(v).min(full) } else { u32::from(v) };
                let bytes = words.iter().map(|&v| to_byte(value(v), full)).collect();
                let depth = match (declared, bits) {
                    (16, Some(bits)) if bits < 16 => format!("16-bit with {bits} bits used"),
                    (declared, _) => format!("{declared}-bit"),
                };
                (bytes, deep, Some(depth))
            }
            Samples::Floats(floats) => {
                check_opaque(path, alpha, floats.iter().skip(channels).step_by(stride).all(|&a| a >= 1.0))?;
                check_floats(path, &floats, channels, stride)?;
                let bytes = floats.iter().map(|&v| (v.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
                let scaled = |v: &f32| (v.clamp(0.0, 1.0) * f32::from(u16::MAX)).round() as u16;
                let deep =
                    Deep::of(floats.chunks_exact(stride).flat_map(|p| &p[..channels]).map(scaled), true);
                (bytes, Some(deep), Some("floating-point".to_owned()))
            }
        };
        let note = match (depth, grey, alpha) {
            (None, false, false) => None,
            (None, true, _) => Some("grey, copied to three channels".to_owned()),
            (None, false, true) => {
                Some("with an alpha channel that is opaque everywhere, dropped".to_owned())
            }
            (Some(depth), true, _) => {
                Some(format!("{depth} grey, scaled to 8 bits and copied to three channels"))
            }
            (Some(depth), false, _) => Some(format!("{depth}, scaled to 8 bits")),
        };
        let beside = (others > 0).then(|| {
            let pictures = if others == 1 { "another picture" } else { "other pictures" };
            format!("with {pictures} of full size, in a SubIFD or marked as of lower resolution, left out")
        });
        let note = match (note, beside) {
            (Some(note), Some(beside)) => Some(format!("{note}, {beside}")),
            (note, beside) => note.or(beside),
        };
        let rgb = match (grey, alpha) {
            (false, false) => bytes,
            (false, true) => bytes.chunks_exact(stride).flat_map(|p| [p[0], p[1], p[2]]).collect(),
            (true, _) => bytes.chunks_exact(stride).flat_map(|p| [p[0]; 3]).collect(),
        };
        let image = RgbImage::from_raw(width, height, rgb)
            .ok_or_else(|| broken(path, "it has fewer pixels than its header says"))?;
        Ok(Pixels { image, note, deep })
    }
}

/// A value of 0 to `full` as 0 to 255, rounded.
fn to_byte(value: u32, full: u32) -> u8 {
    ((value * 255 + full / 2) / full).min(255) as u8
}

fn check_opaque(path: &Path, alpha: bool, is_opaque: bool) -> Result<(), TissueError> {
    if !alpha || is_opaque {
        return Ok(());
    }
    Err(TissueError::Colours {
        path: path.to_path_buf(),
        why: "it has transparent pixels, and what lies behind them is not known",
        way_out: "flatten the tile on a white background",
    })
}

fn too_bright(path: &Path, most: u16, bits: u8) -> TissueError {
    let needed = (16 - most.leading_zeros()).max(8);
    unusable(
        path,
        "values above the bits said",
        format!("a value in it is {most} and {bits} bits end at {}", u32::from(u16::MAX) >> (16 - bits)),
        format!("say how many bits the camera really gave: {needed} at least (--bits, or bits in the study)"),
    )
}

/// Refuses numbers that cannot be dark to bright.
fn check_floats(path: &Path, floats: &[f32], channels: usize, stride: usize) -> Result<(), TissueError> {
    /// What rounding may add to a scale from 0 to 1.
    const SLACK: f32 = 1e-3;
    let what = "floating-point values of unknown scale";
    let way_out = "export the tile as 8-bit RGB, or scale its values so that 0 is black and 1 is white";
    let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
    for &value in floats.chunks_exact(stride).flat_map(|p| &p[..channels]) {
        if !value.is_finite() {
            return Err(unusable(path, what, "some of them are not finite numbers", way_out));
        }
        (least, most) = (least.min(value), most.max(value));
    }
    if least < -SLACK || most > 1.0 + SLACK {
        let why = format!(
            "they go from {least} to {most}, and only those from 0 to 1 are known to be dark to bright"
        );
        return Err(unusable(path, what, why, way_out));
    }
    Ok(())
}
