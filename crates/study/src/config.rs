//! STUDY.toml: what a user may write, and the resolved settings with every default spelled out.

use std::path::{Path, PathBuf};

use nets::Discriminator;
use serde::{Deserialize, Serialize};
use train::{Balance, ClassifierConfig, TranslatorConfig};

use crate::StudyError;

/// The fewest hard tiles a translator may be trained on.
pub const FEWEST_HARD: usize = 20;
/// The most seeds a row may have.
const MOST_SEEDS: usize = 1000;
/// The fewest hard tiles the paper found enough (section 3.1).
pub const ENOUGH_HARD: usize = 100;

/// Bundles of defaults; see [`StudyConfig::preset`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Small enough for five minutes on two cores, on synthetic tissue.
    Demo,
    /// A real data set overnight on a CPU.
    Laptop,
    /// The paper's numbers exactly.
    Paper,
}

/// Which confidences choose easy and hard tiles (METHOD.md, step 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scoring {
    /// By the scorer that was trained on the very tiles, as in the paper.
    InSample,
    /// By scorers that never saw the tile's slide.
    OutOfFold,
}

/// How pixel values are normalised before the classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalisation {
    /// Mean .7 .6 .7, deviation .15 .15 .15, as in the authors' code.
    Fixed,
    /// Measured on the training tiles.
    Auto,
}

/// What to do with tiles that do not have the study's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TileFit {
    /// Refuse them.
    Exact,
    /// Cut the middle out.
    CenterCrop,
    /// Scale them.
    Resize,
}

/// By what hard tiles are chosen. The paper leaves agreement to future work; there is room for it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SelectBy {
    /// By the scorer's confidence.
    Confidence,
}

/// The `[select]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// By what tiles are ranked.
    pub by: SelectBy,
}

/// A study with every default spelled out. It serialises to the run folder's `study.toml`, which can be run again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudyConfig {
    /// The study's name; the default output folder is `runs/NAME`.
    pub name: String,
    /// Where the defaults came from.
    pub preset: Preset,
    /// The data set: a folder or a CSV, absolute or relative to the current folder once resolved.
    pub data: PathBuf,
    /// Class X, translated to itself, harder. Empty until the data is known: then its largest class.
    pub source_class: String,
    /// The classes used, in output order; empty means all, sorted.
    pub classes: Vec<String>,
    /// Tile side in pixels; 0 means the tiles' own.
    pub tile_size: usize,
    /// What to do with tiles of another size.
    pub fit: TileFit,
    /// Selectivities in percent.
    pub phi: Vec<f64>,
    /// Which confidences choose easy and hard.
    pub scoring: Scoring,
    /// Folds of the out-of-fold scorers.
    pub folds: usize,
    /// The share of train slides kept for validation.
    pub validation: f64,
    /// Whether to run the naive mixed-example baseline.
    pub naive: bool,
    /// How pixel values are normalised.
    pub normalise: Normalisation,
    /// The seed of every random stream.
    pub seed: u64,
    /// How many seeds each row of Table 3 is retrained with.
    pub seeds: usize,
    /// How tiles are chosen.
    pub select: Select,
    /// The scorer.
    pub scorer: ClassifierConfig,
    /// The retrained classifiers.
    pub classifier: ClassifierConfig,
    /// The translators.
    pub translator: TranslatorConfig,
}

/// What a user may write: every key optional, unknown keys refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    preset: Option<Preset>,
    data: Option<PathBuf>,
    source_class: Option<String>,
    classes: Option<Vec<String>>,
    tile_size: Option<usize>,
    fit: Option<TileFit>,
    phi: Option<Vec<f64>>,
    scoring: Option<Scoring>,
    folds: Option<usize>,
    validation: Option<f64>,
    naive: Option<bool>,
    normalise: Option<Normalisation>,
    seed: Option<u64>,
    seeds: Option<usize>,
    select: Option<Select>,
    scorer: Option<WrittenClassifier>,
    classifier: Option<WrittenClassifier>,
    translator: Option<WrittenTranslator>,
    /// Written by a run into its `study.toml`; read back and ignored.
    #[serde(rename = "version")]
    _version: Option<String>,
    #[serde(rename = "data_hash")]
    _data_hash: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenClassifier {
    epochs: Option<usize>,
    width: Option<usize>,
    batch: Option<usize>,
    lr: Option<f64>,
    lr_decay: Option<f64>,
    weight_decay: Option<f64>,
    balance: Option<Balance>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTranslator {
    epochs: Option<usize>,
    steps: Option<u64>,
    width: Option<usize>,
    blocks: Option<usize>,
    lr: Option<f64>,
    identity: Option<f64>,
}

/// The keys outside any table.
const KEYS: [&str; 19] = [
    "name",
    "preset",
    "data",
    "source_class",
    "classes",
    "tile_size",
    "fit",
    "phi",
    "scoring",
    "folds",
    "validation",
    "naive",
    "normalise",
    "seed",
    "seeds",
    "select",
    "scorer",
    "classifier",
    "translator",
];

/// The keys of each table.
const TABLE_KEYS: [(&str, &[&str]); 4] = [
    ("select", &["by"]),
    ("scorer", &CLASSIFIER_KEYS),
    ("classifier", &CLASSIFIER_KEYS),
    ("translator", &["epochs", "steps", "width", "blocks", "lr", "identity"]),
];

const CLASSIFIER_KEYS: [&str; 7] = ["epochs", "width", "batch", "lr", "lr_decay", "weight_decay", "balance"];

impl StudyConfig {
    /// The defaults of a preset, without data (METHOD.md, hyper-parameters).
    pub fn preset(preset: Preset) -> Self {
        let classifier = |epochs, width| ClassifierConfig {
            epochs,
            width,
            batch: 16,
            lr: 1e-3,
            lr_decay: 0.91,
            weight_decay: 1e-4,
            balance: Balance::Off,
        };
        let translator = |epochs, steps, width, blocks| TranslatorConfig {
            epochs,
            steps,
            width,
            blocks,
            lr: 2e-4,
            identity: 0.0,
        };
        let paper = Self {
            name: "study".into(),
            preset,
            data: PathBuf::new(),
            source_class: String::new(),
            classes: Vec::new(),
            tile_size: 0,
            fit: TileFit::Exact,
            phi: vec![50.0, 25.0, 12.5],
            scoring: Scoring::InSample,
            folds: 5,
            validation: 0.0,
            naive: true,
            normalise: Normalisation::Fixed,
            seed: 0,
            seeds: 20,
            select: Select { by: SelectBy::Confidence },
            scorer: classifier(25, 64),
            classifier: classifier(50, 64),
            translator: translator(200, None, 64, 9),
        };
        match preset {
            Preset::Paper => paper,
            Preset::Laptop => Self {
                validation: 0.15,
                normalise: Normalisation::Auto,
                seeds: 5,
                scorer: classifier(25, 32),
                classifier: classifier(25, 32),
                translator: translator(60, Some(6_000), 32, 6),
                ..paper
            },
            Preset::Demo => Self {
                name: "demo".into(),
                phi: vec![25.0],
                folds: 2,
                validation: 0.15,
                normalise: Normalisation::Auto,
                seeds: 2,
                scorer: classifier(16, 16),
                classifier: classifier(10, 16),
                // A short training learns more from longer steps: of 2e-4, 6e-4 and 1e-3, the higher two gave the lower cycle loss.
                translator: TranslatorConfig { lr: 8e-4, ..translator(18, Some(5_000), 16, 3) },
                ..paper
            },
        }
    }

    /// Reads and resolves a STUDY.toml. Paths in it are relative to it.
    ///
    /// # Errors
    /// If the file cannot be read, is not TOML, has an unknown key (with a "did you mean") or a value out of range.
    pub fn load(path: &Path) -> Result<Self, StudyError> {
        let fail = |what: &str, line, why: String, hint: String| StudyError::Config {
            what: what.into(),
            file: path.display().to_string(),
            line,
            why,
            hint,
        };
        let text = std::fs::read_to_string(path).map_err(|e| {
            fail(
                "the study cannot be read",
                None,
                if e.kind() == std::io::ErrorKind::InvalidData {
                    "it is not text in UTF-8".into()
                } else {
                    record::io_reason(&e)
                },
                "give the path of a STUDY.toml; the README shows one".into(),
            )
        })?;
        let text = text.trim_start_matches('\u{feff}');
        let written: Written = toml::from_str(text).map_err(|e| {
            let line = e.span().map(|s| text[..s.start.min(text.len())].matches('\n').count() + 1);
            let message = e.message().to_string();
            match message.strip_prefix("unknown field `").and_then(|m| m.split_once('`')) {
                Some((key, rest)) => fail(
                    &format!("unknown key `{key}`"),
                    line,
                    "no such setting exists there".into(),
                    did_you_mean(key, rest),
                ),
                None => fail(
                    "the study is not understood",
                    line,
                    in_plain_words(&message),
                    "see the README for every key and an example".into(),
                ),
            }
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut config = Self::from_written(written);
        if config.data.as_os_str().is_empty() {
            return Err(fail(
                "`data` is missing",
                None,
                "a study needs to know where its tiles are".into(),
                "add a line such as data = \"tiles\" (a folder, annotations.csv or manifest.csv, relative to the study)".into(),
            ));
        }
        config.data = folder.join(&config.data);
        config.check(&path.display().to_string())?;
        Ok(config)
    }

    fn from_written(written: Written) -> Self {
        let mut c = Self::preset(written.preset.unwrap_or(Preset::Laptop));
        set(&mut c.name, written.name);
        c.data = written.data.unwrap_or_default();
        c.source_class = written.source_class.unwrap_or_default();
        c.classes = written.classes.unwrap_or_default();
        set(&mut c.tile_size, written.tile_size);
        // A tile size that was asked for is the explicit wish to scale to it.
        c.fit = written.fit.unwrap_or(if written.tile_size.is_some_and(|s| s > 0) {
            TileFit::Resize
        } else {
            c.fit
        });
        set(&mut c.phi, written.phi);
        set(&mut c.scoring, written.scoring);
        set(&mut c.folds, written.folds);
        set(&mut c.validation, written.validation);
        set(&mut c.naive, written.naive);
        set(&mut c.normalise, written.normalise);
        set(&mut c.seed, written.seed);
        set(&mut c.seeds, written.seeds);
        set(&mut c.select, written.select);
        for (target, from) in [(&mut c.scorer, written.scorer), (&mut c.classifier, written.classifier)] {
            let from = from.unwrap_or_default();
            set(&mut target.epochs, from.epochs);
            set(&mut target.width, from.width);
            set(&mut target.batch, from.batch);
            set(&mut target.lr, from.lr);
            set(&mut target.lr_decay, from.lr_decay);
            set(&mut target.weight_decay, from.weight_decay);
            set(&mut target.balance, from.balance);
        }
        let from = written.translator.unwrap_or_default();
        // Epochs that were asked for are not cut short by the preset's number of steps.
        c.translator.steps = from.steps.or(if from.epochs.is_some() { None } else { c.translator.steps });
        set(&mut c.translator.epochs, from.epochs);
        set(&mut c.translator.width, from.width);
        set(&mut c.translator.blocks, from.blocks);
        set(&mut c.translator.lr, from.lr);
        set(&mut c.translator.identity, from.identity);
        c
    }

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

fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

/// The parser's words for a value of the wrong kind, without the names of a programming language.
fn in_plain_words(message: &str) -> String {
    const WORDS: [(&str, &str); 7] = [
        ("expected a sequence", "expected a list such as [25]"),
        ("expected path string", "expected a text in quotes"),
        ("expected a string", "expected a text in quotes"),
        ("expected usize", "expected a whole number from 0"),
        ("expected u64", "expected a whole number from 0"),
        ("expected f64", "expected a number"),
        (" as i128", ""),
    ];
    WORDS.iter().fold(message.replace('\n', " "), |text, (theirs, ours)| text.replace(theirs, ours))
}

/// A hint for an unknown key: the nearest known one, and what else could stand there (`rest` of the parser's message).
fn did_you_mean(key: &str, rest: &str) -> String {
    let expected: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let written_by_a_run = ["version", "data_hash"];
    let here: Vec<&str> = expected.into_iter().filter(|k| !written_by_a_run.contains(k)).collect();
    let below = |key: &str| {
        let owners = TABLE_KEYS.iter().filter(|(_, keys)| keys.contains(&key));
        owners.map(|(table, _)| format!("[{table}]")).collect::<Vec<_>>().join(", ")
    };
    let similar = |names: &[&'static str]| {
        names
            .iter()
            .map(|name| (strsim::jaro_winkler(&key.to_lowercase(), name), *name))
            .filter(|(score, _)| *score > 0.75)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, name)| name)
    };
    // The very name in another place is likelier meant than a similar one here.
    if KEYS.contains(&key) {
        return format!("`{key}` belongs at the top of the file, above the first [table]");
    }
    if !below(key).is_empty() {
        return format!("`{key}` belongs below {}", below(key));
    }
    let in_tables: Vec<&str> = TABLE_KEYS.iter().flat_map(|(_, keys)| keys.iter().copied()).collect();
    let all = [&KEYS[..], &in_tables].concat();
    let is_here = |name: &&&str| here.contains(*name);
    let known_here: Vec<&str> = all.iter().filter(is_here).copied().collect();
    match (similar(&known_here), similar(&KEYS), similar(&in_tables)) {
        (Some(name), _, _) => format!("did you mean `{name}`?"),
        (None, Some(name), _) => format!("did you mean `{name}`, at the top of the file?"),
        (None, None, Some(name)) => format!("did you mean `{name}`, below {}?", below(name)),
        (None, None, None) => format!("the keys known there are: {}", here.join(", ")),
    }
}
