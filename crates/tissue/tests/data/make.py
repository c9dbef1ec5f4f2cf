"""Makes the picture files beside it: python make.py (Pillow, NumPy, tifffile, imagecodecs).

All but the CMYK ones show one tile of 32 × 32 px, the `sample` of tests/formats.rs, which says what must come out of each.
"""

import pathlib

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

HERE = pathlib.Path(__file__).parent
cmyk = Image.new("CMYK", (8, 8), (0, 120, 40, 10))
cmyk.save(HERE / "cmyk.jpg")
cmyk.save(HERE / "cmyk.tif", compression="raw")

y, x = np.mgrid[0:32, 0:32]
rgb = np.stack([255 - 3 * x, 100 + 2 * y, 150 + x + y], -1).astype(np.uint8)
grey = rgb[..., 0].copy()
picture = Image.fromarray(rgb)


def tif(name, array, **how):
    tifffile.imwrite(HERE / name, array, software=None, **how)


picture.save(HERE / "lossy.webp", quality=95)
picture.save(HERE / "lossless.jp2")
(HERE / "bits12.jp2").write_bytes(
    imagecodecs.jpeg2k_encode((rgb.astype(np.uint32) * 4095 // 255).astype(np.uint16), codecformat="jp2", bitspersample=12)
)
picture.save(HERE / "jpeg_rgb.tif", compression="jpeg", quality=95)
ycbcr = np.array(picture.convert("YCbCr"))
tif("jpeg_ycbcr.tif", ycbcr, photometric="ycbcr", compression="jpeg", compressionargs={"level": 95}, subsampling=(2, 2), rowsperstrip=16)
tif("planar.tif", rgb.transpose(2, 0, 1).copy(), photometric="rgb", planarconfig="separate")
tif("imagej.tif", rgb.transpose(2, 0, 1).copy(), imagej=True, metadata={"axes": "CYX"})
picture.convert("P").save(HERE / "palette.tif")
picture.convert("LAB").save(HERE / "lab.tif")
tif("signed.tif", rgb.astype(np.int16), photometric="rgb")
tif("three_of_five.tif", np.dstack([rgb, rgb[..., :2]]), photometric="minisblack", planarconfig="contig")
tif("zstd.tif", rgb, photometric="rgb", compression="zstd")
tif("half.tif", (rgb / 255).astype(np.float16), photometric="rgb")
tif("grey_alpha.tif", np.dstack([grey, np.full_like(grey, 255)]), photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"])
Image.fromarray(grey > 200).save(HERE / "one_bit.tif")
picture.save(HERE / "moving.webp", save_all=True, append_images=[picture.rotate(90)])
picture.save(HERE / "moving.png", save_all=True, append_images=[picture.rotate(90)])
picture.save(HERE / "one.avif")
