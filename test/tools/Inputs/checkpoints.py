"""Writes the digits' checkpoint with one thing wrong: checkpoints.py IN.safetensors WHAT OUT.safetensors"""

import json
import struct
import sys


def numbers(name, text):
    """Sets a field to a number that Python's JSON has as well."""
    return lambda header, data: header[name].update(json.loads(text))


def without(name):
    def change(header, data):
        begin, end = header.pop(name)["data_offsets"]
        for entry in header.values():
            if entry["data_offsets"][0] >= end:
                entry["data_offsets"] = [at - (end - begin) for at in entry["data_offsets"]]
        del data[begin:end]
    return change


def rename(old, new):
    return lambda header, data: header.update({new: header.pop(old)})


def add(name):
    def change(header, data):
        header[name] = {"dtype": "F32", "shape": [1], "data_offsets": [len(data), len(data) + 4]}
        data.extend(b"\0\0\0\0")
    return change


def same_place(header, data):
    header["logits.bias"]["data_offsets"] = [0, 40]


BIAS = "logits.bias"
CHANGES = {
    "overlap": same_place,
    "negative": numbers(BIAS, '{"data_offsets": [-40, 0]}'),
    "overflow": numbers(BIAS, '{"data_offsets": [18446744073709551576, 18446744073709551616]}'),
    "past-the-end": numbers(BIAS, '{"data_offsets": [9223372036854775767, 9223372036854775807]}'),
    "backwards": numbers(BIAS, '{"data_offsets": [80, 40]}'),
    "huge-shape": numbers(BIAS, '{"shape": [4294967296, 4294967296]}'),
    "unknown-dtype": numbers(BIAS, '{"dtype": "F31"}'),
    "wrong-size": numbers(BIAS, '{"dtype": "F64"}'),
    "wrong-dtype": numbers(BIAS, '{"dtype": "I32"}'),
    "wrong-shape": numbers(BIAS, '{"shape": [2, 5]}'),
    "missing": without(BIAS),
    "renamed": rename(BIAS, "logit.bias"),
    "extra": add("teacher.weight"),
}
TEXTS = {
    # Changes of the header's text that a JSON library would not write.
    "duplicate": lambda text: text.rstrip()[:-1] + ', "logits.bias": {"dtype": "F32", "shape": [10], "data_offsets": [0, 40]}}',
    "duplicate-key": lambda text: text.replace('"dtype":', '"dtype": "F32", "dtype":', 1),
    "no-json": lambda text: text[: len(text) // 2].ljust(len(text)),
    "nested": lambda text: '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
}


def main(source, what, target):
    blob = open(source, "rb").read()
    length = struct.unpack("<Q", blob[:8])[0]
    text, data = blob[8 : 8 + length].decode(), bytearray(blob[8 + length :])
    if what in CHANGES:
        header = json.loads(text)
        CHANGES[what](header, data)
        text = json.dumps(header)
    elif what in TEXTS:
        text = TEXTS[what](text)
    size = len(text)
    if what == "huge-header":
        size = 2**63
    if what == "long-header":
        size = len(text) + len(data) + 1
    blob = struct.pack("<Q", size) + text.encode() + data
    if what == "truncated":
        blob = blob[:-4]
    if what == "empty":
        blob = b""
    open(target, "wb").write(blob)


main(*sys.argv[1:])
