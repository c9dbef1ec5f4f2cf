//! Where a training starts: at random weights, or at those of a file.

use std::path::Path;

use burn::tensor::Device;
use nets::{Classifier, ClassifierMeta};
use rand::Rng;

use super::config::ClassifierConfig;
use crate::error::TrainError;

/// The network that a training of `config` begins with: `classes` in the order of the outputs. What is new is drawn from `rng`: everything,
/// or the last layer unless the file has these classes in this order.
///
/// # Errors
/// As [`check_initial`].
pub fn begin(
    config: &ClassifierConfig,
    classes: &[String],
    rng: &mut impl Rng,
    device: &Device,
) -> Result<Classifier, TrainError> {
    let Some(file) = &config.init else { return Ok(config.network(classes.len()).init(rng, device)) };
    let (network, meta) = read(config, file, device)?;
    let network = match meta {
        Some(meta) if meta.classes == classes => network,
        _ => network.with_outputs(classes.len(), rng, device),
    };
    Ok(network.freeze(&config.freeze))
}

/// Whether a training of `config` can begin with the weights that it names, if it names any.
///
/// # Errors
/// A file that cannot be read, holds another network, or is not the one that the settings were made with.
pub fn check_initial(config: &ClassifierConfig) -> Result<(), TrainError> {
    config.init.as_ref().map_or(Ok(()), |file| read(config, file, &Device::flex()).map(|_| ()))
}

fn read(
    config: &ClassifierConfig,
    file: &Path,
    device: &Device,
) -> Result<(Classifier, Option<ClassifierMeta>), TrainError> {
    let refuse = |why: String, hint: String| TrainError::Initial { path: file.to_owned(), why, hint };
    if let Some(wanted) = &config.init_sha256 {
        let found = digest(file)?;
        if found != *wanted {
            return Err(refuse(
                format!("its SHA-256 is {found}, and the settings were made with {wanted}"),
                "bring the weights back as they were, or leave out init_sha256 to begin with these"
                    .to_owned(),
            ));
        }
    }
    let (network, meta) = nets::load_classifier(file, device)?;
    let (architecture, width) = (network.architecture(), network.width());
    if (architecture, width) != (config.architecture, config.width) {
        return Err(refuse(
            format!(
                "it holds a {} of width {width}, and a {} of width {} is to be trained",
                architecture.title(),
                config.architecture.title(),
                config.width
            ),
            format!("set architecture to {architecture} and width to {width}, or give other weights"),
        ));
    }
    Ok((network, meta))
}

/// SHA-256 of a file of weights.
///
/// # Errors
/// If it cannot be read.
pub fn digest(file: &Path) -> Result<String, TrainError> {
    let read = files::sha256_of_file(file);
    Ok(read.map_err(|source| files::OwnFileError::Read { path: file.to_owned(), source })?)
}
