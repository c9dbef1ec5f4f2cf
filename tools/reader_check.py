"""Computes again, apart from grayzone, what `grayzone reader analyse STUDY --json` says of a reader study, and compares.

Run: grayzone reader analyse STUDY --csv votes.csv --json > analysis.json
     python tools/reader_check.py votes.csv analysis.json          (ends with 1 if a number differs)
     python tools/reader_check.py --write-fixture crates/reader/tests/fixtures

Standard library alone, counts as integers and fractions wherever that is possible. Bootstrap intervals are drawn by chance and not
computed again. The fixture is a made-up study of four readers and three classes: `votes.csv`
and, computed here, `analysis.json`.
"""

import argparse
import csv
import json
import random
import sys
from collections import Counter, defaultdict
from fractions import Fraction
from math import comb, fsum
from pathlib import Path

GROUPS = ["easy", "hard", "generated", "other"]
TOLERANCE = 1e-9


def read(path):
    """The votes, in the file's order."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["again"] = row["again"] == "true"
        row["seconds"] = float(row["seconds"]) if row["seconds"] else None
        row["said_real"] = {"true": True, "false": False, "": None}[row["said_real"]]
    return rows


def analyse(rows):
    """What `reader analyse` prints, without names, versions and bootstrap intervals."""
    x = next(row["class"] for row in rows if row["group"] != "other")
    readers = list(dict.fromkeys(row["reader"] for row in rows))
    first = [row for row in rows if not row["again"]]
    tiles = {row["tile"]: row for row in first}
    labels = defaultdict(dict)
    for row in first:
        labels[row["tile"]][row["reader"]] = row["label"]
    of = {group: [tile for tile, row in tiles.items() if row["group"] == group] for group in GROUPS}

    def for_x(tile):
        return sum(label == x for label in labels[tile].values())

    def kept(tile):
        return 2 * for_x(tile) > len(labels[tile])

    def unanimous(tile):
        return for_x(tile) == len(labels[tile])

    table2 = []
    for group in ["easy", "hard", "generated"]:
        own = of[group]
        table2.append({
            "group": group,
            "tiles": len(own),
            "majority": sum(kept(tile) and not unanimous(tile) for tile in own),
            "unanimous": sum(unanimous(tile) for tile in own),
            "tied": sum(2 * for_x(tile) == len(labels[tile]) for tile in own),
            "kept": {"count": sum(kept(tile) for tile in own), "of": len(own)},
        })
    against = sum(2 * for_x(tile) < len(labels[tile]) for tile in of["other"])
    pairs = [(tile, f"generated/{tile}") for tile in of["easy"] if f"generated/{tile}" in tiles]
    comparisons = []
    outcomes = [("unanimous", unanimous), ("kept", kept)]
    outcomes += [(reader, lambda tile, reader=reader: labels[tile][reader] == x) for reader in readers]
    for name, has in outcomes:
        comparisons += [paired(name, has, pairs)] if pairs else []
        comparisons += [unpaired(name, has, of["generated"], of["hard"])] if of["generated"] and of["hard"] else []
    return {
        "source_class": x,
        "readers": readers,
        "table2": table2,
        "other": {"count": against, "of": len(of["other"])} if of["other"] else None,
        "agreement": [agreement(group, own, labels) for group, own in [("all", list(tiles)), *of.items()]],
        "pairs": [
            pair(a, b, [(labels[tile][a], labels[tile][b]) for tile in tiles])
            for i, a in enumerate(readers) for b in readers[i + 1:]
        ],
        "themselves": themselves(rows, readers, labels),
        "time": [time(group, rows) for group in ["all", *GROUPS]],
        "detection": detection(first, readers),
        "comparisons": comparisons,
        "figure4": [
            {
                "image": source,
                "slide": tiles[source]["slide"],
                "source_votes": for_x(source),
                "generated_votes": for_x(translation),
                "readers": len(labels[source]),
            }
            for source, translation in sorted(pairs)
        ],
    }


def agreement(name, own, labels):
    counts = [Counter(labels[tile].values()) for tile in own]
    return {
        "group": name,
        "tiles": len(own),
        "unanimous": sum(len(count) == 1 for count in counts),
        "fleiss_kappa": {"value": fleiss(counts)},
        "krippendorff_alpha": {"value": krippendorff(counts)},
    }


def fleiss(counts):
    """Fleiss 1971; undefined unless every tile has as many readers, two at least."""
    n = sum(counts[0].values()) if counts else 0
    if n < 2 or any(sum(count.values()) != n for count in counts):
        return None
    observed = Fraction(sum(k * (k - 1) for count in counts for k in count.values()), len(counts) * n * (n - 1))
    total = sum(counts, Counter())
    expected = sum(Fraction(k, len(counts) * n) ** 2 for k in total.values())
    return None if expected == 1 else float((observed - expected) / (1 - expected))


def krippendorff(counts):
    """Krippendorff 2011, nominal, by the matrix of coincidences."""
    same, total = Fraction(0), Counter()
    for count in counts:
        m = sum(count.values())
        if m < 2:
            continue
        same += Fraction(sum(k * (k - 1) for k in count.values()), m - 1)
        total += count
    n = sum(total.values())
    by_chance = sum(k * (k - 1) for k in total.values())
    return None if n * (n - 1) == by_chance or n == 0 else float(((n - 1) * same - by_chance) / (n * (n - 1) - by_chance))


def pair(a, b, both):
    """Two readers: share of equal labels, and Cohen's kappa (1960)."""
    n = len(both)
    same = Fraction(sum(p == q for p, q in both), n)
    of_a, of_b = Counter(p for p, _ in both), Counter(q for _, q in both)
    chance = sum(Fraction(of_a[label] * of_b[label], n * n) for label in of_a)
    kappa = None if chance == 1 else float((same - chance) / (1 - chance))
    return {"a": a, "b": b, "tiles": n, "same": float(same), "cohen_kappa": kappa}


def themselves(rows, readers, labels):
    found = []
    for reader in readers:
        again = [row for row in rows if row["again"] and row["reader"] == reader]
        if again:
            found.append(pair(reader, reader, [(labels[row["tile"]][reader], row["label"]) for row in again]))
    return found


def time(name, rows):
    seconds = sorted(
        row["seconds"] for row in rows if row["seconds"] is not None and name in ("all", row["group"])
    )

    def quantile(q):
        at = q * (len(seconds) - 1)
        below = int(at)
        return seconds[below] + (at - below) * (seconds[min(below + 1, len(seconds) - 1)] - seconds[below])

    quartiles = [quantile(q) for q in (0.25, 0.5, 0.75)] if seconds else None
    return {"group": name, "readings": len(seconds), "quartiles": quartiles}


def detection(first, readers):
    if all(row["said_real"] is None for row in first):
        return []
    found = []
    for reader in [*readers, "all"]:
        own = [row for row in first if reader in ("all", row["reader"]) and row["said_real"] is not None]
        hits = sum(row["group"] == "generated" and not row["said_real"] for row in own)
        generated = sum(row["group"] == "generated" for row in own)
        right = sum(row["group"] != "generated" and row["said_real"] for row in own)
        real = len(own) - generated
        found.append({
            "reader": reader,
            "sensitivity": {"value": hits / generated if generated else None},
            "specificity": {"value": right / real if real else None},
            "p_value": None,
        })
        if reader != "all":
            for key, k, n in [("sensitivity", hits, generated), ("specificity", right, real)]:
                if n == 0:
                    continue
                found[-1][key]["low"], found[-1][key]["high"] = clopper_pearson(k, n)
            found[-1]["p_value"] = fisher(hits, real - right, generated - hits, right)
    return found


def clopper_pearson(k, n):
    """Exact 95 % interval of a share: the tails are found by halving."""

    def at_least(k, p):
        return fsum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))

    def solve(low_side):
        low, high = 0.0, 1.0
        for _ in range(200):
            middle = (low + high) / 2
            above = at_least(k, middle) > 0.025 if low_side else 1 - at_least(k + 1, middle) < 0.025
            low, high = (low, middle) if above else (middle, high)
        return (low + high) / 2

    return (solve(True) if k > 0 else 0.0), (solve(False) if k < n else 1.0)


def fisher(a, b, c, d):
    """Two-sided: all tables of the same sums that are no likelier."""
    row, column, n = a + b, a + c, a + b + c + d

    def ways(i):
        return comb(row, i) * comb(n - row, column - i)

    tables = [ways(i) for i in range(max(0, column - (n - row)), min(row, column) + 1)]
    return float(Fraction(sum(w for w in tables if w <= ways(a)), sum(tables)))


def paired(name, has, pairs):
    only_source = sum(has(s) and not has(g) for s, g in pairs)
    only_generated = sum(has(g) and not has(s) for s, g in pairs)
    n = only_source + only_generated
    tail = sum(comb(n, i) for i in range(min(only_source, only_generated) + 1))
    generated, source = sum(has(g) for _, g in pairs), sum(has(s) for s, _ in pairs)
    return {
        "with": "easy", "outcome": name,
        "generated": generated, "generated_of": len(pairs), "others": source, "others_of": len(pairs),
        "discordant": [only_source, only_generated],
        "p_value": float(min(Fraction(1), Fraction(2 * tail, 2**n))),
        "difference": {"value": (generated - source) / len(pairs)},
    }


def unpaired(name, has, generated, hard):
    a, b = sum(map(has, generated)), sum(map(has, hard))
    return {
        "with": "hard", "outcome": name,
        "generated": a, "generated_of": len(generated), "others": b, "others_of": len(hard),
        "discordant": None,
        "p_value": fisher(a, len(generated) - a, b, len(hard) - b),
        "difference": {"value": float(Fraction(a, len(generated)) - Fraction(b, len(hard)))},
    }


def differences(ours, theirs, where=""):
    """Where two values differ, and where an interval is none."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        low, high = theirs.get("low"), theirs.get("high")
        if low is not None and not low <= high:
            yield f"{where}: {low} to {high} is no interval"
        for key, value in ours.items():
            if key in theirs:
                yield from differences(value, theirs[key], f"{where}.{key}")
            else:
                yield f"{where}.{key} is missing"
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            yield f"{where} has {len(theirs)} rows and not {len(ours)}"
        for i, (a, b) in enumerate(zip(ours, theirs)):
            yield from differences(a, b, f"{where}[{i}]")
    elif isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        if abs(ours - theirs) > TOLERANCE * max(1, abs(ours)):
            yield f"{where}: {theirs} and not {ours}"
    elif ours != theirs:
        yield f"{where}: {theirs} and not {ours}"


def made_up():
    """Votes of four readers who mostly see what a tile is, on three classes, with repeats and all questions."""
    chance = random.Random(4)
    classes = ["HP", "SSA", "TA"]
    tiles = []
    for i in range(24):
        easy = {"tile": f"a/e{i:02}.png", "group": "easy", "slide": f"s{i % 7}", "class": "HP"}
        easy["pair"] = i if i < 20 else ""
        tiles.append(easy)
        if i < 20:
            tiles.append({**easy, "tile": f"generated/{easy['tile']}", "group": "generated"})
    for i in range(22):
        tiles.append({"tile": f"b/h{i:02}.png", "group": "hard", "slide": f"s{i % 9}", "class": "HP", "pair": ""})
    for i in range(15):
        label = classes[1 + i % 2]
        tiles.append({"tile": f"c/o{i:02}.png", "group": "other", "slide": f"t{i % 4}", "class": label, "pair": ""})
    right = {"easy": 0.95, "hard": 0.7, "generated": 0.75, "other": 0.85}
    rows = []
    for reader in ["Dr Berg", "Dr Ito", "Dr Sow", "Reader \"4\", substitute"]:
        order = chance.sample(tiles, len(tiles))
        order = [(tile, False) for tile in order] + [(tile, True) for tile in chance.sample(order[:40], 9)]
        for place, (tile, again) in enumerate(order, 1):
            is_right = chance.random() < right[tile["group"]]
            label = tile["class"] if is_right else chance.choice([c for c in classes if c != tile["class"]])
            fooled = chance.random() < (0.45 if tile["group"] == "generated" else 0.2)
            rows.append({
                "tile": tile["tile"], "group": tile["group"], "pair": tile["pair"], "slide": tile["slide"],
                "class": tile["class"], "reader": reader, "label": label, "confidence": chance.randint(1, 5),
                "said_real": str((tile["group"] != "generated") != fooled).lower(),
                "comment": chance.choice(["", "", "", "thick, \"sawtooth\" crypts", "unscharf: ä"]),
                "seconds": round(chance.lognormvariate(1.4, 0.6), 3), "place": place,
                "again": str(again).lower(), "at": "2026-11-23T10:15:00Z",
            })
    return rows


def write_fixture(folder):
    folder.mkdir(parents=True, exist_ok=True)
    votes = folder / "votes.csv"
    rows = made_up()
    with open(votes, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    text = json.dumps(analyse(read(votes)), indent=1, ensure_ascii=False)
    (folder / "analysis.json").write_text(text + "\n", encoding="utf-8")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("votes", nargs="?", type=Path)
    arguments.add_argument("analysis", nargs="?", type=Path)
    arguments.add_argument("--write-fixture", type=Path, metavar="DIR")
    given = arguments.parse_args()
    if given.write_fixture:
        write_fixture(given.write_fixture)
        return 0
    if not given.analysis:
        arguments.error("give votes.csv and analysis.json")
    found = list(differences(analyse(read(given.votes)), json.loads(given.analysis.read_text(encoding="utf-8"))))
    print("\n".join(found) or "every number is the same")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
