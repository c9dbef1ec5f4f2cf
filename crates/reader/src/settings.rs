//! What a study asks of its readers, fixed when it is made.

use record::Phi;
use serde::{Deserialize, Serialize};

/// The version of the study's file. Of version 1 there was no secret: its orders come from seed, names and counts alone.
pub const SCHEMA: u32 = 2;
/// The oldest version that is still read.
pub const OLDEST: u32 = 1;
/// Longest comment, in characters.
pub const MOST_COMMENT: usize = 2000;
/// Most readers: each has every tile in an order of their own in the file.
pub const MOST_READERS: usize = 1000;
/// Most classes: there is one digit key for each.
pub const MOST_CLASSES: usize = 9;

/// Everything about a study but its tiles, readers and votes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The version of the file's form.
    pub schema: u32,
    /// The program that made it.
    pub tool: String,
    /// The study's name, which readers see.
    pub name: String,
    /// The run folder that it was drawn from.
    pub run: String,
    /// Selectivity of the translator.
    pub phi: Phi,
    /// The seed of the draw.
    pub seed: u64,
    /// Class X.
    pub source_class: String,
    /// The classes, in the order of their keys.
    pub classes: Vec<String>,
    /// Side of every tile in pixels.
    pub tile_pixels: usize,
    /// Size of a pixel, if known: then there is a scale bar.
    pub micrometers_per_pixel: Option<f64>,
    /// What readers are asked.
    pub question: String,
    /// What they read before they begin; may be empty.
    pub instructions: String,
    /// What is asked besides the class.
    pub ask: Ask,
    /// Tiles between reminders of a break; 0 for none.
    pub break_every: usize,
    /// Tiles that each reader sees twice.
    pub repeats: usize,
    /// Whether only translations that keep their label by the scorer were drawn.
    pub kept_only: bool,
    /// Whether all tiles were made alike in sharpness and JPEG residue.
    #[serde(default)]
    pub equalised: bool,
    /// What the translations were that it was drawn from ([`record::Done::outputs_digest`]); unknown of older studies.
    #[serde(default)]
    pub translations: Option<String>,
    /// What was left out of the draw, for people to read.
    pub notes: Vec<String>,
}

/// Questions besides the class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Whether the tile is real or generated.
    pub real_or_generated: bool,
    /// How sure the reader is, 1 to 5.
    pub confidence: bool,
    /// A comment.
    pub comment: bool,
}
