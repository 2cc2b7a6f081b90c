"""Arrays for tests, of the digits' images and logits, by Python's standard library:

arrays.py first N IN.npy OUT.npy      the first N items of an array, or N of them in turn
arrays.py header 'DICT' IN.npy OUT.npy  the data under another header
arrays.py cut N IN.npy OUT.npy        without the last N bytes
arrays.py noise 2,3,8,8 OUT.npy       numbers between -1 and 1, the same every time
arrays.py numbers 2,2 1,-2,0.5,7 OUT.npy  these numbers
arrays.py compare A.npy B.npy [TOLERANCE]  fails unless A is as long as B, or shorter, and equal so far
"""

import math
import random
import struct
import sys
from ast import literal_eval


def read(path):
    blob = open(path, "rb").read()
    start = 10 + struct.unpack("<H", blob[8:10])[0]
    return literal_eval(blob[10:start].decode()), blob[start:]


def write(path, header, data):
    text = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    open(path, "wb").write(b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + data)


def first(count, source, target):
    header, data = read(source)
    size = len(data) // header["shape"][0]
    data *= -(-int(count) // header["shape"][0])
    header["shape"] = (int(count), *header["shape"][1:])
    write(target, repr(header), data[: int(count) * size])


def compare(a, b, tolerance="0"):
    (one, x), (other, y) = read(a), read(b)
    assert one["descr"] == other["descr"] == "<f4" and one["shape"][1:] == other["shape"][1:], (one, other)
    assert len(x) <= len(y), (len(x), len(y))
    values = zip(struct.unpack(f"<{len(x) // 4}f", x), struct.unpack(f"<{len(x) // 4}f", y[: len(x)]))
    worst = max(abs(p - q) for p, q in values)
    print(f"{one['shape']} off by {worst}")
    assert worst <= float(tolerance), worst


def cut(count, source, target):
    open(target, "wb").write(open(source, "rb").read()[: -int(count)])


def header(text, source, target):
    write(target, text, read(source)[1])


def noise(sizes, target):
    generator = random.Random(1)
    shape = map(int, sizes.split(","))
    numbers(sizes, ",".join(repr(generator.uniform(-1, 1)) for _ in range(math.prod(shape))), target)


def numbers(sizes, text, target):
    shape = tuple(map(int, sizes.split(",")))
    values = [float(number) for number in text.split(",")]
    assert len(values) == math.prod(shape), len(values)
    header = repr({"descr": "<f4", "fortran_order": False, "shape": shape})
    write(target, header, struct.pack(f"<{len(values)}f", *values))


commands = {"first": first, "noise": noise, "numbers": numbers, "compare": compare, "header": header, "cut": cut}
commands[sys.argv[1]](*sys.argv[2:])
