"""Makes crates/train/tests/fixtures/attack_*.safetensors: gradients with respect to pixels by torch's autograd.

Run: python tools/fixtures_attack.py        (torch, torchvision, numpy; seconds)

Weights and pixels come from the formula of fixtures_nets.py, which crates/nets/src/formula.rs repeats. Torch computes in float64.
"""

from pathlib import Path

import numpy as np
import torch
import torchvision

from fixtures_nets import fill, filled, narrow_resnet, write_safetensors

OUT = Path(__file__).resolve().parent.parent / "crates" / "train" / "tests" / "fixtures"
PX, LABELS = 40, [2, 0, 1]
MEAN, STD = [0.7, 0.6, 0.5], [0.15, 0.2, 0.25]


def attacked(block, depths) -> dict:
    """Of tiles with values 0 to 1, rows of pixels as they lie in memory: cross-entropies in their own classes, and their gradients."""
    network = fill(narrow_resnet(4, 3, block, depths)).double().eval()
    pixels = torch.from_numpy(filled("pixels", (len(LABELS), PX, PX, 3), 0, 1)).double().requires_grad_()
    x = (pixels - torch.tensor(MEAN).double()) / torch.tensor(STD).double()
    losses = torch.nn.functional.cross_entropy(network(x.permute(0, 3, 1, 2)), torch.tensor(LABELS), reduction="none")
    (gradient,) = torch.autograd.grad(losses.sum(), pixels)
    gradient = gradient.numpy()
    project = filled("project", gradient.shape, -1, 1).astype(np.float64)
    stored = {
        "losses": losses.detach().numpy(),
        # Every seventh: 7 and 3 have no divisor in common, so that all channels and columns come.
        "gradient": gradient.reshape(-1)[::7],
        "sums": np.array([(gradient * project).sum(), np.sqrt((gradient * gradient).sum())]),
    }
    return {name: np.asarray(value, dtype=np.float32) for name, value in stored.items()}


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    resnet = torchvision.models.resnet
    write_safetensors(OUT / "attack_resnet18.safetensors", attacked(resnet.BasicBlock, (2, 2, 2, 2)))
    write_safetensors(OUT / "attack_resnet50.safetensors", attacked(resnet.Bottleneck, (3, 4, 6, 3)))


if __name__ == "__main__":
    main()
