//! Figures as they are shown.

use crate::chart::{Chart, Drawing};
use crate::sheet::Sheet;
use maud::{Markup, html};
use std::cell::RefCell;

/// One figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The files' name, without an ending.
    pub name: String,
    /// Stands above it in the page.
    pub heading: String,
    /// Stands below it; may be empty.
    pub caption: String,
    /// The picture.
    pub drawing: Drawing,
    /// The numbers as drawn, unrounded.
    pub data: Sheet,
    /// What the page shows in the place of the drawing.
    pub shown: Option<Markup>,
    /// Whether it may take the page's whole width; a chart of one column otherwise.
    pub wide: bool,
}

/// The figures of a report, in the order in which they were drawn.
#[derive(Debug, Default)]
pub struct Figures {
    drawn: RefCell<Vec<Figure>>,
}

impl Figures {
    /// Shows a chart; nothing if it has nothing to show.
    pub fn chart(&self, name: &str, heading: &str, chart: &dyn Chart, caption: &str) -> Markup {
        self.chart_with(name, heading, chart, caption, chart.sheet())
    }

    /// The same with numbers of the caller's, where those of the run say more than those of the chart.
    pub fn chart_with(
        &self,
        name: &str,
        heading: &str,
        chart: &dyn Chart,
        caption: &str,
        data: Sheet,
    ) -> Markup {
        let Some(drawing) = chart.drawing() else { return html! {} };
        self.show(Figure {
            name: name.to_owned(),
            heading: heading.to_owned(),
            caption: caption.to_owned(),
            drawing,
            data,
            shown: None,
            wide: false,
        })
    }

    /// Shows a figure.
    pub fn show(&self, figure: Figure) -> Markup {
        debug_assert!(is_name(&figure.name), "{:?} is no name of a figure", figure.name);
        debug_assert!(
            self.drawn.borrow().iter().all(|f| f.name != figure.name),
            "two figures are called {}",
            figure.name
        );
        let markup = html! {
            figure.plot.broad[figure.wide] id=(figure.name) {
                h3 { (figure.heading) }
                @match &figure.shown {
                    Some(shown) => div.shown { (shown) },
                    None => (figure.drawing.inline()),
                }
                figcaption {
                    @if !figure.caption.is_empty() { (figure.caption) " " }
                    span.files {
                        @for (i, ending) in ["svg", "csv"].into_iter().enumerate() {
                            @if i > 0 { " " }
                            a href={ "figures/" (figure.name) "." (ending) }
                                aria-label={ (figure.heading) ", as " (ending.to_uppercase()) } { (ending.to_uppercase()) }
                        }
                    }
                }
            }
        };
        self.drawn.borrow_mut().push(figure);
        markup
    }

    /// All that were shown.
    pub fn into_all(self) -> Vec<Figure> {
        self.drawn.into_inner()
    }
}

/// Whether a figure's files may be called that, on every system.
pub fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(fits)
}
