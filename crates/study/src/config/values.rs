//! What a key's value was meant to be that is none.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Key, keys_of};
use super::kinds::Kind;
use super::recipe::VALIDATION;

/// A list of tables in the line of a key, as an example.
const PARTS: &str = "[\"copies-disputed\", { tiles = \"generated\", phi = 25 }]";

impl Key {
    /// How a value in words is to be written, if it can be told what was meant: `raw` is what stands in the file.
    pub fn meant(&self, raw: &str) -> Option<String> {
        let bare = raw.trim().trim_matches(['"', '\'', '`']).trim();
        let meant = match &self.kind {
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
            Kind::Chosen if files::same_name(bare) == files::same_name(VALIDATION) => in_quotes(VALIDATION),
            Kind::Texts => list(bare, &[',', ';'], |part| Some(in_quotes(part)))?,
            Kind::Whole => whole(bare)?,
            Kind::Number | Kind::Chosen => match bare.strip_suffix('%').filter(|_| self.name != "phi") {
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
            Kind::Tables(_) => {
                // Texts that would each be an entry, without the brackets of a list.
                let essential = self
                    .essential()
                    .filter(|key| !bare.contains(['{', '=']) && (!key.is_text() || bare != raw))?;
                list(bare, &[',', ';'], |part| essential.meant(part))?
            }
            Kind::Table(_) => return None,
        };
        // Only what would be read is advised.
        let line = format!("{} = {meant}", self.name);
        let table = DeTable::parse(&line).ok()?;
        let value = table.get_ref().get(self.name)?;
        self.fault(value, &line).is_none().then_some(meant)
    }

    /// A hint for a value that cannot be used.
    pub fn advice(&self, raw: &str) -> String {
        if let (Kind::Numbers, Some((whole, decimals))) = (&self.kind, with_decimal_comma(raw)) {
            let name = self.name;
            return format!(
                "write {name} = [{whole}.{decimals}] for one value, or {name} = [{whole}, {decimals}] for two: the decimal sign is a point"
            );
        }
        match (&self.kind, self.meant(raw)) {
            (_, Some(meant)) => format!("write {} = {meant}", self.name),
            (Kind::Choice(choices), None) => {
                let bare = raw.trim().trim_matches(['"', '\'', '`']);
                if let Some(near) = files::closest(bare, choices.iter().copied()) {
                    return format!("did you mean {} = \"{near}\"?", self.name);
                }
                let choices: Vec<String> =
                    choices.iter().map(|c| format!("{} = \"{c}\"", self.name)).collect();
                format!("write {}", choices.join(" or "))
            }
            (Kind::Table(_) | Kind::Tables(_), None) if !self.path.contains('.') => {
                match keys_of(&self.path).first() {
                    Some(first) => format!(
                        "write {} on a line of its own, and below it lines such as {} = {}",
                        self.heading(),
                        first.name,
                        first.example
                    ),
                    None => format!("write {} on a line of its own", self.heading()),
                }
            }
            (Kind::Tables(_), None) => format!("write {} = {PARTS}", self.name),
            (_, None) => format!("write a line such as {} = {}", self.name, self.example),
        }
    }

    /// What is wrong with a value: where, and why.
    pub fn fault(&self, value: &Spanned<DeValue>, text: &str) -> Option<(usize, String)> {
        let at = value.span().start;
        let is = |wanted: &str| Some((at, format!("it is {} and not {wanted}", described(value, text))));
        match (&self.kind, value.get_ref()) {
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
            (Kind::Number | Kind::Chosen, DeValue::Integer(_) | DeValue::Float(_))
            | (Kind::Flag, DeValue::Boolean(_))
            | (Kind::Table(_), DeValue::Table(_))
            | (Kind::Tables(_), DeValue::Array(_)) => None,
            (Kind::Number, _) => is("a number"),
            (Kind::Flag, _) => is("true or false"),
            (Kind::Chosen, DeValue::String(s)) if s == VALIDATION => None,
            (Kind::Chosen, _) => is("a number or \"validation\""),
            (Kind::Tables(_), _) => is("a list of tables"),
            (Kind::Table(_), _) => is("a table of its own"),
        }
    }
}

/// A text in double quotes as one in single quotes, in which backslashes mean nothing; `None` if it is no such text.
pub(super) fn without_escapes(raw: &str) -> Option<String> {
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

pub(super) fn described(value: &Spanned<DeValue>, text: &str) -> String {
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
