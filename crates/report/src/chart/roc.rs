//! ROC curves with their bands.

use super::axis::Frame;
use super::{Chart, Drawing, Hue, Key, Marker, WIDTH, px};
use crate::sheet::Sheet;
use maud::{Markup, html};

/// One point: 1 − specificity, sensitivity, and the band there.
pub type RocPoint = (f64, f64, Option<(f64, f64)>);

/// One curve.
#[derive(Clone, Debug)]
pub struct RocCurve {
    pub name: String,
    pub hue: Hue,
    /// How the line is drawn.
    pub marker: Marker,
    /// From left to right.
    pub points: Vec<RocPoint>,
    /// Whether its band is drawn; too many bands hide one another.
    pub band: bool,
}

/// Curves on one square.
#[derive(Clone, Debug)]
pub struct Roc<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub curves: Vec<RocCurve>,
}

impl Chart for Roc<'_> {
    /// `None` without a curve of two points.
    fn drawing(&self) -> Option<Drawing> {
        let curves: Vec<&RocCurve> = self.curves.iter().filter(|c| c.points.len() > 1).collect();
        curves.first()?;
        let frame = Frame {
            left: 44.0,
            right: WIDTH - 12.0,
            top: 28.0,
            bottom: 28.0 + WIDTH - 56.0,
            x: (0.0, 1.0),
            y: (0.0, 1.0),
        };
        let body = html! {
            (frame.y_axis("Sensitivity"))
            (frame.x_axis("1 − specificity", true))
            path.reference d={ "M" (px(frame.left)) " " (px(frame.bottom)) "L" (px(frame.right)) " " (px(frame.top)) } {}
            @for curve in curves.iter().filter(|c| c.band) { (band(&frame, curve)) }
            @for curve in &curves {
                path.line.(curve.marker.class()).curve.(curve.hue.class())
                    d=(path(&frame, curve.points.iter().map(|p| (p.0, p.1)), "M")) {}
            }
        };
        Some(Drawing {
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            size: (WIDTH, frame.bottom + 44.0),
            legend: curves
                .iter()
                .map(|curve| Key {
                    name: curve.name.clone(),
                    glyph: html! {
                        @if curve.band { rect.area.(curve.hue.class()) x="1" y="0" width="24" height="12" {} }
                        path.line.(curve.marker.class()).curve.(curve.hue.class()) d="M0 6H26" {}
                    },
                })
                .collect(),
            body,
        })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::new(["curve", "false_positive_rate", "sensitivity", "low", "high"]);
        for curve in &self.curves {
            for (x, y, band) in &curve.points {
                let (low, high) = band.unzip();
                sheet.push([curve.name.as_str().into(), (*x).into(), (*y).into(), low.into(), high.into()]);
            }
        }
        sheet
    }
}

fn path(frame: &Frame, points: impl Iterator<Item = (f64, f64)>, first: &str) -> String {
    let mut d = String::new();
    for (i, (x, y)) in points.enumerate() {
        d += &[if i == 0 { first } else { "L" }, &px(frame.across(x)), " ", &px(frame.down(y))].concat();
    }
    d
}

/// The upper ends from left to right, and the lower ones back.
fn band(frame: &Frame, curve: &RocCurve) -> Markup {
    let with = || curve.points.iter().filter_map(|(x, _, band)| band.map(|(low, high)| (*x, low, high)));
    html! {
        @if with().next().is_some() {
            path.area.(curve.hue.class()) d={
                (path(frame, with().map(|p| (p.0, p.2)), "M"))
                (path(frame, with().map(|p| (p.0, p.1)).collect::<Vec<_>>().into_iter().rev(), "L")) "Z"
            } {}
        }
    }
}
