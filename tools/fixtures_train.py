"""Makes crates/train/tests/fixtures/torch.json: torch.optim.Adam and the losses of the training loops on small cases.

Run from the root of the repository, in an environment with torch:  python tools/fixtures_train.py
"""

import json
from pathlib import Path

import torch

torch.manual_seed(0)
torch.set_default_dtype(torch.float32)


def adam(beta1: float, weight_decay: float, lrs: list[float], idle: tuple[int, ...] = ()) -> dict:
    """A matrix and a bias under one Adam, with gradients that differ by magnitudes and one that is zero; in the steps `idle` the bias has none."""
    weight = torch.nn.Parameter(torch.randn(3, 4))
    bias = torch.nn.Parameter(torch.randn(3))
    case = {
        "beta1": beta1,
        "weight_decay": weight_decay,
        "weight": weight.detach().flatten().tolist(),
        "bias": bias.detach().tolist(),
        "steps": [],
    }
    optimiser = torch.optim.Adam([weight, bias], lr=1.0, betas=(beta1, 0.999), weight_decay=weight_decay)
    for lr in lrs:
        weight.grad = torch.randn(3, 4) * torch.logspace(-6, 2, 12).reshape(3, 4)
        bias.grad = None if len(case["steps"]) in idle else torch.tensor([0.0, 1e-9, 3.0])
        optimiser.param_groups[0]["lr"] = lr
        step = {"lr": lr, "weight_grad": weight.grad.flatten().tolist(), "bias_grad": None if bias.grad is None else bias.grad.tolist()}
        optimiser.step()
        step["weight"] = weight.detach().flatten().tolist()
        step["bias"] = bias.detach().tolist()
        case["steps"].append(step)
    return case


def losses() -> dict:
    logits = (torch.randn(5, 3) * 30).requires_grad_()
    labels = torch.tensor([0, 2, 1, 1, 0])
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    patches = torch.randn(1, 1, 2, 3)
    x, y = torch.randn(1, 3, 2, 2), torch.randn(1, 3, 2, 2)
    return {
        "logits": logits.detach().flatten().tolist(),
        "labels": labels.tolist(),
        "cross_entropy": loss.item(),
        "cross_entropy_grad": logits.grad.flatten().tolist(),
        "patches": patches.flatten().tolist(),
        "gan_real": torch.nn.functional.mse_loss(patches, torch.ones_like(patches)).item(),
        "gan_fake": torch.nn.functional.mse_loss(patches, torch.zeros_like(patches)).item(),
        "x": x.flatten().tolist(),
        "y": y.flatten().tolist(),
        "l1": torch.nn.functional.l1_loss(x, y).item(),
    }


def soft_labels() -> dict:
    """Cross-entropy against probabilities, every tile with a weight."""
    logits = (torch.randn(6, 3) * 10).requires_grad_()
    targets = torch.softmax(torch.randn(6, 3), dim=1)
    targets[0] = torch.tensor([0.0, 1.0, 0.0])
    weights = torch.tensor([1.0, 0.5, 0.25, 2.0, 0.0, 1.0])
    loss = (torch.nn.functional.cross_entropy(logits, targets, reduction="none") * weights).mean()
    loss.backward()
    return {
        "logits": logits.detach().flatten().tolist(),
        "targets": targets.flatten().tolist(),
        "weights": weights.tolist(),
        "cross_entropy": loss.item(),
        "cross_entropy_grad": logits.grad.flatten().tolist(),
    }


cases = {
    "torch": torch.__version__,
    "adam": [adam(0.9, 1e-4, [1e-3, 1e-3, 9.1e-4, 8e-4, 1e-3]), adam(0.5, 0.0, [2e-4, 2e-4, 1e-4])],
    "losses": losses(),
    "idle": adam(0.9, 1e-4, [1e-3, 9e-4, 8e-4, 7e-4, 6e-4, 5e-4], idle=(0, 2, 3)),
    "soft": soft_labels(),
}
out = Path("crates/train/tests/fixtures/torch.json")
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps(cases, indent=1) + "\n")
