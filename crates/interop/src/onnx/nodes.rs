//! A list of operations as ONNX's nodes.

use std::collections::{BTreeMap, BTreeSet};

use super::message::{Attribute, FLOAT, Graph as OnnxGraph, INT64, Node, Tensor};
use crate::graph::{EPS, Graph, Op};
use crate::network::Weight;

/// The names of what goes in and of what comes out.
pub(super) const INPUT: &str = "input";
pub(super) const OUTPUT: &str = "output";

/// Nodes and the weights they use; inputs and outputs of the whole are left open.
///
/// Batch norm stays a node of its own and is not folded into the convolution before it: so every weight in the file is, to the bit, the one of
/// the same name in the weights it was made from, and whoever runs the file folds it when loading.
pub(super) fn nodes(graph: &Graph, weights: &BTreeMap<String, Weight>, name: &str) -> OnnxGraph {
    let mut writer = Writer {
        weights,
        there: BTreeSet::new(),
        out: OnnxGraph { name: name.to_owned(), ..OnnxGraph::default() },
    };
    let mut values = vec![INPUT.to_owned()];
    for (at, node) in graph.nodes.iter().enumerate() {
        let inputs: Vec<String> =
            node.inputs.iter().filter_map(|&value| values.get(value).cloned()).collect();
        let output =
            if at + 1 == graph.nodes.len() { OUTPUT.to_owned() } else { format!("value_{}", at + 1) };
        writer.op(&node.op, inputs, &output);
        values.push(output);
    }
    writer.out
}

struct Writer<'a> {
    weights: &'a BTreeMap<String, Weight>,
    there: BTreeSet<String>,
    out: OnnxGraph,
}

impl Writer<'_> {
    fn op(&mut self, op: &Op, mut inputs: Vec<String>, output: &str) {
        let (kind, attributes) = match op {
            Op::Conv { name, bias, kernel, stride, pad } => {
                inputs.push(self.weight(&format!("{name}.weight")));
                if *bias {
                    inputs.push(self.weight(&format!("{name}.bias")));
                }
                let attributes = vec![
                    ints("kernel_shape", &[*kernel as i64; 2]),
                    ints("strides", &[*stride as i64; 2]),
                    ints("pads", &[*pad as i64; 4]),
                ];
                ("Conv", attributes)
            }
            Op::ConvTranspose { name } => {
                inputs.extend([self.weight(&format!("{name}.weight")), self.weight(&format!("{name}.bias"))]);
                let attributes = vec![
                    ints("kernel_shape", &[3, 3]),
                    ints("strides", &[2, 2]),
                    ints("pads", &[1; 4]),
                    ints("output_padding", &[1, 1]),
                ];
                ("ConvTranspose", attributes)
            }
            Op::BatchNorm { name } => {
                for tensor in ["weight", "bias", "running_mean", "running_var"] {
                    inputs.push(self.weight(&format!("{name}.{tensor}")));
                }
                ("BatchNormalization", vec![float("epsilon", EPS)])
            }
            Op::InstanceNorm { channels } => {
                inputs.push(self.floats(&format!("ones_{channels}"), &[*channels], &vec![1.0; *channels]));
                inputs.push(self.floats(&format!("zeros_{channels}"), &[*channels], &vec![0.0; *channels]));
                ("InstanceNormalization", vec![float("epsilon", EPS)])
            }
            Op::Add => ("Add", vec![]),
            Op::Relu => ("Relu", vec![]),
            Op::Tanh => ("Tanh", vec![]),
            Op::MaxPool => {
                let attributes =
                    vec![ints("kernel_shape", &[3, 3]), ints("strides", &[2, 2]), ints("pads", &[1; 4])];
                ("MaxPool", attributes)
            }
            Op::GlobalAverage => {
                let averaged = format!("{output}_averaged");
                self.node("GlobalAveragePool", inputs, &averaged, vec![]);
                inputs = vec![averaged];
                ("Flatten", vec![int("axis", 1)])
            }
            Op::Linear { name } => {
                inputs.extend([self.weight(&format!("{name}.weight")), self.weight(&format!("{name}.bias"))]);
                ("Gemm", vec![int("transB", 1)])
            }
            Op::Reflect(pad) => {
                let p = *pad as i64;
                inputs.push(self.integers(&format!("pads_{pad}"), &[0, 0, p, p, 0, 0, p, p]));
                ("Pad", vec![text("mode", "reflect")])
            }
            Op::Double => {
                // The region of interest is not given; only some ways of resizing have one.
                inputs.extend([String::new(), self.floats("doubled", &[4], &[1.0, 1.0, 2.0, 2.0])]);
                let attributes = vec![
                    text("coordinate_transformation_mode", "asymmetric"),
                    text("mode", "nearest"),
                    text("nearest_mode", "floor"),
                ];
                ("Resize", attributes)
            }
            Op::Normalise { mean, std } => {
                let centred = format!("{output}_centred");
                inputs.push(self.floats("mean", &[1, 3, 1, 1], mean));
                self.node("Sub", inputs, &centred, vec![]);
                inputs = vec![centred, self.floats("std", &[1, 3, 1, 1], std)];
                ("Div", vec![])
            }
            Op::Softmax => ("Softmax", vec![int("axis", 1)]),
        };
        self.node(kind, inputs, output, attributes);
    }

    fn node(&mut self, op: &str, inputs: Vec<String>, output: &str, attributes: Vec<Attribute>) {
        let name = format!("{op}_{}", self.out.nodes.len());
        let (outputs, op_type) = (vec![output.to_owned()], op.to_owned());
        self.out.nodes.push(Node { inputs, outputs, name, op_type, attributes });
    }

    /// A weight of the network under its own name, once.
    fn weight(&mut self, name: &str) -> String {
        if let Some(Weight { shape, values }) = self.weights.get(name) {
            self.floats(name, shape, values);
        }
        name.to_owned()
    }

    fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let bytes = || values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(name, FLOAT, shape, bytes)
    }

    fn integers(&mut self, name: &str, values: &[i64]) -> String {
        let bytes = || values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(name, INT64, &[values.len()], bytes)
    }

    fn constant(
        &mut self,
        name: &str,
        data_type: i32,
        shape: &[usize],
        bytes: impl Fn() -> Vec<u8>,
    ) -> String {
        if self.there.insert(name.to_owned()) {
            let dims = shape.iter().map(|&side| side as i64).collect();
            self.out.initializers.push(Tensor { dims, data_type, name: name.to_owned(), raw_data: bytes() });
        }
        name.to_owned()
    }
}

fn attribute(name: &str, kind: i32) -> Attribute {
    Attribute { name: name.to_owned(), kind, ..Attribute::default() }
}

fn float(name: &str, f: f32) -> Attribute {
    Attribute { f: Some(f), ..attribute(name, 1) }
}

fn int(name: &str, i: i64) -> Attribute {
    Attribute { i: Some(i), ..attribute(name, 2) }
}

fn text(name: &str, s: &str) -> Attribute {
    Attribute { s: Some(s.as_bytes().to_vec()), ..attribute(name, 3) }
}

fn ints(name: &str, ints: &[i64]) -> Attribute {
    Attribute { ints: ints.to_vec(), ..attribute(name, 7) }
}
