//===- LayoutWeights.cpp - Gives each weight its place in the weights file ===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_LAYOUTWEIGHTS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {
struct LayoutWeightsPass : lathe::impl::LayoutWeightsBase<LayoutWeightsPass> {
  void runOnOperation() override {
    layWeightsOut();
    layStatesOut();
  }

private:
  void layStatesOut() {
    Builder b(&getContext());
    int64_t offset = 0;
    for (auto state : getOperation().getOps<StateOp>()) {
      auto type = cast<RankedTensorType>(state.getType());
      state->setAttr("lathe.offset", b.getI64IntegerAttr(offset));
      int64_t bytes =
          type.getNumElements() * getElementBytes(type.getElementType());
      offset += llvm::alignTo(bytes, 64);
    }
    getOperation()->setAttr("lathe.state_bytes", b.getI64IntegerAttr(offset));
  }

  void layWeightsOut() {
    llvm::StringSet<> read;
    getOperation().walk([&](ParameterOp op) { read.insert(op.getWeight()); });
    Builder b(&getContext());
    int64_t offset = 0;
    for (auto weight : getOperation().getOps<WeightOp>()) {
      if (!read.contains(weight.getSymName()))
        continue;
      RankedTensorType type = weight.getTensorType();
      weight->setAttr("lathe.offset", b.getI64IntegerAttr(offset));
      int64_t bytes =
          type.getNumElements() * getElementBytes(type.getElementType());
      // The alignment of the file's data section and of a cache line.
      offset += llvm::alignTo(bytes, 64);
    }
    getOperation()->setAttr("lathe.weight_bytes", b.getI64IntegerAttr(offset));
  }
};
} // namespace
