#!/usr/bin/env python3
"""Measures what the passes buy that fuse an op into one kernel: bench/fuse.py [--seconds S] [NAME…]

Compiles bench/specs/attention.yaml and filter.yaml at the sizes of several models, with the pass and without it, and
runs both by turns, with one thread and with two. Prints the time of the fastest call, which others on the machine
disturb least, and the arena's kilobytes; for attention, also the rate of the multiply-adds of both products, of all
scores, also those that causal attention does not see. Uses the release build, or the one that $LATHE_BUILD names.
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(os.environ.get("LATHE_BUILD", ROOT / "build" / "release")) / "bin"
TURNS = 5


class Case(NamedTuple):
    name: str
    fusion: str  # the pass
    spec: str
    settings: dict
    run: list  # the program's arguments
    flops: int = 0


def attention(name, entry, heads, groups, width, queries, keys):
    run = [entry, "--dim", f"keys={keys}" if entry == "decode" else f"tokens={queries}"]
    return Case(name, "fuse-attention", "attention.yaml", {"heads": heads, "kv_heads": groups, "width": width}, run,
                4 * heads * queries * keys * width)


def mixer(channels, side):
    return Case(f"AFF mixer {channels}×{side}×{side}", "fuse-spectral", "filter.yaml",
                {"channels": channels, "side": side}, [])


CASES = [
    attention("GEB-1.3B, prompt of 128", "prompt", 16, 4, 128, 128, 128),
    attention("GEB-1.3B, prompt of 512", "prompt", 16, 4, 128, 512, 512),
    attention("GEB-1.3B, a token after 1,023", "decode", 16, 4, 128, 1, 1024),
    attention("T5-base, 128 tokens, bias", "biased", 12, 12, 64, 128, 128),
    attention("StageInteractor, 100 queries, bias", "written", 8, 8, 32, 100, 100),
    attention("StageInteractor, 300 queries, bias", "written", 8, 8, 32, 300, 300),
    mixer(144, 32), mixer(192, 16), mixer(240, 8),
]


def output(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


def compile_program(path, case, weights, *options):
    settings = [word for key, value in case.settings.items() for word in ("--set", f"{key}={value}")]
    spec = ROOT / "bench" / "specs" / case.spec
    if not weights.exists():
        output(BIN / "lathe", "init", spec, *settings, "-o", weights)
    output(BIN / "lathe", "compile", spec, *settings, "--weights", weights, *options, "-o", path)
    return path


def arena(program, case):
    entries = json.loads(output(program, "--info=json"))["entries"]
    return next(e["arena_bytes"] for e in entries if e["name"] in (case.run[:1] or ["main"])) / 1024


def fastest(program, case, threads, seconds):
    text = output(program, *case.run, f"--bench={seconds}", f"--threads={threads}")
    return float(re.search(r"^min +([\d.]+) ms", text, re.M)[1])


def measure(case, seconds, scratch):
    weights = scratch / "weights.safetensors"
    programs = [compile_program(scratch / "parts", case, weights, f"--without={case.fusion}"),
                compile_program(scratch / "fused", case, weights)]
    cells = [case.name]
    for threads in (1, 2):
        turns = [[fastest(program, case, threads, seconds) for program in programs] for _ in range(TURNS)]
        for times in zip(*turns):
            ms = min(times)
            rate = f" | {case.flops / ms / 1e6:.1f}" if case.flops else " |"
            cells.append(f"{ms:.3f}" + (rate if threads == 1 else ""))
    cells += [f"{arena(program, case):.0f}" for program in programs]
    print("| " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=float, default=0.3)
    options = parser.parse_args()
    head = ["op", "ms in parts", "GFLOP/s", "ms fused", "GFLOP/s", "in parts, 2 threads", "fused, 2 threads",
            "arena kB in parts", "fused"]
    print("| " + " | ".join(head) + " |\n" + "| --- " * len(head) + "|")
    for case in CASES:
        if not options.names or any(name in case.name for name in options.names):
            with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
                measure(case, options.seconds, Path(scratch))


main()
