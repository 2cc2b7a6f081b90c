//===- Sparsity.cpp - Pruning masks as linalg -----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Sparsity.h"
#include "codegen/lower/Tensors.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

struct IdentityLossLowering : Lowering<IdentityLossOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(IdentityLossOp op,
                                      Structured &b) const override {
    Value v = widen(b, op.getV());
    DimExpr rank = getDim(op.getV(), 0);
    Type type = getElementTypeOrSelf(v);
    Value gram = b.contract({rank, rank}, 1, v, b.mapOf(3, {b.d(0), b.d(2)}), v,
                            b.mapOf(3, {b.d(1), b.d(2)}));
    Value squares =
        b.map({rank, rank}, type, {gram},
              [](Structured &b, ValueRange args) -> Value {
                Value isDiagonal = arith::CmpIOp::create(
                    b, arith::CmpIPredicate::eq, b.index(0), b.index(1));
                Value one = arith::SelectOp::create(
                    b, isDiagonal, like(b, args[0], 1), like(b, args[0], 0));
                Value difference = sub(b, args[0], one);
                return mul(b, difference, difference);
              });
    Value sum =
        reduceAxes(b, squares, {0, 1}, 0, [](Structured &b, ValueRange args) {
          return add(b, args[0], args[1]);
        });
    double count = *(rank * rank).getConstant();
    Value mean = b.map({}, type, {sum}, [&](Structured &b, ValueRange args) {
      return div(b, args[0], like(b, args[0], count));
    });
    mean = convertTensor(b, b.reshape(mean, {1}), getElementTypeOrSelf(op));
    return SmallVector<Value>{mean};
  }
};

} // namespace

void lathe::populateSparsityLowerings(RewritePatternSet &patterns,
                                      LoweringState &state) {
  patterns.add<IdentityLossLowering>(patterns.getContext(), state);
}
