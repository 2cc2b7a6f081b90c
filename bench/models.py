#!/usr/bin/env python3
"""Measures compiled models against what the machine can do: bench/models.py [--json FILE] [--seconds S] [NAME…]

Compiles the specs of bench/models.json whose names hold one of the NAMEs (all without any) on random weights, and runs
each with one thread and with all. A model's GFLOP/s are the multiply-adds and other operations that `lathe explain`
counts over the median time; its share is of the multiply-adds that bench/Machine.cpp measures in the same run. Uses the
release build, or the one that $LATHE_BUILD names.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(os.environ.get("LATHE_BUILD", ROOT / "build" / "release")) / "bin"


def output(*command):
    return subprocess.run([str(c) for c in command], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def machine(threads):
    """FLOP/s and bytes a second of so many threads: the sum of as many processes at a time, each one's median, since
    others may use the machine."""
    command = [BIN / "lathe-bench-machine", "--benchmark_format=json", "--benchmark_min_time=0.1",
               "--benchmark_repetitions=7", "--benchmark_report_aggregates_only=true"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
               for _ in range(threads)]
    rates = {"FLOP/s": 0, "B/s": 0}
    for process in running:
        for run in json.loads(process.communicate()[0])["benchmarks"]:
            for counter in rates:
                if run["aggregate_name"] == "median":
                    rates[counter] += run.get(counter, 0)
    return rates


def counted_flops(model):
    """Of the model's entry, by the cost interface."""
    dims = [f"--dim={name}={size}" for name, size in model.get("dims", {}).items()]
    report = json.loads(output(BIN / "lathe", "explain", model["spec"], *settings(model), *dims, "--json"))
    return sum(op["flops"] for op in report["ops"] if op["entry"] == model.get("entry", "main"))


def settings(model):
    return [word for setting in model.get("settings", []) for word in ("--set", setting)]


def measure(model, threads, seconds, scratch):
    """Median milliseconds by number of threads."""
    weights, program = scratch / "weights.safetensors", scratch / "program"
    output(BIN / "lathe", "init", model["spec"], *settings(model), "--seed", 1, "-o", weights)
    output(BIN / "lathe", "compile", model["spec"], *settings(model), "--weights", weights, "-o", program)
    words = [model["entry"]] if "entry" in model else []
    for name, size in model.get("dims", {}).items():
        words += ["--dim", f"{name}={size}"]
    times = {}
    for count in threads:
        text = output(program, *words, f"--bench={seconds}", f"--threads={count}")
        times[count] = float(re.search(r"^median +([\d.]+) ms", text, re.M)[1])
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    models = [m for m in json.loads((ROOT / "bench" / "models.json").read_text())
              if not options.names or any(name in m["name"] for name in options.names)]
    if not models:
        sys.exit("models.py: error: no model has such a name; they are in bench/models.json")
    threads = [1] + [os.cpu_count()] * (os.cpu_count() > 1)
    limits = {n: machine(n) for n in threads}
    print("machine: " + ", ".join(f"{n} threads {limits[n]['FLOP/s'] / 1e9:.0f} GFLOP/s {limits[n]['B/s'] / 1e9:.1f} GB/s"
                                  for n in threads))
    print("| model | GFLOP | " + " | ".join(f"ms, {n} threads | GFLOP/s | share" for n in threads) + " |")
    print("| --- " * (2 + 3 * len(threads)) + "|")
    rows = []
    for model in models:
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            times = measure(model, threads, options.seconds, Path(scratch))
        flops = counted_flops(model)
        cells = [model["name"], f"{flops / 1e9:.3f}"]
        for n, ms in times.items():
            rate = flops / ms * 1e3
            cells += [f"{ms:.2f}", f"{rate / 1e9:.1f}", f"{rate / limits[n]['FLOP/s']:.2f}"]
            rows.append({"name": f"{model['name']}/threads:{n}", "run_type": "iteration", "threads": n,
                         "real_time": ms, "time_unit": "ms", "FLOP/s": rate})
        print("| " + " | ".join(cells) + " |", flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps({"context": {"limits": limits}, "benchmarks": rows}, indent=1))


main()
