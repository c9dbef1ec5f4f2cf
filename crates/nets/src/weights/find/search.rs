//! The search for one kind of network below every beginning of a name.

use std::collections::{BTreeMap, BTreeSet};

use super::super::held::FileTensor;
use super::kind::WeightsKind;
use crate::error::quoted;

/// A file's tensors.
pub type Tensors = BTreeMap<String, FileTensor>;

/// A network in a file.
#[derive(Debug)]
pub struct Found {
    /// Which, with its size by its first and last layers.
    pub kind: WeightsKind,
    /// What stands before its tensors' names, with the dot.
    pub prefix: String,
    /// Its tensors' names here, and in the file.
    pub names: BTreeMap<String, String>,
    /// Below the prefix, a tensor that the network has no place for.
    pub extra: Option<String>,
    /// What was to be said of its layers.
    pub remark: Option<String>,
}

/// What a search for one kind of network ends in.
#[derive(Debug)]
pub enum Search {
    /// One network, or several that are the same tensors.
    One(Found),
    /// Several.
    Several(Vec<Found>),
    /// None, and why what comes closest is none, if something does.
    None(Option<Close>),
}

/// What comes closest to a network.
#[derive(Debug)]
pub struct Close {
    /// Its tensors that are there.
    pub share: f64,
    /// What stands before them.
    pub prefix: String,
    /// Why it is not the network.
    pub why: Why,
}

/// Why something is not a network.
#[derive(Debug)]
pub enum Why {
    /// A tensor is missing.
    Missing(String),
    /// It is another network.
    Other(String),
}

/// One of the networks that are looked for.
pub trait Looked {
    /// Sets of names whose beginnings are tried: at least half of a set must be there.
    const SIGNS: &'static [&'static [&'static str]];
    /// The first tensor's name, for a file that has none of them.
    const FIRST: &'static str;
    /// What is looked for, with its article.
    fn title() -> String;
    /// The network below `prefix`, if it is whole.
    fn below(tensors: &Tensors, prefix: &str) -> Result<Found, Close>;
}

/// Looks for one kind of network.
pub fn search<L: Looked>(tensors: &Tensors) -> Search {
    let mut prefixes = BTreeSet::new();
    for name in tensors.keys() {
        for sign in L::SIGNS.iter().copied().flatten() {
            if let Some(prefix) = name.strip_suffix(sign).filter(|p| p.is_empty() || p.ends_with('.')) {
                prefixes.insert(prefix);
            }
        }
    }
    let shows = |prefix: &str, signs: &[&str]| {
        2 * signs.iter().filter(|sign| tensors.contains_key(&format!("{prefix}{sign}"))).count()
            >= signs.len()
    };
    let (mut found, mut close) = (Vec::<Found>::new(), None::<Close>);
    for prefix in prefixes.into_iter().filter(|prefix| L::SIGNS.iter().any(|signs| shows(prefix, signs))) {
        match L::below(tensors, prefix) {
            Ok(network) => found.push(network),
            Err(other) if close.as_ref().is_none_or(|close| other.share > close.share) => close = Some(other),
            Err(_) => {}
        }
    }
    // A network that is saved twice under two names, tensor for tensor, is one; the shortest prefix names it.
    found.sort_by_key(|network| network.prefix.len());
    let mut different = Vec::<Found>::new();
    for network in found {
        if !different.iter().any(|other| is_same(tensors, other, &network)) {
            different.push(network);
        }
    }
    match different.len() {
        0 => Search::None(close),
        1 => Search::One(different.swap_remove(0)),
        _ => {
            different.sort_by(|a, b| a.prefix.cmp(&b.prefix));
            Search::Several(different)
        }
    }
}

fn is_same(tensors: &Tensors, a: &Found, b: &Found) -> bool {
    a.names.len() == b.names.len()
        && a.names.iter().zip(&b.names).all(|((a, in_a), (b, in_b))| {
            a == b && tensors.get(in_a).zip(tensors.get(in_b)).is_some_and(|(a, b)| a.is_same(b))
        })
}

/// A prefix for people: "under model." or "at the top".
pub fn under(prefix: &str) -> String {
    if prefix.is_empty() { "without a prefix".to_owned() } else { format!("under {}", quoted(prefix)) }
}

/// One side of a tensor; 0 where there is no such tensor.
pub fn side(tensors: &Tensors, name: &str, axis: usize) -> usize {
    tensors.get(name).and_then(|t| t.shape.get(axis).copied()).unwrap_or_default()
}

/// The names below a prefix, without it.
pub fn names_below<'a>(tensors: &'a Tensors, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    tensors.range(prefix.to_owned()..).map_while(move |(name, _)| name.strip_prefix(prefix))
}
