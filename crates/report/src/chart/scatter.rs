//! A map of tiles: each a mark, sets told apart by shape and colour.

use super::axis::Frame;
use super::{Chart, Drawing, Hue, Key, WIDTH, mark, px};
use crate::sheet::Sheet;
use maud::html;

/// Half a mark's side.
const SIZE: f64 = 2.6;

/// One set of tiles.
#[derive(Clone, Debug)]
pub struct Cloud {
    pub name: String,
    pub hue: Hue,
    pub points: Vec<(f64, f64)>,
}

/// A map without ticks: distances far apart, and axes, mean nothing on it.
#[derive(Clone, Debug)]
pub struct Scatter<'a> {
    pub title: &'a str,
    pub description: &'a str,
    /// Later ones lie on top.
    pub clouds: Vec<Cloud>,
}

impl Chart for Scatter<'_> {
    /// `None` without a point.
    fn drawing(&self) -> Option<Drawing> {
        let points = || self.clouds.iter().flat_map(|c| &c.points);
        points().next()?;
        let span = |pick: fn(&(f64, f64)) -> f64| {
            let (low, high) =
                points().map(pick).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
            let spare = 0.03 * (high - low).max(1e-9);
            (low - spare, high + spare)
        };
        let frame = Frame {
            left: 1.0,
            right: WIDTH - 1.0,
            top: 1.0,
            bottom: WIDTH - 60.0,
            x: span(|p| p.0),
            y: span(|p| p.1),
        };
        let clouds: Vec<&Cloud> = self.clouds.iter().filter(|c| !c.points.is_empty()).collect();
        let body = html! {
            rect.frame x=(px(frame.left)) y=(px(frame.top)) width=(px(frame.right - frame.left))
                height=(px(frame.bottom - frame.top)) {}
            @for cloud in &clouds {
                // One path for all: a map has thousands of tiles.
                path.dust.hollow[cloud.hue == Hue::Grey].(cloud.hue.class()) d={
                    @for (x, y) in &cloud.points { (shape(cloud.hue, frame.across(*x), frame.down(*y))) }
                } {}
            }
        };
        Some(Drawing {
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            size: (WIDTH, frame.bottom + 2.0),
            legend: clouds
                .iter()
                .map(|cloud| Key {
                    name: cloud.name.clone(),
                    glyph: html! { (mark(cloud.hue, 13.0, 6.0, 4.5)) },
                })
                .collect(),
            body,
        })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::new(["set", "x", "y"]);
        for cloud in &self.clouds {
            for (x, y) in &cloud.points {
                sheet.push([cloud.name.as_str().into(), (*x).into(), (*y).into()]);
            }
        }
        sheet
    }
}

/// The shape of `mark`, as a part of a path.
fn shape(hue: Hue, x: f64, y: f64) -> String {
    let s = SIZE;
    match hue {
        Hue::Blue | Hue::Grey => {
            format!("M{} {}a{s} {s} 0 1 0 {d} 0a{s} {s} 0 1 0-{d} 0", px(x - s), px(y), d = px(2.0 * s))
        }
        Hue::Orange => format!("M{} {}h{d}v{d}h-{d}z", px(x - s), px(y - s), d = px(2.0 * s)),
        Hue::Green => format!("M{} {}l{s} {d}h-{d}z", px(x), px(y - s), d = px(2.0 * s)),
        Hue::Purple => format!("M{} {}l{s} {s}-{s} {s}-{s}-{s}z", px(x), px(y - s)),
        Hue::Gold => format!("M{} {}h{d}l-{s} {d}z", px(x - s), px(y - s), d = px(2.0 * s)),
    }
}
