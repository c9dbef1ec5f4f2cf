//! Writing `.safetensors`, the same bytes for the same tensors.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::open::WeightsFile;
use crate::error::NetsError;
use crate::named::Tensors;

/// The metadata key by which our own files are known; its value is "classifier" or "generator".
pub(super) const OURS: &str = "grayzone";

/// Writes named tensors (shape and values, row by row) and text metadata as `.safetensors`, atomically.
///
/// The header is sorted, where the `safetensors` crate writes metadata in hash order: equal tensors give equal files.
///
/// # Errors
/// [`NetsError::Write`].
pub fn write_tensors(
    path: &Path,
    tensors: &Tensors,
    metadata: &BTreeMap<String, String>,
) -> Result<(), NetsError> {
    let mut header: BTreeMap<&str, Value> = BTreeMap::from([("__metadata__", json!(metadata))]);
    let mut end = 0;
    for (name, (shape, values)) in tensors {
        let start = end;
        end += values.len() * size_of::<f32>();
        header.insert(name, json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, end] }));
    }
    let mut header = json!(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');

    let mut bytes = Vec::with_capacity(8 + header.len() + end);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header);
    for value in tensors.values().flat_map(|(_, values)| values) {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    Ok(files::write_atomic(path, &bytes)?)
}

/// Reads what [`write_tensors`] wrote: tensors and metadata. Values that are not finite are handed on.
///
/// # Errors
/// [`NetsError::Read`], or [`NetsError::NotWeights`] for a damaged file.
pub fn read_tensors(path: &Path) -> Result<(Tensors, BTreeMap<String, String>), NetsError> {
    let file = WeightsFile::open(path)?;
    file.check_sum(file.tensors.keys().map(String::as_str))?;
    let mut tensors = Tensors::new();
    for (name, tensor) in &file.tensors {
        tensors.insert(name.clone(), (tensor.shape.clone(), file.values(name)?));
    }
    Ok((tensors, file.metadata))
}
