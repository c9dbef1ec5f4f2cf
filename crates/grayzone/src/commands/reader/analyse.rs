//! `grayzone reader analyse`: what the readers saw.

use std::path::PathBuf;

use clap::Args;
use reader::Store;
use record::{Estimate, Reading, RunFolder};
use serde::Deserialize;
use tissue::Manifest;

use crate::fault::Fault;
use crate::global::Global;
use crate::output;
use crate::progress::Progress;

/// What is analysed, and what is written.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone reader analyse my-readers\n  grayzone reader analyse my-readers --run runs/my-study --csv votes.csv\n  grayzone reader analyse my-readers --votes-to my-tiles/read.csv"
)]
pub struct AnalyseArgs {
    /// The study's folder
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    /// Only the readers who have finished, though others have not
    #[arg(long)]
    partial: bool,
    /// Put the analysis into this run's folder and its report
    #[arg(long, value_name = "RUN")]
    run: Option<PathBuf>,
    /// Write the votes that count, one a line
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write the votes in the form of the FDA's iMRMC
    #[arg(long, value_name = "FILE")]
    imrmc: Option<PathBuf>,
    /// Write a manifest with the readers' votes, for a next run: a CSV file in the data's folder or above it
    #[arg(long, value_name = "MANIFEST")]
    votes_to: Option<PathBuf>,
    /// Where the data are, for --votes-to [default: where they were for the run]
    #[arg(long, value_name = "PATH", requires = "votes_to")]
    manifest: Option<PathBuf>,
    /// The seed of the bootstrap
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &AnalyseArgs, global: Global) -> anyhow::Result<()> {
    let progress = Progress::new("analysing", global.quiet);
    for file in [&args.csv, &args.imrmc, &args.votes_to].into_iter().flatten() {
        // Votes and manifests are somebody's work.
        output::refuse_to_overwrite(file)?;
    }
    let store = Store::open_to_read(&args.study)?;
    let reading = reader::analyse(&store, args.partial, args.seed)?;
    if !reading.left_out.is_empty() {
        progress.note(&format!(
            "note: left out, because they have not finished: {}",
            reading.left_out.join(", ")
        ));
    }
    if let Some(file) = &args.csv {
        files::write_atomic(file, &reader::votes_csv(&store, args.partial)?)?;
    }
    if let Some(file) = &args.imrmc {
        files::write_atomic(file, reader::imrmc(&store, args.partial)?.as_bytes())?;
    }
    if let Some(file) = &args.votes_to {
        let data = match &args.manifest {
            Some(data) => data.clone(),
            None => data_of(&store)?,
        };
        let manifest = reader::manifest_with_votes(&store, Manifest::open(&data)?, args.partial)?;
        manifest.write_csv(file)?;
        for note in &manifest.notes {
            progress.note(&format!("note: {note}"));
        }
    }
    if let Some(run) = &args.run {
        let folder = RunFolder::new(run);
        folder.finished()?;
        check_same_translations(&store, &folder)?;
        files::write_json(&folder.reading_json(), &reading)?;
        report::write(&folder)?;
        progress.note(&format!("note: the report shows it now: {}", folder.report_html().display()));
    }
    if args.json {
        return output::json(&reading);
    }
    print(&reading)
}

/// Readers' answers belong to the tiles they have seen, and not to those of another run or of a later one.
fn check_same_translations(store: &Store, run: &RunFolder) -> anyhow::Result<()> {
    let settings = store.settings();
    let translate = record::StepName::translate(settings.phi);
    let there = run.read_done(&translate)?.map(|done| done.outputs_digest());
    // Older studies do not know.
    if settings.translations.is_none() || settings.translations == there {
        return Ok(());
    }
    Err(Fault::input(
        format!(
            "the reader study does not belong to the run, in {}, because it was drawn from other translations ({})",
            run.root.display(),
            settings.run
        ),
        "give the run that it was drawn from, as it was then, or leave out --run",
    ))
}

/// The data of the run that the study was drawn from.
fn data_of(store: &Store) -> anyhow::Result<PathBuf> {
    #[derive(Deserialize)]
    struct RunSettings {
        data: PathBuf,
    }
    let run = RunFolder::new(&store.settings().run);
    let settings: RunSettings = files::read_toml(&run.study_toml()).map_err(|e| {
        Fault::input(format!("the data of the run are not known: {e}"), "say where they are with --manifest")
    })?;
    Ok(settings.data)
}

fn print(reading: &Reading) -> anyhow::Result<()> {
    let readers = reading.readers.len();
    output::line(&format!("{}: {readers} readers, translations at φ = {}", reading.study, reading.phi))?;
    let x = &reading.source_class;
    let majority = if readers == 3 { "2/3".to_owned() } else { "majority".to_owned() };
    let all = if readers == 3 { "3/3".to_owned() } else { "all".to_owned() };
    let percent = |count: usize, of: usize| {
        if of == 0 { "–".to_owned() } else { format!("{:.1} %", 100.0 * count as f64 / of as f64) }
    };
    let mut rows: Vec<Vec<String>> = reading
        .table2
        .iter()
        .map(|row| {
            vec![
                row.group.clone(),
                row.tiles.to_string(),
                percent(row.majority, row.tiles),
                percent(row.unanimous, row.tiles),
                percent(row.kept.count, row.kept.of),
            ]
        })
        .collect();
    if let Some(other) = &reading.other {
        rows.push(vec![
            "other class".into(),
            other.of.to_string(),
            String::new(),
            String::new(),
            format!("{} confirmed", percent(other.count, other.of)),
        ]);
    }
    output::line(&format!("\nTable 2: agreement on {x}"))?;
    output::text(&output::table(&["tiles", "n", &majority, &all, "label kept"], &rows))?;

    let rows: Vec<Vec<String>> = reading
        .agreement
        .iter()
        .map(|row| {
            vec![
                row.group.clone(),
                format!("{} of {}", row.unanimous, row.tiles),
                estimate(&row.fleiss_kappa),
                estimate(&row.krippendorff_alpha),
            ]
        })
        .collect();
    output::line("\nAgreement (95 % intervals by a bootstrap over slides)")?;
    output::text(&output::table(&["tiles", "unanimous", "Fleiss' kappa", "Krippendorff's alpha"], &rows))?;

    let pairs: Vec<Vec<String>> = reading
        .pairs
        .iter()
        .chain(&reading.themselves)
        .map(|row| {
            let who =
                if row.a == row.b { format!("{} again", row.a) } else { format!("{} and {}", row.a, row.b) };
            vec![
                who,
                row.tiles.to_string(),
                row.same.map_or_else(|| "–".into(), |s| format!("{:.1} %", 100.0 * s)),
                output::number(row.cohen_kappa),
            ]
        })
        .collect();
    if !pairs.is_empty() {
        output::line("\nReader by reader")?;
        output::text(&output::table(&["readers", "tiles", "same label", "Cohen's kappa"], &pairs))?;
    }

    let rows: Vec<Vec<String>> = reading
        .comparisons
        .iter()
        .map(|row| {
            let what = match row.outcome.as_str() {
                "unanimous" => format!("all say {x}"),
                "kept" => format!("majority says {x}"),
                reader => format!("{reader} says {x}"),
            };
            vec![
                what,
                row.with.to_string(),
                format!("{} of {}", row.generated, row.generated_of),
                format!("{} of {}", row.others, row.others_of),
                estimate(&row.difference),
                format!("{:.2e}", row.p_value),
            ]
        })
        .collect();
    if !rows.is_empty() {
        output::line(
            "\nGenerated tiles beside easy ones (their sources: exact McNemar) and hard ones (Fisher's exact)",
        )?;
        let header = ["outcome", "beside", "generated", "others", "difference", "p"];
        output::text(&output::table(&header, &rows))?;
    }

    if !reading.detection.is_empty() {
        let rows: Vec<Vec<String>> = reading
            .detection
            .iter()
            .map(|row| {
                vec![
                    row.reader.clone(),
                    estimate(&row.sensitivity),
                    estimate(&row.specificity),
                    row.p_value.map_or_else(|| "–".into(), |p| format!("{p:.2e}")),
                ]
            })
            .collect();
        output::line("\nReal or generated?")?;
        let header = ["reader", "generated seen as such", "real seen as such", "p"];
        output::text(&output::table(&header, &rows))?;
    }

    let rows: Vec<Vec<String>> = reading
        .time
        .iter()
        .filter_map(|row| {
            let [low, median, high] = row.quartiles?;
            Some(vec![row.group.clone(), format!("{median:.1} s"), format!("{low:.1} to {high:.1} s")])
        })
        .collect();
    if !rows.is_empty() {
        output::line("\nTime a tile")?;
        output::text(&output::table(&["tiles", "median", "middle half"], &rows))?;
    }
    Ok(())
}

fn estimate(estimate: &Estimate) -> String {
    match (estimate.value, estimate.low, estimate.high) {
        (Some(value), Some(low), Some(high)) => format!("{value:.3} [{low:.3}, {high:.3}]"),
        (value, ..) => value.map_or_else(|| "–".to_owned(), |v| format!("{v:.3}")),
    }
}
