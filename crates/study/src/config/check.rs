//! Refuses settings out of range, before the data are read.

use nets::Discriminator;
use record::Phi;
use tissue::MOST_TEST_FOLDS;

use super::settings::StudyConfig;
use crate::error::SettingsFault;

/// The most seeds a row may have.
const MOST_SEEDS: usize = 1000;
/// The side of the largest tile, in pixels.
const MOST_TILE: usize = 4096;

impl StudyConfig {
    /// Every value that is out of range, as far as it can be told without the data.
    pub fn faults(&self) -> Vec<SettingsFault> {
        let mut faults = Vec::new();
        let mut need = |ok: bool, key: &str, what: String, why: &str, hint: &str| {
            if !ok {
                let (why, hint) = (why.to_owned(), hint.to_owned());
                faults.push(SettingsFault { key: key.into(), line: None, what, why, hint });
            }
        };
        let plain = |name: &str| {
            !name.is_empty()
                && !name.starts_with('.')
                && !name.contains(['/', '\\', '\0'])
                && !name.chars().any(char::is_control)
        };
        need(
            plain(&self.name) && self.name.len() <= 100,
            "name",
            format!("name = {:?} cannot be used", self.name),
            "it names the output folder",
            "use letters, digits and dashes, at most 100 of them",
        );
        need(
            !self.phi.is_empty(),
            "phi",
            "phi is empty".into(),
            "without a selectivity there is nothing to translate",
            "write phi = [25]",
        );
        for phi in &self.phi {
            need(
                *phi > Phi::new(0.0) && *phi <= Phi::new(50.0),
                "phi",
                format!("phi = {phi} is out of range"),
                "hard tiles are the lowest phi percent, easy ones the top half, and they must not overlap",
                "choose values above 0 and up to 50, such as phi = [50, 25, 12.5]",
            );
        }
        let mut sorted = self.phi.clone();
        sorted.sort();
        need(
            sorted.windows(2).all(|w| w[0] != w[1]),
            "phi",
            "phi names a value twice".into(),
            "each selectivity is one row of the table",
            "name each value once",
        );
        need(
            (2..=20).contains(&self.folds),
            "folds",
            format!("folds = {} is out of range", self.folds),
            "out-of-fold scorers need at least two folds",
            "choose 2 to 20",
        );
        need(
            self.test_folds == 0 || (2..=MOST_TEST_FOLDS).contains(&self.test_folds),
            "test_folds",
            format!("test_folds = {} is out of range", self.test_folds),
            "a cross-validation needs at least two folds, and each is trained and tested like a study of its own",
            &format!("choose 2 to {MOST_TEST_FOLDS}, such as 5, or leave it out for one test part"),
        );
        need(
            self.test_fold <= self.test_folds,
            "test_fold",
            format!("test_fold = {} is out of range", self.test_fold),
            &match self.test_folds {
                0 => "it is one of `test_folds`, of which there are none".to_owned(),
                folds => format!("there are {folds} test folds, counted from 1"),
            },
            "leave it out to run all folds, or name one of them beside test_folds",
        );
        need(
            (0.0..=0.5).contains(&self.validation),
            "validation",
            format!("validation = {} is out of range", self.validation),
            "it is the share of train slides set aside",
            "choose 0 to 0.5, such as 0.15",
        );
        need(
            (1..=MOST_SEEDS).contains(&self.seeds),
            "seeds",
            format!("seeds = {} is out of range", self.seeds),
            "each row is retrained at least once, and each time takes as long as the first",
            &format!("choose 1 to {MOST_SEEDS}; the paper has 20"),
        );
        need(
            self.seed <= train::MOST_SEED,
            "seed",
            format!("seed = {} is out of range", self.seed),
            "a TOML file cannot hold so large a number",
            "choose a smaller one, such as 0",
        );
        let least = Discriminator::MIN_TILE;
        need(
            self.tile_size == 0 || (least..=MOST_TILE).contains(&self.tile_size),
            "tile_size",
            format!("tile_size = {} is out of range", self.tile_size),
            &format!(
                "a translator's discriminator needs at least {least} pixels, and a tile is no whole slide"
            ),
            &format!("choose {least} to {MOST_TILE}"),
        );
        need(
            self.bits == 0 || (8..=16).contains(&self.bits),
            "bits",
            format!("bits = {} is out of range", self.bits),
            "it is how many of their bits 16-bit tiles use",
            "choose 8 to 16, such as 12 for a camera of 12 bits, or leave it out",
        );
        need(
            self.high_agreement > 0.0 && self.high_agreement <= 1.0,
            "high_agreement",
            format!("high_agreement = {} is out of range", self.high_agreement),
            "it is the share of a tile's annotators from which their agreement counts as high",
            "choose a share above 0 and up to 1, such as 0.8, or leave it out for all of them",
        );
        let trainings = [("scorer", self.scorer.faults()), ("classifier", self.classifier.faults())];
        for (table, wrong) in trainings.into_iter().chain([("translator", self.translator.faults())]) {
            for fault in wrong {
                let what = format!("[{table}] {} = {} is out of range", fault.key, fault.value);
                need(false, &format!("{table}.{}", fault.key), what, fault.why, fault.hint);
            }
        }
        faults.extend(self.faults_of_recipes());
        faults
    }
}
