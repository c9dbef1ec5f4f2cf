"""grayzone and PyTorch on the same work in one run: `just bench-vs-torch`.

Run: python tools/bench_vs_torch.py --grayzone target/release/grayzone --out bench.json

Every workload is timed in rounds: grayzone, torch in one variant, grayzone, torch in the next, …, each time in a fresh process,
so that a busy or warm moment of the machine meets both. Before any time is told, both sides must agree on what they compute: the
number of parameters, and the losses of the first two steps from equal weights and inputs. If they do not, the run fails.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import bench_torch
from bench_torch import STANDARD, VARIANTS

# The largest relative difference of a loss, of the first step and of the second, which has gone through gradients and Adam.
# bf16 rounds to 3 digits, and Adam's first step turns a gradient near nothing into a whole step one way or the other.
BOUNDS = {"f32": (1e-3, 1e-3), "bf16": (5e-2, 2e-1)}
# What is aimed at: how many times torch's speed in f32 and in bf16.
TARGETS = {"f32": 2.0, "bf16": 1.0}


def ours(name: str, args) -> dict:
    command = [args.grayzone, "bench", "--only", name, "--json", "--quiet", "--threads", str(args.threads)]
    command += ["--steps", str(args.steps), "--warm-up", str(args.warm_up)]
    try:
        ended = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    except OSError as e:
        sys.exit(
            f"error: grayzone could not be started, in {args.grayzone}, because {e.strerror}\n"
            "hint: build it with `cargo build --release`, or say where it is with --grayzone"
        )
    if ended.returncode:
        sys.exit(ended.returncode)
    return json.loads(ended.stdout)["workloads"][0]


def disagreements(ours: dict, torch: dict) -> list[str]:
    """What the two sides compute differently; a list of sentences, empty if nothing."""
    wrong = []
    where = f"{ours['name']}, {torch['variant']}"
    if ours["parameters"] != torch["parameters"]:
        wrong.append(f"{where}: grayzone trains {ours['parameters']} numbers, torch {torch['parameters']}")
    bounds = BOUNDS[torch["variant"].split("-")[0]]
    if len(ours["losses"]) != len(torch["losses"]) or not ours["losses"]:
        wrong.append(f"{where}: grayzone tells the losses of {len(ours['losses'])} steps, torch of {len(torch['losses'])}")
    for step, (a, b, bound) in enumerate(zip(ours["losses"], torch["losses"], bounds)):
        if sorted(a) != sorted(b):
            wrong.append(f"{where}: grayzone tells the losses {sorted(a)}, torch {sorted(b)}")
        for loss in sorted(set(a) & set(b)):
            # A loss that one step brings to nearly nothing is measured by what it was.
            scale = max(abs(b[loss]), abs(torch["losses"][0][loss]))
            difference = abs(a[loss] - b[loss]) / scale
            if not difference <= bound:
                wrong.append(
                    f"{where}: {loss} of step {step + 1} is {a[loss]:.6g} in grayzone and {b[loss]:.6g} in torch, "
                    f"{difference:.1e} apart where {bound:g} is allowed"
                )
    return wrong


def largest_difference(ours: dict, torch: dict) -> float:
    """Relative, of the first step's losses."""
    a, b = ours["losses"][0], torch["losses"][0]
    return max(abs(a[loss] - b[loss]) / abs(b[loss]) for loss in b)


def pooled(runs: list[dict]) -> dict:
    """The same workload measured several times: every step's time, and the highest of the peaks."""
    seconds = [s for run in runs for s in run["step_seconds"]]
    return {
        "seconds": statistics.median(seconds),
        "fastest": min(seconds),
        "peak_rss_bytes": max(run["peak_rss_bytes"] or 0 for run in runs),
        "rss_before_bytes": max(run.get("rss_before_bytes") or 0 for run in runs),
        "runs": runs,
    }


def compare(name: str, args, progress) -> dict:
    variants = args.variant or VARIANTS
    runs = {"ours": [], **{variant: [] for variant in variants}}
    for _ in range(args.rounds):
        for variant in variants:
            progress(f"{name}, grayzone")
            runs["ours"].append(ours(name, args))
            progress(f"{name}, torch {variant}")
            runs[variant].append(bench_torch.in_own_process(name, variant, args))
            wrong = disagreements(runs["ours"][-1], runs[variant][-1])
            if wrong:
                sys.exit("error: the two sides do not compute the same thing\n" + "\n".join(f"  {w}" for w in wrong))
    result = {"name": name, "ours": pooled(runs["ours"]), "torch": {v: pooled(runs[v]) for v in variants}}
    result["loss_difference"] = {v: largest_difference(runs["ours"][0], runs[v][0]) for v in variants}
    mine = result["ours"]
    for precision, target in TARGETS.items():
        of = {v: t for v, t in result["torch"].items() if v.startswith(precision)}
        if of:
            fastest = min(of, key=lambda v: of[v]["seconds"])
            ratio = of[fastest]["seconds"] / mine["seconds"]
            result[precision] = {"fastest": fastest, "ratio": ratio, "target": target, "met": ratio >= target}
    peaks = [t["peak_rss_bytes"] for t in result["torch"].values()]
    own = [t["peak_rss_bytes"] - t["rss_before_bytes"] for t in result["torch"].values()]
    result["memory"] = {
        "ours": mine["peak_rss_bytes"],
        "torch_least": min(peaks),
        "torch_least_without_libraries": min(own),
        "met": mine["peak_rss_bytes"] <= min(peaks),
        "met_without_libraries": mine["peak_rss_bytes"] <= min(own),
    }
    return result


def markdown(results: list[dict], variants: list[str]) -> str:
    head = ["workload", "grayzone s", *(f"torch {v} s" for v in variants)]
    head += [f"{p}: times torch (aim {t:g})" for p, t in TARGETS.items() if any(v.startswith(p) for v in variants)]
    head += ["grayzone MiB", "torch MiB, least", "same, libraries apart", "loss apart, f32"]
    rows = [head, ["---"] * len(head)]
    yes = lambda met: "✓" if met else "✗"
    for r in results:
        row = [f"`{r['name']}`", f"{r['ours']['seconds']:.4f}", *(f"{r['torch'][v]['seconds']:.4f}" for v in variants)]
        row += [f"{r[p]['ratio']:.2f} {yes(r[p]['met'])}" for p in TARGETS if p in r]
        memory = r["memory"]
        row.append(f"{memory['ours'] / 2**20:.0f}")
        row.append(f"{memory['torch_least'] / 2**20:.0f} {yes(memory['met'])}")
        row.append(f"{memory['torch_least_without_libraries'] / 2**20:.0f} {yes(memory['met_without_libraries'])}")
        f32 = [d for v, d in r["loss_difference"].items() if v.startswith("f32")]
        row.append(f"{max(f32):.0e}" if f32 else "–")
        rows.append(row)
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def machine() -> dict:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"processor": model, "cores": os.cpu_count(), "load_at_start": load, "system": platform.platform()}


def main() -> None:
    parser = bench_torch.arguments("Times grayzone and PyTorch on the same work, in turns.")
    parser.set_defaults(steps=3)
    parser.add_argument("--grayzone", default="target/release/grayzone", help="default: target/release/grayzone")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--out", type=Path, help="where the raw numbers go, as JSON")
    args = parser.parse_args()
    if min(args.rounds, args.steps, args.threads) < 1 or args.warm_up < 0:
        sys.exit("error: --rounds, --steps and --threads are 1 or more, --warm-up 0 or more")
    bench_torch.need_torch()
    names, variants = args.only or STANDARD, args.variant or VARIANTS
    for name in names:
        bench_torch.parse(name)
    about = {"machine": machine(), "threads": args.threads, "rounds": args.rounds, "steps": args.steps}
    if (about["machine"]["load_at_start"] or 0) > 0.5:
        print(f"note: the machine is busy (load {about['machine']['load_at_start']:.1f}), so times are not to be trusted", file=sys.stderr)
    total, done, start = len(names) * args.rounds * len(variants) * 2, 0, time.monotonic()

    def progress(what: str) -> None:
        nonlocal done
        print(f"[{100 * done // total:3d} %, {time.monotonic() - start:.0f} s] {what} …", file=sys.stderr, flush=True)
        done += 1

    results = []
    for name in names:
        results.append(compare(name, args, progress))
        if args.out:  # after every workload: what is measured is kept
            args.out.write_text(json.dumps({**about, "workloads": results}, indent=1) + "\n")
    torch = results[0]["torch"][variants[0]]["runs"][0]["torch"]
    m = about["machine"]
    print(f"PyTorch {torch}, {args.threads} threads, {m['processor']}, medians of {args.rounds * args.steps} steps or more\n")
    print(markdown(results, variants))


if __name__ == "__main__":
    main()
