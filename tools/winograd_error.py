#!/usr/bin/env python3
"""How exact Winograd's tiles are in single precision, by their size and their interpolation points (numpy alone).

    python3 tools/winograd_error.py [--tiles 200] [--seed 1]

For kernels of 3x3 taps: the largest |difference to float64| over the largest |output|, uniform numbers in -1 .. 1, for 64, 256 and
512 channels. Larger tiles multiply less and are less exact; the limit of a forward pass is 1e-5. The sets of points that are not
named are the best (by the mean square) of all in a grid of eighths and sixteenths.
"""

import argparse
import itertools

import numpy as np
from numpy.polynomial import polynomial

TAPS = 3
OUTPUTS = 32
USUAL = (1, 2)
OURS = (0.625, 1.5)
GRID = ((0.375, 0.4375, 0.5, 0.5625, 0.625), (0.75, 0.875, 1, 1.125, 1.25), (1.5, 1.625, 1.75, 1.875, 2, 2.25))


def transforms(magnitudes):
    """A^T, G and B^T of Toom and Cook for 0, +-each magnitude and infinity; rows scaled by powers of two."""
    points = [0.0] + [s * m for m in magnitudes for s in (1, -1)]
    n = len(points) + 1
    pixels = n + 1 - TAPS
    a, g, b = np.zeros((pixels, n)), np.zeros((n, TAPS)), np.zeros((n, n))
    for i, p in enumerate(points):
        others = [q for q in points if q != p]
        a[:, i] = p ** np.arange(pixels)
        g[i] = p ** np.arange(TAPS) / np.prod([p - q for q in others])
        b[i, : n - 1] = polynomial.polyfromroots(others)
    a[-1, -1] = g[-1, -1] = 1
    b[-1] = polynomial.polyfromroots(points)
    scale = 2.0 ** np.round(np.log2(np.abs(b).max(axis=1)))[:, None]
    return [m.astype(np.float32) for m in (a, g * scale, b / scale)]


def error(down, along, channels, tiles, seed):
    """Largest and mean-square error of tiles with these points down and along, each over the outputs'."""
    (a0, g0, b0), (a1, g1, b1) = transforms(down), transforms(along)
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (tiles, channels, len(b0), len(b1))).astype(np.float32)
    w = rng.uniform(-1, 1, (OUTPUTS, channels, TAPS, TAPS)).astype(np.float32)
    u = np.einsum("jb,ocib->ijoc", g1, np.einsum("ia,ocab->ocib", g0, w))
    v = np.einsum("jb,tcib->ijct", b1, np.einsum("ia,tcab->tcib", b0, x))
    products = np.matmul(np.ascontiguousarray(u), np.ascontiguousarray(v))
    y = np.einsum("xj,yjot->otyx", a1, np.einsum("yi,ijot->yjot", a0, products))
    exact = sum(
        np.einsum("oc,tcyx->otyx", w[:, :, i, j].astype(float), x[:, :, i : i + len(a0), j : j + len(a1)].astype(float))
        for i, j in itertools.product(range(TAPS), repeat=2)
    )
    off = y - exact
    return np.abs(off).max() / np.abs(exact).max(), np.sqrt((off**2).mean() / (exact**2).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiles", type=int, default=200, help="tiles a measurement (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    args = parser.parse_args()
    best = min(itertools.product(*GRID), key=lambda m: error(m, m, 64, 48, args.seed)[1])
    kinds = [
        ("F(4x4, 3x3), 0, +-1, +-2", USUAL, USUAL),
        ("F(4x4, 3x3), 0, +-5/8, +-3/2", OURS, OURS),
        (f"F(4x6, 3x3), along 0, +-{', +-'.join(map(str, best))}", OURS, best),
        (f"F(6x6, 3x3), 0, +-{', +-'.join(map(str, best))}", best, best),
    ]
    print("| tiles and points | 64 channels | 256 channels | 512 channels |\n|---|---|---|---|")
    for name, down, along in kinds:
        cells = [f"{error(down, along, channels, args.tiles, args.seed)[0]:.1e}" for channels in (64, 256, 512)]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
