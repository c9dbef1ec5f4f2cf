"""Makes crates/tissue/tests/fixtures/stain.json: what NumPy says of stain normalisation.

    python tools/stain_reference.py        (numpy; seconds)

Written from the papers: Macenko et al., "A method for normalizing histology slides for quantitative analysis", ISBI 2009 (β = 0.15, α = 1,
99th percentile), with np.cov, np.linalg.eigh and np.linalg.lstsq; Reinhard et al., "Color transfer between images", IEEE CG&A 2001, in CIE
L*a*b* (IEC 61966-2-1, D65) over tissue, with matrices inverted by NumPy. Pictures are made by a formula of whole numbers that
crates/tissue/tests/stain.rs repeats, so that only results are stored.
"""

import json
import pathlib

import numpy as np

OUT = pathlib.Path(__file__).parent.parent / "crates/tissue/tests/fixtures/stain.json"
SIZE = 32


def tile(stain, seed):
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.int64)
    a, b = (x * 7 + y * 13 + seed * 5) % 40, (x * 11 + y * 3 + seed * 7) % 37
    # Some pixels are of one dye alone.
    a, b = np.where((x + y) % 4 == 0, 0, a), np.where((x + y) % 4 == 1, 0, b)
    if stain == 0:
        image = np.stack([225 - 3 * a - b // 2, 205 - 2 * a - 2 * b, 228 - a - b // 2], -1)
    else:
        image = np.stack([215 - 2 * a - b // 4, 180 - 2 * a - b, 205 - a - b], -1)
    image[(x + 2 * y) % 9 == 0] = (246, 244, 247)
    image[0, :4] = (10, 5, 8)
    return image.astype(np.uint8)


def density(rgb):
    return -np.log10((rgb.astype(float) + 1) / 256)


def black(rgb):
    return (rgb < 25).all(-1)


def tissue(rgb):
    return (density(rgb).mean(-1) > 0.15) & ~black(rgb)


def upper(values):
    values = np.sort(values)
    return values[len(values) - 1 - int(0.01 * len(values))]


def macenko(rgb):
    od = density(rgb[tissue(rgb)])
    _, vectors = np.linalg.eigh(np.cov(od.T))
    plane = vectors[:, [2, 1]]
    plane = plane * np.where(od.mean(0) @ plane < 0, -1, 1)
    angles = np.arctan2(*(od @ plane).T[::-1])
    ends = [-upper(-angles), upper(angles)]
    dyes = [np.maximum(plane @ [np.cos(t), np.sin(t)], 0) for t in ends]
    dyes = [d / np.linalg.norm(d) for d in dyes]
    dyes = np.array(sorted(dyes, key=lambda d: -d[0]))
    amounts = np.linalg.lstsq(dyes.T, od.T, rcond=None)[0]
    return dyes, np.array([upper(amounts[0]), upper(amounts[1])])


def macenko_mapped(rgb, own, target):
    amounts = np.linalg.lstsq(own[0].T, density(rgb).reshape(-1, 3).T, rcond=None)[0]
    od = (amounts * (target[1] / own[1])[:, None]).T @ target[0]
    out = np.clip(np.round(256 * 10.0**-od - 1), 0, 255).astype(np.uint8).reshape(rgb.shape)
    return np.where(black(rgb)[..., None], rgb, out)


TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
WHITE = np.array([0.95047, 1, 1.08883])


def lab(rgb):
    v = rgb / 255.0
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    t = linear @ TO_XYZ.T / WHITE
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def rgb_of(values):
    y = (values[..., 0] + 16) / 116
    f = np.stack([y + values[..., 1] / 500, y, y - values[..., 2] / 200], -1)
    xyz = WHITE * np.where(f**3 > 216 / 24389, f**3, (116 * f - 16) / (24389 / 27))
    v = np.clip(xyz @ np.linalg.inv(TO_XYZ).T, 0, 1)
    return 255 * np.where(v <= 0.0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - 0.055)


def reinhard(rgb):
    values = lab(rgb[tissue(rgb)])
    return values.mean(0), np.maximum(values.std(0), 0.5)


def reinhard_mapped(rgb, own, target):
    moved = rgb_of((lab(rgb) - own[0]) * target[1] / own[1] + target[0])
    share = np.clip((density(rgb).mean(-1) - 0.05) / 0.1, 0, 1)[..., None]
    out = np.clip(np.round(rgb + share * (moved - rgb)), 0, 255).astype(np.uint8)
    return np.where(black(rgb)[..., None], rgb, out)


def main():
    slides = [np.concatenate([tile(stain, seed) for seed in (1, 2)]) for stain in (0, 1)]
    result = {}
    for name, tell, put in (("macenko", macenko, macenko_mapped), ("reinhard", reinhard, reinhard_mapped)):
        target, own = tell(slides[0]), tell(slides[1])
        result[name] = {
            "target": [np.asarray(v).tolist() for v in target],
            "slide": [np.asarray(v).tolist() for v in own],
            "tile": put(tile(1, 1), own, target).reshape(-1).tolist(),
        }
    OUT.write_text(json.dumps(result, separators=(",", ":")) + "\n")


main()
