//===- MarkEvents.cpp - Brackets the code of each op with profile events --===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "dialect/Locations.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_MARKEVENTS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

/// Whether the op does work that a profile should show.
static bool doesWork(Operation &op) {
  // The host chooses among launches by sizes.
  if (isa<scf::IfOp>(op))
    return op.walk([](kernel::LaunchOp) { return WalkResult::interrupt(); })
        .wasInterrupted();
  return isa<DestinationStyleOpInterface, kernel::ReportIndexOp,
             kernel::LaunchOp, kernel::ParallelOp, scf::ForOp, scf::ParallelOp>(
      op);
}

namespace {
struct MarkEventsPass : lathe::impl::MarkEventsBase<MarkEventsPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function->hasAttr("lathe.entry"))
      return;
    Block &body = function.front();
    Value context = body.getArguments().back();
    SmallVector<Attribute> paths;
    Operation *previous = nullptr;
    StringRef current;
    auto close = [&] {
      if (!previous)
        return;
      OpBuilder b(&getContext());
      b.setInsertionPointAfter(previous);
      kernel::EventOp::create(b, previous->getLoc(), paths.size() - 1,
                              /*end=*/true, context);
      previous = nullptr;
    };
    for (Operation &op : llvm::make_early_inc_range(body)) {
      if (!doesWork(op))
        continue;
      StringRef path = getStepPath(op.getLoc());
      if (!previous || path != current) {
        close();
        current = path;
        paths.push_back(StringAttr::get(&getContext(), path));
        OpBuilder b(&op);
        kernel::EventOp::create(b, op.getLoc(), paths.size() - 1,
                                /*end=*/false, context);
      }
      int64_t event = paths.size() - 1;
      // What may report an error names its event.
      op.walk([&](Operation *inner) {
        if (isa<kernel::ReportIndexOp, kernel::CallOp, kernel::LaunchOp>(inner))
          inner->setAttr("lathe.event",
                         OpBuilder(inner).getI64IntegerAttr(event));
      });
      previous = &op;
    }
    close();
    function->setAttr("lathe.events", ArrayAttr::get(&getContext(), paths));
  }
};
} // namespace
