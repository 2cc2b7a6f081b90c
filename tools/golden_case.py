"""What golden cases hold, and what systems.json says of how their programs are run.

Part of tools/golden.py, whose help text explains systems.json.
"""

import json
import math
import re
import struct
from ast import literal_eval
from pathlib import Path
from typing import NamedTuple


class Failure(Exception):
    """Why a case fails, in one line."""


# ------------------------------------------------------------------------- tensors

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


def slice_along(tensor, axis, start, stop):
    """The elements [start, stop) along an axis."""
    size, inner = tensor.shape[axis], math.prod(tensor.shape[axis + 1:])
    if not 0 <= start <= stop <= size:
        raise Failure(f"cannot take [{start}, {stop}) of {size} along the axis {axis}")
    values = []
    for outer in range(math.prod(tensor.shape[:axis])):
        values += tensor.values[(outer * size + start) * inner:(outer * size + stop) * inner]
    shape = (*tensor.shape[:axis], stop - start, *tensor.shape[axis + 1:])
    return Tensor(tensor.dtype, shape, tuple(values))


def join_along(tensors, axis):
    """Tensors of one type, one after another along an axis."""
    first = tensors[0]
    if any(t.dtype != first.dtype or len(t.shape) != len(first.shape) or any(
            a != b for d, (a, b) in enumerate(zip(t.shape, first.shape)) if d != axis)
            for t in tensors):
        raise Failure(f"cannot join {', '.join(str(t.shape) for t in tensors)} along {axis}")
    rows = [(t.values, math.prod(t.shape[axis:])) for t in tensors]
    values = []
    for outer in range(math.prod(first.shape[:axis])):
        for all_values, row in rows:
            values += all_values[outer * row:(outer + 1) * row]
    shape = (*first.shape[:axis], sum(t.shape[axis] for t in tensors), *first.shape[axis + 1:])
    return Tensor(first.dtype, shape, tuple(values))


# ------------------------------------------------------------------------- values


def look_up(case, path, default=None):
    """The value at a dotted path of case.json, such as config.channels; `default`, where there
    is one, if the path leads nowhere."""
    value = case
    for key in path.split("."):
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            if default is not None:
                return default
            raise Failure(f"case.json has no '{path}'") from error
    return value


def numbered(case, pattern):
    """The values at `pattern` with 0, 1, … for {i}, as far as there are any."""
    values = []
    while True:
        try:
            values.append(look_up(case, pattern.replace("{i}", str(len(values)))))
        except Failure:
            return values


def evaluate(case, source):
    """The value that an entry of systems.json stands for."""
    if isinstance(source, int):
        return source
    source = {"from": source} if isinstance(source, str) else source
    if "each" in source or "count" in source:
        values = numbered(case, source.get("each") or source["count"])
        return values if "each" in source else len(values)
    value = look_up(case, source["from"], source.get("default"))
    if "values" in source:
        if value not in source["values"]:
            raise Failure(f"'{source['from']}' is {value!r}, known are "
                          + ", ".join(map(repr, source["values"])))
        value = source["values"][value]
    if "in" in source:
        choices = look_up(case, source["in"])
        if value not in choices:
            raise Failure(f"'{source['from']}' is {value!r}, '{source['in']}' has "
                          + ", ".join(map(repr, choices)))
        value = choices.index(value)
    return value


def settings(case, table):
    """`--set` options for the lets of one system, from its table in systems.json."""
    options = []
    for let, source in table.items():
        if let.startswith("$"):
            continue
        value = evaluate(case, source)
        text = value if isinstance(value, str) else json.dumps(value)
        options += ["--set", f"{let}={text}"]
    return options


def made_inputs(case, table):
    """Name and text of the inputs made from values: {"task": "2", "widths": "0,3"}."""
    made = {}
    for name, source in table.get("$inputs", {}).items():
        if "{i}" in name:
            for i in range(len(numbered(case, source["from"]))):
                this = {**source, "from": source["from"].replace("{i}", str(i))}
                made[name.replace("{i}", str(i))] = evaluate(case, this)
        else:
            made[name] = evaluate(case, source)
    return {name: ",".join(map(str, v if isinstance(v, list) else [v]))
            for name, v in made.items()}


# ------------------------------------------------------------------------- calls


class Call(NamedTuple):
    """One run of an entry; inputs are texts (files or numbers), outputs name what they are
    in case.json and along which axis they are a part of it (None: they are the whole)."""
    entry: str
    inputs: dict
    outputs: dict


def input_text(case, folder, scratch, name, source, steps):
    """The text of one input of a call: a number, a file of the case, or a slice of one.
    `steps` has the number that stands for a name, as "t" in {"t": 7}."""
    def number(value):
        known = isinstance(value, str) and value in steps
        return steps[value] if known else evaluate(case, value)

    if not isinstance(source, dict) or "of" not in source:
        return str(number(source))
    file = (folder / look_up(case, "inputs")[source["of"]]["file"]).resolve()
    if "axis" not in source:
        return str(file)
    start = number(source.get("at", source.get("from", 0)))
    stop = start + 1 if "at" in source else number(source["to"])
    path = scratch / f"{name}-{source['axis']}-{start}-{stop}.npy"
    write_npy(path, slice_along(read_npy(file), source["axis"], start, stop))
    return str(path)


def planned_calls(case, folder, scratch, table):
    """The calls of a case's program, in order; a single one unless systems.json has others."""
    if "$calls" not in table:
        inputs = {name: str((folder / entry["file"]).resolve())
                  for name, entry in (case.get("inputs") or {}).items()}
        outputs = {name: (name, None) for name in case["outputs"]}
        return [Call("", {**inputs, **made_inputs(case, table)}, outputs)]
    calls = []
    for call in table["$calls"]:
        name, bounds = next(iter(call.get("for", {"": [0, 1]}).items()))
        for step in range(*(evaluate(case, bound) for bound in bounds)):
            inputs = {n: input_text(case, folder, scratch, n, source, {name: step})
                      for n, source in call["inputs"].items()}
            outputs = {n: (to, None) if isinstance(to, str) else (to["part of"], to["axis"])
                       for n, to in call["outputs"].items()}
            calls.append(Call(call["entry"], inputs, outputs))
    return calls
