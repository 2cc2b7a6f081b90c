"""oneDNN, for a product or a convolution alone, in whichever layouts it prefers: through its C interface, version 3."""

import ctypes
from importlib import metadata

import numpy as np
from safetensors.numpy import load_file

from peers.job import Prepared, Unable

CPU, IN_ORDER, F32, ANY_LAYOUT, INFERENCE = 1, 1, 3, 1, 96
DIRECT_CONVOLUTION, RELU = 1, 0x20
SOURCE, RESULT, WEIGHTS, BIAS = 1, 17, 33, 41  # arguments of a primitive, and what a descriptor is asked for
ASKED = {SOURCE: 129, WEIGHTS: 131, RESULT: 133}
ALLOCATE = ctypes.c_void_p(-1)


class Argument(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_int), ("memory", ctypes.c_void_p)]


def longs(values):
    return (ctypes.c_int64 * len(values))(*values)


class Library:
    """The functions that are needed, with their errors checked, on one engine."""

    def __init__(self):
        path = next(f for f in metadata.files("onednn-cpu-gomp") if f.name == "libdnnl.so.3")
        self.functions = ctypes.CDLL(str(path.locate()))
        self.functions.dnnl_primitive_desc_query_md.restype = ctypes.c_void_p
        self.engine = self.make("engine_create", CPU, ctypes.c_size_t(0))
        self.stream = self.make("stream_create", self.engine, IN_ORDER)

    def check(self, function, *arguments):
        code = getattr(self.functions, f"dnnl_{function}")(*arguments)
        if code:
            raise RuntimeError(f"oneDNN's {function} failed with the status {code}")

    def make(self, function, *arguments):
        """What a function gives by its first argument."""
        made = ctypes.c_void_p()
        self.check(function, ctypes.byref(made), *arguments)
        return made

    def any_layout(self, shape):
        return self.make("memory_desc_create_with_tag", len(shape), longs(shape), F32, ANY_LAYOUT)

    def strided(self, array):
        """The layout of an array as numpy has it."""
        strides = [stride // array.itemsize for stride in array.strides]
        return self.make("memory_desc_create_with_strides", array.ndim, longs(array.shape), F32, longs(strides))

    def memory(self, layout, array=None):
        address = ALLOCATE if array is None else ctypes.c_void_p(array.ctypes.data)
        return self.make("memory_create", layout, self.engine, address)

    def run(self, primitive, arguments):
        pairs = (Argument * len(arguments))(*(Argument(key, value) for key, value in arguments.items()))
        self.check("primitive_execute", primitive, self.stream, len(pairs), pairs)

    def wait(self):
        self.check("stream_wait", self.stream)

    def reorder(self, layout, memory, to_layout, to_memory):
        descriptor = self.make("reorder_primitive_desc_create", layout, self.engine, to_layout, self.engine, None)
        self.run(self.make("primitive_create", descriptor), {SOURCE: memory, RESULT: to_memory})
        self.wait()


def product(library, job, weights):
    """y = x Wᵀ: the descriptor, and the arrays of the source, the weights and the result."""
    (x,) = job.inputs().values()
    matrix = weights["y.weight"].T
    y = np.zeros((len(x), matrix.shape[1]), np.float32)
    bias = weights.get("y.bias")
    bias_layout = library.strided(bias[None]) if bias is not None else None
    descriptor = library.make("matmul_primitive_desc_create", library.engine, library.any_layout(x.shape),
                              library.any_layout(matrix.shape), bias_layout, library.any_layout(y.shape), None)
    return descriptor, x, matrix, bias, bias_layout, y


def convolution(library, job, weights):
    """The same of a convolution with a bias and a ReLU. Arrays have channels outermost in their shapes alone."""
    x = next(iter(job.inputs().values())).transpose(0, 3, 1, 2)
    filters, bias = weights["conv.weight"], weights["conv.bias"]
    groups, kernel, stride = job.setting("groups", 1), job.setting("kernel", 3), job.setting("stride", 1)
    side = (x.shape[2] + 2 * (kernel // 2) - kernel) // stride + 1
    y = np.zeros((1, side, side, len(filters)), np.float32).transpose(0, 3, 1, 2)
    if groups > 1:
        filters = filters.reshape(groups, len(filters) // groups, *filters.shape[1:])
    chain, attributes = library.make("post_ops_create"), library.make("primitive_attr_create")
    library.check("post_ops_append_eltwise", chain, RELU, ctypes.c_float(0), ctypes.c_float(0))
    library.check("primitive_attr_set_post_ops", attributes, chain)
    twice = lambda value: longs([value, value])  # noqa: E731
    bias_layout = library.strided(bias)
    border = twice(kernel // 2)
    descriptor = library.make("convolution_forward_primitive_desc_create", library.engine, INFERENCE,
                              DIRECT_CONVOLUTION, library.any_layout(x.shape), library.any_layout(filters.shape),
                              bias_layout, library.any_layout(y.shape), twice(stride), twice(0), border, border,
                              attributes)
    return descriptor, x, filters, bias, bias_layout, y


def prepare(job):
    forms = {"product": product, "convolution": convolution}
    if job.stem not in forms or job.stored != "f32":
        raise Unable("has no such kernel")
    library = Library()
    descriptor, x, weights, bias, bias_layout, y = forms[job.stem](library, job, load_file(job.weights))
    preferred = {key: ctypes.c_void_p(library.functions.dnnl_primitive_desc_query_md(descriptor, asked, 0))
                 for key, asked in ASKED.items()}
    memory = {key: library.memory(layout) for key, layout in preferred.items()}
    for key, array in ((SOURCE, x), (WEIGHTS, weights)):
        layout = library.strided(array)
        library.reorder(layout, library.memory(layout, array), preferred[key], memory[key])
    if bias is not None:
        memory[BIAS] = library.memory(bias_layout, bias)
    primitive = library.make("primitive_create", descriptor)

    def call():
        library.run(primitive, memory)
        library.wait()

    def outputs():
        layout = library.strided(y)
        library.reorder(preferred[RESULT], memory[RESULT], layout, library.memory(layout, y))
        return [np.ascontiguousarray(y.transpose(0, 2, 3, 1)) if job.stem == "convolution" else y.copy()]

    keep = (x, weights, bias, y)
    return Prepared(call, lambda: (keep, outputs())[1])
