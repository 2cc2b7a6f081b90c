"""Frequency filters of many sizes beside numpy's transforms in double precision.

filters.py write FOLDER        writes filters.yaml, its weights, whose masks are about as large as spectra, and the inputs
filters.py arguments FOLDER    prints the program's arguments
filters.py compare FOLDER      fails where an output is further from numpy's than single precision explains
"""

import json
import sys
from pathlib import Path

import numpy as np

# Height, width, channels, blocks: lengths that are one, primes, their powers and products, in straight-line code, in
# stages (from 100 on) and direct; blocks narrower and wider than vectors; the last ones have spectra beyond a stack.
SIZES = [
    (1, 1, 3, 1), (1, 2, 4, 2), (2, 3, 6, 2), (3, 4, 5, 1), (5, 7, 8, 8), (8, 8, 30, 1), (11, 12, 36, 2), (16, 13, 20, 1),
    (7, 9, 24, 3), (9, 15, 16, 4), (30, 31, 6, 1), (31, 30, 7, 1), (32, 32, 18, 1), (56, 64, 4, 2), (64, 56, 3, 1),
    (1, 37, 17, 1), (37, 1, 33, 1), (25, 27, 2, 1), (62, 34, 4, 1), (49, 17, 3, 3), (1, 144, 5, 1), (144, 1, 4, 1),
    (5, 169, 6, 2), (130, 3, 4, 1), (4, 210, 2, 1), (1, 1000, 1, 1), (1, 251, 2, 1), (19, 23, 16, 1),
    (128, 50, 20, 4), (50, 128, 3, 3), (129, 65, 10, 1),
]
SHRINK = 0.01
# Of the largest output. Transforms by sums of all terms in f32 are further away than this.
BOUND = 6e-7


def softshrink(x):
    return np.sign(x) * np.maximum(np.abs(x) - SHRINK, 0)


def mix(x, weight, bias):
    y = np.einsum("nkihw,kio->nkohw", x, weight[0] + 1j * weight[1])
    return y + (bias[0] + 1j * bias[1])[:, :, None, None]


def parts(function, x):
    return function(x.real) + 1j * function(x.imag)


def reference(x, w1, b1, w2, b2):
    images, channels, height, width = x.shape
    blocks = w1.shape[1]
    spectrum = np.fft.rfft2(x, norm="ortho")
    grouped = spectrum.reshape(images, blocks, channels // blocks, *spectrum.shape[2:])
    hidden = parts(lambda part: np.maximum(part, 0), mix(grouped, w1, b1))
    mask = parts(softshrink, mix(hidden, w2, b2)).reshape(spectrum.shape)
    columns = np.fft.ifft(mask * spectrum, axis=2, norm="ortho")
    return np.fft.irfft(columns, n=width, axis=3, norm="ortho") + x


def write(folder):
    rng = np.random.default_rng(7)
    spec = ["lathe: 1", "model: filters", "summary: Frequency filters of many sizes.", "inputs:"]
    tensors = {}
    for i, (height, width, channels, blocks) in enumerate(SIZES):
        spec.append(f'  x{i}: "f32[2, {channels}, {height}, {width}]"')
        each = channels // blocks
        for name, shape in ("w1", (2, blocks, each, each)), ("b1", (2, blocks, each)), ("w2", (2, blocks, each, each)), (
                "b2", (2, blocks, each)):
            tensors[f"y{i}.{name}"] = rng.standard_normal(shape).astype("f4") / np.float32(np.sqrt(2 * each))
        np.save(folder / f"x{i}.npy", rng.standard_normal((2, channels, height, width)).astype("f4"))
    spec.append("graph:")
    for i, (*_, blocks) in enumerate(SIZES):
        spec.append(f"  - {{id: y{i}, op: frequency_filter, from: x{i}, blocks: {blocks}, act: relu, softshrink: {SHRINK}}}")
    spec.append("outputs: [" + ", ".join(f"y{i}" for i in range(len(SIZES))) + "]")
    (folder / "filters.yaml").write_text("\n".join(spec) + "\n")
    header, data = {}, b""
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + tensor.nbytes]}
        data += tensor.tobytes()
        np.save(folder / f"{name}.npy", tensor)
    text = json.dumps(header).encode()
    (folder / "filters.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)


def compare(folder):
    worst = 0
    for i, size in enumerate(SIZES):
        x, *parameters = (np.load(folder / f"{name}.npy").astype("f8")
                          for name in (f"x{i}", f"y{i}.w1", f"y{i}.b1", f"y{i}.w2", f"y{i}.b2"))
        wanted = reference(x, *parameters)
        error = np.abs(np.load(folder / f"out{i}.npy") - wanted).max() / np.abs(wanted).max()
        worst = max(worst, error)
        assert np.abs(wanted - x).max() > 0.3 and error < BOUND, f"{size}: {error:.2e}"
    print(f"{len(SIZES)} filters agree, the worst to {worst:.1e}")


what, folder = sys.argv[1], Path(sys.argv[2])
if what == "write":
    write(folder)
elif what == "arguments":
    print(" ".join(f"--x{i} {folder}/x{i}.npy --y{i} {folder}/out{i}.npy" for i in range(len(SIZES))))
else:
    compare(folder)
