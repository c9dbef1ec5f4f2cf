//! What a weights file holds, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::classifier::check_classifier;
use super::find::{Found, WeightsKind, kind_of};
use super::generator::check_generator;
use super::held::FileTensor;
use super::open::WeightsFile;
use super::read;
use crate::error::NetsError;

/// One tensor of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TensorInfo {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its element type, as safetensors names it: "F32", "I64", ….
    pub dtype: String,
    /// The least finite value, if there is one.
    pub min: Option<f64>,
    /// The greatest finite value, if there is one.
    pub max: Option<f64>,
    /// The mean of the finite values, if there is one.
    pub mean: Option<f64>,
    /// How many values are NaN or infinite.
    pub not_finite: usize,
    /// Why its values are not read, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// What a weights file holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeightsInfo {
    /// The network, if the file holds one that is known.
    pub kind: WeightsKind,
    /// Where in the file the network is, or why none can be taken from it: a sentence for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Its tensors, sorted by name.
    pub tensors: Vec<TensorInfo>,
    /// The texts in a `.safetensors` header.
    pub metadata: BTreeMap<String, String>,
    /// How many trainable numbers the network has, or all of the file (running statistics and counters aside).
    pub parameters: usize,
}

/// Lists what a `.safetensors` or `.pth` file holds, usable or not.
///
/// # Errors
/// [`NetsError::Read`], or [`NetsError::NotWeights`] for a damaged or foreign file.
pub fn inspect_weights(path: &Path) -> Result<WeightsInfo, NetsError> {
    let file = WeightsFile::open(path)?;
    let (kind, found) = kind_of(&file);
    let note = match &found {
        Ok(found) => note(&file, found),
        Err(reason) => reason.clone(),
    };
    let of_network: Option<BTreeSet<&str>> = match &found {
        Ok(found) => Some(found.names.values().map(String::as_str).collect()),
        Err(_) => None,
    };
    let parameters = file
        .tensors
        .iter()
        .filter(|(name, tensor)| {
            tensor.is_float()
                && !name.ends_with("running_mean")
                && !name.ends_with("running_var")
                && of_network.as_ref().is_none_or(|names| names.contains(name.as_str()))
        })
        .fold(0usize, |n, (_, tensor)| n.saturating_add(tensor.count()));
    // A file may tell of the same values under many names; none makes the program read for ever.
    let mut left = file.most().saturating_mul(4);
    let mut tensors = Vec::with_capacity(file.tensors.len());
    for (name, tensor) in &file.tensors {
        tensors.push(summary(&file, name, tensor, &mut left)?);
    }
    Ok(WeightsInfo { kind, note, tensors, metadata: file.metadata, parameters })
}

fn summary(
    file: &WeightsFile,
    name: &str,
    tensor: &FileTensor,
    left: &mut u64,
) -> Result<TensorInfo, NetsError> {
    let mut fault = tensor.fault.clone();
    if fault.is_none() {
        match left.checked_sub(tensor.bytes()) {
            Some(less) => *left = less,
            None => fault = Some("the file has fewer bytes than its tensors".to_owned()),
        }
    }
    let values = if fault.is_none() { file.values(name)? } else { Vec::new() };
    let finite: Vec<f64> = values.iter().filter(|v| v.is_finite()).map(|&v| f64::from(v)).collect();
    Ok(TensorInfo {
        name: name.to_owned(),
        shape: tensor.shape.clone(),
        dtype: tensor.dtype.clone(),
        min: finite.iter().copied().reduce(f64::min),
        max: finite.iter().copied().reduce(f64::max),
        mean: (!finite.is_empty()).then(|| finite.iter().sum::<f64>() / finite.len() as f64),
        not_finite: values.len() - finite.len(),
        fault,
    })
}

/// Where the network is, and what keeps it from being loaded.
fn note(file: &WeightsFile, found: &Found) -> Option<String> {
    let origin = file.path.display().to_string();
    let (usual, fits) = match (found.kind, &found.extra) {
        (_, Some(tensor)) => ("", Err(NetsError::Unknown { origin, tensor: tensor.clone() })),
        (WeightsKind::Classifier { .. }, None) => ("", check_classifier(file, found).map(drop)),
        (WeightsKind::Generator { .. } | WeightsKind::Dial { .. }, None) => {
            ("model.", check_generator(file, found).map(drop))
        }
        _ => ("model.", Ok(())),
    };
    match fits {
        Ok(()) => read::note(found, usual, &file.path),
        Err(error) => Some(format!("it cannot be loaded: {error}")),
    }
}
