#!/usr/bin/env python3
"""Checks and times programs for devices on a machine that has one.

usage: bench/gpu.sh pack FOLDER [--targets vulkan,…] [--golden one|all|none] [--only REGEX]
       bench/gpu.sh run FOLDER [--device NAME] [--json FILE] [--limit SECONDS] [--no-peers]

`pack` compiles here, with $LATHE or build/release/bin/lathe, and makes a folder of programs, golden data and this script,
of less than 64 MB. Of each set of golden data it takes one case, or what --golden says; --only takes what has a match
of REGEX in its name. Weights of the models that are timed are made up where they run.

`run` needs that folder, python3 and a driver (of each kind of device that has one, unless --device names one), and nothing
of Lathe's: in FOLDER it is `./gpu.sh run .`
  - golden: what published networks computed, as tools/golden.sh compares it
  - agree: the ten systems, at the sizes of test/specs/vulkan-systems.test, and products of numbers in fewer bits give on
    the device what they give on the processor, within 1e-3 of the largest
  - ptx: kernels in PTX assemble, where there are some and ptxas is there
  - times: the median and least time of calls whose inputs and outputs are on the device, beside PyTorch's there if it is
    installed; a profile of each goes to FOLDER/profiles
  - experts: r² of the time of a mixture with null experts and the experts that tokens pick
The results go to FILE (default: FOLDER/results.json) as Google Benchmark writes them; the checks are in its context. Ends
with 0 if no check failed. After --limit seconds (default: 450) nothing new begins, and what was left out is said.
"""

import argparse
import array
import ctypes
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from gpu_cases import EXPERTS, MODELS, PRODUCTS  # noqa: E402

ARCHIVE = "programs.tar.xz"


def call(command, timeout=300, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace",
                          timeout=timeout, stdin=subprocess.DEVNULL, **more)


def reason_of(done):
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return next((line for line in lines if "error" in line), lines[-1] if lines else f"exit status {done.returncode}")


def as_options(option, values):
    return [word for key, value in values.items()
            for word in (option, f"{key}={str(value).lower() if isinstance(value, bool) else value}")]


def program_of(case):
    """A file name for a case's program: those that differ in entries and sizes alone share one."""
    words = [Path(case["spec"]).stem, *(f"{key}={value}" for key, value in case.get("settings", {}).items())]
    words += [f"{key}={value}" for key, value in case.get("kept", {}).items()]
    return re.sub(r"[^\w=.-]+", "-", ",".join(words))


def shapes_of(info, case):
    """Name, shape and type of each input of a case's entry."""
    entry = next(it for it in info["entries"] if case.get("entry") in (None, it["name"]))
    dims = {dim["name"]: dim["min"] for dim in info["dims"]} | case.get("dims", {})
    return [(it["name"], [value_of(size, dims) for size in it["shape"]], it["type"]) for it in entry["inputs"]]


def value_of(text, dims):
    """A size that is a number, or an expression over dims in which / rounds down."""
    return int(eval(re.sub("/+", "//", str(text)), {"__builtins__": {}}, dict(dims)))  # noqa: S307


def unpack(folder):
    if (folder / ARCHIVE).exists():
        with tarfile.open(folder / ARCHIVE) as archive:
            archive.extractall(folder, filter="data")
        (folder / ARCHIVE).unlink()


# ------------------------------------------------------------------------- run


def make_weights(folder):
    """Files of made-up weights but for their small parts: bf16 numbers about 0.02, which are such also as halves of f32."""
    state, words = 1, []
    for _ in range(1 << 16):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        words.append((state >> 8 & 0x8000) | 0x3C00 | (state >> 12 & 0xFF))
    block = b"".join(word.to_bytes(2, "little") for word in words) * 64
    for description in folder.rglob("*.places"):
        path, info = description.with_suffix(""), json.loads(description.read_text())
        parts = memoryview(Path(f"{path}.parts").read_bytes())
        with open(path, "wb") as file:
            for _ in range(info["size"] // len(block)):
                file.write(block)
            file.write(block[: info["size"] % len(block)])
            for begin, length in info["places"]:
                file.seek(begin)
                file.write(parts[:length])
                parts = parts[length:]


class Run:
    def __init__(self, options):
        self.folder, self.options = options.folder.resolve(), options
        self.end = time.monotonic() + options.limit
        self.benchmarks, self.checks, self.left, self.fits = [], [], [], []
        self.process, self.ready = None, False

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
            _, _, dims = PRODUCTS.get(program.name, ("", [], {}))
            inputs = make_inputs(info, entry, Path(scratch), dims)
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

    def measure(self, name, target):
        case = MODELS[name]
        program = self.folder / "models" / target / program_of(case)
        name = f"{name} {target}"
        if not program.exists() or not self.has_time(name):
            return
        words = [program, *([case["entry"]] if "entry" in case else []), f"--device={kind_of(target)}",
                 *as_options("--dim", case.get("dims", {}))]
        try:
            done = call([*words, "--bench=0.4"], timeout=self.time_left(120))
            found = dict(re.findall(r"^(calls|median|min|p90)\s+([\d.]+)", done.stdout, re.M))
            if done.returncode or "median" not in found:
                return self.check(f"time {name}", False, reason_of(done))
            self.add(name, int(found["calls"]), float(found["median"]), least=float(found["min"]))
            profile = self.folder / "profiles" / f"{name}.txt"
            profile.parent.mkdir(exist_ok=True)
            profile.write_text(call([*words, "--profile", os.devnull], timeout=self.time_left(120)).stderr)
        except subprocess.TimeoutExpired as error:
            self.check(f"time {name}", False, f"took more than {error.timeout:.0f} s")

    def experts(self, target):
        """Times of the mixture for tokens that pick more and more experts."""
        program = self.folder / "models" / target / program_of(EXPERTS)
        if not program.exists() or not self.has_time(f"experts {target}"):
            return
        from golden_case import Tensor, read_npy, write_npy
        tokens, hidden = EXPERTS["dims"]["tokens"], EXPERTS["settings"]["hidden"]
        draw, points = random.Random(0), []
        values = [draw.gauss(0, 1) for _ in range(tokens * hidden)]
        with tempfile.TemporaryDirectory() as scratch:
            x, used = Path(scratch) / "x.npy", Path(scratch) / "used.npy"
            for lead in EXPERTS["leads"]:
                values[::hidden] = [float(lead)] * tokens
                write_npy(x, Tensor("float32", (tokens, hidden), tuple(array.array("f", values))))
                words = [program, f"--device={kind_of(target)}", "--x", x]
                done = call([*words, "--true_experts_used", used])
                timed = call([*words, "--bench=0.2"])
                found = re.search(r"^median\s+([\d.]+)", timed.stdout, re.M)
                if done.returncode or not found:
                    return self.check(f"experts {target}", False, reason_of(timed if done.returncode == 0 else done))
                points.append((sum(read_npy(used).values), float(found[1])))
                self.add(f"experts, {points[-1][0]} picks {target}", 1, points[-1][1])
        slope, rest, share = fit(points)
        self.fits.append({"name": f"experts {target}", "r2": share, "ms": rest, "ms_a_pick": slope})
        print(f"      experts {target}: r² = {share:.4f}, {rest:.4f} ms without picks", flush=True)

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

    def start_peers(self):
        """PyTorch compiles while programs are checked, and is timed when told to."""
        if not has_driver("cuda") or call([sys.executable, "-c", "import torch; assert torch.cuda.is_available()"]).returncode:
            return print("      PyTorch is not installed, or sees no device: no peers")
        log = open(self.folder / "peers.log", "w")  # noqa: SIM115
        process = subprocess.Popen([sys.executable, self.folder / "gpu_peers.py", self.folder], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=log, text=True)
        # Whatever compiling takes, a run ends.
        timer = threading.Timer(self.options.limit + 60, process.kill)
        timer.daemon = True
        timer.start()
        return process

    def wait_for_peers(self):
        """Until what PyTorch compiles is there: it takes the device, too."""
        while self.process and not self.ready and (line := self.process.stdout.readline()):
            told = json.loads(line) if line.startswith("{") else {}
            self.ready = "ready" in told
            if "error" in told:
                print(f"      {told['name']}: {told['error']}")

    def peers(self, process):
        if not self.ready:
            return print("      PyTorch's modules failed: no peers; peers.log says why")
        process.stdin.write("go\n")
        process.stdin.flush()
        for line in process.stdout:
            told = json.loads(line) if line.startswith("{") else {}
            if "error" in told:
                print(f"      {told['name']}: {told['error']}")
            elif told:
                more = {key: told[key] for key in ("bytes", "flops") if key in told}
                self.add(told["name"], told["calls"], told["median"], least=told["min"], **more)
            if not self.has_time("peers"):
                process.kill()
        process.wait()

    def run(self):
        sys.path.insert(0, str(self.folder))
        unpack(self.folder)
        self.process = self.start_peers() if self.options.peers else None
        make_weights(self.folder)
        targets = sorted({path.name for what in ("programs", "models", "systems") for path in self.folder.glob(f"{what}/*")})
        for target in targets:
            if self.options.device is None and not has_driver(kind_of(target)):
                print(f"      no driver for {target}: left out")
            elif self.options.device in (None, kind_of(target)):
                self.golden(target)
                folder = self.folder / "systems" / target
                names = sorted(path.name for path in folder.glob("*") if os.access(path, os.X_OK))
                self.each(folder, target, names, lambda *it, on=target: self.agree(*it, on))
                self.wait_for_peers()
                for name in MODELS:
                    self.measure(name, target)
                self.experts(target)
        self.ptx()
        if self.process:
            self.wait_for_peers()
            self.peers(self.process)
        driver = call(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]).stdout.strip() \
            if shutil.which("nvidia-smi") else ""
        context = {"date": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "num_cpus": os.cpu_count(), "executable": "bench/gpu.sh",
                   "device": driver, "checks": self.checks, "left_out": self.left,
                   "fits": self.fits}
        path = self.options.json or self.folder / "results.json"
        path.write_text(json.dumps({"context": context, "benchmarks": self.benchmarks}, indent=1) + "\n")
        failed = sum(not check["passed"] for check in self.checks)
        if self.left:
            print(f"left out for lack of time: {', '.join(self.left)}")
        print(f"{len(self.checks) - failed} checks passed, {failed} failed; {len(self.benchmarks)} times in {path}")
        return 1 if failed or not self.checks else 0


def fit(points):
    """Slope and rest of the line nearest to points, and r²."""
    count = len(points)
    mean_x, mean_y = (sum(it[i] for it in points) / count for i in (0, 1))
    xx, yy, xy = (sum((x - mean_x) * (x - mean_x) for x, _ in points), sum((y - mean_y) ** 2 for _, y in points),
                  sum((x - mean_x) * (y - mean_y) for x, y in points))
    slope = xy / xx if xx else 0
    return slope, mean_y - slope * mean_x, xy * xy / (xx * yy) if xx and yy else 0


def kind_of(target):
    """The kind of device that a target names: "cuda" of "cuda:sm_90a"."""
    return target.split(":")[0]


def has_driver(kind):
    try:
        ctypes.CDLL({"vulkan": "libvulkan.so.1", "cuda": "libcuda.so.1"}[kind])
    except OSError:
        return False
    return True


def make_inputs(info, entry, scratch, wanted=None):
    """Files of inputs with each dim as wanted or at its least, and values within their ranges."""
    import struct
    from golden_case import Tensor, write_npy
    dims = {dim["name"]: max(dim["min"], 1) for dim in info["dims"]} | (wanted or {})
    for dim in info["dims"]:
        if "values" in dim:
            dims[dim["name"]] = dim["values"][0]
        elif "input" in dim:
            dims[dim["name"]] = dim["min"]
    kinds = {"f32": "float32", "i32": "int32", "i64": "int64", "bool": "bool"}
    sources = {dim["input"]: dim for dim in info["dims"] if "input" in dim}
    made = {}
    for number, tensor in enumerate(entry["inputs"]):
        shape = tuple(value_of(size, dims) for size in tensor["shape"])
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
            low, high = (value_of(bound, dims) for bound in tensor.get("range", (0, 1)))
            values = [low + (i * 31 + number) % (high - low + 1) for i in range(count)]
        made[tensor["name"]] = scratch / f"in-{number}.npy"
        write_npy(made[tensor["name"]], Tensor(kinds[tensor["type"]], shape, tuple(values)))
    return made


def expression(text):
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no regular expression: {error}") from error


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["pack", "run"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--targets", default="vulkan,cuda,cuda:sm_90a", help=argparse.SUPPRESS)
    parser.add_argument("--golden", choices=["one", "all", "none"], default="one", help=argparse.SUPPRESS)
    parser.add_argument("--only", type=expression, default="", help=argparse.SUPPRESS)
    parser.add_argument("--no-peers", dest="peers", action="store_false", help=argparse.SUPPRESS)
    parser.add_argument("--device", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--limit", type=float, default=450, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.command == "run" and not (options.folder / "gpu.py").exists():
        sys.exit(f"gpu: '{options.folder}' is no folder that bench/gpu.sh pack made")
    if options.command == "run":
        return Run(options).run()
    from gpu_pack import pack  # not in the folder that it makes
    return pack(options)


if __name__ == "__main__":
    sys.exit(main())
