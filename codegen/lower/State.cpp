//===- State.cpp - States and the ops that own them as linalg -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A state's buffer is a tensor that a function reads once and whose changed
// version it writes once; what ops do in between are windows of it. One-shot
// bufferization then works in the buffer itself, and copies only where an old
// element is still needed after it was replaced.
//
//===----------------------------------------------------------------------===//

#include "dialect/State.h"
#include "codegen/Lowering.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {
struct ReadStateLowering : Lowering<ReadStateOp> {
  using Lowering::Lowering;
  FailureOr<SmallVector<Value>> lower(ReadStateOp op,
                                      Structured &b) const override {
    if (b.isInitialRead(op.getResult()))
      return failure();
    Shape shape = b.getResultShape();
    SmallVector<OpFoldResult> origin(shape.size(), b.getIndexAttr(0));
    Value buffer = b.readBuffer(op.getStateAttr());
    return SmallVector<Value>{b.window(buffer, origin, shape)};
  }
};

struct WriteStateLowering : Lowering<WriteStateOp> {
  using Lowering::Lowering;
  FailureOr<SmallVector<Value>> lower(WriteStateOp op,
                                      Structured &b) const override {
    Value buffer = b.readBuffer(op.getStateAttr());
    SmallVector<OpFoldResult> origin(b.getShape(buffer).size(),
                                     b.getIndexAttr(0));
    b.writeBuffer(op.getStateAttr(),
                  b.replaceWindow(buffer, origin, op.getValue()));
    return SmallVector<Value>{};
  }
};

struct CacheLowering : Lowering<CacheOp> {
  using Lowering::Lowering;
  FailureOr<SmallVector<Value>> lower(CacheOp op,
                                      Structured &b) const override {
    Shape shape = b.getResultShape();
    SmallVector<OpFoldResult> origin(shape.size(), b.getIndexAttr(0));
    SmallVector<OpFoldResult> end = origin;
    end[1] = b.foldedSize(DimExpr::symbol(op.getPast()));
    Value filled =
        b.replaceWindow(b.readBuffer(op.getBufferAttr()), end, op.getInput());
    b.writeBuffer(op.getBufferAttr(), filled);
    return SmallVector<Value>{b.window(filled, origin, shape)};
  }
};
} // namespace

void lathe::populateStateLowerings(RewritePatternSet &patterns,
                                   LoweringState &state) {
  patterns.add<ReadStateLowering, WriteStateLowering, CacheLowering>(
      patterns.getContext(), state);
}
