"""Writes the images that the runtime's tests read, into this folder; needs Pillow.

Colours are those of `colour` below, which ImageTest.cpp has too; red.png is all red. Beside photo.jpg and its like stand what Pillow
decodes them to, and beside wide.png what Pillow makes of it at other sizes: *-WIDTHxHEIGHT.png by each side for
itself, *-cover-WIDTHxHEIGHT.png as torchvision resizes to cover and cuts the centre out.
"""

import struct
import zlib
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parent
WIDTH, HEIGHT = 13, 7


def colour(x, y):
    return (20 * x, 255 - 36 * y, (37 * x * y) % 256)


def picture(mode="RGB", pixel=colour, size=(WIDTH, HEIGHT)):
    image = Image.new(mode, size)
    for y in range(size[1]):
        for x in range(size[0]):
            image.putpixel((x, y), pixel(x, y))
    return image


def png(path, width, height, depth, kind, lines, interlaced=False):
    """A PNG file of rows without filters."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    data = zlib.compress(b"".join(b"\0" + line for line in lines), 9)
    (FOLDER / path).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def cover(image, width, height):
    """torchvision's Resize to the shorter side and CenterCrop, for any shape."""
    if width * image.height >= height * image.width:
        size = (width, int(width * image.height / image.width))
    else:
        size = (int(height * image.width / image.height), height)
    left, top = (int(round((size[i] - wanted) / 2.0)) for i, wanted in enumerate((width, height)))
    return image.resize(size, Image.BILINEAR).crop((left, top, left + width, top + height))


def main():
    Image.new("RGB", (50, 40), (255, 0, 0)).save(FOLDER / "red.png")
    picture().save(FOLDER / "wide.png")
    picture("RGBA", lambda x, y: (*colour(x, y), 255 - 21 * x)).save(FOLDER / "alpha.png")
    picture("L", lambda x, y: 20 * x).save(FOLDER / "grey.png")
    picture("LA", lambda x, y: (20 * x, 40 * y)).save(FOLDER / "grey-alpha.png")
    picture("1", lambda x, y: (x + y) % 2).save(FOLDER / "bits.png")
    palette = picture("P", lambda x, y: (x + y) % 3)
    palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    palette.save(FOLDER / "palette.png")
    palette.save(FOLDER / "palette-alpha.png", transparency=1)
    deep = [b"".join(struct.pack(">HHH", *(257 * c for c in colour(x, y))) for x in range(WIDTH)) for y in range(HEIGHT)]
    png("deep.png", WIDTH, HEIGHT, 16, 2, deep)
    # Adam7's passes: the first column and row of each, and the steps.
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    lines = [b"".join(bytes(colour(x, y)) for x in range(left, WIDTH, across))
             for left, top, across, down in passes for y in range(top, HEIGHT, down) if left < WIDTH]
    png("interlaced.png", WIDTH, HEIGHT, 8, 2, lines, interlaced=True)
    png("huge.png", 100_000, 100_000, 8, 2, [b"abc"])
    png("hollow.png", 16_384, 16_384, 8, 2, [b"abc"])

    def smooth(x, y):
        return (6 * x, 5 * y, 128 + x - y)

    photo = picture(pixel=smooth, size=(40, 30))
    photo.save(FOLDER / "photo.jpg", quality=85)
    photo.save(FOLDER / "progressive.jpg", quality=85, progressive=True, subsampling=0)
    photo.convert("L").save(FOLDER / "grey.jpg", quality=85)
    photo.convert("CMYK").save(FOLDER / "inks.jpg", quality=85)
    for name in ("photo", "progressive", "grey"):
        Image.open(FOLDER / f"{name}.jpg").convert("RGB").save(FOLDER / f"{name}-decoded.png")
    Image.open(FOLDER / "photo.jpg").convert("RGB").convert("L").save(FOLDER / "photo-grey.png")

    wide = Image.open(FOLDER / "wide.png")
    for size in ((5, 3), (8, 8), (1, 1), (13, 4), (31, 20), (6, 17)):
        wide.resize(size, Image.BILINEAR).save(FOLDER / f"wide-{size[0]}x{size[1]}.png")
    for size in ((4, 4), (5, 2), (16, 16), (3, 7), (13, 7)):
        cover(wide, *size).save(FOLDER / f"wide-cover-{size[0]}x{size[1]}.png")


if __name__ == "__main__":
    main()
