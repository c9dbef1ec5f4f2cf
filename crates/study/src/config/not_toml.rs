//! What is wrong with a STUDY.toml that is no TOML, as people come to write it.

use super::keys::{Key, tables};
use super::kinds::Kind;
use super::slips::Slip;
use super::values::without_escapes;

/// Quotes that word processors and web pages write.
const TYPOGRAPHIC: [char; 12] = ['“', '”', '„', '‟', '‘', '’', '‚', '‛', '«', '»', '″', '′'];

/// The list whose tables stand in braces.
const INLINE: &str = "training_set.add";

/// The slip behind a parser's error: `message` is its own, `at` the byte where it gave up.
pub(super) fn slip_of(text: &str, at: usize, message: &str) -> Slip {
    let at = at.min(text.len());
    // An error at a line's end is told at the start of the next.
    let before = text[..at].trim_end_matches(['\n', '\r']).len();
    let at = if text[at..].trim().is_empty() { before } else { at };
    let start = text[..at].rfind('\n').map_or(0, |k| k + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let table = table_at(text, start);
    let slip = |why: String, hint: String| Slip {
        at,
        place: None,
        what: "the study is not understood".into(),
        why,
        hint,
    };
    if line.contains(TYPOGRAPHIC) {
        let straight = line.trim().replace(TYPOGRAPHIC, "\"");
        let why = "its quotes are typographic ones, as word processors write them".to_owned();
        return slip(why, format!("write straight quotes: {}", files::cut_path(&straight)));
    }
    if message.contains("duplicate key") {
        return twice(text, start, line, &slip);
    }
    if let Some(open) = message.contains("array").then(|| open_list(text, start)).flatten() {
        let why = format!("the list that line {open} opens is not closed");
        return slip(why, format!("close it in line {open} with ]"));
    }
    let heading = line.trim();
    if heading.starts_with('[') {
        let name = heading.trim_matches(['[', ']', ' ']).split(['#', ']']).next().unwrap_or_default().trim();
        let known = tables().into_iter().find(|key| key.path == name);
        return slip(
            "a table's heading is its name in brackets, on a line of its own".into(),
            format!("write {}", known.map_or_else(|| format!("[{name}]"), |key| key.example.clone())),
        );
    }
    let (line, table) = match inline_piece(line, at.saturating_sub(start)) {
        Some(piece) => (piece, INLINE.to_owned()),
        None => (line, table),
    };
    let (name, raw) = match parts(line) {
        Some((name, raw, true)) => (name, raw),
        Some((name, raw, false)) => {
            let key = Key::named(&table, name);
            let hint = key.map_or_else(|| format!("write {name} = VALUE"), |key| key.advice(raw));
            return slip("a key and its value are separated by =".into(), hint);
        }
        None => {
            let why = "the line is neither `key = value` nor a [table] nor a remark after #".to_owned();
            return slip(why, "see the README for every key and an example".into());
        }
    };
    let value_slip = |why: String, hint: String| Slip {
        what: format!("the value of `{name}` is not understood"),
        ..slip(why, hint)
    };
    if let Some(value) = raw.strip_prefix('=') {
        let value = value.trim_start_matches('=').trim();
        let key = Key::named(&table, name);
        let hint = key.map_or_else(|| format!("write {name} = {value}"), |key| key.advice(value));
        return slip("a key and its value are separated by one =".into(), hint);
    }
    if let Some(control) = raw.chars().find(|c| c.is_control() && *c != '\t') {
        let plain: String = raw.chars().filter(|c| !c.is_control()).collect();
        let hint = Key::named(&table, name)
            .map_or_else(|| format!("write {name} = {plain}"), |key| key.advice(&plain));
        return value_slip(
            format!("it holds a control character ({}), which a text may not", control.escape_default()),
            hint,
        );
    }
    let inside = raw.strip_prefix('\'').and_then(|r| r.strip_suffix('\'')).unwrap_or_default();
    if let Some(key) = Key::named(&table, name).filter(|key| inside.contains('\'') && key.is_text()) {
        let why =
            "a text in single quotes ends at the next one, and this one has an apostrophe in it".to_owned();
        return value_slip(why, key.advice(raw));
    }
    let literal = without_escapes(up_to_quote(raw)).filter(|_| raw.contains('\\'));
    if let Some(literal) = literal {
        return value_slip(
            "a backslash in double quotes begins an escape".into(),
            format!("write {name} = {literal}: in single quotes a backslash is nothing but a backslash"),
        );
    }
    let (value, behind) = match raw.find("//").filter(|k| raw[..*k].ends_with(' ')) {
        Some(k) => (&raw[..k], "a remark begins with #"),
        None => (raw, "nothing but a remark after # may follow it"),
    };
    let value = first_text(value.trim()).trim_end_matches([';', ',']).trim();
    let Some(key) = Key::named(&table, name) else {
        return value_slip(
            format!("{} is no value in TOML", files::quoted(value)),
            "see the README for every key and an example".into(),
        );
    };
    let why = match raw.chars().next() {
        None => "it has no value".to_owned(),
        Some('"' | '\'') if closed(value) => format!("something follows the value, and {behind}"),
        Some(quote @ ('"' | '\'')) => format!("the text is not closed with {quote}"),
        Some('[') if !value.contains(']') => "the list is not closed with ]".to_owned(),
        _ => format!("{} is no value in TOML", files::quoted(value)),
    };
    value_slip(why, key.advice(value))
}

/// The table in which the line at `start` stands; blank at the top.
fn table_at(text: &str, start: usize) -> String {
    let heading = text[..start].lines().rev().map(str::trim).find(|line| line.starts_with('['));
    // A list over several lines may begin a line with a bracket, too.
    let name = heading.map(|h| h.trim_matches(['[', ']', ' '])).unwrap_or_default();
    if name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) {
        name.to_owned()
    } else {
        String::new()
    }
}

/// Of a line with tables in braces, the key and its value around the byte `at`.
fn inline_piece(line: &str, at: usize) -> Option<&str> {
    let at = (0..=at.min(line.len())).rev().find(|k| line.is_char_boundary(*k))?;
    let open = line[..at].rfind('{')?;
    if line[open..at].contains('}') {
        return None;
    }
    let from = line[..at].rfind(['{', ',']).map_or(0, |k| k + 1);
    let to = line[from..].find([',', '}']).map_or(line.len(), |k| from + k);
    Some(line[from..to].trim())
}

/// Key, value, and whether `=` is between them (and not `:`).
fn parts(line: &str) -> Option<(&str, &str, bool)> {
    let line = line.trim();
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))?;
    let (name, rest) = line.split_at(end);
    if name.is_empty() {
        return None;
    }
    let rest = rest.trim_start();
    if let Some(value) = rest.strip_prefix('=') {
        return Some((name, without_remark(value.trim()), true));
    }
    rest.strip_prefix(':').map(|value| (name, without_remark(value.trim()), false))
}

/// A value without a remark behind it; a `#` in quotes is none.
fn without_remark(value: &str) -> &str {
    let mut quote = None;
    for (k, c) in value.char_indices() {
        match (quote, c) {
            (None, '#') => return value[..k].trim(),
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
    }
    value
}

/// A text in quotes up to its last quote.
fn up_to_quote(raw: &str) -> &str {
    match raw.rfind('"') {
        Some(k) if k > 0 => &raw[..=k],
        _ => raw,
    }
}

/// The text in quotes that a value begins with, if it is closed; else the whole value.
fn first_text(value: &str) -> &str {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = quote.and_then(|quote| value[1..].find(quote));
    end.map_or(value, |end| &value[..end + 2])
}

/// Whether a text in quotes is closed somewhere.
fn closed(value: &str) -> bool {
    value.len() > 1 && value.ends_with(&value[..1])
}

/// A key or table that is there twice.
fn twice(text: &str, start: usize, line: &str, slip: &dyn Fn(String, String) -> Slip) -> Slip {
    let heading = line.trim();
    if heading.starts_with('[') {
        let same =
            |l: &str| l.trim().split('#').next().map(str::trim) == heading.split('#').next().map(str::trim);
        let first = text[..start].lines().position(same).map_or(0, |k| k + 1);
        let why = format!("the table {} is there twice: line {first} begins it already", files::cut(heading));
        let name = heading.split('#').next().unwrap_or_default().trim().trim_matches(['[', ']', ' ']);
        if let Some(list) =
            tables().into_iter().find(|key| key.path == name && matches!(key.kind, Kind::Tables(_)))
        {
            return slip(why, format!("write {} above each of them", list.example));
        }
        return slip(why, "put all its keys below one heading".into());
    }
    let Some((name, _, _)) = parts(line) else {
        return slip("a key is there twice".into(), "keep one of the two".into());
    };
    let same = |l: &str| parts(l).is_some_and(|(other, _, _)| other == name);
    // The last one above belongs to the same table.
    let first = text[..start].lines().collect::<Vec<_>>().iter().rposition(|l| same(l)).map_or(0, |k| k + 1);
    slip(format!("`{name}` is set twice: line {first} has it already"), "keep one of the two lines".into())
}

/// The line of a list that is open where the line at `start` begins.
fn open_list(text: &str, start: usize) -> Option<usize> {
    let mut open = None;
    for (k, line) in text[..start].lines().enumerate() {
        let line = without_remark(line);
        let (opens, closes) = (line.matches('[').count(), line.matches(']').count());
        if opens > closes {
            open = Some(k + 1);
        } else if closes > opens {
            open = None;
        }
    }
    open
}
