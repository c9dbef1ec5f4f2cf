//! The ONNX file of a network.

use std::path::Path;

use prost::Message;

use super::message::{Dim, Entry, FLOAT, Model, OperatorSet, Shape, Side, TensorType, Type, Value};
use super::nodes::{INPUT, OUTPUT, nodes};
use crate::error::InteropError;
use crate::graph;
use crate::network::{Network, NetworkKind};

/// The operators' version that is written.
const OPSET: i64 = 17;
/// The version of the file's form that came with it (ONNX 1.12).
const IR: i64 = 8;
/// A protobuf message ends below 2 GiB; this leaves a mebibyte for all but the weights.
const MOST_BYTES: usize = (1 << 31) - (1 << 20);

/// What is added to a classifier; a generator is written as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OnnxOptions {
    /// It gives probabilities and not logits.
    pub softmax: bool,
    /// It takes pixels in [0, 1] (RGB, N×3×H×W) and normalises them itself; the description must say mean and std.
    pub normalise_inside: bool,
}

/// The bytes of an ONNX file, the same for the same network.
///
/// A classifier takes `input`, `[batch, 3, height, width]` of normalised pixels, and gives `output`, `[batch, classes]` of logits. A generator takes
/// and gives `[batch, 3, height, width]` in [−1, 1] (with a dial it takes a fourth plane), sides multiples of 4. Batch and sides are open.
/// What a translator does around its network (locking the stain, framing) is **not** in it; the file says so.
///
/// # Errors
/// [`InteropError::Description`] if the pixels are to be normalised and nothing says how; [`InteropError::Form`] if a generator is given options, or
/// the weights are too large for one ONNX file.
pub fn onnx_bytes(network: &Network, options: OnnxOptions) -> Result<Vec<u8>, InteropError> {
    let form = |reason: &str, way_out| InteropError::Form {
        form: "ONNX",
        path: network.path().to_owned(),
        reason: reason.to_owned(),
        way_out,
    };
    let is_generator = matches!(network.kind(), NetworkKind::Generator(_));
    if is_generator && options != OnnxOptions::default() {
        return Err(form(
            "a generator has no classes and takes pixels in [-1, 1]",
            "leave out softmax and normalising",
        ));
    }
    let size = network
        .tensors()
        .values()
        .map(|weight| weight.values.len().saturating_mul(4))
        .fold(0, usize::saturating_add);
    if size > MOST_BYTES {
        return Err(form(
            "its weights are 2 GiB or more, which one ONNX file cannot hold",
            "export it as .safetensors",
        ));
    }
    let known = network.description();
    let normalised_by = if options.normalise_inside {
        let mean = known.mean.ok_or_else(|| network.unknown("mean"))?;
        Some((mean, known.std.ok_or_else(|| network.unknown("std"))?))
    } else {
        None
    };
    let operations = graph::of(network.kind(), normalised_by, options.softmax);
    let mut graph = nodes(&operations, network.tensors(), network.kind().name());
    let (input, output) = match network.kind() {
        NetworkKind::Classifier(size) => {
            (picture(INPUT, 3), value(OUTPUT, vec![named("batch"), fixed(size.classes)]))
        }
        NetworkKind::Generator(size) => (picture(INPUT, size.inputs()), picture(OUTPUT, 3)),
    };
    (graph.inputs, graph.outputs) = (vec![input], vec![output]);
    let mut texts = network.texts();
    texts.insert("input".to_owned(), input_words(network.kind(), options).to_owned());
    texts.insert("output".to_owned(), output_words(network.kind(), options).to_owned());
    let model = Model {
        ir_version: IR,
        producer_name: "grayzone".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: words(network),
        graph: Some(graph),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
        metadata: texts.into_iter().map(|(key, value)| Entry { key, value }).collect(),
    };
    Ok(model.encode_to_vec())
}

/// Writes [`onnx_bytes`] to a file, whole or not at all.
///
/// # Errors
/// As there, and [`InteropError::Write`].
pub fn write_onnx(path: &Path, network: &Network, options: OnnxOptions) -> Result<(), InteropError> {
    Ok(files::write_atomic(path, &onnx_bytes(network, options)?)?)
}

fn words(network: &Network) -> String {
    let what = network.kind().title();
    match network.kind() {
        NetworkKind::Classifier(_) => format!("{what}. For research; not a medical device."),
        NetworkKind::Generator(_) => format!(
            "{what}. The network alone: what its trainer does to tiles before and after it (locking the stain, framing) is not in this file. Sides must be multiples of 4. For research; not a medical device."
        ),
    }
}

fn input_words(kind: &NetworkKind, options: OnnxOptions) -> &'static str {
    match kind {
        NetworkKind::Classifier(_) if options.normalise_inside => "RGB in [0, 1]",
        NetworkKind::Classifier(_) => "RGB in [0, 1], minus mean, divided by std",
        NetworkKind::Generator(size) if size.is_told => {
            "RGB in [-1, 1], and a plane of 2 s - 1 with s in [0, 1]"
        }
        NetworkKind::Generator(_) => "RGB in [-1, 1]",
    }
}

fn output_words(kind: &NetworkKind, options: OnnxOptions) -> &'static str {
    match kind {
        NetworkKind::Classifier(_) if options.softmax => "probabilities",
        NetworkKind::Classifier(_) => "logits",
        NetworkKind::Generator(_) => "RGB in [-1, 1]",
    }
}

fn picture(name: &str, channels: usize) -> Value {
    value(name, vec![named("batch"), fixed(channels), named("height"), named("width")])
}

fn value(name: &str, dims: Vec<Dim>) -> Value {
    let tensor = TensorType { element: FLOAT, shape: Some(Shape { dims }) };
    Value { name: name.to_owned(), r#type: Some(Type { tensor: Some(tensor) }) }
}

fn named(name: &str) -> Dim {
    Dim { side: Some(Side::Named(name.to_owned())) }
}

fn fixed(side: usize) -> Dim {
    Dim { side: Some(Side::Fixed(side as i64)) }
}
