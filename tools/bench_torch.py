"""Times in PyTorch what `grayzone bench` times: the same networks, batches, losses, optimisers, and definition of a step.

Run: python tools/bench_torch.py --only resnet18-train-64-b16 --variant f32        (torch, torchvision, numpy)

A step is from zeroed gradients to the optimiser's update, the losses read; of inference, one forward pass under
`inference_mode`. Weights and inputs come from the formula of crates/nets/src/formula.rs, so the losses of the first steps
must be those that `grayzone bench --json` prints: `bench_vs_torch.py` compares them. Names of workloads are grayzone's, at any
size, such as resnet18-train-96-b4-w32. Every workload and variant runs in a process of its own.

torch is given its best: activations in place, Adam fused, gradients set to none, discriminators frozen in the generators' step,
one forward pass of a discriminator over the real and the fake image together. Allocator and threading environment (LD_PRELOAD,
MALLOC_*, OMP_*) are inherited.
"""

import argparse
import importlib.util
import json
import random
import re
import statistics
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

STANDARD = ["resnet18-train-224-b16", "cyclegan-train-224", "translate-224", "resnet18-train-64-b16", "predict-224-b16"]
VARIANTS = ["f32", "f32-channels-last", "bf16", "bf16-channels-last"]
NAME = re.compile(r"(resnet18-train|predict)-(\d+)-b(\d+)(?:-w(\d+))?|(cyclegan-train|translate)-(\d+)(?:-w(\d+))?")
CLASSES, BLOCKS, POOL, LAMBDA = 2, 9, 50, 10.0
COMPARED = 2  # steps whose losses are kept


def parse(name: str) -> tuple[str, int, int, int]:
    """Task, side, batch and width of a workload."""
    match = NAME.fullmatch(name)
    if not match:
        sys.exit(f"error: there is no workload '{name}'\nhint: choose one of {', '.join(STANDARD)}, or another size of these")
    task, size, batch, width, task2, size2, width2 = match.groups()
    return task or task2, int(size or size2), int(batch or 1), int(width or width2 or 64)


def need_torch() -> None:
    """Ends the program with a word on how to install torch, if it is missing."""
    for module in ("torch", "torchvision", "numpy"):
        if importlib.util.find_spec(module) is None:
            sys.exit(
                f"error: the comparison needs PyTorch, because {sys.executable} has no module {module}\n"
                "hint: python3 -m venv venv && venv/bin/pip install torch torchvision numpy "
                "--extra-index-url https://download.pytorch.org/whl/cpu; then name that Python: "
                "PYTHON=venv/bin/python just bench-vs-torch"
            )


def measure(name: str, variant: str, args) -> dict:
    """Times one workload in this process."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    import fixtures_nets as nets

    torch.set_num_threads(args.threads)
    torch.set_num_interop_threads(1)
    task, size, batch, width = parse(name)
    layout = torch.channels_last if variant.endswith("channels-last") else torch.contiguous_format
    bf16 = variant.startswith("bf16")

    def precision():
        return torch.autocast("cpu", dtype=torch.bfloat16) if bf16 else nullcontext()

    def contiguous_gradient(_module, _inputs, output):
        """torch's own instance norm gives wrong gradients, without a word, for a batch of one in channels-last: it keeps its
        input contiguous, and takes the incoming gradient for the same. Seen in 2.15; the losses of the second step tell."""
        if output.requires_grad:
            output.register_hook(lambda gradient: gradient.contiguous())

    def ready(network: nn.Module, prefix: str = "") -> nn.Module:
        """Filled by the formula, activations in place, in the layout of the variant."""
        state = network.state_dict()
        for key, tensor in state.items():
            if not key.endswith("num_batches_tracked"):
                tensor.copy_(torch.from_numpy(nets.weight(prefix + key, tuple(tensor.shape))))
        for module in network.modules():
            if isinstance(module, (nn.ReLU, nn.LeakyReLU)):
                module.inplace = True
            if isinstance(module, nn.InstanceNorm2d) and layout == torch.channels_last:
                module.register_forward_hook(contiguous_gradient)
        return network.to(memory_format=layout)

    def image(name: str):
        return torch.from_numpy(nets.filled(name, (batch, 3, size, size), -1, 1)).contiguous(memory_format=layout)

    def adam(network: nn.Module, **settings):
        return torch.optim.Adam(network.parameters(), eps=1e-8, fused=True, **settings)

    before = status("VmRSS")

    if task in ("resnet18-train", "predict"):
        network = ready(nets.narrow_resnet(width, CLASSES))
        networks = [network]
        x, labels = image("x"), torch.arange(batch) % CLASSES
        if task == "resnet18-train":
            network.train()
            optimiser = adam(network, lr=1e-3, betas=(0.9, 0.999), weight_decay=1e-4)

            def step():
                optimiser.zero_grad(set_to_none=True)
                with precision():
                    loss = F.cross_entropy(network(x), labels)
                value = loss.item()
                loss.backward()
                optimiser.step()
                return {"cross_entropy": value}

        else:
            network.eval()
            with torch.inference_mode(), precision():
                first = [{"cross_entropy": F.cross_entropy(network(x), labels).item()}]

            def step():
                with torch.inference_mode(), precision():
                    network(x)
                return {}

    elif task == "translate":
        network = ready(nets.Generator(width, BLOCKS)).eval()
        networks = [network]
        x = image("x")
        with torch.inference_mode(), precision():
            first = [{"l1": F.l1_loss(network(x).float(), x).item()}]

        def step():
            with torch.inference_mode(), precision():
                network(x)
            return {}

    else:
        g_ab, g_ba = (ready(nets.Generator(width, BLOCKS), f"{n}.") for n in ("g_ab", "g_ba"))
        d_a, d_b = (ready(nets.Discriminator(width), f"{n}.") for n in ("d_a", "d_b"))
        networks = [g_ab, g_ba, d_a, d_b]
        optimisers = [adam(n, lr=2e-4, betas=(0.5, 0.999)) for n in networks]
        real_a, real_b = image("a"), image("b")
        pools, pool_rng = ([], []), random.Random(0)

        def query(pool: list, fresh):
            """The image pool of crates/train/src/translator/image_pool.rs."""
            if len(pool) < POOL:
                pool.append(fresh.clone())
                return fresh
            if pool_rng.random() < 0.5:
                return fresh
            i = pool_rng.randrange(POOL)
            old, pool[i] = pool[i], fresh.clone()
            return old

        def gan_loss(patches, target: float):
            return (patches - target).square().mean()

        def step():
            for d in (d_a, d_b):
                d.requires_grad_(False)
            for optimiser in optimisers:
                optimiser.zero_grad(set_to_none=True)
            with precision():
                fake_b = g_ab(real_a)
                rec_a = g_ba(fake_b)
                fake_a = g_ba(real_b)
                rec_b = g_ab(fake_a)
                loss_gan = gan_loss(d_b(fake_b), 1.0) + gan_loss(d_a(fake_a), 1.0)
                loss_cycle_a, loss_cycle_b = F.l1_loss(rec_a, real_a), F.l1_loss(rec_b, real_b)
                loss_g = loss_gan + (loss_cycle_a + loss_cycle_b) * LAMBDA
            losses = {"gan": loss_gan.item(), "cycle_a": loss_cycle_a.item(), "cycle_b": loss_cycle_b.item()}
            loss_g.backward()
            optimisers[0].step()
            optimisers[1].step()
            fakes = query(pools[0], fake_a.detach()), query(pools[1], fake_b.detach())
            for n, d, real, fake, optimiser in zip(("d_a", "d_b"), (d_a, d_b), (real_a, real_b), fakes, optimisers[2:]):
                d.requires_grad_(True)
                with precision():
                    patches = d(torch.cat([real, fake.to(real.dtype)]))
                    target = torch.tensor([1.0, 0.0]).reshape(2, 1, 1, 1)
                    loss = (patches - target).square().mean()
                losses[n] = loss.item()
                loss.backward()
                optimiser.step()
            return losses

    try:  # the most memory held from here on: making the weights does not count
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass
    losses, seconds = [], []
    for i in range(args.warm_up + args.steps):
        start = time.perf_counter()
        values = step()
        if i >= args.warm_up:
            seconds.append(time.perf_counter() - start)
        if i < COMPARED:
            losses.append(values)
    peak = status("VmHWM")
    return {
        "name": name,
        "variant": variant,
        "seconds": statistics.median(seconds),
        "images_per_second": batch / statistics.median(seconds),
        "peak_rss_bytes": peak,
        "rss_before_bytes": before,
        "threads": torch.get_num_threads(),
        "parameters": sum(p.numel() for n in networks for p in n.parameters()),
        "losses": losses if losses and losses[0] else first,
        "step_seconds": seconds,
        "torch": torch.__version__,
    }


def status(field: str) -> int | None:
    """Bytes that Linux tells of this process."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:")), None)


def arguments(description: str) -> argparse.ArgumentParser:
    """The options that this script and bench_vs_torch.py share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--only", action="append", metavar="NAME", help="only this workload; may be given more than once")
    parser.add_argument("--variant", action="append", choices=VARIANTS, help="only this variant; may be given more than once")
    parser.add_argument("--threads", type=int, default=2, help="default: 2")
    parser.add_argument("--steps", type=int, default=7, help="steps that are timed, a process")
    parser.add_argument("--warm-up", type=int, default=2, help="steps before the clock counts")
    return parser


def in_own_process(name: str, variant: str, args) -> dict:
    command = [sys.executable, __file__, "--here", "--only", name, "--variant", variant]
    command += ["--threads", str(args.threads), "--steps", str(args.steps), "--warm-up", str(args.warm_up)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if ended.returncode:
        sys.exit(ended.returncode)
    return json.loads(ended.stdout)


def main() -> None:
    parser = arguments("Times in PyTorch what grayzone bench times; prints JSON.")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    need_torch()
    names = args.only or STANDARD
    for name in names:
        parse(name)
    if args.here:
        print(json.dumps(measure(names[0], args.variant[0], args)))
        return
    measured = []
    for name in names:
        for variant in args.variant or VARIANTS:
            print(f"{name}, {variant} …", file=sys.stderr, flush=True)
            measured.append(in_own_process(name, variant, args))
    print(json.dumps({"workloads": measured}, indent=2))


if __name__ == "__main__":
    main()
