//===- LowerExpandShapes.cpp - The layout of views with dynamic sizes -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_LOWEREXPANDSHAPES
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

/// Whether a dimension becomes two or more of unknown size.
static bool hasSeveralDynamicSizes(memref::ExpandShapeOp op) {
  ArrayRef<int64_t> sizes = op.getResultType().getShape();
  return llvm::any_of(op.getReassociationIndices(),
                      [&](const ReassociationIndices &group) {
                        return llvm::count_if(group, [&](int64_t dim) {
                                 return ShapedType::isDynamic(sizes[dim]);
                               }) > 1;
                      });
}

/// Known numbers as attributes, the others as the values given.
static SmallVector<OpFoldResult> mix(OpBuilder &b, ArrayRef<int64_t> known,
                                     ArrayRef<OpFoldResult> values) {
  SmallVector<OpFoldResult> mixed;
  for (auto [number, value] : llvm::zip(known, values))
    mixed.push_back(ShapedType::isDynamic(number)
                        ? value
                        : OpFoldResult(b.getIndexAttr(number)));
  return mixed;
}

static void lower(memref::ExpandShapeOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  auto source = memref::ExtractStridedMetadataOp::create(b, op.getSrc());
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
  SmallVector<OpFoldResult> strides(sizes.size());
  for (auto [group, stride] :
       llvm::zip(op.getReassociationIndices(), source.getStrides())) {
    Value inner = stride;
    for (int64_t dim : llvm::reverse(group)) {
      strides[dim] = inner;
      Value size = getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[dim]);
      inner = b.createOrFold<arith::MulIOp>(inner, size);
    }
  }
  MemRefType type = op.getResultType();
  SmallVector<int64_t> knownStrides;
  int64_t knownOffset;
  [[maybe_unused]] LogicalResult strided =
      type.getStridesAndOffset(knownStrides, knownOffset);
  assert(succeeded(strided) && "views have strides");
  OpFoldResult offset =
      mix(b, knownOffset, OpFoldResult(source.getOffset())).front();
  op.replaceAllUsesWith(
      memref::ReinterpretCastOp::create(b, type, source.getBaseBuffer(), offset,
                                        mix(b, type.getShape(), sizes),
                                        mix(b, knownStrides, strides))
          .getResult());
  op.erase();
}

namespace {
struct LowerExpandShapesPass
    : lathe::impl::LowerExpandShapesBase<LowerExpandShapesPass> {
  void runOnOperation() override {
    getOperation().walk([](memref::ExpandShapeOp op) {
      if (hasSeveralDynamicSizes(op))
        lower(op);
    });
  }
};
} // namespace
