//! Several runs side by side.

use crate::load::Run;
use crate::{CompareError, rows, same_data, settings};
use record::{Compared, ComparedRun, EpochChoice};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The most runs: as many as there are letters.
const MOST: usize = 26;

/// Compares finished runs with the first of them; `tool` is the program that does.
///
/// # Errors
/// If there are fewer than two runs, one is no finished run or is given twice, or they are not of the same data.
pub fn compare(folders: &[PathBuf], tool: &str) -> Result<Compared, CompareError> {
    let given = match folders.len() {
        0 => "no run was given".to_owned(),
        1 => "one run was given".to_owned(),
        n if n > MOST => format!("{n} runs were given, and at most {MOST} are compared"),
        _ => String::new(),
    };
    if !given.is_empty() {
        return Err(CompareError::Number { given });
    }
    same_data::refuse_twice(folders)?;
    let runs =
        ('A'..).zip(folders).map(|(letter, path)| Run::open(letter, path)).collect::<Result<Vec<_>, _>>()?;
    let mut notes = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        for before in &runs[..at] {
            let remark = same_data::check(before, run)?;
            if before.letter == 'A' {
                notes.extend(remark);
            }
        }
    }
    let (tests, more) = rows::against_first(&runs)?;
    notes.extend(more);
    Ok(Compared {
        tool: tool.to_owned(),
        settings: settings::differing(&runs),
        claimed_epoch: claimed_epoch(&runs),
        runs: runs.into_iter().map(shown).collect(),
        tests,
        notes,
    })
}

fn claimed_epoch(runs: &[Run]) -> EpochChoice {
    let validates = |run: &Run| run.results.table3.iter().any(|row| row.auc_val.is_some());
    if runs.iter().all(validates) { EpochChoice::Validation } else { EpochChoice::Last }
}

fn shown(run: Run) -> ComparedRun {
    let test_slides: BTreeSet<&str> = run.test_tiles().map(|tile| tile.slide.as_str()).collect();
    ComparedRun {
        letter: run.letter.to_string(),
        folder: run.shown(),
        test_tiles: run.test_tiles().count(),
        test_slides: test_slides.len(),
        data_hash: run.done.data_hash,
        computed_on: run.done.computed_on,
        tool: run.results.tool,
        name: run.results.name,
        seed: run.results.seed,
        classes: run.results.classes,
        source_class: run.results.source_class,
        tile_size: run.results.tile_size,
        table3: run.results.table3,
        comparisons: run.results.comparisons,
    }
}
