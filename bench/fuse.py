#!/usr/bin/env python3
"""Measures what `fuse-attention` buys: bench/attention.py [--seconds S] [NAME…]

Compiles bench/attention.yaml at the sizes of several models with the pass and without it, and runs both by turns, with
one thread and with two. Prints the median times, the rate of the multiply-adds of both products (of all scores, also
those that causal attention does not see), and the arena's kilobytes. Uses the release build, or the one that
$LATHE_BUILD names.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(os.environ.get("LATHE_BUILD", ROOT / "build" / "release")) / "bin"
SPEC = ROOT / "bench" / "attention.yaml"
TURNS = 5

# Name, entry, heads, groups, features of a head, queries, keys.
CASES = [
    ("GEB-1.3B, prompt of 128", "prompt", 16, 4, 128, 128, 128),
    ("GEB-1.3B, prompt of 512", "prompt", 16, 4, 128, 512, 512),
    ("GEB-1.3B, a token after 1,023", "decode", 16, 4, 128, 1, 1024),
    ("T5-base, 128 tokens, bias", "biased", 12, 12, 64, 128, 128),
    ("StageInteractor, 100 queries, bias", "written", 8, 8, 32, 100, 100),
    ("StageInteractor, 300 queries, bias", "written", 8, 8, 32, 300, 300),
]


def output(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


def compile_program(path, case, *options):
    _, _, heads, groups, width, _, _ = case
    output(BIN / "lathe", "compile", SPEC, "--set", f"heads={heads}", "--set", f"kv_heads={groups}",
           "--set", f"width={width}", *options, "-o", path)
    return path


def arena(program, entry):
    info = json.loads(output(program, "--info=json"))
    return next(e["arena_bytes"] for e in info["entries"] if e["name"] == entry)


def median(program, case, threads, seconds):
    _, entry, _, _, _, queries, keys = case
    size = f"tokens={queries}" if entry != "decode" else f"keys={keys}"
    text = output(program, entry, "--dim", size, f"--bench={seconds}", f"--threads={threads}")
    return float(re.search(r"^median +([\d.]+) ms", text, re.M)[1])


def measure(case, seconds, scratch):
    name, entry, heads, _, width, queries, keys = case
    programs = {"parts": compile_program(scratch / "parts", case, "--without=fuse-attention"),
                "fused": compile_program(scratch / "fused", case)}
    flops = 4 * heads * queries * keys * width
    cells = [name]
    for threads in (1, 2):
        turns = [{kind: median(program, case, threads, seconds) for kind, program in programs.items()}
                 for _ in range(TURNS)]
        for kind in programs:
            ms = statistics.median(turn[kind] for turn in turns)
            cells.append(f"{ms:.3f}" + (f" | {flops / ms / 1e6:.1f}" if threads == 1 else ""))
    cells += [f"{arena(program, entry) / 1024:.0f}" for program in programs.values()]
    print("| " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=float, default=0.3)
    options = parser.parse_args()
    head = ["attention", "ms in parts", "GFLOP/s", "ms fused", "GFLOP/s", "in parts, 2 threads", "fused, 2 threads",
            "arena kB in parts", "fused"]
    print("| " + " | ".join(head) + " |\n" + "| --- " * len(head) + "|")
    for case in CASES:
        if not options.names or any(name in case[0] for name in options.names):
            with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
                measure(case, options.seconds, Path(scratch))


main()
