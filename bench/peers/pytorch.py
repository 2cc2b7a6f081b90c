"""PyTorch as it is, its modules run one operation at a time; and what eager and compiled modules share."""

import copy

import numpy as np
import torch

from peers import modules
from peers.job import Prepared, Unable, fastest


def load(job, quantized=False):
    """The case's module in inference mode with the case's weights, and its inputs, channels outermost. What stores
    matrices in fewer bits afterwards is given those in 32."""
    module = modules.build(job).eval()
    modules.load_weights(module, job.weights)
    inputs = [torch.from_numpy(array) for array in job.inputs().values()]
    if job.stored == "bf16":
        module = module.bfloat16()
        inputs = [x.bfloat16() if x.is_floating_point() else x for x in inputs]
    elif job.stored != "f32" and not quantized:
        raise Unable(f"no products with matrices in {job.stored}")
    if module.channels_innermost:
        inputs = [x.permute(0, 3, 1, 2) for x in inputs]
    return module, inputs


def layouts(module, inputs):
    """The module and its inputs with channels outermost and, where it works on images, innermost."""
    if not module.on_images:
        return [(module, inputs)]
    innermost = copy.deepcopy(module).to(memory_format=torch.channels_last)
    return [(module, [x.contiguous() for x in inputs]),
            (innermost, [x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x for x in inputs])]


def as_arrays(module, results):
    """A module's results as the entry's outputs."""
    results = results if isinstance(results, (tuple, list)) else [results]
    if module.channels_innermost:
        results = [y.permute(0, 2, 3, 1) for y in results]
    return [np.ascontiguousarray((y.float() if y.is_floating_point() else y).detach().numpy()) for y in results]


def bind(function, inputs, last):
    """A call that leaves its results in `last`."""
    def call():
        last[:] = [function(*inputs)]
    return call


def start(job):
    torch.set_num_threads(job.threads)
    torch.set_grad_enabled(False)


def prepare(job):
    start(job)
    module, inputs = load(job)
    last = []
    call = fastest([bind(m, x, last) for m, x in layouts(module, inputs)])
    return Prepared(call, lambda: as_arrays(module, last[0]))
