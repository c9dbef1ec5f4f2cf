//! Reads a STUDY.toml: every key optional, unknown ones refused with a "did you mean".

use std::path::{Path, PathBuf};

use files::FilesError;
use serde::Deserialize;
use toml::de::DeTable;
use train::Balance;

use crate::StudyError;
use crate::config::{Normalisation, Preset, Scoring, Select, StudyConfig, TileFit};
use crate::toml_keys::{Slip, first_slip, without_escapes};
use crate::toml_slips::slip_of;

/// The most bytes of a STUDY.toml.
const MOST_BYTES: usize = 1 << 20;

const UNREADABLE: &str = "the study cannot be read";

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
    phi: Option<Vec<record::Phi>>,
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
    of_a_run: Option<String>,
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

/// A STUDY.toml, read and resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyFile {
    /// The settings.
    pub config: StudyConfig,
    /// Whether the file names the study. Else the name is the preset's, whatever a study that is so called may be.
    pub is_named: bool,
    /// What its writer should know of it.
    pub notes: Vec<String>,
}

impl StudyConfig {
    /// Reads and resolves a STUDY.toml. Paths in it are relative to it.
    ///
    /// # Errors
    /// If the file cannot be read, is not TOML, has an unknown key (with a "did you mean") or a value out of range.
    pub fn load(path: &Path) -> Result<StudyFile, StudyError> {
        let fail = |what: &str, line, why: String, hint: String| StudyError::Config {
            what: what.into(),
            file: path.display().to_string(),
            line,
            why,
            hint,
        };
        let text = files::read_text(path, UNREADABLE, MOST_BYTES).map_err(|e| match e {
            FilesError::Content { line, why, hint, .. } => {
                fail(UNREADABLE, (line > 0).then_some(line), why, hint)
            }
            FilesError::Read { source, .. } => fail(
                UNREADABLE,
                None,
                files::io_reason(&source),
                "give the path of a STUDY.toml; the README shows one".into(),
            ),
            FilesError::Empty { .. } => {
                fail(UNREADABLE, None, "it is empty".into(), "write a line such as data = \"tiles\"".into())
            }
        })?;
        // TOML knows no line that a carriage return alone ends, and old programs of the Mac write such.
        let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
        let text = text.as_str();
        let line_of = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let told = |slip: Slip| fail(&slip.what, Some(line_of(slip.at)), slip.why, slip.hint);
        let table = DeTable::parse(text)
            .map_err(|e| told(slip_of(text, e.span().map_or(0, |s| s.start), e.message())))?;
        if let Some(slip) = first_slip(table.get_ref(), text) {
            return Err(told(slip));
        }
        let written: Written = toml::from_str(text).map_err(|e| {
            fail(
                "the study is not understood",
                e.span().map(|s| line_of(s.start)),
                e.message().replace('\n', " "),
                "see the README for every key and an example".into(),
            )
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let is_named = written.name.is_some();
        let line_at = |key: &str| place_of(table.get_ref(), key).map(line_of);
        // A run writes everything that it has settled, and is told nothing of it.
        let has_both = written.translator.as_ref().is_some_and(|t| t.epochs.is_some() && t.steps.is_some());
        let notes = match line_at("translator.steps") {
            Some(line) if has_both && written.of_a_run.is_none() => vec![format!(
                "[translator] has epochs and steps, in {} (line {line}): the steps say how long it is trained",
                path.display()
            )],
            _ => Vec::new(),
        };
        let mut config = Self::from_written(written);
        if config.data.as_os_str().is_empty() {
            return Err(fail(
                "`data` is missing",
                None,
                "a study needs to know where its tiles are".into(),
                "add a line such as data = \"tiles\" (a folder, annotations.csv or manifest.csv, relative to the study)".into(),
            ));
        }
        let read_as = std::mem::take(&mut config.data);
        config.data = folder.join(&read_as);
        // An escape that TOML knows may make other letters of a path of Windows: D:\u1234abc.
        let raw = table.get_ref().get("data").map(|value| &text[value.span()]).unwrap_or_default();
        if let Some(literal) = without_escapes(raw).filter(|l| has_letter_escape(l) && !config.data.exists())
        {
            return Err(fail(
                "`data` cannot be used",
                line_at("data"),
                format!(
                    "a backslash in double quotes begins an escape, and {} is read as {}, which is not there",
                    files::cut_path(raw),
                    files::cut_path(&read_as.display().to_string())
                ),
                format!("write data = {literal}: in single quotes a backslash is nothing but a backslash"),
            ));
        }
        config.check_at(&path.display().to_string(), &|key| place_of(table.get_ref(), key).map(line_of))?;
        Ok(StudyFile { config, is_named, notes })
    }

    fn from_written(written: Written) -> Self {
        let mut c = Self::preset(written.preset.unwrap_or(Preset::Laptop));
        set(&mut c.name, written.name);
        c.data = written.data.unwrap_or_default();
        // The data's classes are in Unicode's composed form.
        c.source_class = files::nfc(&written.source_class.unwrap_or_default()).into_owned();
        c.classes = written.classes.unwrap_or_default().iter().map(|c| files::nfc(c).into_owned()).collect();
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

/// Whether a text of double quotes has an escape that stands for a character by its number.
fn has_letter_escape(text: &str) -> bool {
    let text = text.replace("\\\\", "");
    ["\\u", "\\U", "\\x"].iter().any(|escape| text.contains(escape))
}

fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

/// The byte at which a key stands: "phi", "scorer.epochs".
fn place_of(top: &DeTable, key: &str) -> Option<usize> {
    let in_table = |table: &DeTable, name: &str| {
        table.iter().find(|(key, _)| key.get_ref() == name).map(|(key, _)| key.span().start)
    };
    match key.split_once('.') {
        None => in_table(top, key),
        Some((table, name)) => in_table(top.get(table)?.get_ref().as_table()?, name),
    }
}
