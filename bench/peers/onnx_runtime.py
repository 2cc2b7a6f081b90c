"""ONNX Runtime on what PyTorch's exporter makes of the case's module, with all of its rewriting of graphs."""

import contextlib
import io
import logging
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

from peers import pytorch
from peers.job import Prepared, Unable

logging.disable(logging.WARNING)  # the packages tell of each of their steps


def export(module, inputs, path):
    """The module as an ONNX file."""
    nowhere = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(module, tuple(inputs), str(path), dynamo=True)
        except Exception as error:  # many kinds, from several packages
            while error.__cause__:
                error = error.__cause__
            raise Unable(f"no export: {type(error).__name__}: {str(error).strip().splitlines()[0]}") from None


def gemms_to_products(graph):
    """Rewrites Gemm(x, Wᵀ, b) as a product and a sum, the form that is quantised."""
    constants, nodes = {tensor.name: tensor for tensor in graph.initializer}, list(graph.node)
    del graph.node[:]
    for node in nodes:
        transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        if node.op_type != "Gemm" or not transposed or node.input[1] not in constants:
            graph.node.append(node)
            continue
        matrix = numpy_helper.to_array(constants[node.input[1]]).T
        name = f"{node.input[1]}.transposed"
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(matrix), name))
        result = node.output[0] if len(node.input) < 3 else f"{node.output[0]}.product"
        graph.node.append(helper.make_node("MatMul", [node.input[0], name], [result], node.name))
        if len(node.input) > 2:
            graph.node.append(helper.make_node("Add", [result, node.input[2]], [node.output[0]]))


def quantize(path, bits):
    """Products with matrices in few bits, 32 rows sharing a scale, in place of those in 32 bits."""
    model = onnx.load(path)
    gemms_to_products(model.graph)
    quantizer = MatMulNBitsQuantizer(model, bits=bits, block_size=32, is_symmetric=True, accuracy_level=4)
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
