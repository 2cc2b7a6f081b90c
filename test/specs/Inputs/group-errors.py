"""Compares two decodings of a matrix [96, 64], given by columns, with the checkpoint's:

    group-errors.py --unit X.npy                        writes the 64 unit vectors
    group-errors.py W.safetensors NAME A.npy B.npy      prints by how much B's squared error differs from A's

Fails if in some group of 32 neighbours B's is larger by more than rounding."""

import json
import struct
import sys

ROWS, COLUMNS, GROUP = 96, 64, 32


def read_npy(path):
    data = open(path, "rb").read()
    start = 10 + struct.unpack_from("<H", data, 8)[0]
    return struct.unpack(f"<{(len(data) - start) // 4}f", data[start:])


if sys.argv[1] == "--unit":
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({COLUMNS}, {COLUMNS}), }}"
    values = [float(i == j) for i in range(COLUMNS) for j in range(COLUMNS)]
    with open(sys.argv[2], "wb") as file:
        file.write(b"\x93NUMPY\1\0" + struct.pack("<H", 118) + header.ljust(117).encode() + b"\n")
        file.write(struct.pack(f"<{len(values)}f", *values))
    sys.exit()

data = open(sys.argv[1], "rb").read()
begin = 8 + int.from_bytes(data[:8], "little")
first, last = json.loads(data[8:begin])[sys.argv[2]]["data_offsets"]
wanted = struct.unpack(f"<{ROWS * COLUMNS}f", data[begin + first:begin + last])
decoded = [read_npy(path) for path in sys.argv[3:5]]
totals, worse = [0.0, 0.0], 0
for row in range(ROWS):
    for start in range(0, COLUMNS, GROUP):
        errors = [sum((y[k * ROWS + row] - wanted[row * COLUMNS + k]) ** 2 for k in range(start, start + GROUP))
                  for y in decoded]
        totals = [total + error for total, error in zip(totals, errors)]
        worse += errors[1] > errors[0] * (1 + 1e-5)
print(f"{totals[1] / totals[0] - 1:+.1%}, {worse} groups worse")
sys.exit(worse > 0)
