//! An inspection as text for a terminal.

use std::fmt::Write;

use super::inspection::{Count, Inspection};
use super::near_copies::NearCopy;
use crate::counted::{grouped, pairs, tiles};

/// The longest bar in characters.
const BAR: usize = 32;

/// The inspection as text of at most about 100 columns: Table 1 with a bar for each row, sizes, duplicates, slides,
/// notes, and whether a study could use the data. The faults themselves are left to the error message.
pub fn draw(inspection: &Inspection) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}\n", headline(inspection));
    for partition in ["train", "test", "none"] {
        let rows: Vec<&Count> = inspection.counts.iter().filter(|c| c.partition == partition).collect();
        if !rows.is_empty() {
            table(&mut out, partition, &rows, inspection);
        }
    }
    if inspection.counts.iter().any(|c| c.agreement != "none") {
        out.push_str("high: every annotator chose the label (█); low: not every one (▒)\n\n");
    }
    fact(&mut out, "tile sizes", &sizes(inspection));
    fact(&mut out, "exact duplicates", &duplicates(inspection));
    for (k, line) in near_copies(inspection).iter().enumerate() {
        fact(&mut out, if k == 0 { "near-copies" } else { "" }, line);
    }
    fact(&mut out, "slides on both sides", &some(&inspection.slides_on_both_sides));
    for (k, note) in inspection.notes.iter().enumerate() {
        fact(&mut out, if k == 0 { "notes" } else { "" }, note);
    }
    let verdict = match inspection.faults.len() {
        0 => "yes".to_owned(),
        1 => "no: 1 fault".to_owned(),
        n => format!("no: {} faults", grouped(n)),
    };
    fact(&mut out, "usable for a study", &verdict);
    out
}

fn fact(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "{name:<21} {}", files::shown(value));
}

fn headline(inspection: &Inspection) -> String {
    let slides = match inspection.n_slides {
        _ if !inspection.slides_known => "slides not known".to_owned(),
        1 => "1 slide".to_owned(),
        n => format!("{} slides", grouped(n)),
    };
    let classes = inspection.classes.len();
    let plural = if classes == 1 { "class" } else { "classes" };
    format!("{}, {classes} {plural}, {slides}", tiles(inspection.n_tiles))
}

/// One partition's rows: a class a line, low | high | no votes | all, and a bar on the scale of the whole data set.
fn table(out: &mut String, partition: &str, rows: &[&Count], inspection: &Inspection) {
    let n = |class: &str, agreement: &str| -> usize {
        rows.iter().filter(|c| c.class == class && c.agreement == agreement).map(|c| c.n).sum()
    };
    let name_width =
        inspection.classes.iter().map(|c| files::shown(c).chars().count()).max().unwrap_or(0).clamp(8, 40);
    let strata: Vec<&str> = ["low", "high", "none"]
        .into_iter()
        .filter(|a| inspection.counts.iter().any(|c| c.agreement == *a))
        .collect();
    let title = if partition == "none" { "no split" } else { partition };
    let _ = write!(out, "{title:<name_width$}");
    for stratum in &strata {
        let _ = write!(out, "{:>9}", if *stratum == "none" { "no votes" } else { stratum });
    }
    let _ = writeln!(out, "{:>9}", "all");
    let longest = longest_row(inspection).max(1);
    let mut total = vec![0; strata.len()];
    for class in &inspection.classes {
        let cells: Vec<usize> = strata.iter().map(|a| n(class, a)).collect();
        let all: usize = cells.iter().sum();
        for (sum, cell) in total.iter_mut().zip(&cells) {
            *sum += cell;
        }
        let bar = bar(n(class, "low"), all, longest);
        let _ = writeln!(out, "{}  {bar}", row(class, name_width, &cells, all));
    }
    let all = total.iter().sum();
    let _ = writeln!(out, "{}\n", row("all", name_width, &total, all));
}

fn row(name: &str, width: usize, cells: &[usize], all: usize) -> String {
    let mut line = format!("{:<width$}", files::shown(name));
    for cell in cells.iter().chain([&all]) {
        let _ = write!(line, "{:>9}", grouped(*cell));
    }
    line
}

fn longest_row(inspection: &Inspection) -> usize {
    let row = |c: &Count| -> usize {
        let same = |d: &&Count| d.partition == c.partition && d.class == c.class;
        inspection.counts.iter().filter(same).map(|d| d.n).sum()
    };
    inspection.counts.iter().map(row).max().unwrap_or(0)
}

/// Low agreement shaded, the rest full; a row that is not empty has at least one character.
fn bar(low: usize, all: usize, longest: usize) -> String {
    let length = |n: usize| (n * BAR + longest / 2) / longest;
    let whole = length(all).max(usize::from(all > 0));
    let shaded = length(low).min(whole);
    format!("{}{}", "▒".repeat(shaded), "█".repeat(whole - shaded))
}

fn sizes(inspection: &Inspection) -> String {
    let named: Vec<String> = inspection
        .sizes
        .iter()
        .map(|s| match inspection.sizes.len() {
            1 => format!("{} × {} px", s.width, s.height),
            _ => format!("{} × {} px ({})", s.width, s.height, grouped(s.n)),
        })
        .collect();
    some(&named)
}

fn duplicates(inspection: &Inspection) -> String {
    let groups: Vec<String> = inspection.duplicates.iter().map(|g| g.join(" = ")).collect();
    some(&groups)
}

/// How many pairs there are, then the first few, a pair a line.
fn near_copies(inspection: &Inspection) -> Vec<String> {
    let found = &inspection.near_copies;
    if found.pairs == 0 {
        return vec!["none".to_owned()];
    }
    let of = |n: usize, what: &str| if n > 0 { format!(", {} {what}", grouped(n)) } else { String::new() };
    let head = format!(
        "{}{}{}",
        pairs(found.pairs),
        of(found.across_slides, "of two slides"),
        of(found.across_sides, "across train and test")
    );
    let line = |copy: &NearCopy| {
        let [a, b] = &copy.tiles;
        let across = match (copy.across_sides, copy.across_slides) {
            (true, _) => ", across train and test",
            (false, true) => ", of two slides",
            (false, false) => "",
        };
        format!("{a} ~ {b} ({} of 64 bits differ{across})", copy.bits)
    };
    let more = found.pairs.saturating_sub(SHOWN);
    let rest = (more > 0).then(|| format!("and {} more", grouped(more)));
    [head].into_iter().chain(found.named.iter().take(SHOWN).map(line)).chain(rest).collect()
}

/// How many of a list are shown.
const SHOWN: usize = 4;

/// "none", or the first few and how many more.
fn some(items: &[String]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    let shown = items.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {} more", grouped(more)),
    }
}
