#!/usr/bin/env python3
"""Assembles the kernels for CUDA devices: bench/ptx.py [--architectures sm_80,sm_90a] [--set NAME=VALUE] [--json FILE] [SPEC…]

Compiles each spec (by default all of specs/, the large ones with fewer layers, which have the same kernels) with
--target=cuda, gives the PTX to ptxas, and prints a table: how many kernels there are, the most registers and the most
spilled bytes that a thread of one has, the most shared memory of a block, and how long ptxas took. Fails where ptxas has
an error or a warning, or spills more than 64 bytes a thread. ptxas is looked for as the compiler looks for it; no device
is needed. Uses the release build, or the one that $LATHE_BUILD names.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LATHE = Path(os.environ.get("LATHE_BUILD", ROOT / "build/release")) / "bin/lathe"
MOST_SPILLED = 64
# Layers beyond these run the kernels of those before.
SETTINGS = {
    "specs/adamoe/mixtral-8x7b.yaml": ["layers=2"],
    "specs/adamoe/mixtral-small.yaml": ["layers=2"],
    "specs/geb/geb-1.3b.yaml": ["layers=2"],
    "specs/pat/llama-1.3b.yaml": ["layers=2"],
    "specs/pat/llama-7b.yaml": ["layers=2"],
    "specs/t5/t5-base-compacter.yaml": ["layers=2"],
    "specs/t5/t5-base-compacter-plus-plus.yaml": ["layers=2"],
}


def find_ptxas():
    """The path of ptxas, or None."""
    roots = [os.environ[name] for name in ("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT") if name in os.environ]
    for path in [*(Path(root) / "bin/ptxas" for root in roots), shutil.which("ptxas"), "/usr/local/cuda/bin/ptxas"]:
        if path and os.access(path, os.X_OK):
            return str(path)
    return None


def run(words):
    """What a command wrote to standard error and output."""
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd=ROOT)
    if result.returncode:
        raise RuntimeError(f"{' '.join(str(word) for word in words)} failed:\n{result.stderr}{result.stdout}")
    return result.stderr + result.stdout


def read_report(report):
    """Registers, spilled bytes and shared memory of each kernel, by its name, and what is no such report."""
    kernels, others, name = {}, [], None
    for line in report.splitlines():
        if found := re.search(r"Compiling entry function '(\w+)'", line):
            name = found[1]
            kernels[name] = {"registers": 0, "spilled": 0, "shared": 0}
        elif found := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            kernels[name]["spilled"] = max(int(found[1]), int(found[2]))
        elif found := re.search(r"Used (\d+) registers", line):
            kernels[name]["registers"] = int(found[1])
            if shared := re.search(r"(\d+) bytes smem", line):
                kernels[name]["shared"] = int(shared[1])
        elif re.search("warning|error", line, re.IGNORECASE):
            others.append(line)
    return kernels, others


def find_shared(spec, settings, architecture):
    """The shared memory of each kernel, with what its launch asks for."""
    text = run([LATHE, "compile", spec, *settings, f"--target=cuda:{architecture}", "--stop-after=target"])
    return {name: int(shared) for name, shared in re.findall(r"kernel.binary @(\w+) .*? shared (\d+)", text)}


def assemble(spec, values, architecture, ptxas, folder):
    """A row of the table, and what is wrong with it."""
    ptx = folder / "kernels.ptx"
    settings = [word for text in SETTINGS.get(spec, []) + values for word in ("--set", text)]
    run([LATHE, "compile", spec, *settings, f"--target=cuda:{architecture}", "--emit=ptx", "-o", ptx])
    start = time.monotonic()
    report = run([ptxas, f"-arch={architecture}", "-Werror", "-v", ptx, "-o", folder / "kernels.cubin"])
    seconds = time.monotonic() - start
    kernels, wrong = read_report(report)
    written = len(re.findall(r"\.entry ", ptx.read_text()))
    if written != len(kernels) or not kernels:
        wrong.append(f"{written} kernels were written, {len(kernels)} assembled")
    if ".extern .shared" in ptx.read_text():
        for name, shared in find_shared(spec, settings, architecture).items():
            kernels[name]["shared"] = shared
    for name, kernel in kernels.items():
        if kernel["spilled"] > MOST_SPILLED:
            wrong.append(f"'{name}' spills {kernel['spilled']} bytes a thread, more than {MOST_SPILLED}")
    row = {"spec": " ".join([spec.removeprefix("specs/"), *values]), "architecture": architecture, "kernels": len(kernels),
           **{key: max((kernel[key] for kernel in kernels.values()), default=0)
              for key in ("registers", "spilled", "shared")}, "seconds": round(seconds, 2)}
    return row, [f"{spec} for {architecture}: {what}" for what in wrong]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("specs", nargs="*", metavar="SPEC")
    parser.add_argument("--architectures", default="sm_80,sm_90a", help="as --target=cuda: takes them")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a value of the specs' let")
    parser.add_argument("--json", metavar="FILE", help="where the rows go, too")
    arguments = parser.parse_args()
    ptxas = find_ptxas()
    if not ptxas:
        sys.exit("error: there is no ptxas: install CUDA's compiler, or name its folder in CUDA_HOME")
    specs = arguments.specs or sorted(
        str(path.relative_to(ROOT)) for path in ROOT.glob("specs/*/*.yaml") if path.parent.name != "blocks")
    rows, wrong = [], []
    print("| spec | for | kernels | most registers | most bytes spilled | most shared bytes | seconds of ptxas |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="ptx-") as folder:
        for spec in specs:
            for architecture in arguments.architectures.split(","):
                row, found = assemble(spec, arguments.set, architecture, ptxas, Path(folder))
                print("| " + " | ".join(str(value) for value in row.values()) + " |", flush=True)
                rows.append(row)
                wrong += found
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=1) + "\n")
    if wrong:
        sys.exit("error: " + "\n".join(wrong))


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as failure:
        sys.exit(f"error: {failure}")
