//! Charts as inline SVG, coloured by the page's style sheet so that light and dark both read well.
//!
//! Each chart is about as wide as a phone and scales up to its column; several stand side by side on a wide screen.
//! Every chart has a title and a description for those who do not see it, and tells its series apart by shape or
//! dash as well as by colour.

mod axis;
mod dots;
mod drawing;
mod forest;
mod histogram;
mod lines;
mod log_log;
mod paint;
mod plate;
mod reliability;
mod roc;
mod scatter;

pub use axis::nice_range;
pub use dots::{DotRow, Dots};
pub use drawing::{Chart, Drawing, Key, wrapped};
pub use forest::{Forest, ForestGroup, ForestRow};
pub use histogram::{Histogram, Sample};
pub use lines::{Line, Lines, Marker};
pub use log_log::{LogLine, LogLog};
pub use plate::{Plate, PlateRow, PlateTile, picture};
pub use reliability::{Reliability, ReliabilityBin};
pub use roc::{Roc, RocCurve};
pub use scatter::{Cloud, Scatter};

use drawing::px;
use maud::{Markup, html};

/// A colour of the palette by its meaning; the style sheet holds a light and a dark shade of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hue {
    /// Source tiles, high agreement.
    Blue,
    /// Generated tiles, low agreement.
    Orange,
    /// Reconstructions.
    Green,
    /// Real hard tiles.
    Purple,
    /// The baseline.
    Grey,
    /// One more.
    Gold,
}

impl Hue {
    /// The style sheet's class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Blue => "c-blue",
            Self::Orange => "c-orange",
            Self::Green => "c-green",
            Self::Purple => "c-purple",
            Self::Grey => "c-grey",
            Self::Gold => "c-gold",
        }
    }
}

/// Width of every chart in its own units (about CSS pixels).
const WIDTH: f64 = 390.0;

/// One mark of a legend or a row: each colour has its own shape.
fn mark(hue: Hue, x: f64, y: f64, size: f64) -> Markup {
    let (left, right, top, low) = (px(x - size), px(x + size), px(y - size), px(y + size));
    let (x, y) = (px(x), px(y));
    html! {
        @match hue {
            Hue::Blue => circle.mark.(hue.class()) cx=(x) cy=(y) r=(px(size)) {},
            Hue::Orange => path.mark.(hue.class()) d={ "M" (left) " " (top) "H" (right) "V" (low) "H" (left) "Z" } {},
            Hue::Green => path.mark.(hue.class()) d={ "M" (x) " " (top) "L" (right) " " (low) "H" (left) "Z" } {},
            Hue::Purple => path.mark.(hue.class())
                d={ "M" (x) " " (top) "L" (right) " " (y) "L" (x) " " (low) "L" (left) " " (y) "Z" } {},
            Hue::Grey => circle.mark.hollow.(hue.class()) cx=(x) cy=(y) r=(px(size - 0.5)) {},
            Hue::Gold => path.mark.(hue.class()) d={ "M" (left) " " (top) "H" (right) "L" (x) " " (low) "Z" } {},
        }
    }
}
