#!/usr/bin/env python3
"""Counts the instructions of compiled programs: bench/instructions.py [--update] [--counts FILE] [NAME…]

Times tell little on a machine that others use; the number of instructions of a run is the same every time, and most
mistakes of code generation (a loop that is no longer vectorised, an epilogue that is no longer fused) show in it. Each
case of bench/instructions.json whose name holds one of the NAMEs is compiled for x86-64-v3, which valgrind can run, and
counted by it: one call in one thread, as the difference of two calls and one. Fails where a count is above the one in
the file by more than its bound. --update writes the counts into the file. Uses the release build, or the one that
$LATHE_BUILD names.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import programs

VALGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]


def count_process(words, folder):
    """All instructions of a process, whose paths and environment are the same every time: they would be counted."""
    result = subprocess.run([*VALGRIND, *words], capture_output=True, text=True, cwd=folder,
                            env={"PATH": os.environ["PATH"]})
    found = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode or not found:
        raise RuntimeError(f"valgrind could not count {' '.join(words)}:\n{result.stderr}")
    return int(found[1])


def count_call(case):
    """Instructions of one call of the case's entry."""
    with tempfile.TemporaryDirectory(prefix="instructions-") as folder:
        program = Path(folder) / "program"
        programs.compile_spec(case, program, "--target-cpu=x86-64-v3")
        files = programs.write_inputs(programs.describe(program), case, Path(folder))
        words = ["./program", *([case["entry"]] if "entry" in case else []), "--threads=1"]
        for name, path in files.items():
            words += [f"--{name}", path.name]
        once, twice = (count_process([*words, f"--repeat={n}"], folder) for n in (1, 2))
        return twice - once


def judge(case, counted, bound):
    """A line on what was counted, and whether that is within the bound."""
    expected = case.get("instructions")
    if not expected:
        return f"{case['name']}: {counted:,}, and the file has no count", False
    change = counted / expected - 1
    line = f"{case['name']}: {counted:,}, {change:+.1%} of the {expected:,.0f} expected"
    if change > bound:
        return f"{line}: more than {bound:.0%} above", False
    return line + (": --update holds on to that" if change < -bound else ""), True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--counts", type=Path, default=programs.ROOT / "bench" / "instructions.json", metavar="FILE")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("instructions.py: error: needs valgrind, which tools/setup.sh installs")
    record = json.loads(options.counts.read_text())
    cases = [c for c in record["cases"] if not options.names or any(name in c["name"] for name in options.names)]
    if not cases:
        sys.exit(f"instructions.py: error: no case has such a name; they are in {options.counts}")
    good = True
    with ThreadPoolExecutor(2) as pool:
        for case, counted in zip(cases, pool.map(count_call, cases)):
            line, within = judge(case, counted, record["bound"])
            print(line, flush=True)
            good &= within
            if options.update:
                case["instructions"] = counted
    if options.update:
        cases = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in record["cases"])
        options.counts.write_text(f'{{"bound": {record["bound"]}, "cases": [\n{cases}\n]}}\n')
    elif not good:
        sys.exit("instructions.py: error: programs take more instructions than expected. If they have to, "
                 "bench/instructions.py --update writes down how many")


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        sys.exit(f"instructions.py: error: {error}")
