"""How bench/run.py measures a case: what is compiled, the processes that run by turns, and what is counted."""

import json
import math
import multiprocessing
import re
import statistics
import subprocess
import time
from importlib import metadata
from typing import NamedTuple

import numpy as np

import programs
from peers import lathe, worker
from peers.job import LIBRARY, Job

ROUNDS = 5
PAUSE = 0.02  # seconds before a process's turn, in which threads of the one before fall asleep


class Peer(NamedTuple):
    title: str
    module: str  # of peers/
    needs: list  # packages of Python, the one that is measured first
    process: str = "spawn"  # how its processes begin
    tunes: bool = True  # whether it measures while it prepares, which wants a processor of its own


LATHE = Peer("Lathe", "lathe", ["numpy"])
# Peers of PyTorch are forked off one process that has it already: to import it takes seconds.
PEERS = {
    "torch": Peer("PyTorch", "pytorch", ["torch", "safetensors"], "forkserver"),
    "torch-compile": Peer("PyTorch compiled", "pytorch_compiled", ["torch", "safetensors"], "forkserver", False),
    "onnxruntime": Peer("ONNX Runtime", "onnx_runtime", ["onnxruntime", "torch", "safetensors", "onnx", "onnxscript"],
                        "forkserver", False),
    "openblas": Peer("OpenBLAS", "openblas", ["scipy-openblas32", "safetensors"]),
    "onednn": Peer("oneDNN", "onednn", ["onednn-cpu-gomp", "safetensors"]),
    "fftw": Peer("FFTW", "fftw", ["pyfftw"]),
    "llama": Peer("llama.cpp", "llama", ["llama-cpp-python", "gguf", "safetensors"]),
}
# By how much results may differ, as the root mean square of differences over that of results, by how matrices are
# stored: with fewer bits, peers round activations, too, to bf16 in PyTorch and to 8 bits in ONNX Runtime and llama.cpp,
# and have scales of their own. Two roundings of random weights to 4 bits differ by 0.6 after four layers, what computes
# something else by 1.4.
TOLERANCE = {"f32": 1e-3, "bf16": 5e-2, "int8": 1e-1, "int4": 8e-1}


def version(name):
    return metadata.version(PEERS[name].needs[0])


def missing_modules(name):
    def is_absent(package):
        try:
            metadata.version(package)
        except metadata.PackageNotFoundError:
            return True
        return False
    return [package for package in PEERS[name].needs if is_absent(package)]


def machine_limits(threads):
    """FLOP/s and bytes a second of so many threads: the sum of as many processes at a time, each one's best repetition,
    since others may use the machine."""
    command = [programs.BIN / "lathe-bench-machine", "--benchmark_format=json", "--benchmark_min_time=0.1",
               "--benchmark_repetitions=7"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
               for _ in range(threads)]
    rates = {"FLOP/s": 0, "B/s": 0}
    for process in running:
        runs = [run for run in json.loads(process.communicate()[0])["benchmarks"] if run["run_type"] == "iteration"]
        for counter in rates:
            rates[counter] += max(run.get(counter, 0) for run in runs)
    return rates


def compile_case(case, folder):
    """Makes the case's library and inputs in `folder`; gives its descriptor."""
    programs.compile_spec(case, folder / LIBRARY, "--emit=lib")
    info = lathe.describe_library(folder / LIBRARY)
    (folder / "info.json").write_text(json.dumps(info))
    (folder / "inputs").mkdir()
    paths = programs.write_inputs(info, case, folder / "inputs")
    (folder / "inputs.json").write_text(json.dumps([str(path) for path in paths.values()]))
    return info


def count_work(case, info):
    """FLOPs of a run by the cost interface, and the bytes that it cannot do without: weights, inputs and outputs."""
    words = programs.as_options("--set", case.get("settings", {})) + programs.as_options("--dim", case.get("dims", {}))
    entry = programs.describe_entry(info, case)
    rows = json.loads(programs.output(programs.BIN / "lathe", "explain", case["spec"], *words, "--json"))["ops"]
    flops = sum(row["flops"] for row in rows if row["entry"] == entry["name"])
    dims = programs.all_dims(info, case)
    bytes = sum(math.prod(programs.value_of(size, dims) for size in tensor["shape"]) * 4
                for tensor in entry["inputs"] + entry["outputs"])
    bytes += sum(tensor["bytes"] for tensor in info["weights"].get("tensors", [])
                 if "unread" not in case or not re.search(case["unread"], tensor["name"]))
    return flops, bytes


class Process:
    """A peer's process: see peers/worker.py."""

    def __init__(self, peer, job):
        context = multiprocessing.get_context(peer.process)
        if peer.process == "forkserver":
            context.set_forkserver_preload(["peers.pytorch", "peers.pytorch_compiled"])
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=worker.serve, args=(theirs, peer.module, job), daemon=True)
        self.process.start()
        theirs.close()
        self.failure = None

    def wait(self):
        """Until the process is ready, or has said why it never will be."""
        self.failure = self.receive()
        return self

    def receive(self):
        try:
            return self.pipe.recv()
        except EOFError:
            return "the process died"

    def ask(self, command):
        self.pipe.send(command)
        return self.receive()

    def end(self):
        if self.process.is_alive():
            self.pipe.send("end")
        self.process.join(10)
        self.process.kill()


def start_processes(job, peers):
    """Processes of Lathe and of peers, all ready or failed. Those that only compile do so side by side, others alone."""
    beside = {name: Process(PEERS[name], job) for name in peers if not PEERS[name].tunes}
    for process in beside.values():
        process.wait()
    alone = {name: Process(PEERS[name], job).wait() for name in peers if PEERS[name].tunes}
    return {"lathe": Process(LATHE, job).wait(), **{name: (beside | alone)[name] for name in peers}}


def summarise(times, memory):
    ms = sorted(1e3 * t for t in times)
    place = lambda share: ms[round(share * (len(ms) - 1))]  # noqa: E731
    return {"ms": statistics.median(ms), "p10": place(0.1), "p90": place(0.9), "min": ms[0], "calls": len(ms),
            "memory": memory}


def difference(results, wanted):
    """The largest relative error of any output, in the root mean square."""
    pairs = [[array.astype(np.float64).ravel() for array in pair] for pair in zip(results, wanted)]
    return float(max(np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-30) for a, b in pairs))


def compare(peer, results, wanted, tolerance):
    """Notes in a peer's summary how far its results are from Lathe's."""
    if not results:
        return
    if [a.size for a in results] != [b.size for b in wanted]:
        peer["disagrees"] = "gives other shapes"
        return
    peer["error"] = difference(results, wanted)
    if not peer["error"] <= tolerance:
        peer["disagrees"] = f"differs by {peer['error']:.2g} of the results"


def run_by_turns(processes, seconds):
    """Seconds of all calls by process, which take turns."""
    times = {name: [] for name in processes}
    for _ in range(ROUNDS):
        for name, process in processes.items():
            time.sleep(PAUSE)
            times[name] += process.ask(("run", seconds / ROUNDS))
    return times


def measure_case(case, counts, peers, seconds, folder, limits):
    """A row of results for each number of threads."""
    info = compile_case(case, folder)
    flops, bytes = count_work(case, info)
    for threads in counts:
        job = Job(case, folder, threads)
        processes = start_processes(job, peers)
        failures = {name: process.failure for name, process in processes.items() if process.failure}
        if "lathe" in failures:
            raise RuntimeError(failures["lathe"])
        able = {name: process for name, process in processes.items() if name not in failures}
        times = run_by_turns(able, seconds)
        found = {name: summarise(times[name], process.ask("memory")) for name, process in able.items()}
        wanted = able["lathe"].ask("outputs")
        for name in able.keys() - {"lathe"}:
            compare(found[name], able[name].ask("outputs"), wanted, TOLERANCE[job.stored])
        for process in processes.values():
            process.end()
        least = max(flops / limits[threads]["FLOP/s"], bytes / limits[threads]["B/s"])
        yield {"family": case["family"], "name": case["name"], "threads": threads, "flops": flops, "bytes": bytes,
               "share": 1e3 * least / found["lathe"]["ms"], "lathe": found.pop("lathe"), "peers": found,
               "failures": failures}
