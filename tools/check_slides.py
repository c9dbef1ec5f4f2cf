"""Makes slides of every TIFF form out of one SVS and compares the pixels that grayzone reads of them with OpenSlide's.

    pip install openslide-python openslide-bin tifffile imagecodecs wsidicomizer numpy pillow   # Debian: libturbojpeg0
    cargo build -p slides --examples
    python tools/check_slides.py SLIDE.svs FOLDER target/debug/examples/read_region

FOLDER gets the files (some 50 MB). Bar: mean absolute difference at most 0.3 levels, and 99.9 % of samples within 2.

    python tools/check_slides.py --tiny crates/slides/tests/fixtures

writes slides of a few kB each, of a formula, that the crate's tests read.
"""
import subprocess
import sys
from pathlib import Path

import numpy as np
import openslide
import tifffile
from PIL import Image

TINY = sys.argv[1] == "--tiny"
SLIDE, FOLDER, READ = (None, Path(sys.argv[2]), None) if TINY else (Path(arg) for arg in sys.argv[1:4])
APERIO = "Aperio Image Library v11.2.1\r\n{0}x{1} (240x240) J2K|AppMag = 20|MPP = 0.4990"


def pyramid(pixels, levels):
    out = [pixels]
    for _ in range(levels - 1):
        last = Image.fromarray(out[-1])
        out.append(np.asarray(last.resize((last.width // 2, last.height // 2), Image.BOX)))
    return out


def write(name, levels, *, tile=(256, 256), description=None, resolution=None, bigtiff=False, subifds=False, **keys):
    """A pyramid; levels below the first lie in pages of their own, or below the first."""
    path = FOLDER / name
    with tifffile.TiffWriter(path, bigtiff=bigtiff, ome=False) as tiff:
        for i, level in enumerate(levels):
            more = {"description": description if i == 0 else None}
            if resolution and i == 0:
                more |= {"resolution": resolution, "resolutionunit": "CENTIMETER"}
            if subifds:
                more |= {"subifds": len(levels) - 1} if i == 0 else {"subfiletype": 1}
            elif i > 0:
                more |= {"subfiletype": 1}
            tiff.write(level, tile=tile, photometric="rgb", metadata=None, **keys, **more)
    return path


def files(pixels):
    three = pyramid(pixels, 3)
    half_micron = (20_000, 20_000)
    height, width = pixels.shape[:2]
    ome = (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        f'<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="{width}" SizeY="{height}" SizeC="3" SizeZ="1" SizeT="1" '
        'PhysicalSizeX="0.499" PhysicalSizeXUnit="µm" PhysicalSizeY="0.499" PhysicalSizeYUnit="µm" Interleaved="true">'
        '<Channel ID="Channel:0:0" SamplesPerPixel="3"/><TiffData IFD="0" PlaneCount="1"/></Pixels></Image></OME>'
    )
    jpeg = {"compression": "jpeg", "compressionargs": {"level": 90}}
    yield SLIDE, "as scanned"
    yield write("pyramid-jpeg.tif", three, resolution=half_micron, **jpeg), "JPEG pyramid"
    yield write("pyramid-jpeg-444.tif", three, resolution=half_micron, subsampling=(1, 1), **jpeg), "JPEG pyramid, 4:4:4"
    yield write("big.tif", three, bigtiff=True, resolution=half_micron, **jpeg), "BigTIFF"
    yield write("lzw.tif", three, compression="lzw", predictor=True, resolution=half_micron), "LZW, differences"
    yield write("deflate.tif", three, compression="zlib", resolution=half_micron), "Deflate"
    yield write("plain.tif", three, tile=(512, 128), resolution=half_micron), "uncompressed"
    yield write("pyramid.ome.tif", three, description=ome.encode(), subifds=True, **jpeg), "OME-TIFF, SubIFDs"
    j2k = {"compression": 33005, "compressionargs": {"level": 90, "codecformat": "j2k"}}
    for name, source, what in [("dicom-svs", SLIDE, "DICOM of the SVS"), ("dicom-jpeg", FOLDER / "pyramid-jpeg.tif", "DICOM of the JPEG pyramid")]:
        if not (FOLDER / name).is_dir():
            subprocess.run(["wsidicomizer", "-i", source, "-o", FOLDER / name], check=True)
        yield FOLDER / name, what
    yield write("j2k-rgb.svs", [pixels], tile=(240, 240), description=APERIO.format(width, height), **j2k), "SVS, JPEG 2000 RGB"


def tiny():
    """40 × 24 px: red and green rise across and down, blue is level; parts of 16 × 16."""
    y, x = np.mgrid[0:24, 0:40]
    pixels = np.stack([4 * x + 40, 6 * y + 60, np.full_like(x, 120)], -1).astype(np.uint8)
    two, tile = [pixels, pixels.reshape(12, 2, 20, 2, 3).mean((1, 3)).round().astype(np.uint8)], {"tile": (16, 16)}
    write("plain.tif", two, resolution=(20_000, 20_000), **tile)
    write("lzw.tif", two, compression="lzw", predictor=True, **tile)
    write("deflate-big.tif", two, compression="zlib", bigtiff=True, **tile)
    write("jpeg.tif", two, compression="jpeg", compressionargs={"level": 98}, **tile)
    write("subifds.ome.tif", two, subifds=True, description=b'<OME><Image><Pixels PhysicalSizeX="500" PhysicalSizeXUnit="nm" '
          b'PhysicalSizeY="500" PhysicalSizeYUnit="nm"/></Image></OME>', compression="zlib", **tile)
    write("j2k.svs", [pixels], compression=33005, compressionargs={"level": 98, "codecformat": "j2k"}, description=APERIO.format(40, 24), **tile)
    grey = pixels[..., 0]
    tifffile.imwrite(FOLDER / "grey.tif", grey, tile=(16, 16), photometric="minisblack", metadata=None)
    tifffile.imwrite(FOLDER / "deep.tif", pixels.astype(np.uint16), tile=(16, 16), photometric="rgb", metadata=None)
    with tifffile.TiffWriter(FOLDER / "planes.tif") as tiff:
        for _ in range(2):
            tiff.write(pixels, photometric="rgb", metadata=None, **tile)


def compare(path, what):
    # Of DICOM OpenSlide takes any of a slide's files.
    slide = openslide.OpenSlide(next(path.iterdir()) if path.is_dir() else path)
    told = subprocess.run([READ, path], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    random = np.random.default_rng(0)
    differences, levels = [], [line for line in told.stdout.splitlines() if line.startswith("Level")]
    if "SubIFDs" in what:
        # OpenSlide sees the first level alone: the others are compared with tifffile's, whole.
        for level, page in enumerate(tifffile.TiffFile(path).pages[0].pages, start=1):
            height, width = page.shape[:2]
            out = FOLDER / "ours.png"
            subprocess.run([READ, path, str(level), "0", "0", str(width), str(height), out], check=True)
            differences.append(np.abs(np.asarray(Image.open(out)).astype(int) - page.asarray().astype(int)).ravel())
    for level, (width, height) in enumerate(slide.level_dimensions[: len(levels)]):
        regions = [(0, 0, 300, 200), (width - 130, height - 150, 260, 300), (-40, -30, 100, 90)]
        regions += [(*(int(random.integers(0, max(1, side - 400))) for side in (width, height)), 517, 431) for _ in range(4)]
        for x, y, w, h in regions:
            factor = slide.level_downsamples[level]
            # OpenSlide takes places of level 0: of a coarser level only multiples are exact.
            x, y = (round(v * factor) if level else v for v in (x, y))
            x, y = (v - v % 2**level for v in (x, y))
            theirs = Image.new("RGBA", (w, h), "white")
            theirs.alpha_composite(slide.read_region((x, y), level, (w, h)))
            theirs = np.asarray(theirs.convert("RGB")).astype(int)
            out = FOLDER / "ours.png"
            place = [str(v // 2**level) for v in (x, y)]
            subprocess.run([READ, path, str(level), *place, str(w), str(h), out], check=True)
            differences.append(np.abs(np.asarray(Image.open(out)).astype(int) - theirs).ravel())
    all_of_them = np.concatenate(differences)
    mean, within = all_of_them.mean(), (all_of_them <= 2).mean()
    ours = told.stdout.splitlines()[0].split(";")[0]
    theirs = slide.properties.get("openslide.mpp-x")
    print(f"{what:24} levels {len(levels)} of {slide.level_count}  mean {mean:.4f}  within 2: {within:.5%}  largest {all_of_them.max()}  {ours} (OpenSlide {theirs})")
    return mean <= 0.3 and within >= 0.999 and len(levels) >= slide.level_count


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    if TINY:
        sys.exit(tiny())
    base = openslide.OpenSlide(SLIDE)
    # Sides that halve twice: then places of a coarser level are whole places of the finest, and OpenSlide has nothing to interpolate.
    size = tuple(side - side % 4 for side in base.dimensions)
    pixels = np.asarray(base.read_region((0, 0), 0, size).convert("RGB"))
    good = [compare(path, what) for path, what in files(pixels)]
    sys.exit(0 if all(good) else "some are beyond the bar")
