//! Refuses settings out of range, before the data are read.

use nets::Discriminator;

use crate::StudyError;
use crate::config::{MOST_SEEDS, StudyConfig};

impl StudyConfig {
    /// Checks every value that can be checked without the data; `file` is named in the error.
    ///
    /// # Errors
    /// [`StudyError::Config`] for the first value out of range.
    pub fn check(&self, file: &str) -> Result<(), StudyError> {
        self.check_at(file, &|_| None)
    }

    /// As [`StudyConfig::check`]; `line_of` tells the line of a key (`phi`, `scorer.epochs`), if the file has it.
    pub(crate) fn check_at(
        &self,
        file: &str,
        line_of: &dyn Fn(&str) -> Option<usize>,
    ) -> Result<(), StudyError> {
        let mut faults: Vec<(String, String, String)> = Vec::new();
        let mut need = |ok: bool, what: String, why: &str, hint: &str| {
            if !ok {
                faults.push((what, why.into(), hint.into()));
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
            format!("name = {:?} cannot be used", self.name),
            "it names the output folder",
            "use letters, digits and dashes, at most 100 of them",
        );
        need(
            !self.phi.is_empty(),
            "phi is empty".into(),
            "without a selectivity there is nothing to translate",
            "write phi = [25]",
        );
        for phi in &self.phi {
            need(
                phi.percent() > 0.0 && phi.percent() <= 50.0,
                format!("phi = {phi} is out of range"),
                "hard tiles are the lowest phi percent, easy ones the top half, and they must not overlap",
                "choose values above 0 and up to 50, such as phi = [50, 25, 12.5]",
            );
        }
        let mut sorted = self.phi.clone();
        sorted.sort_unstable();
        need(
            sorted.windows(2).all(|w| w[0] != w[1]),
            "phi names a value twice".into(),
            "each selectivity is one row of the table",
            "name each value once",
        );
        need(
            (2..=20).contains(&self.folds),
            format!("folds = {} is out of range", self.folds),
            "out-of-fold scorers need at least two folds",
            "choose 2 to 20",
        );
        need(
            (0.0..=0.5).contains(&self.validation),
            format!("validation = {} is out of range", self.validation),
            "it is the share of train slides set aside",
            "choose 0 to 0.5, such as 0.15",
        );
        need(
            (1..=MOST_SEEDS).contains(&self.seeds),
            format!("seeds = {} is out of range", self.seeds),
            "each row is retrained at least once, and each time takes as long as the first",
            "choose 1 to 1000; the paper has 20",
        );
        need(
            self.seed <= train::MOST_SEED,
            format!("seed = {} is out of range", self.seed),
            "a TOML file cannot hold so large a number",
            "choose a smaller one, such as 0",
        );
        need(
            self.tile_size == 0 || (Discriminator::MIN_TILE..=4096).contains(&self.tile_size),
            format!("tile_size = {} is out of range", self.tile_size),
            "a translator's discriminator needs at least 24 pixels, and a tile is no whole slide",
            "choose 24 to 4096",
        );
        need(
            self.bits == 0 || (8..=16).contains(&self.bits),
            format!("bits = {} is out of range", self.bits),
            "it is how many of their bits 16-bit tiles use",
            "choose 8 to 16, such as 12 for a camera of 12 bits, or leave it out",
        );
        let trainings = [("scorer", self.scorer.faults()), ("classifier", self.classifier.faults())];
        for (table, wrong) in trainings.into_iter().chain([("translator", self.translator.faults())]) {
            for fault in wrong {
                let what = format!("[{table}] {} = {} is out of range", fault.key, fault.value);
                need(false, what, fault.why, fault.hint);
            }
        }
        match faults.into_iter().next() {
            None => Ok(()),
            Some((what, why, hint)) => {
                Err(StudyError::Config { line: line_of(&key_in(&what)), what, file: file.into(), why, hint })
            }
        }
    }
}

/// The key that a fault begins with: "phi = 80 …", "[scorer] epochs = 0 …".
fn key_in(what: &str) -> String {
    let mut words = what.split(' ');
    let first = words.next().unwrap_or_default();
    match first.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        Some(table) => format!("{table}.{}", words.next().unwrap_or_default()),
        None => first.to_owned(),
    }
}
