//! What a chart amounts to: shown in the page, or written as a picture of its own.

use super::paint::painted;
use crate::sheet::Sheet;
use maud::{Markup, html};

/// About how wide a letter of the page's small print is.
const LETTER: f64 = 7.0;
/// Space about a picture of its own.
const MARGIN: f64 = 14.0;
/// Height of a line of the legend.
const LINE: f64 = 20.0;

/// Something that can be drawn from numbers.
pub trait Chart {
    /// The picture; `None` if there is nothing to show.
    fn drawing(&self) -> Option<Drawing>;

    /// The numbers as drawn, unrounded.
    fn sheet(&self) -> Sheet;
}

/// A line of a legend: a glyph of 26 × 12 and what it stands for.
#[derive(Clone, Debug)]
pub struct Key {
    /// What it stands for.
    pub name: String,
    /// The glyph, drawn from its upper left corner.
    pub glyph: Markup,
}

/// A drawn chart.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// What it is.
    pub title: String,
    /// Says in a sentence what it shows, for those who do not see it.
    pub description: String,
    /// Width and height of the body, in about CSS pixels.
    pub size: (f64, f64),
    /// Empty if the body says it all.
    pub legend: Vec<Key>,
    /// SVG elements with the classes of `chart.css`.
    pub body: Markup,
}

impl Drawing {
    /// The chart within the page, which colours it: light and dark.
    pub fn inline(&self) -> Markup {
        let (width, height) = self.size;
        html! {
            @if !self.legend.is_empty() {
                ul.legend {
                    @for key in &self.legend {
                        li {
                            svg.key viewBox="0 0 26 12" aria-hidden="true" { (key.glyph) }
                            (key.name)
                        }
                    }
                }
            }
            svg.chart viewBox={ "0 0 " (px(width)) " " (px(height)) } role="img"
                aria-label={ (self.title) ". " (self.description) } {
                title { (self.title) }
                desc { (self.description) }
                (self.body)
            }
        }
    }

    /// The chart as the text of an `.svg` file of its own: heading, legend and body on white, each element with its colours, so
    /// that programs without CSS (word processors, slides, drawing programs) show it as it is. `caption` goes into its description.
    pub fn picture(&self, caption: &str) -> String {
        let (width, height) = (self.size.0 + 2.0 * MARGIN, self.size.1);
        let heading = wrapped(&self.title, ((width - 2.0 * MARGIN) / (1.2 * LETTER)) as usize);
        let legend_top = MARGIN + 20.0 * heading.len() as f64;
        let places = self.legend_places();
        let lines = places.last().map_or(0.0, |(_, y)| y + LINE);
        let top = legend_top + lines + 8.0;
        let height = top + height + MARGIN;
        let picture = html! {
            svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
                viewBox={ "0 0 " (px(width)) " " (px(height)) } width=(px(width)) height=(px(height)) role="img"
                font-family="Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif" {
                title { (self.title) }
                desc { (self.description) @if !caption.is_empty() { " " (caption) } }
                rect width=(px(width)) height=(px(height)) fill="#ffffff" {}
                @for (i, line) in heading.iter().enumerate() {
                    text.heading x=(px(MARGIN)) y=(px(MARGIN + 14.0 + 20.0 * i as f64)) { (line) }
                }
                @for (key, (x, y)) in self.legend.iter().zip(&places) {
                    g transform={ "translate(" (px(MARGIN + x)) " " (px(legend_top + y)) ")" } {
                        (key.glyph)
                        text x="32" y="10.5" { (key.name) }
                    }
                }
                g transform={ "translate(" (px(MARGIN)) " " (px(top)) ")" } { (self.body) }
            }
        };
        let text: String = picture.into_string().chars().filter(|c| is_xml(*c)).collect();
        ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", &painted(&text), "\n"].concat()
    }

    /// Where each key of the legend goes, line by line.
    fn legend_places(&self) -> Vec<(f64, f64)> {
        let (mut x, mut y) = (0.0, 0.0);
        let mut places = Vec::new();
        for key in &self.legend {
            let width = 32.0 + LETTER * key.name.chars().count() as f64 + 16.0;
            if x > 0.0 && x + width > self.size.0 {
                (x, y) = (0.0, y + LINE);
            }
            places.push((x, y));
            x += width;
        }
        places
    }
}

/// A coordinate: a tenth of a pixel is fine enough.
pub fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Words in lines of at most `letters`; a longer word has a line of its own.
pub fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Whether XML 1.0 can hold the character: names of tiles may have others.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(keys: usize) -> Drawing {
        Drawing {
            title: "A & <b>\u{8}".into(),
            description: "It shows \"that\".".into(),
            size: (390.0, 100.0),
            legend: (0..keys)
                .map(|i| Key {
                    name: format!("series number {i}"),
                    glyph: html! { path.line.c-blue d="M1 6H25" {} },
                })
                .collect(),
            body: html! { text.tick x="1" y="2" { "0.5" } },
        }
    }

    #[test]
    fn a_picture_of_its_own_needs_no_style_sheet_and_holds_no_letters_that_xml_cannot() {
        let picture = drawing(5).picture("And more.");
        assert!(
            !picture.contains("class=") && !picture.contains("var(") && !picture.contains('\u{8}'),
            "{picture}"
        );
        assert!(picture.contains("A &amp; &lt;b&gt;") && picture.contains("And more."));
        assert!(picture.contains("stroke:#0a6cb0"), "{picture}");
    }

    #[test]
    fn a_legend_breaks_into_lines_within_the_width() {
        let drawing = drawing(7);
        let places = drawing.legend_places();
        assert_eq!(places.len(), 7);
        assert!(places.iter().all(|(x, _)| *x < 390.0) && places[6].1 >= LINE);
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
    }
}
