//! A classifier's file: ResNet-18 under torchvision's names.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::find::{self, Found};
use super::inspect::WeightsKind;
use super::open::WeightsFile;
use super::read::{self, Loaded};
use super::{OURS, write};
use crate::error::{NetsError, quoted};
use crate::init::Blank;
use crate::named::{self, NamedTensors};
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

/// Reads a classifier: ours, or torchvision's ResNet-18 as `.safetensors` or `.pth` (no description then), wherever a checkpoint keeps
/// it. Its width and number of classes are those of its tensors.
///
/// # Errors
/// [`NetsError`], naming the file and the tensor that does not fit.
pub fn load_classifier(
    path: &Path,
    device: &Device,
) -> Result<(ResNet18, Option<ClassifierMeta>), NetsError> {
    let loaded = read_classifier(path, device)?;
    Ok((loaded.network, loaded.meta))
}

/// [`load_classifier`], with a note where the network was taken from below a prefix or has a head of another name.
///
/// # Errors
/// As there.
pub fn read_classifier(
    path: &Path,
    device: &Device,
) -> Result<Loaded<ResNet18, Option<ClassifierMeta>>, NetsError> {
    let file = WeightsFile::open(path)?;
    let found = read::the_one::<find::Classifier>(&file, "a ResNet-18")?;
    let (width, classes) = check_classifier(&file, &found)?;
    let tensors = read::usable(&file, &found)?;
    if let Some((name, _)) =
        tensors.iter().find(|(name, t)| name.ends_with("running_var") && t.1.iter().any(|v| *v < 0.0))
    {
        let reason = format!("tensor {} holds a negative variance", quoted(&found.names[name]));
        return Err(NetsError::NotWeights { path: path.to_owned(), reason });
    }
    let network = ResNet18Config { classes, width }.build(&mut Blank, device);
    let network = named::load(network, &tensors, &path.display().to_string())?;
    let meta = (file.metadata.get(OURS).map(String::as_str) == Some("classifier"))
        .then(|| description(path, &file.metadata))
        .transpose()?;
    if let Some(meta) = &meta {
        check(path, &network, meta)?;
    }
    Ok(Loaded { network, meta, note: read::note(&found, "", path) })
}

/// The width and the classes of a classifier whose tensors fit together.
pub(super) fn check_classifier(file: &WeightsFile, found: &Found) -> Result<(usize, usize), NetsError> {
    let WeightsKind::ResNet18 { width, classes } = found.kind else { return Ok((0, 0)) };
    let (width, classes) = (width.max(1), classes.max(1));
    let mut expected = find::body(width);
    expected.push(("fc.weight".to_owned(), vec![classes, width.saturating_mul(8)]));
    expected.push(("fc.bias".to_owned(), vec![classes]));
    read::check_shapes(file, found, &expected)?;
    Ok((width, classes))
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
    serde_json::from_str(text).map_err(|_| fault(format!("{:?} cannot be understood", quoted(text))))
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
