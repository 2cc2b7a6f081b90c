//===- GenerateDotProducts.cpp - Writes products of narrow numbers --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/DotProductEmitter.h"
#include "codegen/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_GENERATEDOTPRODUCTS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
struct GenerateDotProductsPass
    : lathe::impl::GenerateDotProductsBase<GenerateDotProductsPass> {
  using GenerateDotProductsBase::GenerateDotProductsBase;

  void runOnOperation() override {
    SmallVector<DotProductOp> ops;
    getOperation().walk([&](DotProductOp op) { ops.push_back(op); });
    for (DotProductOp op : ops) {
      DotTarget target = {{vectorBytes, registers, /*cacheBytes=*/0},
                          op.isInteger() ? byteDot : bf16Dot,
                          op.isInteger() ? byteMatrices : bf16Matrices,
                          op.isInteger() && unsignedDot && !op.getPacked(),
                          secondCacheBytes,
                          leastThreadWork};
      OpBuilder b(op);
      if (DotMatrixEmitter::suits(op, target))
        DotMatrixEmitter(op, target, b).emit(parallel);
      else
        DotProductEmitter(op, target, b).emit(parallel);
      op.erase();
      ++generated;
    }
  }
};
} // namespace
