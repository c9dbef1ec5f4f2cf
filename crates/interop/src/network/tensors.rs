//! The bytes of a `.safetensors` file as tensors of f32.

use std::collections::BTreeMap;

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

/// A tensor's shape and its values, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// Its sides.
    pub shape: Vec<usize>,
    /// As many values as the product of its sides.
    pub values: Vec<f32>,
}

/// A tensor of a file: `None` for its values where they are no numbers that a network computes with (counters of batches).
pub(super) struct Held {
    pub shape: Vec<usize>,
    pub values: Option<Vec<f32>>,
}

/// A file's tensors by name, and its texts.
pub(super) type Parsed = (BTreeMap<String, Held>, BTreeMap<String, String>);

/// Reads f32, f16 and bf16; `num_batches_tracked` of any type is taken as there. The error is the reason alone.
pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, String> {
    let torn = |e: safetensors::SafeTensorError| format!("it is no whole .safetensors file: {e}");
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(torn)?;
    let file = SafeTensors::deserialize(bytes).map_err(torn)?;
    let texts = header.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        let counter = name.ends_with("num_batches_tracked");
        let values = if counter { None } else { Some(decode(name, view.dtype(), view.data())?) };
        tensors.insert(name.to_owned(), Held { shape: view.shape().to_vec(), values });
    }
    Ok((tensors, texts))
}

fn decode(name: &str, dtype: Dtype, data: &[u8]) -> Result<Vec<f32>, String> {
    let values: Vec<f32> = match dtype {
        Dtype::F32 => data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        Dtype::F16 => data.as_chunks::<2>().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
        Dtype::BF16 => data.as_chunks::<2>().0.iter().map(|b| bf16::from_le_bytes(*b).to_f32()).collect(),
        other => {
            return Err(format!(
                "tensor {} is of the type {other:?}, and F32, F16 and BF16 are read",
                files::quoted(name)
            ));
        }
    };
    if let Some(at) = values.iter().position(|v| !v.is_finite()) {
        return Err(format!("tensor {} is {} at element {at}", files::quoted(name), values[at]));
    }
    Ok(values)
}
