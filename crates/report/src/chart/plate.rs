//! Tiles in rows and columns with words under them: a figure of a paper.

use super::{Drawing, px};
use crate::tiles::Picture;
use maud::{Markup, html};

/// Side of a tile and the space between two, in units of the drawing.
const SIDE: f64 = 96.0;
const GAP: f64 = 8.0;
/// Room for a line of words.
const LINE: f64 = 17.0;
/// Room for the words left of a row: letters in a line, and their width.
const ROW_LETTERS: usize = 15;
const LETTER: f64 = 7.0;

/// One tile.
pub struct PlateTile<'a> {
    /// `None` where the tile is not at hand: a dashed square.
    pub picture: Option<&'a Picture>,
    /// Words under it, a line each; may be empty.
    pub caption: Vec<String>,
}

/// A row with its name.
pub struct PlateRow<'a> {
    /// Stands left of it; may be empty.
    pub name: String,
    /// From left to right.
    pub tiles: Vec<PlateTile<'a>>,
}

/// A plate of tiles.
pub struct Plate<'a> {
    /// What it is.
    pub title: &'a str,
    /// Says in a sentence what it shows.
    pub description: &'a str,
    /// Above the columns; fewer, or none, if columns have no names.
    pub columns: Vec<String>,
    /// From top to bottom.
    pub rows: Vec<PlateRow<'a>>,
}

impl Plate<'_> {
    /// The plate; `None` without a tile.
    pub fn drawing(&self) -> Option<Drawing> {
        let most = self.rows.iter().map(|r| r.tiles.len()).max().filter(|n| *n > 0)?;
        let left = if self.rows.iter().any(|r| !r.name.is_empty()) {
            ROW_LETTERS as f64 * LETTER + GAP
        } else {
            0.0
        };
        let top = if self.columns.is_empty() { 0.0 } else { LINE + 4.0 };
        let across = |column: usize| left + column as f64 * (SIDE + GAP);
        let mut y = top;
        let rows: Vec<(f64, &PlateRow)> = self
            .rows
            .iter()
            .map(|row| {
                let lines = row.tiles.iter().map(|t| t.caption.len()).max().unwrap_or(0);
                let at = y;
                y += SIDE + lines as f64 * LINE + GAP + 4.0;
                (at, row)
            })
            .collect();
        let body = html! {
            @for (i, name) in self.columns.iter().enumerate() {
                text x=(px(across(i) + SIDE / 2.0)) y="13" text-anchor="middle" { (name) }
            }
            @for (y, row) in rows {
                @let lines = super::wrapped(&row.name, ROW_LETTERS);
                @for (i, line) in lines.iter().enumerate() {
                    @let middle = y + SIDE / 2.0 + LINE * (i as f64 - (lines.len() as f64 - 1.0) / 2.0);
                    text x="0" y=(px(middle + 4.5)) { (line) }
                }
                @for (i, tile) in row.tiles.iter().enumerate() {
                    (picture(tile.picture, across(i), y, SIDE))
                    @for (line, words) in tile.caption.iter().enumerate() {
                        text.tick x=(px(across(i) + SIDE / 2.0)) y=(px(y + SIDE + LINE * (line as f64 + 0.85)))
                            text-anchor="middle" { (words) }
                    }
                }
            }
        };
        Some(Drawing {
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            size: (across(most) - GAP, y - GAP),
            legend: Vec::new(),
            body,
        })
    }
}

/// A tile in a drawing; a dashed square where it is not at hand.
pub fn picture(picture: Option<&Picture>, x: f64, y: f64, side: f64) -> Markup {
    html! {
        @match picture {
            // The older attribute's name: programs that draw SVG know it best.
            Some(picture) => image.sharp[picture.is_small()] x=(px(x)) y=(px(y)) width=(px(side)) height=(px(side))
                preserveAspectRatio="xMidYMid slice" xlink:href=(picture.source) {},
            None => rect.blank x=(px(x)) y=(px(y)) width=(px(side)) height=(px(side)) {},
        }
    }
}
