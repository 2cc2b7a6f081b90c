#!/usr/bin/env python3
"""Measures the slimmable network at several widths: bench/widths.py [--seconds S] [--lathe OTHER]

Compiles specs/mtl/resnet50.yaml for images of 224 x 288 on random weights and runs it in one thread with six widths of
the encoder and the decoders, of which each has four. Times are of the processor, which other processes lengthen less:
what more calls took more, over their number. Uses the release build, or the one that $LATHE_BUILD names.
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from programs import BIN, ROOT, output

SPEC = ROOT / "specs" / "mtl" / "resnet50.yaml"
SETTINGS = ["--set", "height=224", "--set", "width=288"]
WIDTHS = [(0, 0), (0, 3), (1, 1), (2, 2), (3, 0), (3, 3)]


def dims(encoder, decoder):
    """The channels in use at a width of the encoder and one of both decoders."""
    sizes = [f"encoder{i}={16 * 2**i * (encoder + 1)}" for i in range(6)]
    sizes += [f"decoder{i}={64 * (decoder + 1)}" for i in range(2)]
    return [word for size in sizes for word in ("--dim", size)]


def processor_seconds(command, seconds):
    """Of the program's whole run, and how many calls it made."""
    process = subprocess.Popen([*command, f"--bench={seconds}"], stdout=subprocess.PIPE, text=True)
    calls = int(re.search(r"^calls +(\d+)", process.stdout.read(), re.M)[1])
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return usage.ru_utime + usage.ru_stime, calls


def measure(command, seconds):
    """Milliseconds of a call."""
    few, most = processor_seconds(command, 0.01), processor_seconds(command, seconds)
    while most[1] == few[1]:
        seconds *= 2
        most = processor_seconds(command, seconds)
    return 1e3 * (most[0] - few[0]) / (most[1] - few[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--lathe", metavar="OTHER", default=BIN / "lathe", help="the compiler to measure")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        weights, program = Path(scratch) / "weights.safetensors", Path(scratch) / "program"
        output(options.lathe, "init", SPEC, *SETTINGS, "--seed", 1, "-o", weights)
        output(options.lathe, "compile", SPEC, *SETTINGS, "--weights", weights, "-o", program)
        print("| encoder | decoders | GFLOP | ms | GFLOP/s |\n| --- | --- | --- | --- | --- |")
        for encoder, decoder in WIDTHS:
            words = dims(encoder, decoder)
            report = json.loads(output(options.lathe, "explain", SPEC, *SETTINGS, *words, "--json"))
            gflop = sum(op["flops"] for op in report["ops"] if op["entry"] == "main") / 1e9
            ms = measure([program, "main", *words, "--threads=1"], options.seconds)
            print(f"| {encoder} | {decoder} | {gflop:.3f} | {ms:.1f} | {gflop / ms * 1e3:.1f} |", flush=True)


if __name__ == "__main__":
    main()
