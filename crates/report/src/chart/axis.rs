//! Scales, ticks and frames.

use super::px;
use crate::text;
use maud::{Markup, html};

/// Round numbers that span at least `low` to `high`, about `wanted` steps apart.
pub fn nice_range(low: f64, high: f64, wanted: usize) -> (f64, f64) {
    let (low, high) =
        if low.is_finite() && high.is_finite() && low <= high { (low, high) } else { (0.0, 1.0) };
    let (low, high) = if high - low < 1e-12 { (low - 0.5, high + 0.5) } else { (low, high) };
    let step = step(high - low, wanted);
    ((low / step + 1e-9).floor() * step, (high / step - 1e-9).ceil() * step)
}

/// 1, 2 or 5 times a power of ten, so that `span` has about `wanted` steps.
fn step(span: f64, wanted: usize) -> f64 {
    let raw = span / wanted.max(1) as f64;
    let power = 10f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * power >= raw * 0.999).unwrap_or(10.0);
    factor * power
}

/// Ticks at round numbers within a range, with labels of equal decimals.
pub fn ticks((low, high): (f64, f64), wanted: usize) -> Vec<(f64, String)> {
    let step = step((high - low).max(1e-12), wanted);
    let digits = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|i| (i as f64 * step, text::fixed(i as f64 * step, digits))).collect()
}

/// The inner rectangle of a chart and its scales.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    pub x: (f64, f64),
    pub y: (f64, f64),
}

impl Frame {
    /// Where a value lies across, kept within the frame.
    pub fn across(&self, value: f64) -> f64 {
        let t = ((value - self.x.0) / (self.x.1 - self.x.0)).clamp(0.0, 1.0);
        self.left + t * (self.right - self.left)
    }

    /// Where a value lies down, kept within the frame.
    pub fn down(&self, value: f64) -> f64 {
        let t = ((value - self.y.0) / (self.y.1 - self.y.0)).clamp(0.0, 1.0);
        self.bottom - t * (self.bottom - self.top)
    }

    /// The horizontal axis with its ticks and title.
    pub fn x_axis(&self, title: &str, grid: bool) -> Markup {
        html! {
            @for (value, label) in ticks(self.x, 5) {
                @let x = px(self.across(value));
                @if grid { path.grid d={ "M" (x) " " (px(self.top)) "V" (px(self.bottom)) } {} }
                text.tick x=(x) y=(px(self.bottom + 17.0)) text-anchor="middle" { (label) }
            }
            path.axis d={ "M" (px(self.left)) " " (px(self.bottom)) "H" (px(self.right)) } {}
            text.label x=(px(f64::midpoint(self.left, self.right))) y=(px(self.bottom + 36.0)) text-anchor="middle" {
                (title)
            }
        }
    }

    /// The vertical axis with grid lines; its title stands above, level, where it is read without turning the head.
    pub fn y_axis(&self, title: &str) -> Markup {
        html! {
            @for (value, label) in ticks(self.y, 5) {
                @let y = self.down(value);
                path.grid d={ "M" (px(self.left)) " " (px(y)) "H" (px(self.right)) } {}
                text.tick x=(px(self.left - 7.0)) y=(px(y + 4.0)) text-anchor="end" { (label) }
            }
            text.label x="0" y=(px(self.top - 12.0)) { (title) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let labels = |range| ticks(range, 5).into_iter().map(|t| t.1).collect::<Vec<_>>();
        assert_eq!(labels((0.0, 1.0)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels((81.0, 86.0)), ["81", "82", "83", "84", "85", "86"]);
        assert_eq!(labels((-0.1, 0.1)), ["−0.10", "−0.05", "0.00", "0.05", "0.10"]);
        assert_eq!(labels((1.0, 8.0)), ["2", "4", "6", "8"]);
    }

    #[test]
    fn ranges_are_never_empty() {
        assert_eq!(nice_range(0.813, 0.859, 5), (0.81, 0.86));
        let (low, high) = nice_range(3.0, 3.0, 5);
        assert!(low < 3.0 && high > 3.0);
        assert_eq!(nice_range(f64::NAN, 1.0, 5), (0.0, 1.0));
        assert_eq!(nice_range(f64::INFINITY, f64::NEG_INFINITY, 5), (0.0, 1.0));
    }
}
