//! A tensor of a weights file, its values not yet read: what it is, and where its values are.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use burn::store::pytorch_reader::Tensor as BurnTensor;
use safetensors::Dtype;

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

    /// Bytes of one value.
    pub fn element(&self) -> usize {
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
