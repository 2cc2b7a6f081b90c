"""PyTorch as it is, its modules run one operation at a time; and what eager and compiled modules share."""

import copy

import numpy as np
import torch
from safetensors.torch import load_file

from peers import decoders, detection, modules, networks, t5
from peers.job import Prepared, Unable, fastest

def settings(job, *names):
    return {name: job.case["settings"][name] for name in names}


# How a spec's settings make a module.
BUILDERS = {
    "bench/specs/product.yaml": lambda job: modules.Product(**settings(job, "inputs", "features", "bias")),
    "bench/specs/convolution.yaml": lambda job: modules.Convolution(**settings(job, "inputs", "channels", "kernel",
                                                                               "stride", "groups")),
    "bench/specs/filter.yaml": lambda job: modules.Filter(**settings(job, "channels")),
    "bench/specs/attention.yaml": lambda job: modules.Attention(job.case["entry"], **job.case["settings"]),
    "specs/resnet/resnet50.yaml": lambda job: modules.ResNet50(),
    "specs/clr/resnet50.yaml": modules.ReprogrammedResNet50,
    "specs/mobilenet/mobilenet-v2.yaml": lambda job: modules.MobileNetV2(),
    "specs/mobilenet/mobilenet-v2-ulsam.yaml": lambda job: modules.MobileNetV2(attention=(13, 16)),
    "specs/mgno/darcy.yaml": lambda job: networks.Darcy(),
    "specs/mgno/navier-stokes.yaml": lambda job: networks.NavierStokes(),
    "specs/t5/t5-base-compacter.yaml": lambda job: t5.Encoder(),
    "specs/mtl/resnet50.yaml": networks.SlimmableTasks,
    "specs/stageinteractor/decoder.yaml": lambda job: detection.Decoder(),
    "specs/geb/geb-1.3b.yaml": lambda job: decoders.Decoder(decoders.GEB, job),
    "specs/adamoe/mixtral-small.yaml": lambda job: decoders.Decoder(decoders.MIXTRAL, job),
    **{f"specs/affnet/{size}.yaml": lambda job, size=size: modules.AFFNet(size)
       for size in modules.AFFNet.SIZES},
}


def build(job):
    if job.case["spec"] not in BUILDERS:
        raise Unable("has no module of this spec")
    return BUILDERS[job.case["spec"]](job)


def load_weights(module, path):
    """All of the module's parameters and statistics, from a checkpoint that may have more."""
    absent, _ = module.load_state_dict(module.rename(load_file(path)), strict=False)
    absent = [name for name in absent if not name.endswith("num_batches_tracked")]
    if absent:
        raise RuntimeError(f"the checkpoint has no {absent[0]}")


def load(job, quantized=False):
    """The case's module in inference mode with the case's weights, and its inputs, channels outermost. What stores
    matrices in fewer bits afterwards is given those in 32."""
    module = build(job).eval()
    load_weights(module, job.weights)
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
