//! One dot a row, with its spread: means that are to be compared.

use super::axis::{Frame, nice_range};
use super::{Chart, Drawing, Hue, WIDTH, mark, px};
use crate::sheet::Sheet;
use crate::text;
use maud::html;

/// Height of a row whose label is one line.
const ROW: f64 = 30.0;
/// Height of a line of a label.
const LINE: f64 = 14.0;
/// Letters that a label has room for on one line.
const ROOM: usize = 23;

/// One row.
#[derive(Clone, Debug)]
pub struct DotRow {
    pub label: String,
    pub hue: Hue,
    pub value: f64,
    /// A line about the dot, from low to high.
    pub spread: Option<(f64, f64)>,
    /// Small dots behind, one a seed.
    pub single: Vec<f64>,
}

/// A chart of rows.
#[derive(Clone, Debug)]
pub struct Dots<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub x_label: &'a str,
    pub rows: Vec<DotRow>,
    /// A fixed scale; otherwise round numbers about the data.
    pub range: Option<(f64, f64)>,
    /// Decimals of the number beside each dot.
    pub digits: usize,
    /// A dashed line down at the first row's value, to compare the others with.
    pub reference: bool,
}

impl Dots<'_> {
    /// The scale that [`Dots::draw`] takes if none is given; to give several charts the same.
    pub fn own_range(rows: &[DotRow]) -> (f64, f64) {
        let all = rows.iter().flat_map(|r| {
            let spread = r.spread.map_or([r.value; 2], |(low, high)| [low, high]);
            r.single.iter().copied().chain(spread).chain([r.value])
        });
        let (low, high) = all
            .filter(|v| v.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        nice_range(low, high, 4)
    }
}

impl Chart for Dots<'_> {
    /// `None` if no row has a number.
    fn drawing(&self) -> Option<Drawing> {
        let rows: Vec<&DotRow> = self.rows.iter().filter(|r| r.value.is_finite()).collect();
        let first = rows.first()?;
        let labels: Vec<Vec<String>> = rows.iter().map(|r| broken(&r.label, ROOM)).collect();
        let longest = labels.iter().flatten().map(|line| line.chars().count()).max().unwrap_or(0);
        let height = |lines: &Vec<String>| ROW + LINE * (lines.len() as f64 - 1.0);
        // The middle of each row.
        let middles: Vec<f64> = labels
            .iter()
            .scan(10.0, |top, lines| {
                let middle = *top + height(lines) / 2.0;
                *top += height(lines);
                Some(middle)
            })
            .collect();
        let bottom = 10.0 + labels.iter().map(height).sum::<f64>();
        let frame = Frame {
            left: (longest as f64 * 6.9 + 14.0).clamp(60.0, 176.0),
            right: WIDTH - 46.0,
            top: 6.0,
            bottom,
            x: self.range.unwrap_or_else(|| Self::own_range(&self.rows)),
            y: (0.0, 1.0),
        };
        let drawing = html! {
            (frame.x_axis(self.x_label, true))
            @if self.reference {
                path.reference
                    d={ "M" (px(frame.across(first.value))) " " (px(frame.top)) "V" (px(frame.bottom)) } {}
            }
            @for ((row, lines), y) in rows.iter().zip(&labels).zip(&middles) {
                @let y = *y;
                @for (i, line) in lines.iter().enumerate() {
                    @let below = LINE * (i as f64 - (lines.len() as f64 - 1.0) / 2.0);
                    text.row x=(px(frame.left - 10.0)) y=(px(y + below + 4.5)) text-anchor="end" { (line) }
                }
                @for value in row.single.iter().filter(|v| v.is_finite()) {
                    circle.single.(row.hue.class()) cx=(px(frame.across(*value))) cy=(px(y)) r="3" {}
                }
                @if let Some((low, high)) = row.spread.filter(|s| s.0.is_finite() && s.1.is_finite()) {
                    path.spread.(row.hue.class())
                        d={ "M" (px(frame.across(low))) " " (px(y)) "H" (px(frame.across(high))) } {}
                }
                (mark(row.hue, frame.across(row.value), y, 5.5))
                text.value x=(px(WIDTH)) y=(px(y + 4.5)) text-anchor="end" { (text::fixed(row.value, self.digits)) }
            }
        };
        Some(Drawing {
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            size: (WIDTH, bottom + 44.0),
            legend: Vec::new(),
            body: drawing,
        })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::new(["row", "kind", "value", "low", "high"]);
        for row in &self.rows {
            let (low, high) = row.spread.unzip();
            sheet.push([row.label.as_str().into(), "mean".into(), row.value.into(), low.into(), high.into()]);
            for value in &row.single {
                sheet.push([
                    row.label.as_str().into(),
                    "single".into(),
                    (*value).into(),
                    "".into(),
                    "".into(),
                ]);
            }
        }
        sheet
    }
}

/// A label as lines of at most `room` letters, broken after blanks and dashes, and within a word where there is no other way.
fn broken(label: &str, room: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for piece in label.split_inclusive([' ', '-']) {
        if !line.is_empty() && line.chars().count() + piece.trim_end().chars().count() > room {
            lines.push(std::mem::take(&mut line));
        }
        for letter in piece.chars() {
            if line.chars().count() >= room && letter != ' ' {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    lines.push(line);
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::broken;

    #[test]
    fn long_labels_are_broken_at_dashes_and_blanks_and_lose_no_letter() {
        assert_eq!(broken("original", 23), ["original"]);
        assert_eq!(
            broken("both-classes-auxiliary-judged-and-light1", 23),
            ["both-classes-auxiliary-", "judged-and-light1"]
        );
        assert_eq!(broken("a name of blanks", 7), ["a name", "of", "blanks"]);
        let whole = "x".repeat(40);
        assert_eq!(broken(&whole, 23).concat(), whole);
        assert!(broken(&whole, 23).iter().all(|line| line.len() <= 23));
    }
}
