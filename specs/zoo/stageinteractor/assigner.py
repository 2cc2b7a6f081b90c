"""Calls the entry `assign` of the compiled detector, through the C interface of its library.

    assign = Assigner.compiled("lathe", "detector.yaml", "weights.safetensors", folder)
    matched, targets, normalisers = assign(logits, boxes, gt_boxes, gt_labels)

The structs are those of runtime/lathe.h, which the header beside the library repeats.
"""

import ctypes
import re
import subprocess
from ctypes import POINTER, Structure, byref, c_char, c_int, c_int64, c_size_t, c_uint32, c_void_p
from pathlib import Path

import numpy as np

TYPES = {np.dtype("float32"): 0, np.dtype("int64"): 8}  # LATHE_F32, LATHE_I64


class Status(Structure):
    _fields_ = [("code", c_int), ("message", c_char * 1020)]


class Tensor(Structure):
    _fields_ = [("type", c_int), ("rank", c_uint32), ("shape", POINTER(c_int64)),
                ("data", c_void_p)]


class Options(Structure):
    _fields_ = [("threads", c_uint32), ("executor", c_void_p), ("hooks", c_void_p)]


def tensors(arrays):
    """LatheTensors of arrays, which must live as long as these."""
    result = (Tensor * len(arrays))()
    for tensor, array in zip(result, arrays):
        assert array.flags.c_contiguous and array.dtype in TYPES, (array.flags, array.dtype)
        shape = (c_int64 * array.ndim)(*array.shape)
        tensor.type, tensor.rank, tensor.data = TYPES[array.dtype], array.ndim, array.ctypes.data
        tensor.shape = ctypes.cast(shape, POINTER(c_int64))  # keeps the shape alive
    return result


class Assigner:
    def __init__(self, library):
        library = Path(library).absolute()
        header = library.with_name(library.stem.removeprefix("lib") + ".h").read_text()
        self.entry = int(re.search(r"#define \w+_ASSIGN (\d+)", header)[1])
        symbol = re.search(r"LatheModelBinary (\w+);\s*/\* Numbers", header)[1]
        self.lib = ctypes.CDLL(library)
        self.model, self.instance, self.status = c_void_p(), c_void_p(), Status()
        options = Options(threads=1)
        self.lib.latheInstanceRun.argtypes = [c_void_p, c_uint32, POINTER(Tensor), c_size_t,
                                              POINTER(Tensor), c_size_t, POINTER(Status)]
        self.call("latheModelOpen", byref(c_char.in_dll(self.lib, symbol)), byref(self.model))
        self.call("latheModelLoadWeights", self.model, None)
        self.call("latheInstanceCreate", self.model, byref(options), byref(self.instance))

    @classmethod
    def compiled(cls, lathe, spec, weights, folder):
        """Compiles the detector's library into a folder and opens it."""
        library = Path(folder) / "libdetector.so"
        try:
            subprocess.run([lathe, "compile", spec, "--weights", weights, "--emit=lib",
                            "-o", library], check=True)
        except FileNotFoundError:
            raise SystemExit(f"error: no compiler '{lathe}': name it by --lathe or LATHE") from None
        except subprocess.CalledProcessError:
            raise SystemExit(f"error: '{lathe}' did not compile {spec}: see above") from None
        return cls(library)

    def call(self, function, *arguments):
        if getattr(self.lib, function)(*arguments, byref(self.status)):
            raise RuntimeError(f"{function}: {self.status.message.decode()}")

    def __call__(self, logits, boxes, gt_boxes, gt_labels):
        """Of one image, from logits [stages, N, classes], boxes [stages, N, 4], and ground truths
        [M, 4] and [M]: matches [stages, N], class targets like the logits, normalisers [stages]."""
        inputs = tensors((logits, boxes, gt_boxes, gt_labels))
        results = (np.empty(logits.shape[:2], np.int64), np.empty(logits.shape, np.float32),
                   np.empty(len(logits), np.float32))
        outputs = tensors(results)
        self.call("latheInstanceRun", self.instance, self.entry, inputs, len(inputs), outputs,
                  len(outputs))
        return results
