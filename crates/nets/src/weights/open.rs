//! Weight files opened: the names, shapes and places of their tensors first, values only when they are asked for.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use burn::store::pytorch_reader::Tensor as BurnTensor;
use burn::tensor::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::Metadata;

use super::torch;
use crate::error::{NetsError, cut, quoted};

/// Bytes of the longest header of a `.safetensors` file that is read.
const LONGEST_HEADER: u64 = 32 << 20;

/// Why a file cannot be used.
#[derive(Debug)]
pub(super) enum Fault {
    /// The system refused.
    Io(io::Error),
    /// What is wrong with the file.
    Damaged(String),
}

impl Fault {
    pub fn damaged(reason: &str) -> Self {
        Self::Damaged(reason.to_owned())
    }
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self::Damaged(reason)
    }
}

/// `len` bytes of the file from `at` on. The caller has seen that the file is as long.
pub(super) fn read_at(mut file: &File, at: u64, len: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = vec![0; usize::try_from(len).map_err(|_| Fault::damaged("it is too large"))?];
    let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
    match read {
        Ok(()) => Ok(bytes),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(Fault::damaged("it ends too early")),
        Err(e) => Err(Fault::Io(e)),
    }
}

/// A tensor of a file, its values not yet read.
#[derive(Debug)]
pub(super) struct FileTensor {
    /// Its sides; their product is known to fit 64 bits.
    pub shape: Vec<usize>,
    /// The element type's name in safetensors, "F32", "I64" …, else torch's.
    pub dtype: String,
    /// The type of the elements; None for those that are not read.
    pub kind: Option<Dtype>,
    /// Where its values are.
    pub place: Place,
    /// Why its values cannot be read, if so.
    pub fault: Option<String>,
}

/// Where a tensor's values are.
#[derive(Debug)]
pub(super) enum Place {
    /// One after the other from this byte on, with their checksum if they have one.
    Row { at: u64, crc: Option<u32> },
    /// Within these bytes, neighbours along each axis so many elements apart.
    Window { at: u64, len: u64, stride: Vec<usize> },
    /// Burn's reader knows.
    ByBurn(BurnTensor),
    /// In no place that is known here.
    Nowhere,
}

impl FileTensor {
    /// Whether the elements are floating-point numbers.
    pub fn is_float(&self) -> bool {
        matches!(self.kind, Some(Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16))
    }

    /// How many values there are.
    pub fn count(&self) -> usize {
        self.shape.iter().fold(1usize, |n, &side| n.saturating_mul(side))
    }

    /// How many bytes its values have.
    pub fn bytes(&self) -> u64 {
        self.shape
            .iter()
            .fold(1u64, |n, &side| n.saturating_mul(side as u64))
            .saturating_mul(self.element() as u64)
    }

    fn element(&self) -> usize {
        self.kind.map_or(1, |kind| kind.bitsize() / 8)
    }

    /// Whether the two are the same values in the same place of one file.
    pub fn is_same(&self, other: &Self) -> bool {
        let place = |tensor: &Self| match &tensor.place {
            Place::Row { at, .. } => Some((*at, Vec::new())),
            Place::Window { at, stride, .. } => Some((*at, stride.clone())),
            _ => None,
        };
        self.shape == other.shape
            && self.kind == other.kind
            && place(self).is_some_and(|here| place(other).as_ref() == Some(&here))
    }
}

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
