//! Weights alone, under torch's names.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::archive::{Archive, Storage};
use super::pickle::Pickle;
use crate::error::InteropError;
use crate::network::{Network, NetworkKind};

/// The tensors in torch's order, the counter of batches behind each running variance.
fn state(network: &Network) -> Vec<(String, &[usize], Storage<'_>)> {
    let mut all = Vec::new();
    for (name, _) in network.kind().layout() {
        let Some(weight) = network.tensors().get(&name) else { continue };
        let counter = name.strip_suffix("running_var").map(|norm| format!("{norm}num_batches_tracked"));
        all.push((name, weight.shape.as_slice(), Storage::Floats(&weight.values)));
        if let Some(counter) = counter {
            all.push((counter, &[][..], Storage::Counter));
        }
    }
    all
}

/// The bytes of a `.pth`: a zip with a pickled `OrderedDict` of tensors, which `torch.load(weights_only=True)` reads and `load_state_dict` takes. The
/// same for the same network.
///
/// # Errors
/// [`InteropError::Form`] if no archive can hold it.
pub fn pth_bytes(network: &Network) -> Result<Vec<u8>, InteropError> {
    let (mut pickle, mut archive) = (Pickle::new(), Archive { storages: Vec::new() });
    pickle.global("collections", "OrderedDict");
    pickle.empty_tuple();
    pickle.reduce();
    pickle.mark();
    for (name, shape, storage) in state(network) {
        pickle.text(&name);
        archive.tensor(&mut pickle, shape, storage);
    }
    pickle.set_items();
    archive.zip(network.path(), "a .pth", &[("data.pkl", pickle.end())])
}

/// Writes [`pth_bytes`] to a file, whole or not at all.
///
/// # Errors
/// As there, and [`InteropError::Write`].
pub fn write_pth(path: &Path, network: &Network) -> Result<(), InteropError> {
    Ok(files::write_atomic(path, &pth_bytes(network)?)?)
}

/// The bytes of a `.safetensors` file with the names of a torch `state_dict`, counters of batches among them, and what is known of the network in
/// its header. Sorted, and so the same for the same network.
pub fn safetensors_bytes(network: &Network) -> Vec<u8> {
    let mut texts = network.texts();
    texts.extend(own_texts(network).into_iter().map(|(key, text)| (key.to_owned(), text)));
    let mut header: BTreeMap<String, Value> = BTreeMap::from([("__metadata__".to_owned(), json!(texts))]);
    let mut data = Vec::new();
    // Wider types come first, as the format's own writer has them, so that all are aligned.
    let mut all = state(network);
    all.sort_by(|a, b| {
        let wide = |storage: &Storage| matches!(storage, Storage::Floats(_));
        (wide(&a.2), &a.0).cmp(&(wide(&b.2), &b.0))
    });
    for (name, shape, storage) in all {
        let start = data.len();
        let dtype = match storage {
            Storage::Floats(values) => {
                data.extend(values.iter().flat_map(|v| v.to_le_bytes()));
                "F32"
            }
            Storage::Counter => {
                data.extend([0; 8]);
                "I64"
            }
        };
        header.insert(name, json!({ "dtype": dtype, "shape": shape, "data_offsets": [start, data.len()] }));
    }
    let mut header = json!(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = Vec::with_capacity(8 + header.len() + data.len());
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header);
    bytes.extend(data);
    bytes
}

/// The texts by which grayzone knows a file of its own again. It asks for all of them, so a network of which something is not known goes without.
fn own_texts(network: &Network) -> Vec<(&'static str, String)> {
    let mut texts = vec![("format", "pt".to_owned())];
    let known = network.description();
    match network.kind() {
        NetworkKind::Classifier(size) => {
            let said = (known.classes.as_ref(), known.mean, known.std, known.tile_size);
            if let (Some(_), Some(_), Some(_), Some(_)) = said {
                texts.extend([("grayzone", "classifier".to_owned()), ("width", size.width.to_string())]);
            }
        }
        NetworkKind::Generator(size) => texts.extend([
            ("grayzone", "generator".to_owned()),
            ("width", size.width.to_string()),
            ("blocks", size.blocks.to_string()),
        ]),
    }
    texts
}

/// Writes [`safetensors_bytes`] to a file, whole or not at all.
///
/// # Errors
/// [`InteropError::Write`].
pub fn write_safetensors(path: &Path, network: &Network) -> Result<(), InteropError> {
    Ok(files::write_atomic(path, &safetensors_bytes(network))?)
}
