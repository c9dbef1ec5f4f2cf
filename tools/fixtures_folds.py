"""Makes crates/tissue/tests/fixtures/test_folds.json: how scikit-learn's StratifiedGroupKFold deals patients to folds.

    python tools/fixtures_folds.py

Each case has the group (patient) and the class of every tile, the number of folds, and the folds that scikit-learn makes: of
shuffle=False and of ten shuffled orders the one whose class shares are the most even.
"""

import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

OUT = pathlib.Path(__file__).parent.parent / "crates/tissue/tests/fixtures/test_folds.json"
rng = np.random.default_rng(13)
warnings.simplefilter("error")


def unevenness(fold_of, classes, folds):
    """Sum over folds and classes of (share of the class that the fold has - 1 / folds) squared."""
    total = 0.0
    for c in np.unique(classes):
        of_class = classes == c
        for k in range(folds):
            share = np.sum(of_class & (fold_of == k)) / np.sum(of_class)
            total += (share - 1 / folds) ** 2
    return total


def dealt(splitter, classes, groups):
    fold_of = np.full(len(classes), -1)
    for k, (train, test) in enumerate(splitter.split(np.zeros(len(classes)), classes, groups)):
        assert not set(groups[train]) & set(groups[test])
        fold_of[test] = k
    assert (fold_of >= 0).all()
    return fold_of


def complete(fold_of, classes, folds):
    return all(np.any((fold_of == k) & (classes == c)) for k in range(folds) for c in np.unique(classes))


def data(patients, size, kind):
    """Groups and classes of tiles: `mixed` patients have tiles of all classes, `pure` ones of one, `skewed` ones of a rare class, too."""
    groups, classes = [], []
    for patient in range(patients):
        for _ in range(1 + rng.poisson(size) if kind != "heavy" else 1 + int(rng.pareto(1.0) * size)):
            groups.append(patient)
            if kind == "mixed":
                classes.append(int(rng.random() < 0.3))
            elif kind == "skewed":
                classes.append(int(rng.random() < (0.5 if patient % 5 == 0 else 0.02)))
            elif kind == "three":
                classes.append(int(rng.integers(0, 3)) if patient % 2 else patient % 3)
            else:
                classes.append(patient % 2)
    return np.array(groups), np.array(classes)


cases = []
for kind in ["mixed", "pure", "skewed", "heavy", "three"]:
    for patients, size, folds in [(12, 6, 3), (25, 8, 5), (40, 10, 5), (60, 4, 10)]:
        groups, classes = data(patients, size, kind)
        # What no study could be made of.
        too_few_patients = min(len(set(groups[classes == c])) for c in np.unique(classes)) < folds
        if too_few_patients or np.bincount(classes).min() < 5 * folds:
            continue
        tries = [StratifiedGroupKFold(folds)] + [StratifiedGroupKFold(folds, shuffle=True, random_state=s) for s in range(10)]
        ours = [dealt(t, classes, groups) for t in tries]
        ours = [f for f in ours if complete(f, classes, folds)] or ours
        best = min(ours, key=lambda f: unevenness(f, classes, folds))
        # GroupKFold knows no classes: how uneven folds are that do not look at them.
        blind = dealt(GroupKFold(folds), classes, groups)
        cases.append({
            "name": f"{kind}, {patients} patients",
            "folds": folds,
            "groups": groups.tolist(),
            "classes": classes.tolist(),
            "stratified": best.tolist(),
            "unevenness": unevenness(best, classes, folds),
            "unevenness_of_groups_alone": unevenness(blind, classes, folds),
        })
        print(cases[-1]["name"], folds, cases[-1]["unevenness"], cases[-1]["unevenness_of_groups_alone"])
text = json.dumps({"made_by": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", "cases": cases}, separators=(",", ":"))
OUT.write_text(text.replace('},{', '},\n{') + "\n")
print(OUT.name, len(text), "bytes")
