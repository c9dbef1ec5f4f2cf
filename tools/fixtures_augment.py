"""Makes crates/tissue/tests/fixtures/{augment,resize}.{json,bin}: what torchvision v2 does to small uint8 tiles.

    python tools/fixtures_augment.py

The .bin file holds tiles one after the other, row by row, RGB; the .json file says what each of them is.
"""

import json
import pathlib

import torch
import torchvision
import torchvision.transforms.v2.functional as F
from torchvision.transforms import InterpolationMode

OUT = pathlib.Path(__file__).parent.parent / "crates/tissue/tests/fixtures"
OPERATIONS = {"brightness": F.adjust_brightness, "contrast": F.adjust_contrast, "saturation": F.adjust_saturation, "hue": F.adjust_hue}
generator = torch.Generator().manual_seed(7)


def noise(size):
    return torch.randint(0, 256, (3, size, size), generator=generator, dtype=torch.uint8)


def tissue(size):
    """Smooth pink and violet with a white corner, black, grey and saturated pixels."""
    y, x = torch.meshgrid(torch.linspace(0, 1, size), torch.linspace(0, 1, size), indexing="ij")
    waves = torch.sin(9 * x + 4 * y) * torch.cos(7 * y - 2 * x)
    tile = torch.stack([205 + 45 * waves, 130 + 70 * waves + 30 * x, 185 + 40 * waves - 20 * y])
    tile = (tile + 4 * torch.randn(tile.shape, generator=generator)).clamp(0, 255).to(torch.uint8)
    tile[:, : size // 4, : size // 4] = 255
    for i, colour in enumerate([(0, 0, 0), (128, 128, 128), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (1, 0, 0), (254, 255, 254)]):
        tile[:, size - 1, i] = torch.tensor(colour, dtype=torch.uint8)
    return tile


def write(name, cases):
    tiles, index = b"", []
    for case, tile in cases:
        index.append({**case, "size": tile.shape[-1], "offset": len(tiles)})
        tiles += bytes(tile.permute(1, 2, 0).contiguous().flatten().tolist())
    (OUT / f"{name}.bin").write_bytes(tiles)
    made_by = f"torch {torch.__version__}, torchvision {torchvision.__version__}"
    text = ",\n".join(json.dumps(entry) for entry in index)
    (OUT / f"{name}.json").write_text(f'{{"made_by": "{made_by}", "cases": [\n{text}\n]}}\n')
    print(name, len(index), "tiles,", len(tiles), "bytes")


def augment_cases():
    factors = {name: [0.0, 0.5, 0.83, 1.0, 1.17, 1.5] for name in ("brightness", "contrast", "saturation")}
    factors["hue"] = [-0.5, -0.2, -0.07, 0.0, 0.031, 0.2, 0.5]
    chains = [
        [("brightness", 1.31), ("contrast", 0.72), ("saturation", 1.44), ("hue", 0.11)],
        [("hue", -0.163), ("saturation", 0.58), ("contrast", 1.37), ("brightness", 0.66)],
        [("saturation", 1.5), ("hue", 0.2), ("brightness", 1.5), ("contrast", 1.5)],
        [("contrast", 0.5), ("hue", -0.2), ("saturation", 0.5), ("brightness", 0.5)],
    ]
    for source, make in [("noise", noise), ("tissue", tissue)]:
        tile = make(11)
        yield {"source": source, "chain": []}, tile
        for chain in [[(name, f)] for name, fs in factors.items() for f in fs] + chains:
            # One step from torchvision's own previous tile at a time, so that one level stays one level.
            result = tile
            for step, (name, factor) in enumerate(chain):
                result = OPERATIONS[name](result, factor)
                if step + 1 < len(chain):
                    yield {"source": source, "chain": chain[: step + 1], "part": True}, result
            yield {"source": source, "chain": chain}, result


def resize_cases():
    for size, targets in [(20, [22, 13, 7, 2, 41]), (25, [28, 24, 8]), (3, [4, 2])]:
        for make in (noise, tissue) if size > 8 else (noise,):
            tile = make(size)
            yield {"from": None}, tile
            for to in targets:
                yield {"from": size}, F.resize(tile, [to, to], InterpolationMode.BILINEAR, antialias=True)


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    write("augment", augment_cases())
    write("resize", resize_cases())
