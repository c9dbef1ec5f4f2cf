"""Makes cmyk.jpg and cmyk.tif, 8 by 8 px (needs Pillow): `python make.py` in this folder."""

from PIL import Image

tile = Image.new("CMYK", (8, 8), (0, 120, 40, 10))
tile.save("cmyk.jpg")
tile.save("cmyk.tif", compression="raw")
