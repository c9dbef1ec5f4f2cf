//! Reads a STUDY.toml: every key optional, unknown ones refused with a "did you mean", all faults told at once.

use std::collections::BTreeMap;
use std::path::Path;

use files::FilesError;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, ValueDeserializer};
use train::ClassifierConfig;

use super::keys::tables;
use super::not_toml::slip_of;
use super::place::{Part, Place};
use super::presets::{laid_over, settings_of};
use super::settings::{Preset, StudyConfig};
use super::shorthand::{Single, written_out};
use super::slips::{OF_A_RUN, Slip, slips_in};
use super::values::without_escapes;
use crate::error::{SettingsFault, StudyError};

/// The most bytes of a STUDY.toml.
const MOST_BYTES: usize = 1 << 20;

const UNREADABLE: &str = "the study cannot be read";
const NOT_UNDERSTOOD: &str = "the study is not understood";
const SEE_README: &str = "see the README for every key and an example";

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
    /// If the file cannot be read, is not TOML, has an unknown key (with a "did you mean") or a value out of range: all such faults at
    /// once, each with its line.
    pub fn load(path: &Path) -> Result<StudyFile, StudyError> {
        let refuse = |faults| StudyError::Settings { file: path.display().to_string(), faults };
        let text = read(path).map_err(|fault| refuse(vec![fault]))?;
        let top = parse(&text).map_err(|fault| refuse(vec![fault]))?;
        let (top, singles) = written_out(top);
        let mut lines = BTreeMap::new();
        lines_of_keys(&top, &Place::default(), &text, &mut lines);
        let has = |key: &str| lines.contains_key(&Place::spelled(key));
        // What is not written has the line of what it is missing in.
        let line = |place: &Place| {
            std::iter::successors(Some(place.clone()), Place::outside)
                .find_map(|place| lines.get(&place).copied())
        };

        let slips = slips_in(&top, &text);
        let raw_data = top.get("data").map(|value| &text[value.span()]).unwrap_or_default();
        let sound = without(top, &slips);
        let has_sound_data = sound.contains_key("data");
        let blanked: Vec<Place> =
            slips.iter().filter_map(|slip| slip.place.clone()).filter(is_blanked).collect();
        let mut faults: Vec<SettingsFault> = slips.into_iter().map(|slip| told(&text, slip)).collect();
        let mut config = match settings_of(over_preset(sound)) {
            Ok(config) => config,
            Err(e) => {
                let line = e.span().map(|span| line_of(&text, span.start));
                faults.push(fault("", line, NOT_UNDERSTOOD, e.message().replace('\n', " "), SEE_README));
                return Err(refuse(in_order(faults)));
            }
        };
        config.settle(&has);
        for fault in config.faults() {
            let place = Place::spelled(&fault.key);
            // What a table holds of which a part is unknown may fit that part.
            let entry = place.innermost_entry();
            if !entry.is_some_and(|entry| blanked.iter().any(|blank| blank.is_in(&entry))) {
                faults.push(SettingsFault { line: line(&place), ..fault });
            }
        }
        if has_sound_data || !has("data") {
            let folder = path.parent().unwrap_or(Path::new(""));
            faults.extend(place_data(&mut config, folder, raw_data, line(&Place::spelled("data"))));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        for (table, training) in [("scorer", &mut config.scorer), ("classifier", &mut config.classifier)] {
            let key = format!("{table}.init");
            let at = line(&Place::spelled(&key));
            faults.extend(place_init(training, folder).map(|fault| SettingsFault { key, line: at, ..fault }));
        }
        if !faults.is_empty() {
            return Err(refuse(in_order(faults)));
        }
        let mut notes: Vec<String> = singles
            .iter()
            .map(|Single { at, key }| {
                let line = line_of(&text, *at);
                let file = path.display();
                match key.path.split_once('.') {
                    None => format!(
                        "[{}] is read as a list of one, in {file} (line {line}): write {} above each of several",
                        key.name, key.example
                    ),
                    Some(_) => format!(
                        "`{}` is read as a list of one, in {file} (line {line}): write it in [ ], where several have room",
                        key.name
                    ),
                }
            })
            .collect();
        // A run writes everything that it has settled, and is told nothing of it.
        let is_of_a_run = OF_A_RUN.into_iter().any(has);
        if has("translator.epochs") && has("translator.steps") && !is_of_a_run {
            let line = lines[&Place::spelled("translator.steps")];
            notes.push(format!(
                "[translator] has epochs and steps, in {} (line {line}): the steps say how long it is trained",
                path.display()
            ));
        }
        notes.extend(config.alike(&path.display().to_string(), &|key| line(&Place::spelled(key))));
        Ok(StudyFile { config, is_named: has("name"), notes })
    }
}

/// The text of the file, with lines that a line feed ends.
fn read(path: &Path) -> Result<String, SettingsFault> {
    let fail = |line, why, hint: &str| fault("", line, UNREADABLE, why, hint);
    let text = files::read_text(path, UNREADABLE, MOST_BYTES).map_err(|e| match e {
        FilesError::Content { line, why, hint, .. } => fail((line > 0).then_some(line), why, &hint),
        FilesError::Read { source, .. } => {
            fail(None, files::io_reason(&source), "give the path of a STUDY.toml; the README shows one")
        }
        FilesError::Empty { .. } => fail(None, "it is empty".into(), "write a line such as data = \"tiles\""),
    })?;
    // TOML knows no line that a carriage return alone ends, and old programs of the Mac write such.
    Ok(if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text })
}

fn parse(text: &str) -> Result<DeTable<'_>, SettingsFault> {
    match DeTable::parse(text) {
        Ok(top) => Ok(top.into_inner()),
        Err(e) => Err(told(text, slip_of(text, e.span().map_or(0, |span| span.start), e.message()))),
    }
}

/// The line of every key, and of every entry of a list of tables.
fn lines_of_keys(table: &DeTable, here: &Place, text: &str, lines: &mut BTreeMap<Place, usize>) {
    for (key, value) in table {
        let place = here.key(key.get_ref());
        lines.insert(place.clone(), line_of(text, key.span().start));
        match value.get_ref() {
            DeValue::Table(inner) => lines_of_keys(inner, &place, text, lines),
            DeValue::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    let Some(inner) = item.get_ref().as_table() else { continue };
                    lines.insert(place.entry(at), line_of(text, item.span().start));
                    lines_of_keys(inner, &place.entry(at), text, lines);
                }
            }
            _ => {}
        }
    }
}

/// What was written less the keys that cannot be used, so that the rest can be checked in the same go, and less what only a run writes.
/// Entries of lists keep their places: what makes one of them gives way to an example.
fn without<'a>(mut top: DeTable<'a>, slips: &[Slip]) -> DeTable<'a> {
    for place in slips.iter().filter_map(|slip| slip.place.as_ref()) {
        take_out(&mut top, place.parts());
    }
    for key in OF_A_RUN {
        top.remove(key);
    }
    complete(&mut top, "");
    top
}

fn take_out(table: &mut DeTable, parts: &[Part]) {
    let Some((Part::Key(name), rest)) = parts.split_first() else { return };
    match (table.get_mut(name.as_str()).map(Spanned::get_mut), rest) {
        (_, []) => {
            table.remove(name.as_str());
        }
        (Some(DeValue::Table(inner)), _) => take_out(inner, rest),
        (Some(DeValue::Array(items)), [Part::Entry(at), rest @ ..]) => {
            match items.get_mut(*at).map(Spanned::get_mut) {
                Some(DeValue::Table(inner)) if !rest.is_empty() => take_out(inner, rest),
                Some(item) => *item = DeValue::Table(DeTable::new()),
                None => {}
            }
        }
        _ => {}
    }
}

/// Gives entries of lists that lack what makes them one an example of it, each another.
fn complete(table: &mut DeTable, path: &str) {
    for list in tables() {
        let in_table = list.path.strip_prefix(path).map(|rest| rest.trim_start_matches('.'));
        let here = in_table.filter(|name| *name == list.name).and_then(|name| table.get_mut(name));
        let (Some(DeValue::Array(items)), Some(key)) = (here.map(Spanned::get_mut), list.essential()) else {
            continue;
        };
        for (at, item) in items.iter_mut().enumerate() {
            let DeValue::Table(entry) = item.get_mut() else { continue };
            if !entry.contains_key(key.name) {
                let text = if key.is_text() {
                    format!("unknown-{at}")
                } else {
                    key.example.trim_matches('"').to_owned()
                };
                let name = Spanned::new(0..0, DeString::Borrowed(key.name));
                entry.insert(name, Spanned::new(0..0, DeValue::String(text.into())));
            }
            complete(entry, &list.path);
        }
    }
}

/// Whether what stands at a slip's place tells of more than itself, so that it cannot be said what goes with it.
fn is_blanked(place: &Place) -> bool {
    match place.parts().last() {
        Some(Part::Entry(_)) => true,
        Some(Part::Key(name)) => matches!(name.as_str(), "add" | "tiles"),
        None => false,
    }
}

/// What was written, over its preset.
fn over_preset(written: DeTable) -> DeTable {
    let named = written.get("preset").cloned().map(ValueDeserializer::from);
    // A preset that is none was told among the slips, and is not here any more.
    let preset = named.and_then(|name| Preset::deserialize(name).ok()).unwrap_or(Preset::Laptop);
    laid_over(preset.table(), written)
}

/// Makes `data` a path from the current folder; `raw` is how it is written, in `line`.
fn place_data(
    config: &mut StudyConfig,
    folder: &Path,
    raw: &str,
    line: Option<usize>,
) -> Option<SettingsFault> {
    if config.data.as_os_str().is_empty() {
        return Some(fault(
            "data",
            None,
            "`data` is missing",
            "a study needs to know where its tiles are".into(),
            "add a line such as data = \"tiles\" (a folder, annotations.csv or manifest.csv, relative to the study)",
        ));
    }
    let read_as = std::mem::take(&mut config.data);
    config.data = folder.join(&read_as);
    // An escape that TOML knows may make other letters of a path of Windows: D:\u1234abc.
    let literal = without_escapes(raw).filter(|l| has_letter_escape(l) && !config.data.exists())?;
    let why = format!(
        "a backslash in double quotes begins an escape, and {} is read as {}, which is not there",
        files::cut_path(raw),
        files::cut_path(&read_as.display().to_string())
    );
    let hint = format!("write data = {literal}: in single quotes a backslash is nothing but a backslash");
    Some(fault("data", line, "`data` cannot be used", why, &hint))
}

/// Makes `init` of a training a path from the current folder, and looks whether the training can begin with it.
fn place_init(training: &mut ClassifierConfig, folder: &Path) -> Option<SettingsFault> {
    let file = folder.join(training.init.as_ref()?);
    let told = |why: String, hint: Option<String>| {
        fault("", None, "`init` cannot be used", why, &hint.unwrap_or_else(|| SEE_README.to_owned()))
    };
    let digest = match train::digest(&file) {
        Ok(digest) => digest,
        Err(e) => return Some(told(e.to_string(), e.hint())),
    };
    training.init = Some(file);
    if let Err(e) = train::check_initial(training) {
        return Some(told(e.to_string(), e.hint()));
    }
    training.init_sha256 = Some(digest);
    None
}

/// Whether a text of double quotes has an escape that stands for a character by its number.
fn has_letter_escape(text: &str) -> bool {
    let text = text.replace("\\\\", "");
    ["\\u", "\\U", "\\x"].iter().any(|escape| text.contains(escape))
}

/// The faults in the order of the file; what has no line is about the whole.
fn in_order(mut faults: Vec<SettingsFault>) -> Vec<SettingsFault> {
    faults.sort_by_key(|fault| fault.line.unwrap_or(usize::MAX));
    faults
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}

fn told(text: &str, slip: Slip) -> SettingsFault {
    let Slip { at, place, what, why, hint } = slip;
    let key = place.map_or(String::new(), |place| place.to_string());
    SettingsFault { key, line: Some(line_of(text, at)), what, why, hint }
}

fn fault(key: &str, line: Option<usize>, what: &str, why: String, hint: &str) -> SettingsFault {
    SettingsFault { key: key.into(), line, what: what.into(), why, hint: hint.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of a file that cannot be used, with the lines.
    fn faults(text: &str) -> Vec<(Option<usize>, String)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("STUDY.toml");
        std::fs::write(&path, text).unwrap();
        match StudyConfig::load(&path) {
            Err(StudyError::Settings { faults, .. }) => {
                faults.into_iter().map(|f| (f.line, f.what)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_in_quotes_is_no_key_of_a_table() {
        let told = faults("data = \"tiles\"\n\"scorer.epochs\" = 3\n[scorer]\nepochs = \"x\"\n");
        let told: Vec<(usize, &str)> =
            told.iter().map(|(line, what)| (line.unwrap(), what.as_str())).collect();
        assert_eq!(told, [(2, "unknown key `scorer.epochs`"), (4, "`epochs` cannot be used")]);
    }

    #[test]
    fn what_only_the_whole_shows_is_told_with_its_line_and_beside_the_rest() {
        let told = faults("data = \"tiles\"\nsed = 1\nbits = 300\n");
        assert_eq!(told, [(Some(2), "unknown key `sed`".to_owned()), (Some(3), NOT_UNDERSTOOD.to_owned())]);
    }
}
