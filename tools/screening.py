"""What the rows of a cross-validation gain on the original: the table of docs/results/recipes.md, from the folds that have ended.

    python tools/screening.py runs/screening [runs/screening-free ...]

For every row and stratum: AUC at the last epoch, and at the epoch that validation tiles choose, less the original's of the same fold and seed, in points; the mean of
both (which ranks); its standard error over folds (each fold's mean counts once), which are the cross-validation's own draws of slides.
"""
import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

STRATA = ["all", "high", "low"]


def read(run):
    """{(row, stratum): {(fold, seed): (last, validation)}} and the number of folds."""
    of = defaultdict(dict)
    folds = sorted(Path(run).glob("fold-*/results.json"))
    for file in folds:
        for row in json.loads(file.read_text())["table3"]:
            for seed in row["per_seed"]:
                pair = (seed["last"], seed["val"])
                if None not in pair:
                    of[row["training_set"], row["stratum"]][file.parent.name, seed["seed"]] = pair
    return of, len(folds)


def gains(of, row, stratum):
    """Mean gain at the last and at the chosen epoch, of both, and its standard error over folds, in points."""
    base, own = of["original", stratum], of[row, stratum]
    by_fold, last, chosen = defaultdict(list), [], []
    for key in own.keys() & base.keys():
        a, b = (100 * (own[key][i] - base[key][i]) for i in range(2))
        last.append(a)
        chosen.append(b)
        by_fold[key[0]].append((a + b) / 2)
    means = [statistics.mean(fold) for _, fold in sorted(by_fold.items())]
    error = statistics.stdev(means) / len(means) ** 0.5 if len(means) > 1 else float("nan")
    return statistics.mean(last), statistics.mean(chosen), statistics.mean(means), error


def main():
    for run in sys.argv[1:]:
        of, folds = read(run)
        rows = sorted({row for row, _ in of} - {"original"}, key=lambda row: -gains(of, row, "all")[2])
        networks = len(of["original", "all"])
        print(f"\n{run}: {folds} folds, {networks} networks a row\n")
        print("| recipe | all: last | chosen | **mean ± se** | high | low |")
        print("|---|---|---|---|---|---|")
        absolute = [100 * statistics.mean(pair[i] for pair in of["original", "all"].values()) for i in range(2)]
        others = [
            100 * statistics.mean(sum(pair) / 2 for pair in of["original", stratum].values()) for stratum in STRATA
        ]
        print(f"| `original` (AUC, %) | {absolute[0]:.1f} | {absolute[1]:.1f} | {others[0]:.1f} | {others[1]:.1f} | {others[2]:.1f} |")
        for row in rows:
            last, chosen, mean, error = gains(of, row, "all")
            rest = [gains(of, row, stratum) for stratum in STRATA[1:]]
            cells = [f"{m:+.1f} ± {e:.1f}" for _, _, m, e in rest]
            print(f"| `{row}` | {last:+.1f} | {chosen:+.1f} | **{mean:+.1f} ± {error:.1f}** | {cells[0]} | {cells[1]} |")


if __name__ == "__main__":
    main()
