//===- Slim.cpp - Choosing widths, as linalg ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Slim.h"
#include "codegen/lower/RuntimeCall.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {
struct WidthSearchLowering : Lowering<WidthSearchOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(WidthSearchOp op,
                                      Structured &b) const override {
    auto costs = op->getAttrOfType<DenseF64ArrayAttr>("lathe.costs");
    auto counts = op->getAttrOfType<DenseI64ArrayAttr>("lathe.counts");
    if (!costs || !counts)
      return op.emitOpError("has no costs: lathe-resolve-widths tables them");
    int64_t slots = counts.size();
    SmallVector<double> numbers(counts.asArrayRef());
    SmallVector<Value> results =
        callRuntime(b, "latheChooseWidths",
                    {b.table({costs.size()}, b.getF64Type(), costs),
                     b.table({slots}, b.getI64Type(), numbers), op.getBudget(),
                     op.getPreference()},
                    {{b.getResultShape(0), b.getI32Type()},
                     {b.getResultShape(1), b.getF32Type()}},
                    {slots});
    return results;
  }
};
} // namespace

void lathe::populateSlimLowerings(RewritePatternSet &patterns,
                                  LoweringState &state) {
  patterns.add<WidthSearchLowering>(patterns.getContext(), state);
}
