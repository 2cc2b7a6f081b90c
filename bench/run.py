#!/usr/bin/env python3
"""Measures Lathe and its peers: bench/run.py [--only NAME] [--threads 1,2] [--seconds S] [--peers NAMES] [--json FILE]

Each case of bench/cases.py (with --only, those of which `family: name` holds NAME) is compiled by Lathe on random
weights and prepared by every peer that is installed, each in a process of its own, tuned as its users would:
`bench/setup.sh` installs them into build/peers. The processes then run by turns, in rounds, so that whatever else the
machine does hits all alike. Results must agree, or the run fails.

Prints a table a family: the median of all calls in milliseconds, Lathe's tenth and ninetieth percentile, its share of
what the machine can do (the larger of FLOPs over the rate of multiply-adds and bytes over the rate of memory, by the
time; both rates are measured in the same run), the fastest peer's time over Lathe's, and the memory that Lathe and that
peer took beyond what they had before the case was there. --update-readme writes the tables into bench/README.md.
Uses the release build, or the one that $LATHE_BUILD names, and the peers of build/peers, or of $LATHE_PEERS.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import programs

PEERS_PYTHON = programs.ROOT / os.environ.get("LATHE_PEERS", "build/peers") / "bin" / "python"
if __name__ == "__main__" and PEERS_PYTHON.exists() and Path(sys.prefix) != PEERS_PYTHON.parent.parent:
    os.execv(PEERS_PYTHON, [PEERS_PYTHON, *sys.argv])

if "LATHE_PEERS" in os.environ and not PEERS_PYTHON.exists():
    sys.exit(f"run.py: error: $LATHE_PEERS has no '{PEERS_PYTHON}'; bench/setup.sh makes it")

try:
    import measure
    import report
    from cases import all_cases
except ModuleNotFoundError as error:
    sys.exit(f"run.py: error: Python has no {error.name}; bench/setup.sh installs it")


def options_of(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--threads", metavar="N,…", help="default: 1 for kernels, 1 and all processors for models")
    parser.add_argument("--seconds", type=float, default=0.5, help="of a peer's calls, a case and number of threads")
    parser.add_argument("--peers", default=",".join(measure.PEERS), metavar="NAMES",
                        help=f"of {', '.join(measure.PEERS)}; none: Lathe alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results as Google Benchmark does")
    parser.add_argument("--update-readme", type=Path, nargs="?", metavar="FILE",
                        const=programs.ROOT / "bench" / "README.md",
                        help="write the tables between the marks of bench/README.md, or of FILE")
    options = parser.parse_args(arguments)
    options.peers = [name for name in options.peers.split(",") if name not in ("", "none")]
    unknown = set(options.peers) - set(measure.PEERS)
    if unknown:
        parser.error(f"no peer is called {', '.join(sorted(unknown))}; there are {', '.join(measure.PEERS)}")
    return options


def threads_of(case, options):
    if options.threads:
        return [int(n) for n in options.threads.split(",")]
    return sorted({1, os.cpu_count()}) if case.get("threads") == "all" else [1]


def chosen_cases(options):
    cases = [case for case in all_cases()
             if not options.only or any(word in f"{case['family']}: {case['name']}" for word in options.only)]
    if not cases:
        sys.exit("run.py: error: no case has such a name; they are in bench/cases.py")
    return cases


def present_peers(names):
    """The peers that are installed; says of the others how to install them."""
    there = []
    for name in names:
        absent = measure.missing_modules(name)
        if absent:
            print(f"{measure.PEERS[name].title} is missing (no {', '.join(absent)}): bench/setup.sh {name}",
                  file=sys.stderr)
        else:
            there.append(name)
    return there


def describe_run(peers, counts):
    """The machine, what it can do with each number of threads, and the peers' versions."""
    return {"date": time.strftime("%Y-%m-%d"), "host_name": platform.node(), "num_cpus": os.cpu_count(),
            "processor": report.processor(), "limits": {n: measure.machine_limits(n) for n in counts},
            "peers": {name: measure.version(name) for name in peers}}


def measure_all(cases, peers, options, limits):
    """Rows of results, and lines on cases that have none or disagree."""
    results, broken = [], []
    for case in cases:
        try:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                for row in measure.measure_case(case, threads_of(case, options), peers, options.seconds, Path(folder),
                                                limits):
                    print(report.progress_line(row), flush=True)
                    results.append(row)
        except RuntimeError as error:
            broken.append(f"{case['name']}: {error}")
    broken += [f"{row['name']}: {measure.PEERS[name].title} {peer['disagrees']}" for row in results
               for name, peer in row["peers"].items() if "disagrees" in peer]
    return results, broken


def main():
    options = options_of(sys.argv[1:])
    cases, peers = chosen_cases(options), present_peers(options.peers)
    context = describe_run(peers, sorted({n for case in cases for n in threads_of(case, options)}))
    print(report.machine_line(context), flush=True)
    results, broken = measure_all(cases, peers, options, context["limits"])
    print("\n" + report.tables(results, peers))
    if options.json:
        options.json.write_text(json.dumps(report.as_google_benchmark(context, results), indent=1))
    if options.update_readme:
        report.update(options.update_readme, context, results, peers, sys.argv[1:])
    if broken:
        sys.exit("run.py: error: results are missing or do not agree:\n" + "\n".join(broken))


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, OSError) as error:
        sys.exit(f"run.py: error: {error}")
