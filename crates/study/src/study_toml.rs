//! Reads a STUDY.toml: every key optional, unknown ones refused with a "did you mean".

use std::path::{Path, PathBuf};

use serde::Deserialize;
use train::Balance;

use crate::StudyError;
use crate::config::{Normalisation, Preset, Scoring, Select, StudyConfig, TileFit};

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
    bits: Option<u8>,
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
const KEYS: [&str; 20] = [
    "name",
    "preset",
    "data",
    "source_class",
    "classes",
    "tile_size",
    "fit",
    "bits",
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
                    files::io_reason(&e)
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
        set(&mut c.bits, written.bits);
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
