//! The zip around a pickle, and tensors in it.

use std::io::{Cursor, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::pickle::Pickle;
use crate::error::InteropError;

/// Values of one type, a storage of their own.
pub(super) enum Storage<'a> {
    Floats(&'a [f32]),
    /// A single 0.
    Counter,
}

impl Storage<'_> {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Floats(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Self::Counter => vec![0; 8],
        }
    }
}

/// Tensors in the order of their storages `data/0`, `data/1`, ….
pub(super) struct Archive<'a> {
    pub storages: Vec<Storage<'a>>,
}

impl<'a> Archive<'a> {
    /// Puts a tensor on the pickle, row by row, and its values among the storages.
    pub fn tensor(&mut self, pickle: &mut Pickle, shape: &[usize], storage: Storage<'a>) {
        let (class, count) = match &storage {
            Storage::Floats(values) => ("FloatStorage", values.len()),
            Storage::Counter => ("LongStorage", 1),
        };
        pickle.global("torch._utils", "_rebuild_tensor_v2");
        pickle.mark();
        pickle.mark();
        pickle.text("storage");
        pickle.global("torch", class);
        pickle.text(&self.storages.len().to_string());
        pickle.text("cpu");
        pickle.integer(count);
        pickle.tuple();
        pickle.persistent();
        pickle.integer(0);
        let mut strides = vec![1usize; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis].saturating_mul(shape[axis]);
        }
        for sides in [shape, &strides] {
            pickle.mark();
            for &side in sides {
                pickle.integer(side);
            }
            pickle.tuple();
        }
        pickle.no();
        pickle.global("collections", "OrderedDict");
        pickle.empty_tuple();
        pickle.reduce();
        pickle.tuple();
        pickle.reduce();
        self.storages.push(storage);
    }

    /// The zip's bytes: all stored, each file at a multiple of 64 as torch has it, and without a time. `path` stands for the file in messages.
    pub fn zip(
        &self,
        path: &Path,
        form: &'static str,
        texts: &[(&str, Vec<u8>)],
    ) -> Result<Vec<u8>, InteropError> {
        let refused = |reason: String| InteropError::Form {
            form,
            path: path.to_owned(),
            reason,
            way_out: "export it as .safetensors",
        };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .with_alignment(64);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let mut put = |name: &str, bytes: &[u8]| -> Result<(), String> {
            let options = options.large_file(u32::try_from(bytes.len()).is_err());
            zip.start_file(format!("archive/{name}"), options).map_err(|e| e.to_string())?;
            zip.write_all(bytes).map_err(|e| e.to_string())
        };
        for (name, bytes) in texts {
            put(name, bytes).map_err(refused)?;
        }
        put("byteorder", b"little").map_err(refused)?;
        for (at, storage) in self.storages.iter().enumerate() {
            put(&format!("data/{at}"), &storage.bytes()).map_err(refused)?;
        }
        put("version", b"3\n").map_err(refused)?;
        let written = zip.finish().map_err(|e| refused(e.to_string()))?;
        Ok(written.into_inner())
    }
}
