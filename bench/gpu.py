#!/usr/bin/env python3
"""Checks and times programs for devices on a machine that has one.

usage: bench/gpu.sh pack FOLDER [--targets vulkan,…] [--all] [--only TEXT]
       bench/gpu.sh run FOLDER [--device NAME] [--json FILE] [--limit SECONDS]

`pack` compiles here, with $LATHE or build/release/bin/lathe, and makes a folder of programs, golden data and this script,
of less than 64 MB. --all takes every golden case and not one of each set; --only takes what has TEXT in its name. Weights
of the models that are timed are made up where they run.

`run` needs that folder, python3 and a driver (of each kind of device that has one, unless --device names one), and nothing
of Lathe's: in FOLDER it is `./gpu.sh run .`
  - golden: what published networks computed, as tools/golden.sh compares it
  - agree: the ten systems, at the sizes of test/specs/vulkan-systems.test, give on the device what they give on the
    processor, within 1e-3 of the largest
  - ptx: kernels in PTX assemble, where there are some and ptxas is there
  - times: the median and least time of calls, beside PyTorch's on the same device if it is installed
The results go to FILE (default: FOLDER/results.json) as Google Benchmark writes them; the checks are in its context. Ends
with 0 if no check failed. After --limit seconds (default: 450) nothing new begins, and what was left out is said.
"""

import argparse
import ctypes
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
MOST_BYTES = 64 << 20
ARCHIVE = "programs.tar.xz"
PROCESSOR = "x86-64-v3"  # what is beside the device there

# What is timed: spec, settings, entry and sizes of dims.
MODELS = {
    "product": ("bench/specs/product.yaml", {}, "", {"tokens": 512}),
    "product_one_row": ("bench/specs/product.yaml", {}, "", {"tokens": 1}),
    "product_int8": ("bench/specs/product.yaml", {"stored": "int8"}, "", {"tokens": 1}),
    "attention": ("bench/specs/attention.yaml", {}, "prompt", {"tokens": 256, "keys": 256}),
    "digits": ("specs/digits/digits.yaml", {}, "", {"batch": 256}),
    "affnet-et": ("specs/affnet/affnet-et.yaml", {}, "", {}),
    "mobilenet-v2": ("specs/mobilenet/mobilenet-v2.yaml", {}, "", {}),
    "mgno-darcy": ("specs/mgno/darcy.yaml", {}, "", {}),
    "null-experts": ("specs/adamoe/layer.yaml", {"hidden": "512", "ffn": "1024"}, "", {"tokens": 64}),
    "geb-decode": ("specs/geb/geb-1.3b.yaml",
                   {"layers": "4", "hidden": "512", "heads": "8", "kv_heads": "2", "head_dim": "64", "ffn": "1408",
                    "vocabulary": "2048", "context": "512"}, "decode", {}),
}


def call(command, timeout=300, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace",
                          timeout=timeout, stdin=subprocess.DEVNULL, **more)


def reason_of(done):
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return next((line for line in lines if "error" in line), lines[-1] if lines else f"exit status {done.returncode}")


# ------------------------------------------------------------------------- pack


def can_compile(lathe, target):
    with tempfile.TemporaryDirectory() as scratch:
        done = call([lathe, "compile", ROOT / "bench/specs/product.yaml", "--set", "inputs=8", "--set", "features=8",
                     f"--target={target}", "-o", Path(scratch) / "p"])
    return done.returncode == 0


def strip_weights(path):
    """Replaces a weights file by its header and its size."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        head = length.to_bytes(8, "little") + file.read(length)
    Path(f"{path}.head").write_bytes(head)
    Path(f"{path}.bytes").write_text(str(path.stat().st_size))
    path.unlink()


def compile_model(lathe, spec, settings, target, program):
    with tempfile.TemporaryDirectory() as scratch:
        weights = Path(scratch) / "w.safetensors"
        done = call([lathe, "init", ROOT / spec, *settings, "--seed", "1", "-o", weights])
        program.parent.mkdir(parents=True, exist_ok=True)
        command = [lathe, "compile", ROOT / spec, *settings, f"--target={target}", f"--target-cpu={PROCESSOR}",
                   "-o", program]
        if done.returncode == 0 and weights.exists():
            command += ["--weights", weights]
        made = call(command)
    if made.returncode:
        sys.exit(f"gpu: cannot compile {spec} for {target}: {reason_of(made)}")


def systems():
    """The names, specs and settings of the ten systems in the test that runs them on a device."""
    test = (ROOT / "test" / "specs" / "vulkan-systems.test").read_text()
    for spec, sizes in re.findall(r"%{system} = (\S+)\nREDEFINE: %{sizes} = (.*)", test):
        yield spec.replace("/", "-"), f"specs/{spec}.yaml", shlex.split(sizes)


def pack_models(lathe, targets, folder, only):
    for target in targets:
        for name, (spec, settings, _, _) in MODELS.items():
            if only not in name:
                continue
            sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
            compile_model(lathe, spec, sets, target, folder / "models" / target / name)
        for file in (folder / "models" / target).glob("*.weights"):
            strip_weights(file)
        for name, spec, settings in systems():
            if only in name:
                compile_model(lathe, spec, settings, f"cpu+{target}", folder / "systems" / target / name)


def compress(folder):
    """Puts all but the scripts into one archive, what is alike side by side: the programs and golden data of a case."""
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.parent != folder]
    with tarfile.open(folder / ARCHIVE, "w:xz", preset=9) as archive:
        for path in sorted(files, key=lambda path: path.parts[1 if path.parts[0] in ("golden", "specs") else 2:]):
            archive.add(folder / path, path)
    for path in {path.parts[0] for path in files}:
        shutil.rmtree(folder / path)


def unpack(folder):
    if (folder / ARCHIVE).exists():
        with tarfile.open(folder / ARCHIVE) as archive:
            archive.extractall(folder, filter="data")
        (folder / ARCHIVE).unlink()


def pack_golden(lathe, targets, folder, whole, only):
    data = ROOT / "test" / "golden" / "data"
    for group in sorted(path for path in data.iterdir() if path.is_dir() and only in path.name):
        cases = sorted(path for path in group.iterdir() if (path / "case.json").exists())
        for case in cases if whole else cases[:1]:
            shutil.copytree(case, folder / "golden" / group.name / case.name)
    shutil.copytree(ROOT / "test" / "golden" / "specs", folder / "specs")
    for target in targets if (folder / "golden").exists() else []:
        done = call([ROOT / "tools" / "golden.sh", f"--target={target}", f"--target-cpu={PROCESSOR}",
                     f"--keep={folder / 'programs' / target}",
                     folder / "golden"], timeout=1800, env={**os.environ, "LATHE": str(lathe)})
        if done.returncode:
            sys.exit(f"gpu: cannot compile golden cases for {target}:\n{done.stdout}{done.stderr}")


def pack(options):
    lathe = Path(os.environ.get("LATHE") or ROOT / "build" / "release" / "bin" / "lathe")
    targets = [target for target in options.targets.split(",") if can_compile(lathe, target)]
    if not targets:
        sys.exit(f"gpu: '{lathe}' compiles for none of {options.targets}")
    folder = options.folder
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"gpu: '{folder}' is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    for script in ("bench/gpu.sh", "bench/gpu.py", "tools/golden.py", "tools/golden_case.py"):
        shutil.copy(ROOT / script, folder)
    pack_golden(lathe, targets, folder, options.all, options.only)
    pack_models(lathe, targets, folder, options.only)
    compress(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 1e6:.1f} MB for {', '.join(targets)}")
    if size > MOST_BYTES:
        sys.exit(f"gpu: more than {MOST_BYTES >> 20} MB; leave --all out")


# ------------------------------------------------------------------------- run


def make_weights(folder):
    """Files of made-up weights: bf16 numbers about 0.02, which are such also as halves of f32."""
    state, words = 1, []
    for _ in range(1 << 16):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        words.append((state >> 8 & 0x8000) | 0x3C00 | (state >> 12 & 0xFF))
    block = b"".join(word.to_bytes(2, "little") for word in words)
    for head in folder.rglob("*.head"):
        path = head.with_suffix("")
        size = int(Path(f"{path}.bytes").read_text())
        with open(path, "wb") as file:
            rest = size - file.write(head.read_bytes())
            for _ in range(rest // len(block)):
                file.write(block)
            file.write(block[: rest % len(block)])


class Run:
    def __init__(self, options):
        self.folder, self.options = options.folder.resolve(), options
        self.end = time.monotonic() + options.limit
        self.benchmarks, self.checks, self.left = [], [], []

    def check(self, name, passed, text):
        self.checks.append({"name": name, "passed": passed, "text": text})
        print(f"{'PASS' if passed else 'FAIL'}  {name}: {text}", flush=True)

    def has_time(self, name):
        if time.monotonic() < self.end:
            return True
        self.left.append(name)
        return False

    def time_left(self, most):
        return max(10, min(most, self.end - time.monotonic() + 60))

    def golden(self, target):
        programs = self.folder / "programs" / target
        if not programs.exists() or not self.has_time(f"golden {target}"):
            return
        done = call([sys.executable, self.folder / "golden.py", f"--programs={programs}", f"-j{os.cpu_count()}",
                     self.folder / "golden"], timeout=self.time_left(300))
        lines = done.stdout.splitlines()
        for line in lines:
            if line.startswith("FAIL"):
                print(line)
        self.check(f"golden {target}", done.returncode == 0, lines[-1] if lines else reason_of(done))

    def each(self, folder, target, names, act):
        """Calls act(name, program) for the programs in a folder."""
        for name in names:
            program = folder / name
            if not program.exists() or not self.has_time(f"{name} {target}"):
                continue
            try:
                act(f"{name} {target}", program)
            except subprocess.TimeoutExpired as error:
                self.check(f"{name} {target}", False, f"took more than {error.timeout:.0f} s")

    def agree(self, name, program, target):
        from golden_case import read_npy
        info = json.loads(call([program, "--info=json"]).stdout)
        entry = info["entries"][0]
        base = [program, f"--entry={entry['name']}"]
        with tempfile.TemporaryDirectory() as scratch:
            inputs = make_inputs(info, entry, Path(scratch))
            results = {}
            for device in ("cpu", kind_of(target)):
                outputs = {it["name"]: Path(scratch) / f"{device}-{i}.npy" for i, it in enumerate(entry["outputs"])}
                words = [word for key, path in {**inputs, **outputs}.items() for word in (f"--{key}", path)]
                done = call([*base, f"--device={device}", *words], timeout=self.time_left(120))
                if done.returncode:
                    return self.check(f"agree {name}", False, reason_of(done))
                results[device] = {key: read_npy(path).values for key, path in outputs.items()}
        worst = 0
        for key, want in results["cpu"].items():
            largest = max((abs(v) for v in want), default=0) or 1
            errors = [abs(g - w) / largest for g, w in zip(results[kind_of(target)][key], want)]
            worst = max([worst, *(error if error == error else 1e9 for error in errors)])
        return self.check(f"agree {name}", worst <= 1e-3, f"differs by {worst:.2g} of the largest")

    def measure(self, name, program, target):
        _, _, entry, dims = MODELS[program.name]
        base = [program, *([entry] if entry else [])]
        words = [word for key, value in dims.items() for word in ("--dim", f"{key}={value}")]
        done = call([*base, f"--device={kind_of(target)}", "--bench=1", *words], timeout=self.time_left(120))
        found = dict(re.findall(r"^(calls|median|min|p90)\s+([\d.]+)", done.stdout, re.M))
        if done.returncode or "median" not in found:
            return self.check(f"time {name}", False, reason_of(done))
        self.add(name, int(found["calls"]), float(found["median"]), least=float(found["min"]))

    def add(self, name, calls, median, **counters):
        self.benchmarks.append({"name": name, "run_name": name, "run_type": "iteration", "iterations": calls,
                                "real_time": median, "cpu_time": median, "time_unit": "ms", **counters})
        print(f"      {name}: {median:.4f} ms", flush=True)

    def ptx(self):
        files = sorted(self.folder.rglob("*.ptx"))
        tool = shutil.which("ptxas") or "/usr/local/cuda/bin/ptxas"
        if not files or not os.access(tool, os.X_OK):
            return
        for file in files:
            architecture = re.search(r"^\.target (\w+)", file.read_text(), re.M)
            done = call([tool, "-Werror", f"-arch={architecture.group(1)}", file, "-o", os.devnull])
            self.check(f"ptx {file.name}", done.returncode == 0, "assembles" if not done.returncode else reason_of(done))

    def peers(self):
        try:
            import torch
        except ImportError:
            return print("      PyTorch is not installed: no peers")
        if not torch.cuda.is_available():
            return print("      PyTorch sees no device: no peers")
        for rows in (512, 1):
            x, w = torch.randn(rows, 2048, device="cuda"), torch.randn(2048, 2048, device="cuda")
            for _ in range(20):
                x @ w.T
            torch.cuda.synchronize()
            times = []
            for _ in range(100):
                start = time.perf_counter()
                x @ w.T
                torch.cuda.synchronize()
                times.append(1e3 * (time.perf_counter() - start))
            times.sort()
            self.add(f"product{'' if rows > 1 else '_one_row'} PyTorch", len(times), times[50], least=times[0])

    def run(self):
        sys.path.insert(0, str(self.folder))
        unpack(self.folder)
        make_weights(self.folder)
        targets = sorted({path.name for what in ("programs", "models") for path in self.folder.glob(f"{what}/*")})
        for target in targets:
            if self.options.device is None and not has_driver(kind_of(target)):
                print(f"      no driver for {target}: left out")
            elif self.options.device in (None, kind_of(target)):
                self.golden(target)
                folder = self.folder / "systems" / target
                names = sorted(path.name for path in folder.glob("*") if os.access(path, os.X_OK))
                self.each(folder, target, names, lambda *it, on=target: self.agree(*it, on))
                self.each(self.folder / "models" / target, target, MODELS,
                          lambda *it, on=target: self.measure(*it, on))
        self.ptx()
        if self.has_time("peers"):
            self.peers()
        driver = call(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]).stdout.strip() \
            if shutil.which("nvidia-smi") else ""
        context = {"date": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "num_cpus": os.cpu_count(), "executable": "bench/gpu.sh",
                   "device": driver, "checks": self.checks, "left_out": self.left}
        path = self.options.json or self.folder / "results.json"
        path.write_text(json.dumps({"context": context, "benchmarks": self.benchmarks}, indent=1) + "\n")
        failed = sum(not check["passed"] for check in self.checks)
        if self.left:
            print(f"left out for lack of time: {', '.join(self.left)}")
        print(f"{len(self.checks) - failed} checks passed, {failed} failed; {len(self.benchmarks)} times in {path}")
        return 1 if failed or not self.checks else 0


def kind_of(target):
    """The kind of device that a target names: "cuda" of "cuda:sm_90a"."""
    return target.split(":")[0]


def has_driver(kind):
    try:
        ctypes.CDLL({"vulkan": "libvulkan.so.1", "cuda": "libcuda.so.1"}[kind])
    except OSError:
        return False
    return True


def make_inputs(info, entry, scratch):
    """Files of inputs with each dim at its least, and values within their ranges."""
    import struct
    from golden_case import Tensor, write_npy
    dims = {dim["name"]: max(dim["min"], 1) for dim in info["dims"]}
    for dim in info["dims"]:
        if "values" in dim:
            dims[dim["name"]] = dim["values"][0]
        elif "input" in dim:
            dims[dim["name"]] = dim["min"]
    value_of = lambda text: int(eval(str(text).replace("/", "//"), {"__builtins__": {}}, dims))  # noqa: S307
    kinds = {"f32": "float32", "i32": "int32", "i64": "int64", "bool": "bool"}
    sources = {dim["input"]: dim for dim in info["dims"] if "input" in dim}
    made = {}
    for number, tensor in enumerate(entry["inputs"]):
        shape = tuple(value_of(size) for size in tensor["shape"])
        count = 1
        for size in shape:
            count *= size
        if tensor["name"] in sources:
            dim = sources[tensor["name"]]
            values = [0 if "values" in dim else dims[dim["name"]]] * count
        elif tensor["type"] == "f32":
            low, high = (float(bound) for bound in tensor.get("range", (-1, 1)))
            values = [low + (high - low) * ((i * 7919 + number * 104729) % 1009) / 1008 for i in range(count)]
            values = struct.unpack(f"{count}f", struct.pack(f"{count}f", *values))
        else:
            low, high = (value_of(bound) for bound in tensor.get("range", (0, 1)))
            values = [low + (i * 31 + number) % (high - low + 1) for i in range(count)]
        made[tensor["name"]] = scratch / f"in-{number}.npy"
        write_npy(made[tensor["name"]], Tensor(kinds[tensor["type"]], shape, tuple(values)))
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["pack", "run"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--targets", default="vulkan,cuda,cuda:sm_90a", help=argparse.SUPPRESS)
    parser.add_argument("--all", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--only", default="", help=argparse.SUPPRESS)
    parser.add_argument("--device", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--limit", type=float, default=450, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.command == "run" and not (options.folder / "gpu.py").exists():
        sys.exit(f"gpu: '{options.folder}' is no folder that bench/gpu.sh pack made")
    return pack(options) if options.command == "pack" else Run(options).run()


if __name__ == "__main__":
    sys.exit(main())
