//! Reading tensors from a file, whatever wrote it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use burn::store::pytorch_reader::{DType as TorchType, PytorchError, PytorchReader};
use burn::tensor::{bf16, f16};
use safetensors::{Dtype as SafeType, SafeTensors};

use crate::error::NetsError;
use crate::named::Tensors;

/// A tensor as a file holds it.
pub(super) struct FileTensor {
    pub shape: Vec<usize>,
    /// The element type's name in safetensors: "F32", "I64", ….
    pub dtype: String,
    /// Row by row; wider types are rounded.
    pub values: Vec<f32>,
}

impl FileTensor {
    /// Whether the elements are floating-point numbers.
    pub fn is_float(&self) -> bool {
        matches!(self.dtype.as_str(), "F64" | "F32" | "F16" | "BF16")
    }
}

/// All that a weights file holds.
pub(super) struct WeightsFile {
    pub metadata: BTreeMap<String, String>,
    pub tensors: BTreeMap<String, FileTensor>,
}

/// Reads a `.safetensors` file or one that `torch.save` wrote, told apart by content.
///
/// A `module.` (or `_orig_mod.`) before every name is taken off, and of a training checkpoint only its `state_dict` is kept.
pub(super) fn read(path: &Path) -> Result<WeightsFile, NetsError> {
    let bytes = fs::read(path).map_err(|source| NetsError::Read { path: path.to_owned(), source })?;
    // A .safetensors file begins with the length of its header, whose low byte may look like a pickle's 0x80.
    let header = bytes.first_chunk().map(|length| u64::from_le_bytes(*length));
    let safetensors = bytes.get(8) == Some(&b'{') && header.is_some_and(|length| length < bytes.len() as u64);
    let torch = !safetensors
        && (bytes.starts_with(b"PK\x03\x04")
            || bytes.first() == Some(&0x80)
            || bytes.get(257..262) == Some(b"ustar"));
    let file = if bytes.is_empty() {
        return Err(NetsError::NotWeights { path: path.to_owned(), reason: "the file is empty".to_owned() });
    } else if torch {
        drop(bytes);
        WeightsFile { metadata: BTreeMap::new(), tensors: read_torch(path)? }
    } else if bytes.get(8) == Some(&b'{') {
        read_safetensors(path, &bytes)?
    } else {
        let reason = "it is neither a .safetensors file nor one that torch.save wrote".to_owned();
        return Err(NetsError::NotWeights { path: path.to_owned(), reason });
    };
    if file.tensors.is_empty() {
        return Err(NetsError::NotWeights {
            path: path.to_owned(),
            reason: "it holds no tensors".to_owned(),
        });
    }
    Ok(WeightsFile { tensors: plain_names(file.tensors), ..file })
}

fn plain_names(tensors: BTreeMap<String, FileTensor>) -> BTreeMap<String, FileTensor> {
    let nested = tensors.keys().any(|name| name.starts_with("state_dict."));
    let mut plain = BTreeMap::new();
    for (name, tensor) in tensors {
        let Some(mut name) = (if nested { name.strip_prefix("state_dict.") } else { Some(name.as_str()) })
        else {
            continue;
        };
        while let Some(rest) = name.strip_prefix("module.").or_else(|| name.strip_prefix("_orig_mod.")) {
            name = rest;
        }
        plain.insert(name.to_owned(), tensor);
    }
    plain
}

fn read_safetensors(path: &Path, bytes: &[u8]) -> Result<WeightsFile, NetsError> {
    let damaged = |e: safetensors::SafeTensorError| NetsError::NotWeights {
        path: path.to_owned(),
        reason: format!("it is no whole .safetensors file ({})", e.to_string().to_lowercase()),
    };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let metadata = header.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    let views = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let mut tensors = BTreeMap::new();
    for (name, view) in views.iter() {
        let values = decode(view.dtype(), view.data()).ok_or_else(|| NetsError::NotWeights {
            path: path.to_owned(),
            reason: format!("tensor {name} is of the type {:?}, which is not read", view.dtype()),
        })?;
        let dtype = format!("{:?}", view.dtype());
        tensors.insert(name.to_owned(), FileTensor { shape: view.shape().to_vec(), dtype, values });
    }
    Ok(WeightsFile { metadata, tensors })
}

fn read_torch(path: &Path) -> Result<BTreeMap<String, FileTensor>, NetsError> {
    let damaged = |reason: String| NetsError::NotWeights {
        path: path.to_owned(),
        reason: format!("it cannot be read as torch.save's ({reason})"),
    };
    let reader = PytorchReader::new(path).map_err(|e| match e {
        PytorchError::Io(source) if files::io_is_machine_fault(&source) => {
            NetsError::Read { path: path.to_owned(), source }
        }
        e => damaged(e.to_string()),
    })?;
    let mut tensors = BTreeMap::new();
    for (name, tensor) in reader.tensors() {
        let bytes = tensor.read().map_err(|e| damaged(e.to_string()))?;
        let dtype = match tensor.dtype() {
            TorchType::F64 => SafeType::F64,
            TorchType::F32 => SafeType::F32,
            TorchType::F16 => SafeType::F16,
            TorchType::BF16 => SafeType::BF16,
            TorchType::I64 => SafeType::I64,
            TorchType::I32 => SafeType::I32,
            TorchType::I16 => SafeType::I16,
            TorchType::I8 => SafeType::I8,
            TorchType::U64 => SafeType::U64,
            TorchType::U32 => SafeType::U32,
            TorchType::U16 => SafeType::U16,
            TorchType::U8 => SafeType::U8,
            TorchType::Bool => SafeType::BOOL,
        };
        // Both readers hand out little-endian bytes here: big-endian processors are not supported.
        let values = decode(dtype, &bytes).unwrap_or_default();
        let (shape, dtype) = (tensor.shape().to_vec(), format!("{dtype:?}"));
        tensors.insert(name.clone(), FileTensor { shape, dtype, values });
    }
    Ok(tensors)
}

fn decode(dtype: SafeType, bytes: &[u8]) -> Option<Vec<f32>> {
    macro_rules! numbers {
        ($t:ty, $to_f32:expr) => {
            bytes
                .as_chunks::<{ size_of::<$t>() }>()
                .0
                .iter()
                .map(|b| $to_f32(<$t>::from_le_bytes(*b)))
                .collect()
        };
    }
    Some(match dtype {
        SafeType::F64 => numbers!(f64, |v| v as f32),
        SafeType::F32 => numbers!(f32, |v| v),
        SafeType::F16 => numbers!(f16, f16::to_f32),
        SafeType::BF16 => numbers!(bf16, bf16::to_f32),
        SafeType::I64 => numbers!(i64, |v| v as f32),
        SafeType::I32 => numbers!(i32, |v| v as f32),
        SafeType::I16 => numbers!(i16, f32::from),
        SafeType::I8 => numbers!(i8, f32::from),
        SafeType::U64 => numbers!(u64, |v| v as f32),
        SafeType::U32 => numbers!(u32, |v| v as f32),
        SafeType::U16 => numbers!(u16, f32::from),
        SafeType::U8 | SafeType::BOOL => numbers!(u8, f32::from),
        _ => return None,
    })
}

/// The tensors as a network takes them: floating-point and finite, without what `ignored` names.
pub(super) fn usable(
    file: WeightsFile,
    path: &Path,
    ignored: impl Fn(&str) -> bool,
) -> Result<Tensors, NetsError> {
    let mut usable = Tensors::new();
    for (name, tensor) in file.tensors {
        if ignored(&name) {
            continue;
        }
        if !tensor.is_float() {
            let reason = format!("tensor {name} is of the type {}, not floating-point", tensor.dtype);
            return Err(NetsError::NotWeights { path: path.to_owned(), reason });
        }
        let count = tensor.values.iter().filter(|v| !v.is_finite()).count();
        if count > 0 {
            let total = tensor.values.len();
            return Err(NetsError::NotFinite { path: path.to_owned(), tensor: name, count, total });
        }
        usable.insert(name, (tensor.shape, tensor.values));
    }
    Ok(usable)
}

/// Whether a tensor has this shape: a check before a network as wide as a file claims is allocated.
pub(super) fn expect_shape(
    tensors: &Tensors,
    path: &Path,
    name: &str,
    expected: &[usize],
) -> Result<(), NetsError> {
    let (origin, tensor) = (path.display().to_string(), name.to_owned());
    match tensors.get(name) {
        None => Err(NetsError::Missing { origin, tensor }),
        Some((found, _)) if found != expected => {
            Err(NetsError::Shape { origin, tensor, found: found.clone(), expected: expected.to_vec() })
        }
        Some(_) => Ok(()),
    }
}
