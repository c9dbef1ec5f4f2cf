//! What WSInfer and its QuPath extension load: `torchscript_model.pt` beside `config.json`.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use super::script::torchscript_bytes;
use crate::error::InteropError;
use crate::network::{Network, NetworkKind};

/// WSInfer's description of a classifier (`config.json`, version 1.0).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WsinferConfig {
    spec_version: &'static str,
    architecture: &'static str,
    num_classes: usize,
    class_names: Vec<String>,
    patch_size_pixels: usize,
    spacing_um_px: f64,
    transform: Vec<Value>,
}

impl WsinferConfig {
    /// For tiles of the network's tile size at `um_px` µm per pixel. WSInfer cuts such tiles, scales pixels to [0, 1] and normalises them, and takes
    /// the softmax itself.
    ///
    /// # Errors
    /// [`InteropError::Form`] for a generator or a resolution that is no positive number; [`InteropError::Description`] if classes, mean, std or the
    /// tile size are not known.
    pub fn of(network: &Network, um_px: f64) -> Result<Self, InteropError> {
        let form = |reason: String, way_out| InteropError::Form {
            form: "a model for WSInfer",
            path: network.path().to_owned(),
            reason,
            way_out,
        };
        let NetworkKind::Classifier(size) = network.kind() else {
            return Err(form(
                "WSInfer takes classifiers alone".to_owned(),
                "export the generator as ONNX or TorchScript",
            ));
        };
        if !(um_px.is_finite() && um_px > 0.0) {
            return Err(form(
                format!("a pixel cannot be {um_px} µm wide"),
                "give the µm per pixel of the tiles it was trained on",
            ));
        }
        let known = network.description();
        let class_names = known.classes.clone().ok_or_else(|| network.unknown("classes"))?;
        let patch_size_pixels = known.tile_size.ok_or_else(|| network.unknown("tile_size"))?;
        let mean = known.mean.ok_or_else(|| network.unknown("mean"))?;
        let std = known.std.ok_or_else(|| network.unknown("std"))?;
        Ok(Self {
            spec_version: "1.0",
            architecture: size.depth.name(),
            num_classes: size.classes,
            class_names,
            patch_size_pixels,
            spacing_um_px: um_px,
            transform: vec![
                json!({ "name": "Resize", "arguments": { "size": patch_size_pixels } }),
                json!({ "name": "ToTensor" }),
                json!({ "name": "Normalize", "arguments": { "mean": decimal(mean), "std": decimal(std) } }),
            ],
        })
    }
}

/// The shortest decimals that are these f32: 0.485 and not 0.48500001430511475.
fn decimal(values: [f32; 3]) -> [f64; 3] {
    // What Display writes of a finite number is read back.
    values.map(|value| value.to_string().parse().unwrap_or_else(|_| f64::from(value)))
}

/// Writes `torchscript_model.pt` and `config.json` into a folder, which is made if it is not there.
///
/// # Errors
/// As [`WsinferConfig::of`], and [`InteropError::Write`].
pub fn write_wsinfer(folder: &Path, network: &Network, um_px: f64) -> Result<(), InteropError> {
    let config = WsinferConfig::of(network, um_px)?;
    let script = torchscript_bytes(network)?;
    std::fs::create_dir_all(folder)
        .map_err(|source| InteropError::Append { path: folder.to_owned(), source })?;
    files::write_atomic(&folder.join("torchscript_model.pt"), &script)?;
    Ok(files::write_json(&folder.join("config.json"), &config)?)
}
