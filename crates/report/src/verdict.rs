//! What the numbers amount to. The rules are few and are printed in the report beside what they yield.

use crate::load::{PhiRun, Run};
use record::thresholds::{RECOVERED, SMALLEST_DROP};
use record::{EpochChoice, JudgeName, Phi, Results, RowComparison, Stain, Stratum, TileSet};

/// Whether the translation is shown (METHOD.md, step 10: source ≈ reconstruction > generated).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Clear drop, and most of it undone by translating back.
    Yes,
    /// Clear drop, undone only in part.
    Partly,
    /// Clear drop, but translating back does not undo it: the generator's artefacts explain it as well.
    Artefact,
    /// No clear drop.
    NoDrop,
}

/// One translator as the held-out judge sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Translation {
    pub phi: Phi,
    /// Mean confidences.
    pub source: f64,
    pub generated: f64,
    pub reconstructed: f64,
    /// Standard error of the mean drop from source to generated; over pairs where the tiles are on file.
    pub drop_se: Option<f64>,
    pub shown: Shown,
}

impl Translation {
    /// Judges one selectivity; `None` if the held-out judge's numbers are missing.
    pub fn of(run: &Run, phi: Phi) -> Option<Self> {
        let tiles = run.phis.iter().find(|p| p.phi == phi);
        tiles.and_then(Self::from_tiles).or_else(|| Self::from_means(run.results.as_ref()?, phi))
    }

    fn from_tiles(phi: &PhiRun) -> Option<Self> {
        let column =
            |pick: fn(&record::TranslationRow) -> f64| phi.tiles.iter().map(pick).collect::<Vec<f64>>();
        let drops = column(|t| t.held_out_source - t.held_out_generated);
        Some(Self::judge(
            phi.phi,
            stats::mean(&column(|t| t.held_out_source))?,
            stats::mean(&column(|t| t.held_out_generated))?,
            stats::mean(&column(|t| t.held_out_reconstructed))?,
            stats::standard_error(&drops),
        ))
    }

    fn from_means(results: &Results, phi: Phi) -> Option<Self> {
        let of =
            |set| results.confidence_shift.iter().find(|c| c.judge == JudgeName::HeldOut && c.set == set);
        let (source, generated) = (of(TileSet::Source)?, of(TileSet::Generated(phi))?);
        let reconstructed = of(TileSet::Reconstructed(phi))?;
        let variance = |c: &record::ConfidenceShift| Some(c.sd?.powi(2) / (c.n as f64).max(1.0));
        let se = variance(source).zip(variance(generated)).map(|(a, b)| (a + b).sqrt());
        Some(Self::judge(phi, source.mean?, generated.mean?, reconstructed.mean?, se))
    }

    fn judge(phi: Phi, source: f64, generated: f64, reconstructed: f64, drop_se: Option<f64>) -> Self {
        let drop = source - generated;
        let clear = drop > SMALLEST_DROP.max(2.0 * drop_se.unwrap_or(0.0));
        let recovered = 1.0 - (source - reconstructed).abs() / drop;
        let shown = match recovered {
            _ if !clear => Shown::NoDrop,
            r if r >= RECOVERED => Shown::Yes,
            r if r >= 1.0 - RECOVERED => Shown::Partly,
            _ => Shown::Artefact,
        };
        Self { phi, source, generated, reconstructed, drop_se, shown }
    }
}

/// The choice of epochs that a comparison is told by where one must do: the one chosen on validation tiles, else the last. Never the
/// five best, which are picked on the test tiles.
pub fn told_by(results: &Results) -> EpochChoice {
    let compared =
        results.comparisons.iter().any(|c| c.epoch == EpochChoice::Validation && c.difference.is_some());
    if compared || (results.comparisons.is_empty() && results.table3.iter().any(|row| row.auc_val.is_some()))
    {
        EpochChoice::Validation
    } else {
        EpochChoice::Last
    }
}

/// The comparisons of one column of Table 3, in the order of its rows.
pub fn compared(results: &Results, stratum: Stratum, epoch: EpochChoice) -> Vec<&RowComparison> {
    results.comparisons.iter().filter(|c| c.stratum == stratum && c.epoch == epoch).collect()
}

/// How far a translator moved the stain, beside how far the real hard tiles are from the easy ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// Change of optical density from source to generated, relative to the source.
    pub density: f64,
    /// The same from source to real hard tiles.
    pub density_hard: f64,
    /// Change of hue in degrees, −180 to 180.
    pub hue: f64,
    pub hue_hard: f64,
}

/// Changes of stain below these are called small: a tenth of the optical density, ten degrees of hue.
pub const SMALL_DENSITY: f64 = 0.10;
/// See [`SMALL_DENSITY`].
pub const SMALL_HUE: f64 = 10.0;

impl Drift {
    /// `None` if source or generated tiles were not measured.
    pub fn of(stain: &[Stain], phi: Phi) -> Option<Self> {
        let of = |set| stain.iter().find(|s| s.set == set);
        let (source, generated) = (of(TileSet::Source)?, of(TileSet::Generated(phi))?);
        let hard = of(TileSet::Hard(phi));
        let density =
            |to: &Stain| Some(to.optical_density? / source.optical_density.filter(|d| *d > 0.0)? - 1.0);
        let hue = |to: &Stain| Some((to.hue? - source.hue? + 180.0).rem_euclid(360.0) - 180.0);
        Some(Self {
            density: density(generated)?,
            density_hard: hard.and_then(density).unwrap_or(0.0),
            hue: hue(generated)?,
            hue_hard: hard.and_then(hue).unwrap_or(0.0),
        })
    }

    /// Whether the stain moved much, and not to where the real hard tiles are.
    pub fn is_large(&self) -> bool {
        let beyond =
            |moved: f64, hard: f64, small: f64| moved.abs() > small && (moved - hard).abs() > small / 2.0;
        beyond(self.density, self.density_hard, SMALL_DENSITY) || beyond(self.hue, self.hue_hard, SMALL_HUE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: f64, generated: f64, reconstructed: f64, se: Option<f64>) -> Shown {
        Translation::judge(Phi::new(25.0), source, generated, reconstructed, se).shown
    }

    #[test]
    fn a_translation_is_shown_only_if_translating_back_undoes_it() {
        assert_eq!(shown(0.93, 0.70, 0.90, Some(0.02)), Shown::Yes);
        assert_eq!(shown(0.93, 0.70, 0.82, Some(0.02)), Shown::Partly);
        assert_eq!(shown(0.93, 0.70, 0.71, Some(0.02)), Shown::Artefact);
        assert_eq!(shown(0.93, 0.92, 0.93, Some(0.001)), Shown::NoDrop, "too small to matter");
        assert_eq!(shown(0.93, 0.85, 0.93, Some(0.06)), Shown::NoDrop, "within the noise");
        assert_eq!(shown(0.70, 0.93, 0.70, None), Shown::NoDrop, "it rose");
    }

    #[test]
    fn drift_goes_round_the_circle_of_hues_and_forgives_what_hard_tiles_have() {
        let stain = |set, density, hue| Stain {
            set,
            optical_density: Some(density),
            hue: Some(hue),
            saturation: None,
            n: 9,
        };
        let phi = Phi::new(25.0);
        let mut all = vec![stain(TileSet::Source, 0.4, 355.0), stain(TileSet::Generated(phi), 0.41, 7.0)];
        let drift = Drift::of(&all, phi).unwrap();
        assert!((drift.hue - 12.0).abs() < 1e-9 && drift.is_large(), "{drift:?}");
        all.push(stain(TileSet::Hard(phi), 0.41, 6.0));
        assert!(!Drift::of(&all, phi).unwrap().is_large(), "the hard tiles have that hue");
        assert!(Drift::of(&all, Phi::new(50.0)).is_none());
    }
}
