#!/usr/bin/env python3
"""Measures assignments of least cost, 300 queries to 100 objects: bench/match.py [--seconds S]

Beside scipy's linear_sum_assignment, which must find the same, on random costs and on some whose search is long: products
of numbers, where all pairs change with every object, and costs that rank the queries alike for all objects. Milliseconds
of the fastest call in one thread. bench/setup.sh has scipy; run it with build/peers/bin/python3. Uses the release build,
or the one that $LATHE_BUILD names.
"""

import argparse
import re
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from programs import BIN, ROOT, output

QUERIES, OBJECTS = 300, 100


def costs():
    draw = np.random.default_rng(0)
    ranks = draw.normal(size=(QUERIES, 1)) + 0.1 * draw.normal(size=(QUERIES, OBJECTS))
    products = np.outer(np.arange(1, QUERIES + 1), np.arange(1, OBJECTS + 1))
    return {"random": draw.normal(size=(QUERIES, OBJECTS)), "products": products, "alike for all objects": ranks}


def peer(matrix, seconds):
    """The object of each query, 0 for none and else 1 + its number, and milliseconds."""
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        rows, columns = linear_sum_assignment(matrix)
        best = min(best, time.perf_counter() - start)
    matches = np.zeros(QUERIES, np.int64)
    matches[rows] = columns + 1
    return matches, 1e3 * best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.5)
    options = parser.parse_args()
    print("| costs | Lathe | scipy |\n| --- | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        program, given, found = (Path(folder) / name for name in ("match", "costs.npy", "columns.npy"))
        output(BIN / "lathe", "compile", ROOT / "bench" / "specs" / "match.yaml", "-o", program)
        for name, matrix in costs().items():
            matrix = matrix.astype(np.float32)
            np.save(given, matrix)
            output(program, "--costs", given, "--columns", found, "--threads=1")
            report = output(program, "--costs", given, "--threads=1", f"--bench={options.seconds}")
            matches, ms = peer(matrix, options.seconds)
            assert np.array_equal(np.load(found), matches), f"{name}: scipy finds another assignment"
            print(f"| {name} | {re.search(r'^min +([0-9.]+) ms', report, re.M)[1]} | {ms:.4f} |", flush=True)


if __name__ == "__main__":
    main()
