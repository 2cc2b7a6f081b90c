#!/usr/bin/env python3
"""Compiles golden cases, runs the programs and compares what they write.

usage: tools/golden.sh [-jN] [OPTION…] DIR…

A DIR is a case (a folder with case.json), a set of cases, or a folder of sets, anywhere.
A case of system S is compiled from test/golden/specs/S.yaml; systems.json beside the
specs says which values of case.json set which `let` of the spec. All else (names, files,
shapes, tolerances) is read from case.json. In systems.json, a value is
  "config.channels"                      the value at a path of case.json
  {"from": PATH, "default": VALUE}       the same, or VALUE if case.json has nothing there
  {"from": PATH, "values": {…}}          another one for it
  {"from": PATH, "in": PATH}             its number in a list
  {"each": "inputs.feat{i}.shape.2"}     a list, for i = 0, 1, … as far as there are any
  {"count": "inputs.feat{i}"}            how many there are
and besides lets a system may have
  "$inputs": {"width{i}": VALUE}         further inputs of the program; {i} as above
  "$calls": [{"entry": NAME, "for": {"t": [FIRST, END]}, "inputs": {…}, "outputs": {…}}]
                                         the calls to make, those with "for" once for each t;
    an input is a VALUE, "t", or {"of": INPUT, "axis": A, "from": F, "to": T or "at": F},
    an output the name that case.json has for it, or {"part of": NAME, "axis": A}

  -jN          cases at a time (default 2)
  --one        of each set the first case alone
  --threads=N  given to the compiled programs; with several, as in --threads=1,2, each
               program runs with each, and all must give the same bits
  --keep=DIR   compiles only, and keeps the programs in DIR
  --programs=DIR
               compiles nothing and runs the programs in DIR, here or on another machine
  OPTION       anything else that starts with '-' is given to `lathe compile`,
               for example -O0 or --target-cpu=x86-64-v3

The compiler is $LATHE, or build/release/bin/lathe. An output passes when it differs from
the expected one by at most 10 * f32_vs_f64_max_abs_error + 1e-6 * max_abs (as case.json
gives them, else 1e-5 of the largest expected magnitude); integers must be equal. Outputs
named grad_* are for training and are skipped. Exits with 0 when no case failed.

Needs nothing but Python's standard library.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from golden_case import Failure, join_along, planned_calls, read_npy, settings

ROOT = Path(__file__).resolve().parent.parent
SPECS = ROOT / "test" / "golden" / "specs"
if not SPECS.exists():  # Carried to another machine with programs: bench/gpu.py.
    SPECS = Path(__file__).resolve().parent / "specs"
TIME_LIMIT = 900  # seconds for one compilation or one run


# ------------------------------------------------------------------------- comparison


class Comparison(NamedTuple):
    output: str
    error: float
    allowed: float

    @property
    def passed(self):
        return self.error <= self.allowed


def allowed_error(entry, want):
    """The tolerance of one output: `entry` is its description in case.json."""
    if not want.dtype.startswith("float"):
        return 0.0
    float_error, max_abs = entry.get("f32_vs_f64_max_abs_error"), entry.get("max_abs")
    if float_error is None or max_abs is None:
        return 1e-5 * max((abs(v) for v in want.values), default=0.0)
    return 10 * float_error + 1e-6 * max_abs


def compare(name, entry, got, want):
    """Raises Failure where the two cannot be compared by a difference."""
    for what in ("dtype", "shape"):
        if getattr(got, what) != getattr(want, what):
            raise Failure(f"'{name}' has {what} {getattr(got, what)}, "
                          f"wanted {getattr(want, what)}")
    for tensor, whose in ((got, "the program's"), (want, "the expected")):
        if any(v != v for v in tensor.values):
            raise Failure(f"{whose} '{name}' contains NaN")
    # Equal infinities differ by nothing, though their difference is NaN.
    error = max((abs(g - w) for g, w in zip(got.values, want.values) if g != w), default=0)
    return Comparison(name, error, allowed_error(entry, want))


# ------------------------------------------------------------------------- one case


def name_of(folder):
    """The set and the case."""
    return "/".join(folder.resolve().parts[-2:])


def spec_of(system):
    spec = SPECS / f"{system}.yaml"
    if not re.fullmatch(r"\w+", str(system)) or not spec.is_file():
        raise Failure(f"no spec for system '{system}': "
                      f"wanted {(SPECS / 'SYSTEM.yaml').relative_to(ROOT)}")
    return spec


def call(what, command):
    try:
        done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace",
                              timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired as error:
        raise Failure(f"{what} took more than {TIME_LIMIT} s") from error
    except OSError as error:
        raise Failure(f"{what} does not start: {error.strerror}") from error
    if done.returncode == 0:
        return
    lines = [l.strip() for l in (done.stderr + "\n" + done.stdout).splitlines() if l.strip()]
    reason = next((l for l in lines if "error" in l.lower()), lines[0] if lines else "")
    status = (f"exits with {done.returncode}" if done.returncode > 0
              else f"is killed by signal {-done.returncode}")
    raise Failure(f"{what} {status}: {reason}" if reason else f"{what} {status}")


class Runner(NamedTuple):
    lathe: str
    tables: dict
    compile_options: list
    thread_counts: list
    keep: Path | None = None
    programs: Path | None = None

    def compile(self, case, folder, program):
        if self.programs:
            kept = self.programs / name_of(folder)
            if not kept.is_dir():
                raise Failure(f"there is no program in '{kept}'")
            # A copy would not start while a process that another thread forks still has it open for writing.
            shutil.copytree(kept.resolve(), program.parent, copy_function=os.symlink, dirs_exist_ok=True)
            return
        system = case.get("system")
        spec = spec_of(system)
        command = [self.lathe, "compile", spec, *settings(case, self.tables.get(system, {}))]
        if (folder / "weights.safetensors").exists():
            command += ["--weights", folder / "weights.safetensors"]
        call("lathe compile", [*command, *self.compile_options, "-o", program])

    def compare_outputs(self, folder, scratch):
        """(comparisons, names of skipped outputs) of one case."""
        case = json.loads((folder / "case.json").read_text())
        outputs = case.get("outputs") or {}
        skipped = [name for name in outputs if name.startswith("grad_")]
        wanted = {n: e for n, e in outputs.items() if n not in skipped}
        if not outputs:
            raise Failure("case.json names no outputs")
        if not wanted:
            return [], skipped

        # An absolute path: a bare name would be looked for in $PATH.
        program = Path(scratch).resolve() / "program"
        if self.keep:
            program = (self.keep / name_of(folder)).resolve() / "program"
            program.parent.mkdir(parents=True, exist_ok=True)
        self.compile(case, folder, program)
        if self.keep:
            return [], skipped
        calls = planned_calls(case, folder, program.parent,
                              self.tables.get(case.get("system"), {}))
        got = self.run_calls(program, calls, wanted, self.thread_counts[0])
        for threads in self.thread_counts[1:]:
            again = self.run_calls(program, calls, wanted, threads)
            for name in wanted:
                if again.get(name) != got.get(name):
                    raise Failure(f"'{name}' is not the same with {threads} threads "
                                  f"as with {self.thread_counts[0]}")
        comparisons = []
        for name, entry in wanted.items():
            if name not in got:
                raise Failure(f"no call of the program gives '{name}'")
            comparisons.append(compare(name, entry, got[name],
                                       read_npy(folder / entry["file"])))
        return comparisons, skipped

    def run_calls(self, program, calls, wanted, threads):
        """The wanted outputs by their names in case.json, of one process; `threads` may be
        None, the program's own choice."""
        command, parts = [program], {}
        for number, planned in enumerate(calls):
            command += [":"] if number else []
            command += [planned.entry] if planned.entry else []
            command += [f"--threads={threads}"] if threads and not number else []
            for name, text in planned.inputs.items():
                command += [f"--{name}", text]
            for name, (whole, axis) in planned.outputs.items():
                if whole in wanted:
                    path = program.parent / f"{number}-{len(parts)}-out.npy"
                    command += [f"--{name}", path]
                    parts.setdefault(whole, (axis, []))[1].append(path)
        call("the program", command)
        got = {}
        for whole, (axis, paths) in parts.items():
            if not all(path.exists() for path in paths):
                raise Failure(f"the program wrote no '{whole}'")
            tensors = [read_npy(path) for path in paths]
            got[whole] = tensors[0] if axis is None else join_along(tensors, axis)
        return got

    def run(self, folder):
        """(PASS, FAIL or SKIP; the rest of the line; number of skipped outputs)."""
        try:
            with tempfile.TemporaryDirectory(prefix="golden-") as scratch:
                comparisons, skipped = self.compare_outputs(folder, scratch)
        except Failure as failure:
            return "FAIL", str(failure), 0
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            return "FAIL", f"unreadable case: {type(error).__name__}: {error}", 0
        note = f"  (skipped {', '.join(skipped)})" if skipped else ""
        if not comparisons:
            what = "compiled" if self.keep else "nothing to compare"
            return "SKIP", f"{what}{note}", len(skipped)
        worst = max(comparisons, key=lambda c: c.error / (c.allowed or 1e-30))
        text = f"{worst.output} off by {worst.error:.3g}, allowed {worst.allowed:.3g}{note}"
        return ("PASS" if worst.passed else "FAIL"), text, len(skipped)


# ------------------------------------------------------------------------- command line


def cases_in(directory):
    found = []
    for folder, folders, files in os.walk(directory, followlinks=True):
        folders.sort()
        if "case.json" in files:
            found.append(Path(folder))
            folders.clear()
    return found


def parse(arguments):
    """(directories, jobs, whether one case of a set is enough, what a Runner has from its compile_options on)."""
    directories, jobs, one, for_compiler, thread_counts = [], 2, False, [], [None]
    folders = {"--keep": None, "--programs": None}
    rest = iter(arguments)
    for argument in rest:
        option = argument.split("=")[0]
        words = [argument]
        # These take a value, which may be the next word.
        if argument in ("-j", "--threads", "--target-cpu", "--set"):
            words.append(next(rest, ""))
        if re.fullmatch(r"-j\d*", argument):
            jobs = max(1, int(words[-1].removeprefix("-j") or 0))
        elif argument == "--one":
            one = True
        elif option == "--threads":
            thread_counts = words[-1].removeprefix("--threads=").split(",")
        elif option in folders:
            folders[option] = Path(argument.split("=", 1)[-1])
        elif argument.startswith("-"):
            for_compiler += words
        else:
            directories.append(Path(argument))
    return directories, jobs, one, (for_compiler, thread_counts, *folders.values())


def main(arguments):
    if not arguments or {"-h", "--help"} & set(arguments):
        print(__doc__.strip(), file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else 2
    directories, jobs, one, options = parse(arguments)
    is_carried = options[-1] is not None
    lathe = os.environ.get("LATHE") or str(ROOT / "build" / "release" / "bin" / "lathe")
    if not is_carried and not os.access(lathe, os.X_OK):
        print(f"golden: no compiler at '{lathe}': build it, or name one in $LATHE",
              file=sys.stderr)
        return 2
    tables = json.loads((SPECS / "systems.json").read_text())
    runner = Runner(str(Path(lathe).resolve()), tables, *options)

    counts = {"PASS": 0, "FAIL": 0, "SKIP": 0}
    skipped = 0
    folders = []
    for directory in directories:
        cases = cases_in(directory)
        folders += cases
        if not cases:
            counts["FAIL"] += 1
            print(f"FAIL  {directory}: no case.json here or below")
    if one:
        folders = [f for i, f in enumerate(folders) if f.parent not in {it.parent for it in folders[:i]}]
    names = [name_of(f) for f in folders]
    width = max(map(len, names), default=0)
    with ThreadPoolExecutor(jobs) as pool:
        for name, (status, text, count) in zip(names, pool.map(runner.run, folders)):
            counts[status] += 1
            skipped += count
            print(f"{status}  {name:{width}}  {text}", flush=True)
    print(f"{counts['PASS']} passed, {counts['FAIL']} failed"
          + (f", {skipped} skipped" if skipped else ""))
    return 1 if counts["FAIL"] or not counts["PASS"] + counts["SKIP"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
