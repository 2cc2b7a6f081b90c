//===- Choice.cpp - Weights of which an input chooses a part, as linalg ---===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Tensors.h"
#include "dialect/Slim.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {
/// The options are stacked when compiling; a run sees one of them in the stack.
struct ChooseLowering : Lowering<ChooseOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(ChooseOp op,
                                      Structured &b) const override {
    Value stack = op.getOptions().front();
    if (!op.getStacked()) {
      Shape one = b.getShape(stack);
      one.insert(one.begin(), 1);
      SmallVector<Value> layers;
      for (Value option : op.getOptions())
        layers.push_back(b.reshape(option, one));
      Shape all = one;
      all.front() = layers.size();
      stack = concatenate(b, layers, 0, all);
    }
    return SmallVector<Value>{takeSlices(b, stack, op.getIndex(), 0)};
  }
};

struct LeadingLowering : Lowering<LeadingOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(LeadingOp op,
                                      Structured &b) const override {
    Shape shape = b.getResultShape();
    SmallVector<OpFoldResult> origin(shape.size(), b.getIndexAttr(0));
    return SmallVector<Value>{b.window(op.getInput(), origin, shape)};
  }
};
} // namespace

void lathe::populateChoiceLowerings(RewritePatternSet &patterns,
                                    LoweringState &state) {
  patterns.add<ChooseLowering, LeadingLowering>(patterns.getContext(), state);
}
