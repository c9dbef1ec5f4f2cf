//! The arrows between the files of a crate, and the circles in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::ArrowsError;
use crate::modules::{Import, Modules, Segments};
use crate::resolve::Target;

/// Who uses whom in a crate.
#[derive(Debug)]
pub struct Arrows {
    /// The names that a file (first) uses of another (second).
    between: BTreeMap<(PathBuf, PathBuf), BTreeSet<String>>,
    /// The crates that it uses, and names that only look like one.
    crates: BTreeSet<String>,
}

/// Files that use one another, directly or by way of others.
#[derive(Debug, PartialEq, Eq)]
pub struct Circle {
    /// Every arrow between two of them, with the names used.
    pub arrows: Vec<(PathBuf, PathBuf, Vec<String>)>,
}

impl Arrows {
    /// The arrows of a crate, from its root, `lib.rs` or `main.rs`. Files are called by their paths relative to the root's folder.
    ///
    /// # Errors
    /// A file of the crate that cannot be read or parsed.
    pub fn of(root: &Path) -> Result<Self, ArrowsError> {
        let modules = Modules::read(root)?;
        let below = root.parent().unwrap_or(Path::new(""));
        let name = |module: usize| {
            let file = &modules.files[modules.all[module].file];
            file.strip_prefix(below).unwrap_or(file).to_path_buf()
        };
        let mut arrows = Self { between: BTreeMap::new(), crates: BTreeSet::new() };
        for (from, module) in modules.all.iter().enumerate() {
            let mut add = |path: &Segments, import: Option<&Import>| {
                let is_handed_on = import.is_some_and(|import| import.is_public);
                // A single name that nothing defines is a variable or of the prelude.
                let may_be_crate = import.is_some() || path.len() > 1;
                for target in modules.resolve(from, path) {
                    match target {
                        Target::Item(to, _) if is_handed_on && modules.is_within(to, from) => {}
                        Target::Item(to, item) if modules.all[to].file != module.file => {
                            arrows.between.entry((name(from), name(to))).or_default().insert(item);
                        }
                        Target::Outside(name) if may_be_crate => {
                            arrows.crates.insert(name);
                        }
                        Target::Item(..) | Target::Module | Target::Outside(_) => {}
                    }
                }
            };
            module.mentions.iter().for_each(|path| add(path, None));
            module.imports.iter().for_each(|import| add(&import.path, Some(import)));
        }
        Ok(arrows)
    }

    /// Whether the crate uses another of that name.
    pub fn uses_crate(&self, name: &str) -> bool {
        self.crates.contains(name)
    }

    /// The groups of files that use one another, sorted; none in a crate that is built from below.
    pub fn circles(&self) -> Vec<Circle> {
        let mut reached: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
        for (from, _) in self.between.keys() {
            reached.entry(from).or_insert_with(|| self.reached_from(from));
        }
        let is_mutual = |a: &Path, b: &Path| {
            let reaches = |from: &Path, to: &Path| reached.get(from).is_some_and(|all| all.contains(to));
            reaches(a, b) && reaches(b, a)
        };
        let mut circles: Vec<Circle> = Vec::new();
        for ((from, to), names) in self.between.iter().filter(|((from, to), _)| is_mutual(from, to)) {
            let arrow = (from.clone(), to.clone(), names.iter().cloned().collect());
            match circles.iter_mut().find(|circle| is_mutual(&circle.arrows[0].0, from)) {
                Some(circle) => circle.arrows.push(arrow),
                None => circles.push(Circle { arrows: vec![arrow] }),
            }
        }
        circles
    }

    /// The files that a file uses, those that they use, and so on.
    fn reached_from<'a>(&'a self, start: &'a Path) -> BTreeSet<&'a Path> {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![start];
        while let Some(file) = waiting.pop() {
            let next = self.between.keys().filter(|(from, _)| from == file).map(|(_, to)| to.as_path());
            waiting.extend(next.filter(|to| reached.insert(*to)));
        }
        reached
    }
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (from, to, names) in &self.arrows {
            writeln!(f, "  {} -> {} ({})", from.display(), to.display(), names.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// The arrows of a crate made of these files.
    fn of(files: &[(&str, &str)]) -> Arrows {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Arrows::of(&folder.path().join("lib.rs")).unwrap()
    }

    fn drawn(arrows: &Arrows) -> Vec<String> {
        let text = |((from, to), names): (&(PathBuf, PathBuf), &BTreeSet<String>)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("{} -> {}: {}", from.display(), to.display(), names.join(" "))
        };
        arrows.between.iter().map(text).collect()
    }

    #[test]
    fn a_circle_is_found_through_a_re_export_a_glob_and_a_macro() {
        let arrows = of(&[
            ("lib.rs", "mod error; mod folder; pub use error::Fault; pub use folder::*;"),
            ("error.rs", "use crate::Row as Line; pub enum Fault { At(Line) }"),
            ("folder/mod.rs", "mod row; mod text; pub use self::row::Row;"),
            ("folder/row.rs", "use super::text; pub struct Row; pub fn read() -> String { text::shown() }"),
            (
                "folder/text.rs",
                "pub fn shown() -> String { format!(\"{:?}\", [&crate::Fault::new(1).line]) }",
            ),
        ]);
        let expected = [
            "error.rs -> folder/row.rs: Row",
            "folder/row.rs -> folder/text.rs: shown",
            "folder/text.rs -> error.rs: Fault",
        ];
        assert_eq!(drawn(&arrows), expected);
        let circles = arrows.circles();
        assert_eq!(circles.len(), 1);
        let lines: Vec<String> = circles[0].to_string().lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "  error.rs -> folder/row.rs (Row)");
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn faces_tests_and_children_that_know_their_parent_make_no_circle() {
        let arrows = of(&[
            (
                "lib.rs",
                "mod a; mod b; mod folder; pub use a::A; pub use folder::Kind; #[cfg(test)] mod tests;",
            ),
            ("a.rs", "use files::open; pub struct A; #[cfg(test)] mod tests { use crate::b::B; }"),
            (
                "b.rs",
                "use crate::A; pub struct B(A); #[cfg(test)] fn made() -> crate::folder::Kind { todo!() }",
            ),
            ("folder/mod.rs", "mod child; pub(crate) use child::made; pub enum Kind { One }"),
            ("folder/child.rs", "use super::Kind; pub fn made() -> Kind { Kind::One }"),
            ("tests.rs", "not Rust"),
        ]);
        assert_eq!(drawn(&arrows), ["b.rs -> a.rs: A", "folder/child.rs -> folder/mod.rs: Kind"]);
        assert!(arrows.circles().is_empty());
        assert!(arrows.uses_crate("files") && !arrows.uses_crate("record"));
    }

    #[test]
    fn a_parent_that_calls_its_child_must_not_be_known_to_it() {
        let parent = |code: &str| {
            of(&[
                ("lib.rs", &format!("mod child; pub use child::made; pub enum Kind {{ One }} {code}")),
                ("child.rs", "pub fn made() -> crate::Kind { crate::Kind::One }"),
            ])
        };
        assert!(parent("").circles().is_empty());
        for code in ["pub fn f() { made(); }", "fn f() { child::made(); }", "fn f() { g!(x, made()); }"] {
            let circles = parent(code).circles();
            let both = ["child.rs -> lib.rs: Kind", "lib.rs -> child.rs: made"];
            assert_eq!(circles.len(), 1, "{code}");
            assert_eq!(drawn(&parent(code)), both, "{code}");
        }
    }

    #[test]
    fn two_circles_are_told_apart() {
        let arrows = of(&[
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", "pub fn a() { crate::b::b(); crate::c::c(); }"),
            ("b.rs", "pub fn b() { crate::a::a() }"),
            ("c.rs", "pub fn c() { crate::d::d() }"),
            ("d.rs", "pub fn d() { crate::c::c() }"),
        ]);
        let lengths: Vec<usize> = arrows.circles().iter().map(|c| c.arrows.len()).collect();
        assert_eq!(lengths, [2, 2]);
    }
}
