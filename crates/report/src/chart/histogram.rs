//! Distributions laid over each other.

use super::axis::{Frame, nice_range};
use super::{Chart, Drawing, Hue, Key, WIDTH, mark, px};
use crate::sheet::Sheet;
use maud::html;

/// One distribution.
#[derive(Clone, Debug)]
pub struct Sample {
    pub name: String,
    pub hue: Hue,
    pub values: Vec<f64>,
}

/// Overlaid histograms in percent of each sample, so that samples of different size compare.
#[derive(Clone, Debug)]
pub struct Histogram<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub x_label: &'a str,
    pub samples: Vec<Sample>,
    pub range: (f64, f64),
    pub bins: usize,
}

impl Chart for Histogram<'_> {
    /// `None` without values.
    fn drawing(&self) -> Option<Drawing> {
        let shares: Vec<(&Sample, Vec<f64>)> = self
            .samples
            .iter()
            .filter_map(|s| Some((s, self.counts(s)?.iter().map(|c| 100.0 * c.1).collect())))
            .collect();
        let highest = shares.iter().flat_map(|(_, bars)| bars).copied().fold(0.0, f64::max);
        if highest <= 0.0 {
            return None;
        }
        let frame = Frame {
            left: 44.0,
            right: WIDTH - 12.0,
            top: 28.0,
            bottom: 214.0,
            x: self.range,
            y: nice_range(0.0, highest, 5),
        };
        let drawing = html! {
            (frame.y_axis("Share of the tiles, %"))
            (frame.x_axis(self.x_label, false))
            @for (sample, bars) in &shares {
                path.area.(sample.hue.class()) d={ (self.outline(&frame, bars)) "Z" } {}
            }
            @for (i, (sample, bars)) in shares.iter().enumerate() {
                path.line.thick.dashed[i > 0].(sample.hue.class()) d=(self.outline(&frame, bars)) {}
            }
        };
        Some(Drawing {
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            size: (WIDTH, 258.0),
            legend: shares
                .iter()
                .enumerate()
                .map(|(i, (sample, _))| Key {
                    name: sample.name.clone(),
                    glyph: html! {
                        path.line.thick.dashed[i > 0].(sample.hue.class()) d="M1 6H25" {}
                        (mark(sample.hue, 13.0, 6.0, 4.0))
                    },
                })
                .collect(),
            body: drawing,
        })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::new(["sample", "from", "to", "n", "share"]);
        for sample in &self.samples {
            for (i, (n, share)) in self.counts(sample).unwrap_or_default().into_iter().enumerate() {
                sheet.push([
                    sample.name.as_str().into(),
                    self.edge(i).into(),
                    self.edge(i + 1).into(),
                    n.into(),
                    share.into(),
                ]);
            }
        }
        sheet
    }
}

impl Histogram<'_> {
    /// Values in each bin, and their share of the sample; `None` of an empty sample.
    fn counts(&self, sample: &Sample) -> Option<Vec<(usize, f64)>> {
        let whole = sample.values.len() as f64;
        let bins = stats::histogram(&sample.values, self.bins, self.range.0, self.range.1)?;
        (whole > 0.0).then(|| bins.iter().map(|b| (b.count, b.count as f64 / whole)).collect())
    }

    /// Where bin `i` begins.
    fn edge(&self, i: usize) -> f64 {
        self.range.0 + (self.range.1 - self.range.0) * i as f64 / self.bins as f64
    }

    fn outline(&self, frame: &Frame, bars: &[f64]) -> String {
        let mut d = format!("M{} {}", px(frame.left), px(frame.bottom));
        for (i, height) in bars.iter().enumerate() {
            d += &["V", &px(frame.down(*height)), "H", &px(frame.across(self.edge(i + 1)))].concat();
        }
        d += &["V", &px(frame.bottom)].concat();
        d
    }
}
