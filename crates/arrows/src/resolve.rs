//! From a path, as a module writes it, to where its item is defined.

use crate::modules::{Import, Modules};

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// An item: the module that defines it, and its name there.
    Item(usize, String),
    /// A module as such.
    Module,
    /// Another crate, or a name that the prelude brings.
    Outside(String),
}

/// The most re-exports that a path is led through; more are a circle of re-exports.
const MOST: usize = 32;

impl Modules {
    /// What a path leads to in `module`; several things where a name stands for a module and for a function, say.
    pub fn resolve(&self, module: usize, path: &[String]) -> Vec<Target> {
        self.follow(module, path, 0)
    }

    fn follow(&self, module: usize, path: &[String], depth: usize) -> Vec<Target> {
        let Some((first, rest)) = path.split_first().filter(|_| depth < MOST) else { return Vec::new() };
        let below = |module: usize| match rest {
            [] => vec![Target::Module],
            _ => self.below_or_own(module, rest, depth),
        };
        match first.as_str() {
            "" => rest.first().map(|name| Target::Outside(name.clone())).into_iter().collect(),
            "crate" => below(0),
            "self" => below(module),
            "super" => below(self.all[module].parent),
            _ => {
                let found = self.below(module, path, depth);
                if found.is_empty() { vec![Target::Outside(first.clone())] } else { found }
            }
        }
    }

    /// As [`Modules::below`]; what is not found, as what a macro makes, is the module's own.
    fn below_or_own(&self, module: usize, path: &[String], depth: usize) -> Vec<Target> {
        if let Some("super" | "self") = path.first().map(String::as_str) {
            return self.follow(module, path, depth + 1);
        }
        let found = self.below(module, path, depth);
        if found.is_empty() { vec![Target::Item(module, path[0].clone())] } else { found }
    }

    /// What a path without `crate`, `self` and `super` leads to from inside a module; nothing if the module does not know its first name.
    fn below(&self, module: usize, path: &[String], depth: usize) -> Vec<Target> {
        let Some((first, rest)) = path.split_first().filter(|_| depth < MOST) else { return Vec::new() };
        let here = &self.all[module];
        let child = here.children.get(first);
        let mut found = Vec::new();
        if let Some(&child) = child {
            found = if rest.is_empty() {
                vec![Target::Module]
            } else {
                self.below_or_own(child, rest, depth + 1)
            };
        }
        if here.items.contains(first) && (child.is_none() || rest.is_empty()) {
            found.push(Target::Item(module, first.clone()));
        }
        let on = |import: &Import, rest: &[String]| {
            let path: Vec<String> = import.path.iter().chain(rest).cloned().collect();
            // A crate's name imported by itself: `use files;`
            if path.first() == Some(first) && import.name == *first && child.is_none() {
                return vec![Target::Outside(first.clone())];
            }
            self.follow(module, &path, depth + 1)
        };
        for import in here.imports.iter().filter(|import| import.name == *first) {
            found.extend(on(import, rest));
        }
        if found.is_empty() {
            for import in here.imports.iter().filter(|import| import.name == "*") {
                let through = on(import, path);
                let is_known = |target: &Target| match target {
                    Target::Item(owner, name) => self.all[*owner].items.contains(name),
                    Target::Module => true,
                    Target::Outside(_) => false,
                };
                found.extend(through.into_iter().filter(is_known));
            }
        }
        found.sort();
        found.dedup();
        found
    }
}
