//! The keys of a STUDY.toml: what each may be, and what a value was meant to be that is none.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A key of a STUDY.toml.
pub(crate) struct Key {
    pub name: &'static str,
    pub kind: Kind,
    /// A value, as it would be written.
    pub example: &'static str,
}

/// What a key's value is.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A text in quotes; a path is one, too.
    Text,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// A whole number from 0.
    Whole,
    /// A number.
    Number,
    /// A list of numbers.
    Numbers,
    /// `true` or `false`.
    Flag,
    /// A table of its own.
    Table(&'static [Key]),
}

/// What is wrong at a place of the file.
pub(crate) struct Slip {
    /// The byte.
    pub at: usize,
    pub what: String,
    pub why: String,
    pub hint: String,
}

const fn key(name: &'static str, kind: Kind, example: &'static str) -> Key {
    Key { name, kind, example }
}

/// The keys outside any table.
pub(crate) const KEYS: &[Key] = &[
    key("name", Kind::Text, "\"polyps\""),
    key("preset", Kind::Choice(&["demo", "laptop", "paper"]), "\"laptop\""),
    key("data", Kind::Text, "\"tiles\""),
    key("source_class", Kind::Text, "\"HP\""),
    key("classes", Kind::Texts, "[\"HP\", \"SSA\"]"),
    key("tile_size", Kind::Whole, "224"),
    key("bits", Kind::Whole, "12"),
    key("fit", Kind::Choice(&["exact", "center-crop", "resize"]), "\"resize\""),
    key("phi", Kind::Numbers, "[25]"),
    key("scoring", Kind::Choice(&["in-sample", "out-of-fold"]), "\"in-sample\""),
    key("folds", Kind::Whole, "5"),
    key("validation", Kind::Number, "0.15"),
    key("naive", Kind::Flag, "true"),
    key("normalise", Kind::Choice(&["fixed", "auto"]), "\"auto\""),
    key("seed", Kind::Whole, "0"),
    key("seeds", Kind::Whole, "5"),
    key("select", Kind::Table(&[key("by", Kind::Choice(&["confidence"]), "\"confidence\"")]), "[select]"),
    key("scorer", Kind::Table(CLASSIFIER), "[scorer]"),
    key("classifier", Kind::Table(CLASSIFIER), "[classifier]"),
    key("translator", Kind::Table(TRANSLATOR), "[translator]"),
];

const CLASSIFIER: &[Key] = &[
    key("epochs", Kind::Whole, "25"),
    key("width", Kind::Whole, "32"),
    key("batch", Kind::Whole, "16"),
    key("lr", Kind::Number, "0.001"),
    key("lr_decay", Kind::Number, "0.91"),
    key("weight_decay", Kind::Number, "0.0001"),
    key("balance", Kind::Choice(&["off", "oversample"]), "\"oversample\""),
];

const TRANSLATOR: &[Key] = &[
    key("epochs", Kind::Whole, "60"),
    key("steps", Kind::Whole, "12000"),
    key("width", Kind::Whole, "32"),
    key("blocks", Kind::Whole, "6"),
    key("lr", Kind::Number, "0.0002"),
    key("identity", Kind::Number, "0.5"),
];

/// Written by a run into its `study.toml`; read back and ignored.
const OF_A_RUN: [&str; 2] = ["version", "data_hash"];

impl Key {
    /// The key of that name in a table, or at the top where `table` is blank.
    pub fn named(table: &str, name: &str) -> Option<&'static Key> {
        keys_of(table).iter().find(|key| key.name == name)
    }

    /// How a value in words is to be written, if it can be told what was meant: `raw` is what stands in the file.
    pub fn meant(&self, raw: &str) -> Option<String> {
        let bare = raw.trim().trim_matches(['"', '\'', '`']).trim();
        let meant = match self.kind {
            Kind::Text if bare.starts_with(['[', '{']) => {
                let only = bare.strip_prefix('[')?.strip_suffix(']')?.trim();
                let text = only.strip_prefix('"')?.strip_suffix('"').filter(|t| !t.contains('"'))?;
                in_quotes(text)
            }
            Kind::Text if bare.is_empty() => return None,
            Kind::Text => in_quotes(bare),
            Kind::Choice(choices) => {
                let alike = |choice: &&&str| files::same_name(choice) == files::same_name(bare);
                in_quotes(choices.iter().find(alike)?)
            }
            Kind::Texts => list(bare, &[',', ';'], |part| Some(in_quotes(part)))?,
            Kind::Whole => whole(bare)?,
            Kind::Number => match bare.strip_suffix('%') {
                // A share.
                Some(percent) => (files::number(percent, true)? / 100.0).to_string(),
                None => number(bare)?,
            },
            Kind::Numbers if bare.contains(';') => list(bare, &[';'], number)?,
            Kind::Numbers => list(bare, &[',', ' '], number)?,
            Kind::Flag => match bare.to_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => "true".to_owned(),
                "false" | "no" | "off" | "0" => "false".to_owned(),
                _ => return None,
            },
            Kind::Table(_) => return None,
        };
        // Only what would be read is advised.
        let line = format!("{} = {meant}", self.name);
        let table = DeTable::parse(&line).ok()?;
        let value = table.get_ref().get(self.name)?;
        self.fault(value, &line).is_none().then_some(meant)
    }

    /// Whether its value is a text that may be any.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text)
    }

    /// A hint for a value that cannot be used.
    pub fn advice(&self, raw: &str) -> String {
        if let (Kind::Numbers, Some((whole, decimals))) = (self.kind, with_decimal_comma(raw)) {
            let name = self.name;
            return format!(
                "write {name} = [{whole}.{decimals}] for one value, or {name} = [{whole}, {decimals}] for two: the decimal sign is a point"
            );
        }
        match (self.kind, self.meant(raw)) {
            (_, Some(meant)) => format!("write {} = {meant}", self.name),
            (Kind::Choice(choices), None) => {
                let choices: Vec<String> =
                    choices.iter().map(|c| format!("{} = \"{c}\"", self.name)).collect();
                format!("write {}", choices.join(" or "))
            }
            (Kind::Table(keys), None) => match keys.first() {
                Some(first) => format!(
                    "write [{}] on a line of its own, and below it lines such as {} = {}",
                    self.name, first.name, first.example
                ),
                None => format!("write [{}] on a line of its own", self.name),
            },
            (_, None) => format!("write a line such as {} = {}", self.name, self.example),
        }
    }

    /// What is wrong with a value: where, and why.
    fn fault(&self, value: &Spanned<DeValue>, text: &str) -> Option<(usize, String)> {
        let at = value.span().start;
        let is = |wanted: &str| Some((at, format!("it is {} and not {wanted}", described(value, text))));
        match (self.kind, value.get_ref()) {
            (Kind::Text, DeValue::String(s)) => controls(s, &text[value.span()]).map(|why| (at, why)),
            (Kind::Text, _) => is("a text in quotes"),
            (Kind::Choice(choices), DeValue::String(s)) if choices.contains(&s.as_ref()) => None,
            (Kind::Choice(choices), _) => is(&format!("one of \"{}\"", choices.join("\", \""))),
            (Kind::Texts, DeValue::Array(items)) => items.iter().find_map(|item| match item.get_ref() {
                DeValue::String(s) => controls(s, &text[item.span()]).map(|why| (item.span().start, why)),
                _ => Some((
                    item.span().start,
                    format!("it holds {}, which is not in quotes", described(item, text)),
                )),
            }),
            (Kind::Numbers, DeValue::Array(items)) => {
                let bad = items
                    .iter()
                    .find(|item| !matches!(item.get_ref(), DeValue::Integer(_) | DeValue::Float(_)));
                bad.map(|item| {
                    (item.span().start, format!("it holds {}, which is no number", described(item, text)))
                })
            }
            (Kind::Texts | Kind::Numbers, _) => is(&format!("a list such as {}", self.example)),
            (Kind::Whole, DeValue::Integer(n)) => match u64::from_str_radix(n.as_str(), n.radix()) {
                Ok(_) => None,
                Err(_) if n.as_str().starts_with('-') => is("a whole number from 0"),
                Err(_) => Some((
                    at,
                    format!("{} is larger than any number that can be used", files::cut(n.as_str())),
                )),
            },
            (Kind::Whole, _) => is("a whole number from 0"),
            (Kind::Number, DeValue::Integer(_) | DeValue::Float(_)) | (Kind::Flag, DeValue::Boolean(_)) => {
                None
            }
            (Kind::Number, _) => is("a number"),
            (Kind::Flag, _) => is("true or false"),
            (Kind::Table(_), DeValue::Table(_)) => None,
            (Kind::Table(_), _) => is("a table of its own"),
        }
    }
}

/// The first slip in the keys and values of a file that is TOML.
pub(crate) fn first_slip(top: &DeTable, text: &str) -> Option<Slip> {
    let mut slips = Vec::new();
    gather(top, "", text, &mut slips);
    slips.into_iter().min_by_key(|slip| slip.at)
}

fn gather(here: &DeTable, table: &str, text: &str, slips: &mut Vec<Slip>) {
    for (name, value) in here {
        let key_at = name.span().start;
        let name: &str = name.get_ref();
        if table.is_empty() && OF_A_RUN.contains(&name) {
            continue;
        }
        let Some(key) = Key::named(table, name) else {
            slips.push(Slip {
                at: key_at,
                what: format!("unknown key `{}`", files::cut(name)),
                why: "no such setting exists there".into(),
                hint: did_you_mean(name, table),
            });
            continue;
        };
        if let (Kind::Table(_), DeValue::Table(inner)) = (key.kind, value.get_ref()) {
            gather(inner, name, text, slips);
        } else if let Some((at, why)) = key.fault(value, text) {
            let raw = &text[value.span()];
            let hint = match without_escapes(raw) {
                Some(literal) if raw.contains('\\') && matches!(key.kind, Kind::Text) => {
                    format!(
                        "write {name} = {literal}: in single quotes a backslash is nothing but a backslash"
                    )
                }
                _ => key.advice(raw),
            };
            slips.push(Slip { at, what: format!("`{name}` cannot be used"), why, hint });
        }
    }
}

/// A text in double quotes as one in single quotes, in which backslashes mean nothing; `None` if it is no such text.
pub(crate) fn without_escapes(raw: &str) -> Option<String> {
    let inner = raw.trim().strip_prefix('"')?;
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    (!inner.contains(['\'', '\n'])).then(|| format!("'{inner}'"))
}

/// Why a text cannot be a name or path: an escape has made a control character of it.
fn controls(text: &str, raw: &str) -> Option<String> {
    let control = text.chars().find(|c| c.is_control())?;
    let what = match control {
        '\t' => "a tab",
        '\n' | '\r' => "a line break",
        _ => "a control character",
    };
    Some(if raw.contains('\\') {
        format!(
            "a backslash in double quotes begins an escape, and {} is read with {what} in it",
            files::cut(raw)
        )
    } else {
        format!("it holds {what}")
    })
}

fn described(value: &Spanned<DeValue>, text: &str) -> String {
    let raw = || files::cut(&text[value.span()]);
    match value.get_ref() {
        DeValue::String(s) => format!("the text {}", files::quoted(s)),
        DeValue::Integer(_) | DeValue::Float(_) => format!("the number {}", raw()),
        DeValue::Boolean(_) => raw(),
        DeValue::Datetime(_) => format!("the date {}", raw()),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn keys_of(table: &str) -> &'static [Key] {
    match KEYS.iter().find(|key| key.name == table).map(|key| key.kind) {
        Some(Kind::Table(keys)) => keys,
        _ => KEYS,
    }
}

/// A hint for an unknown key: the nearest known one, and what else could stand there.
fn did_you_mean(key: &str, table: &str) -> String {
    let here: Vec<&str> = keys_of(table).iter().map(|k| k.name).collect();
    let tables = || KEYS.iter().filter(|k| matches!(k.kind, Kind::Table(_)));
    let below = |key: &str| {
        let owners = tables().filter(|t| Key::named(t.name, key).is_some());
        owners.map(|t| format!("[{}]", t.name)).collect::<Vec<_>>().join(", ")
    };
    let similar = |names: &[&'static str]| {
        names
            .iter()
            .filter(|_| key.len() <= 100)
            .map(|name| (strsim::jaro_winkler(&key.to_lowercase(), name), *name))
            .filter(|(score, _)| *score > 0.75)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, name)| name)
    };
    let top: Vec<&'static str> = KEYS.iter().map(|k| k.name).collect();
    // The very name in another place is likelier meant than a similar one here.
    if !table.is_empty() && top.contains(&key) {
        return format!("`{key}` belongs at the top of the file, above the first [table]");
    }
    if !below(key).is_empty() {
        return format!("`{key}` belongs below {}", below(key));
    }
    let in_tables: Vec<&'static str> =
        tables().flat_map(|t| keys_of(t.name).iter().map(|k| k.name)).collect();
    let known_here: Vec<&'static str> = keys_of(table).iter().map(|k| k.name).collect();
    match (similar(&known_here), similar(&top), similar(&in_tables)) {
        (Some(name), _, _) => format!("did you mean `{name}`?"),
        (None, Some(name), _) => format!("did you mean `{name}`, at the top of the file?"),
        (None, None, Some(name)) => format!("did you mean `{name}`, below {}?", below(name)),
        (None, None, None) => format!("the keys known there are: {}", here.join(", ")),
    }
}

/// The two parts of what may be a number with a decimal comma or two numbers: `12,5`.
fn with_decimal_comma(raw: &str) -> Option<(&str, &str)> {
    let bare = raw.trim().trim_matches(['"', '\'']).trim();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    bare.split_once(',').filter(|(whole, decimals)| digits(whole) && digits(decimals))
}

/// A text in the quotes that leave it as it is; a path with an apostrophe in it gets slashes, which mean the same everywhere.
fn in_quotes(text: &str) -> String {
    if text.contains('\\') && text.contains('\'') && !text.contains('"') {
        return format!("\"{}\"", text.replace('\\', "/"));
    }
    if text.contains(['\\', '"']) { format!("'{text}'") } else { format!("\"{text}\"") }
}

fn list(text: &str, separators: &[char], part: impl Fn(&str) -> Option<String>) -> Option<String> {
    let inner = text.trim_start_matches('[').trim_end_matches(']');
    let bare = |p: &str| part(p.trim().trim_matches(['"', '\'']).trim());
    let parts: Option<Vec<String>> =
        inner.split(separators).filter(|p| !p.trim().is_empty()).map(bare).collect();
    parts.filter(|p| !p.is_empty()).map(|p| format!("[{}]", p.join(", ")))
}

fn number(text: &str) -> Option<String> {
    files::number(text.trim_end_matches(['%', ' ']), true).map(|value| value.to_string())
}

fn whole(text: &str) -> Option<String> {
    files::count(text, false).map(|n| n.to_string())
}
