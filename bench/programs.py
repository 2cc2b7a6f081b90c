"""What benchmarks share: where the compiler is, programs of specs on random weights, and random inputs for them."""

import json
import math
import os
import random
import re
import subprocess
import sys
from array import array
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(os.environ.get("LATHE_BUILD", ROOT / "build" / "release")) / "bin"

sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))
from golden_case import Tensor, write_npy  # noqa: E402
from prepare import read_header  # noqa: E402

# The types of tensors whose inputs can be made, as numpy calls them.
NUMPY_TYPES = {"f32": "float32", "i8": "int8", "i32": "int32", "i64": "int64"}


def output(*words):
    """What a command prints; its own messages are the error's where it fails."""
    result = subprocess.run([str(word) for word in words], cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        command = f"{Path(str(words[0])).name} {' '.join(map(str, words[1:3]))}"
        raise RuntimeError(f"{command} failed: {result.stderr.strip()}")
    return result.stdout


def as_options(option, values):
    """--set name=value, or --dim name=value, of each value."""
    return [word for name, value in values.items()
            for word in (option, f"{name}={json.dumps(value) if isinstance(value, bool) else value}")]


def scale_weights(path, pattern, factor):
    """Multiplies the 32-bit weights of which the names hold a pattern, in place."""
    tensors, start = read_header(path)
    with open(path, "r+b") as file:
        for name in filter(re.compile(pattern).search, tensors):
            begin, end = (start + offset for offset in tensors[name]["data_offsets"])
            file.seek(begin)
            numbers = array("f", file.read(end - begin))
            file.seek(begin)
            file.write(array("f", (factor * number for number in numbers)))


def compile_spec(case, path, *options):
    """Compiles the case's spec on random weights to `path`; the weights it was made of lie in path.safetensors. Some are
    multiplied by the factors of `scaled`, where random ones would overflow, or leave softmax with one key."""
    words = as_options("--set", case.get("settings", {}))
    weights = Path(f"{path}.safetensors")
    if not weights.exists():
        output(BIN / "lathe", "init", case["spec"], *words, "--seed", 1, "-o", weights)
        for pattern, factor in case.get("scaled", {}).items():
            scale_weights(weights, pattern, factor)
    output(BIN / "lathe", "compile", case["spec"], *words, "--weights", weights, *options, "-o", path)


def describe_entry(info, case):
    """What the descriptor says of the entry that the case runs: the first one unless it names another."""
    return next(e for e in info["entries"] if case.get("entry") in (None, e["name"]))


def value_of(size, dims):
    """A size that is a number, or an expression over dims in which / rounds down."""
    return size if isinstance(size, int) else eval(re.sub("/+", "//", size), {"__builtins__": {}}, dict(dims))


def held_dims(info, dims):
    """What inputs must hold that dims are read from: a dim's value, or its number among the values that it may take."""
    return {dim["input"]: dim["values"].index(dims[dim["name"]]) if "values" in dim else dims[dim["name"]]
            for dim in info["dims"] if "input" in dim}


def all_dims(info, case):
    """Values of all dims: those that the case does not name are at their minimum."""
    return {dim["name"]: dim["min"] for dim in info["dims"]} | case.get("dims", {})


def draw_floats(draw, shape, ranges):
    """Numbers between -1 and 1, or each of the last dimension in a range of its own."""
    ranges = ranges or [(-1, 1)]
    return [draw.uniform(*ranges[i % len(ranges)]) for i in range(math.prod(shape))]


def write_inputs(info, case, folder):
    """Inputs of the case's entry as .npy files, random but for those that hold dims or are among the case's `inputs`:
    their paths by name."""
    dims = all_dims(info, case)
    fixed = held_dims(info, dims) | case.get("inputs", {})
    files = {}
    for declared in describe_entry(info, case)["inputs"]:
        name, shape = declared["name"], tuple(value_of(size, dims) for size in declared["shape"])
        draw, count = random.Random(name), math.prod(shape)
        if name in fixed:
            values = [fixed[name]] * count
        elif declared["type"] == "f32":
            values = draw_floats(draw, shape, case.get("ranges", {}).get(name))
        else:
            least, most = (value_of(bound, dims) for bound in declared.get("range", (0, 15)))
            values = [draw.randint(int(least), int(most)) for _ in range(count)]
        files[name] = folder / f"{name}.npy"
        write_npy(files[name], Tensor(NUMPY_TYPES[declared["type"]], shape, tuple(values)))
    return files


def describe(program):
    return json.loads(output(program, "--info=json"))
