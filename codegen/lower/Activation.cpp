//===- Activation.cpp - Activations as linalg -----------------------------===//
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

struct ActivationLowering : Lowering<ActivationOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(ActivationOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    Value y =
        b.map(b.getShape(x), getElementTypeOrSelf(x), x,
              [&](Structured &b, ValueRange args) {
                return activate(b, op.getKind(), op.getConstant(), args[0]);
              });
    return SmallVector<Value>{
        convertTensor(b, y, getElementTypeOrSelf(op.getInput()))};
  }
};

struct SoftmaxLowering : Lowering<SoftmaxOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(SoftmaxOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    int64_t rank = b.getShape(x).size();
    Value y = softmax(b, x, {fromFront(op.getAxis(), rank)});
    return SmallVector<Value>{
        convertTensor(b, y, getElementTypeOrSelf(op.getInput()))};
  }
};

} // namespace

void lathe::populateActivationLowerings(RewritePatternSet &patterns,
                                        LoweringState &state) {
  patterns.add<ActivationLowering, SoftmaxLowering>(patterns.getContext(),
                                                    state);
}
