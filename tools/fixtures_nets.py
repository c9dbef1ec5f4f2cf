"""Makes crates/nets/tests/fixtures: what torch computes with the networks of grayzone.

Run: python tools/fixtures_nets.py        (torch, torchvision, numpy; a minute on a laptop)

Weights and inputs come from `filled`, a formula that crates/nets/src/formula.rs repeats bit for bit, so that only results are
stored. Torch computes in float64, so a difference is the Rust side's rounding. Of a gradient with many elements every
k-th is stored; its norm and its projection on `filled("project:NAME")` cover the rest.
"""

import argparse
import json
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
import torchvision
from torch import nn

OUT = Path(__file__).resolve().parent.parent / "crates" / "nets" / "tests" / "fixtures"
KEPT = 400  # elements stored of one gradient, about


def filled(name: str, shape, low: float, high: float) -> np.ndarray:
    """Uniform in [low, high), from the name and each element's index alone: FNV-1a of the name seeds splitmix64."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    n = int(np.prod(shape))
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    unit = (z >> np.uint64(40)).astype(np.float64) / 2.0**24
    return (low + unit * (high - low)).astype(np.float32).reshape(shape)


def weight(name: str, shape) -> np.ndarray:
    """The formula's tensor of a network."""
    if name.endswith("running_mean"):
        return filled(name, shape, -0.1, 0.1)
    if name.endswith("running_var"):
        return filled(name, shape, 0.5, 1.5)
    if len(shape) == 1:  # a bias, or a batch norm's scale
        scale = name.endswith("weight")
        return filled(name, shape, 0.7 if scale else -0.2, 1.3 if scale else 0.2)
    bound = (6.0 / np.prod(shape[1:])) ** 0.5
    return filled(name, shape, -bound, bound)


def fill(network: nn.Module) -> nn.Module:
    state = network.state_dict()
    for name, tensor in state.items():
        if not name.endswith("num_batches_tracked"):
            state[name] = torch.from_numpy(weight(name, tuple(tensor.shape)))
    network.load_state_dict(state)
    return network


def narrow_resnet(width: int, classes: int, block=torchvision.models.resnet.BasicBlock, depths=(2, 2, 2, 2)) -> nn.Module:
    """torchvision's ResNet (18, unless blocks are given) with another width: its own blocks and forward pass."""

    class Narrow(torchvision.models.ResNet):
        def __init__(self):
            nn.Module.__init__(self)
            self._norm_layer, self.inplanes, self.dilation = nn.BatchNorm2d, width, 1
            self.groups, self.base_width = 1, 64
            self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
            self.bn1, self.relu = nn.BatchNorm2d(width), nn.ReLU()
            self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
            for i, depth in enumerate(depths):
                stage = self._make_layer(block, width * 2**i, depth, stride=1 if i == 0 else 2)
                setattr(self, f"layer{i + 1}", stage)
            self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(8 * width * block.expansion, classes)

    return Narrow()


class Residual(nn.Module):
    def __init__(self, channels: int, dropout: bool):
        super().__init__()
        half = lambda: [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        self.conv_block = nn.Sequential(*half(), nn.ReLU(), *([nn.Dropout(0.5)] if dropout else []), *half())

    def forward(self, x):
        return x + self.conv_block(x)


class Generator(nn.Module):
    """c7s1-w, d2w, d4w, R4w x blocks, u2w, uw, c7s1-3 as one sequence; a side is mirrored up to a multiple of 4."""

    def __init__(self, width: int, blocks: int, dropout: bool = False, resize: bool = False):
        super().__init__()
        normed = lambda conv: [conv, nn.InstanceNorm2d(conv.out_channels), nn.ReLU()]
        layers = [nn.ReflectionPad2d(3), *normed(nn.Conv2d(3, width, 7))]
        for c in (width, 2 * width):
            layers += normed(nn.Conv2d(c, 2 * c, 3, stride=2, padding=1))
        layers += [Residual(4 * width, dropout) for _ in range(blocks)]
        for c in (4 * width, 2 * width):
            if resize:  # nearest neighbours and a convolution (Odena et al. 2016)
                layers += [nn.Upsample(scale_factor=2), nn.ReflectionPad2d(1), *normed(nn.Conv2d(c, c // 2, 3))]
                continue
            layers += normed(nn.ConvTranspose2d(c, c // 2, 3, stride=2, padding=1, output_padding=1))
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        h, w = x.shape[2:]
        padded = nn.functional.pad(x, (0, -w % 4, 0, -h % 4), mode="reflect")
        return self.model(padded)[:, :, :h, :w]


class Discriminator(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        conv = lambda i, o, stride: nn.Conv2d(i, o, 4, stride=stride, padding=1)
        layers = [conv(3, width, 2), nn.LeakyReLU(0.2)]
        for i, stride in enumerate((2, 2, 1)):
            c = width * 2 ** (i + 1)
            layers += [conv(c // 2, c, stride), nn.InstanceNorm2d(c), nn.LeakyReLU(0.2)]
        self.model = nn.Sequential(*layers, conv(8 * width, 1, 1))

    def forward(self, x):
        return self.model(x)


def thinned(values: np.ndarray) -> np.ndarray:
    """Every k-th element, so that about KEPT are left."""
    return values.reshape(-1)[:: max(1, -(-values.size // KEPT))]


def results(network: nn.Module, shape, gradients: bool) -> dict:
    """Output and gradients of sum(output * filled("loss")); elements of the gradients only if asked for."""
    network = fill(network).double()
    x = torch.from_numpy(filled("x", shape, -1, 1)).double().requires_grad_()
    has_norm = any(name.endswith("running_mean") for name in network.state_dict())
    stored = {}
    if has_norm:
        network.eval()
        stored["output_eval"] = network(x).detach()
        network.train()
    y = network(x)
    stored["output"] = y.detach()
    (y * torch.from_numpy(filled("loss", tuple(y.shape), -1, 1)).double()).sum().backward()
    for name, g in [("x", x.grad), *((name, p.grad) for name, p in network.named_parameters())]:
        g = g.numpy()
        project = filled(f"project:{name}", g.shape, -1, 1).astype(np.float64)
        stored[f"sums.{name}"] = np.array([(g * project).sum(), np.sqrt((g * g).sum())])
        if gradients:
            stored[f"gradient.{name}"] = thinned(g)
    if has_norm and gradients:
        for name, tensor in network.state_dict().items():
            if "running" in name:
                stored[f"after.{name}"] = tensor
    return {name: np.asarray(value, dtype=np.float32) for name, value in stored.items()}


class TwoNorms(nn.Module):
    """A batch norm, and the auxiliary one that takes its place where `auxiliary` says so."""

    def __init__(self, own: nn.BatchNorm2d):
        super().__init__()
        self.own, self.other, self.auxiliary = own, nn.BatchNorm2d(own.num_features), False

    def forward(self, x):
        return (self.other if self.auxiliary else self.own)(x)


def auxiliary(network: nn.Module, shape) -> dict:
    """A pass over a real batch, then one over a batch of generated tiles by auxiliary norms (Xie et al. 2020): output and sums of the
    gradients of each, gradients of the auxiliary norms, and the running statistics of both after both."""
    network = fill(network)
    norms = [name for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)]
    two, names = [], {}
    for i, name in enumerate(norms):
        parent, _, last = name.rpartition(".")
        parent = network.get_submodule(parent)
        two.append(TwoNorms(getattr(parent, last)))
        setattr(parent, last, two[-1])
        state = two[-1].other.state_dict()
        for key, tensor in state.items():
            if key != "num_batches_tracked":
                state[key] = torch.from_numpy(weight(f"norms.{i}.{key}", tuple(tensor.shape)))
                names[f"{name}.own.{key}"], names[f"{name}.other.{key}"] = f"{name}.{key}", f"norms.{i}.{key}"
        two[-1].other.load_state_dict(state)
    network.double().train()
    stored = {}
    for which in ("real", "auxiliary"):
        for norm in two:
            norm.auxiliary = which == "auxiliary"
        network.zero_grad(set_to_none=True)
        y = network(torch.from_numpy(filled(f"x:{which}", shape, -1, 1)).double())
        stored[f"{which}.output"] = y.detach()
        (y * torch.from_numpy(filled("loss", tuple(y.shape), -1, 1)).double()).sum().backward()
        for name, p in network.named_parameters():
            if p.grad is not None:
                name, g = names.get(name, name), p.grad.numpy()
                project = filled(f"project:{name}", g.shape, -1, 1).astype(np.float64)
                stored[f"{which}.sums.{name}"] = np.array([(g * project).sum(), np.sqrt((g * g).sum())])
                if name.startswith("norms."):
                    stored[f"{which}.gradient.{name}"] = thinned(g)
    for name, tensor in network.state_dict().items():
        if "running" in name:
            stored[f"after.{names[name]}"] = tensor
    return {name: np.asarray(value, dtype=np.float32) for name, value in stored.items()}


def saliency(network: nn.Module, shape, target: int) -> dict:
    """Grad-CAM of the margin of class `target` on layer4 by autograd, evaluated: its grid, and enlarged to the tile; features and logits."""
    network = fill(network).double().eval()
    kept = {}
    network.layer4.register_forward_hook(lambda _, __, output: kept.update(stage=output))
    logits = network(torch.from_numpy(filled("x", shape, -1, 1)).double())
    stage = kept["stage"]
    others = [c for c in range(logits.shape[1]) if c != target]
    margin = logits[:, target] - torch.logsumexp(logits[:, others], dim=1)
    (gradient,) = torch.autograd.grad(margin.sum(), stage)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    grid = torch.relu((weights * stage).sum(dim=1, keepdim=True))
    enlarged = nn.functional.interpolate(grid, size=shape[2:], mode="bilinear", align_corners=False)
    stored = {
        "logits": logits,
        "features": stage.mean(dim=(2, 3)),
        "saliency": grid[:, 0],
        "enlarged": enlarged[:, 0, ::7, ::5],
    }
    return {name: value.detach().numpy().astype(np.float32) for name, value in stored.items()}


def write_safetensors(path: Path, tensors: dict) -> None:
    header, end = {}, 0
    dtypes = {"float32": "F32", "int64": "I64"}
    for name, value in tensors.items():
        value = np.asarray(value)
        header[name] = {"dtype": dtypes[value.dtype.name], "shape": value.shape, "data_offsets": [end, end + value.nbytes]}
        end += value.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(np.ascontiguousarray(value).tobytes() for value in tensors.values())
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main() -> None:
    torch.set_num_threads(2)
    OUT.mkdir(parents=True, exist_ok=True)
    # At 32 px the last stage norms three values a channel, and torch's own float32 is 2e-4 away from its float64.
    write_safetensors(OUT / "resnet_narrow.safetensors", results(narrow_resnet(4, 2), (3, 3, 40, 40), True))
    write_safetensors(OUT / "resnet_full.safetensors", results(torchvision.models.resnet18(num_classes=3), (2, 3, 48, 48), False))
    # The deeper ones, as torchvision builds them and narrow; their files, too.
    bottleneck = torchvision.models.resnet.Bottleneck
    basic = torchvision.models.resnet.BasicBlock
    for name, block in (("resnet34", basic), ("resnet50", bottleneck)):
        whole = getattr(torchvision.models, name)(num_classes=3)
        # Of a million units one lies within rounding of zero and turns the gradients: torch's own float32 is 1e-2 away from
        # its float64 there, so these are compared by what they give, and the narrow ones by their gradients.
        given = results(whole, (2, 3, 48, 48), False)
        write_safetensors(OUT / f"{name}_full.safetensors", {key: given[key] for key in ("output", "output_eval")})
        narrow = narrow_resnet(4, 2, block, (3, 4, 6, 3))
        write_safetensors(OUT / f"{name}_narrow.safetensors", results(narrow, (3, 3, 40, 40), False))
        one = fill(narrow_resnet(1, 2, block, (3, 4, 6, 3))).state_dict()
        torch.save(one, OUT / f"{name}.pth", _use_new_zipfile_serialization=block is bottleneck)
    for name, block, depths in (("resnet18", basic, (2, 2, 2, 2)), ("resnet50", bottleneck, (3, 4, 6, 3))):
        seen = saliency(narrow_resnet(4, 3, block, depths), (3, 3, 104, 104), 1)
        write_safetensors(OUT / f"saliency_{name}.safetensors", seen)
        both = auxiliary(narrow_resnet(4, 2, block, depths), (3, 3, 40, 40))
        write_safetensors(OUT / f"auxiliary_{name}.safetensors", both)
    for px in (20, 18):
        write_safetensors(OUT / f"generator_narrow_{px}.safetensors", results(Generator(4, 2), (1, 3, px, px), True))
        resize = Generator(4, 2, resize=True)
        write_safetensors(OUT / f"generator_resize_{px}.safetensors", results(resize, (1, 3, px, px), True))
    write_safetensors(OUT / "generator_full.safetensors", results(Generator(64, 9), (1, 3, 24, 24), False))
    write_safetensors(OUT / "discriminator_narrow.safetensors", results(Discriminator(4), (2, 3, 40, 40), True))
    write_safetensors(OUT / "discriminator_full.safetensors", results(Discriminator(64), (1, 3, 40, 40), False))

    # Files as others write them.
    classifier = fill(narrow_resnet(2, 3)).state_dict()
    torch.save(classifier, OUT / "torchvision.pth")
    write_safetensors(OUT / "torchvision.safetensors", {name: t.numpy() for name, t in classifier.items()})
    small = fill(narrow_resnet(1, 2)).state_dict()
    torch.save({"epoch": 3, "state_dict": small}, OUT / "legacy.pth", _use_new_zipfile_serialization=False)
    generator = fill(Generator(2, 3)).state_dict()
    torch.save(generator, OUT / "latest_net_G_A.pth")
    torch.save(fill(Generator(1, 1, resize=True)).state_dict(), OUT / "resize_net_G.pth")
    # As torch before 0.4 saved it from nn.DataParallel: names prefixed, statistics of the norms kept although unused.
    old = OrderedDict((f"module.{name}", t) for name, t in generator.items())
    for i, channels in ((2, 2), (5, 4), (8, 8)):
        old[f"module.model.{i}.running_mean"] = torch.zeros(channels)
        old[f"module.model.{i}.running_var"] = torch.ones(channels)
    torch.save(old, OUT / "old_net_G.pth")
    # A name whose length puts what looks like the records of a 64-bit archive where some readers then look for them.
    torch.save({"a": torch.arange(3.0), "b": torch.tensor([[1.5, -2.0]])}, OUT / "best_model_checkpoint.pth")
    # As a training framework saves it: the network below a prefix, beside the optimizer and what it was called with.
    wrapped = {f"model.resnet.{name}": t for name, t in small.items()}
    wrapped["criterion.weight"] = torch.tensor([1.0, 2.0])
    torch.save(
        {
            "epoch": 3,
            "global_step": 120,
            "state_dict": OrderedDict(wrapped),
            "optimizer_states": [{"state": {0: {"step": torch.tensor(5.0), "exp_avg": torch.zeros(2)}}, "param_groups": [{"lr": 1e-3}]}],
            "callbacks": {nn.Module: {"best": torch.tensor(0.9)}, "ModelCheckpoint": {"best_model_path": "x"}},
            "hyper_parameters": argparse.Namespace(lr=1e-3, device=torch.device("cpu"), seed=2**70),
        },
        OUT / "lightning.ckpt",
    )
    # The network itself and not its state, with dropout and a linear layer for its last one.
    whole = fill(narrow_resnet(1, 2))
    whole.__class__ = torchvision.models.ResNet  # a class that a reader finds
    whole.fc = nn.Sequential(nn.Dropout(0.5), whole.fc)
    torch.save({"net": whole, "epoch": 1}, OUT / "whole_network.pth")
    dropout = fill(Generator(1, 2, dropout=True))
    torch.save(dropout.state_dict(), OUT / "generator_dropout.pth")
    for path in sorted(OUT.iterdir()):
        print(f"{path.stat().st_size:8d} {path.name}")


if __name__ == "__main__":
    main()
