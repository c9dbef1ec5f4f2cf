"""Makes crates/stats/tests/fixtures/*.json: what NumPy, SciPy, scikit-learn and statsmodels say.

    python tools/fixtures_stats.py

Large samples are not stored: a sample given as [n, a, b, m, scale, shift] is the list of
((i * a + b) mod m) / m * scale + shift for i from 0 to n - 1, which the test computes in the same order of operations.
"""

import itertools
import json
import math
import pathlib

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy import stats
from sklearn.metrics import roc_auc_score
from statsmodels.stats.inter_rater import fleiss_kappa

OUT = pathlib.Path(__file__).parent.parent / "crates/stats/tests/fixtures"
rng = np.random.default_rng(20)


def formula(n, a, b, m, scale=1.0, shift=0.0):
    return [((i * a + b) % m) / m * scale + shift for i in range(n)]


def write(name, content):
    made_by = f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}"
    text = json.dumps({"made_by": made_by, **content}, separators=(",", ":"))
    (OUT / name).write_text(text.replace('},{', '},\n{') + "\n")
    print(name, len(text), "bytes")


def auc_cases():
    cases = []
    for n in [2, 3, 5, 10, 40]:
        for levels in [2, 5, None]:
            scores = rng.random(n) if levels is None else rng.integers(0, levels, n) / levels
            positive = rng.random(n) < 0.4
            positive[0], positive[-1] = True, False
            cases.append((scores.tolist(), positive.tolist()))
    cases.append(([0.0, -0.0, 1.0, 1.0], [True, False, True, False]))
    cases.append(([1e-300, 0.0, 1.0, 1.0 - 1e-16], [True, False, True, False]))
    out = [{"scores": s, "positive": p, "auc": roc_auc_score(p, s)} for s, p in cases]
    for spec, every in [((20000, 7919, 3, 1009), 7), ((5001, 7919, 3, 100003), 2), ((977, 31, 0, 4), 30)]:
        scores = formula(*spec)
        positive = [i % every == 0 for i in range(len(scores))]
        out.append({"formula": [*spec, 1.0, 0.0], "every": every, "auc": roc_auc_score(positive, scores)})
    return out


def summary_cases():
    samples = [[1.5], [1.0, 2.0], [3.0, 3.0, 3.0], [1e9 + 1, 1e9 + 2, 1e9 + 4], [-1e-12, 1e-12, 3e-12]]
    samples += [rng.normal(size=n).tolist() for n in (3, 20, 50)] + [rng.integers(0, 4, 30).astype(float).tolist()]
    out = []
    for x in samples:
        y = rng.normal(size=len(x)) + np.array(x) / max(map(abs, x))
        n = len(x)
        constant = len(set(x)) == 1
        counts, edges = np.histogram(x, bins=7, range=(-1.0, 3.0))
        out.append({
            "x": x, "y": y.tolist(), "mean": math.fsum(x) / n,
            "sd": float(np.std(np.longdouble(x), ddof=1)) if n > 1 else None,
            "standard_error": float(np.std(np.longdouble(x), ddof=1) / np.sqrt(np.longdouble(n))) if n > 1 else None,
            "mean_of_5_highest": float(np.mean(np.sort(x)[::-1][:5])),
            "pearson": float(stats.pearsonr(x, y).statistic) if n > 1 and not constant else None,
            "quantiles": [[q, float(np.quantile(x, q))] for q in (0.0, 0.1, 0.25, 0.5, 0.9, 1.0)],
            "histogram": counts.tolist(), "edges": edges.tolist(),
        })
    return out


def ks_cases():
    explicit = [([1.0], [1.0]), ([1.0], [2.0]), ([1.0], [1.0, 2.0]), ([1.0, 2.0], [3.0, 4.0, 5.0]), ([0.5], [0.0, 1.0, 2.0])]
    for m, n in [(2, 2), (3, 3), (3, 5), (4, 6), (7, 7), (10, 15), (20, 8), (25, 25)]:
        explicit.append((rng.normal(size=m).round(3).tolist(), rng.normal(0.5, size=n).round(3).tolist()))
        explicit.append((rng.integers(0, 4, m).astype(float).tolist(), rng.integers(0, 5, n).astype(float).tolist()))
    out = []
    for a, b in explicit:
        r = stats.ks_2samp(a, b)
        out.append({"a": a, "b": b, "statistic": r.statistic, "p_value": r.pvalue, "exact": True})
    u = lambda n, b=0, scale=1.0, shift=0.0: [n, 7919, b, 104729, scale, shift]
    pairs = [
        (u(860), u(670, 17, 1.0, 0.01)), (u(860), u(670, 17, 1.0, 0.302)), (u(860), u(670, 17, 1.0, 0.9)), (u(500), u(500, 5, 1.0, 0.1)),
        (u(500), u(500, 5, 1.0, 0.7)), (u(97), u(101, 5, 1.0, 0.03)), (u(1000), u(10, 5, 1.0, 0.2)), (u(1), u(5000, 3)), (u(2), u(999, 3, 1.0, 0.4)),
        (u(10000), u(10000, 11, 1.0, 0.004)), (u(10000), u(9999, 11, 1.0, 0.02)), (u(9999), u(3333, 11, 1.0, 0.02)), (u(1200), u(900, 7, 1.3, -0.1)),
        # the large-sample distribution, with many and with few in the smaller sample
        (u(10001), u(5000, 11, 1.0, 0.01)), (u(10001), u(5000, 11, 1.0, 0.05)), (u(20000), u(12000, 3, 1.01, 0.0)), (u(20000), u(3, 3)),
        (u(20000), u(1, 3)), (u(12000), u(40, 3, 0.8, 0.0)), (u(12000), u(150, 3, 0.8, 0.0)), (u(30000), u(30000, 3, 1.0, 0.1)), (u(15000), u(90, 1, 1.0, 0.3)),
        # coarse values: many ties
        ([500, 3, 0, 11, 1.0, 0.0], [700, 5, 2, 13, 1.0, 0.0]), ([12000, 3, 0, 11, 1.0, 0.0], [700, 5, 2, 13, 1.0, 0.0]),
    ]
    for a, b in pairs:
        r = stats.ks_2samp(formula(*a), formula(*b))
        out.append({"formula_a": a, "formula_b": b, "statistic": r.statistic, "p_value": r.pvalue, "exact": max(a[0], b[0]) <= 10000})
    return out


def kolmogorov_cases():
    out = []
    for n in [1, 2, 3, 10, 57, 140, 141, 500, 3000, 99999, 100001, 700000, 1000000, 1000001, 5000000]:
        for z in [0.15, 0.3, 0.45, 0.6, 0.8, 0.87, 1.0, 1.3, 1.48, 1.49, 2.0, 2.1, 3.0, 6.0, 15.0]:
            d = z / math.sqrt(n)
            if 0.0 < d < 1.0:
                out.append([n, d, float(stats.kstwo.sf(d, n))])
        out.append([n, 0.7 / n, float(stats.kstwo.sf(0.7 / n, n))])
        if n > 3:
            out.append([n, 0.6, float(stats.kstwo.sf(0.6, n))])
            out.append([n, 1 - 0.5 / n, float(stats.kstwo.sf(1 - 0.5 / n, n))])
    return out


def krippendorff_by_pairs(counts):
    """The definition: observed over expected disagreement, every pair of ratings listed one by one."""
    units = [[c for c, k in enumerate(row) for _ in range(k)] for row in counts]
    units = [u for u in units if len(u) > 1]
    values = [v for u in units for v in u]
    observed = math.fsum(sum(a != b for a, b in itertools.permutations(u, 2)) / (len(u) - 1) for u in units) / len(values)
    expected = sum(a != b for a, b in itertools.permutations(values, 2)) / (len(values) * (len(values) - 1))
    return 1.0 - observed / expected


def agreement_cases():
    out = []
    for items, raters, categories in [(1, 3, 2), (2, 2, 2), (3, 3, 3), (12, 7, 2), (30, 3, 2), (60, 3, 4), (20, 14, 5)]:
        share = rng.dirichlet(np.ones(categories), items)
        counts = np.array([rng.multinomial(raters, p) for p in share])
        if (counts.sum(0) > 0).sum() < 2:
            counts[0] = [raters - 1, 1] + [0] * (categories - 2)
        out.append({"counts": counts.tolist(), "fleiss": float(fleiss_kappa(counts)), "krippendorff": krippendorff_by_pairs(counts.tolist())})
    for items, most, categories in [(15, 4, 3), (40, 7, 2), (25, 3, 5)]:
        counts = np.array([rng.multinomial(k, np.ones(categories) / categories) for k in rng.integers(0, most + 1, items)])
        out.append({"counts": counts.tolist(), "fleiss": None, "krippendorff": krippendorff_by_pairs(counts.tolist())})
    return out


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    write("summary.json", {"auc": auc_cases(), "summary": summary_cases()})
    write("ks.json", {"two_sample": ks_cases(), "one_sample_survival": kolmogorov_cases()})
    write("agreement.json", {"cases": agreement_cases()})
