//===- GroupExperts.cpp - Gives each expert just its tokens ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// As written, `experts` is every expert on every token. Sorted by expert, the
// picks are one slice each, of a size that is known when running.
//
//===----------------------------------------------------------------------===//

#include "dialect/Routing.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Passes.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_GROUPEXPERTS
#include "passes/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {
struct GroupExpertsPass : lathe::impl::GroupExpertsBase<GroupExpertsPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      // In the order of the ops, so that the first sort is before its users.
      llvm::DenseMap<std::pair<Value, int64_t>, GroupPicksOp> sorted;
      for (auto op : llvm::make_early_inc_range(function.getOps<ExpertsOp>()))
        group(op, sorted[{op.getPicks(), int64_t(op.getW1().size())}]);
    }
  }

private:
  void group(ExpertsOp op, GroupPicksOp &picks) {
    OpBuilder b(op);
    if (!picks) {
      picks = GroupPicksOp::create(b, op.getLoc(), op.getPicks(),
                                   op.getW1().size());
      ++sorts;
    }
    Value y = GroupedExpertsOp::create(b, op.getLoc(), op.getInput(),
                                       op.getWeights(), picks.getOrder(),
                                       picks.getPlaces(), picks.getOffsets(),
                                       op.getW1(), op.getW2(), op.getW3());
    op.replaceAllUsesWith(y);
    op.erase();
    ++grouped;
  }
};
} // namespace
