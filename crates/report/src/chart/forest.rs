//! Differences with their intervals, about zero.

use super::axis::{Frame, nice_range};
use super::{Chart, Drawing, Hue, Key, WIDTH, mark, px};
use crate::sheet::Sheet;
use crate::text;
use maud::{Markup, html};

/// Height of a row, and of a group's name.
const ROW: f64 = 22.0;
const NAME: f64 = 24.0;

/// One difference.
#[derive(Clone, Debug)]
pub struct ForestRow {
    pub label: String,
    pub hue: Hue,
    pub value: f64,
    /// A thick bar.
    pub inner: Option<(f64, f64)>,
    /// A thin line with ends.
    pub outer: Option<(f64, f64)>,
}

/// Differences that belong together.
#[derive(Clone, Debug)]
pub struct ForestGroup {
    pub name: String,
    pub rows: Vec<ForestRow>,
}

/// A chart of differences.
#[derive(Clone, Debug)]
pub struct Forest<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub x_label: &'a str,
    pub groups: Vec<ForestGroup>,
    /// What the thick bars and the thin lines are.
    pub inner: &'a str,
    pub outer: &'a str,
}

impl Chart for Forest<'_> {
    /// `None` without a row.
    fn drawing(&self) -> Option<Drawing> {
        let rows = || self.groups.iter().flat_map(|g| &g.rows);
        rows().next()?;
        let height: f64 = self.groups.iter().map(|g| NAME + ROW * g.rows.len() as f64).sum();
        let longest = rows().map(|r| r.label.chars().count()).max().unwrap_or(0);
        let frame = Frame {
            left: (longest as f64 * 6.9 + 22.0).clamp(60.0, 150.0),
            right: WIDTH - 50.0,
            top: 4.0,
            bottom: 8.0 + height,
            x: self.range(),
            y: (0.0, 1.0),
        };
        let zero = px(frame.across(0.0));
        // Where each group begins.
        let tops: Vec<f64> = self
            .groups
            .iter()
            .scan(4.0, |y, group| {
                let top = *y;
                *y += NAME + ROW * group.rows.len() as f64;
                Some(top)
            })
            .collect();
        let body = html! {
            (frame.x_axis(self.x_label, true))
            path.axis d={ "M" (zero) " " (px(frame.top)) "V" (px(frame.bottom)) } {}
            @for (group, top) in self.groups.iter().zip(&tops) {
                text.strong x="0" y=(px(top + 16.0)) { (group.name) }
                @for (i, row) in group.rows.iter().enumerate() {
                    (draw_row(&frame, row, top + NAME + ROW * (i as f64 + 0.5)))
                }
            }
        };
        let mut legend = Vec::new();
        if rows().any(|r| r.inner.is_some()) {
            legend.push(Key {
                name: self.inner.to_owned(),
                glyph: html! { path.spread.c-grey d="M1 6H25" {} },
            });
        }
        if rows().any(|r| r.outer.is_some()) {
            legend.push(Key {
                name: self.outer.to_owned(),
                glyph: html! { path.whisker.c-grey d="M1 6H25M1 2v8M25 2v8" {} },
            });
        }
        Some(Drawing {
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            size: (WIDTH, frame.bottom + 44.0),
            legend,
            body,
        })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::new(["group", "row", "difference", "low", "high", "outer_low", "outer_high"]);
        for group in &self.groups {
            for row in &group.rows {
                let (low, high) = row.inner.unzip();
                let (outer_low, outer_high) = row.outer.unzip();
                sheet.push([
                    group.name.as_str().into(),
                    row.label.as_str().into(),
                    row.value.into(),
                    low.into(),
                    high.into(),
                    outer_low.into(),
                    outer_high.into(),
                ]);
            }
        }
        sheet
    }
}

impl Forest<'_> {
    /// About the thin lines and the dots, with some room. Two seeds make a thick bar of many times that; it ends in an arrow.
    fn range(&self) -> (f64, f64) {
        let rows = || self.groups.iter().flat_map(|g| &g.rows);
        let reach = |pick: fn(&ForestRow) -> Option<(f64, f64)>| {
            rows().filter_map(pick).flat_map(|(a, b)| [a.abs(), b.abs()]).fold(0.0, f64::max)
        };
        let (inner, outer) = (reach(|r| r.inner), reach(|r| r.outer));
        let of_values = rows().map(|r| r.value.abs()).fold(0.0, f64::max);
        let reach = if outer > 0.0 { inner.min(1.25 * outer).max(outer) } else { inner }.max(of_values);
        let reach = if reach > 0.0 { reach } else { 1.0 };
        nice_range(-reach, reach, 5)
    }
}

fn draw_row(frame: &Frame, row: &ForestRow, y: f64) -> Markup {
    let bar = |(low, high): (f64, f64)| [px(frame.across(low)), px(frame.across(high))];
    let x = frame.across(row.value);
    html! {
        text.row x=(px(frame.left - 10.0)) y=(px(y + 4.5)) text-anchor="end" { (row.label) }
        @if let Some(ends) = row.inner {
            @let [from, to] = bar(ends);
            path.spread.(row.hue.class()) d={ "M" (from) " " (px(y)) "H" (to) } {}
            @for (end, inwards) in [(ends.0, 6.0), (ends.1, -6.0)] {
                @if end < frame.x.0 || end > frame.x.1 {
                    @let (tip, back) = (px(frame.across(end)), px(frame.across(end) + inwards));
                    path.mark.(row.hue.class())
                        d={ "M" (tip) " " (px(y)) "L" (back) " " (px(y - 5.0)) "V" (px(y + 5.0)) "Z" } {}
                }
            }
        }
        @if let Some(ends) = row.outer {
            @let [from, to] = bar(ends);
            path.whisker.(row.hue.class())
                d={ "M" (from) " " (px(y)) "H" (to) "M" (from) " " (px(y - 4.0)) "v8M" (to) " " (px(y - 4.0)) "v8" } {}
        }
        (mark(row.hue, x, y, 5.0))
        text.value x=(px(WIDTH)) y=(px(y + 4.5)) text-anchor="end" { (text::signed(row.value, 1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forest(inner: (f64, f64), outer: Option<(f64, f64)>) -> Forest<'static> {
        let row = ForestRow { label: "last".into(), hue: Hue::Blue, value: 1.0, inner: Some(inner), outer };
        let groups = vec![ForestGroup { name: "φ".into(), rows: vec![row] }];
        Forest { title: "t", description: "d", x_label: "x", groups, inner: "seeds", outer: "slides" }
    }

    #[test]
    fn a_bar_of_two_seeds_ends_in_an_arrow_and_does_not_squeeze_the_rest() {
        let wide = forest((-40.0, 42.0), Some((-2.0, 4.0)));
        assert_eq!(wide.range(), (-6.0, 6.0));
        let body = wide.drawing().unwrap().body.into_string();
        assert_eq!(body.matches("class=\"mark").count(), 3, "the dot and two arrows: {body}");
        assert_eq!(
            forest((-1.0, 3.0), None).drawing().unwrap().body.into_string().matches("class=\"mark").count(),
            1
        );
    }

    #[test]
    fn zero_is_in_the_middle() {
        let (low, high) = forest((0.5, 3.0), Some((0.1, 4.0))).range();
        assert_eq!(low, -high);
    }
}
