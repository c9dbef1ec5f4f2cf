//! TorchScript: a zip with the weights, pickled as attributes of a module, and the code of its `forward`.

use std::fmt::Write as _;
use std::path::Path;

use super::archive::{Archive, Storage};
use super::pickle::Pickle;
use crate::error::InteropError;
use crate::graph::{self, EPS, Graph, Op};
use crate::network::Network;

/// The bytes of a TorchScript file, which `torch.jit.load` (and DJL, which QuPath uses) loads without any Python of ours. The same for the same
/// network.
///
/// `forward` takes normalised pixels `[n, 3, h, w]` and gives logits `[n, classes]`; of a generator it takes and gives pixels in [−1, 1], sides
/// multiples of 4, and what a translator does around its network is not in it. Weights are attributes, a dot of their names written as `_`.
/// What is known of the network is an extra file, `grayzone.json`.
///
/// # Errors
/// [`InteropError::Form`] if no archive can hold it.
pub fn torchscript_bytes(network: &Network) -> Result<Vec<u8>, InteropError> {
    let (mut pickle, mut archive) = (Pickle::new(), Archive { storages: Vec::new() });
    pickle.global("__torch__", "Network");
    pickle.empty_tuple();
    pickle.new_object();
    pickle.empty_dict();
    pickle.mark();
    pickle.text("training");
    pickle.no();
    let mut names = Vec::new();
    for (name, _) in network.kind().layout() {
        let Some(weight) = network.tensors().get(&name) else { continue };
        pickle.text(&attribute(&name));
        archive.tensor(&mut pickle, &weight.shape, Storage::Floats(&weight.values));
        names.push(name);
    }
    pickle.set_items();
    pickle.build();
    let mut constants = Pickle::new();
    constants.empty_tuple();
    let code = code(&graph::of(network.kind(), None, false), &names);
    let texts = [
        ("data.pkl", pickle.end()),
        ("code/__torch__.py", code.into_bytes()),
        ("constants.pkl", constants.end()),
        ("extra/grayzone.json", serde_json::json!(network.texts()).to_string().into_bytes()),
    ];
    archive.zip(network.path(), "TorchScript", &texts)
}

/// Writes [`torchscript_bytes`] to a file, whole or not at all.
///
/// # Errors
/// As there, and [`InteropError::Write`].
pub fn write_torchscript(path: &Path, network: &Network) -> Result<(), InteropError> {
    Ok(files::write_atomic(path, &torchscript_bytes(network)?)?)
}

/// A tensor's name as an attribute's: letters, digits and `_` alone.
fn attribute(name: &str) -> String {
    name.replace('.', "_")
}

/// The module's class with its `forward`.
fn code(graph: &Graph, names: &[String]) -> String {
    let (buffers, parameters): (Vec<&String>, Vec<&String>) =
        names.iter().partition(|name| name.contains(".running_"));
    let listed = |names: Vec<&String>| {
        names.into_iter().fold(String::new(), |list, name| list + &format!("\"{}\", ", attribute(name)))
    };
    let mut code = format!(
        "class Network(Module):\n  __parameters__ = [{}]\n  __buffers__ = [{}]\n  training : bool\n",
        listed(parameters),
        listed(buffers)
    );
    for name in names {
        // Writing to a String cannot fail.
        let _ = writeln!(code, "  {} : Tensor", attribute(name));
    }
    code += "  def forward(self: __torch__.Network,\n    v0: Tensor) -> Tensor:\n";
    for (at, node) in graph.nodes.iter().enumerate() {
        let inputs: Vec<String> = node.inputs.iter().map(|value| format!("v{value}")).collect();
        let _ = writeln!(code, "    v{} = {}", at + 1, call(&node.op, &inputs.join(", ")));
    }
    let _ = writeln!(code, "    return v{}", graph.nodes.len());
    code
}

fn call(op: &Op, x: &str) -> String {
    let own = |name: &str, tensor: &str| format!("self.{}", attribute(&format!("{name}.{tensor}")));
    match op {
        Op::Conv { name, bias, stride, pad, .. } => {
            let bias = if *bias { own(name, "bias") } else { "None".to_owned() };
            format!(
                "torch.conv2d({x}, {}, {bias}, [{stride}, {stride}], [{pad}, {pad}])",
                own(name, "weight")
            )
        }
        Op::ConvTranspose { name } => format!(
            "torch.conv_transpose2d({x}, {}, {}, [2, 2], [1, 1], [1, 1])",
            own(name, "weight"),
            own(name, "bias")
        ),
        Op::BatchNorm { name } => {
            let tensors = ["weight", "bias", "running_mean", "running_var"].map(|tensor| own(name, tensor));
            format!(
                "torch.batch_norm({x}, {}, False, 0.10000000000000001, {EPS:?}, True)",
                tensors.join(", ")
            )
        }
        Op::InstanceNorm { .. } => {
            format!(
                "torch.instance_norm({x}, None, None, None, None, True, 0.10000000000000001, {EPS:?}, True)"
            )
        }
        Op::Add => format!("torch.add({x})"),
        Op::Relu => format!("torch.relu({x})"),
        Op::Tanh => format!("torch.tanh({x})"),
        Op::MaxPool => format!("torch.max_pool2d({x}, [3, 3], [2, 2], [1, 1])"),
        Op::GlobalAverage => format!("torch.flatten(torch.adaptive_avg_pool2d({x}, [1, 1]), 1)"),
        Op::Linear { name } => format!("torch.linear({x}, {}, {})", own(name, "weight"), own(name, "bias")),
        Op::Reflect(p) => format!("torch.reflection_pad2d({x}, [{p}, {p}, {p}, {p}])"),
        Op::Double => format!("torch.upsample_nearest2d({x}, None, [2.0, 2.0])"),
        Op::Normalise { mean, std } => {
            let constant =
                |values: &[f32; 3]| format!("torch.reshape(torch.tensor({values:?}), [1, 3, 1, 1])");
            format!("torch.div(torch.sub({x}, {}), {})", constant(mean), constant(std))
        }
        Op::Softmax => format!("torch.softmax({x}, 1)"),
    }
}
