//===- GuardLoops.cpp - Loops without a step give what they began with ----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// MLIR keeps what a loop gives in variables, which the loop's body stores to in
// each step. Of a loop without a step they hold nothing: a GPU finds what was
// in its registers there, where a driver for processors is as likely to find
// zeros.
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_GUARDLOOPS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;

static bool mayHaveNoStep(scf::ForOp loop) {
  std::optional<APInt> steps = loop.getStaticTripCount();
  return !steps || steps->isZero();
}

static void guard(scf::ForOp loop) {
  ImplicitLocOpBuilder b(loop.getLoc(), loop);
  auto less = loop.getUnsignedCmp() ? arith::CmpIPredicate::ult
                                    : arith::CmpIPredicate::slt;
  Value hasStep = arith::CmpIOp::create(b, less, loop.getLowerBound(),
                                        loop.getUpperBound());
  auto guarded = scf::IfOp::create(b, loop.getResultTypes(), hasStep,
                                   /*withElseRegion=*/true);
  loop.replaceAllUsesWith(guarded);
  b.setInsertionPointToEnd(guarded.thenBlock());
  auto yield = scf::YieldOp::create(b, loop.getResults());
  loop->moveBefore(yield);
  b.setInsertionPointToEnd(guarded.elseBlock());
  scf::YieldOp::create(b, loop.getInitArgs());
}

namespace {
struct GuardLoopsPass : lathe::impl::GuardLoopsBase<GuardLoopsPass> {
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    getOperation()->walk([&](scf::ForOp loop) {
      if (loop.getNumResults() > 0 && mayHaveNoStep(loop))
        loops.push_back(loop);
    });
    llvm::for_each(loops, guard);
  }
};
} // namespace
