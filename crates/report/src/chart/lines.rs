//! Lines over epochs, and step functions.

use super::axis::{Frame, nice_range};
use super::{Chart, Drawing, Hue, Key, WIDTH, mark, px};
use crate::sheet::Sheet;
use maud::{Markup, html};

/// Up to so many points of a line are marked.
const FEW: usize = 8;

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A thick line with a mark at its end.
    Thick,
    /// A thin, pale line without an entry in the legend: one of many.
    Thin,
    /// A dashed line: something to compare with.
    Dashed,
    /// A fine line with marks, in the place of a thick one where colours are used a second time.
    Fine,
    /// A broad, pale line with marks, where they are used a third time.
    Broad,
}

impl Marker {
    /// The style sheet's class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Thick => "thick",
            Self::Thin => "thin",
            Self::Dashed => "dashed",
            Self::Fine => "fine",
            Self::Broad => "broad",
        }
    }

    fn is_marked(self) -> bool {
        matches!(self, Self::Thick | Self::Fine | Self::Broad)
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    pub name: String,
    pub hue: Hue,
    pub marker: Marker,
    pub points: Vec<(f64, f64)>,
}

/// A line chart.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub x_label: &'a str,
    pub y_label: &'a str,
    pub series: Vec<Line>,
    /// Fixed scales; otherwise round numbers about the data.
    pub x_range: Option<(f64, f64)>,
    pub y_range: Option<(f64, f64)>,
    /// A vertical bar from one value to another with a label, such as the KS distance.
    pub bar: Option<(f64, f64, f64, String)>,
}

impl Chart for Lines<'_> {
    /// `None` if no line has a point.
    fn drawing(&self) -> Option<Drawing> {
        let points =
            || self.series.iter().flat_map(|l| &l.points).filter(|p| p.0.is_finite() && p.1.is_finite());
        points().next()?;
        let span = |pick: fn(&(f64, f64)) -> f64| {
            points().map(pick).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)))
        };
        let (x, y) = (span(|p| p.0), span(|p| p.1));
        let frame = Frame {
            left: 44.0,
            right: WIDTH - 12.0,
            top: 28.0,
            bottom: 214.0,
            // One epoch alone still needs a width.
            x: self.x_range.unwrap_or(if x.1 > x.0 { x } else { (x.0 - 0.5, x.1 + 0.5) }),
            y: self.y_range.unwrap_or_else(|| nice_range(y.0, y.1, 5)),
        };
        let drawing = html! {
            (frame.y_axis(self.y_label))
            (frame.x_axis(self.x_label, false))
            @for marker in [Marker::Thin, Marker::Dashed, Marker::Broad, Marker::Thick, Marker::Fine] {
                @for line in self.series.iter().filter(|l| l.marker == marker) { (draw_line(&frame, line)) }
            }
            @if let Some((at, from, to, label)) = &self.bar {
                @let (x, y) = (frame.across(*at), frame.down(f64::midpoint(*from, *to)));
                path.bar d={ "M" (px(x)) " " (px(frame.down(*from))) "V" (px(frame.down(*to))) } {}
                @if x > f64::midpoint(frame.left, frame.right) {
                    text.value x=(px(x - 8.0)) y=(px(y + 4.0)) text-anchor="end" { (label) }
                } @else {
                    text.value x=(px(x + 8.0)) y=(px(y + 4.0)) { (label) }
                }
            }
        };
        Some(Drawing {
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            size: (WIDTH, 258.0),
            legend: self.legend(),
            body: drawing,
        })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::new(["series", "x", "y"]);
        for line in &self.series {
            for (x, y) in &line.points {
                sheet.push([line.name.as_str().into(), (*x).into(), (*y).into()]);
            }
        }
        sheet
    }
}

impl Lines<'_> {
    /// Named lines, and the thin ones once; empty if there is but one line.
    fn legend(&self) -> Vec<Key> {
        let named = || self.series.iter().filter(|l| l.marker != Marker::Thin);
        if named().count() < 2 && self.series.len() == named().count() {
            return Vec::new();
        }
        let named = named().map(|line| Key {
            name: line.name.clone(),
            glyph: html! {
                path.line.(line.marker.class()).(line.hue.class()) d="M1 6H25" {}
                @if line.marker.is_marked() { (mark(line.hue, 13.0, 6.0, 4.0)) }
            },
        });
        let thin = self.series.iter().find(|l| l.marker == Marker::Thin).map(|thin| Key {
            name: thin.name.clone(),
            glyph: html! { path.line.thin.(thin.hue.class()) d="M1 6H25" {} },
        });
        named.chain(thin).collect()
    }
}

fn draw_line(frame: &Frame, line: &Line) -> Markup {
    let mut d = String::new();
    let finite: Vec<_> = line.points.iter().filter(|p| p.0.is_finite() && p.1.is_finite()).collect();
    for (i, (x, y)) in finite.iter().enumerate() {
        d += &[if i == 0 { "M" } else { "L" }, &px(frame.across(*x)), " ", &px(frame.down(*y))].concat();
    }
    html! {
        path.line.(line.marker.class()).(line.hue.class()) d=(d) {}
        @if line.marker.is_marked() {
            // Few points are marked one by one, of many the last alone.
            @let marked = if finite.len() <= FEW { &finite[..] } else { &finite[finite.len() - 1..] };
            @for (x, y) in marked { (mark(line.hue, frame.across(*x), frame.down(*y), 4.0)) }
        }
    }
}
