#!/usr/bin/env python3
"""Measures that null experts cost nothing: bench/experts.py [--tokens N] [--seconds S] [--threads T]

Runs a mixture of 8 experts and 8 null ones (specs/adamoe/layer.yaml, 3 picks a token, 1024 to 3584 features) on tokens
of which more and more pick null experts: their logits rise with the tokens' first feature. Prints, for each share of
true picks, the least time of the experts' step (from a profile), and how well the times lie on a line: r², the time that
is there without picks, and what 14.5 % fewer picks than three quarters of all save. Needs numpy and safetensors. Uses
the release build, or the one that $LATHE_BUILD names.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from programs import BIN, ROOT, output

SPEC = ROOT / "specs" / "adamoe" / "layer.yaml"
HIDDEN, FFN = 1024, 3584
SETTINGS = ["--set", f"hidden={HIDDEN}", "--set", f"ffn={FFN}"]
# By how much null experts' logits are above the others.
LEADS = [-6, -1.5, -1, -0.6, -0.3, 0, 0.3, 0.6, 1, 1.5, 6]


def make_program(folder):
    """Null experts' logits have the token's first feature added, the others nothing of it."""
    checkpoint, program = folder / "w.safetensors", folder / "program"
    output(BIN / "lathe", "init", SPEC, *SETTINGS, "--seed", 1, "-o", checkpoint)
    weights = load_file(checkpoint)
    for name, slope in (("gate", 0), ("gate2", 1)):
        matrix = next(key for key in weights if key.endswith(f"block_sparse_moe.{name}.weight"))
        weights[matrix] = weights[matrix].copy()
        weights[matrix][:, 0] = slope
    save_file(weights, checkpoint)
    output(BIN / "lathe", "compile", SPEC, *SETTINGS, "--weights", checkpoint, "-o", program)
    return program


def measure(program, folder, lead, options):
    """The number of true picks, and the least milliseconds of the experts."""
    x = np.random.default_rng(0).standard_normal((options.tokens, HIDDEN)).astype(np.float32)
    x[:, 0] = lead
    np.save(folder / "x.npy", x)
    run = [program, "--x", folder / "x.npy", f"--threads={options.threads}"]
    output(*run, "--true_experts_used", folder / "used.npy")
    output(*run, f"--bench={options.seconds}", "--profile", folder / "trace.json")
    events = json.loads((folder / "trace.json").read_text())
    events = events["traceEvents"] if isinstance(events, dict) else events
    times = [event["dur"] / 1e3 for event in events if event.get("name") == "moe.mixture"]
    return int(np.load(folder / "used.npy").sum()), min(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        program = make_program(Path(scratch))
        found = [measure(program, Path(scratch), lead, options) for lead in LEADS]
    print("| true picks | of all | ms |\n| ---: | ---: | ---: |")
    for picks, ms in found:
        print(f"| {picks} | {picks / (3 * options.tokens):.1%} | {ms:.3f} |")
    picks, ms = np.array(found).T
    slope, rest = np.polyfit(picks, ms, 1)
    most = 0.75 * 3 * options.tokens
    saved = slope * 0.145 * most / (slope * most + rest)
    print(f"\nr² = {np.corrcoef(picks, ms)[0, 1] ** 2:.4f}, {rest:.3f} ms without picks, "
          f"14.5 % fewer picks save {saved:.1%}")


if __name__ == "__main__":
    main()
