//! The folder of figures. Files of ours are known by a list, so that those of others stay as they are.

use super::gather::{Figure, is_name};
use files::{OwnFileError, read_rows, read_utf8, write_atomic, write_rows};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

/// The list of the files that a report wrote.
const LIST: &str = "list.csv";

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Listed {
    file: String,
    title: String,
    about: String,
}

/// Writes each figure as picture and numbers, and removes those of an earlier report that there are no more. What comes back are
/// names that were not written, because a file of somebody else's has them.
///
/// # Errors
/// If a file cannot be written or removed.
pub fn write(folder: &Path, figures: &[Figure]) -> Result<Vec<String>, OwnFileError> {
    let list = folder.join(LIST);
    let before: Vec<Listed> = match read_rows(&list) {
        Ok(listed) => listed,
        // By a list that cannot be understood nothing here is known to be ours, not even the list itself.
        Err(_) if list.symlink_metadata().is_ok() => return Ok(vec![LIST.to_owned()]),
        Err(_) => Vec::new(),
    };
    let before: Vec<Listed> = before.into_iter().filter(|l| is_file_name(&l.file)).collect();
    if figures.is_empty() && before.is_empty() {
        return Ok(Vec::new());
    }
    let ours: BTreeSet<&str> = before.iter().map(|l| l.file.as_str()).collect();
    let mut now = Vec::new();
    let mut contents = Vec::new();
    let mut in_the_way = Vec::new();
    for figure in figures {
        let picture = (format!("{}.svg", figure.name), figure.drawing.picture(&figure.caption));
        let numbers = (format!("{}.csv", figure.name), csv(&figure.data.lines()));
        for (file, content) in [picture, numbers] {
            if !ours.contains(file.as_str()) && folder.join(&file).symlink_metadata().is_ok() {
                in_the_way.push(file);
                continue;
            }
            now.push(Listed {
                file: file.clone(),
                title: figure.heading.clone(),
                about: figure.caption.clone(),
            });
            contents.push((file, content));
        }
    }
    // Until all is done the list has the old and the new: whatever happens in between, no file of ours is forgotten.
    let known: BTreeSet<&str> = now.iter().map(|l| l.file.as_str()).collect();
    let stale: Vec<Listed> = before.iter().filter(|l| !known.contains(l.file.as_str())).cloned().collect();
    if before != now {
        write_rows(&list, &[now.clone(), stale.clone()].concat())?;
    }
    for (file, content) in &contents {
        let path = folder.join(file);
        if read_utf8(&path).is_ok_and(|there| there == *content) {
            continue;
        }
        write_atomic(&path, content.as_bytes())?;
    }
    for gone in &stale {
        let path = folder.join(&gone.file);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(OwnFileError::Write { path, source });
            }
            _ => {}
        }
    }
    if !stale.is_empty() {
        write_rows(&list, &now)?;
    }
    Ok(in_the_way)
}

/// Whether the list may name such a file: one of the folder itself, and a picture or numbers.
fn is_file_name(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(name, ending)| is_name(name) && matches!(ending, "svg" | "csv"))
}

/// Fields to lines, quoted where it needs to be (RFC 4180).
fn csv(lines: &[Vec<&str>]) -> String {
    let mut text = String::new();
    for line in lines {
        for (i, field) in line.iter().enumerate() {
            if i > 0 {
                text.push(',');
            }
            if field.contains(['"', ',', '\n', '\r']) || field.trim() != *field {
                text += &["\"", &field.replace('"', "\"\""), "\""].concat();
            } else {
                text += field;
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Drawing;
    use crate::sheet::Sheet;
    use maud::html;

    fn figure(name: &str, value: f64) -> Figure {
        let mut data = Sheet::new(["name", "value"]);
        data.push(["a, \"b\"".into(), value.into()]);
        Figure {
            name: name.into(),
            heading: name.into(),
            caption: String::new(),
            drawing: Drawing {
                title: name.into(),
                description: String::new(),
                size: (100.0, 50.0),
                legend: Vec::new(),
                body: html! {},
            },
            data,
            shown: None,
            wide: false,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn stale_figures_go_new_ones_come_and_those_of_others_stay() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("figures");
        assert!(write(&folder, &[]).unwrap().is_empty() && !folder.exists(), "no folder without a figure");
        write(&folder, &[figure("one", 0.1), figure("two", 2.0)]).unwrap();
        assert_eq!(names(&folder), ["list.csv", "one.csv", "one.svg", "two.csv", "two.svg"]);
        assert_eq!(read_utf8(&folder.join("one.csv")).unwrap(), "name,value\n\"a, \"\"b\"\"\",0.1\n");

        std::fs::write(folder.join("mine.svg"), "of somebody else").unwrap();
        std::fs::write(folder.join("three.svg"), "of somebody else").unwrap();
        let in_the_way = write(&folder, &[figure("one", 0.3), figure("three", 3.0)]).unwrap();
        assert_eq!(in_the_way, ["three.svg"]);
        assert_eq!(names(&folder), ["list.csv", "mine.svg", "one.csv", "one.svg", "three.csv", "three.svg"]);
        assert!(read_utf8(&folder.join("one.csv")).unwrap().contains("0.3"), "ours are written anew");
        for theirs in ["mine.svg", "three.svg"] {
            assert_eq!(read_utf8(&folder.join(theirs)).unwrap(), "of somebody else");
        }
        // Theirs stay theirs the next time, too.
        assert_eq!(write(&folder, &[]).unwrap(), Vec::<String>::new());
        assert_eq!(names(&folder), ["list.csv", "mine.svg", "three.svg"]);
    }

    #[test]
    fn a_list_cannot_name_files_elsewhere() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("figures");
        std::fs::create_dir(&folder).unwrap();
        for victim in ["a.svg", "figures/notes.txt"] {
            std::fs::write(root.path().join(victim), "kept").unwrap();
        }
        std::fs::write(folder.join(LIST), "file,title,about\n../a.svg,,\nnotes.txt,,\n").unwrap();
        write(&folder, &[figure("one", 1.0)]).unwrap();
        assert!(root.path().join("a.svg").exists() && folder.join("notes.txt").exists());
    }
}
