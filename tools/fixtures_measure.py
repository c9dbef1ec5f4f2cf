"""Makes crates/tissue/tests/fixtures/measure.json: what scikit-image, SciPy and NumPy say of pairs of tiles.

    python tools/fixtures_measure.py        (numpy, scipy, scikit-image; seconds)

A tile is made by a formula that crates/tissue/tests/measure.rs repeats, so that only results are stored. The periodicity index and the
perceptual hash are computed here anew from their definitions, by other ways than in Rust: whole matrices of waves, SciPy's cosine
transform, areas from a picture enlarged by 32.
"""

import json
import math
import pathlib

import numpy as np
import scipy
import skimage
from scipy.fft import dct
from skimage.metrics import structural_similarity

OUT = pathlib.Path(__file__).parent.parent / "crates/tissue/tests/fixtures/measure.json"


def tile(size, kind, seed):
    """RGB tiles of uint8; whole numbers alone, so that the test makes the same."""
    y, x = np.mgrid[0:size, 0:size].astype(np.int64)
    hash_ = ((x * 31 + y * 17 + seed * 101) * 2654435761 % 2**32) >> 16
    soft = (x // 5 * 7 + y // 3 * 11 + seed * 13) % 97
    channels = [120 + soft + hash_ % 29, 60 + soft + hash_ % 41, 110 + soft // 2 + hash_ % 23]
    image = np.stack(channels, -1)
    if kind == "checker2":
        image = image + (12 * ((x + y) % 2))[..., None]
    if kind == "stripes4":
        image = image + (20 * (x % 4 == seed % 4))[..., None]
    if kind == "inverted":
        image = 255 - image
    if kind == "flat":
        image = np.full_like(image, 90 + seed)
    if kind == "smooth":
        # Not a sum of one of x and one of y, of which most frequencies are 0 and their bits chance.
        image = np.stack([90 + c * 10 + x * (x + 2 * y) * 60 // size**2 - y * y * y * 50 // size**3 for c in range(3)], -1)
    return np.clip(image, 0, 255).astype(np.uint8)


def luminance(rgb):
    return rgb.astype(np.float64) @ np.array([0.299, 0.587, 0.114])


def ssim(a, b):
    return structural_similarity(
        luminance(a), luminance(b), gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )


def correlation(a, b):
    a, b = luminance(a).ravel(), luminance(b).ravel()
    return None if np.ptp(a) == 0 or np.ptp(b) == 0 else float(np.corrcoef(a, b)[0, 1])


def periodicity(rgb):
    n = rgb.shape[0]
    window = np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2
    both = np.outer(window, window)
    values = luminance(rgb)
    values = (values - (values * both).sum() / both.sum()) * both
    rounding = (both**2).sum() * (0.299**2 + 0.587**2 + 0.114**2) / 12
    far = max(3.0, min(6.0, n / 8))
    offsets = np.array([0, -far, -3, 3, far]) / n

    def power(fy, fx):
        wave = np.exp(-2j * np.pi * (fy * np.arange(n)[:, None] + fx * np.arange(n)[None, :]))
        return abs((values * wave).sum()) ** 2 + rounding

    ratios = []
    for fy, fx in [(0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (1, -1), (2, 0), (2, 1), (2, 2)]:
        fy, fx = fy / 4, fx / 4
        beside = [power(fy + dy, fx + dx) for dy in offsets for dx in offsets if (dy, dx) != (0, 0)]
        ratios.append(math.log(2) * power(fy, fx) / np.median(beside))
    return float(np.mean(ratios))


def perceptual_hash(rgb):
    height, width = rgb.shape[:2]
    large = np.repeat(np.repeat(luminance(rgb), 32, axis=0), 32, axis=1)
    small = large.reshape(32, height, 32, width).mean(axis=(1, 3))
    if small.std() < 1:
        return None
    low = dct(dct(small, axis=0), axis=1)[:8, :8]
    bits = (low > np.median(low)).ravel()
    return "".join("1" if bit else "0" for bit in bits)


def main():
    cases = []
    for size in [24, 25, 32, 50, 64]:
        for kind, seed, other, other_seed in [
            ("tissue", 1, "tissue", 2),
            ("tissue", 3, "checker2", 3),
            ("tissue", 4, "stripes4", 4),
            ("tissue", 5, "inverted", 5),
            ("tissue", 6, "flat", 6),
            ("smooth", 7, "tissue", 7),
            ("tissue", 8, "tissue", 8),
            ("flat", 9, "flat", 10),
        ]:
            a, b = tile(size, kind, seed), tile(size, other, other_seed)
            cases.append(
                {
                    "size": size,
                    "tile": [kind, seed],
                    "other": [other, other_seed],
                    "ssim": ssim(a, b),
                    "correlation": correlation(a, b),
                    "periodicity": [periodicity(a), periodicity(b)],
                    "hash": [perceptual_hash(a), perceptual_hash(b)],
                }
            )
    wide = np.concatenate([tile(40, "tissue", 1), tile(40, "smooth", 2)], axis=1)
    content = {
        "made_by": f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-image {skimage.__version__}",
        "cases": cases,
        "wide": {"hash": perceptual_hash(wide)},
    }
    text = json.dumps(content, separators=(",", ":")).replace("},{", "},\n{")
    OUT.write_text(text + "\n")
    print(OUT.name, len(text), "bytes")


if __name__ == "__main__":
    main()
