"""Makes crates/stats/tests/fixtures/reader_study.json: what SciPy, statsmodels and scikit-learn say of a reader study.

    python tools/reader_stats_fixtures.py

Fisher's test is computed by its definition, in whole numbers or to 40 digits, as equally likely tables must be seen to be
equal; the script stops if SciPy disagrees.
"""

import json
import math
import pathlib
from fractions import Fraction

import mpmath
import numpy as np
import scipy
import sklearn
import statsmodels
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.contingency_tables import mcnemar

OUT = pathlib.Path(__file__).parent.parent / "crates/stats/tests/fixtures"
rng = np.random.default_rng(21)


def mcnemar_cases():
    pairs = [(0, 0), (0, 1), (1, 1), (0, 6), (3, 12), (12, 3), (10, 10), (10, 11), (7, 20), (40, 41), (0, 100), (150, 230)]
    pairs += [(999, 1100), (50000, 50001), (49000, 51000), (0, 1000), (100000, 99000), (30000, 100000)]
    pairs += [tuple(map(int, p)) for p in rng.integers(0, 60, (20, 2))]
    out = []
    for b, c in pairs:
        p = float(mcnemar([[0, b], [c, 0]], exact=True).pvalue) if b + c else 1.0
        out.append([b, c, p])
    return out


def fisher_by_definition(a, b, c, d):
    """The sum over tables whose probability is at most (1 + 1e-14) times the observed one, in whole numbers."""
    marked, plain, drawn = a + b, c + d, a + c
    low, high = max(0, drawn - plain), min(marked, drawn)
    weight = math.comb(marked, low) * math.comb(plain, drawn - low)
    weights = [weight]
    for k in range(low, high):
        weight = weight * (marked - k) * (drawn - k) // ((k + 1) * (plain - drawn + k + 1))
        weights.append(weight)
    observed = weights[a - low]
    chosen = sum(w for w in weights if w * 10**14 <= observed * (10**14 + 1))
    return float(Fraction(chosen, math.comb(marked + plain, drawn)))


def fisher_cases():
    tables = [
        (0, 0, 0, 0), (0, 0, 3, 4), (3, 0, 4, 0), (1, 0, 0, 1), (1, 1, 1, 1), (0, 5, 5, 0), (3, 1, 1, 3), (8, 2, 1, 5), (6, 2, 1, 4),
        (10, 0, 0, 10), (72, 3, 8, 67), (65, 10, 48, 27), (38, 37, 37, 38), (37, 38, 36, 39), (75, 0, 68, 7), (72, 3, 67, 8),
        (100, 200, 300, 400), (1, 999, 3, 997), (0, 1000, 12, 988), (500, 500, 480, 520), (2, 3, 2000, 1000), (1, 4, 10, 5000),
        # rows of one size: every table has an equally likely mirror image
        (40, 60, 60, 40), (450, 550, 490, 510), (2480, 2520, 2530, 2470), (900, 100, 880, 120),
        # a far tail
        (300, 0, 0, 300), (600, 20, 10, 500),
    ]
    tables += [tuple(map(int, t)) for t in rng.integers(0, 12, (60, 4))]
    tables += [tuple(map(int, t)) for t in rng.integers(0, 300, (15, 4))]
    out = []
    for t in tables:
        exact = fisher_by_definition(*t)
        found = float(stats.fisher_exact([t[:2], t[2:]]).pvalue)
        assert abs(found - exact) <= 1e-9 * exact, (t, found, exact)
        out.append([*t, exact])
    return out


def ln_factorial(n):
    return mpmath.loggamma(n + 1)


def fisher_large_cases():
    """Counts to 1e5 and beyond: terms from 40-digit logarithms, ties by the definition."""
    mpmath.mp.dps = 40
    tables = [
        (100000, 100000, 100000, 100000), (99700, 100300, 100000, 100000), (100000, 100000, 99600, 100400), (50000, 100000, 51000, 99000),
        (99999, 7, 99990, 25), (100000, 3, 90000, 1), (12, 100000, 3, 100000), (70000, 90000, 71000, 89500), (99000, 1000, 1000, 99000),
        (30000, 100000, 100000, 333000),
    ]
    out = []
    for a, b, c, d in tables:
        marked, plain, drawn = a + b, c + d, a + c
        low, high = max(0, drawn - plain), min(marked, drawn)
        ln_p = lambda k: (
            ln_factorial(marked) + ln_factorial(plain) + ln_factorial(drawn) + ln_factorial(marked + plain - drawn)
            - ln_factorial(marked + plain) - ln_factorial(k) - ln_factorial(marked - k) - ln_factorial(drawn - k)
            - ln_factorial(plain - drawn + k)
        )
        mode = (drawn + 1) * (marked + 1) // (marked + plain + 2)
        limit = ln_p(a) + mpmath.log1p(mpmath.mpf(10) ** -14)
        total = mpmath.mpf(0)
        for steps in (range(mode, high + 1), range(mode - 1, low - 1, -1)):
            # Binary search for the first term that counts, then the terms down to nothing.
            lo, hi = 0, len(steps)
            while lo < hi:
                mid = (lo + hi) // 2
                lo, hi = (lo, mid) if ln_p(steps[mid]) <= limit else (mid + 1, hi)
            if lo == len(steps):
                continue
            k, outward = steps[lo], steps.step
            term = mpmath.exp(ln_p(k))
            part = mpmath.mpf(0)
            while low <= k <= high and term > part * mpmath.mpf(10) ** -20:
                part += term
                if outward == 1:
                    term = term * (marked - k) * (drawn - k) / ((k + 1) * (plain - drawn + k + 1))
                else:
                    term = term * k * (plain - drawn + k) / ((marked - k + 1) * (drawn - k + 1))
                k += outward
            total += part
        exact = float(min(total, 1))
        found = float(stats.fisher_exact([[a, b], [c, d]]).pvalue)
        assert abs(found - exact) <= 1e-9 * exact, (a, b, c, d, found, exact)
        out.append([a, b, c, d, exact])
    return out


def binomial_cases():
    cases = [(0, 1, 0.5), (1, 1, 0.5), (3, 15, 0.1), (7, 50, 0.1), (0, 10, 0.0), (1, 10, 0.0), (10, 10, 1.0), (9, 10, 1.0), (5, 10, 0.5)]
    cases += [(0, 20, 0.3), (20, 20, 0.3), (67, 75, 0.5), (67, 75, 1 / 3), (72, 75, 0.96), (1, 1000, 0.002), (999, 1000, 0.5), (480, 1000, 0.5)]
    cases += [(50200, 100000, 0.5), (300, 100000, 0.0031), (99990, 100000, 0.9998), (0, 100000, 1e-6), (100000, 100000, 0.999), (150, 300, 0.1)]
    for _ in range(40):
        n = int(rng.integers(1, 120))
        cases.append((int(rng.integers(0, n + 1)), n, float(rng.choice([0.5, 0.25, 1 / 3, 0.9, rng.random()]))))
    return [[k, n, p, float(stats.binomtest(k, n, p).pvalue)] for k, n, p in cases]


def interval_cases():
    cases = [(0, 1), (1, 1), (0, 75), (75, 75), (67, 75), (72, 75), (1, 1000), (999, 1000), (500, 1000), (1, 100000), (99999, 100000), (31234, 100000)]
    cases += [(int(rng.integers(0, n + 1)), int(n)) for n in rng.integers(1, 300, 15)]
    out = []
    for k, n in cases:
        for level in (0.5, 0.95, 0.999):
            # SciPy's binomtest finds its interval to 2e-12 only; the quantiles of the beta distribution are the same interval.
            side = (1 - level) / 2
            low = float(stats.beta.ppf(side, k, n - k + 1)) if k else 0.0
            high = float(stats.beta.isf(side, k + 1, n - k)) if k < n else 1.0
            ci = stats.binomtest(k, n).proportion_ci(level)
            assert abs(ci.low - low) < 1e-11 and abs(ci.high - high) < 1e-11, (k, n, level)
            out.append([k, n, level, low, high])
    return out


def kappa_cases():
    out = []
    for items, categories, agreeing in [(1, 3, 0.0), (5, 2, 0.5), (75, 2, 0.8), (75, 3, 0.9), (300, 5, 0.6), (40, 4, 0.0), (10, 2, 1.0)]:
        a = rng.integers(0, categories, items)
        b = np.where(rng.random(items) < agreeing, a, rng.integers(0, categories, items))
        if items == 1:
            b = (a + 1) % categories
        out.append({"a": a.tolist(), "b": b.tolist(), "kappa": float(cohen_kappa_score(a, b)), "raw": float((a == b).mean())})
    return out


def alpha_by_coincidences(counts):
    """Krippendorff's alpha from his coincidence matrix, in fractions."""
    categories = len(counts[0])
    matrix = [[Fraction(0)] * categories for _ in range(categories)]
    for row in counts:
        raters = sum(row)
        if raters < 2:
            continue
        for c in range(categories):
            for k in range(categories):
                matrix[c][k] += Fraction(row[c] * (row[k] - (c == k)), raters - 1)
    margins = [sum(row) for row in matrix]
    n = sum(margins)
    observed = n - sum(matrix[c][c] for c in range(categories))
    expected = (n * n - sum(m * m for m in margins)) / (n - 1)
    return float(1 - observed / expected)


def alpha_cases():
    out = []
    for items, most, categories in [(6, 2, 2), (30, 3, 2), (75, 3, 3), (75, 3, 4), (20, 9, 5), (150, 12, 2)]:
        share = rng.dirichlet(np.ones(categories) * 0.5, items)
        counts = np.array([rng.multinomial(rng.integers(0, most + 1), p) for p in share]).tolist()
        counts[0] = [1, 1] + [0] * (categories - 2)
        out.append({"counts": counts, "alpha": alpha_by_coincidences(counts)})
    return out


def detection_cases():
    out = []
    for hits, misses, false_alarms, correct in [(40, 35, 38, 37), (70, 5, 6, 144), (0, 75, 0, 150), (75, 0, 0, 75), (0, 0, 4, 9), (3, 2, 0, 0)]:
        share = lambda k, n: None if n == 0 else [k / n, *interval(k, n)]
        interval = lambda k, n: (
            float(stats.beta.ppf(0.025, k, n - k + 1)) if k else 0.0, float(stats.beta.isf(0.025, k + 1, n - k)) if k < n else 1.0)
        out.append({
            "verdicts": [hits, misses, false_alarms, correct], "sensitivity": share(hits, hits + misses),
            "specificity": share(correct, false_alarms + correct),
            "p_value": float(stats.fisher_exact([[hits, false_alarms], [misses, correct]]).pvalue),
        })
    return out


if __name__ == "__main__":
    made_by = f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}"
    content = {
        "made_by": made_by, "mcnemar": mcnemar_cases(), "fisher": fisher_cases() + fisher_large_cases(), "binomial": binomial_cases(),
        "intervals": interval_cases(), "cohen": kappa_cases(), "alpha": alpha_cases(), "detection": detection_cases(),
    }
    text = json.dumps(content, separators=(",", ":"))
    (OUT / "reader_study.json").write_text(text.replace('},{', '},\n{').replace('"],"', '"],\n"') + "\n")
    print(len(text), "bytes")
