"""Lathe itself: the case's shared library through its C interface, runtime/lathe.h."""

import ctypes
import json
import re

import numpy as np

import programs
from peers.job import Prepared

TYPES = {name: number for number, name in enumerate(
    "float32 float64 float16 bfloat16 int8 uint8 int16 int32 int64 bool uint16 uint32 uint64".split())}


class Status(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 1020)]


class Tensor(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("rank", ctypes.c_uint32), ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("data", ctypes.c_void_p), ("device_kind", ctypes.c_int32), ("device_id", ctypes.c_int32)]


class Options(ctypes.Structure):
    _fields_ = [("threads", ctypes.c_uint32), ("executor", ctypes.c_void_p), ("hooks", ctypes.c_void_p)]


class ModelInfo(ctypes.Structure):
    """The first of LatheModelInfo's members."""

    _fields_ = [("name", ctypes.c_char_p), ("summary", ctypes.c_char_p), ("target", ctypes.c_char_p),
                ("json", ctypes.c_char_p)]


def open_model(path, status):
    """The library, whose header beside it says what its model is called, and the model in it."""
    library, model = ctypes.CDLL(str(path)), ctypes.c_void_p()
    header = next(path.parent.glob("*.h")).read_text()
    binary = ctypes.c_char.in_dll(library, re.search(r"LatheModelBinary (\w+);", header)[1])
    if library.latheModelOpen(ctypes.byref(binary), ctypes.byref(model), ctypes.byref(status)):
        raise RuntimeError(status.message.decode())
    return library, model


def describe_library(path):
    library, model = open_model(path, Status())
    library.latheModelInfo.restype = ctypes.POINTER(ModelInfo)
    info = json.loads(library.latheModelInfo(model).contents.json)
    library.latheModelClose(model)
    return info


def describe(arrays):
    """LatheTensors of arrays, which must outlive them."""
    tensors = (Tensor * len(arrays))()
    for tensor, array in zip(tensors, arrays):
        shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        tensor.type, tensor.rank, tensor.shape = TYPES[array.dtype.name], array.ndim, shape
        tensor.data = array.ctypes.data
    return tensors


def aligned(shape, dtype):
    """A zeroed array that begins where a vector may."""
    count = int(np.prod(shape)) * np.dtype(dtype).itemsize
    bytes = np.zeros(count + 64, np.uint8)
    start = -bytes.ctypes.data % 64
    return bytes[start:start + count].view(dtype).reshape(shape)


def prepare(job):
    info = job.info()
    status = Status()
    library, model = open_model(job.library, status)

    def check(code):
        if code:
            raise RuntimeError(status.message.decode())

    instance = ctypes.c_void_p()
    check(library.latheModelLoadWeights(model, None, ctypes.byref(status)))
    options = Options(threads=job.threads)
    check(library.latheInstanceCreate(model, ctypes.byref(options), ctypes.byref(instance), ctypes.byref(status)))

    inputs = []
    for array in job.inputs().values():
        inputs.append(aligned(array.shape, array.dtype))
        inputs[-1][...] = array
    entry = programs.describe_entry(info, job.case)
    number = ctypes.c_uint32(info["entries"].index(entry))
    given, results = describe(inputs), []
    for i, declared in enumerate(entry["outputs"]):
        shape = (ctypes.c_int64 * len(declared["shape"]))()
        check(library.latheModelOutputShape(model, number, given, ctypes.c_size_t(len(inputs)), ctypes.c_uint32(i),
                                            shape, ctypes.byref(status)))
        results.append(aligned(tuple(shape), programs.NUMPY_TYPES[declared["type"]]))
    wanted = describe(results)
    run, counts = library.latheInstanceRun, (ctypes.c_size_t(len(inputs)), ctypes.c_size_t(len(results)))

    def call():
        if run(instance, number, given, counts[0], wanted, counts[1], ctypes.byref(status)):
            raise RuntimeError(status.message.decode())

    keep = (inputs, library)
    return Prepared(call, lambda: (keep, [array.copy() for array in results])[1])
