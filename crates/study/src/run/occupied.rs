//! Whose run an output folder holds.

use record::RunFolder;

use crate::config::StudyConfig;
use crate::error::StudyError;

/// What a run's `study.toml` says of whose it is.
#[derive(serde::Deserialize)]
struct Of {
    name: String,
    #[serde(default)]
    test_folds: usize,
    #[serde(default)]
    test_fold: usize,
}

/// Refuses to run over what another study has left: one of another name, or of other test folds. It is somebody's work.
///
/// # Errors
/// If that is what lies there.
pub fn refuse_another(run: &RunFolder, config: &StudyConfig) -> Result<(), StudyError> {
    // No file: a new run. One that cannot be read is written anew.
    let Ok(there) = files::read_toml::<Of>(&run.study_toml()) else { return Ok(()) };
    let refuse = |why: String, hint: String| Err(StudyError::Output { path: run.root.clone(), why, hint });
    if there.name != config.name {
        return refuse(
            format!("it holds the run of study {:?}, and this one is {:?}", there.name, config.name),
            "choose another folder with --out, or give the study that name to change it".into(),
        );
    }
    let (then, now) = ((there.test_folds, there.test_fold), (config.test_folds, config.test_fold));
    if then == now {
        return Ok(());
    }
    let elsewhere = "choose another folder with --out";
    let hint = match then {
        (0, _) => {
            format!("{elsewhere}, or leave out --folds (in STUDY.toml: test_folds) to go on with that run")
        }
        (folds, 0) => {
            format!("{elsewhere}, or go on with --folds {folds} (in STUDY.toml: test_folds = {folds})")
        }
        _ => elsewhere.to_owned(),
    };
    refuse(format!("it holds {}, and this is {}", named(then), named(now)), hint)
}

fn named((folds, fold): (usize, usize)) -> String {
    match (folds, fold) {
        (0, _) => "a run with one test part".to_owned(),
        (folds, 0) => format!("a cross-validation of {folds} test folds"),
        (folds, fold) => format!("test fold {fold} of {folds}"),
    }
}
