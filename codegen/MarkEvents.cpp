//===- MarkEvents.cpp - Brackets the code of each op with profile events --===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "dialect/Locations.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_MARKEVENTS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

/// Whether the op does work that a profile should show.
static bool doesWork(Operation &op) {
  // The host chooses among launches by sizes, and what of an image is kept.
  if (isa<scf::IfOp>(op))
    return op
        .walk([](Operation *inner) {
          return isa<kernel::LaunchOp, DestinationStyleOpInterface>(inner)
                     ? WalkResult::interrupt()
                     : WalkResult::advance();
        })
        .wasInterrupted();
  return isa<DestinationStyleOpInterface, kernel::ReportIndexOp,
             kernel::LaunchOp, kernel::ParallelOp, scf::ForOp, scf::ParallelOp>(
      op);
}

/// Whether ops of several steps are in an op's regions.
static bool hasSeveralSteps(Operation &outer) {
  StringRef path;
  bool isFirst = true;
  return outer
      .walk([&](DestinationStyleOpInterface op) {
        StringRef other = getStepPath(op->getLoc());
        bool differs = !isFirst && other != path;
        isFirst = false;
        path = other;
        return differs ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

namespace {
struct MarkEventsPass : lathe::impl::MarkEventsBase<MarkEventsPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function->hasAttr("lathe.entry"))
      return;
    paths.clear();
    noted.clear();
    offered.clear();
    run = function.front().getArguments().back();
    markBlock(function.front(), /*again=*/{});
    function->setAttr("lathe.events", ArrayAttr::get(&getContext(), paths));
  }

private:
  /// Brackets the ops of a block; `again` says whether its code has run before
  /// in this call, and is null where it runs once.
  void markBlock(Block &block, Value again) {
    Operation *previous = nullptr;
    StringRef current;
    int64_t event = 0;
    auto close = [&] {
      if (!previous)
        return;
      OpBuilder b(&getContext());
      b.setInsertionPointAfter(previous);
      kernel::EventOp::create(b, previous->getLoc(), event, /*end=*/true, run,
                              again);
      previous = nullptr;
    };
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (!doesWork(op))
        continue;
      if (isa<scf::ForOp, scf::IfOp>(op) && hasSeveralSteps(op)) {
        close();
        if (auto loop = dyn_cast<scf::ForOp>(op))
          markBlock(*loop.getBody(), createAgain(loop, again));
        else
          markChoice(cast<scf::IfOp>(op), again);
        continue;
      }
      StringRef path = getStepPath(op.getLoc());
      if (!previous || path != current) {
        close();
        current = path;
        event = chooseEvent(path, static_cast<bool>(again));
        OpBuilder b(&op);
        kernel::EventOp::create(b, op.getLoc(), event, /*end=*/false, run,
                                again);
      }
      // What may report an error names its event.
      op.walk([&](Operation *inner) {
        if (isa<kernel::ReportIndexOp, kernel::CallOp, kernel::LaunchOp>(inner))
          inner->setAttr("lathe.event",
                         OpBuilder(inner).getI64IntegerAttr(event));
      });
      previous = &op;
    }
    close();
  }

  /// Brackets two ways to compute the same, which share their events.
  void markChoice(scf::IfOp choice, Value again) {
    EventsOfSteps events;
    std::swap(noted, events);
    markBlock(*choice.thenBlock(), again);
    std::swap(noted, events);
    std::swap(offered, events);
    if (choice.elseBlock())
      markBlock(*choice.elseBlock(), again);
    std::swap(offered, events);
  }

  /// An event for a step, and another one for where its code runs again.
  int64_t chooseEvent(StringRef path, bool runsAgain) {
    SmallVector<int64_t> &others = offered[path];
    if (!others.empty())
      return others.pop_back_val();
    int64_t event = paths.size();
    paths.append(runsAgain ? 2 : 1, StringAttr::get(&getContext(), path));
    noted[path].insert(noted[path].begin(), event);
    return event;
  }

  /// Whether a loop's body has run before, given whether the loop has.
  static Value createAgain(scf::ForOp loop, Value again) {
    auto b = OpBuilder::atBlockBegin(loop.getBody());
    Value isLater =
        arith::CmpIOp::create(b, loop.getLoc(), arith::CmpIPredicate::ne,
                              loop.getInductionVar(), loop.getLowerBound());
    return again ? arith::OrIOp::create(b, loop.getLoc(), again, isLater)
                 : isLater;
  }

  /// The events of each step, the first one last.
  using EventsOfSteps = llvm::StringMap<SmallVector<int64_t>>;

  SmallVector<Attribute> paths;
  /// Those that were made, and those to take before others are made.
  EventsOfSteps noted, offered;
  Value run;
};
} // namespace
