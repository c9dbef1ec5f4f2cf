//! Distributions laid over each other.

use super::axis::{Frame, nice_range};
use super::{Hue, WIDTH, mark, px, svg};
use maud::{Markup, html};

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

impl Histogram<'_> {
    /// The chart with its legend; nothing without values.
    pub fn draw(&self) -> Markup {
        let shares: Vec<(&Sample, Vec<f64>)> = self
            .samples
            .iter()
            .filter(|s| !s.values.is_empty())
            .filter_map(|s| {
                let bins = stats::histogram(&s.values, self.bins, self.range.0, self.range.1)?;
                let whole = s.values.len() as f64;
                Some((s, bins.iter().map(|b| 100.0 * b.count as f64 / whole).collect()))
            })
            .collect();
        let highest = shares.iter().flat_map(|(_, bars)| bars).copied().fold(0.0, f64::max);
        if highest <= 0.0 {
            return html! {};
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
        html! {
            ul.legend {
                @for (i, (sample, _)) in shares.iter().enumerate() {
                    li {
                        svg.key viewBox="0 0 26 12" aria-hidden="true" {
                            path.line.thick.dashed[i > 0].(sample.hue.class()) d="M1 6H25" {}
                            (mark(sample.hue, 13.0, 6.0, 4.0))
                        }
                        (sample.name)
                    }
                }
            }
            (svg(258.0, self.title, self.description, &drawing))
        }
    }

    fn outline(&self, frame: &Frame, bars: &[f64]) -> String {
        let edge = |i: usize| self.range.0 + (self.range.1 - self.range.0) * i as f64 / self.bins as f64;
        let mut d = format!("M{} {}", px(frame.left), px(frame.bottom));
        for (i, height) in bars.iter().enumerate() {
            d += &["V", &px(frame.down(*height)), "H", &px(frame.across(edge(i + 1)))].concat();
        }
        d += &["V", &px(frame.bottom)].concat();
        d
    }
}
