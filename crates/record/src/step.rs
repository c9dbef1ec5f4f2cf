//! The names of a study's steps, which are also their folders below `steps/`.

use crate::phi_name;

/// Trains the scorer on all train tiles.
pub const SCORER: &str = "scorer";
/// Confidences of the train tiles of the source class.
pub const SCORE: &str = "score";
/// The mixed-example baseline.
pub const NAIVE: &str = "naive";
/// Trains the severity probe (synthetic tissue only).
pub const PROBE: &str = "probe";
/// Gathers everything into `results.json`.
pub const EVALUATE: &str = "evaluate";
/// The training set without additions, as `results.json` names it.
pub const SET_ORIGINAL: &str = "original";
/// The training set with the mixed-example baseline added, as `results.json` names it.
pub const SET_NAIVE: &str = "naive";

/// Trains the scorer that never saw the slides of fold `k` (from 0): `fold-0`.
pub fn fold(k: usize) -> String {
    format!("fold-{k}")
}

/// Picks easy and hard tiles at a selectivity: `select-phi-25`.
pub fn select(phi: f64) -> String {
    format!("select-phi-{}", phi_name(phi))
}

/// Trains the translator of a selectivity: `translator-phi-25`.
pub fn translator(phi: f64) -> String {
    format!("translator-phi-{}", phi_name(phi))
}

/// Translates the easy tiles and filters them: `translate-phi-25`.
pub fn translate(phi: f64) -> String {
    format!("translate-phi-{}", phi_name(phi))
}

/// Trains one classifier on a training set (`original`, `naive` or `phi=25`) with one seed: `retrain-phi-25-seed-0`.
pub fn retrain(set: &str, seed: u64) -> String {
    format!("retrain-{}-seed-{seed}", set.replace('=', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_contract() {
        assert_eq!(fold(0), "fold-0");
        assert_eq!(select(25.0), "select-phi-25");
        assert_eq!(translator(12.5), "translator-phi-12.5");
        assert_eq!(translate(6.25), "translate-phi-6.25");
        assert_eq!(retrain(SET_ORIGINAL, 0), "retrain-original-seed-0");
        assert_eq!(retrain(&crate::set_name_phi(25.0), 3), "retrain-phi-25-seed-3");
        assert_eq!(retrain("phi-25", 3), "retrain-phi-25-seed-3");
    }
}
