//! Weight files opened: the names, shapes and places of their tensors first, values only when they are asked for.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::file_tensor::{Fault, FileTensor, Place, decode, gather, read_at};
use super::{header, torch};
use crate::error::{NetsError, cut, quoted};

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
        let length = head.first_chunk().map(|length| u64::from_le_bytes(*length));
        let safetensors = head.get(8) == Some(&b'{');
        let torch = torch::begins(&head) && !(safetensors && length.is_some_and(|length| length < size));
        let (tensors, metadata) = if torch {
            let found = torch::find(path, &file, size, &head);
            (found.map_err(told("it cannot be read as torch.save's"))?, BTreeMap::new())
        } else if safetensors {
            header::find(&file, size, length.unwrap_or_default()).map_err(told(torn))?
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
