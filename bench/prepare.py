#!/usr/bin/env python3
"""Measures how weights are prepared: bench/prepare.py [SPEC] [--set KEY=VALUE]... [--keep MASK=SHARE] [--without PASS]

Compiles a model, GEB-1.3B by default, with a checkpoint of random numbers that `lathe init` makes, and prints the size
of the checkpoint and of the program's weights, the seconds that compiling took and those that copying the bytes alone
takes, the gigabytes read and written a second, and the peak of memory beside its bound, twice the largest tensor and
512 MB. --keep makes all but a share of a mask's channels negative. Disk: twice the checkpoint; uses the release build.
"""

import argparse
import json
import os
import struct
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LATHE = ROOT / "build" / "release" / "bin" / "lathe"
SPEC = ROOT / "specs" / "geb" / "geb-1.3b.yaml"
HEADER = ("| model | checkpoint GB | weights GB | compile s | copying alone s | GB/s | peak MB | bound MB |\n"
          + "| --- " * 8 + "|")


def run(*words):
    """Seconds and peak megabytes of a command."""
    start = time.monotonic()
    process = subprocess.Popen([str(w) for w in words])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"error: {' '.join(map(str, words))} failed")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def read_header(path):
    """What a safetensors file says of its tensors, and where their bytes begin."""
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        return json.loads(file.read(size)), 8 + size


def keep_share(path, mask, share):
    """Makes a mask negative in all but a share of its channels, evenly, in place. Returns kept and all channels."""
    tensors, start = read_header(path)
    begin, end = tensors[mask]["data_offsets"]
    count = (end - begin) // 4
    kept = [int((i + 1) * share) > int(i * share) for i in range(count)]
    with open(path, "r+b") as file:
        file.seek(start + begin)
        file.write(struct.pack(f"<{count}f", *(1.0 if k else -1.0 for k in kept)))
    return sum(kept), count


def copy_seconds(source, size, target):
    """What reading a file and writing `size` bytes takes, without anything in between."""
    start, left = time.monotonic(), size
    with open(source, "rb") as reader, open(target, "wb") as writer:
        while piece := reader.read(16 << 20):
            writer.write(piece[:max(0, left)])
            left -= len(piece)
    target.unlink()
    return time.monotonic() - start


def prepare(kind, spec, settings, weights, program, flags=()):
    """Compiles; a row of HEADER's table."""
    seconds, peak = run(LATHE, "compile", spec, *settings, "--weights", weights, *flags, "-o", program)
    written = Path(f"{program}.weights").stat().st_size
    copying = copy_seconds(weights, written, Path(f"{program}.copy"))
    tensors, _ = read_header(weights)
    largest = max(end - begin for name, t in tensors.items() if name != "__metadata__"
                  for begin, end in [t["data_offsets"]])
    read = weights.stat().st_size
    return (f"| {kind} | {read / 1e9:.3f} | {written / 1e9:.3f} | {seconds:.1f} | {copying:.1f} "
            f"| {(read + written) / seconds / 1e9:.2f} | {peak:.0f} | {2 * largest / 2**20 + 512:.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec", nargs="?", type=Path, default=SPEC)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--keep", metavar="MASK=SHARE")
    parser.add_argument("--without", action="append", default=[], metavar="PASS")
    options = parser.parse_args()
    settings = [part for word in options.set for part in ("--set", word)]
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/tmp")) as folder:
        weights = Path(folder) / "random.safetensors"
        run(LATHE, "init", options.spec, *settings, "--seed", 1, "-o", weights)
        if options.keep:
            mask, share = options.keep.rsplit("=", 1)
            keep_share(weights, mask, float(share))
        print(HEADER)
        flags = [f"--without={name}" for name in options.without]
        print(prepare(options.spec.stem, options.spec, settings, weights, Path(folder) / "program", flags))


if __name__ == "__main__":
    main()
