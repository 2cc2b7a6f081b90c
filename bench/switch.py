#!/usr/bin/env python3
"""Measures what it costs to change the width from run to run: bench/switch.py [--calls N]

Compiles a small network like that of specs/mtl/resnet50.yaml, whose weights all fit into the processor's caches, into a
shared library, and calls it in one thread at its narrowest and its widest width: each by itself, and in turns. Prints
what a call takes, and how much more one does in turns: the least of all calls, since other processes lengthen some.
Uses the release build, or the one that $LATHE_BUILD names.
"""

import argparse
import ctypes
import tempfile
import time
from pathlib import Path

from programs import BIN, ROOT, output

SPEC = ROOT / "specs" / "mtl" / "resnet50.yaml"
SETTINGS = ["--set", "channels=8", "--set", "decoder_channels=32", "--set", "height=32", "--set", "width=32",
            "--set", "layers=[1, 1, 1, 1]"]
F32, I32 = 0, 7


class Tensor(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("rank", ctypes.c_uint32), ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("data", ctypes.c_void_p), ("device_kind", ctypes.c_int32), ("device_id", ctypes.c_int32)]


class Options(ctypes.Structure):
    _fields_ = [("threads", ctypes.c_uint32), ("executor", ctypes.c_void_p), ("hooks", ctypes.c_void_p)]


class Status(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 1020)]


def tensor(kind, shape, numbers=()):
    count = 1
    for size in shape:
        count *= size
    data = ((ctypes.c_float if kind == F32 else ctypes.c_int32) * count)(*numbers)
    made = Tensor(kind, len(shape), (ctypes.c_int64 * max(len(shape), 1))(*shape), ctypes.cast(data, ctypes.c_void_p))
    made.owned = data
    return made


class Instance:
    """The model's entry `main` in one thread."""

    def __init__(self, path, image):
        self.library, self.status = ctypes.CDLL(str(path)), Status()
        self.library.latheModelLoadWeights.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        model, self.handle = ctypes.c_void_p(), ctypes.c_void_p()
        binary = ctypes.addressof(ctypes.c_char.in_dll(self.library, "mtl_resnet50_model"))
        self.check(self.library.latheModelOpen(ctypes.c_void_p(binary), ctypes.byref(model), self.to_status()))
        self.check(self.library.latheModelLoadWeights(model, None, self.to_status()))
        self.check(self.library.latheInstanceCreate(model, ctypes.byref(Options(threads=1)), ctypes.byref(self.handle),
                                                    self.to_status()))
        self.model, self.image = model, image

    def to_status(self):
        return ctypes.byref(self.status)

    def check(self, code):
        if code:
            raise SystemExit(self.status.message.decode())

    def inputs(self, width):
        widths = [tensor(I32, [], [width]) for _ in range(3)]
        self.kept = getattr(self, "kept", []) + widths
        return (Tensor * 4)(self.image, *widths)

    def outputs(self, inputs):
        """Tensors for the results that these inputs have."""
        made = []
        for i in range(2):
            shape = (ctypes.c_int64 * 4)()
            self.check(self.library.latheModelOutputShape(self.model, 0, inputs, 4, i, shape, self.to_status()))
            made.append(tensor(F32, list(shape)))
        self.kept += made
        return (Tensor * 2)(*made)

    def seconds(self, inputs, outputs):
        start = time.perf_counter()
        code = self.library.latheInstanceRun(self.handle, 0, inputs, 4, outputs, 2, self.to_status())
        took = time.perf_counter() - start
        self.check(code)
        return took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20000, help="of each width, alone and in turns")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights, library = Path(folder) / "weights.safetensors", Path(folder) / "libmtl.so"
        output(BIN / "lathe", "init", SPEC, *SETTINGS, "--seed", 1, "-o", weights)
        output(BIN / "lathe", "compile", SPEC, *SETTINGS, "--weights", weights, "--emit=lib", "-o", library)
        instance = Instance(library, tensor(F32, [1, 3, 32, 32], [0.1 * (i % 7) for i in range(3 * 32 * 32)]))
        widths = {"narrowest": instance.inputs(0), "widest": instance.inputs(3)}
        outputs = {name: instance.outputs(inputs) for name, inputs in widths.items()}
        alone = {name: min(instance.seconds(inputs, outputs[name]) for _ in range(options.calls))
                 for name, inputs in widths.items()}
        turns = {name: [] for name in widths}
        for _ in range(options.calls):
            for name, inputs in widths.items():
                turns[name].append(instance.seconds(inputs, outputs[name]))
        print("| width | alone, us | in turns, us | more, us |\n| --- | ---: | ---: | ---: |")
        for name in widths:
            one, other = 1e6 * alone[name], 1e6 * min(turns[name])
            print(f"| {name} | {one:.1f} | {other:.1f} | {other - one:.1f} |")


if __name__ == "__main__":
    main()
