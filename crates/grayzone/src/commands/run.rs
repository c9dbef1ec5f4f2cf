//! `grayzone run`: a whole study from its STUDY.toml.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use record::{Damage, EpochChoice, Results, RowComparison, RunFolder, Stratum, Table3Row};
use serde::Serialize;
use study::{Claim, CrossValidation, Options, Pace, Prepared, StudyConfig, StudyError, StudyFile};
use tempfile::TempDir;

use crate::fault::Fault;
use crate::global::Global;
use crate::progress::clock_text;
use crate::study_progress::StudyProgress;
use crate::{device, inputs, interrupt, live_report, output};

/// Which study.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone run STUDY.toml --dry-run\n  grayzone run STUDY.toml --out runs/polyps\n  grayzone run STUDY.toml --folds 5 --out runs/polyps-5-folds"
)]
pub struct RunArgs {
    /// The study's settings
    #[arg(value_name = "STUDY.toml")]
    study: PathBuf,
    /// The run folder; a run found there goes on [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the plan with a rough time, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Compare every byte of what finished steps left with what is on record, even of weights that nothing reads again
    #[arg(long)]
    verify: bool,
    /// Cross-validate: test every tile once in N test folds by patient (or slide), each a run of its own below the run folder; instead of
    /// `test_folds` in the settings (`folds` there is another matter: that of the out-of-fold scorers)
    #[arg(long, value_name = "N")]
    folds: Option<usize>,
    /// The seed, instead of the one in the settings
    #[arg(long, value_parser = clap::value_parser!(u64).range(..=train::MOST_SEED))]
    seed: Option<u64>,
    /// The most memory that tiles may take, decoded and while they are decoded; those that take more are decoded into a file in the run
    /// folder
    #[arg(long, value_name = "SIZE", default_value = "4GiB", env = "GRAYZONE_CACHE", value_parser = inputs::parse_bytes)]
    cache: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &RunArgs, global: Global) -> anyhow::Result<()> {
    let StudyFile { mut config, is_named, notes } = StudyConfig::load(&args.study)?;
    if let Some(seed) = args.seed {
        config.seed = seed;
    }
    if let Some(folds) = args.folds {
        set_test_folds(&mut config, folds)?;
    }
    // Results must not depend on a file's name, but a folder may.
    let name = args
        .study
        .file_stem()
        .filter(|_| !is_named)
        .map_or(config.name.clone(), |s| s.to_string_lossy().into_owned());
    let out = args.out.clone().unwrap_or_else(|| Path::new("runs").join(name));
    let observer = StudyProgress::new(global.quiet);
    inputs::tell(&notes, observer.line());
    let options = Options { verify: args.verify, ..options(global, args.cache)? };
    if config.test_folds > 0 && config.test_fold == 0 {
        let open =
            |options: &Options| anyhow::Ok(CrossValidation::new(config.clone(), &out, options, &observer)?);
        let Opened { of: folds, options, claim, temporary: _held } = open_within(open, options, args, &out)?;
        if args.dry_run {
            return dry_run_of_folds(&folds, &options, &observer, args.json);
        }
        let claim = claimed(claim, &out)?;
        return carry_out_folds(&claim, &folds, &options, &observer, args.json);
    }
    let open = |options: &Options| anyhow::Ok(Prepared::new(config.clone(), &out, options, &observer)?);
    let Opened { of: prepared, options, claim, temporary: _held } = open_within(open, options, args, &out)?;
    if args.dry_run {
        return dry_run(&prepared, &options, &observer, args.json);
    }
    let claim = claimed(claim, &out)?;
    carry_out(&claim, &prepared, &options, &observer, args.json)
}

/// A study whose tiles are read, and what was needed for it.
struct Opened<T> {
    of: T,
    options: Options,
    /// The claim on the run folder, if it was needed already.
    claim: Option<Claim>,
    /// What goes away with the price of a run.
    temporary: Option<TempDir>,
}

/// Opens a study. Tiles that take more than the cache are kept in a file of the run folder, which is claimed for it; to price a run, in a
/// temporary one.
fn open_within<T>(
    open: impl Fn(&Options) -> anyhow::Result<T>,
    mut options: Options,
    args: &RunArgs,
    out: &Path,
) -> anyhow::Result<Opened<T>> {
    let (mut claim, mut temporary) = (None, None);
    let of = match open(&options) {
        Err(error) if error.downcast_ref().is_some_and(StudyError::is_over_cache) => {
            let folder = if args.dry_run {
                let folder = tempfile::tempdir();
                let folder =
                    folder.map_err(|e| Fault::io("no temporary folder could be made for the tiles", &e))?;
                temporary.insert(folder).path().to_owned()
            } else {
                claim = Some(Claim::of(out)?);
                out.join("tiles")
            };
            options.beyond_cache = Some(folder);
            open(&options)?
        }
        opened => opened?,
    };
    Ok(Opened { of, options, claim, temporary })
}

/// The claim on the run folder, made now unless it was needed before.
fn claimed(claim: Option<Claim>, out: &Path) -> anyhow::Result<Claim> {
    match claim {
        Some(claim) => Ok(claim),
        None => Ok(Claim::of(out)?),
    }
}

/// Takes the number of test folds from the arguments.
fn set_test_folds(config: &mut StudyConfig, folds: usize) -> anyhow::Result<()> {
    if config.test_fold > 0 {
        return Err(Fault::input(
            format!(
                "the study is one test fold already, in --folds {folds}, because its settings have test_fold = {}",
                config.test_fold
            ),
            "leave out --folds to run this fold, or give the study.toml of the whole cross-validation",
        ));
    }
    if !(2..=tissue::MOST_TEST_FOLDS).contains(&folds) {
        return Err(Fault::input(
            format!(
                "so many test folds cannot be made, in --folds {folds}, because there are 2 to {} of them",
                tissue::MOST_TEST_FOLDS
            ),
            "choose a number such as --folds 5, or leave it out for one test part",
        ));
    }
    config.test_folds = folds;
    Ok(())
}

/// How a study is run: on what, with how much.
pub fn options(global: Global, cache_bytes: u64) -> anyhow::Result<Options> {
    Ok(Options {
        threads: rayon::current_num_threads(),
        cache_bytes,
        beyond_cache: None,
        device: device::resolve(global.device)?,
        verify: false,
    })
}

/// Prints the plan; outputs that are not what their steps wrote are an error after it.
fn dry_run(
    prepared: &Prepared,
    options: &Options,
    observer: &StudyProgress,
    json: bool,
) -> anyhow::Result<()> {
    let (planned, damaged) = prepared.planned(options, observer)?;
    observer.line().relabel("timing a few steps");
    let plan = Plan::of(prepared, planned, &Pace::measure(prepared, options)?);
    observer.line().finish();
    if json {
        output::json(&plan)?;
    } else {
        output::text(&plan.text())?;
    }
    refuse_damaged(&damaged)
}

/// The same of all test folds: what each costs, and all together.
fn dry_run_of_folds(
    folds: &CrossValidation,
    options: &Options,
    observer: &StudyProgress,
    json: bool,
) -> anyhow::Result<()> {
    let planned = folds.planned(options, observer)?;
    observer.line().relabel("timing a few steps");
    let mut plan = FoldsPlan { folds: Vec::new(), total_seconds: 0.0, side_by_side: 1 };
    let mut all_damaged = Vec::new();
    let mut pace = None;
    for (prepared, (planned, damaged)) in folds.folds.iter().zip(planned) {
        let pace = match pace {
            Some(pace) => pace,
            None => *pace.insert(Pace::measure(prepared, options)?),
        };
        let of_fold = Plan::of(prepared, planned, &pace);
        plan.total_seconds += of_fold.total_seconds;
        plan.side_by_side = of_fold.side_by_side;
        plan.folds.push(FoldPlan {
            fold: prepared.study.config.test_fold,
            tested: prepared.study.data.test.len(),
            plan: of_fold,
        });
        all_damaged.extend(damaged);
    }
    observer.line().finish();
    if json {
        output::json(&plan)?;
    } else {
        output::text(&plan.text())?;
    }
    refuse_damaged(&all_damaged)
}

fn refuse_damaged(damaged: &[Damage]) -> anyhow::Result<()> {
    let Some(first) = damaged.first() else { return Ok(()) };
    let more = match damaged.len() {
        1 => String::new(),
        n => format!(" (the first of {n})"),
    };
    Err(Fault::input(
        format!(
            "an output of the step {} cannot be relied on, in {}{more}, because {}",
            first.step,
            first.path.display(),
            first.why
        ),
        "bring the file back as it was, or leave out --dry-run: the step is run again, and what is found there is kept aside",
    ))
}

/// Runs the test folds one after another, each with its report, and prints what they say together.
fn carry_out_folds(
    claim: &Claim,
    folds: &CrossValidation,
    options: &Options,
    observer: &StudyProgress,
    json: bool,
) -> anyhow::Result<()> {
    interrupt::work_saves_itself();
    let begun = folds.begin(claim, options, observer)?;
    for (index, fold) in folds.folds.iter().enumerate() {
        live_report::beside(&fold.study.run, observer.line(), || anyhow::Ok(begun.run_fold(index)?))?;
        report::write(&fold.study.run)?;
    }
    observer.line().relabel("putting the folds together");
    let results = begun.gather()?;
    print_results(&folds.run, &results, observer, json)
}

/// Runs what is not finished, writes the report and prints the results.
pub fn carry_out(
    claim: &Claim,
    prepared: &Prepared,
    options: &Options,
    observer: &StudyProgress,
    json: bool,
) -> anyhow::Result<()> {
    interrupt::work_saves_itself();
    let run = &prepared.study.run;
    let results =
        live_report::beside(run, observer.line(), || anyhow::Ok(prepared.run(claim, options, observer)?))?;
    print_results(&prepared.study.run, &results, observer, json)
}

/// Draws the report and prints the results.
fn print_results(
    folder: &RunFolder,
    results: &Results,
    observer: &StudyProgress,
    json: bool,
) -> anyhow::Result<()> {
    observer.line().relabel("drawing the report");
    report::write(folder)?;
    observer.line().finish();
    if json {
        return output::json(results);
    }
    output::text(&summary(results))?;
    output::line(&folder.report_html().display().to_string())
}

/// Which recipe to use, Table 3, and what else fits on a screen.
fn summary(results: &Results) -> String {
    let percent = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| format!("{:.1}", 100.0 * v));
    let row = |r: &Table3Row| {
        let spread = r.auc_se.map_or_else(String::new, |se| format!(" ± {:.1}", 100.0 * se));
        let five_best = format!("{}{spread}", percent(r.auc_mean));
        vec![
            r.training_set.to_string(),
            r.stratum.to_string(),
            five_best,
            percent(r.auc_last),
            percent(r.auc_val),
            r.seeds.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = results.table3.iter().map(row).collect();
    let header =
        ["training set", "test tiles", "AUC %, five best", "last epoch", "chosen on validation", "seeds"];
    let mut text = String::new();
    if let Some(advice) = report::advice(results) {
        for sentence in &advice.sentences {
            let _ = writeln!(text, "{sentence}.");
        }
        text.push('\n');
    }
    text += &output::table(&header, &rows);
    for claim in claims(&results.comparisons) {
        let _ = writeln!(text, "{claim}");
    }
    if let Some(ks) = &results.ks {
        let _ = writeln!(
            text,
            "confidence by agreement: KS {:.3}, p = {:.2e} ({} high, {} low)",
            ks.statistic, ks.p_value, ks.n_high, ks.n_low
        );
    }
    for phi in &results.phi {
        let _ = writeln!(
            text,
            "φ = {}: {} of {} translations kept by the scorer, {} by the held-out judge",
            phi.phi, phi.kept, phi.generated, phi.kept_held_out
        );
    }
    text
}

/// What may be claimed of each row, of all test tiles and of those of low agreement: at the epoch chosen on validation where there is one,
/// else at the last. The report has the rest.
fn claims(comparisons: &[RowComparison]) -> Vec<String> {
    let is_chosen = comparisons.iter().any(|row| row.epoch == EpochChoice::Validation);
    let epoch = if is_chosen { EpochChoice::Validation } else { EpochChoice::Last };
    let told = [Stratum::All, Stratum::Low]
        .map(|stratum| comparisons.iter().filter(move |row| row.stratum == stratum && row.epoch == epoch));
    told.into_iter()
        .flatten()
        .map(|row| report::claim_of(&row.training_set.to_string(), row).sentence)
        .collect()
}

#[derive(Serialize)]
struct Plan {
    steps: Vec<PlanStep>,
    total_seconds: f64,
    side_by_side: usize,
}

#[derive(Serialize)]
struct PlanStep {
    step: String,
    finished: bool,
    seconds: f64,
    /// By which a finished step is known, as in its `done.json`.
    hash: String,
}

/// The plan of a cross-validation.
#[derive(Serialize)]
struct FoldsPlan {
    folds: Vec<FoldPlan>,
    total_seconds: f64,
    side_by_side: usize,
}

#[derive(Serialize)]
struct FoldPlan {
    /// From 1.
    fold: usize,
    /// Tiles that it tests.
    tested: usize,
    #[serde(flatten)]
    plan: Plan,
}

impl FoldsPlan {
    fn text(&self) -> String {
        let row = |fold: &FoldPlan| {
            let steps = &fold.plan.steps;
            let finished = steps.iter().filter(|step| step.finished).count();
            let time =
                if finished == steps.len() { "finished".to_owned() } else { rough(fold.plan.total_seconds) };
            vec![
                fold.fold.to_string(),
                fold.tested.to_string(),
                steps.len().to_string(),
                finished.to_string(),
                time,
            ]
        };
        let rows: Vec<Vec<String>> = self.folds.iter().map(row).collect();
        let mut text = output::table(&["test fold", "tiles tested", "steps", "finished", "time"], &rows);
        let _ = writeln!(text, "about {} in all, one fold after another", rough(self.total_seconds));
        text
    }
}

/// A time for people.
fn rough(seconds: f64) -> String {
    clock_text(Duration::from_secs_f64(seconds.max(0.0)))
}

impl Plan {
    fn of(prepared: &Prepared, planned: Vec<study::PlannedStep>, pace: &Pace) -> Self {
        let estimate = pace.estimate(prepared, &planned);
        let step = |((step, seconds), graph): ((study::PlannedStep, f64), &study::Planned)| PlanStep {
            step: step.name,
            finished: step.cached,
            seconds,
            hash: graph.hash.clone(),
        };
        Self {
            steps: planned.into_iter().zip(estimate.seconds).zip(&prepared.steps).map(step).collect(),
            total_seconds: estimate.total,
            side_by_side: estimate.workers,
        }
    }

    fn text(&self) -> String {
        let row = |step: &PlanStep| {
            let time = if step.finished { "finished".to_owned() } else { rough(step.seconds) };
            vec![step.step.clone(), time]
        };
        let rows: Vec<Vec<String>> = self.steps.iter().map(row).collect();
        let mut text = output::table(&["step", "time"], &rows);
        let _ = writeln!(
            text,
            "about {} in all, {} step{} side by side",
            rough(self.total_seconds),
            self.side_by_side,
            if self.side_by_side == 1 { "" } else { "s" }
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::TrainingSet;

    fn compared(stratum: Stratum, epoch: EpochChoice) -> RowComparison {
        RowComparison {
            training_set: TrainingSet::Naive,
            stratum,
            epoch,
            seeds: 2,
            difference: Some(0.01),
            sd: Some(0.02),
            low: Some(-0.17),
            high: Some(0.19),
            p_t: Some(0.6),
            p_t_holm: Some(0.6),
            p_signed_rank: Some(1.0),
            p_signed_rank_holm: Some(1.0),
            detectable: Some(0.23),
            over_slides: None,
            over_seeds_and_slides: None,
            p_seeds_and_slides: None,
            p_seeds_and_slides_holm: None,
            delong: Vec::new(),
        }
    }

    #[test]
    fn which_recipe_to_use_is_told_first_of_all() {
        let recommendation = record::Recommendation {
            training_set: Some(TrainingSet::Original),
            no_choice: None,
            epoch: EpochChoice::Last,
            tiles: 60,
            of_class_x: 30,
            slides: 12,
            rows: Vec::new(),
        };
        let comparisons = vec![compared(Stratum::All, EpochChoice::Last)];
        let results = Results { recommendation: Some(recommendation), comparisons, ..Results::default() };
        let text = summary(&results);
        assert!(
            text.starts_with("No recipe is shown to pay here: train on the original tiles alone.\n"),
            "{text}"
        );
        assert!(text.contains("\n\n| training set"), "{text}");
        assert!(text.contains("naive: no difference shown"), "{text}");
    }

    #[test]
    fn claims_are_told_of_all_and_of_low_agreement_tiles_at_one_choice_of_epochs() {
        let of = |epochs: &[EpochChoice]| -> Vec<RowComparison> {
            let pairs = Stratum::ALL.into_iter().flat_map(|s| epochs.iter().map(move |e| compared(s, *e)));
            pairs.collect()
        };
        let chosen = claims(&of(&EpochChoice::ALL));
        assert_eq!(chosen.len(), 2);
        assert!(
            chosen[0].starts_with("naive: no difference shown in AUC on all test tiles (epoch chosen on")
        );
        assert!(chosen[1].contains("low-agreement"), "{chosen:?}");
        let last = claims(&of(&EpochChoice::ALL[..2]));
        assert!(last.len() == 2 && last.iter().all(|claim| claim.contains("(last epoch)")), "{last:?}");
        assert!(claims(&[]).is_empty());
    }
}
