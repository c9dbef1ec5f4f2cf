"""Makes crates/interop/tests/fixtures/outputs.safetensors: what torch computes with small networks whose weights are a formula.

Run: python tools/fixtures_interop.py        (torch, torchvision, numpy, safetensors; seconds)

Weights and inputs are those of `tools/fixtures_nets.py`, which crates/interop/src/formula.rs repeats bit for bit. Torch computes in float64.
"""

from pathlib import Path

import numpy as np
import torch
import torchvision
from safetensors.numpy import save_file
from torch import nn

from fixtures_nets import Generator, fill, filled, narrow_resnet

OUT = Path(__file__).resolve().parent.parent / "crates" / "interop" / "tests" / "fixtures" / "outputs.safetensors"


def told(width: int, blocks: int) -> Generator:
    """With a plane more, and no norm after the first convolution."""
    network = Generator(width, blocks)
    network.model[1], network.model[2] = nn.Conv2d(4, width, 7), nn.Identity()
    return network


def main() -> None:
    bottleneck = torchvision.models.resnet.Bottleneck
    networks = {
        "resnet18": (narrow_resnet(4, 3), (2, 3, 40, 48)),
        "resnet34": (narrow_resnet(2, 2, depths=(3, 4, 6, 3)), (1, 3, 33, 35)),
        "resnet50": (narrow_resnet(2, 3, bottleneck, (3, 4, 6, 3)), (2, 3, 40, 48)),
        "resnet101": (narrow_resnet(1, 2, bottleneck, (3, 4, 23, 3)), (1, 3, 32, 32)),
        "transposed": (Generator(3, 2), (2, 3, 16, 12)),
        "resize": (Generator(3, 1, resize=True), (1, 3, 12, 16)),
        "dial": (told(3, 1), (1, 4, 16, 16)),
    }
    outputs = {}
    with torch.inference_mode():
        for name, (network, shape) in networks.items():
            x = torch.from_numpy(filled("x", shape, -1, 1)).double()
            outputs[name] = fill(network).double().eval()(x).numpy().astype(np.float32)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    save_file(outputs, OUT)


if __name__ == "__main__":
    main()
