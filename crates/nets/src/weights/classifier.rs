//! A classifier's file: its network under torchvision's names.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::find::{self, Found, Looked as _, WeightsKind};
use super::open::WeightsFile;
use super::read::{self, Loaded};
use super::write::{OURS, write_tensors};
use crate::classifier::{Architecture, Classifier, ClassifierConfig};
use crate::error::{NetsError, quoted};
use crate::init::Blank;
use crate::named::{self, NamedTensors};

/// The metadata key of an architecture that is not the default.
const ARCHITECTURE: &str = "architecture";

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
pub fn save_classifier(path: &Path, network: &Classifier, meta: &ClassifierMeta) -> Result<(), NetsError> {
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
    let mut metadata: BTreeMap<String, String> = texts.map(|(key, text)| (key.to_owned(), text)).into();
    if !network.architecture().is_default() {
        metadata.insert(ARCHITECTURE.to_owned(), network.architecture().to_string());
    }
    write_tensors(path, &network.tensors(), &metadata)
}

/// Reads a classifier: ours, or torchvision's (any [`Architecture`]) as `.safetensors` or `.pth` (no description then), wherever a
/// checkpoint keeps it. Its architecture, width and number of classes are those of its tensors.
///
/// # Errors
/// [`NetsError`], naming the file and the tensor that does not fit.
pub fn load_classifier(
    path: &Path,
    device: &Device,
) -> Result<(Classifier, Option<ClassifierMeta>), NetsError> {
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
) -> Result<Loaded<Classifier, Option<ClassifierMeta>>, NetsError> {
    let file = WeightsFile::open(path)?;
    let found = read::the_one::<find::Classifier>(&file)?;
    let config = check_classifier(&file, &found)?;
    let tensors = read::usable(&file, &found)?;
    if let Some((name, _)) =
        tensors.iter().find(|(name, t)| name.ends_with("running_var") && t.1.iter().any(|v| *v < 0.0))
    {
        let reason = format!("tensor {} holds a negative variance", quoted(&found.names[name]));
        return Err(NetsError::NotWeights { path: path.to_owned(), reason });
    }
    let network = config.build(&mut Blank, device);
    let network = named::load(network, &tensors, &path.display().to_string())?;
    let meta = (file.metadata.get(OURS).map(String::as_str) == Some("classifier"))
        .then(|| description(path, &file.metadata))
        .transpose()?;
    if let Some(meta) = &meta {
        check(path, &network, meta)?;
        check_architecture(path, &network, &file.metadata)?;
    }
    Ok(Loaded { network, meta, note: read::note(&found, "", path) })
}

/// The size of a classifier whose tensors fit together.
pub(super) fn check_classifier(file: &WeightsFile, found: &Found) -> Result<ClassifierConfig, NetsError> {
    let WeightsKind::Classifier { architecture, width, classes } = found.kind else {
        let (path, reason) = (file.path.clone(), format!("it holds {}", found.kind));
        return Err(NetsError::OtherNetwork { path, wanted: find::Classifier::title(), reason });
    };
    let config = ClassifierConfig { architecture, width: width.max(1), classes: classes.max(1) };
    read::check_shapes(file, found, &config)?;
    Ok(config)
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

/// Whether the file names the architecture that its tensors have; an unnamed one is the default.
fn check_architecture(
    path: &Path,
    network: &Classifier,
    metadata: &BTreeMap<String, String>,
) -> Result<(), NetsError> {
    let has = network.architecture();
    let said = metadata.get(ARCHITECTURE).map_or(Architecture::default().name(), String::as_str);
    if said == has.name() {
        return Ok(());
    }
    let reason = format!("it says {} and the network is {has}", quoted(said));
    Err(NetsError::Metadata { path: path.to_owned(), key: ARCHITECTURE, reason })
}

fn check(path: &Path, network: &Classifier, meta: &ClassifierMeta) -> Result<(), NetsError> {
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
