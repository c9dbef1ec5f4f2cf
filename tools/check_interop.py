"""Checks the files that crates/interop writes with the tools that are to read them, on random networks made here.

Run: cargo build -p interop --examples; python tools/check_interop.py [target/debug/examples/export]
(torch, torchvision, numpy, safetensors, onnx, onnxruntime, tensorboard, wsinfer-zoo; some minutes on a laptop)

Differences are the largest of 32 tiles, over the largest element of torch's own output. Exit 1 if one is above 1e-5 or a tool refuses a file.
"""

import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch import nn

from fixtures_nets import Generator, narrow_resnet

TILES, MOST = 32, 1e-5
MEAN, STD = [0.7, 0.5, 0.65], [0.2, 0.25, 0.18]
failed = []


def check(what: str, difference: float, most: float = MOST) -> None:
    print(f"  {what}: {difference:.2e}" + ("" if difference <= most else f"  ABOVE {most}"), flush=True)
    if not difference <= most:
        failed.append(what)


class Told(Generator):
    """With a plane more, and no norm after the first convolution."""

    def __init__(self, width: int, blocks: int):
        super().__init__(width, blocks)
        self.model[1], self.model[2] = nn.Conv2d(4, width, 7), nn.Identity()


def random_statistics(network: nn.Module) -> nn.Module:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.7, 1.3)
            nn.init.uniform_(module.bias, -0.2, 0.2)
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network.eval()


def normalised(pixels: torch.Tensor) -> torch.Tensor:
    return (pixels - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def with_moderate_logits(network: nn.Module, px: int) -> nn.Module:
    """With logits up to 2, so that no softmax is 0 or 1."""
    with torch.inference_mode():
        most = network(normalised(torch.rand(8, 3, px, px))).abs().max()
        network.fc.weight *= 2 / most
        network.fc.bias *= 2 / most
    return network


def relative(ours, theirs: torch.Tensor) -> float:
    return float((torch.as_tensor(np.asarray(ours)) - theirs).abs().max() / theirs.abs().max())


def run_onnx(path: Path, x: torch.Tensor) -> np.ndarray:
    onnx.checker.check_model(str(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"input": x[i : i + 4].numpy()})[0] for i in range(0, len(x), 4)])


def same_bits(a: dict, b: dict) -> bool:
    return list(sorted(a)) == list(sorted(b)) and all(
        a[k].dtype == b[k].dtype and a[k].shape == b[k].shape and a[k].numpy().tobytes() == b[k].numpy().tobytes() for k in a
    )


def one(export: str, folder: Path, name: str, network: nn.Module, px: int, planes: int, metadata: dict) -> None:
    print(name, flush=True)
    state = {k: v.contiguous() for k, v in network.state_dict().items()}
    source, out = folder / f"{name}.safetensors", folder / name
    out.mkdir()
    save_file(state, source, metadata=metadata)
    subprocess.run([export, source, out, "0.5"], check=True)

    x = torch.rand(TILES, planes, px, px)
    is_classifier = planes == 3 and "fc.weight" in state
    x = normalised(x) if is_classifier else 2 * x - 1
    with torch.inference_mode():
        torchs = torch.cat([network(x[i : i + 4]) for i in range(0, TILES, 4)])
        check("onnxruntime", relative(run_onnx(out / "network.onnx", x), torchs))
        told = {"grayzone.json": ""}
        script = torch.jit.load(str(out / "network.pt"), map_location="cpu", _extra_files=told)
        check("TorchScript says another tile size", float(json.loads(told["grayzone.json"])["tile_size"] != metadata["tile_size"]), 0)
        # The second call of a module is the one that torch's profiling executor has optimised.
        scripts = [torch.cat([script(x[i : i + 4]) for i in range(0, TILES, 4)]) for _ in range(2)]
        check("TorchScript", max(relative(s, torchs) for s in scripts))
        if is_classifier:
            pixels = torch.rand(TILES, 3, px, px)
            inside = normalised(pixels)
            wanted = torch.cat([network(inside[i : i + 4]) for i in range(0, TILES, 4)]).softmax(1)
            check("softmax is 0 or 1", float(wanted.max() > 0.999), 0)
            check("onnxruntime, normalising and softmax inside", relative(run_onnx(out / "whole.onnx", pixels), wanted))
            small = x[:2, :, : px // 2, :]
            check("onnxruntime, other sides", relative(run_onnx(out / "network.onnx", small), network(small)))

    loaded = torch.load(out / "network.pth", weights_only=True)
    check(".pth differs in bits", 0.0 if same_bits(loaded, state) else 1.0, 0)
    check(".pth is in another order", 0.0 if list(loaded) == list(state) else 1.0, 0)
    copy.deepcopy(network).load_state_dict(loaded)
    check(".safetensors differs in bits", 0.0 if same_bits(load_file(out / "network.safetensors"), state) else 1.0, 0)
    if is_classifier:
        config = out / "wsinfer" / "config.json"
        subprocess.run([Path(sys.executable).parent / "wsinfer-zoo", "validate-config", config], check=True)
        torch.jit.load(str(out / "wsinfer" / "torchscript_model.pt"), map_location="cpu")


def events(folder: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    print("TensorBoard", flush=True)
    read = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "histograms": 0}).Reload()
    scalars = read.Scalars("loss/train")
    check("scalars", max(abs(s.value - 1 / (1 + s.step)) for s in scalars), 1e-7)
    check("steps out of order or told twice", float([s.step for s in scalars] != list(range(5))), 0)
    check("steps missing", abs(len(scalars) - 5) + abs(len(read.Images("samples")) - 5), 0)
    picture = read.Images("samples")[4]
    check("pictures", abs(picture.width - 1) + abs(picture.height - 1), 0)
    for told in read.Histograms("confidence/easy"):
        values = told.histogram_value
        check(f"histogram of step {told.step}", abs(values.num - 100) + abs(sum(values.bucket) - 100) + abs(values.max - 99 * (told.step + 1)), 0)


def main() -> int:
    export = sys.argv[1] if len(sys.argv) > 1 else "target/debug/examples/export"
    torch.manual_seed(0)
    torch.set_num_threads(1)
    classes = ["hyperplastic \u00fc\n\"polyp\"", "SSA"]
    said = {"grayzone": "classifier", "classes": json.dumps(classes), "mean": str(MEAN), "std": str(STD), "tile_size": "224"}
    blocks = torchvision.models.resnet
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for name, network, px in [
            ("resnet18", torchvision.models.resnet18(num_classes=2), 224),
            ("resnet34-narrow", narrow_resnet(8, 2, depths=(3, 4, 6, 3)), 96),
            ("resnet50", torchvision.models.resnet50(num_classes=2), 128),
            ("resnet101-narrow", narrow_resnet(4, 2, blocks.Bottleneck, (3, 4, 23, 3)), 64),
        ]:
            one(export, folder, name, with_moderate_logits(random_statistics(network), px), px, 3, said)
        for name, network, px, planes in [
            ("generator", Generator(32, 9), 64, 3),
            ("generator-resize", Generator(16, 6, resize=True), 64, 3),
            ("generator-dial", Told(16, 6), 64, 4),
        ]:
            one(export, folder, name, network.eval(), px, planes, {"grayzone": "generator", "tile_size": "64"})
        events(folder / "resnet18" / "events")
    print("failed: " + ", ".join(failed) if failed else "all agree")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
