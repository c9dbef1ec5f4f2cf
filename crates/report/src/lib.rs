//! The report: one HTML file, drawn from the run folder alone, that opens without a network.
//!
//! [`write()`] reads what is there (`load`), says in plain words what it amounts to (`verdict`), and lays out one section
//! a topic (`section`) with charts as inline SVG (`chart`), tiles as embedded images (`tiles`), and all translations in a gallery
//! (`gallery`). Each figure is also written as a picture of its own with its numbers (`figure`, `sheet`), to `RUN/figures/`. What a
//! run does not have (no votes, no severity, steps still to come) leaves its section out, with a line saying why.
//!
//! [`comparison_page`] lays out several runs side by side, from what the crate `compare` found.
//!
//! [`LogLog`] draws a chart in the same style as a picture of its own, for documents.
//!
//! Nothing is computed here that a study should have computed: only means and differences of numbers already on file.
//!
//! A report needs no finished run: what is there is drawn, and the rest left out.
//!
//! ```
//! # fn main() -> Result<(), report::ReportError> {
//! # let folder = tempfile::tempdir().expect("a folder");
//! let run = record::RunFolder::new(folder.path());
//! # files::write_atomic(&run.study_toml(), b"name = \"polyps\"\nphi = [25.0]\n")?;
//! if let Some(warning) = report::write(&run)? {
//!     eprintln!("{warning}");
//! }
//! let page = files::read_utf8(&run.report_html())?;
//! assert!(page.contains("polyps") && !page.contains("https://"));
//! # Ok(())
//! # }
//! ```

mod advice;
mod chart;
mod claim;
mod comparison;
mod error;
mod figure;
mod gallery;
mod load;
mod page;
mod recipe;
mod saliency;
mod section;
mod sheet;
mod spread;
mod text;
mod tiles;
mod verdict;

pub use advice::{Advice, Outcome, advice};
pub use chart::{Hue, LogLine, LogLog};
pub use claim::{Claim, Reach, claim, claim_of};
pub use comparison::{between_claim, comparison_page, own_claim};
pub use error::ReportError;
pub use page::write;
