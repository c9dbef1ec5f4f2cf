//! The house as ARCHITECTURE.md draws it: no circle between the files of a crate, no crate that uses one it must not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use arrows::{Arrows, Circle};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every crate of the workspace by its name.
static CRATES: LazyLock<BTreeMap<String, Arrows>> = LazyLock::new(|| {
    let folders = fs::read_dir(repository().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let of = |folder: PathBuf| {
        let root =
            ["src/lib.rs", "src/main.rs"].map(|root| folder.join(root)).into_iter().find(|r| r.is_file());
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        Some((name, Arrows::of(&root?).unwrap_or_else(|e| panic!("{e}"))))
    };
    folders.filter_map(of).collect()
});

#[test]
fn no_files_use_one_another_in_a_circle() {
    let mut wrong = Vec::new();
    for (name, arrows) in &*CRATES {
        let circles: Vec<String> = arrows.circles().iter().map(Circle::to_string).collect();
        if !circles.is_empty() {
            wrong.push(format!("files of {name} use one another in a circle:\n{}", circles.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What each crate may use, from the table in ARCHITECTURE.md: its first column, and the one called "uses".
fn may_use() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut rows =
        text.lines().filter(|line| line.starts_with('|')).map(|line| line.split('|').collect::<Vec<_>>());
    let header = rows.next().expect("ARCHITECTURE.md has a table of the crates");
    let uses = header.iter().position(|cell| cell.trim() == "uses").expect("the table has a column \"uses\"");
    rows.filter_map(|row| Some((names(row[1]).pop()?, names(row[uses])))).collect()
}

#[test]
fn no_crate_uses_another_against_the_arrows() {
    let (crates, allowed) = (&*CRATES, may_use());
    let drawn: Vec<&String> = allowed.keys().collect();
    assert_eq!(
        drawn,
        crates.keys().collect::<Vec<_>>(),
        "the crates in ARCHITECTURE.md are those in crates/"
    );
    let mut wrong = Vec::new();
    for (name, arrows) in crates {
        for other in crates.keys().filter(|other| *other != name && arrows.uses_crate(other)) {
            if !allowed[name].contains(other) {
                wrong.push(format!("{name} -> {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "not in ARCHITECTURE.md: {}", wrong.join(", "));
}
