//! Limits, and how to load the network.

use crate::network::{Network, NetworkKind};

/// What it must not be used for.
pub(super) fn limits(network: &Network, um_px: Option<f64>) -> String {
    let resolution = um_px.map_or_else(
        || "The resolution of its tiles (µm per pixel) is not recorded in the run: find it out before any use. ".to_owned(),
        |um| format!("Its tiles are of {um} µm per pixel. "),
    );
    let kind = match network.kind() {
        NetworkKind::Classifier(_) => {
            "- Its outputs are no probabilities of disease. It tells apart the classes above and nothing else: a tile of anything else gets one of them, too.\n- Not for tiles without tissue, out of focus, folded, or with pen on them, unless such were among its training tiles.\n"
        }
        NetworkKind::Generator(_) => {
            "- What it gives is no tissue. Never show a translation as a picture of a patient, and never let one into a diagnosis, a teaching set or a test set.\n- The network alone is in exported files: what its trainer does to tiles before and after it (locking the stain, framing) is not.\n"
        }
    };
    format!(
        "- **Not a medical device, not for diagnosis**, nor for any decision about a patient: for research alone.\n- Only for tissue, stain and scanner like the training's. On those of another laboratory its figures do not hold until they are measured there.\n- {resolution}Not for slides of another resolution, unless their tiles are brought to this one.\n{kind}- The figures above are of the test tiles of one data set, which tells nothing of rarer forms, other ages or other places than are in it.\n"
    )
}

/// How to load it, in code.
pub(super) fn loading(network: &Network) -> String {
    let known = network.description();
    let list =
        |values: Option<[f32; 3]>| values.map_or_else(|| "…".to_owned(), |values| format!("{values:?}"));
    let (mean, std) = (list(known.mean), list(known.std));
    match network.kind() {
        NetworkKind::Classifier(size) => {
            let python = if size.width == 64 {
                format!(
                    "Python, PyTorch (an ordinary torchvision network):\n\n```python\nimport torch, torchvision\nnetwork = torchvision.models.{}(num_classes={})\nnetwork.load_state_dict(torch.load(\"network.pth\", weights_only=True))\nnetwork.eval()\n```",
                    size.depth.name(),
                    size.classes
                )
            } else {
                format!(
                    "Python, TorchScript (torchvision's own {} is of width 64, this one of width {}):\n\n```python\nimport torch\nnetwork = torch.jit.load(\"network.pt\")\nlogits = network(tiles)\n```",
                    size.depth.title(),
                    size.width
                )
            };
            format!(
                "Tiles are RGB in [0, 1], N×3×H×W, minus mean `{mean}`, divided by std `{std}`.\n\n{python}\n\nONNX:\n\n```python\nimport onnxruntime\nsession = onnxruntime.InferenceSession(\"network.onnx\")\nlogits = session.run(None, {{\"input\": tiles}})[0]  # float32\n```\n\nQuPath: put `torchscript_model.pt` and `config.json` into one folder of the WSInfer extension's model directory, and choose it there.\n"
            )
        }
        NetworkKind::Generator(size) => format!(
            "Tiles are RGB in [-1, 1], N×{}×H×W, sides multiples of 4.{}\n\nPython, TorchScript:\n\n```python\nimport torch\nnetwork = torch.jit.load(\"network.pt\")\ntranslated = network(tiles)\n```\n\nONNX:\n\n```python\nimport onnxruntime\nsession = onnxruntime.InferenceSession(\"network.onnx\")\ntranslated = session.run(None, {{\"input\": tiles}})[0]  # float32\n```\n\nQuPath's WSInfer extension takes classifiers alone.\n",
            size.inputs(),
            if size.is_told {
                " The fourth plane holds 2 s - 1 everywhere, s from 0 to 1 being how hard the translation is to be."
            } else {
                ""
            }
        ),
    }
}
