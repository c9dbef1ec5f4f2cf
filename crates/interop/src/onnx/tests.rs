//! What the files compute, against torch; what they say; what is refused.

use std::collections::BTreeSet;
use std::path::Path;

use prost::Message;
use safetensors::SafeTensors;

use super::message::{Model, Side};
use super::run::{Array, run};
use super::write::{OnnxOptions, onnx_bytes};
use crate::error::InteropError;
use crate::formula::{classifier, filled, generator, network};
use crate::network::{Description, NetworkKind, ResNetDepth, Upsampling};

fn model(kind: &NetworkKind, options: OnnxOptions) -> Model {
    Model::decode(onnx_bytes(&network(kind), options).unwrap().as_slice()).unwrap()
}

fn computed(model: &Model, sides: &[usize]) -> Array {
    let elements = filled("x", sides, -1.0, 1.0).into_iter().map(f64::from).collect();
    run(model.graph.as_ref().unwrap(), Array { sides: sides.to_vec(), elements })
}

/// Every network, with the sides that `tools/fixtures_interop.py` gives it.
fn all() -> [(&'static str, NetworkKind, [usize; 4]); 7] {
    use ResNetDepth::{ResNet18, ResNet34, ResNet50, ResNet101};
    use Upsampling::{Resize, Transposed};
    [
        ("resnet18", classifier(ResNet18, 4, 3), [2, 3, 40, 48]),
        ("resnet34", classifier(ResNet34, 2, 2), [1, 3, 33, 35]),
        ("resnet50", classifier(ResNet50, 2, 3), [2, 3, 40, 48]),
        ("resnet101", classifier(ResNet101, 1, 2), [1, 3, 32, 32]),
        ("transposed", generator(2, Transposed, false), [2, 3, 16, 12]),
        ("resize", generator(1, Resize, false), [1, 3, 12, 16]),
        ("dial", generator(1, Transposed, true), [1, 4, 16, 16]),
    ]
}

#[test]
fn every_network_computes_what_torch_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/outputs.safetensors");
    let bytes = std::fs::read(path).unwrap();
    let torchs = SafeTensors::deserialize(&bytes).unwrap();
    for (name, kind, sides) in all() {
        let ours = computed(&model(&kind, OnnxOptions::default()), &sides);
        let torchs = torchs.tensor(name).unwrap();
        assert_eq!(ours.sides, torchs.shape(), "{name}");
        let torchs: Vec<f32> =
            torchs.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        let most = torchs.iter().fold(0.0_f64, |most, v| most.max(f64::from(v.abs())));
        let pairs = ours.elements.iter().zip(&torchs);
        let difference = pairs.fold(0.0_f64, |most, (a, b)| most.max((a - f64::from(*b)).abs()));
        assert!(difference <= 1e-6 * most, "{name}: {difference:e} of {most:e}");
    }
}

#[test]
fn the_output_is_declared_as_it_is_computed_and_the_input_is_open() {
    for (name, kind, sides) in all() {
        let model = model(&kind, OnnxOptions::default());
        let graph = model.graph.as_ref().unwrap();
        let output = computed(&model, &sides);
        for (value, sides) in [(&graph.inputs[0], sides.to_vec()), (&graph.outputs[0], output.sides)] {
            let dims = value.r#type.as_ref().unwrap().tensor.as_ref().unwrap().shape.as_ref().unwrap();
            assert_eq!(dims.dims.len(), sides.len(), "{name}");
            assert_eq!(dims.dims[0].side, Some(Side::Named("batch".into())));
            assert_eq!(dims.dims[1].side, Some(Side::Fixed(sides[1] as i64)), "{name}");
        }
        let nodes: BTreeSet<&str> = graph.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(nodes.len(), graph.nodes.len(), "{name}: every node has a name of its own");
    }
}

#[test]
fn weights_are_to_the_bit_those_of_the_network_each_once() {
    for (name, kind, _) in all() {
        let graph = model(&kind, OnnxOptions::default()).graph.unwrap();
        let network = network(&kind);
        for (tensor, weight) in network.tensors() {
            let there: Vec<_> = graph.initializers.iter().filter(|there| there.name == *tensor).collect();
            assert_eq!(there.len(), 1, "{name}: {tensor}");
            let bytes: Vec<u8> = weight.values.iter().flat_map(|v| v.to_le_bytes()).collect();
            assert_eq!(there[0].raw_data, bytes, "{name}: {tensor}");
        }
    }
}

#[test]
fn normalising_and_softmax_may_be_inside() {
    let kind = classifier(ResNetDepth::ResNet18, 2, 3);
    let sides = [1, 3, 32, 32];
    let whole = model(&kind, OnnxOptions { softmax: true, normalise_inside: true });
    let inside = computed(&whole, &sides);
    let (mean, std) = ([0.7_f32, 0.5, 0.65].map(f64::from), [0.2_f32, 0.25, 0.18].map(f64::from));
    let pixels = filled("x", &sides, -1.0, 1.0);
    let normalised = |(k, v): (usize, &f32)| (f64::from(*v) - mean[k / 1024]) / std[k / 1024];
    let elements = pixels.iter().enumerate().map(normalised).collect();
    let plain = model(&kind, OnnxOptions::default()).graph.unwrap();
    let logits = run(&plain, Array { sides: sides.to_vec(), elements }).elements;
    let sum: f64 = logits.iter().map(|v| v.exp()).sum();
    for (inside, logit) in inside.elements.iter().zip(logits) {
        assert!((inside - logit.exp() / sum).abs() < 1e-9);
    }
}

#[test]
fn the_same_network_gives_the_same_bytes_and_says_what_it_is() {
    let kind = classifier(ResNetDepth::ResNet18, 2, 2);
    let network = network(&kind);
    let bytes = onnx_bytes(&network, OnnxOptions::default()).unwrap();
    assert_eq!(bytes, onnx_bytes(&network, OnnxOptions::default()).unwrap());
    let model = Model::decode(bytes.as_slice()).unwrap();
    let said =
        |key: &str| model.metadata.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
    assert_eq!(said("classes"), Some(r#"["ü\"\n'|0","ü\"\n'|1"]"#));
    assert_eq!((said("mean"), said("tile_size")), (Some("[0.7, 0.5, 0.65]"), Some("224")));
    assert_eq!(said("source_sha256"), Some(network.sha256()));
    assert_eq!((said("architecture"), said("output")), (Some("resnet18"), Some("logits")));
    assert!(said("tool").unwrap().starts_with("grayzone "));
}

#[test]
fn what_cannot_be_is_refused() {
    let whole = OnnxOptions { softmax: false, normalise_inside: true };
    let error = onnx_bytes(&network(&generator(1, Upsampling::Transposed, false)), whole).unwrap_err();
    assert!(matches!(error, InteropError::Form { form: "ONNX", .. }), "{error}");
    let nobody_says =
        network(&classifier(ResNetDepth::ResNet18, 2, 2)).described(Description::default()).unwrap();
    let error = onnx_bytes(&nobody_says, whole).unwrap_err();
    assert_eq!(error.to_string(), "the description is of no use, in formula (mean), because it is not known");
}
