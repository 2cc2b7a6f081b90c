//===- CopiesToNests.cpp - Turns memref copies and linalg fills into nests ===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_COPIESTONESTS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using kernel::NestOp;

/// Writes a nest that stores `constant`, or the elements of `source`, to
/// `target`.
static void storeByNest(RewriterBase &rewriter, Operation *op, Value source,
                        Attribute constant, Value target) {
  auto type = cast<MemRefType>(target.getType());
  rewriter.setInsertionPoint(op);
  AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
  SmallVector<Value> inputs;
  if (source)
    inputs.push_back(source);
  SmallVector<AffineMap> maps(inputs.size() + 1, identity);
  SmallVector<bool> reductions(type.getRank(), false);
  Type element = type.getElementType();
  Attribute init = constant ? constant : rewriter.getZeroAttr(element);
  auto nest =
      NestOp::create(rewriter, op->getLoc(), TypeRange(), inputs, target,
                     rewriter.getAffineMapArrayAttr(maps), reductions, init);
  OpBuilder::InsertionGuard guard(rewriter);
  Block *block = rewriter.createBlock(&nest.getFinish());
  if (source)
    block->addArgument(element, op->getLoc());
  block->addArgument(element, op->getLoc());
  kernel::YieldOp::create(rewriter, op->getLoc(), block->getArgument(0));
  rewriter.eraseOp(op);
}

namespace {
struct CopiesToNestsPass : lathe::impl::CopiesToNestsBase<CopiesToNestsPass> {
  using CopiesToNestsBase::CopiesToNestsBase;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<memref::CopyOp>(op) || (!copiesOnly && isa<linalg::FillOp>(op)))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      if (auto copy = dyn_cast<memref::CopyOp>(op)) {
        // Bufferization leaves copies of a buffer to itself behind.
        if (copy.getSource() == copy.getTarget()) {
          rewriter.eraseOp(copy);
          continue;
        }
        storeByNest(rewriter, op, copy.getSource(), {}, copy.getTarget());
        continue;
      }
      auto fill = cast<linalg::FillOp>(op);
      Attribute value;
      if (matchPattern(fill.getInputs()[0], m_Constant(&value)))
        storeByNest(rewriter, op, {}, value, fill.getOutputs()[0]);
    }
  }
};
} // namespace
