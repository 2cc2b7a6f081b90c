//===- PadInPlace.cpp - Gives each padded tensor memory of its own --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Padding is `insert_slice %image into fill(%empty)`. Bufferization computes an
// image inside the filled tensor where nothing else is made of the same fill,
// and where the fill stands before what computes the image. Here it does.
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_PADINPLACE
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

/// The fill of a tensor.empty that `insert` inserts into, alone; a copy of it
/// if there are other users.
static linalg::FillOp takeFill(RewriterBase &rewriter,
                               tensor::InsertSliceOp insert) {
  auto fill = insert.getDest().getDefiningOp<linalg::FillOp>();
  Operation *empty = fill ? fill.getOutputs()[0].getDefiningOp() : nullptr;
  if (!isa_and_present<tensor::EmptyOp>(empty))
    return {};
  rewriter.setInsertionPoint(insert);
  IRMapping mapping;
  rewriter.clone(*empty, mapping);
  Operation *own = rewriter.clone(*fill, mapping);
  insert.getDestMutable().assign(own->getResult(0));
  for (Operation *shared : {fill.getOperation(), empty})
    if (shared->use_empty())
      rewriter.eraseOp(shared);
  return cast<linalg::FillOp>(own);
}

namespace {
struct PadInPlacePass : lathe::impl::PadInPlaceBase<PadInPlacePass> {
  void runOnOperation() override {
    SmallVector<tensor::InsertSliceOp> inserts;
    getOperation().walk(
        [&](tensor::InsertSliceOp insert) { inserts.push_back(insert); });
    IRRewriter rewriter(&getContext());
    for (tensor::InsertSliceOp insert : inserts) {
      linalg::FillOp fill = takeFill(rewriter, insert);
      Operation *producer = insert.getSource().getDefiningOp();
      if (!fill || !producer || producer->getBlock() != insert->getBlock())
        continue;
      SmallVector<Value> values = {insert.getDest()};
      llvm::append_range(values, insert.getSizes());
      if (succeeded(moveValueDefinitions(rewriter, values, producer)))
        ++placed;
    }
  }
};
} // namespace
