//! Lines on two logarithmic axes: how time and memory grow. A picture of its own, for documents.

use super::axis::Frame;
use super::{Hue, mark, px};
use crate::text;
use maud::{Markup, PreEscaped, html};

/// Palette and chart classes, light and dark.
const STYLE: &str = include_str!("../chart.css");
/// Width and height of the picture, in about CSS pixels.
const SIZE: (f64, f64) = (560.0, 350.0);
/// The least distance between two lines' names.
const NAME_GAP: f64 = 17.0;

/// One line with its name at its end.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// Stands beside the line's end.
    pub name: String,
    /// Its colour, and the shape of its marks.
    pub hue: Hue,
    /// Something to compare with: dashed, without marks.
    pub dashed: bool,
    /// Positive numbers; others are left out.
    pub points: Vec<(f64, f64)>,
}

/// A chart with two logarithmic axes.
#[derive(Clone, Debug)]
pub struct LogLog<'a> {
    /// Stands above the chart.
    pub title: &'a str,
    /// Says in a sentence what the chart shows, for those who do not see it.
    pub description: &'a str,
    /// What runs across, and its unit.
    pub x_label: &'a str,
    /// What runs up, and its unit.
    pub y_label: &'a str,
    /// Where the horizontal axis has ticks: the values that were measured.
    pub x_ticks: Vec<f64>,
    /// Each in a colour of its own.
    pub lines: Vec<LogLine>,
}

impl LogLog<'_> {
    /// The chart as the text of an `.svg` file; `None` if no line has a point.
    pub fn picture(&self) -> Option<String> {
        let lines: Vec<(&LogLine, Vec<(f64, f64)>)> = self
            .lines
            .iter()
            .map(|line| {
                let drawable = |p: &&(f64, f64)| p.0 > 0.0 && p.1 > 0.0 && p.0.is_finite() && p.1.is_finite();
                (line, line.points.iter().filter(drawable).map(|p| (p.0.log10(), p.1.log10())).collect())
            })
            .filter(|(_, points): &(_, Vec<_>)| !points.is_empty())
            .collect();
        let points = || lines.iter().flat_map(|(_, points)| points);
        points().next()?;
        let span = |pick: fn(&(f64, f64)) -> f64| {
            points().map(pick).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)))
        };
        let (x, y) = (span(|p| p.0), span(|p| p.1));
        let longest = self.lines.iter().map(|l| l.name.chars().count()).max().unwrap_or(0);
        let frame = Frame {
            left: 58.0,
            right: SIZE.0 - 22.0 - longest as f64 * 7.6,
            top: 66.0,
            bottom: SIZE.1 - 48.0,
            x: if x.1 > x.0 { x } else { (x.0 - 0.1, x.1 + 0.1) },
            y: round_range(y),
        };
        let names = apart(lines.iter().map(|(_, p)| frame.down(p[p.len() - 1].1)).collect());
        let drawing = html! {
            (self.axes(&frame))
            @for ((line, points), name_y) in lines.iter().zip(names) {
                (draw_line(&frame, line, points))
                text.name.(line.hue.class()) x=(px(frame.right + 12.0)) y=(px(name_y + 4.5)) { (line.name) }
            }
        };
        Some(self.file(&drawing).into_string())
    }

    fn axes(&self, frame: &Frame) -> Markup {
        html! {
            @for (value, label) in log_ticks(frame.y) {
                @let y = frame.down(value);
                path.grid d={ "M" (px(frame.left)) " " (px(y)) "H" (px(frame.right)) } {}
                text.tick x=(px(frame.left - 7.0)) y=(px(y + 4.0)) text-anchor="end" { (label) }
            }
            text.label x="8" y=(px(frame.top - 16.0)) { (self.y_label) }
            @for value in &self.x_ticks {
                @let x = frame.across(value.log10());
                path.axis d={ "M" (px(x)) " " (px(frame.bottom)) "v5" } {}
                text.tick x=(px(x)) y=(px(frame.bottom + 19.0)) text-anchor="middle" { (short(*value)) }
            }
            path.axis d={ "M" (px(frame.left)) " " (px(frame.bottom)) "H" (px(frame.right)) } {}
            text.label x=(px(f64::midpoint(frame.left, frame.right))) y=(px(frame.bottom + 39.0))
                text-anchor="middle" { (self.x_label) }
        }
    }

    fn file(&self, drawing: &Markup) -> Markup {
        let (width, height) = (px(SIZE.0), px(SIZE.1));
        html! {
            svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (width) " " (height) } width=(width)
                height=(height) role="img" aria-label={ (self.title) ". " (self.description) } {
                title { (self.title) }
                desc { (self.description) }
                style {
                    (PreEscaped(STYLE))
                    "text{font-family:system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,DejaVu Sans,sans-serif}"
                }
                rect width="100%" height="100%" fill="var(--paper)" {}
                g.chart {
                    text.heading x="8" y="24" { (self.title) }
                    (drawing)
                }
            }
        }
    }
}

fn draw_line(frame: &Frame, line: &LogLine, points: &[(f64, f64)]) -> Markup {
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        d += &[if i == 0 { "M" } else { "L" }, &px(frame.across(*x)), " ", &px(frame.down(*y))].concat();
    }
    html! {
        path.line.dashed[line.dashed].(line.hue.class()) d=(d) {}
        @if !line.dashed {
            @for (x, y) in points { (mark(line.hue, frame.across(*x), frame.down(*y), 4.0)) }
        }
    }
}

/// Where names go that should stand at these heights: in the same order, none upon another.
fn apart(wanted: Vec<f64>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut placed = wanted;
    // Each pass halves what is still too near, from both sides.
    for _ in 0..64 {
        for pair in order.windows(2) {
            let overlap = NAME_GAP - (placed[pair[1]] - placed[pair[0]]);
            if overlap > 0.0 {
                placed[pair[0]] -= overlap / 2.0;
                placed[pair[1]] += overlap / 2.0;
            }
        }
    }
    placed
}

/// The steps within a decade: fewer if there are many decades.
fn steps_in_decade((low, high): (f64, f64)) -> &'static [f64] {
    match high - low {
        span if span <= 2.5 => &[1.0, 2.0, 5.0],
        span if span <= 4.0 => &[1.0, 3.0],
        _ => &[1.0],
    }
}

/// Logarithms of round numbers that span at least `low` to `high`.
fn round_range((low, high): (f64, f64)) -> (f64, f64) {
    let (low, high) = if high - low < 0.3 { (low - 0.15, high + 0.15) } else { (low, high) };
    let steps = steps_in_decade((low, high));
    let round = || {
        (low.floor() as i32 - 1..=high.ceil() as i32)
            .flat_map(|decade| steps.iter().map(move |s| s.log10() + f64::from(decade)))
    };
    let below = round().filter(|v| *v <= low + 1e-9).fold(f64::NEG_INFINITY, f64::max);
    let above = round().filter(|v| *v >= high - 1e-9).fold(f64::INFINITY, f64::min);
    (below, above)
}

/// Logarithms of round numbers within a range, with the numbers.
fn log_ticks((low, high): (f64, f64)) -> Vec<(f64, String)> {
    (low.floor() as i32..=high.ceil() as i32)
        .flat_map(|decade| steps_in_decade((low, high)).iter().map(move |s| s * 10f64.powi(decade)))
        .map(|value| (value.log10(), short(value)))
        .filter(|(at, _)| *at >= low - 1e-9 && *at <= high + 1e-9)
        .collect()
}

/// A round number with the decimals it needs, and thin spaces between thousands.
fn short(value: f64) -> String {
    if value >= 1.0 {
        return text::count(value.round() as usize);
    }
    text::fixed(value, (-value.log10() - 1e-9).ceil().max(0.0) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers() {
        let labels = |range| log_ticks(range).into_iter().map(|t| t.1).collect::<Vec<_>>();
        assert_eq!(labels((-2.0, 0.0)), ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"]);
        assert_eq!(labels((0.0, 3.0)), ["1", "3", "10", "30", "100", "300", "1\u{202f}000"]);
        let (low, high) = round_range((0.03f64.log10(), 8.0f64.log10()));
        assert!((10f64.powf(low) - 0.02).abs() < 1e-9 && (10f64.powf(high) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn names_keep_their_order_and_their_distance() {
        let placed = apart(vec![50.0, 10.0, 52.0, 51.0]);
        assert!(placed[1] < placed[0] && placed[0] < placed[3] && placed[3] < placed[2], "{placed:?}");
        let mut sorted = placed;
        sorted.sort_by(f64::total_cmp);
        assert!(sorted.windows(2).all(|w| w[1] - w[0] > NAME_GAP - 0.5), "{sorted:?}");
    }

    #[test]
    fn a_picture_needs_a_point() {
        let line = |points| LogLine { name: "a & b".into(), hue: Hue::Blue, dashed: false, points };
        let chart = |points| LogLog {
            title: "Time",
            description: "It grows.",
            x_label: "px",
            y_label: "seconds",
            x_ticks: vec![64.0, 512.0],
            lines: vec![line(points)],
        };
        assert_eq!(chart(vec![(64.0, 0.0), (f64::NAN, 1.0)]).picture(), None);
        let picture = chart(vec![(64.0, 0.1), (512.0, 8.0)]).picture().unwrap();
        assert!(
            picture.starts_with("<svg xmlns=") && picture.contains("a &amp; b") && !picture.contains("NaN")
        );
    }
}
