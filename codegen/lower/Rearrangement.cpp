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

/// Numbers that are known when compiling, one for each place of an axis of the
/// ops that read them, and how these read them.
struct PlaceTable {
  Value numbers;
  AffineMap map;

  PlaceTable(Structured &b, ArrayRef<int64_t> places, int64_t axis,
             unsigned rank)
      : numbers(b.table({int64_t(places.size())}, b.getI32Type(),
                        SmallVector<double>(places.begin(), places.end()))),
        map(b.mapOf(rank, {b.d(axis)})) {}
};

/// The element of `input` at the place of the loops, but for `axis`.
Value extractAt(Structured &b, Value input, int64_t axis, Value place) {
  SmallVector<Value> at;
  for (int64_t i = 0, rank = b.getShape(input).size(); i < rank; ++i)
    at.push_back(i == axis ? place : b.index(i));
  return b.extract(input, at);
}

struct KeepLowering : Lowering<KeepOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(KeepOp op, Structured &b) const override {
    Value input = op.getInput();
    Shape shape = b.getResultShape();
    int64_t axis = fromFront(op.getAxis(), shape.size());
    ArrayRef<int64_t> places = op.getPlaces();
    if (places.back() - places.front() + 1 == int64_t(places.size()))
      return SmallVector<Value>{slice(b, input, axis, places.front(), shape)};
    PlaceTable table(b, places, axis, shape.size());
    return SmallVector<Value>{
        b.map(shape, getElementTypeOrSelf(input), table.numbers, table.map,
              [&](Structured &b, ValueRange args) -> Value {
                Value place =
                    arith::IndexCastOp::create(b, b.getIndexType(), args[0]);
                return extractAt(b, input, axis, place);
              })};
  }
};

struct SpreadLowering : Lowering<SpreadOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(SpreadOp op,
                                      Structured &b) const override {
    Value input = op.getInput();
    Type type = getElementTypeOrSelf(input);
    Shape shape = b.getResultShape();
    int64_t axis = fromFront(op.getAxis(), shape.size());
    // Where each place comes from; the others read the first, in vain.
    SmallVector<int64_t> from(op.getSize(), 0), known(op.getSize(), 0);
    for (auto [i, place] : llvm::enumerate(op.getPlaces())) {
      from[place] = i;
      known[place] = 1;
    }
    PlaceTable source(b, from, axis, shape.size());
    PlaceTable isKnown(b, known, axis, shape.size());
    SmallVector<Value> inputs = {source.numbers, isKnown.numbers};
    SmallVector<AffineMap> maps = {source.map, isKnown.map};
    if (op.getFill()) {
      inputs.push_back(op.getFill());
      maps.push_back(source.map);
    }
    return SmallVector<Value>{
        b.map(shape, type, inputs, maps,
              [&](Structured &b, ValueRange args) -> Value {
                Value place =
                    arith::IndexCastOp::create(b, b.getIndexType(), args[0]);
                Value isThere = arith::CmpIOp::create(
                    b, arith::CmpIPredicate::ne, args[1],
                    arith::ConstantIntOp::create(b, b.getI32Type(), 0));
                return arith::SelectOp::create(
                    b, isThere, extractAt(b, input, axis, place),
                    op.getFill() ? args[2] : b.scalar(type, 0));
              })};
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
               KeepLowering, SpreadLowering, PadLowering, SizeLowering>(
      patterns.getContext(), state);
}
