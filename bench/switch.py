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

import numpy as np

from peers.lathe import Options, Status, aligned, describe, open_model
from programs import BIN, ROOT, output

SPEC = ROOT / "specs" / "mtl" / "resnet50.yaml"
SETTINGS = ["--set", "channels=8", "--set", "decoder_channels=32", "--set", "height=32", "--set", "width=32",
            "--set", "layers=[1, 1, 1, 1]"]


class Instance:
    """The model's entry `main` in one thread."""

    def __init__(self, path):
        self.status, self.handle = Status(), ctypes.c_void_p()
        self.library, self.model = open_model(path, self.status)
        self.check(self.library.latheModelLoadWeights(self.model, None, ctypes.byref(self.status)))
        options = Options(threads=1)
        self.check(self.library.latheInstanceCreate(self.model, ctypes.byref(options), ctypes.byref(self.handle),
                                                    ctypes.byref(self.status)))

    def check(self, code):
        if code:
            raise SystemExit(self.status.message.decode())

    def outputs(self, inputs):
        """Arrays for the results that these inputs have."""
        given, made = describe(inputs), []
        for i in range(2):
            shape = (ctypes.c_int64 * 4)()
            self.check(self.library.latheModelOutputShape(self.model, 0, given, ctypes.c_size_t(len(inputs)), i, shape,
                                                          ctypes.byref(self.status)))
            made.append(aligned(tuple(shape), np.float32))
        return made

    def call(self, inputs, outputs):
        """What takes the seconds of a call."""
        given, results = describe(inputs), describe(outputs)
        counts = ctypes.c_size_t(len(inputs)), ctypes.c_size_t(len(outputs))

        def seconds(keep=(inputs, outputs)):
            start = time.perf_counter()
            code = self.library.latheInstanceRun(self.handle, 0, given, counts[0], results, counts[1],
                                                 ctypes.byref(self.status))
            took = time.perf_counter() - start
            self.check(code)
            return took

        return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20000, help="of each width, alone and in turns")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights, library = Path(folder) / "weights.safetensors", Path(folder) / "libmtl.so"
        output(BIN / "lathe", "init", SPEC, *SETTINGS, "--seed", 1, "-o", weights)
        output(BIN / "lathe", "compile", SPEC, *SETTINGS, "--weights", weights, "--emit=lib", "-o", library)
        instance, image = Instance(library), aligned((1, 3, 32, 32), np.float32)
        image.flat = 0.1 * (np.arange(image.size) % 7)
        calls = {}
        for name, width in ("narrowest", 0), ("widest", 3):
            inputs = [image, *(np.full((), width, np.int32) for _ in range(3))]
            calls[name] = instance.call(inputs, instance.outputs(inputs))
        alone = {name: min(call() for _ in range(options.calls)) for name, call in calls.items()}
        turns = {name: [] for name in calls}
        for _ in range(options.calls):
            for name, call in calls.items():
                turns[name].append(call())
        print("| width | alone, us | in turns, us | more, us |\n| --- | ---: | ---: | ---: |")
        for name in calls:
            one, other = 1e6 * alone[name], 1e6 * min(turns[name])
            print(f"| {name} | {one:.1f} | {other:.1f} | {other - one:.1f} |")


if __name__ == "__main__":
    main()
