"""A process that holds one peer's form of a case, and runs it when told to.

Commands come through a pipe: ("run", seconds) is answered by the seconds that each call took, "outputs" by arrays, and
"memory" by bytes. One process at a time has something to do; the others wait for their pipe.
"""

import importlib
import os
import time
import traceback

from peers.job import Unable

WARM_UP = 3  # calls before the first that counts


def resident(key):
    """Bytes of this process's memory: VmRSS now, VmHWM at its highest."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(key))


def forget_peak():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def timed_calls(call, seconds):
    times, now = [], time.perf_counter()
    end = now + seconds
    while now < end or not times:
        call()
        before, now = now, time.perf_counter()
        times.append(now - before)
    return times


def serve(pipe, peer, job):
    """The process's main function. First answers what the peer cannot do, or None."""
    os.environ["OMP_NUM_THREADS"] = str(job.threads)  # before a peer loads its libraries
    if "BENCH_TRACE" not in os.environ:  # libraries warn of what is no business of the tables
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        module = importlib.import_module(f"peers.{peer}")
        before = resident("VmRSS")
        prepared = module.prepare(job)
        for _ in range(WARM_UP):
            prepared.call()
    except Unable as reason:
        return pipe.send(str(reason))
    except Exception as error:  # whatever a peer's libraries raise is this peer's result
        if os.environ.get("BENCH_TRACE"):
            traceback.print_exc()
        return pipe.send(f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}")
    pipe.send(None)
    forget_peak()
    while True:
        match pipe.recv():
            case ("run", seconds):
                pipe.send(timed_calls(prepared.call, seconds))
            case "outputs":
                prepared.call()
                pipe.send(prepared.outputs())
            case "memory":
                pipe.send(max(resident("VmHWM") - before, 0))
            case "end":
                return
