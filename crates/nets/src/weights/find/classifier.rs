//! A classifier with torchvision's names in a file.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::WeightsKind;
use super::search::{Close, Found, Looked, Tensors, Why, names_below, side, under};
use crate::classifier::{Architecture, ClassifierConfig};
use crate::cost::{Cost, Layer};
use crate::error::quoted;

/// Any [`Architecture`] with torchvision's names.
pub struct Classifier;

impl Looked for Classifier {
    const FIRST: &'static str = "conv1.weight";
    const SIGNS: &'static [&'static [&'static str]] = Architecture::SIGNS;

    fn title() -> String {
        format!("a {}", Architecture::any())
    }

    fn below(tensors: &Tensors, prefix: &str) -> Result<Found, Close> {
        let held: BTreeSet<&str> = names_below(tensors, prefix).filter(|name| !is_counter(name)).collect();
        let candidates = Architecture::ALL.map(|architecture| Candidate::new(architecture, &held));
        // The first of equals.
        let best = candidates.into_iter().rev().max_by(|a, b| a.likeness.total_cmp(&b.likeness));
        // There is a default architecture.
        let Candidate { architecture, body, first, head: last, share, .. } = best.expect("an architecture");

        let place = if prefix.is_empty() { String::new() } else { format!(" {}", under(prefix)) };
        let close = |why| Close { share, prefix: prefix.to_owned(), why };
        let shape =
            |name: &str| tensors.get(&format!("{prefix}{name}")).map(|tensor| tensor.shape.as_slice());
        if let Some(other) = Architecture::look_alike(&shape) {
            return Err(close(Why::Other(format!("it holds {other}{place}"))));
        }
        let mut names: BTreeMap<String, String> =
            body.into_iter().map(|name| (name.clone(), format!("{prefix}{name}"))).collect();
        if let Some(missing) = names.values().find(|name| !tensors.contains_key(*name)) {
            return Err(close(Why::Missing(missing.clone())));
        }
        let (weight, bias, remark) =
            head(tensors, prefix, &last, architecture).map_err(|why| close(Why::Other(why)))?;
        if !tensors.contains_key(&bias) {
            return Err(close(Why::Missing(bias)));
        }
        let width = side(tensors, &format!("{prefix}{first}.weight"), 0);
        let classes = side(tensors, &weight, 0);
        names.insert(format!("{last}.weight"), weight);
        names.insert(format!("{last}.bias"), bias);
        let own: BTreeSet<&str> = names.values().map(String::as_str).collect();
        let extra =
            held.iter().map(|name| format!("{prefix}{name}")).find(|name| !own.contains(name.as_str()));
        let kind = WeightsKind::Classifier { architecture, width, classes };
        Ok(Found { kind, prefix: prefix.to_owned(), names, extra, remark })
    }
}

/// Torch counts the batches that a norm has seen; no result depends on it.
fn is_counter(name: &str) -> bool {
    name.ends_with("num_batches_tracked")
}

/// An architecture, held against the names below a prefix.
struct Candidate {
    architecture: Architecture,
    /// Its tensors but the head's.
    body: BTreeSet<String>,
    /// The name of its first layer, whose channels are its width.
    first: String,
    /// The name of its last layer, the head.
    head: String,
    /// Which part of them is there.
    share: f64,
    /// Tensors in common, of those that either has.
    likeness: f64,
}

impl Candidate {
    fn new(architecture: Architecture, held: &BTreeSet<&str>) -> Self {
        let mut layers = ClassifierConfig { architecture, classes: 1, width: 1 }.layers(1);
        let first = layers.first().map(|layer| layer.name.clone()).unwrap_or_default();
        let head = layers.pop().map(|layer| layer.name).unwrap_or_default();
        let body: BTreeSet<String> = layers.iter().flat_map(Layer::tensors).map(|(name, _)| name).collect();
        let common = body.iter().filter(|name| held.contains(name.as_str())).count();
        let share = common as f64 / body.len() as f64;
        let likeness = common as f64 / (body.len() + held.len() - common) as f64;
        Self { architecture, body, first, head, share, likeness }
    }
}

/// A ResNet in which the layers have numbers, as `nn.Sequential(*resnet.children())` gives them: what is to be said of it.
pub fn numbered(tensors: &Tensors) -> Option<String> {
    let mut prefixes = tensors.keys().filter_map(|name| name.strip_suffix("4.0.conv1.weight"));
    let prefix = prefixes.find(|prefix| {
        ["0.weight", "1.running_mean", "7.1.conv2.weight"]
            .iter()
            .all(|name| tensors.contains_key(&format!("{prefix}{name}")))
    })?;
    Some(format!(
        "its layers have numbers where torchvision's have names ({} is conv1.weight)",
        quoted(&format!("{prefix}0.weight"))
    ))
}

/// The names of the head's weight and bias: those of the one linear layer that there is.
fn head(
    tensors: &Tensors,
    prefix: &str,
    name: &str,
    architecture: Architecture,
) -> Result<(String, String, Option<String>), String> {
    let fc = format!("{prefix}{name}.");
    if tensors.contains_key(&format!("{fc}weight")) {
        return Ok((format!("{fc}weight"), format!("{fc}bias"), None));
    }
    let inner: Vec<&str> = names_below(tensors, &fc).filter(|name| !is_counter(name)).collect();
    let layers: BTreeSet<&str> =
        inner.iter().map(|name| name.rsplit_once('.').map_or("", |(layer, _)| layer)).collect();
    let layer = layers.first().copied().unwrap_or_default();
    let rank = tensors.get(&format!("{fc}{layer}.weight")).map(|t| t.shape.len());
    if layers.len() == 1 && !layer.is_empty() && rank == Some(2) {
        let remark = format!("its last layer is {}", quoted(&format!("{fc}{layer}")));
        return Ok((format!("{fc}{layer}.weight"), format!("{fc}{layer}.bias"), Some(remark)));
    }
    let body = if prefix.is_empty() { String::new() } else { format!("its body is {}, and ", under(prefix)) };
    if layers.len() > 1 {
        let mut layers: Vec<String> = layers
            .iter()
            .map(|layer| quoted(format!("{name}.{layer}").trim_end_matches('.')).into_owned())
            .collect();
        let count = layers.len();
        layers.truncate(4);
        let dots = if count > layers.len() { ", …" } else { "" };
        let layers = layers.join(", ");
        return Err(format!(
            "{body}its head has several layers ({layers}{dots}) where a {} has the one layer {name}",
            architecture.title()
        ));
    }
    // A head of another name, here or beside the body: what comes between is not known.
    let parent = prefix.trim_end_matches('.').rsplit_once('.').map_or("", |(parent, _)| parent);
    let beside = tensors.iter().find(|(name, tensor)| {
        name.starts_with(parent)
            && tensor.shape.len() == 2
            && name.ends_with("weight")
            && !name.contains("layer4")
    });
    let missing = format!("{body}its head {} is missing", quoted(&format!("{fc}weight")));
    Err(match beside {
        Some((name, _)) => format!("{missing}; {} may be a head of another name", quoted(name)),
        None => missing,
    })
}
