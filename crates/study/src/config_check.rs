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
                *phi > 0.0 && *phi <= 50.0,
                format!("phi = {phi} is out of range"),
                "hard tiles are the lowest phi percent, easy ones the top half, and they must not overlap",
                "choose values above 0 and up to 50, such as phi = [50, 25, 12.5]",
            );
        }
        let mut sorted = self.phi.clone();
        sorted.sort_by(f64::total_cmp);
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
            i64::try_from(self.seed).is_ok(),
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
        for (table, c) in [("scorer", &self.scorer), ("classifier", &self.classifier)] {
            need(
                c.epochs >= 1 && c.epochs <= 10_000,
                format!("[{table}] epochs = {} is out of range", c.epochs),
                "at least one pass is needed, and time has an end",
                "choose 1 to 10000; the paper has 25 and 50",
            );
            need(
                (1..=512).contains(&c.width),
                format!("[{table}] width = {} is out of range", c.width),
                "it is the number of channels of the first stage",
                "choose 8 to 64",
            );
            need(
                (2..=4096).contains(&c.batch),
                format!("[{table}] batch = {} is out of range", c.batch),
                "batch statistics need at least two tiles",
                "choose 2 or more; the authors used 16",
            );
            need(
                c.lr > 0.0 && c.lr.is_finite(),
                format!("[{table}] lr = {} is out of range", c.lr),
                "a learning rate is positive",
                "the paper uses 1e-3",
            );
            need(
                c.lr_decay > 0.0 && c.lr_decay <= 1.0,
                format!("[{table}] lr_decay = {} is out of range", c.lr_decay),
                "it multiplies the learning rate each epoch",
                "the paper uses 0.91",
            );
            need(
                c.weight_decay >= 0.0 && c.weight_decay.is_finite(),
                format!("[{table}] weight_decay = {} is out of range", c.weight_decay),
                "it is an L2 penalty",
                "the paper uses 1e-4",
            );
        }
        let t = &self.translator;
        need(
            t.epochs >= 1 && t.epochs <= 100_000,
            format!("[translator] epochs = {} is out of range", t.epochs),
            "at least one pass is needed, and time has an end",
            "choose 1 to 100000; the authors used 200",
        );
        let steps = t.steps.unwrap_or(1);
        need(
            (1..=1_000_000_000).contains(&steps),
            format!("[translator] steps = {steps} is out of range"),
            "at least one step is needed, and time has an end",
            "choose 1 to 1000000000, or leave it out to train by epochs",
        );
        need(
            (1..=512).contains(&t.width),
            format!("[translator] width = {} is out of range", t.width),
            "it is the number of channels of the first layer",
            "choose 8 to 64",
        );
        need(
            t.blocks <= 64,
            format!("[translator] blocks = {} is out of range", t.blocks),
            "it is the number of residual blocks",
            "the authors used 9",
        );
        need(
            t.lr > 0.0 && t.lr.is_finite(),
            format!("[translator] lr = {} is out of range", t.lr),
            "a learning rate is positive",
            "the authors used 2e-4",
        );
        need(
            t.identity >= 0.0 && t.identity.is_finite(),
            format!("[translator] identity = {} is out of range", t.identity),
            "it weighs the identity loss",
            "0 leaves it out, as the authors did",
        );
        match faults.into_iter().next() {
            None => Ok(()),
            Some((what, why, hint)) => {
                Err(StudyError::Config { what, file: file.into(), line: None, why, hint })
            }
        }
    }
}
