//===- KernelBufferization.cpp - What kernels read and write --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/KernelDialect.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

namespace {
/// Of an op whose last operands are its outputs, of which it stores every
/// element and reads none before.
template <typename Model, typename OpTy>
struct OutputsLast
    : bufferization::DstBufferizableOpInterfaceExternalModel<Model, OpTy> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const bufferization::AnalysisState &) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const bufferization::BufferizationOptions &options,
                          bufferization::BufferizationState &state) const {
    rewriter.setInsertionPoint(op);
    SmallVector<Value> buffers;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> buffer =
          bufferization::getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    auto lowered = OpTy::create(rewriter, op->getLoc(), TypeRange(), buffers,
                                op->getAttrs());
    for (auto [to, from] : llvm::zip(lowered->getRegions(), op->getRegions()))
      to.takeBody(from);
    bufferization::replaceOpWithBufferizedValues(
        rewriter, op, ArrayRef(buffers).take_back(op->getNumResults()));
    return success();
  }
};

struct AttentionBufferization
    : OutputsLast<AttentionBufferization, AttentionOp> {};
struct FrequencyFilterBufferization
    : OutputsLast<FrequencyFilterBufferization, FrequencyFilterOp> {};
struct DotProductBufferization
    : OutputsLast<DotProductBufferization, DotProductOp> {};

struct WinogradBufferization : OutputsLast<WinogradBufferization, WinogradOp> {
};

struct NestBufferization : OutputsLast<NestBufferization, NestOp> {
  bool bufferizesToElementwiseAccess(Operation *op,
                                     const bufferization::AnalysisState &,
                                     ArrayRef<OpOperand *> operands) const {
    // An input may share the output's buffer only if both are walked alike.
    auto nest = cast<NestOp>(op);
    if (nest.hasReduction())
      return false;
    for (OpOperand *operand : operands)
      if (nest.getMap(operand->getOperandNumber()) != nest.getOutputMap())
        return false;
    return true;
  }
};

/// Whether the buffer's type says that its elements are neighbours in memory,
/// in row-major order.
bool isDense(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  return type.areTrailingDimsContiguous(type.getRank());
}

/// A dense buffer of the sizes of `buffer`.
FailureOr<Value>
allocateLike(RewriterBase &rewriter, Value buffer,
             const bufferization::BufferizationOptions &options) {
  auto type = cast<MemRefType>(buffer.getType());
  SmallVector<Value> sizes;
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (type.isDynamicDim(i))
      sizes.push_back(
          memref::DimOp::create(rewriter, buffer.getLoc(), buffer, i));
  return options.createAlloc(
      rewriter, buffer.getLoc(),
      MemRefType::get(type.getShape(), type.getElementType()), sizes);
}

struct CallBufferization
    : bufferization::DstBufferizableOpInterfaceExternalModel<CallBufferization,
                                                             CallOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const bufferization::AnalysisState &) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const bufferization::BufferizationOptions &options,
                          bufferization::BufferizationState &state) const {
    auto call = cast<CallOp>(op);
    rewriter.setInsertionPoint(call);
    SmallVector<Value> inputs, outputs, dense;
    for (Value input : call.getInputs()) {
      FailureOr<Value> buffer =
          bufferization::getBuffer(rewriter, input, options, state);
      if (succeeded(buffer) && !isDense(*buffer)) {
        Value strided = *buffer;
        buffer = allocateLike(rewriter, strided, options);
        if (succeeded(buffer) &&
            failed(options.createMemCpy(rewriter, call.getLoc(), strided,
                                        *buffer)))
          return failure();
      }
      if (failed(buffer))
        return failure();
      inputs.push_back(*buffer);
    }
    for (Value output : call.getOutputs()) {
      FailureOr<Value> buffer =
          bufferization::getBuffer(rewriter, output, options, state);
      if (failed(buffer))
        return failure();
      outputs.push_back(*buffer);
      if (!isDense(*buffer))
        buffer = allocateLike(rewriter, *buffer, options);
      if (failed(buffer))
        return failure();
      dense.push_back(*buffer);
    }
    auto lowered =
        CallOp::create(rewriter, call.getLoc(), /*results=*/TypeRange{},
                       call.getCalleeAttr(), inputs, dense, call.getSizes());
    lowered->setDiscardableAttrs(call->getDiscardableAttrDictionary());
    for (auto [from, to] : llvm::zip(dense, outputs))
      if (from != to &&
          failed(options.createMemCpy(rewriter, call.getLoc(), from, to)))
        return failure();
    bufferization::replaceOpWithBufferizedValues(rewriter, op, outputs);
    return success();
  }
};
struct WriteBackBufferization
    : bufferization::BufferizableOpInterface::ExternalModel<
          WriteBackBufferization, WriteBackOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const bufferization::AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const bufferization::AnalysisState &) const {
    return false;
  }
  bufferization::AliasingValueList
  getAliasingValues(Operation *, OpOperand &,
                    const bufferization::AnalysisState &) const {
    return {};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const bufferization::BufferizationOptions &options,
                          bufferization::BufferizationState &state) const {
    auto write = cast<WriteBackOp>(op);
    FailureOr<Value> source =
        bufferization::getBuffer(rewriter, write.getSource(), options, state);
    if (failed(source))
      return failure();
    if (*source != write.getBuffer())
      memref::CopyOp::create(rewriter, write.getLoc(), *source,
                             write.getBuffer());
    rewriter.eraseOp(op);
    return success();
  }
};
} // namespace

void mlir::lathe::kernel::registerBufferization(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, KernelDialect *) {
    NestOp::attachInterface<NestBufferization>(*context);
    AttentionOp::attachInterface<AttentionBufferization>(*context);
    FrequencyFilterOp::attachInterface<FrequencyFilterBufferization>(*context);
    DotProductOp::attachInterface<DotProductBufferization>(*context);
    WinogradOp::attachInterface<WinogradBufferization>(*context);
    CallOp::attachInterface<CallBufferization>(*context);
    WriteBackOp::attachInterface<WriteBackBufferization>(*context);
  });
}
