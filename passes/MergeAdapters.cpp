//===- MergeAdapters.cpp - Kronecker adapters as one matrix or two --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs behind the passes that change weights and sizes: by then the number of
// tokens of an entry for a single one is known, and matrices are stored as they
// will be.
//
//===----------------------------------------------------------------------===//

#include "dialect/WeightMath.h"
#include "passes/AdapterChoice.h"
#include "passes/Passes.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_MERGEADAPTERS
#include "passes/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {
/// Remembers the ops that a builder makes.
struct Recorder : OpBuilder::Listener {
  void notifyOperationInserted(Operation *op, OpBuilder::InsertPoint) override {
    ops.push_back(op);
  }
  SmallVector<Operation *> ops;
};
} // namespace

static double estimate(KroneckerAdapterOp op, KroneckerForm form,
                       const CostModel &model) {
  OpBuilder builder(op);
  Recorder recorder;
  builder.setListener(&recorder);
  Composer c(op.getLoc(), builder);
  (void)writeKroneckerForm(op, form, c);
  double seconds = 0;
  for (Operation *written : recorder.ops)
    if (!isWeightMath(written->getResult(0)))
      seconds += model.secondsOf(written);
  for (Operation *written : llvm::reverse(recorder.ops))
    written->erase();
  return seconds;
}

AdapterCosts lathe::estimateForms(KroneckerAdapterOp op,
                                  const CostModel &model) {
  double merged = estimate(op, KroneckerForm::merged, model);
  double first = estimate(op, KroneckerForm::ruleFirst, model);
  double last = estimate(op, KroneckerForm::ruleLast, model);
  return {merged, std::min(first, last),
          first < last ? KroneckerForm::ruleFirst : KroneckerForm::ruleLast};
}

KroneckerForm AdapterCosts::choose(AdapterChoice choice) const {
  bool isMerged = choice == AdapterChoice::merged ||
                  (choice == AdapterChoice::automatic && merged <= factored);
  return isMerged ? KroneckerForm::merged : bestFactored;
}

namespace {
struct MergeAdaptersPass : lathe::impl::MergeAdaptersBase<MergeAdaptersPass> {
  using MergeAdaptersBase::MergeAdaptersBase;

  void runOnOperation() override {
    CostModel model(getOperation(),
                    {vectorBytes, flopsPerSecond, bytesPerSecond});
    getOperation().walk([&](KroneckerAdapterOp op) {
      KroneckerForm form = estimateForms(op, model).choose(choice);
      OpBuilder builder(op);
      Composer c(op.getLoc(), builder);
      op.replaceAllUsesWith(writeKroneckerForm(op, form, c));
      op.erase();
      ++(form == KroneckerForm::merged ? merged : factored);
    });
  }
};
} // namespace
