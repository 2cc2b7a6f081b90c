#!/usr/bin/env python3
"""Compiles and runs the small trained models of specs/zoo and prints what each shows.

    zoo.py [--lathe FILE] [--target TARGET] [--stored TYPES] [--keep FOLDER] [--json FILE] [MODEL...]

A model is a folder of specs/zoo with a spec, trained weights, test data, `train.py`, which
made these with PyTorch, `figures.json`, the figures that PyTorch has on the test data, and
`show.py` with

    SYSTEM = "the system"
    def show(zoo): ...

which compiles programs (`zoo.compile`), runs them, tells figures (`zoo.figure`), says
what they mean (`zoo.claim`) and what fewer bits do to them (`zoo.precisions`). The first
figure is the model's row in the table; the others follow it. A figure that is not PyTorch's
to a thousandth (absolute for what is below one, relative above), or with fewer bits is
worse by more than the model allows, fails the model. Needs nothing but Python's standard
library.
"""

import argparse
import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.dont_write_bytecode = True
from golden_case import Failure, read_npy  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
TOLERANCE = 1e-3
STORED = "f32", "bf16", "int8", "int4"


class Program:
    """A compiled program and how it is run."""

    def __init__(self, path):
        self.path = path

    @property
    def weights_bytes(self):
        weights = self.path.with_name(self.path.name + ".weights")
        return weights.stat().st_size if weights.exists() else 0

    def call(self, *arguments, **options):
        """Runs the program; what it printed, as text. Options are subprocess.run's."""
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, **options)
        if done.returncode:
            raise Failure(f"{self.path.name} {' '.join(map(str, arguments))}\n"
                          + done.stderr.decode(errors="replace").strip())
        return done.stdout.decode(errors="replace")

    def run(self, outputs, *arguments, entry=None, **inputs):
        """Runs an entry once. Inputs are files, numbers or lists of numbers; the result has a
        tensor (golden_case.Tensor) for each of the names in `outputs`."""
        with tempfile.TemporaryDirectory() as folder:
            words = [entry] if entry else []
            for name, value in inputs.items():
                listed = isinstance(value, (list, tuple))
                words += ["--input", f"{name}={','.join(map(str, value)) if listed else value}"]
            for name in outputs:
                words += ["--output", f"{name}={folder}/{name}.npy"]
            self.call(*words, *arguments)
            return {name: read_npy(f"{folder}/{name}.npy") for name in outputs}


class Zoo:
    """What a model's show.py is given."""

    def __init__(self, folder, built, lathe, target=None, types=STORED):
        self.folder, self.built, self.lathe, self.target, self.types = folder, built, lathe, target, types
        self.expected = json.loads((folder / "figures.json").read_text())
        self.figures, self.claims, self.programs, self.stored = [], [], [], []

    def path(self, name):
        """A file of the model's folder."""
        return self.folder / name

    def tensor(self, name):
        """An array of the model's folder."""
        return read_npy(self.folder / name)

    def compile(self, spec, weights, *options, name=None, counts=True):
        """Compiles a spec of the model's folder with weights ('FILE' or a list of them, each
        possibly 'PREFIX=FILE') of it. What counts adds to the size of the model's weights."""
        program = self.built / (name or Path(spec).stem)
        words = [self.lathe, "compile", self.folder / spec, "-o", program, *options]
        if self.target:
            words.append(f"--target={self.target}")
        for text in [weights] if isinstance(weights, str) else weights:
            prefix, equals, file = text.rpartition("=")
            words += ["--weights", f"{prefix}{equals}{self.folder / file}"]
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"lathe compile {spec}\n{done.stderr.strip()}")
        if counts:
            self.programs.append(Program(program))
        return Program(program)

    def figure(self, what, value, expected, unit=""):
        """Tells a figure that a program reached, beside the one of this name in figures.json.
        The unit '%' has fractions printed in percent."""
        self.figures.append((what, value, self.expected[expected], unit))

    def precisions(self, what, measure, spec, weights, *options, unit="", within=None, full=None):
        """Compiles a spec whose `stored` is how its matrices are stored, for each of the types. Of a
        program, `measure` gives the figure and the numbers that it comes from. How far these are
        from those of f32 is told as a share of the largest; `within` says, by the type, how far
        the figure may be: in units of it where these are '%', else as a share. `full` is the
        program of f32, where it is compiled already. Returns the rows by type."""
        rows, wanted = {}, None
        for stored in self.types:
            program = full if full and not rows else self.compile(
                spec, weights, *options, f"--set=stored={stored}",
                name=f"{Path(spec).stem}-{stored}", counts=False)
            value, numbers = measure(program)
            wanted = wanted or (value, numbers)
            apart = max(abs(a - b) for a, b in zip(numbers, wanted[1]))
            change = value - wanted[0] if unit == "%" else value / wanted[0] - 1
            rows[stored] = {
                "what": what, "stored": stored, "unit": unit, "value": value,
                "bytes": program.weights_bytes, "error": apart / max(map(abs, wanted[1])),
                "ok": abs(change) <= (within or {}).get(stored, math.inf)}
        self.stored += rows.values()
        return rows

    def claim(self, holds, text):
        """Says what the figures show, or that they do not show it."""
        self.claims.append((holds, text))


def is_equal(value, expected):
    return abs(value - expected) <= TOLERANCE * max(1.0, abs(expected))


def as_text(value, unit):
    return f"{100 * value:.2f} %" if unit == "%" else f"{value:.4g}{' ' + unit if unit else ''}"


def load(folder):
    """The module show.py of a model."""
    spec = importlib.util.spec_from_file_location(f"zoo_{folder.name}", folder / "show.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def print_model(module, zoo, seconds):
    size = sum(program.weights_bytes for program in zoo.programs)
    for i, (what, value, expected, unit) in enumerate(zoo.figures):
        system = module.SYSTEM if i == 0 else ""
        last = f"{size / 1e3:8.0f} kB {seconds:6.1f} s" if i == 0 else ""
        wrong = "" if is_equal(value, expected) else "  DIFFERS"
        print(f"{system:16} {what:58} {as_text(value, unit):>10} "
              f"{as_text(expected, unit):>10} {last}{wrong}")
    for row in zoo.stored:
        print(f"{'':16} {row['what'] + ', stored as ' + row['stored']:58} "
              f"{as_text(row['value'], row['unit']):>10} {'':10} {row['bytes'] / 1e3:8.0f} kB "
              f"off by {row['error']:.1e}{'' if row['ok'] else '  TOO FAR'}")
    for holds, text in zoo.claims:
        print(f"{'':16} {'shown' if holds else 'NOT shown'}: {text}")
    sys.stdout.flush()


def run_model(folder, built, *options):
    """Compiles, runs and prints a model; what is known of it, for --json."""
    start = time.monotonic()
    built.mkdir(parents=True, exist_ok=True)
    try:
        module = load(folder)
        zoo = Zoo(folder, built, *options)
        module.show(zoo)
    except Exception as error:  # whatever a model's own code raises is that model's failure
        text = str(error) if isinstance(error, Failure) else traceback.format_exc()
        print(f"{folder.name}: failed: {text}", flush=True)
        return {"model": folder.name, "ok": False, "error": text}
    seconds = time.monotonic() - start
    print_model(module, zoo, seconds)
    agrees = [is_equal(value, expected) for _, value, expected, _ in zoo.figures]
    is_near = all(row["ok"] for row in zoo.stored)
    return {
        "model": folder.name, "system": module.SYSTEM, "ok": bool(agrees) and all(agrees) and is_near,
        "seconds": seconds, "bytes": sum(program.weights_bytes for program in zoo.programs),
        "figures": [{"what": what, "value": value, "pytorch": expected, "unit": unit}
                    for what, value, expected, unit in zoo.figures],
        "stored": zoo.stored,
        "claims": [{"holds": bool(holds), "text": text} for holds, text in zoo.claims],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", help="folders of specs/zoo; all unless given")
    parser.add_argument("--lathe", default=ROOT / "build/release/bin/lathe", type=Path)
    parser.add_argument("--target", help="as lathe compile takes it: vulkan")
    parser.add_argument("--stored", default=",".join(STORED), help="of the types of matrices, f32 and others")
    parser.add_argument("--keep", type=Path, help="a folder to leave the programs in")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    known = sorted(p.parent for p in (ROOT / "specs/zoo").glob("*/show.py"))
    unknown = set(options.models) - {p.name for p in known}
    if unknown:
        parser.error(f"no model {', '.join(sorted(unknown))}; there are "
                     + ", ".join(p.name for p in known))
    types = options.stored.split(",")
    if types[0] != "f32" or set(types) - set(STORED):
        parser.error(f"--stored is f32, which others are compared with, and any of {', '.join(STORED[1:])}")
    chosen = [p for p in known if not options.models or p.name in options.models]

    print(f"{'system':16} {'figure':58} {'program':>10} {'PyTorch':>10} {'weights':>11} {'time':>8}")
    with tempfile.TemporaryDirectory() as temporary:
        kept = (options.keep or Path(temporary)).absolute()
        results = [run_model(p, kept / p.name, options.lathe.absolute(), options.target, types) for p in chosen]
    if options.json:
        written = options.json.with_suffix(options.json.suffix + f".{os.getpid()}")
        written.write_text(json.dumps(results, indent=1) + "\n")
        written.replace(options.json)
    bad = sum(not result["ok"] for result in results)
    print(f"\n{len(results) - bad} passed, {bad} failed")
    return 1 if bad or not results else 0


if __name__ == "__main__":
    sys.exit(main())
