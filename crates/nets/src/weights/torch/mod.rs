//! What `torch.save` wrote: where in the file each tensor lies. No value is read here, and no code in the file is run.

mod bytes;
mod pickle;
mod tensor;
mod zip;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::Path;

use burn::store::pytorch_reader::{DType as TorchType, PytorchError, PytorchReader};
use safetensors::Dtype;

use self::pickle::{Pickle, Value};
use self::tensor::{Described, Kind};
use super::held::{Fault, FileTensor, Place, read_at};

/// Bytes of the longest description of tensors that is read.
const LONGEST_PICKLE: u64 = 64 << 20;
/// With these bytes, in the first 64 of them, begin the files of torch 0.1.10 to 1.5: a number of ten bytes.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/// The same number as protocol 0 writes it.
const MAGIC_TEXT: &[u8] = b"119547037146038801333356";

/// Tensors by name.
type Tensors = BTreeMap<String, FileTensor>;

/// Whether a file that begins so may be torch's.
pub(super) fn begins(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.first() == Some(&0x80) || is_tar(head) || is_legacy(head)
}

fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

fn is_legacy(head: &[u8]) -> bool {
    let head = &head[..head.len().min(64)];
    head.windows(MAGIC.len()).any(|bytes| bytes == MAGIC)
        || head.windows(MAGIC_TEXT.len()).any(|bytes| bytes == MAGIC_TEXT)
}

/// Finds the tensors of a file of `size` bytes that begins with `head`.
///
/// # Errors
/// [`Fault`] if it is not whole or describes what it does not hold.
pub(super) fn find(path: &Path, file: &File, size: u64, head: &[u8]) -> Result<Tensors, Fault> {
    if head.starts_with(b"PK") {
        archive(path, file, size)
    } else if is_tar(head) {
        by_burn(path, size)
    } else if is_legacy(head) {
        legacy(file, size)
    } else {
        let bytes = read_at(file, 0, size.min(LONGEST_PICKLE))?;
        let found = tensor::described(&Pickle::read(&bytes)?)?;
        if found.is_empty() { Ok(Tensors::new()) } else { Err(Fault::damaged("the values are missing")) }
    }
}

/// Torch 1.6 and later: a zip archive with `NAME/data.pkl` and a file a storage in `NAME/data/`.
fn archive(path: &Path, file: &File, size: u64) -> Result<Tensors, Fault> {
    let directory = zip::directory(file, size)?;
    let root = directory
        .keys()
        .filter_map(|name| name.strip_suffix("data.pkl"))
        .filter(|root| root.is_empty() || root.ends_with('/'))
        .min_by_key(|root| (root.len(), *root))
        .ok_or_else(|| Fault::damaged("the archive has no data.pkl"))?;
    let (description, values) = (format!("{root}data.pkl"), format!("{root}data/"));
    let needed = |name: &String| *name == description || name.starts_with(&values);
    if directory.iter().any(|(name, entry)| !entry.plain && needed(name)) {
        // Somebody packed it anew.
        return by_burn(path, size);
    }
    if let Some(order) = directory.get(&format!("{root}byteorder")) {
        let order = zip::read(file, size, *order, 64)?;
        if !order.trim_ascii().eq_ignore_ascii_case(b"little") {
            return Err(big_endian());
        }
    }
    let bytes = zip::read(file, size, directory[&description], LONGEST_PICKLE)?;
    let mut found = HashMap::new();
    let mut tensors = Tensors::new();
    for (name, described) in tensor::described(&Pickle::read(&bytes)?)? {
        let tensor = match &described.storage {
            None => foreign(described),
            Some(storage) => {
                let held = if let Some(held) = found.get(&storage.key) {
                    *held
                } else {
                    let missing = || Fault::damaged("the values of a tensor are missing");
                    let entry = *directory.get(&format!("{values}{}", storage.key)).ok_or_else(missing)?;
                    let at = zip::begin(file, size, entry)?;
                    let held = Held { at, len: entry.len, crc: entry.crc };
                    found.insert(storage.key.clone(), held);
                    held
                };
                place(described, held)?
            }
        };
        tensors.insert(name, tensor);
    }
    Ok(tensors)
}

/// Torch 0.1.10 to 1.5, or later where asked for: five pickles, and then the storages, each behind its count.
fn legacy(file: &File, size: u64) -> Result<Tensors, Fault> {
    let bytes = read_at(file, 0, size.min(LONGEST_PICKLE))?;
    let mut at = 0;
    let mut next = || -> Result<Pickle, String> {
        let pickle = Pickle::read(&bytes[at..])?;
        at += pickle.len;
        Ok(pickle)
    };
    next()?;
    let version = next()?;
    if version.size(version.root) != Some(1001) {
        return Err(Fault::damaged("its version is not known"));
    }
    let system = next()?;
    if let Value::Dict(dict) = system.get(system.root) {
        let order = dict.iter().find(|(key, _)| system.text(*key) == Some("little_endian"));
        if order.is_some_and(|(_, little)| system.size(*little) == Some(0)) {
            return Err(big_endian());
        }
    }
    let described = tensor::described(&next()?)?;
    let listed = next()?;
    let torn = || Fault::damaged("its list of storages is damaged");

    // The storages' lengths are told by the tensors alone.
    let mut lengths = HashMap::new();
    for (_, tensor) in &described {
        if let Some(storage) = &tensor.storage {
            let unit = element(storage.kind.as_ref());
            let told = (storage.count as u64, (storage.count as u64).checked_mul(unit).ok_or_else(torn)?);
            if *lengths.entry(storage.key.as_str()).or_insert(told) != told {
                return Err(torn());
            }
        }
    }
    let mut held = HashMap::new();
    let mut at = at as u64;
    for &key in listed.items(listed.root).ok_or_else(torn)? {
        let key = match listed.get(key) {
            Value::Text(key) => key.to_string(),
            Value::Int(key) => key.to_string(),
            _ => return Err(torn()),
        };
        let count = u64::from_le_bytes(read_at(file, at, 8)?.try_into().map_err(|_| torn())?);
        // One that no tensor uses has no length; torch writes none such.
        let (told, len) = *lengths.get(key.as_str()).ok_or_else(torn)?;
        let end = at.checked_add(8).and_then(|at| at.checked_add(len)).filter(|&end| end <= size);
        let end = end.ok_or_else(|| Fault::damaged("it ends before the values do"))?;
        if count != told {
            return Err(torn());
        }
        held.insert(key, Held { at: at + 8, len, crc: 0 });
        at = end;
    }
    let mut tensors = Tensors::new();
    for (name, described) in described {
        let tensor = match &described.storage {
            None => foreign(described),
            Some(storage) => {
                let held = *held.get(&storage.key).ok_or_else(torn)?;
                place(described, held)?
            }
        };
        tensors.insert(name, tensor);
    }
    Ok(tensors)
}

/// Where a storage's bytes are.
#[derive(Clone, Copy)]
struct Held {
    at: u64,
    len: u64,
    crc: u32,
}

/// Bytes of an element; of a foreign one, at least one.
fn element(kind: Option<&Kind>) -> u64 {
    match kind {
        Some(Kind::Known(dtype)) => dtype.bitsize() as u64 / 8,
        Some(Kind::Foreign(name)) => match name.as_str() {
            "ComplexDouble" | "complex128" => 16,
            "ComplexFloat" | "complex64" => 8,
            "ComplexHalf" | "complex32" | "QInt32" => 4,
            _ => 1,
        },
        None => 1,
    }
}

/// A tensor that is listed, but cannot be used.
fn foreign(described: Described) -> FileTensor {
    let name = match described.kind {
        Kind::Known(dtype) => format!("{dtype:?}"),
        Kind::Foreign(name) => name,
    };
    let fault = Some(format!("it is of the type {name}, which is not read"));
    FileTensor { shape: described.shape, dtype: name, kind: None, place: Place::Nowhere, fault }
}

/// Finds a tensor's values in its storage, which must hold them all.
fn place(described: Described, held: Held) -> Result<FileTensor, Fault> {
    let outside = || Fault::damaged("a tensor reaches beyond the values in the file");
    let Some(storage) = &described.storage else { return Ok(foreign(described)) };
    let Kind::Known(dtype) = described.kind else { return Ok(foreign(described)) };
    let bytes = element(Some(&described.kind));
    // A storage without type counts bytes.
    let unit = element(storage.kind.as_ref());
    (storage.count as u64).checked_mul(unit).filter(|&len| len <= held.len).ok_or_else(outside)?;
    let (from, to) = (storage.part.0 as u64 * unit / bytes, storage.part.1 as u64 * unit / bytes);
    let count =
        described.shape.iter().try_fold(1u64, |n, &side| n.checked_mul(side as u64)).ok_or_else(outside)?;
    let start = from.checked_add(described.start as u64).ok_or_else(outside)?;
    // From the first element to behind the last.
    let mut span = u64::from(count > 0);
    for (&side, &step) in described.shape.iter().zip(&described.stride) {
        if count > 0 {
            let more = (side as u64 - 1).checked_mul(step as u64).ok_or_else(outside)?;
            span = span.checked_add(more).ok_or_else(outside)?;
        }
    }
    start.checked_add(span).filter(|&end| end <= to).ok_or_else(outside)?;

    let mut row = 1;
    let in_a_row = described.shape.iter().zip(&described.stride).rev().all(|(&side, &step)| {
        let fits = side <= 1 || step as u64 == row;
        row = row.saturating_mul(side.max(1) as u64);
        fits
    });
    let at = held.at + start * bytes;
    let place = if in_a_row || count == 0 {
        let whole = start == 0 && count.checked_mul(bytes) == Some(held.len) && held.crc != 0;
        Place::Row { at, crc: whole.then_some(held.crc) }
    } else {
        Place::Window { at, len: span * bytes, stride: described.stride }
    };
    // More elements than the storage has are the same ones over and over.
    let fault =
        (count > span).then(|| format!("its {count} values are {span} in the file, used again and again"));
    Ok(FileTensor { shape: described.shape, dtype: format!("{dtype:?}"), kind: Some(dtype), place, fault })
}

fn big_endian() -> Fault {
    Fault::damaged("a big-endian computer wrote it, and its numbers are the other way round")
}

/// Archives that were packed anew, and those of torch before 0.1.10, by Burn's reader.
fn by_burn(path: &Path, size: u64) -> Result<Tensors, Fault> {
    /// How much more a compressed archive may hold than it has bytes.
    const PACKED: u64 = 64;
    let reader = PytorchReader::new(path).map_err(|e| match e {
        PytorchError::Io(e) if files::io_is_machine_fault(&e) => Fault::Io(e),
        e => Fault::Damaged(e.to_string()),
    })?;
    let tensors = reader.into_tensors().into_iter().map(|(name, tensor)| {
        let kind = match tensor.dtype() {
            TorchType::F64 => Dtype::F64,
            TorchType::F32 => Dtype::F32,
            TorchType::F16 => Dtype::F16,
            TorchType::BF16 => Dtype::BF16,
            TorchType::I64 => Dtype::I64,
            TorchType::I32 => Dtype::I32,
            TorchType::I16 => Dtype::I16,
            TorchType::I8 => Dtype::I8,
            TorchType::U64 => Dtype::U64,
            TorchType::U32 => Dtype::U32,
            TorchType::U16 => Dtype::U16,
            TorchType::U8 => Dtype::U8,
            TorchType::Bool => Dtype::BOOL,
        };
        let shape = tensor.shape().to_vec();
        let count = shape.iter().try_fold(1u64, |n, &side| n.checked_mul(side as u64));
        let fits = count
            .and_then(|n| n.checked_mul(kind.bitsize() as u64 / 8))
            .is_some_and(|bytes| bytes <= size.saturating_mul(PACKED));
        let fault = (!fits).then(|| "it holds more values than the file can".to_owned());
        let dtype = format!("{kind:?}");
        (name, FileTensor { shape, dtype, kind: Some(kind), place: Place::ByBurn(tensor), fault })
    });
    Ok(tensors.collect())
}
