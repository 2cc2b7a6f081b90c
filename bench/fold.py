#!/usr/bin/env python3
"""Measures what folding masks buys: bench/fold.py [--layers N] [--share S] [--stored TYPE] [--activations TYPE]
                                                [--threads N] [--seconds S]

A network of GEB-1.3B's shape with PAT's masks, of which a share of the channels is dropped, is compiled with and without
`fold-masks`, and as the network without masks and modules, on random weights. Prints the size of each one's weights and
the times of a prompt of 128 tokens and of decoding a token after it, all in one run: the programs take turns, and
the fastest call counts, as a machine that others use is slower for seconds at a time; medians stand in brackets.
Also what preparing the weights took (prepare.py).
Needs 25 GB of disk and 8 GB of memory for all 24 layers; uses the release build.
"""

import argparse
import os
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

from prepare import HEADER, LATHE, ROOT, keep_share, prepare, run

SPEC = ROOT / "specs" / "pat" / "llama-1.3b.yaml"
SHAPE = ["vocabulary=64896", "kv_heads=4", "ffn=5632", "context=512"]
MASK = "model.dimdown0.dimdown_mask.mask"
TURNS = 8


def settings(layers, masks):
    words = [*SHAPE, f"layers={layers}", f"hsm={'true' if masks else 'false'}"]
    return [part for word in words for part in ("--set", word)]


def fastest_and_median_ms(program, entry, dims, options):
    words = [program, entry, f"--bench={options.seconds}", f"--threads={options.threads}"]
    for name, size in dims.items():
        words += ["--dim", f"{name}={size}"]
    text = subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True).stdout
    return [float(re.search(rf"^{name} +([\d.]+) ms", text, re.M)[1]) for name in ("min", "median")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=24)
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--stored", default="f32", help="how matrices are stored: f32, bf16, int8, int4")
    parser.add_argument("--activations", default="f32", help="how they are multiplied: f32, int8")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=0.7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/tmp")) as folder:
        folder = Path(folder)
        weights = folder / "masked.safetensors"
        run(LATHE, "init", SPEC, *settings(options.layers, True), "--seed", 1, "-o", weights)
        kept, count = keep_share(weights, MASK, 1 - options.share)
        bare = folder / "bare.safetensors"
        run(LATHE, "init", SPEC, *settings(options.layers, False), "--seed", 1, "-o", bare)
        print(f"{options.layers} layers, {kept} of {count} channels kept, matrices in {options.stored}, "
              f"activations in {options.activations}, {options.threads} threads\n")
        kinds = {"without masks": (bare, False, []),
                 "masks in place": (weights, True, ["--without=fold-masks"]),
                 "masks folded": (weights, True, [])}
        programs = {}
        print(HEADER)
        for i, (kind, (source, masks, flags)) in enumerate(kinds.items()):
            programs[kind] = folder / f"program{i}"
            values = [*settings(options.layers, masks), "--set", f"stored={options.stored}",
                      "--set", f"activations={options.activations}"]
            print(prepare(kind, SPEC, values, source, programs[kind], flags), flush=True)
        bare.unlink()
        work = {"prompt of 128 tokens": ("prefill", {"tokens": 128, "past": 0}),
                "a token after 128": ("decode", {"past": 128})}
        print("\n| ms | " + " | ".join(programs) + " | without masks / folded |\n" + "| --- " * 5 + "|")
        for what, (entry, dims) in work.items():
            times = {kind: [] for kind in programs}
            for _ in range(TURNS):
                for kind, program in programs.items():
                    times[kind].append(fastest_and_median_ms(program, entry, dims, options))
            fastest = {kind: min(pairs)[0] for kind, pairs in times.items()}
            median = {kind: statistics.median(pair[1] for pair in pairs) for kind, pairs in times.items()}
            cells = [f"{fastest[kind]:.1f} ({median[kind]:.1f})" for kind in programs]
            gain, usual = (ms["without masks"] / ms["masks folded"] for ms in (fastest, median))
            print(f"| {what} | " + " | ".join(cells) + f" | {gain:.2f} ({usual:.2f}) |", flush=True)


if __name__ == "__main__":
    main()
