//! Networks by a formula, which `tools/fixtures_nets.py` repeats bit for bit, so that torch computes with the same numbers. For tests.

use std::path::Path;

use serde_json::json;

use crate::network::{GeneratorSize, Network, NetworkKind, ResNetDepth, ResNetSize, Upsampling};

/// Uniform in `[low, high)`, from the name and each element's index alone: FNV-1a of the name seeds splitmix64, whose upper 24 bits are the
/// number.
pub(crate) fn filled(name: &str, shape: &[usize], low: f64, high: f64) -> Vec<f32> {
    let hashed = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
    let seed = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, hashed);
    let value = |i: u64| {
        let mut z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (low + (z >> 40) as f64 / f64::from(1 << 24) * (high - low)) as f32
    };
    (1..=shape.iter().product::<usize>() as u64).map(value).collect()
}

fn weight(name: &str, shape: &[usize]) -> Vec<f32> {
    match shape.len() {
        _ if name.ends_with("running_mean") => filled(name, shape, -0.1, 0.1),
        _ if name.ends_with("running_var") => filled(name, shape, 0.5, 1.5),
        1 if name.ends_with("weight") => filled(name, shape, 0.7, 1.3),
        1 => filled(name, shape, -0.2, 0.2),
        _ => {
            let bound = (6.0 / shape[1..].iter().product::<usize>() as f64).sqrt();
            filled(name, shape, -bound, bound)
        }
    }
}

/// A tensor of a file that a test spoils: name, type as the header has it, shape, bytes.
pub(crate) type Raw = (String, &'static str, Vec<usize>, Vec<u8>);

/// The tensors of a network as f32.
pub(crate) fn raw(kind: &NetworkKind) -> Vec<Raw> {
    let tensor = |(name, shape): (String, Vec<usize>)| {
        let bytes = weight(&name, &shape).iter().flat_map(|v| v.to_le_bytes()).collect();
        (name, "F32", shape, bytes)
    };
    kind.layout().into_iter().map(tensor).collect()
}

/// A `.safetensors` file of them, its texts `said`.
pub(crate) fn file(tensors: &[Raw], said: &serde_json::Value) -> Vec<u8> {
    let mut header = serde_json::Map::from_iter([("__metadata__".to_owned(), said.clone())]);
    let mut data = Vec::new();
    for (name, dtype, shape, bytes) in tensors {
        let offsets = [data.len(), data.len() + bytes.len()];
        header.insert(name.clone(), json!({ "dtype": dtype, "shape": shape, "data_offsets": offsets }));
        data.extend(bytes);
    }
    let header = serde_json::Value::Object(header).to_string().into_bytes();
    [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()
}

/// What a classifier's file of grayzone says; the names of its classes are none that anybody would like.
pub(crate) fn said(classes: usize) -> serde_json::Value {
    let names: Vec<String> = (0..classes).map(|k| format!("\u{fc}\"\n'|{k}")).collect();
    json!({
        "grayzone": "classifier",
        "classes": json!(names).to_string(),
        "mean": "[0.7, 0.5, 0.65]",
        "std": "[0.2, 0.25, 0.18]",
        "tile_size": "224",
    })
}

pub(crate) fn classifier(depth: ResNetDepth, width: usize, classes: usize) -> NetworkKind {
    NetworkKind::Classifier(ResNetSize { depth, width, classes })
}

pub(crate) fn generator(blocks: usize, upsampling: Upsampling, is_told: bool) -> NetworkKind {
    NetworkKind::Generator(GeneratorSize { width: 3, blocks, upsampling, is_told })
}

/// The network with the formula's weights.
pub(crate) fn network(kind: &NetworkKind) -> Network {
    let said = match kind {
        NetworkKind::Classifier(size) => said(size.classes),
        NetworkKind::Generator(_) => json!({ "grayzone": "generator", "tile_size": "16" }),
    };
    Network::from_bytes(Path::new("formula"), &file(&raw(kind), &said)).unwrap()
}
