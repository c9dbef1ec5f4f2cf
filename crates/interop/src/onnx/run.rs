//! ONNX graphs run by naive loops, as the standard defines each operator: the reference of the tests. It shares nothing with what writes them but
//! the messages.

use std::collections::BTreeMap;

use super::message::{Attribute, FLOAT, Graph, INT64, Node};

/// A value: its sides, and its elements row by row.
#[derive(Clone, Debug)]
pub(super) struct Array {
    pub sides: Vec<usize>,
    pub elements: Vec<f64>,
}

impl Array {
    /// Element `[n, c, y, x]`, 0 outside of the picture.
    fn at(&self, n: usize, c: usize, y: i64, x: i64) -> f64 {
        let [_, channels, h, w] = self.four();
        if y < 0 || x < 0 || y >= h as i64 || x >= w as i64 {
            return 0.0;
        }
        self.elements[((n * channels + c) * h + y as usize) * w + x as usize]
    }

    fn four(&self) -> [usize; 4] {
        self.sides.as_slice().try_into().expect("a picture has four sides")
    }

    /// Of pictures, from a function of `[n, c, y, x]`.
    fn of(sides: [usize; 4], element: impl Fn(usize, usize, i64, i64) -> f64) -> Self {
        let [n, c, h, w] = sides;
        let mut elements = Vec::with_capacity(n * c * h * w);
        for n in 0..n {
            for c in 0..c {
                for y in 0..h as i64 {
                    elements.extend((0..w as i64).map(|x| element(n, c, y, x)));
                }
            }
        }
        Self { sides: sides.to_vec(), elements }
    }

    fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self { sides: self.sides.clone(), elements: self.elements.iter().map(|&v| f(v)).collect() }
    }
}

/// What the graph gives for `input`.
pub(super) fn run(graph: &Graph, input: Array) -> Array {
    let mut values = BTreeMap::from([(graph.inputs[0].name.clone(), input)]);
    for tensor in &graph.initializers {
        let sides: Vec<usize> = tensor.dims.iter().map(|&side| side as usize).collect();
        let elements: Vec<f64> = match tensor.data_type {
            FLOAT => {
                tensor.raw_data.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect()
            }
            INT64 => {
                tensor.raw_data.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b) as f64).collect()
            }
            other => panic!("type {other}"),
        };
        assert_eq!(elements.len(), sides.iter().product::<usize>(), "{}", tensor.name);
        values.insert(tensor.name.clone(), Array { sides, elements });
    }
    for node in &graph.nodes {
        let inputs: Vec<&Array> =
            node.inputs.iter().filter(|name| !name.is_empty()).map(|name| &values[name]).collect();
        let output = compute(node, &inputs);
        let before = values.insert(node.outputs[0].clone(), output);
        assert!(before.is_none(), "{} is given twice", node.outputs[0]);
    }
    values.remove(&graph.outputs[0].name).expect("the output is computed")
}

fn attribute<'a>(node: &'a Node, name: &str) -> &'a Attribute {
    node.attributes.iter().find(|attribute| attribute.name == name).expect("the attribute is there")
}

fn epsilon(node: &Node) -> f64 {
    f64::from(attribute(node, "epsilon").f.unwrap())
}

/// Kernel, stride and padding, the same in both directions.
fn square(node: &Node) -> [usize; 3] {
    ["kernel_shape", "strides", "pads"].map(|name| {
        let ints = &attribute(node, name).ints;
        assert!(ints.iter().all(|side| *side == ints[0]));
        ints[0] as usize
    })
}

fn compute(node: &Node, inputs: &[&Array]) -> Array {
    let x = inputs[0];
    match node.op_type.as_str() {
        "Relu" => x.map(|v| v.max(0.0)),
        "Tanh" => x.map(f64::tanh),
        "Add" => {
            assert_eq!(x.sides, inputs[1].sides);
            let elements = x.elements.iter().zip(&inputs[1].elements).map(|(a, b)| a + b).collect();
            Array { sides: x.sides.clone(), elements }
        }
        "Sub" | "Div" => {
            assert_eq!(inputs[1].sides, [1, 3, 1, 1]);
            let by = &inputs[1].elements;
            let is_sub = node.op_type == "Sub";
            Array::of(x.four(), |n, c, y, w| {
                let v = x.at(n, c, y, w);
                if is_sub { v - by[c] } else { v / by[c] }
            })
        }
        "Conv" => conv(node, x, inputs[1], inputs.get(2).copied()),
        "ConvTranspose" => conv_transpose(node, x, inputs[1], inputs[2]),
        "BatchNormalization" => {
            let [scale, shift, mean, var] = [1, 2, 3, 4].map(|k| &inputs[k].elements);
            let epsilon = epsilon(node);
            Array::of(x.four(), |n, c, y, w| {
                (x.at(n, c, y, w) - mean[c]) / (var[c] + epsilon).sqrt() * scale[c] + shift[c]
            })
        }
        "InstanceNormalization" => instance_norm(node, x, &inputs[1].elements, &inputs[2].elements),
        "MaxPool" => {
            let [kernel, stride, pad] = square(node);
            let [n, c, h, w] = x.four();
            let out = |side: usize| (side + 2 * pad - kernel) / stride + 1;
            Array::of([n, c, out(h), out(w)], |n, c, y, w_at| {
                let (y, left) = (y * stride as i64 - pad as i64, w_at * stride as i64 - pad as i64);
                let inside = |y: i64, x: i64| y >= 0 && x >= 0 && y < h as i64 && x < w as i64;
                let places =
                    (0..kernel * kernel).map(|k| (y + (k / kernel) as i64, left + (k % kernel) as i64));
                places
                    .filter(|&(y, x)| inside(y, x))
                    .map(|(y, at)| x.at(n, c, y, at))
                    .fold(f64::NEG_INFINITY, f64::max)
            })
        }
        "GlobalAveragePool" => {
            let [n, c, h, w] = x.four();
            let plane = h * w;
            Array::of([n, c, 1, 1], |n, channel, _, _| {
                let at = (n * c + channel) * plane;
                x.elements[at..at + plane].iter().sum::<f64>() / plane as f64
            })
        }
        "Flatten" => {
            assert_eq!(attribute(node, "axis").i, Some(1));
            let sides = vec![x.sides[0], x.sides[1..].iter().product()];
            Array { sides, elements: x.elements.clone() }
        }
        "Gemm" => {
            assert_eq!(attribute(node, "transB").i, Some(1));
            let (w, b) = (inputs[1], &inputs[2].elements);
            let (rows, inner, columns) = (x.sides[0], x.sides[1], w.sides[0]);
            assert_eq!(w.sides[1], inner);
            let dot = |r: usize, c: usize| {
                (0..inner).map(|k| x.elements[r * inner + k] * w.elements[c * inner + k]).sum::<f64>()
            };
            let elements =
                (0..rows * columns).map(|k| dot(k / columns, k % columns) + b[k % columns]).collect();
            Array { sides: vec![rows, columns], elements }
        }
        "Pad" => {
            assert_eq!(attribute(node, "mode").s.as_deref(), Some(b"reflect".as_slice()));
            let pads: Vec<usize> = inputs[1].elements.iter().map(|&v| v as usize).collect();
            assert_eq!([pads[0], pads[1], pads[4], pads[5]], [0; 4]);
            let [n, c, h, w] = x.four();
            let mirrored = |at: i64, side: usize| {
                let last = side as i64 - 1;
                let at = at.abs();
                if at > last { 2 * last - at } else { at }
            };
            Array::of([n, c, h + pads[2] + pads[6], w + pads[3] + pads[7]], |n, c, y, left| {
                x.at(n, c, mirrored(y - pads[2] as i64, h), mirrored(left - pads[3] as i64, w))
            })
        }
        "Resize" => {
            assert_eq!(inputs[1].elements, [1.0, 1.0, 2.0, 2.0]);
            let said = ["mode", "nearest_mode", "coordinate_transformation_mode"]
                .map(|name| attribute(node, name).s.clone().unwrap());
            assert_eq!(said, [&b"nearest"[..], b"floor", b"asymmetric"]);
            let [n, c, h, w] = x.four();
            Array::of([n, c, 2 * h, 2 * w], |n, c, y, left| x.at(n, c, y / 2, left / 2))
        }
        "Softmax" => {
            assert_eq!(attribute(node, "axis").i, Some(1));
            let mut out = x.map(f64::exp);
            for row in out.elements.chunks_mut(x.sides[1]) {
                let sum: f64 = row.iter().sum();
                for v in row {
                    *v /= sum;
                }
            }
            out
        }
        other => panic!("no operator {other}"),
    }
}

fn conv(node: &Node, x: &Array, weight: &Array, bias: Option<&Array>) -> Array {
    let [kernel, stride, pad] = square(node);
    let [n, channels, h, w] = x.four();
    let [outputs, inputs, rows, columns] = weight.four();
    assert_eq!((inputs, rows, columns), (channels, kernel, kernel));
    let out = |side: usize| (side + 2 * pad - kernel) / stride + 1;
    Array::of([n, outputs, out(h), out(w)], |n, o, y, left| {
        let (y, left) = (y * stride as i64 - pad as i64, left * stride as i64 - pad as i64);
        let mut sum = bias.map_or(0.0, |bias| bias.elements[o]);
        for c in 0..channels {
            for ky in 0..kernel as i64 {
                for kx in 0..kernel as i64 {
                    sum += x.at(n, c, y + ky, left + kx) * weight.at(o, c, ky, kx);
                }
            }
        }
        sum
    })
}

fn conv_transpose(node: &Node, x: &Array, weight: &Array, bias: &Array) -> Array {
    let [kernel, stride, pad] = square(node);
    let more = attribute(node, "output_padding").ints[0] as usize;
    let [n, channels, h, w] = x.four();
    let [inputs, outputs, ..] = weight.four();
    assert_eq!(inputs, channels);
    let out = |side: usize| stride * (side - 1) + more + kernel - 2 * pad;
    let mut y = Array::of([n, outputs, out(h), out(w)], |_, o, _, _| bias.elements[o]);
    let (rows, columns) = (out(h) as i64, out(w) as i64);
    for (n, c) in (0..n).flat_map(|n| (0..channels).map(move |c| (n, c))) {
        for at in 0..(h * w) as i64 {
            let (from_y, from_x) = (at / w as i64, at % w as i64);
            for k in 0..(kernel * kernel) as i64 {
                let (ky, kx) = (k / kernel as i64, k % kernel as i64);
                let (to_y, to_x) =
                    (from_y * stride as i64 + ky - pad as i64, from_x * stride as i64 + kx - pad as i64);
                if to_y < 0 || to_x < 0 || to_y >= rows || to_x >= columns {
                    continue;
                }
                for o in 0..outputs {
                    let place = ((n * outputs + o) as i64 * rows + to_y) * columns + to_x;
                    y.elements[place as usize] += x.at(n, c, from_y, from_x) * weight.at(c, o, ky, kx);
                }
            }
        }
    }
    y
}

fn instance_norm(node: &Node, x: &Array, scale: &[f64], shift: &[f64]) -> Array {
    let [_, channels, h, w] = x.four();
    let (plane, epsilon) = (h * w, epsilon(node));
    let mut out = x.clone();
    for (at, values) in out.elements.chunks_mut(plane).enumerate() {
        let c = at % channels;
        let mean = values.iter().sum::<f64>() / plane as f64;
        let var = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / plane as f64;
        for v in values {
            *v = (*v - mean) / (var + epsilon).sqrt() * scale[c] + shift[c];
        }
    }
    out
}
