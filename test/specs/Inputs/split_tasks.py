"""Splits a checkpoint of several tasks into one without a task's tensors and one for each task, whose
names lack the number of the task, as released checkpoints of single tasks do.

usage: split_tasks.py CHECKPOINT ANCHOR TASK0 TASK1 …
"""

import json
import struct
import sys


def main(checkpoint, *outputs):
    blob = open(checkpoint, "rb").read()
    size = struct.unpack_from("<Q", blob)[0]
    header = json.loads(blob[8:8 + size])
    header.pop("__metadata__", None)
    files = [{} for _ in outputs]
    for name, entry in header.items():
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        parts = name.split(".", 2)
        number = 0
        if parts[0] == "tasks":
            number, name = 1 + int(parts[1]), parts[2]
        files[number][name] = (entry["dtype"], entry["shape"], blob[begin:end])
    for path, tensors in zip(outputs, files):
        entries, data = {}, b""
        for name, (dtype, shape, content) in tensors.items():
            entries[name] = {"dtype": dtype, "shape": shape,
                             "data_offsets": [len(data), len(data) + len(content)]}
            data += content
        text = json.dumps(entries).encode()
        open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)


main(*sys.argv[1:])
