//! The header of a `.safetensors` file.

use std::collections::BTreeMap;
use std::fs::File;

use safetensors::tensor::Metadata;

use super::file_tensor::{Fault, FileTensor, Place, decode, read_at};
use crate::error::quoted;

/// Bytes of the longest header of a `.safetensors` file that is read.
const LONGEST_HEADER: u64 = 32 << 20;

/// Tensors and texts of a file.
pub(super) type Found = (BTreeMap<String, FileTensor>, BTreeMap<String, String>);

/// The tensors of a `.safetensors` file of `size` bytes, and its texts.
pub(super) fn find(file: &File, size: u64, header: u64) -> Result<Found, Fault> {
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
