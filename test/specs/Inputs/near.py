"""How far a tensor is from another, as a share of its largest magnitude; fails outside the bounds:
near.py A.npy B.npy LEAST MOST"""

import struct
import sys


def read(path):
    data = open(path, "rb").read()
    start = 10 + struct.unpack_from("<H", data, 8)[0]
    return struct.unpack(f"<{(len(data) - start) // 4}f", data[start:])


a, b = map(read, sys.argv[1:3])
share = max(abs(x - y) for x, y in zip(a, b, strict=True)) / max(map(abs, b))
print(f"off by {share:.2e}")
sys.exit(not float(sys.argv[3]) <= share <= float(sys.argv[4]))
