"""ONNX Runtime on what PyTorch's exporter makes of the case's module, with all of its rewriting of graphs."""

import contextlib
import io
import warnings

import numpy as np
import onnxruntime
import torch

from peers import pytorch
from peers.job import Prepared, Unable


def export(module, inputs, path):
    """The module as an ONNX file."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(module, tuple(inputs), str(path), dynamo=True)
        except Exception as error:  # many kinds, from several packages
            while error.__cause__:
                error = error.__cause__
            raise Unable(f"no export: {type(error).__name__}: {str(error).strip().splitlines()[0]}") from None


def quantize(path, bits):
    """Products with matrices in few bits, 32 rows sharing a scale, in place of those in 32 bits."""
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
    quantizer = MatMulNBitsQuantizer(onnx.load(path), bits=bits, block_size=32, is_symmetric=True, accuracy_level=4)
    quantizer.process()
    path = path.with_suffix(f".{bits}.onnx")
    quantizer.model.save_model_to_file(str(path), use_external_data_format=True)
    return path


def prepare(job):
    if job.stored == "bf16":
        raise Unable("has no products in bf16 on processors")
    pytorch.start(job)
    path = job.folder / "model.onnx"
    module, inputs = pytorch.load(job, quantized=True)
    inputs = [x.contiguous() for x in inputs]
    if not path.exists():
        export(module, inputs, path)
    if job.stored in ("int8", "int4"):
        path = quantize(path, int(job.stored[3:]))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = job.threads, 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feeds = {declared.name: x.numpy() for declared, x in zip(session.get_inputs(), inputs)}
    last = []

    def call():
        last[:] = session.run(None, feeds)

    return Prepared(call, lambda: pytorch.as_arrays(module, [torch.from_numpy(np.asarray(y)) for y in last]))
