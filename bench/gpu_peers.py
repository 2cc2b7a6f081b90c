"""PyTorch on the device that bench/gpu.py measures: python3 gpu_peers.py FOLDER

Builds the modules of bench/peers for the timed models, and writes a line of JSON for each time: {"name", "calls",
"median", "min"} in milliseconds, beside limits of the device. What is compiled is made first; times are taken only once
a line came on standard input, so that nothing else is measured meanwhile.
"""

import copy
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import torch  # noqa: E402
from gpu import shapes_of  # noqa: E402
from gpu_cases import MODELS  # noqa: E402
from peers import pytorch  # noqa: E402
from peers.job import Job  # noqa: E402


def times_of(call, seconds=0.4):
    """Milliseconds of calls, each of which is waited for."""
    for _ in range(5):
        call()
    torch.cuda.synchronize()
    times, end = [], time.perf_counter() + seconds
    while len(times) < 10 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - start))
    return sorted(times)


def say(name, times, **more):
    told = {"name": name, "calls": len(times), "median": times[len(times) // 2], "min": times[0], **more}
    print(json.dumps(told), flush=True)


def inputs_of(case, shapes, module):
    made = []
    for name, shape, kind in shapes:
        if kind == "f32":
            x = torch.randn(shape, device="cuda")
            x = x.bfloat16() if case.get("settings", {}).get("stored") == "bf16" else x
            made.append(x.permute(0, 3, 1, 2) if module.channels_innermost else x)
        else:
            made.append(torch.zeros(shape, dtype=torch.int64, device="cuda"))
    return made


def modules(folder):
    """(name, call) of each peer that can be built."""
    for name, case in MODELS.items():
        shapes = folder / "shapes" / f"{name}.json"
        job = Job(case, folder, 1)
        if not case.get("peers") or not shapes.exists() or job.stored.startswith("int"):
            continue
        module = pytorch.build(job).eval().cuda()
        for item in module.modules():
            if hasattr(item, "angles"):
                item.angles = item.angles.cuda()
        if job.stored == "bf16":
            module = module.bfloat16()
        inputs = inputs_of(case, json.loads(shapes.read_text()), module)
        for number, (it, arguments) in enumerate(pytorch.layouts(module, inputs)):
            layout = " innermost" if number else ""
            if "eager" in case["peers"]:
                yield f"{name} PyTorch{layout}", it, arguments
            # Compiled, the other layout took as long.
            if "compiled" in case["peers"] and number == 0:
                graph = torch.compile(copy.deepcopy(it), mode="reduce-overhead", dynamic=False)
                yield f"{name} PyTorch compiled{layout}", graph, arguments


def limits():
    a = torch.randn(1 << 30, device="cuda")
    b = torch.empty_like(a)
    say("copy of 4 GiB, PyTorch", times_of(lambda: b.copy_(a)), bytes=8 << 30)
    say("sum of 4 GiB, PyTorch", times_of(lambda: a.sum()), bytes=4 << 30)
    del a, b
    for kind in (torch.float32, torch.bfloat16):
        x, y = (torch.randn(8192, 8192, device="cuda", dtype=kind) for _ in range(2))
        name = f"product 8192x8192x8192 {'bf16' if kind is torch.bfloat16 else 'f32'} PyTorch"
        say(name, times_of(lambda: x @ y), flops=2 * 8192 ** 3)


def main():
    torch.set_grad_enabled(False)
    # By itself it rounds convolutions' numbers to 11 bits, of products it does not.
    torch.backends.cudnn.allow_tf32 = False
    ready = []
    for name, module, arguments in modules(Path(sys.argv[1])):
        try:
            if "compiled" in name:
                for _ in range(3):
                    module(*arguments)
            ready.append((name, module, arguments))
        except Exception as error:  # noqa: BLE001
            print(json.dumps({"name": name, "error": str(error)[:300]}), flush=True)
    print(json.dumps({"ready": len(ready)}), flush=True)
    sys.stdin.readline()
    limits()
    for name, module, arguments in ready:
        say(name, times_of(lambda: module(*arguments)))


if __name__ == "__main__":
    main()
