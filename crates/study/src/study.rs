//! A study that can be run: settings, tiles, and where it runs.

use burn::tensor::Device;
use record::{Phi, RunFolder, Target, TrainingSet};

use crate::config::StudyConfig;
use crate::data::Data;

/// Everything that steps share. Nothing in it changes once it is made.
pub struct Study {
    /// The resolved settings (tile size, classes and source class filled in from the data).
    pub config: StudyConfig,
    /// The tiles and who is who among them.
    pub data: Data,
    /// The run folder.
    pub run: RunFolder,
    /// Where training runs; autodiff is added by the loops.
    pub device: Device,
}

impl Study {
    /// The selectivity that stands for the study where one must do ([`Phi::reference`]); settings without any are refused before there is
    /// a study.
    pub fn reference_phi(&self) -> Phi {
        Phi::reference(&self.config.phi).unwrap_or(Phi::new(f64::NAN))
    }

    /// The selectivity whose ranking such translations are made by; of the dial's any would do, since the easy half is the same at each.
    pub fn phi_of(&self, target: Target) -> Phi {
        match target {
            Target::Phi(phi) => phi,
            Target::Dial(_) => self.reference_phi(),
        }
    }

    /// A class as steps tell it that are of class X where none is named.
    pub fn other_class(&self, class: usize) -> Option<usize> {
        (class != self.data.x).then_some(class)
    }

    /// What classifiers are retrained on: the rows of Table 3, in their order.
    pub fn training_sets(&self) -> Vec<TrainingSet> {
        if !self.config.training_set.is_empty() {
            // Names that are none are refused with the settings.
            let named = self.config.training_set.iter().filter_map(|recipe| recipe.name.parse().ok());
            return [TrainingSet::Original].into_iter().chain(named).collect();
        }
        let naive = self.config.naive.then_some(TrainingSet::Naive);
        let translated = self.config.phi.iter().copied().map(TrainingSet::Phi);
        [TrainingSet::Original].into_iter().chain(naive).chain(translated).collect()
    }

    /// Of how many seeds, from the first on, every row's network is shown disturbed tiles; 0 unless the settings ask for it.
    pub fn disturbed_seeds(&self) -> u64 {
        const MOST: u64 = 3;
        if self.config.robustness == Some(true) { MOST.min(self.config.seeds as u64) } else { 0 }
    }

    /// The side of its tiles, in pixels.
    pub fn px(&self) -> usize {
        self.data.tiles.size
    }

    /// How many easy tiles there are and how many hard ones at `phi`.
    pub fn easy_and_hard(&self, phi: Phi) -> (usize, usize) {
        phi.easy_and_hard(self.data.train_of_x.len())
    }
}

/// The program's name and version, as written into every result.
pub fn tool() -> String {
    format!("grayzone {}", env!("CARGO_PKG_VERSION"))
}
