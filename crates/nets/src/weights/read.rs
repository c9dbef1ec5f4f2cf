//! The tensors of the one network that a file is read for.

use std::collections::BTreeMap;
use std::path::Path;

use super::find::{self, Close, Found, Looked, Search, WORTH_TELLING, Why, kind_of, listed, under};
use super::open::WeightsFile;
use crate::cost::{Cost, Layer};
use crate::error::{NetsError, quoted};
use crate::named::Tensors;

/// A network that was read, and what else is to be told.
#[derive(Debug)]
pub struct Loaded<N, M> {
    /// The network.
    pub network: N,
    /// The file's description of it.
    pub meta: M,
    /// Where in the file the network was, if it was not where it is looked for first: a sentence for people.
    pub note: Option<String>,
}

/// The network of one kind that the file holds; its names are whole, its shapes are not yet checked.
///
/// # Errors
/// [`NetsError`], naming what is missing or too much.
pub(super) fn the_one<L: Looked>(file: &WeightsFile) -> Result<Found, NetsError> {
    let (path, origin) = (file.path.clone(), file.path.display().to_string());
    let other =
        |reason: String| Err(NetsError::OtherNetwork { path: path.clone(), wanted: L::title(), reason });
    match find::search::<L>(&file.tensors) {
        Search::One(Found { extra: Some(tensor), .. }) => Err(NetsError::Unknown { origin, tensor }),
        Search::One(found) => Ok(found),
        Search::Several(all) => Err(NetsError::Several { path, networks: several(&all) }),
        Search::None(Some(Close { share, why: Why::Missing(tensor), .. })) if share > 0.5 => {
            Err(NetsError::Missing { origin, tensor })
        }
        Search::None(Some(Close { share, why: Why::Other(reason), .. })) if share > 0.5 => other(reason),
        Search::None(close) => {
            let close = close.filter(|close| close.share > WORTH_TELLING).map_or_else(
                || find::numbered(&file.tensors).unwrap_or_else(|| format!("without {}", L::FIRST)),
                |close| match close.why {
                    Why::Missing(tensor) => {
                        format!("what comes closest is {}, without {}", under(&close.prefix), quoted(&tensor))
                    }
                    Why::Other(reason) => reason,
                },
            );
            other(format!("it holds {}, {close}", kind_of(file).0))
        }
    }
}

/// "a ResNet-18 under model., under ema.", each with its network where they differ.
fn several(all: &[Found]) -> String {
    let title = |found: &Found| found.kind.title();
    match all {
        [first, rest @ ..] if rest.iter().all(|other| title(other) == title(first)) => {
            format!("{} {}", title(first), listed(all.iter().map(|found| under(&found.prefix))))
        }
        _ => listed(all.iter().map(|found| format!("{} {}", title(found), under(&found.prefix)))),
    }
}

/// What is to be told of a network that was found elsewhere than `usual`.
pub(super) fn note(found: &Found, usual: &str, path: &Path) -> Option<String> {
    let place = (found.prefix != usual)
        .then(|| format!("the network was found {}, in {}", under(&found.prefix), path.display()));
    match (place, &found.remark) {
        (Some(place), Some(remark)) => Some(format!("{place}; {remark}")),
        (None, Some(remark)) => Some(format!("{remark}, in {}", path.display())),
        (place, None) => place,
    }
}

/// Whether the network's tensors have these shapes, and no more bytes than the file: a check before any value is read.
///
/// # Errors
/// [`NetsError::Shape`]; [`NetsError::NotWeights`] for tensors without the values that their shapes need.
pub(super) fn check_shapes(file: &WeightsFile, found: &Found, network: &impl Cost) -> Result<(), NetsError> {
    let origin = file.path.display().to_string();
    for (name, expected) in network.layers(1).iter().flat_map(Layer::tensors) {
        let Some(tensor) = found.names.get(&name) else { continue };
        match file.tensors.get(tensor) {
            None => return Err(NetsError::Missing { origin, tensor: tensor.clone() }),
            Some(held) if held.shape != expected => {
                let found = held.shape.clone();
                return Err(NetsError::Shape { origin, tensor: tensor.clone(), found, expected });
            }
            Some(_) => {}
        }
    }
    file.check_sum(found.names.values().map(String::as_str))
}

/// The network's tensors by the names that they have here: floating-point and finite.
///
/// # Errors
/// [`NetsError`], naming the tensor that cannot be used.
pub(super) fn usable(file: &WeightsFile, found: &Found) -> Result<Tensors, NetsError> {
    let path = || file.path.clone();
    let mut usable = BTreeMap::new();
    for (name, tensor) in &found.names {
        let Some(held) = file.tensors.get(tensor) else { continue };
        if held.kind.is_some() && !held.is_float() {
            let reason =
                format!("tensor {} is of the type {}, not floating-point", quoted(tensor), held.dtype);
            return Err(NetsError::NotWeights { path: path(), reason });
        }
        let values = file.values(tensor)?;
        let count = values.iter().filter(|v| !v.is_finite()).count();
        if count > 0 {
            let total = values.len();
            return Err(NetsError::NotFinite { path: path(), tensor: tensor.clone(), count, total });
        }
        usable.insert(name.clone(), (held.shape.clone(), values));
    }
    Ok(usable)
}
