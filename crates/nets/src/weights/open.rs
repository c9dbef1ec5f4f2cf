//! Weight files opened: the names, shapes and places of their tensors first, values only when they are asked for.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use burn::tensor::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::Metadata;

use super::held::{Fault, FileTensor, Place, read_at};
use super::torch;
use crate::error::{NetsError, cut, quoted};

/// Bytes of the longest header of a `.safetensors` file that is read.
const LONGEST_HEADER: u64 = 32 << 20;

/// All that a weights file holds.
pub(super) struct WeightsFile {
    pub path: PathBuf,
    /// The texts in a `.safetensors` header.
    pub metadata: BTreeMap<String, String>,
    pub tensors: BTreeMap<String, FileTensor>,
    file: File,
    /// Bytes that the tensors of one network may have in all.
    most: u64,
}

impl WeightsFile {
    /// Opens a `.safetensors` file or one that `torch.save` wrote, told apart by content.
    ///
    /// # Errors
    /// [`NetsError::Read`]; [`NetsError::NotWeights`] for a damaged or foreign file.
    pub fn open(path: &Path) -> Result<Self, NetsError> {
        let not_weights = |reason: String| NetsError::NotWeights { path: path.to_owned(), reason };
        let refused = |source| NetsError::Read { path: path.to_owned(), source };
        let file = files::open(path).map_err(refused)?;
        let size = file.metadata().map_err(refused)?.len();
        if size == 0 {
            return Err(not_weights("the file is empty".to_owned()));
        }
        let told = |what: &'static str| {
            move |fault| match fault {
                Fault::Io(source) => NetsError::Read { path: path.to_owned(), source },
                Fault::Damaged(reason) => NetsError::NotWeights {
                    path: path.to_owned(),
                    reason: format!("{what} ({})", cut(&reason, 300)),
                },
            }
        };
        let torn = "it is no whole .safetensors file";
        let head = read_at(&file, 0, size.min(512)).map_err(told(torn))?;
        // A .safetensors file begins with the length of its header, whose low byte may look like a pickle's 0x80.
        let header = head.first_chunk().map(|length| u64::from_le_bytes(*length));
        let safetensors = head.get(8) == Some(&b'{');
        let torch = torch::begins(&head) && !(safetensors && header.is_some_and(|length| length < size));
        let (tensors, metadata) = if torch {
            let found = torch::find(path, &file, size, &head);
            (found.map_err(told("it cannot be read as torch.save's"))?, BTreeMap::new())
        } else if safetensors {
            find(&file, size, header.unwrap_or_default()).map_err(told(torn))?
        } else {
            let reason = "it is neither a .safetensors file nor one that torch.save wrote";
            return Err(not_weights(reason.to_owned()));
        };
        if tensors.is_empty() {
            return Err(not_weights("it holds no tensors".to_owned()));
        }
        let packed = tensors.values().any(|tensor| matches!(tensor.place, Place::ByBurn(_)));
        let most = if packed { u64::MAX } else { size };
        Ok(WeightsFile { path: path.to_owned(), metadata, tensors, file, most })
    }

    /// Bytes that the tensors of one network may have in all: those of the file.
    pub fn most(&self) -> u64 {
        self.most
    }

    /// Refuses tensors that have more bytes together than the file: they lie in one another.
    ///
    /// # Errors
    /// [`NetsError::NotWeights`].
    pub fn check_sum<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), NetsError> {
        let bytes =
            names.filter_map(|name| self.tensors.get(name)).fold(0u64, |n, t| n.saturating_add(t.bytes()));
        if bytes > self.most {
            let reason = format!("its tensors would be {bytes} bytes, and the file is smaller");
            return Err(NetsError::NotWeights { path: self.path.clone(), reason });
        }
        Ok(())
    }

    /// A tensor's values, row by row; wider types are rounded.
    ///
    /// # Errors
    /// [`NetsError::NotWeights`] if they are of a type that is not read, or damaged; [`NetsError::Read`].
    pub fn values(&self, name: &str) -> Result<Vec<f32>, NetsError> {
        let faulty = |reason: String| NetsError::NotWeights { path: self.path.clone(), reason };
        let of = |reason: &str| faulty(format!("tensor {} cannot be read: {reason}", quoted(name)));
        let Some(tensor) = self.tensors.get(name) else { return Err(of("it is missing")) };
        if let Some(fault) = &tensor.fault {
            return Err(of(fault));
        }
        let Some(kind) = tensor.kind else { return Err(of("its type is not known")) };
        let told = |fault| match fault {
            Fault::Io(source) => NetsError::Read { path: self.path.clone(), source },
            Fault::Damaged(reason) => of(&reason),
        };
        let bytes = match &tensor.place {
            Place::Row { at, crc } => {
                let bytes = read_at(&self.file, *at, tensor.bytes()).map_err(told)?;
                if crc.is_some_and(|crc| crc32fast::hash(&bytes) != crc) {
                    return Err(of("its checksum differs"));
                }
                bytes
            }
            Place::Window { at, len, stride } => {
                let window = read_at(&self.file, *at, *len).map_err(told)?;
                gather(&window, &tensor.shape, stride, tensor.element())
            }
            Place::ByBurn(tensor) => tensor.read().map_err(|e| of(&e.to_string()))?,
            Place::Nowhere => return Err(of("its type is not known")),
        };
        decode(kind, &bytes).ok_or_else(|| of("its type is not known"))
    }
}

/// The elements of a tensor, row by row, whose neighbours lie `stride` elements apart.
fn gather(window: &[u8], shape: &[usize], stride: &[usize], element: usize) -> Vec<u8> {
    let count: usize = shape.iter().product();
    let mut bytes = Vec::with_capacity(count * element);
    let mut index = vec![0; shape.len()];
    let mut at = 0;
    for _ in 0..count {
        bytes.extend_from_slice(&window[at * element..(at + 1) * element]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            at += stride[axis];
            if index[axis] < shape[axis] {
                break;
            }
            at -= stride[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    bytes
}

type Found = (BTreeMap<String, FileTensor>, BTreeMap<String, String>);

/// The tensors of a `.safetensors` file of `size` bytes, and its texts.
fn find(file: &File, size: u64, header: u64) -> Result<Found, Fault> {
    let data = header.checked_add(8).filter(|&data| data <= size);
    let data = data.ok_or_else(|| Fault::damaged("it ends within its header"))?;
    if header > LONGEST_HEADER {
        return Err(Fault::damaged("its header is too long"));
    }
    let header = read_at(file, 8, header)?;
    // The crate checks that every tensor has the bytes of its shape and type, one behind the other.
    let header: Metadata =
        serde_json::from_slice(&header).map_err(|e| Fault::Damaged(e.to_string().to_lowercase()))?;
    if header.data_len() as u64 != size - data {
        return Err(Fault::damaged("its values are not as long as its header says"));
    }
    let metadata = header.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    let mut tensors = BTreeMap::new();
    for (name, info) in header.tensors() {
        let (start, end) = (info.data_offsets.0 as u64, info.data_offsets.1 as u64);
        let dtype = format!("{:?}", info.dtype);
        let count = info.shape.iter().try_fold(1u64, |n, &side| n.checked_mul(side as u64));
        let bits = count.and_then(|n| n.checked_mul(info.dtype.bitsize() as u64));
        if start > end || end > size - data || bits != Some(8 * (end - start)) {
            return Err(Fault::Damaged(format!("tensor {} is not as long as its shape", quoted(&name))));
        }
        let read = decode(info.dtype, &[]).is_some();
        let fault = (!read).then(|| format!("it is of the type {dtype}, which is not read"));
        let (kind, place) = (read.then_some(info.dtype), Place::Row { at: data + start, crc: None });
        tensors.insert(name, FileTensor { shape: info.shape.clone(), dtype, kind, place, fault });
    }
    Ok((tensors, metadata))
}

/// The elements as numbers; None for a type that is not read. Both formats are little-endian.
fn decode(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
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
        Dtype::F64 => numbers!(f64, |v| v as f32),
        Dtype::F32 => numbers!(f32, |v| v),
        Dtype::F16 => numbers!(f16, f16::to_f32),
        Dtype::BF16 => numbers!(bf16, bf16::to_f32),
        Dtype::I64 => numbers!(i64, |v| v as f32),
        Dtype::I32 => numbers!(i32, |v| v as f32),
        Dtype::I16 => numbers!(i16, f32::from),
        Dtype::I8 => numbers!(i8, f32::from),
        Dtype::U64 => numbers!(u64, |v| v as f32),
        Dtype::U32 => numbers!(u32, |v| v as f32),
        Dtype::U16 => numbers!(u16, f32::from),
        Dtype::U8 => numbers!(u8, f32::from),
        Dtype::BOOL => numbers!(u8, |v| f32::from(u8::from(v != 0))),
        _ => return None,
    })
}
