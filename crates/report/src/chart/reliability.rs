//! A reliability diagram: how often those of a confidence are right, and how many have it.

use super::axis::Frame;
use super::{Chart, Drawing, Hue, WIDTH, mark, px};
use crate::sheet::Sheet;
use crate::text;
use maud::html;

/// Height of the bars that count.
const COUNTS: f64 = 46.0;

/// Confidences of one bin.
#[derive(Clone, Debug)]
pub struct ReliabilityBin {
    pub from: f64,
    pub to: f64,
    pub n: usize,
    /// Their mean.
    pub confidence: f64,
    /// Share that is of class X.
    pub share: f64,
    pub interval: Option<(f64, f64)>,
}

/// A diagram of one classifier.
#[derive(Clone, Debug)]
pub struct Reliability<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub hue: Hue,
    pub bins: Vec<ReliabilityBin>,
}

impl Chart for Reliability<'_> {
    /// `None` without a bin.
    fn drawing(&self) -> Option<Drawing> {
        let most = self.bins.iter().map(|b| b.n).max().filter(|n| *n > 0)?;
        let frame =
            Frame { left: 44.0, right: WIDTH - 12.0, top: 28.0, bottom: 268.0, x: (0.0, 1.0), y: (0.0, 1.0) };
        let counts = Frame { top: frame.bottom + 12.0, bottom: frame.bottom + 12.0 + COUNTS, ..frame };
        let hue = self.hue.class();
        let body = html! {
            (frame.y_axis("Share that is of class X"))
            (counts.x_axis("Confidence in class X", false))
            path.axis d={ "M" (px(frame.left)) " " (px(frame.bottom)) "H" (px(frame.right)) } {}
            path.reference d={ "M" (px(frame.left)) " " (px(frame.bottom)) "L" (px(frame.right)) " " (px(frame.top)) } {}
            path.line.(hue) d={
                @for (i, bin) in self.bins.iter().enumerate() {
                    @if i == 0 { "M" } @else { "L" }
                    (px(frame.across(bin.confidence))) " " (px(frame.down(bin.share)))
                }
            } {}
            @for bin in &self.bins {
                @let x = frame.across(bin.confidence);
                @if let Some((low, high)) = bin.interval {
                    path.whisker.(hue) d={
                        "M" (px(x)) " " (px(frame.down(low))) "V" (px(frame.down(high)))
                        "M" (px(x - 4.0)) " " (px(frame.down(low))) "h8M" (px(x - 4.0)) " " (px(frame.down(high))) "h8"
                    } {}
                }
                (mark(self.hue, x, frame.down(bin.share), 4.5))
                @let height = COUNTS * bin.n as f64 / most as f64;
                rect.column.(hue) x=(px(counts.across(bin.from) + 1.0)) y=(px(counts.bottom - height))
                    width=(px((counts.across(bin.to) - counts.across(bin.from) - 2.0).max(1.0))) height=(px(height)) {}
            }
            text.tick x=(px(frame.left - 7.0)) y=(px(counts.top + 9.0)) text-anchor="end" { (text::count(most)) }
            text.tick x=(px(frame.left - 7.0)) y=(px(counts.bottom)) text-anchor="end" { "0" }
        };
        Some(Drawing {
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            size: (WIDTH, counts.bottom + 44.0),
            legend: Vec::new(),
            body,
        })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::new(["from", "to", "n", "confidence", "share", "low", "high"]);
        for bin in &self.bins {
            let (low, high) = bin.interval.unzip();
            sheet.push([
                bin.from.into(),
                bin.to.into(),
                bin.n.into(),
                bin.confidence.into(),
                bin.share.into(),
                low.into(),
                high.into(),
            ]);
        }
        sheet
    }
}
