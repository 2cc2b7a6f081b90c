"""OpenBLAS, for a product alone: sgemm, or sgemv for a token."""

import ctypes

import numpy as np
import scipy_openblas32
from safetensors.numpy import load_file

from peers.job import Prepared, Unable

ROW_MAJOR, AS_IS, TRANSPOSED = 101, 111, 112


def prepare(job):
    if job.stem != "product" or job.stored != "f32":
        raise Unable("has no such kernel")
    library = ctypes.CDLL(f"{scipy_openblas32.get_lib_dir()}/{scipy_openblas32.get_library(fullname=True)}")
    library.scipy_openblas_set_num_threads(job.threads)
    (x,), weights = job.inputs().values(), load_file(job.weights)
    matrix, bias = weights["y.weight"], weights.get("y.bias")
    (tokens, inputs), features = x.shape, len(matrix)
    y = np.zeros((tokens, features), np.float32)
    one, zero = ctypes.c_float(1), ctypes.c_float(0)
    address = [array.ctypes.data_as(ctypes.c_void_p) for array in (x, matrix, y)]

    if tokens == 1:
        def multiply():
            library.scipy_cblas_sgemv(ROW_MAJOR, AS_IS, features, inputs, one, address[1], inputs, address[0], 1, zero,
                                      address[2], 1)
    else:
        def multiply():
            library.scipy_cblas_sgemm(ROW_MAJOR, AS_IS, TRANSPOSED, tokens, features, inputs, one, address[0], inputs,
                                      address[1], inputs, zero, address[2], features)

    def multiply_and_add():
        multiply()
        np.add(y, bias, out=y)

    return Prepared(multiply if bias is None else multiply_and_add, lambda: [y.copy()])
