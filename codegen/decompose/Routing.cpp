//===- Routing.cpp - Routers as smaller ops -------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Routing.h"
#include "codegen/Decomposition.h"
#include "dialect/Matching.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

struct NullExpertRouterDecomposition : Decomposition<NullExpertRouterOp> {
  using Decomposition::Decomposition;

  SmallVector<Value> decompose(NullExpertRouterOp op,
                               Composer &c) const override {
    Shape shape = getShape(op.getInput());
    DimExpr tokens = getElementCount(ArrayRef(shape).drop_back());
    Value x = c.reshape(op.getInput(), {tokens, shape.back()});
    // One matrix for both kinds, joined at compile time.
    Value gate = op.getGate();
    if (op.getNullGate())
      gate = c.concat({gate, op.getNullGate()}, 0);
    Value logits = c.linear(x, gate);
    auto best =
        TopKOp::create(c, c.softmax(logits), c.getI64IntegerAttr(op.getTopK()),
                       ElementKindAttr::get(c.getContext(), ElementKind::i64));
    int64_t experts = *getDim(op.getGate(), 0).getConstant();
    Value isTrue = c.compare(CompareKind::lt, best.getPlaces(), experts);
    Value kept = c.mul(best.getValues(), c.cast(isTrue, kindOf(logits)));
    Value total = c.reduce(ReduceKind::sum, kept, {-1}, /*keepDims=*/true);
    // A token without true experts divides by 1.
    Value isNone = c.cast(c.compare(CompareKind::eq, total, 0), kindOf(logits));
    Value weights = c.div(kept, c.add(total, isNone));
    return {logits, weights, best.getPlaces()};
  }

private:
  static ElementKind kindOf(Value floats) {
    Type type = getElementTypeOrSelf(floats);
    return type.isF16()    ? ElementKind::f16
           : type.isBF16() ? ElementKind::bf16
           : type.isF64()  ? ElementKind::f64
                           : ElementKind::f32;
  }
};

} // namespace

void lathe::populateRoutingDecompositions(RewritePatternSet &patterns) {
  patterns.add<NullExpertRouterDecomposition>(patterns.getContext());
}
