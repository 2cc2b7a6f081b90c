//===- FillBorders.cpp - Fills no more of a buffer than stays filled ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_FILLBORDERS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

/// Adds the operands by which ops of `block`, or within them, access a buffer
/// or a view of it.
static void findAccesses(Value buffer, SmallVectorImpl<OpOperand *> &found) {
  for (OpOperand &use : buffer.getUses()) {
    if (!isa<ViewLikeOpInterface>(use.getOwner())) {
      found.push_back(&use);
      continue;
    }
    for (Value view : use.getOwner()->getResults())
      findAccesses(view, found);
  }
}

/// The buffer that the op stores every element of, and reads none of: each
/// kernel has one such.
static Value getStored(Operation *op) {
  if (auto copy = dyn_cast<memref::CopyOp>(op))
    return copy.getTarget();
  auto kernel = dyn_cast<DestinationStyleOpInterface>(op);
  if (kernel && isa<kernel::KernelDialect>(op->getDialect()) &&
      kernel.getNumDpsInits() == 1)
    return kernel.getDpsInits()[0];
  return {};
}

/// The part of a filled buffer that the first op to access it afterwards stores
/// anew, if that is all which this op does to the buffer.
static memref::SubViewOp findRestored(linalg::FillOp fill, Value buffer,
                                      Operation *&next) {
  SmallVector<OpOperand *> accesses;
  findAccesses(buffer, accesses);
  Block *block = fill->getBlock();
  next = nullptr;
  unsigned uses = 0;
  Value accessed;
  for (OpOperand *access : accesses) {
    Operation *op = block->findAncestorOpInBlock(*access->getOwner());
    if (!op || op == fill || op->isBeforeInBlock(fill))
      continue;
    if (next && next->isBeforeInBlock(op))
      continue;
    uses = op == next ? uses + 1 : 1;
    next = op;
    accessed = access->get();
  }
  if (!next || uses != 1 || getStored(next) != accessed)
    return {};
  auto view = accessed.getDefiningOp<memref::SubViewOp>();
  if (!view || view.getSource() != buffer || !view.hasUnitStride() ||
      view.getDroppedDims().any())
    return {};
  return view;
}

/// Fills what `inside` leaves of its buffer: for each dimension, the slabs
/// before and behind the inside, which take the dimensions before it inside and
/// those behind it whole, so that no element is in two slabs.
static void fillAround(OpBuilder &b, Location location, Value constant,
                       memref::AllocOp buffer, memref::SubViewOp inside) {
  SmallVector<OpFoldResult> sizes = buffer.getMixedSizes();
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(sizes.size(), b.getIndexAttr(1));
  auto fillSlab = [&](unsigned dim, OpFoldResult from, OpFoldResult size) {
    if (isZeroInteger(size))
      return;
    offsets[dim] = from;
    sizes[dim] = size;
    Value slab =
        memref::SubViewOp::create(b, location, buffer, offsets, sizes, ones);
    linalg::FillOp::create(b, location, constant, slab);
  };
  AffineExpr whole, low, size;
  bindSymbols(b.getContext(), whole, low, size);
  for (auto [dim, before, kept] :
       llvm::enumerate(inside.getMixedOffsets(), inside.getMixedSizes())) {
    if (isZeroInteger(before) && isEqualConstantIntOrValue(sizes[dim], kept))
      continue;
    SmallVector<OpFoldResult> operands = {sizes[dim], before, kept};
    auto apply = [&](AffineExpr expr) {
      return affine::makeComposedFoldedAffineApply(
          b, location, AffineMap::get(0, 3, expr), operands);
    };
    fillSlab(dim, b.getIndexAttr(0), before);
    fillSlab(dim, apply(low + size), apply(whole - low - size));
    offsets[dim] = before;
    sizes[dim] = kept;
  }
}

namespace {
struct FillBordersPass : lathe::impl::FillBordersBase<FillBordersPass> {
  void runOnOperation() override {
    SmallVector<linalg::FillOp> fills;
    getOperation().walk([&](linalg::FillOp fill) { fills.push_back(fill); });
    for (linalg::FillOp fill : fills) {
      auto buffer = fill.getOutputs()[0].getDefiningOp<memref::AllocOp>();
      if (!buffer)
        continue;
      Operation *next;
      memref::SubViewOp inside = findRestored(fill, buffer, next);
      if (!inside)
        continue;
      // Right before what stores the inside, whose step the border belongs to.
      OpBuilder b(next);
      fillAround(b, next->getLoc(), fill.getInputs()[0], buffer, inside);
      fill.erase();
      ++borders;
    }
  }
};
} // namespace
