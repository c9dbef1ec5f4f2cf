//! Whether readers can tell generated tiles from real ones.

use crate::binomial::Share;
use crate::fisher::fisher_exact;

/// What readers said of tiles, against what these were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdicts {
    /// Generated tiles said to be generated.
    pub hits: u32,
    /// Generated tiles said to be real.
    pub misses: u32,
    /// Real tiles said to be generated.
    pub false_alarms: u32,
    /// Real tiles said to be real.
    pub correct_rejections: u32,
}

impl Verdicts {
    /// Counts verdicts, one entry a verdict in both slices. `None` if their lengths differ.
    pub fn count(said_generated: &[bool], is_generated: &[bool]) -> Option<Self> {
        if said_generated.len() != is_generated.len() {
            return None;
        }
        let mut verdicts = Self::default();
        for pair in said_generated.iter().zip(is_generated) {
            let cell = match pair {
                (true, true) => &mut verdicts.hits,
                (false, true) => &mut verdicts.misses,
                (true, false) => &mut verdicts.false_alarms,
                (false, false) => &mut verdicts.correct_rejections,
            };
            *cell = cell.saturating_add(1);
        }
        Some(verdicts)
    }
}

/// How well generated tiles were told from real ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Share of the generated tiles that were said to be generated. `None` if there were none.
    pub sensitivity: Option<Share>,
    /// Share of the real tiles that were said to be real. `None` if there were none.
    pub specificity: Option<Share>,
    /// Fisher's exact two-sided p-value, 0 to 1, of what was said being independent of what the tiles were.
    pub p_value: f64,
}

/// Sensitivity and specificity with Clopper–Pearson intervals at `level` (such as 0.95), and Fisher's exact test of
/// the table said generated × is generated.
///
/// All three take verdicts to be independent. Where several readers judged one tile, or tiles share slides, the
/// intervals are too narrow and [`crate::cluster_bootstrap`] is to be preferred.
///
/// `None` if `level` is not between 0 and 1, or there are more than `u32::MAX` tiles of a kind.
pub fn detection(verdicts: Verdicts, level: f64) -> Option<Detection> {
    if !(level > 0.0 && level < 1.0) {
        return None;
    }
    let Verdicts { hits, misses, false_alarms, correct_rejections } = verdicts;
    Some(Detection {
        sensitivity: Share::new(hits, hits.checked_add(misses)?, level),
        specificity: Share::new(correct_rejections, false_alarms.checked_add(correct_rejections)?, level),
        p_value: fisher_exact([[hits, false_alarms], [misses, correct_rejections]]),
    })
}
