"""Writes a checkpoint with the floats of some tensors in another type, rounded to nearest, ties to even:
retype.py IN.safetensors TYPE OUT.safetensors [NAME...]

Tensors are those whose names hold one of NAME, all unless given. The TYPE is BF16, F16 or F64, or one of the first two
with =F32 behind it, the same numbers in single precision again."""

import json
import struct
import sys

source, wanted, target, *names = sys.argv[1:]
kind, _, stored = wanted.partition("=")
stored = stored or kind


def to_bf16(value):
    bits, = struct.unpack("<I", struct.pack("<f", value))
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16


def pack(values):
    if stored == "F64":
        return struct.pack(f"<{len(values)}d", *values)
    if kind == "F16":
        packed = struct.pack(f"<{len(values)}e", *values)
        values = struct.unpack(f"<{len(values)}e", packed)
    else:
        rounded = [to_bf16(value) for value in values]
        packed = struct.pack(f"<{len(values)}H", *rounded)
        values = struct.unpack(f"<{len(values)}f", struct.pack(f"<{len(values)}I", *(bits << 16 for bits in rounded)))
    return struct.pack(f"<{len(values)}f", *values) if stored == "F32" else packed


data = open(source, "rb").read()
begin = 8 + int.from_bytes(data[:8], "little")
header, out = json.loads(data[8:begin]), b""
for name, entry in header.items():
    if name == "__metadata__":
        continue
    first, last = entry["data_offsets"]
    part = data[begin + first:begin + last]
    if entry["dtype"] == "F32" and (not names or any(n in name for n in names)):
        part = pack(struct.unpack(f"<{len(part) // 4}f", part))
        entry["dtype"] = stored
    entry["data_offsets"] = [len(out), len(out) + len(part)]
    out += part
text = json.dumps(header).encode()
open(target, "wb").write(len(text).to_bytes(8, "little") + text + out)
