//! `grayzone compare`: finished runs side by side.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use record::{BetweenRuns, Compared, ComparedRun, EpochChoice, Range, Stratum, TrainingSet};
use report::{Claim, Reach};
use serde::Serialize;

use crate::global::Global;
use crate::output;
use crate::progress::Progress;

/// Columns that fit on a screen.
const WIDTH: usize = 100;

/// Which runs.
#[derive(Debug, Args)]
#[command(
    after_help = "The first run is the one that the others are compared with. All must be of the same tiles, split and classes.\n\n\
                  Example:\n  grayzone compare runs/plain runs/new-recipe\n  grayzone compare runs/plain runs/new-recipe runs/wider --out compared.html\n  \
                  grayzone compare runs/plain runs/new-recipe --json > compared.json"
)]
pub struct CompareArgs {
    /// The folders of finished runs, two or more
    #[arg(value_name = "RUN", required = true, num_args = 1..)]
    runs: Vec<PathBuf>,
    /// Write the comparison as one HTML file, too; it must not be there yet
    #[arg(long, value_name = "FILE.html")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &CompareArgs, global: Global) -> anyhow::Result<()> {
    if let Some(file) = &args.out {
        output::refuse_to_overwrite(file)?;
    }
    let progress = Progress::new("comparing", global.quiet);
    let compared = compare::compare(&args.runs, concat!("grayzone ", env!("CARGO_PKG_VERSION")))?;
    for note in &compared.notes {
        progress.note(&format!("note: {note}"));
    }
    if let Some(file) = &args.out {
        files::write_atomic(file, report::comparison_page(&compared).as_bytes())?;
    }
    if args.json {
        return output::json(&Printed { claims: claims(&compared), compared: &compared });
    }
    output::text(&text(&compared))?;
    match &args.out {
        Some(file) => output::line(&file.display().to_string()),
        None => Ok(()),
    }
}

#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    compared: &'a Compared,
    /// By the epoch of `claimed_epoch`.
    claims: Vec<PrintedClaim>,
}

/// What may be claimed of one test.
#[derive(Serialize)]
struct PrintedClaim {
    /// Which of the runs, against the first; against its own original where `is_own`.
    run: usize,
    is_own: bool,
    training_set: TrainingSet,
    stratum: Stratum,
    epoch: EpochChoice,
    reach: &'static str,
    sentence: String,
}

/// The claims of the tests between runs, then of each run by itself.
fn claims(compared: &Compared) -> Vec<PrintedClaim> {
    let printed = |run, is_own, row: &record::RowComparison, claim: Claim| PrintedClaim {
        run,
        is_own,
        training_set: row.training_set,
        stratum: row.stratum,
        epoch: row.epoch,
        reach: match claim.reach {
            Reach::OtherSlides => "other slides",
            Reach::TheseTiles => "these tiles",
            Reach::Nothing => "nothing",
        },
        sentence: claim.sentence,
    };
    let is_claimed = |row: &record::RowComparison| row.epoch == compared.claimed_epoch;
    let between = compared
        .tests
        .iter()
        .filter(|test| is_claimed(&test.comparison))
        .map(|test| printed(test.run, false, &test.comparison, report::between_claim(compared, test)));
    let own = compared.runs.iter().enumerate().flat_map(|(at, run)| {
        let rows = run.comparisons.iter().filter(|row| is_claimed(row));
        rows.map(move |row| printed(at, true, row, report::own_claim(run, row)))
    });
    between.chain(own).collect()
}

fn text(compared: &Compared) -> String {
    let mut text = String::new();
    for run in &compared.runs {
        let _ = writeln!(text, "{}", wrapped(&line_of(run), "   "));
    }
    if compared.settings.is_empty() {
        text.push_str("\nthe settings are the same, but for names and places\n");
    } else {
        let _ = write!(text, "\n{}", settings(compared));
    }
    let _ = write!(text, "\n{}", table3(compared));
    if !compared.tests.is_empty() {
        let _ = write!(
            text,
            "\n{}95 % over seeds is for these test tiles, over seeds and slides for other slides, too;\np by Holm over the tests of the same tiles and epoch: every row of every run\n",
            tests(compared)
        );
    }
    let claims = claims(compared);
    if !claims.is_empty() {
        text.push('\n');
    }
    for claim in claims {
        let _ = writeln!(text, "{}", wrapped(&claim.sentence, "  "));
    }
    text
}

fn line_of(run: &ComparedRun) -> String {
    let on = run.computed_on.as_ref().map_or_else(String::new, |on| format!(", {on}"));
    format!(
        "{}: {} ({}; {}{on}; seed {}, {} px, {} test tiles on {} slides)",
        run.letter, run.name, run.folder, run.tool, run.seed, run.tile_size, run.test_tiles, run.test_slides
    )
}

fn settings(compared: &Compared) -> String {
    let longest = compared.settings.iter().map(|s| s.key.chars().count()).max().unwrap_or(0).max(7);
    let room = (WIDTH.saturating_sub(longest + 4) / compared.runs.len()).saturating_sub(3).max(6);
    let header: Vec<&str> =
        std::iter::once("setting").chain(compared.runs.iter().map(|run| run.letter.as_str())).collect();
    let rows: Vec<Vec<String>> = compared
        .settings
        .iter()
        .map(|setting| {
            let values = setting.values.iter().map(|value| shortened(value.as_deref().unwrap_or("–"), room));
            std::iter::once(setting.key.clone()).chain(values).collect()
        })
        .collect();
    output::table(&header, &rows)
}

fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room - 1).collect();
    kept + "…"
}

fn table3(compared: &Compared) -> String {
    let percent = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| format!("{:.1}", 100.0 * v));
    let mut questions: Vec<(TrainingSet, Stratum)> = Vec::new();
    for row in compared.runs.iter().flat_map(|run| &run.table3) {
        if !questions.contains(&(row.training_set, row.stratum)) {
            questions.push((row.training_set, row.stratum));
        }
    }
    let mut rows = Vec::new();
    for (set, stratum) in questions {
        for run in &compared.runs {
            let Some(row) = run.table3.iter().find(|r| (r.training_set, r.stratum) == (set, stratum)) else {
                continue;
            };
            let spread = row.auc_se.map_or_else(String::new, |se| format!(" ± {:.1}", 100.0 * se));
            rows.push(vec![
                set.to_string(),
                stratum.to_string(),
                run.letter.clone(),
                format!("{}{spread}", percent(row.auc_mean)),
                percent(row.auc_last),
                percent(row.auc_val),
                row.seeds.to_string(),
            ]);
        }
    }
    let header =
        ["training set", "test tiles", "run", "AUC %, five best", "last epoch", "on validation", "seeds"];
    output::table(&header, &rows)
}

fn tests(compared: &Compared) -> String {
    let points = |v: f64| format!("{:+.1}", 100.0 * v);
    let interval = |ends: Option<(f64, f64)>| {
        ends.map_or_else(|| "–".to_owned(), |(low, high)| format!("{} to {}", points(low), points(high)))
    };
    let ends = |range: Option<Range>| range.map(|range| (range.low, range.high));
    let p = |p: Option<f64>| match p {
        None => "–".to_owned(),
        Some(p) if p < 0.001 => format!("{p:.0e}"),
        Some(p) => format!("{p:.3}"),
    };
    let row = |test: &BetweenRuns| {
        let c = &test.comparison;
        let letter = |run: usize| compared.runs[run].letter.as_str();
        vec![
            c.training_set.to_string(),
            c.stratum.to_string(),
            c.epoch.to_string(),
            format!("{} − {}", letter(test.run), letter(0)),
            c.difference.map_or_else(|| "–".to_owned(), points),
            interval(c.low.zip(c.high)),
            p(c.p_t_holm),
            interval(ends(c.over_seeds_and_slides)),
        ]
    };
    let rows: Vec<Vec<String>> = compared.tests.iter().map(row).collect();
    let header = ["row", "tiles", "epoch", "runs", "points", "95 %, seeds", "p", "95 %, slides too"];
    output::table(&header, &rows)
}

/// Lines that fit on a screen; all but the first begin with `indent`.
fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > indent.len() && line + 1 + word.chars().count() > WIDTH {
            lines.push(format!("{indent}{word}"));
        } else if let Some(last) = lines.last_mut() {
            if line > 0 {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests_of_text {
    use super::*;

    #[test]
    fn long_lines_are_wrapped_between_words() {
        let text = "word ".repeat(50);
        let lines: Vec<String> = wrapped(text.trim(), "  ").lines().map(str::to_owned).collect();
        assert!(lines.len() == 3 && lines.iter().all(|line| line.chars().count() <= WIDTH));
        assert!(lines[0].starts_with("word") && lines[1].starts_with("  word"));
        assert_eq!(lines.join(" ").split_whitespace().count(), 50);
        assert_eq!(shortened("HP, SSA, TA", 6), "HP, S…");
    }
}
