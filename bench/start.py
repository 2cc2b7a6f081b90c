#!/usr/bin/env python3
"""Measures how long one waits before a model runs: bench/start.py [--program]

Prints, for AFFNet in its sizes, GEB-1.3B and others, the seconds of `lathe check` and of `lathe compile` without weights.
With --program, compiles GEB-1.3B with random weights, too (11 GB of disk, a minute), and prints what a run of its program
takes beyond the token that it computes: to map 5.4 GB of weights and to begin. Times are the least of three; uses the
release build, or the one that $LATHE_BUILD names.
"""

import argparse
import re
import tempfile
import time
from pathlib import Path

from programs import BIN, ROOT, output

SPECS = ["affnet/affnet-et", "affnet/affnet-t", "affnet/affnet-base", "geb/geb-1.3b", "pat/llama-7b", "resnet/resnet50",
         "stageinteractor/detector", "mgno/darcy", "mtl/resnet50"]


def least_seconds(*words, runs=3):
    times = []
    for _ in range(runs):
        start = time.monotonic()
        output(*words)
        times.append(time.monotonic() - start)
    return min(times)


def measure_compiler(folder):
    print("| spec | check, s | compile without weights, s |\n| --- | ---: | ---: |")
    for name in SPECS:
        spec = ROOT / "specs" / f"{name}.yaml"
        check = least_seconds(BIN / "lathe", "check", spec)
        compiling = least_seconds(BIN / "lathe", "compile", spec, "--emit=obj", "-o", folder / "code.o")
        print(f"| {name} | {check:.3f} | {compiling:.1f} |", flush=True)


def measure_program(folder):
    spec, weights, program = ROOT / "specs" / "geb" / "geb-1.3b.yaml", folder / "w.safetensors", folder / "program"
    output(BIN / "lathe", "init", spec, "--seed", 1, "-o", weights)
    output(BIN / "lathe", "compile", spec, "--weights", weights, "-o", program)
    weights.unlink()
    run = [program, "decode", "--tokens", "5", "--position", "0"]
    token = float(re.search(r"^min +([\d.]+) ms", output(*run, "--bench=2"), re.M)[1])
    whole, described = 1e3 * least_seconds(*run), 1e3 * least_seconds(program, "--info")
    size = Path(f"{program}.weights").stat().st_size
    print(f"\nGEB-1.3B, {size / 1e9:.2f} GB of weights: {whole:.1f} ms a run of one token, of which the token takes "
          f"{token:.1f}: {whole - token:.1f} ms to start; --info {described:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure_compiler(Path(folder))
        if options.program:
            measure_program(Path(folder))


if __name__ == "__main__":
    main()
