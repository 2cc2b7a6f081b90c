//===- Matching.cpp - Selection and matching as calls ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Matching.h"
#include "codegen/lower/RuntimeCall.h"
#include "codegen/lower/Tensors.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

struct TopKLowering : Lowering<TopKOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(TopKOp op, Structured &b) const override {
    Selection best = selectLargest(b, widen(b, op.getInput()), op.getK());
    return SmallVector<Value>{
        convertTensor(b, best.values, getElementTypeOrSelf(op.getInput())),
        convertTensor(b, best.places, b.getResultType(1).getElementType())};
  }
};

struct BipartiteMatchLowering : Lowering<BipartiteMatchOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(BipartiteMatchOp op,
                                      Structured &b) const override {
    Shape shape = b.getShape(op.getCost());
    DimExpr rows = shape[shape.size() - 2], columns = shape.back();
    DimExpr batch = getElementCount(ArrayRef(shape).drop_back(2));
    // latheMatchScratch of runtime/abi.h.
    Shape scratch = {batch,
                     (rows + columns) * 8 + (rows * columns).floorDiv(2)};
    SmallVector<Value> results = callRuntime(
        b, "latheMatch", op.getCost(),
        {{b.getResultShape(), b.getI64Type()}, {scratch, b.getI64Type()}},
        {batch, rows, columns});
    return SmallVector<Value>{results[0]};
  }
};

struct SampleLowering : Lowering<SampleOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(SampleOp op,
                                      Structured &b) const override {
    Value logits = widen(b, op.getLogits());
    Shape shape = b.getShape(logits), rows = b.getResultShape();
    auto wide = [&](Value integer) {
      return convertTensor(b, integer, b.getI64Type());
    };
    SmallVector<Value> results =
        callRuntime(b, "latheSample",
                    {logits, op.getTemperature(), wide(op.getTopK()),
                     op.getTopP(), wide(op.getSeed()), wide(op.getCounter())},
                    {{rows, b.getI64Type()}, {shape, b.getI64Type()}},
                    {getElementCount(rows), shape.back()});
    return SmallVector<Value>{results[0]};
  }
};

} // namespace

void lathe::populateMatchingLowerings(RewritePatternSet &patterns,
                                      LoweringState &state) {
  patterns.add<TopKLowering, BipartiteMatchLowering, SampleLowering>(
      patterns.getContext(), state);
}
