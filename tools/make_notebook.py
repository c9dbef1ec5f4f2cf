"""Writes examples/load_a_run.ipynb from the cells below, without outputs, so that a change of the notebook is a change of text.

    python tools/make_notebook.py            # writes it
    python tools/make_notebook.py RUN        # also runs its cells on that run, as Jupyter would (pandas, torch, numpy, pillow)
"""
import json
import sys
from pathlib import Path

TEXT, CODE = "markdown", "code"
CELLS = [
    (TEXT, """# A grayzone run in Python

Everything that a study found lies in its run folder, in JSON, CSV, PNG and `.safetensors`; nothing of grayzone is needed to read it. This notebook takes
pandas and torch alone (numpy and Pillow come with them). `docs/results-schema.md` explains every key of `results.json`."""),
    (CODE, """from pathlib import Path

RUN = Path("../grayzone-demo")   # any run folder; `grayzone demo` makes this one"""),
    (TEXT, "## Table 3: AUC by training set and agreement"),
    (CODE, """import json
import pandas as pd

results = json.loads((RUN / "results.json").read_text())
table3 = pd.DataFrame(results["table3"]).drop(columns="per_seed")
auc = table3.pivot(index="training_set", columns="stratum", values="auc_last")
(100 * auc).round(1)"""),
    (TEXT, """## Is a row better than the original?

`comparisons` has each row less the original, seed by seed, with intervals over seeds and over slides and p-values corrected for the number of rows."""),
    (CODE, """comparisons = pd.DataFrame(results["comparisons"])
last = comparisons[(comparisons.epoch == "last") & (comparisons.stratum == "all")]
last[["training_set", "seeds", "difference", "low", "high", "p_t_holm"]]"""),
    (TEXT, "## Confidence beside the annotators' agreement"),
    (CODE, """confidences = pd.read_csv(RUN / "confidences.csv")
of_x = confidences[confidences["class"] == results["source_class"]]
of_x.groupby(["partition", of_x.agreement.round(2)]).confidence.describe()[["count", "mean", "50%"]]"""),
    (TEXT, "## How the classifiers learnt"),
    (CODE, """curves = pd.concat(
    pd.read_csv(step / "metrics.csv").assign(step=step.name) for step in sorted((RUN / "steps").glob("retrain-*"))
)
curves.groupby(["step"]).last()[["epoch", "train_loss", "auc_all", "auc_val"]]"""),
    (TEXT, """## A network of the run, in torch

Weights are `.safetensors` files with torchvision's names: 8 bytes with the length of a header, the header as JSON, then the numbers. Of width 64 they load into
`torchvision.models.resnet18()`; this class takes any width."""),
    (CODE, '''import struct
import numpy as np
import torch
from torch import nn


def load_safetensors(path):
    """Tensors by name, and the texts that the file tells of itself."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    told = header.pop("__metadata__", {})
    tensors = {}
    for name, tensor in header.items():
        begin, end = (8 + length + at for at in tensor["data_offsets"])
        values = np.frombuffer(data[begin:end], dtype="<f4")
        tensors[name] = torch.from_numpy(values.reshape(tensor["shape"]).copy())
    return tensors, told


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        changes = stride != 1 or inputs != outputs
        self.downsample = (
            nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)) if changes else None
        )

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + shortcut)


class ResNet18(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(3, 2, 1)
        inputs = width
        for stage in range(4):
            outputs = width << stage
            blocks = [Block(inputs, outputs, 1 if stage == 0 else 2), Block(outputs, outputs, 1)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
            inputs = outputs
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))


weights, told = load_safetensors(RUN / "steps/scorer/weights.safetensors")
classes, mean, std = (json.loads(told[key]) for key in ["classes", "mean", "std"])
network = ResNet18(int(told["width"]), len(classes)).eval()
# grayzone writes no counters of batches: nothing but them may be missing.
missing, unexpected = network.load_state_dict(weights, strict=False)
assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing)
classes'''),
    (TEXT, """## Its confidence in translated tiles

Torch says of the generated tiles what grayzone wrote down."""),
    (CODE, """from PIL import Image


def confidence(paths, of):
    pixels = np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths])
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
    x = (x - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    with torch.no_grad():
        return network(x).softmax(1)[:, classes.index(of)].numpy()


step = next((RUN / "steps").glob("translate-phi-*"))
phi = step.name.removeprefix("translate-")
translated = pd.read_csv(step / "tiles.csv").head(32)
paths = [(RUN / "generated" / phi / image).with_suffix(".png") for image in translated.image]
translated["by_torch"] = confidence(paths, results["source_class"])
difference = (translated.by_torch - translated.confidence_generated).abs().max()
assert difference < 1e-4, difference
translated[["image", "confidence_source", "confidence_generated", "by_torch", "kept"]].head()"""),
]


def notebook():
    cells = []
    for i, (kind, source) in enumerate(CELLS):
        cell = {"cell_type": kind, "id": f"cell-{i}", "metadata": {}, "source": source.splitlines(keepends=True)}
        if kind == CODE:
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell)
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def run(folder):
    scope = {}
    for kind, source in CELLS:
        if kind == CODE:
            exec(compile(source.replace('"../grayzone-demo"', repr(str(folder))), "cell", "exec"), scope)
    table, difference = scope["auc"], scope["difference"]
    print((100 * table).round(1))
    print(f"torch and grayzone differ by at most {difference:.1e} on {len(scope['translated'])} translated tiles")


if __name__ == "__main__":
    target = Path(__file__).parent.parent / "examples" / "load_a_run.ipynb"
    target.write_text(json.dumps(notebook(), indent=1, ensure_ascii=False) + "\n")
    if len(sys.argv) > 1:
        run(Path(sys.argv[1]).resolve())
