//===- Rearrangement.cpp - Rearrangements as linalg and tensor ops --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Tensors.h"
#include "dialect/Checks.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

struct ReshapeLowering : Lowering<ReshapeOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(ReshapeOp op,
                                      Structured &b) const override {
    return SmallVector<Value>{b.reshape(op.getInput(), b.getResultShape())};
  }
};

struct FlattenLowering : Lowering<FlattenOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(FlattenOp op,
                                      Structured &b) const override {
    return SmallVector<Value>{b.reshape(op.getInput(), b.getResultShape())};
  }
};

struct SqueezeLowering : Lowering<SqueezeOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(SqueezeOp op,
                                      Structured &b) const override {
    return SmallVector<Value>{b.reshape(op.getInput(), b.getResultShape())};
  }
};

struct UnsqueezeLowering : Lowering<UnsqueezeOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(UnsqueezeOp op,
                                      Structured &b) const override {
    return SmallVector<Value>{b.reshape(op.getInput(), b.getResultShape())};
  }
};

struct TransposeLowering : Lowering<TransposeOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(TransposeOp op,
                                      Structured &b) const override {
    return SmallVector<Value>{b.transpose(op.getInput(), op.getPermutation())};
  }
};

struct BroadcastToLowering : Lowering<BroadcastToOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(BroadcastToOp op,
                                      Structured &b) const override {
    return SmallVector<Value>{b.broadcastMap(
        b.getResultShape(), getElementTypeOrSelf(op.getInput()), op.getInput(),
        [](Structured &, ValueRange args) { return args[0]; })};
  }
};

struct ConcatLowering : Lowering<ConcatOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(ConcatOp op,
                                      Structured &b) const override {
    Shape shape = b.getResultShape();
    int64_t axis = fromFront(op.getAxis(), shape.size());
    return SmallVector<Value>{concatenate(b, op.getInputs(), axis, shape)};
  }
};

struct SplitLowering : Lowering<SplitOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(SplitOp op,
                                      Structured &b) const override {
    SmallVector<Value> pieces;
    DimExpr offset = 0;
    for (unsigned i = 0; i < op.getNumResults(); ++i) {
      Shape shape = b.getResultShape(i);
      int64_t axis = fromFront(op.getAxis(), shape.size());
      pieces.push_back(slice(b, op.getInput(), axis, offset, shape));
      offset += shape[axis];
    }
    return pieces;
  }
};

struct SliceLowering : Lowering<SliceOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(SliceOp op,
                                      Structured &b) const override {
    Shape sizes = b.getShape(op.getInput());
    int64_t axis = fromFront(op.getAxis(), sizes.size());
    int64_t start = op.getStart();
    DimExpr first = start < 0 ? sizes[axis] + start : DimExpr(start);
    return SmallVector<Value>{
        slice(b, op.getInput(), axis, first, b.getResultShape(), op.getStep())};
  }
};

struct GatherLowering : Lowering<GatherOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(GatherOp op,
                                      Structured &b) const override {
    int64_t axis = fromFront(op.getAxis(), b.getShape(op.getInput()).size());
    return SmallVector<Value>{
        takeSlices(b, op.getInput(), op.getIndices(), axis)};
  }
};

struct PadLowering : Lowering<PadOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(PadOp op, Structured &b) const override {
    return SmallVector<Value>{b.pad(op.getInput(), op.getLow(), op.getHigh(),
                                    op.getMode(),
                                    op.getValue().convertToDouble())};
  }
};

struct SizeLowering : Lowering<SizeOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(SizeOp op, Structured &b) const override {
    Type type = b.getResultType().getElementType();
    Value size = b.size(*readSize(op.getOf()[0], {0}));
    Value number = arith::IndexCastOp::create(b, type, size);
    return SmallVector<Value>{
        b.record(tensor::FromElementsOp::create(
                     b, RankedTensorType::get({}, type), number),
                 {})};
  }
};

} // namespace

void lathe::populateRearrangementLowerings(RewritePatternSet &patterns,
                                           LoweringState &state) {
  patterns.add<ReshapeLowering, FlattenLowering, SqueezeLowering,
               UnsqueezeLowering, TransposeLowering, BroadcastToLowering,
               ConcatLowering, SplitLowering, SliceLowering, GatherLowering,
               PadLowering, SizeLowering>(patterns.getContext(), state);
}
