"""Makes crates/stats/tests/fixtures/*.json: what NumPy, SciPy, scikit-learn and statsmodels say.

    python tools/fixtures_stats.py [NAME…]

With names such as `paired.json` only those are made.

Large samples are not stored: a sample given as [n, a, b, m, scale, shift] is the list of
((i * a + b) mod m) / m * scale + shift for i from 0 to n - 1, which the test computes in the same order of operations.
"""

import itertools
import json
import math
import pathlib
import sys
import zlib

import mpmath
import numpy as np
import scipy
import sklearn
import statsmodels
from scipy import linalg, optimize, special, stats
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import TSNE
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve
from scipy.optimize import brentq
from statsmodels.stats.inter_rater import fleiss_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

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


def chi_mean(of, df, bends):
    """The mean of `of(s)`, s² a χ² of `df` degrees of freedom over `df`; to 20 digits, from an integral cut at its bends."""
    mpmath.mp.dps = 20
    half, width = mpmath.mpf(df) / 2, 1 / math.sqrt(2 * df)
    density = lambda s: 2 * half**half / mpmath.gamma(half) * s ** (df - 1) * mpmath.exp(-half * s * s)
    last = 1 + 14 * width
    cuts = {1 + k * width for k in (-6, -3, 0, 3, 6)} | set(bends)
    return float(mpmath.quad(lambda s: density(s) * of(s), [0, *sorted(c for c in cuts if 0 < c < last), last]))


def t_distribution_cases():
    """`[t, df, delta, P(T > t)]`; central ones by SciPy's t, others by definition (its nct loses digits in far tails)."""
    out = []
    for df in [1, 2, 3, 4, 5, 9, 19, 20, 49, 199, 1000, 100000, 0.5, 2.5]:
        for t in [0.0, 0.3, -0.3, 1.0, 2.093, -2.093, 4.3, 12.7, 40.0, -40.0]:
            out.append([t, df, 0.0, float(stats.t.sf(t, df))])
    for df in [1, 2, 4, 9, 19, 99]:
        for delta in [0.5, 2.0, 2.9, -1.0, -3.0, 6.0, 16.0]:
            for t in [0.5, 2.0, 4.0, 12.7, -1.0]:
                p = chi_mean(lambda s: mpmath.ncdf(delta - t * s), df, [(delta + k) / t for k in (-5, 0, 5)] + [0.1, 0.3])
                by_scipy = float(stats.nct.sf(t, df, delta))
                assert not abs(p - by_scipy) > 1e-8 * p + 1e-13, (t, df, delta, p, by_scipy)
                if p > 1e-12:
                    out.append([t, df, delta, p])
    return out


def t_interval_cases():
    return [[level, df, float(stats.t.isf((1 - level) / 2, df))] for level in (0.5, 0.8, 0.95, 0.99, 1 - 1e-6) for df in (1, 2, 3, 4, 9, 19, 100, 100000)]


def difference_samples(rng):
    samples = [[1.5], [1.0, 2.0], [-0.25, 3.0], [0.0, 1.0], [0.5, -0.5, 1.0], [2.0, 2.0, 1.0], [0.0, 0.0, 1.0, -2.0, 3.0]]
    for n in [3, 4, 5, 6, 10, 13, 14, 20, 50, 51, 80]:
        samples.append((rng.normal(0.4, 1.0, n)).tolist())
        samples.append((rng.integers(-4, 7, n) / 4).tolist())
        with_zero = rng.normal(0.2, 1.0, n)
        with_zero[0] = 0.0
        samples.append(with_zero.tolist())
    samples.append(np.arange(1.0, 51.0).tolist())
    return samples


def paired_cases(rng):
    out = []
    for d in difference_samples(rng):
        case = {"differences": d}
        if len(d) > 1 and len(set(d)) > 1:
            test = stats.ttest_rel(d, np.zeros(len(d)))
            intervals = [[level, *map(float, test.confidence_interval(level))] for level in (0.8, 0.95, 0.99)]
            case["t"] = {"p_value": float(test.pvalue), "intervals": intervals}
        w = stats.wilcoxon(d, zero_method="wilcox", correction=False)
        tied = len({abs(x) for x in d}) < len(d) or 0.0 in d
        w_plus = float(stats.wilcoxon(d, zero_method="wilcox", correction=False, alternative="greater").statistic)
        exact = len(d) <= (13 if tied else 50)
        case["wilcoxon"] = {"statistic": w_plus, "p_value": float(w.pvalue), "exact": exact}
        out.append(case)
    return out


def power_by_definition(effect, n, alpha):
    """The chance that |T| exceeds its critical value."""
    shift, critical = effect * math.sqrt(n), float(stats.t.isf(alpha / 2, n - 1))
    chance = lambda s: mpmath.ncdf(shift - critical * s) + mpmath.ncdf(-shift - critical * s)
    return chi_mean(chance, n - 1, [(shift + k) / critical for k in (-5, 0, 5)])


def power_cases():
    """`[n, alpha, effect, power]`, and `[n, alpha, power, effect]` solved to the last digits; the script stops if statsmodels disagrees."""
    model = TTestPower()
    powers, effects = [], []
    for n in (2, 3, 5, 20, 100):
        for alpha in (0.05, 0.01):
            for effect in (0.0, 0.2, 0.66, 1.5, 4.0):
                power = power_by_definition(effect, n, alpha)
                by_statsmodels = float(model.power(effect, n, alpha))
                # Where the power is about 1, statsmodels' is NaN.
                assert not abs(by_statsmodels - power) > 1e-9 * power, (n, alpha, effect, by_statsmodels, power)
                powers.append([n, alpha, effect, power])
    for n in (2, 3, 5, 10, 20, 200):
        for alpha, wanted in [(0.05, 0.8), (0.05 / 3, 0.8), (0.05, 0.9)]:
            effect = brentq(lambda e: power_by_definition(e, n, alpha) - wanted, 0.1, 60.0 if n == 2 else 10.0, xtol=1e-13, rtol=1e-13)
            if n > 3:
                by_statsmodels = float(model.solve_power(nobs=n, alpha=alpha, power=wanted))
                # Its solver stops where the power is right to some 1e-6.
                assert abs(effect - by_statsmodels) < 1e-5 * effect, (n, alpha, effect, by_statsmodels)
            effects.append([n, alpha, wanted, effect])
    return {"power": powers, "effect": effects}


def holm_cases(rng):
    lists = [[0.01], [0.04, 0.01, 0.03], [0.5, 0.5, 0.5], [0.0, 1.0], [0.02, 0.02, 0.9, 0.04], rng.random(12).round(2).tolist()]
    return [{"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in lists]


def rank_cases(rng):
    out = []
    for n in [2, 3, 4, 10, 50]:
        for levels in [3, None]:
            draw = lambda: rng.normal(size=n) if levels is None else rng.integers(0, levels, n) / 2
            x, y = draw(), draw()
            varied = len(set(x)) > 1 and len(set(y)) > 1
            spearman = float(stats.spearmanr(x, y).statistic) if varied else None
            out.append({"x": x.tolist(), "y": y.tolist(), "ranks": stats.rankdata(x).tolist(), "spearman": spearman})
    return out


def welch_cases(rng):
    """Two samples; SciPy's test and intervals, and the difference that is detected with power 0.8 at 0.05, by definition."""
    pairs = [([1.0, 2.0], [4.0, 4.5]), ([0.8, 0.8, 0.8], [0.7, 0.9]), ([0.81, 0.82, 0.79], [0.84, 0.83, 0.86]), ([1e-9, 3e-9, 2e-9], [0.0, 1e-9])]
    for n, m in [(2, 20), (3, 3), (5, 8), (20, 20), (50, 7)]:
        pairs.append((rng.normal(0.8, 0.01, n).tolist(), rng.normal(0.81, 0.03, m).tolist()))
        pairs.append((rng.integers(0, 5, n).astype(float).tolist(), (rng.integers(0, 5, m) + np.arange(m) % 2).astype(float).tolist()))
    out = []
    for a, b in pairs:
        if len(set(a)) == 1 and len(set(b)) == 1:
            continue
        test = stats.ttest_ind(b, a, equal_var=False)
        df, error = float(test.df), math.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b))
        critical = float(stats.t.isf(0.025, df))

        def power(shift):
            chance = lambda s: mpmath.ncdf(shift - critical * s) + mpmath.ncdf(-shift - critical * s)
            return chi_mean(chance, df, [(shift + k) / critical for k in (-5, 0, 5)])

        shift = brentq(lambda e: power(e) - 0.8, 0.5, 60.0, xtol=1e-13, rtol=1e-13)
        intervals = [[level, *map(float, test.confidence_interval(level))] for level in (0.8, 0.95, 0.99)]
        out.append({"first": a, "second": b, "df": df, "p_value": float(test.pvalue), "intervals": intervals, "detectable": error * shift})
    return out


def welch(rng):
    return {"welch": welch_cases(rng)}


def paired(rng):
    return {
        "t_survival": t_distribution_cases(), "t_deviations": t_interval_cases(), "paired": paired_cases(rng),
        **power_cases(), "holm": holm_cases(rng), "ranks": rank_cases(rng),
    }


# DeLong, DeLong & Clarke-Pearson (1988): albumin, total protein, K-G score and outcome of 43 patients, as printed in the
# SAS/STAT user's guide (LOGISTIC, "Comparing Receiver Operating Characteristic Curves"), where the score counts downwards.
OVARIAN = """
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0  1.6 5.6 5 1  3.8 5.7 5 1  3.7 6.7 6 1
3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0  2.3 4.4 6 1  4.2 7.6 4 0  4.0 6.6 6 0  3.5 5.8 6 1
3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1  3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1  4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1
3.3 6.8 6 0  1.7 4.0 7 0  3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1  2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1
3.3 5.7 6 1  3.7 6.9 5 1  3.6 6.6 5 1
"""


def delong_by_pairs(a, b, positive):
    """The definition: every pair of a positive and a negative, for both scores; areas, covariance, z's p-value, interval."""
    positive = np.array(positive)
    wins = []
    for scores in (np.array(a), np.array(b)):
        p, n = scores[positive][:, None], scores[~positive][None, :]
        wins.append((p > n) + 0.5 * (p == n))
    cov = np.cov([w.mean(1) for w in wins]) / positive.sum() + np.cov([w.mean(0) for w in wins]) / (~positive).sum()
    areas = [float(w.mean()) for w in wins]
    apart = wins[1] - wins[0]
    error = math.sqrt(np.var(apart.mean(1), ddof=1) / positive.sum() + np.var(apart.mean(0), ddof=1) / (~positive).sum())
    p = float(2 * stats.norm.sf(abs(areas[1] - areas[0]) / error)) if error > 1e-12 else None
    reach = float(stats.norm.isf(0.025)) * error
    single = [max(0.0, areas[0] - stats.norm.isf(0.025) * math.sqrt(cov[0, 0])), min(1.0, areas[0] + stats.norm.isf(0.025) * math.sqrt(cov[0, 0]))]
    return {
        "aucs": areas, "covariance": cov.tolist(), "p_value": p, "first_interval": list(map(float, single)),
        "interval": [areas[1] - areas[0] - reach, areas[1] - areas[0] + reach],
    }


def delong_cases(rng):
    table = np.array(OVARIAN.split(), float).reshape(-1, 4)
    outcome = (table[:, 3] == 1).tolist()
    albumin, protein, score = table[:, 0].tolist(), table[:, 1].tolist(), (10 - table[:, 2]).tolist()
    pairs = [(score, albumin, outcome), (score, protein, outcome), (albumin, protein, outcome)]
    for n in [4, 6, 30, 200]:
        for levels in [4, None]:
            positive = np.arange(n) % 3 > 0 if n > 4 else np.arange(n) % 2 > 0
            base = rng.normal(size=n) + positive
            a, b = base + rng.normal(size=n), base + 0.3 + rng.normal(size=n)
            if levels:
                a, b = np.round(a), np.round(b)
            pairs.append((a.tolist(), b.tolist(), positive.tolist()))
    pairs.append((pairs[-1][0], pairs[-1][0], pairs[-1][2]))
    return [{"first": a, "second": b, "positive": y, **delong_by_pairs(a, b, y)} for a, b, y in pairs]


def wilson_cases(rng):
    counts = [(0, 1), (1, 1), (0, 75), (75, 75), (67, 75), (1, 1000), (999, 1000), (31234, 100000)]
    counts += [(int(rng.integers(0, n + 1)), int(n)) for n in rng.integers(1, 300, 12)]
    return [[k, n, level, *map(float, proportion_confint(k, n, 1 - level, "wilson"))] for k, n in counts for level in (0.5, 0.95, 0.999)]


def operating_cases(rng):
    out = []
    for n in [2, 3, 10, 60, 300]:
        for levels in [5, None]:
            positive = rng.random(n) < 0.4
            positive[0], positive[-1] = True, False
            scores = np.clip(rng.normal(0.35 + 0.3 * positive, 0.2), 0.0, 1.0)
            if levels:
                scores = np.round(scores * levels) / levels
            fpr, tpr, thresholds = roc_curve(positive, scores, drop_intermediate=False)
            # In whole numbers, as rounding would decide between thresholds that are equally good.
            m, k = int(positive.sum()), int((~positive).sum())
            gain = [round(t * m) * k - round(f * k) * m for t, f in zip(tpr, fpr)]
            best = int(np.argmax(gain))
            youden = float(thresholds[best]) if gain[best] > 0 else None
            points = []
            for threshold in [0.5] + ([youden] if youden is not None else []):
                called = scores >= threshold
                shares = [(int((called & positive).sum()), m), (int((~called & ~positive).sum()), k), (int((called == positive).sum()), n)]
                difference = confint_proportions_2indep(shares[0][0], m, k - shares[1][0], k, method="newcomb", compare="diff")
                points.append({
                    "threshold": threshold,
                    "shares": [[c, of, c / of, *map(float, proportion_confint(c, of, 0.05, "wilson"))] for c, of in shares],
                    "balanced": [(shares[0][0] / m + shares[1][0] / k) / 2, *[float(1 + d) / 2 for d in difference]],
                })
            out.append({"scores": scores.tolist(), "positive": positive.tolist(), "youden": youden, "points": points})
    return out


def calibration_cases(rng):
    out = []
    for n in [1, 2, 7, 40, 400]:
        for levels in [10, None]:
            p = rng.random(n) if levels is None else rng.integers(0, levels + 1, n) / levels
            y = rng.random(n) < p**1.5
            bins = []
            for count in (1, 3, 10):
                for strategy in ("uniform", "quantile"):
                    observed, predicted = calibration_curve(y, p, n_bins=count, strategy=strategy) if len(set(y)) > 1 else calibration_by_hand(y, p, count, strategy)
                    bins.append({"bins": count, "strategy": strategy, "observed": observed.tolist(), "predicted": predicted.tolist()})
            brier = float(brier_score_loss(y, p, pos_label=True)) if len(set(y)) > 1 else float(np.mean((p - y) ** 2))
            out.append({"p": p.tolist(), "positive": y.tolist(), "brier": brier, "reliability": bins})
    return out


def calibration_by_hand(y, p, count, strategy):
    """`calibration_curve` takes no single class; its steps."""
    edges = np.linspace(0, 1, count + 1) if strategy == "uniform" else np.percentile(p, np.linspace(0, 1, count + 1) * 100)
    ids = np.searchsorted(edges[1:-1], p)
    used = sorted(set(ids))
    return np.array([y[ids == i].mean() for i in used]), np.array([p[ids == i].mean() for i in used])


def one_vs_rest_cases(rng):
    out = []
    for n, k in [(6, 3), (40, 3), (100, 5)]:
        for levels in [4, None]:
            classes = np.arange(n) % k
            scores = rng.dirichlet(np.ones(k), n) + 0.4 * np.eye(k)[classes]
            if levels:
                scores = np.round(scores * levels) + 1
            scores = scores / scores.sum(1, keepdims=True)
            per_class = roc_auc_score(classes, scores, multi_class="ovr", average=None)
            macro = roc_auc_score(classes, scores, multi_class="ovr", average="macro")
            out.append({"scores": scores.tolist(), "classes": classes.tolist(), "per_class": per_class.tolist(), "macro": float(macro)})
    return out


def classifier(rng):
    return {
        "delong": delong_cases(rng), "wilson": wilson_cases(rng), "operating": operating_cases(rng),
        "calibration": calibration_cases(rng), "one_vs_rest": one_vs_rest_cases(rng),
    }


def frechet_by_definition(a, b):
    """The root's trace from 50-digit eigenvalues, and by SciPy's sqrtm where both covariances have full rank."""
    mpmath.mp.dps = 50
    n, d = a.shape
    cov = lambda x: (lambda c: c.T * c / (x.shape[0] - 1))(mpmath.matrix((mpmath.matrix(x.tolist()) - mpmath.ones(x.shape[0], 1) * column_means(x)).tolist()))
    ca, cb = cov(a), cov(b)
    eigenvalues = mpmath.eig(ca * cb, left=False, right=False)
    trace = sum(mpmath.sqrt(abs(mpmath.re(v))) for v in eigenvalues if abs(v) > mpmath.mpf(10) ** -40)
    apart = column_means(a) - column_means(b)
    exact = (apart * apart.T)[0] + sum(ca[i, i] + cb[i, i] for i in range(d)) - 2 * trace
    sa, sb = np.cov(a.T).reshape(d, d), np.cov(b.T).reshape(d, d)
    if np.linalg.matrix_rank(sa @ sb) == d:
        root = np.trace(linalg.sqrtm(sa @ sb)).real
        by_scipy = float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(sa) + np.trace(sb) - 2 * root)
        assert abs(by_scipy - float(exact)) < 1e-9 * float(exact), (by_scipy, exact)
    return float(exact)


def column_means(x):
    return mpmath.matrix([[sum(mpmath.mpf(v) for v in column.tolist()) / x.shape[0] for column in x.T]])


def kernel_by_definition(a, b):
    n, m, d = len(a), len(b), a.shape[1]
    kernel = lambda x, y: (x @ y.T / d + 1) ** 3
    aa, bb = kernel(a, a), kernel(b, b)
    within = lambda k, count: (k.sum() - np.trace(k)) / (count * (count - 1))
    return float(within(aa, n) + within(bb, m) - 2 * kernel(a, b).mean())


def features(rng):
    sets = []
    for n, m, d in [(2, 2, 1), (3, 2, 2), (12, 9, 3), (40, 30, 6), (5, 8, 12), (9, 30, 12)]:
        mixing = rng.normal(size=(d, d))
        a = rng.normal(size=(n, d)) @ mixing
        b = rng.normal(0.4, 1.3, size=(m, d)) @ mixing
        sets.append((a, b))
    # Features that are never active, and ones that always go together.
    a, b = rng.normal(size=(20, 5)), rng.normal(0.3, 1.0, size=(25, 5))
    for x in (a, b):
        x[:, 1] = 0.0
        x[:, 4] = 2 * x[:, 0]
    sets.append((a, b))
    return {"cases": [
        {"a": a.tolist(), "b": b.tolist(), "frechet": frechet_by_definition(a, b), "kernel": kernel_by_definition(a, b)}
        for a, b in sets
    ]}


def joint_probabilities(rows, perplexity):
    """Neighbourhoods of t-SNE by their definition, each width by Brent's method."""
    n = len(rows)
    squared = ((rows[:, None, :] - rows[None, :, :]) ** 2).sum(-1)
    given = np.zeros((n, n))
    for i in range(n):
        others = np.arange(n) != i
        d = squared[i, others]

        def weights(log_beta):
            w = np.exp(-np.exp(log_beta) * (d - d.min()))
            return w / w.sum()

        def excess(log_beta):
            p = weights(log_beta)
            return -(p[p > 0] * np.log(p[p > 0])).sum() - math.log(perplexity)

        given[i, others] = weights(brentq(excess, -40, 40, xtol=1e-15, rtol=1e-15))
    return (given + given.T) / (2 * n)


def embedding(rng):
    few = rng.normal(size=(15, 4))
    # Three clouds; the test repeats them by a formula of whole numbers.
    rows = np.array([[((i * 7919 + j * 104729 + i * j * 31) % 1009) / 1009 + 1.5 * (i % 3 == j % 5) for j in range(12)] for i in range(180)])
    fitted = TSNE(method="exact", init="pca", perplexity=30, learning_rate="auto", max_iter=750, random_state=0).fit(rows)
    return {
        "rows": few.tolist(), "perplexity": 4.0, "joint": joint_probabilities(few, 4.0)[np.triu_indices(15, 1)].tolist(),
        "divergence": float(fitted.kl_divergence_),
    }


def temperature_objective(logits, targets, ridge):
    """Mean cross-entropy of softmax(scale * logits + bias), the first bias 0, and `ridge` / 2n times the squares of (scale - 1, biases)."""
    n, k = logits.shape

    def value_and_gradient(at):
        scaled = at[0] * logits + np.concatenate([[0.0], at[1:]])
        off = special.softmax(scaled, axis=1) * targets.sum(1, keepdims=True) - targets
        away = np.concatenate([[at[0] - 1], at[1:]])
        loss = (targets.sum(1) * special.logsumexp(scaled, axis=1) - (targets * scaled).sum(1)).mean() + ridge / 2 / n * (away @ away)
        gradient = np.concatenate([[(off * logits).sum() / n], off.sum(0)[1:] / n]) + ridge / n * away
        return loss, gradient

    return value_and_gradient


def temperature(rng):
    cases = []
    for n, k, votes in [(40, 2, False), (60, 2, True), (90, 3, False), (200, 4, True)]:
        logits = rng.normal(0, 3, (n, k))
        truth = special.softmax(0.4 * logits + np.linspace(0, 1, k), axis=1)
        drawn = np.stack([rng.multinomial(5 if votes else 1, p) for p in truth])
        targets = drawn / drawn.sum(1, keepdims=True)
        objective = temperature_objective(logits, targets, 1e-3)
        start = np.concatenate([[1.0], np.zeros(k - 1)])
        # The root of the gradient, to more digits than a minimum has.
        found = optimize.root(lambda at: objective(at)[1], optimize.minimize(objective, start, jac=True).x, tol=1e-13)
        assert found.success and np.abs(objective(found.x)[1]).max() < 1e-12, found
        plain = temperature_objective(logits, targets, 0.0)
        case = {
            "logits": logits.tolist(), "targets": targets.tolist(), "scale": found.x[0], "bias": [0.0, *found.x[1:]],
            "before": plain(start)[0], "after": plain(found.x)[0],
        }
        if k == 2 and not votes:
            # Of two classes with labels it is the logistic regression on the difference of the logits.
            fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit((logits[:, 1] - logits[:, 0])[:, None], targets[:, 1] > 0.5)
            case["logistic"] = [float(fitted.coef_[0, 0]), float(fitted.intercept_[0])]
        cases.append(case)
    return {"cases": cases}


def roc(rng):
    """Sensitivities of one network's ROC curve at even false positive rates, each item counting several times or not at all."""
    cases = []
    for n, steps in [(2, 1), (7, 4), (30, 10), (90, 100), (400, 100)]:
        for levels in [4, None]:
            positive = rng.random(n) < 0.4
            positive[0], positive[-1] = True, False
            scores = rng.normal(1.0 * positive, 1.0)
            if levels:
                scores = np.round(scores * levels) / levels
            for times in [np.ones(n, int), rng.integers(0, 4, n)]:
                times[0], times[-1] = max(times[0], 1), max(times[-1], 1)
                # Repeated rather than weighed: sums of weights would round.
                y, s = np.repeat(positive, times), np.repeat(scores, times)
                fpr, tpr, _ = roc_curve(y, s, drop_intermediate=False)
                at = np.interp(np.arange(steps + 1) / steps, fpr, tpr)
                cases.append({
                    "scores": scores.tolist(), "positive": positive.tolist(), "times": times.tolist(), "steps": steps,
                    "sensitivities": at.tolist(),
                })
    return {"cases": cases}


# Of the first three, one random stream goes through all.
FIRST = {
    "summary.json": lambda: {"auc": auc_cases(), "summary": summary_cases()},
    "ks.json": lambda: {"two_sample": ks_cases(), "one_sample_survival": kolmogorov_cases()},
    "agreement.json": lambda: {"cases": agreement_cases()},
}
OTHERS = {
    "paired.json": paired,
    "welch.json": welch,
    "classifier.json": classifier,
    "features.json": features,
    "embedding.json": embedding,
    "roc.json": roc,
    "temperature.json": temperature,
}


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    asked = sys.argv[1:]
    if not asked or not OTHERS.keys() >= set(asked):
        for name, content in FIRST.items():
            write(name, content())
    for name, content in OTHERS.items():
        if not asked or name in asked:
            write(name, content(np.random.default_rng(zlib.crc32(name.encode()))))
