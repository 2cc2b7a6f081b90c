#!/usr/bin/env python3
"""Measures the two forms of Kronecker adapters: bench/adapters.py [--tokens N,…] [--set name=value]… [--threads N] [--seconds S]

For each number of tokens, the adapters of bench/specs/adapters.yaml (those of T5-base unless --set says otherwise) are
compiled merged and factored, and both programs run in turns. Prints the median time of one adapter in each form, which
of them `--adapters=auto` takes, and whether that is the faster one. Uses the release build.
"""

import argparse
import json
import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LATHE = ROOT / "build" / "release" / "bin" / "lathe"
SPEC = ROOT / "bench" / "specs" / "adapters.yaml"
FORMS = ["merged", "factored"]
TURNS = 3


def output(*words):
    return subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True).stdout


def median_us(program, options):
    text = output(program, f"--bench={options.seconds}", f"--threads={options.threads}")
    return 1000 * float(re.search(r"^median +([\d.]+) ms", text, re.M)[1])


def measure(settings, options, folder):
    """Microseconds of one adapter by form, and the forms that the compiler chooses downwards and upwards."""
    weights = folder / "w.safetensors"
    output(LATHE, "init", SPEC, *settings, "--seed", 1, "-o", weights)
    report = json.loads(output(LATHE, "explain", SPEC, *settings, "--json"))["adapters"]
    choices = [row["choice"] for row in report]
    count = report[0]["count"]
    programs = {}
    for form in [*FORMS, "auto"]:
        programs[form] = folder / form
        output(LATHE, "compile", SPEC, *settings, "--weights", weights, f"--adapters={form}", "-o", programs[form])
    times = {form: [] for form in programs}
    for _ in range(TURNS):
        for form, program in programs.items():
            times[form].append(median_us(program, options) / count)
    return {form: sorted(values)[TURNS // 2] for form, values in times.items()}, choices


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", default="1,2,4,8,16,32,64,128,256,512")
    parser.add_argument("--set", action="append", default=[], dest="sets")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.3)
    options = parser.parse_args()
    print("| tokens | merged µs | factored µs | auto µs | auto takes (down, up) | auto / the better one |\n"
          + "| --- " * 6 + "|")
    for tokens in options.tokens.split(","):
        settings = [part for word in [f"tokens={tokens}", *options.sets] for part in ("--set", word)]
        with tempfile.TemporaryDirectory() as folder:
            times, choices = measure(settings, options, Path(folder))
        better = min(times[form] for form in FORMS)
        print(f"| {tokens} | {times['merged']:.2f} | {times['factored']:.2f} | {times['auto']:.2f} | "
              f"{', '.join(choices)} | {times['auto'] / better:.2f} |", flush=True)


if __name__ == "__main__":
    main()
