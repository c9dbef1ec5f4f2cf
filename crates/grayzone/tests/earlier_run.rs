//! A run folder that an earlier grayzone left is found finished: no change of the program makes somebody's trainings stale unasked.

mod sandbox;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sandbox::Sandbox;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/earlier-run")
}

/// Every file below a folder: its path and what it holds.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn copied() -> Sandbox {
    let here = Sandbox::new();
    for (path, bytes) in files(&fixture()) {
        here.write(path.to_str().unwrap(), bytes);
    }
    here
}

#[test]
fn no_training_of_an_earlier_grayzone_is_repeated_and_what_it_left_stays_as_it_is() {
    let here = copied();
    let plan = here.ok(&["run", "STUDY.toml", "--out", "run", "--dry-run", "--verify", "--json"]).json();
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 13);
    // Translations are measured, and more is gathered into results.json, since; that alone is done, from what the steps left.
    for step in steps {
        let is_new = ["quality-phi-50", "evaluate"].contains(&step["step"].as_str().unwrap());
        assert_eq!(step["finished"], !is_new, "{step}");
    }

    let before = files(&here.path("run"));
    here.ok(&["run", "STUDY.toml", "--out", "run", "--verify", "--quiet"]);
    let after = files(&here.path("run"));
    // The settings and the plan are written, the results gathered anew, and the report is drawn; nothing else is.
    let anew =
        ["study.toml", "results.json", "steps/evaluate/done.json", "steps/evaluate/hash.txt"].map(Path::new);
    for (path, bytes) in before.iter().filter(|(path, _)| !anew.contains(&path.as_path())) {
        assert!(after.get(path) == Some(bytes), "{} was changed", path.display());
    }
    let new: Vec<&PathBuf> = after.keys().filter(|path| !before.contains_key(*path)).collect();
    let measured = Path::new("steps/quality-phi-50");
    let (measures, new): (Vec<&PathBuf>, Vec<&PathBuf>) =
        new.into_iter().partition(|path| path.starts_with(measured));
    let (figures, new): (Vec<&PathBuf>, Vec<&PathBuf>) =
        new.into_iter().partition(|path| path.starts_with("figures"));
    assert!(!figures.is_empty());
    assert_eq!(new, ["plan.csv", "report.html", "run.lock"].map(Path::new));
    for name in ["done.json", "tiles.csv", "pictures.csv", "distances.csv", "embedding.csv"] {
        assert!(
            measures.iter().any(|path| **path == measured.join(name)),
            "{name} is not among {measures:?}"
        );
    }
    let maps = |of: &str| {
        measures.iter().filter(|path| path.starts_with(measured.join("saliency").join(of))).count()
    };
    let translated = before.keys().filter(|path| path.starts_with("generated/phi-50")).count();
    assert!(translated > 0 && maps("source") == translated && maps("generated") == translated);
    let results: serde_json::Value = serde_json::from_slice(&after[Path::new("results.json")]).unwrap();
    assert_eq!(results["distances"].as_array().unwrap().len(), 12, "six pairs of sets by two networks");
    assert_eq!(results["pictures"].as_array().unwrap().len(), 4);

    // Its trainings kept no tile's scores: what seeds tell is told, what needs scores is missing and said to be.
    let comparisons = results["comparisons"].as_array().unwrap();
    assert!(comparisons.iter().all(|row| row["difference"].is_f64() && row["over_slides"].is_null()));
    assert_eq!(comparisons.len(), 2 * 3 * 2, "{comparisons:?}");
    assert!(results["at_threshold"].as_array().unwrap().is_empty());
    let notes = results["notes"].to_string();
    assert!(notes.contains("trainings of original, naive, phi=50 were made by an older grayzone"), "{notes}");
}

#[test]
fn a_changed_setting_repeats_what_it_touches_of_an_earlier_run_and_nothing_else() {
    let here = copied();
    let study = here.read("STUDY.toml").replace("steps = 2", "steps = 3");
    here.write("STUDY.toml", study);
    let plan = here.ok(&["run", "STUDY.toml", "--out", "run", "--dry-run", "--json"]).json();
    let open: Vec<&str> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["finished"] == false)
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    assert_eq!(
        open,
        [
            "translator-phi-50",
            "translate-phi-50",
            "naive",
            "retrain-naive-seed-0",
            "retrain-phi-50-seed-0",
            "quality-phi-50",
            "evaluate"
        ]
    );
}

/// Studies that between them have every kind of step and most settings, planned on the fixture's tiles: the hashes are those that
/// grayzone 0.1 wrote into the `done.json` of each step. Steps that it did not have change no other's; what gathers everything has become
/// another with them.
#[test]
fn every_kind_of_step_is_known_by_the_hash_that_it_had() {
    let hashes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/earlier-hashes");
    for name in ["probed", "fixed"] {
        let here = copied();
        std::fs::copy(hashes.join("with-severity.csv"), here.path("tiles/with-severity.csv")).unwrap();
        std::fs::copy(hashes.join(format!("{name}.toml")), here.path("OTHER.toml")).unwrap();
        let mut expected: BTreeMap<String, String> =
            serde_json::from_slice(&std::fs::read(hashes.join(format!("{name}.json"))).unwrap()).unwrap();
        let plan = here.ok(&["run", "OTHER.toml", "--dry-run", "--json"]).json();
        let steps = plan["steps"].as_array().unwrap().iter();
        let mut found: BTreeMap<String, String> = steps
            .map(|step| {
                (step["step"].as_str().unwrap().to_owned(), step["hash"].as_str().unwrap().to_owned())
            })
            .collect();
        assert_ne!(found.remove("evaluate"), expected.remove("evaluate"), "{name}");
        found.retain(|step, _| !step.starts_with("quality-") && !step.starts_with("robustness-"));
        assert_eq!(found, expected, "{name}");
    }
}
