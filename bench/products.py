#!/usr/bin/env python3
"""Measures products and convolutions alone: bench/products.py [FILTER]… [--threads N] [--seconds S] [--turns N]

The shapes are those that the models of specs/ have. Prints, for each one, the fastest time of the compiled program and
of PyTorch's functional.linear or conv2d with ReLU (the faster order of channels), and the share of the multiply-adds
that `lathe-bench-machine` reaches. `--lathe PATH` measures another compiler than the release build's, or several if
repeated. All of them run in turns.
"""

import argparse
import json
import re
import subprocess
import tempfile
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / "build" / "release" / "bin"
# Of each kind: where it occurs, and its sizes.
PRODUCTS = [
    ("reference", 504, 2048, 2048),
    ("GEB-1.3B query", 128, 2048, 2048),
    ("GEB-1.3B up", 128, 2048, 5632),
    ("GEB-1.3B down", 128, 5632, 2048),
    ("Llama-7B up", 128, 4096, 11008),
    ("Llama-7B down", 128, 11008, 4096),
    ("T5-base query", 128, 768, 768),
    ("T5-base up", 128, 768, 3072),
    ("T5-base down", 128, 3072, 768),
    ("detector", 100, 256, 2048),
    ("one token", 1, 2048, 5632),
]
CONVOLUTIONS = [
    ("ResNet-50 1", 64, 64, 56, 1, 1),
    ("ResNet-50 1", 64, 64, 56, 3, 1),
    ("ResNet-50 1", 64, 256, 56, 1, 1),
    ("ResNet-50 1", 256, 64, 56, 1, 1),
    ("ResNet-50 2", 256, 512, 56, 1, 2),
    ("ResNet-50 2", 128, 128, 56, 3, 2),
    ("ResNet-50 2", 128, 128, 28, 3, 1),
    ("ResNet-50 2", 128, 512, 28, 1, 1),
    ("ResNet-50 2", 512, 128, 28, 1, 1),
    ("ResNet-50 3", 512, 1024, 28, 1, 2),
    ("ResNet-50 3", 256, 256, 28, 3, 2),
    ("ResNet-50 3", 256, 256, 14, 3, 1),
    ("ResNet-50 3", 256, 1024, 14, 1, 1),
    ("ResNet-50 3", 1024, 256, 14, 1, 1),
    ("ResNet-50 4", 1024, 2048, 14, 1, 2),
    ("ResNet-50 4", 512, 512, 14, 3, 2),
    ("ResNet-50 4", 512, 512, 7, 3, 1),
    ("ResNet-50 4", 512, 2048, 7, 1, 1),
    ("ResNet-50 4", 2048, 512, 7, 1, 1),
    ("ResNet-50 stem", 3, 64, 224, 7, 2),
    ("MobileNet-V2", 16, 96, 112, 1, 1),
    ("MobileNet-V2", 96, 24, 56, 1, 1),
    ("MobileNet-V2", 24, 144, 56, 1, 1),
    ("MobileNet-V2", 32, 192, 28, 1, 1),
    ("MobileNet-V2", 384, 64, 14, 1, 1),
    ("MobileNet-V2", 64, 384, 14, 1, 1),
    ("MobileNet-V2", 576, 160, 7, 1, 1),
    ("MobileNet-V2", 320, 1280, 7, 1, 1),
    ("AFFNet", 16, 64, 128, 1, 1),
    ("AFFNet", 64, 32, 128, 1, 1),
    ("AFFNet", 256, 64, 64, 1, 1),
    ("AFFNet", 128, 256, 32, 1, 1),
    ("AFFNet", 512, 256, 16, 1, 1),
    ("AFFNet", 320, 640, 8, 1, 1),
]


def output(*words):
    return subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True).stdout


def describe():
    """Title, spec, settings, and multiply-adds of each shape."""
    for where, rows, inner, columns in PRODUCTS:
        yield (f"{where}, {rows}×{inner}×{columns}", "rows",
               {"rows": rows, "in": inner, "out": columns}, rows * inner * columns)
    for where, channels, filters, size, kernel, stride in CONVOLUTIONS:
        pixels = ((size - 1) // stride + 1) ** 2
        title = f"{where}, {channels}→{filters}, {size}², {kernel}×{kernel}"
        title += f" by {stride}" if stride > 1 else ""
        yield (title, "pixels",
               {"in": channels, "out": filters, "size": size, "kernel": kernel, "stride": stride},
               pixels * filters * channels * kernel * kernel)


def torch_calls(kind, sizes):
    if kind == "rows":
        x, w = torch.rand(sizes["rows"], sizes["in"]), torch.rand(sizes["out"], sizes["in"])
        return [lambda: torch.nn.functional.linear(x, w)]
    kernel = sizes["kernel"]
    x = torch.rand(1, sizes["in"], sizes["size"], sizes["size"])
    w, b = torch.rand(sizes["out"], sizes["in"], kernel, kernel), torch.rand(sizes["out"])

    def convolve(order):
        image, filters = x.to(memory_format=order), w.to(memory_format=order)
        return lambda: torch.nn.functional.conv2d(image, filters, b, sizes["stride"], kernel // 2).relu_()

    return [convolve(torch.contiguous_format), convolve(torch.channels_last)]


def fastest(call, seconds):
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return 1000 * best


def measure(shape, options, folder):
    """The fastest milliseconds of each compiler's program, and of PyTorch."""
    _, kind, sizes, _ = shape
    spec = ROOT / "bench" / "specs" / f"{kind}.yaml"
    settings = [word for key, value in sizes.items() for word in ("--set", f"{key}={value}")]
    weights = folder / "w.safetensors"
    output(options.lathe[0], "init", spec, *settings, "--seed", 1, "-o", weights)
    programs = [folder / f"program{i}" for i in range(len(options.lathe))]
    for compiler, program in zip(options.lathe, programs):
        output(compiler, "compile", spec, *settings, "--weights", weights, "-o", program)
    times = [float("inf")] * (len(programs) + 1)
    calls = torch_calls(kind, sizes)
    for _ in range(options.turns):
        for i, program in enumerate(programs):
            text = output(program, f"--bench={options.seconds}", f"--threads={options.threads}")
            times[i] = min(times[i], float(re.search(r"^min +([\d.]+) ms", text, re.M)[1]))
        times[-1] = min([times[-1]] + [fastest(call, options.seconds) for call in calls])
    return times


def peak_gflops():
    """What one thread reaches in multiply-adds at best, since others may use the machine."""
    text = output(BIN / "lathe-bench-machine", "--benchmark_filter=multiplyAdd", "--benchmark_format=json",
                  "--benchmark_min_time=0.05", "--benchmark_repetitions=9")
    return 1e-9 * max(run["FLOP/s"] for run in json.loads(text)["benchmarks"] if run["run_type"] == "iteration")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("filters", nargs="*", metavar="FILTER", help="words of which a title has one")
    parser.add_argument("--lathe", action="append", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    options.lathe = options.lathe or [BIN / "lathe"]
    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    peak = peak_gflops() * options.threads
    print(f"peak {peak:.1f} GFLOP/s, PyTorch {torch.__version__}")
    columns = ["shape", *["ms", "share"] * len(options.lathe), "PyTorch ms", "share", "first / PyTorch's"]
    print(f"| {' | '.join(columns)} |\n" + "| --- " * len(columns) + "|")
    for shape in describe():
        if options.filters and not any(word in shape[0] for word in options.filters):
            continue
        with tempfile.TemporaryDirectory() as folder:
            times = measure(shape, options, Path(folder))
        cells = [f"{ms:.3f} | {2e-6 * shape[3] / ms / peak:.2f}" for ms in times]
        print(f"| {shape[0]} | {' | '.join(cells)} | {times[0] / times[-1]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
