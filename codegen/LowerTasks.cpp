//===- LowerTasks.cpp - Turns scf.forall into kernel.parallel -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestPlan.h"
#include "codegen/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_LOWERTASKS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// Elementary operations of a task, of which dynamic extents count 1.
static int64_t countTaskWork(scf::ForallOp tasks) {
  int64_t work = 1;
  tasks.walk([&](NestOp nest) {
    int64_t ofNest = countWork(nest);
    for (int64_t size : nest.getStaticExtents())
      if (!ShapedType::isDynamic(size))
        ofNest = llvm::SaturatingMultiply<uint64_t>(ofNest, size);
    work += ofNest;
  });
  return work;
}

static void lowerTasks(RewriterBase &rewriter, scf::ForallOp tasks,
                       int64_t leastThreadWork) {
  Location location = tasks.getLoc();
  rewriter.setInsertionPoint(tasks);
  SmallVector<Value> sizes = tasks.getUpperBound(rewriter);
  Value count = arith::ConstantIndexOp::create(rewriter, location, 1);
  for (Value size : sizes)
    count = rewriter.createOrFold<arith::MulIOp>(location, count, size);
  Value grain = arith::ConstantIndexOp::create(
      rewriter, location,
      llvm::divideCeil(leastThreadWork, countTaskWork(tasks)));
  auto loop = ParallelOp::create(rewriter, location, count, grain);
  Block *body = rewriter.createBlock(&loop.getBody(), {},
                                     rewriter.getIndexType(), location);
  Value rest = body->getArgument(0);
  SmallVector<Value> indices(sizes.size());
  for (unsigned i = sizes.size(); i-- > 1;) {
    indices[i] = arith::RemUIOp::create(rewriter, location, rest, sizes[i]);
    rest = arith::DivUIOp::create(rewriter, location, rest, sizes[i]);
  }
  indices[0] = rest;
  rewriter.eraseOp(tasks.getTerminator());
  rewriter.mergeBlocks(tasks.getBody(), body, indices);
  rewriter.setInsertionPointToEnd(body);
  kernel::YieldOp::create(rewriter, location, ValueRange());
  rewriter.eraseOp(tasks);
}

namespace {
struct LowerTasksPass : lathe::impl::LowerTasksBase<LowerTasksPass> {
  using LowerTasksBase::LowerTasksBase;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<scf::ForallOp> loops;
    getOperation().walk([&](scf::ForallOp op) { loops.push_back(op); });
    for (scf::ForallOp op : loops)
      lowerTasks(rewriter, op, leastThreadWork);
  }
};
} // namespace
