//! A classifier's file: ResNet-18 under torchvision's names.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{OURS, read, write};
use crate::error::NetsError;
use crate::init::Blank;
use crate::named::{self, NamedTensors, Tensors};
use crate::resnet::{ResNet18, ResNet18Config};

/// What a classifier's file says beside its weights.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassifierMeta {
    /// The classes' names, in the order of the logits.
    pub classes: Vec<String>,
    /// Subtracted from a tile's channels in [0, 1].
    pub mean: [f32; 3],
    /// Then divided by.
    pub std: [f32; 3],
    /// Side of the tiles it was trained on, in pixels.
    pub tile_size: usize,
    /// The network's width.
    pub width: usize,
}

/// Writes a classifier as `.safetensors` under torchvision's names, its description in the header.
///
/// # Errors
/// [`NetsError::Write`]; [`NetsError::Metadata`] if the description is of another network.
pub fn save_classifier(path: &Path, network: &ResNet18, meta: &ClassifierMeta) -> Result<(), NetsError> {
    check(path, network, meta)?;
    let texts = [
        (OURS, "classifier".to_owned()),
        ("format", "pt".to_owned()),
        ("classes", serde_json::json!(meta.classes).to_string()),
        ("mean", format!("{:?}", meta.mean)),
        ("std", format!("{:?}", meta.std)),
        ("tile_size", meta.tile_size.to_string()),
        ("width", meta.width.to_string()),
    ];
    let metadata = texts.map(|(key, text)| (key.to_owned(), text)).into();
    write::write_tensors(path, &network.tensors(), &metadata)
}

/// Reads a classifier: ours, or torchvision's ResNet-18 as `.safetensors` or `.pth` (no description then). Its width and number
/// of classes are those of its tensors.
///
/// # Errors
/// [`NetsError`], naming the file and the tensor that does not fit.
pub fn load_classifier(
    path: &Path,
    device: &Device,
) -> Result<(ResNet18, Option<ClassifierMeta>), NetsError> {
    let file = read::read(path)?;
    let metadata = file.metadata.clone();
    let kind = super::inspect::kind_of(&file);
    let tensors = read::usable(file, path, |name| name.ends_with("num_batches_tracked"))?;
    let (Some((stem, _)), Some((fc, _))) = (tensors.get("conv1.weight"), tensors.get("fc.weight")) else {
        let missing = if tensors.contains_key("conv1.weight") { "fc.weight" } else { "conv1.weight" };
        let reason = format!("it holds {kind}, without {missing}");
        return Err(NetsError::OtherNetwork { path: path.to_owned(), wanted: "a ResNet-18", reason });
    };
    if tensors.contains_key("layer1.0.conv3.weight") || tensors.contains_key("layer1.2.conv1.weight") {
        let reason = "it holds a deeper ResNet".to_owned();
        return Err(NetsError::OtherNetwork { path: path.to_owned(), wanted: "a ResNet-18", reason });
    }
    let width = stem.first().copied().unwrap_or_default();
    let classes = fc.first().copied().unwrap_or_default();
    check_sizes(&tensors, path, width, classes)?;

    if let Some((name, _)) =
        tensors.iter().find(|(name, t)| name.ends_with("running_var") && t.1.iter().any(|v| *v < 0.0))
    {
        let reason = format!("tensor {name} holds a negative variance");
        return Err(NetsError::NotWeights { path: path.to_owned(), reason });
    }

    let network = ResNet18Config { classes, width }.build(&mut Blank, device);
    let network = named::load(network, &tensors, &path.display().to_string())?;
    let meta = (metadata.get(OURS).map(String::as_str) == Some("classifier"))
        .then(|| description(path, &metadata))
        .transpose()?;
    if let Some(meta) = &meta {
        check(path, &network, meta)?;
    }
    Ok((network, meta))
}

/// The few tensors that bound the size of all others.
fn check_sizes(tensors: &Tensors, path: &Path, width: usize, classes: usize) -> Result<(), NetsError> {
    let (w, classes) = (width.max(1), classes.max(1));
    read::expect_shape(tensors, path, "conv1.weight", &[w, 3, 7, 7])?;
    read::expect_shape(tensors, path, "layer4.1.conv2.weight", &[8 * w, 8 * w, 3, 3])?;
    read::expect_shape(tensors, path, "fc.weight", &[classes, 8 * w])
}

fn description(path: &Path, metadata: &BTreeMap<String, String>) -> Result<ClassifierMeta, NetsError> {
    Ok(ClassifierMeta {
        classes: value(path, metadata, "classes")?,
        mean: value(path, metadata, "mean")?,
        std: value(path, metadata, "std")?,
        tile_size: value(path, metadata, "tile_size")?,
        width: value(path, metadata, "width")?,
    })
}

/// A metadata text, which is JSON in our files.
pub(super) fn value<T: DeserializeOwned>(
    path: &Path,
    metadata: &BTreeMap<String, String>,
    key: &'static str,
) -> Result<T, NetsError> {
    let fault = |reason: String| NetsError::Metadata { path: path.to_owned(), key, reason };
    let text = metadata.get(key).ok_or_else(|| fault("it is missing".to_owned()))?;
    serde_json::from_str(text).map_err(|_| fault(format!("{text:?} cannot be understood")))
}

fn check(path: &Path, network: &ResNet18, meta: &ClassifierMeta) -> Result<(), NetsError> {
    let fault = |key, reason| Err(NetsError::Metadata { path: path.to_owned(), key, reason });
    if meta.classes.len() != network.classes() {
        return fault(
            "classes",
            format!("it names {} and the network has {}", meta.classes.len(), network.classes()),
        );
    }
    if meta.width != network.width() {
        return fault("width", format!("it says {} and the network has {}", meta.width, network.width()));
    }
    if !meta.mean.iter().all(|v| v.is_finite()) {
        return fault("mean", "it is not finite".to_owned());
    }
    if !meta.std.iter().all(|v| v.is_finite() && *v > 0.0) {
        return fault("std", "it is not positive".to_owned());
    }
    Ok(())
}
