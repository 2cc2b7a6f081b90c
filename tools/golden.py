#!/usr/bin/env python3
"""Compiles golden cases, runs the programs and compares what they write.

usage: tools/golden.sh [-jN] [OPTION…] DIR…

A DIR is a case (a folder with case.json), a set of cases, or a folder of sets, anywhere.
A case of system S is compiled from test/golden/specs/S.yaml; systems.json beside the
specs says which values of case.json set which `let` of the spec. All else (names, files,
shapes, tolerances) is read from case.json.

  -jN          cases at a time (default 2)
  --threads=N  given to the compiled programs
  OPTION       anything else that starts with '-' is given to `lathe compile`,
               for example -O0 or --target-cpu=x86-64-v3

The compiler is $LATHE, or build/release/bin/lathe. An output passes when it differs from
the expected one by at most 10 * f32_vs_f64_max_abs_error + 1e-6 * max_abs (as case.json
gives them, else 1e-5 of the largest expected magnitude); integers must be equal. Outputs
named grad_* are for training and are skipped. Exits with 0 when no case failed.

Needs nothing but Python's standard library.
"""

import json
import math
import os
import re
import struct
import subprocess
import sys
import tempfile
from ast import literal_eval
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SPECS = ROOT / "test" / "golden" / "specs"
TIME_LIMIT = 900  # seconds for one compilation or one run


class Failure(Exception):
    """Why a case fails, in one line."""


# ------------------------------------------------------------------------- .npy files

# numpy's type letters and bytes: (the name case.json uses, struct's letter).
TYPES = {
    "f2": ("float16", "e"), "f4": ("float32", "f"), "f8": ("float64", "d"),
    "i1": ("int8", "b"), "i2": ("int16", "h"), "i4": ("int32", "i"), "i8": ("int64", "q"),
    "u1": ("uint8", "B"), "b1": ("bool", "?"),
}


class Tensor(NamedTuple):
    dtype: str
    shape: tuple
    values: tuple


def read_npy(path):
    """The little-endian, row-major array of a .npy file (versions 1 to 3)."""
    blob = Path(path).read_bytes()
    if blob[:6] != b"\x93NUMPY" or len(blob) < 12:
        raise Failure(f"'{Path(path).name}' is no .npy file")
    form = "<H" if blob[6] == 1 else "<I"
    start = 8 + struct.calcsize(form)
    data = start + struct.unpack_from(form, blob, 8)[0]
    try:
        header = literal_eval(blob[start:data].decode("latin-1").strip())
        order, kind = header["descr"][0], header["descr"][1:]
        shape, fortran = tuple(header["shape"]), header["fortran_order"]
    except (ValueError, SyntaxError, KeyError, TypeError, IndexError) as error:
        raise Failure(f"'{Path(path).name}' has a malformed header") from error
    if order not in "<|" or kind not in TYPES:
        raise Failure(f"'{Path(path).name}' has element type {header['descr']!r}")
    if fortran and len(shape) > 1:
        raise Failure(f"'{Path(path).name}' is in column-major order")
    dtype, letter = TYPES[kind]
    count = math.prod(shape)
    if len(blob) - data != count * struct.calcsize("<" + letter):
        raise Failure(f"'{Path(path).name}' holds {len(blob) - data} bytes for {dtype}{shape}")
    return Tensor(dtype, shape, struct.unpack_from(f"<{count}{letter}", blob, data))


def write_npy(path, tensor):
    kind, letter = next((k, l) for k, (name, l) in TYPES.items() if name == tensor.dtype)
    descr = ("|" if kind.endswith("1") else "<") + kind
    header = repr({"descr": descr, "fortran_order": False, "shape": tuple(tensor.shape)})
    header = header.encode().ljust(-(-(len(header) + 11) // 64) * 64 - 11) + b"\n"
    data = struct.pack(f"<{len(tensor.values)}{letter}", *tensor.values)
    Path(path).write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data)


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


def look_up(case, path):
    """The value at a dotted path of case.json, such as config.channels."""
    value = case
    for key in path.split("."):
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise Failure(f"case.json has no '{path}'") from error
    return value


def settings(case, table):
    """`--set` options for the lets of one system, from its table in systems.json."""
    options = []
    for let, source in table.items():
        source = {"from": source} if isinstance(source, str) else source
        value = look_up(case, source["from"])
        if "values" in source:
            if value not in source["values"]:
                raise Failure(f"'{source['from']}' is {value!r}, known are "
                              + ", ".join(map(repr, source["values"])))
            value = source["values"][value]
        text = value if isinstance(value, str) else json.dumps(value)
        options += ["--set", f"{let}={text}"]
    return options


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
    run_options: list

    def compile(self, case, folder, program):
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
        self.compile(case, folder, program)
        command = [program, *self.run_options]
        for name, entry in (case.get("inputs") or {}).items():
            command += [f"--{name}", (folder / entry["file"]).resolve()]
        written = {name: program.parent / f"{i}.npy" for i, name in enumerate(wanted)}
        for name, path in written.items():
            command += [f"--{name}", path]
        call("the program", command)

        comparisons = []
        for name, entry in wanted.items():
            if not written[name].exists():
                raise Failure(f"the program wrote no '{name}'")
            comparisons.append(compare(name, entry, read_npy(written[name]),
                                       read_npy(folder / entry["file"])))
        return comparisons, skipped

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
            return "SKIP", f"nothing to compare{note}", len(skipped)
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
    """(directories, jobs, options for the compiler, options for the programs)."""
    directories, jobs, for_compiler, for_program = [], 2, [], []
    rest = iter(arguments)
    for argument in rest:
        option = argument.split("=")[0]
        words = [argument]
        # These take a value, which may be the next word.
        if argument in ("-j", "--threads", "--target-cpu", "--set"):
            words.append(next(rest, ""))
        if re.fullmatch(r"-j\d*", argument):
            jobs = max(1, int(words[-1].removeprefix("-j") or 0))
        elif option == "--threads":
            for_program += words
        elif argument.startswith("-"):
            for_compiler += words
        else:
            directories.append(Path(argument))
    return directories, jobs, for_compiler, for_program


def main(arguments):
    if not arguments or {"-h", "--help"} & set(arguments):
        print(__doc__.strip(), file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else 2
    directories, jobs, for_compiler, for_program = parse(arguments)
    lathe = os.environ.get("LATHE") or str(ROOT / "build" / "release" / "bin" / "lathe")
    if not os.access(lathe, os.X_OK):
        print(f"golden: no compiler at '{lathe}': build it, or name one in $LATHE",
              file=sys.stderr)
        return 2
    tables = json.loads((SPECS / "systems.json").read_text())
    runner = Runner(str(Path(lathe).resolve()), tables, for_compiler, for_program)

    counts = {"PASS": 0, "FAIL": 0, "SKIP": 0}
    skipped = 0
    folders = []
    for directory in directories:
        cases = cases_in(directory)
        folders += cases
        if not cases:
            counts["FAIL"] += 1
            print(f"FAIL  {directory}: no case.json here or below")
    names = ["/".join(f.resolve().parts[-2:]) for f in folders]
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
