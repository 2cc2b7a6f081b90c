"""PyTorch's compiler, Inductor, with frozen weights, which lets it pack them."""

import os

import torch

import programs
from peers import pytorch
from peers.job import Prepared


def prepare(job):
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(programs.ROOT / "build" / "inductor")
    import torch._inductor.config as config
    config.freezing = True
    config.compile_threads = 1  # the compiler's processes would live on beside what is measured
    pytorch.start(job)
    module, inputs = pytorch.layouts(*pytorch.load(job))[-1]
    last = []
    call = pytorch.bind(torch.compile(module, dynamic=False), inputs, last)
    return Prepared(call, lambda: pytorch.as_arrays(module, last[0]))
