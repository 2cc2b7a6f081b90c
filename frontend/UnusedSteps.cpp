//===- UnusedSteps.cpp - Steps that no output depends on ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/GraphBuilder.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::frontend;

/// The ops of a block that its results or its states depend on.
static llvm::DenseSet<Operation *> findLive(Block &block) {
  llvm::DenseSet<Operation *> live;
  for (Operation &op : llvm::reverse(block)) {
    bool isUsed = llvm::any_of(
        op.getUsers(), [&](Operation *user) { return live.contains(user); });
    if (isUsed || op.hasTrait<OpTrait::IsTerminator>() ||
        !isMemoryEffectFree(&op))
      live.insert(&op);
  }
  return live;
}

void GraphBuilder::warnOfUnusedSteps() {
  if (entrySteps.empty())
    return;
  Block &block = *entrySteps.front().last->getBlock();
  llvm::DenseSet<Operation *> live = findLive(block);
  auto isUnused = [&](const EntryStep &step) {
    bool makesAny = false;
    for (Operation *op = step.last; op != step.before; op = op->getPrevNode()) {
      if (isa<ParameterOp, ChooseOp>(op))
        continue;
      if (live.contains(op))
        return false;
      makesAny = true;
    }
    return makesAny;
  };
  // One warning for all repetitions of a step.
  llvm::MapVector<const YamlNode *, SmallVector<const EntryStep *>> unused;
  for (const EntryStep &step : entrySteps)
    if (isUnused(step))
      unused[step.node].push_back(&step);
  for (const auto &[node, steps] : unused) {
    const EntryStep &first = *steps.front();
    InFlightDiagnostic warning = emitWarning(first.place);
    warning << "no output depends on "
            << (first.name.empty() ? "this step" : "'" + first.name + "'");
    if (steps.size() > 1)
      warning << " and " << steps.size() - 1 << " more of its repetitions";
  }
}
