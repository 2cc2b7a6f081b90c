//===- ReserveKernelMemory.cpp - Memory that kernels work in -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/gpu/AttentionKernel.h"
#include "codegen/gpu/DotProductKernel.h"
#include "codegen/gpu/FilterKernel.h"
#include "codegen/gpu/SplitNests.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_RESERVEKERNELMEMORY
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
struct ReserveKernelMemoryPass
    : lathe::impl::ReserveKernelMemoryBase<ReserveKernelMemoryPass> {
  using ReserveKernelMemoryBase::ReserveKernelMemoryBase;

  void runOnOperation() override {
    DeviceTarget target;
    target.workgroupSize = workgroupSize;
    target.sharedBytes = sharedBytes;
    target.accumulators = accumulators;
    target.sharedWords = sharedWords;
    target.busyInvocations = busyInvocations;
    target.exchanges = exchanges;
    target.copiesAsync = copiesAsync;
    target.multiplied.assign(multiplied.begin(), multiplied.end());
    target.cooperates = cooperates;
    target.warpgroupBytes = warpgroupBytes;
    IRRewriter rewriter(&getContext());
    getOperation().walk(
        [&](NestOp nest) { split += splitReduction(rewriter, nest, target); });
    getOperation().walk([&](AttentionOp op) { reserveParts(op, target); });
    getOperation().walk([&](DotProductOp op) { reserveParts(op, target); });
    getOperation().walk([&](kernel::FrequencyFilterOp op) {
      int64_t numbers = countSpectrumNumbers(op, target);
      if (op.getInitSpectrum() || numbers == 0)
        return;
      ImplicitLocOpBuilder b(op.getLoc(), op);
      auto type = MemRefType::get(
          {cast<ShapedType>(op.getInput().getType()).getDimSize(0), numbers},
          b.getF32Type());
      SmallVector<Value> sizes;
      if (type.isDynamicDim(0))
        sizes.push_back(memref::DimOp::create(b, op.getInput(), 0));
      Value spectrum = memref::AllocOp::create(b, type, sizes);
      op.getInitSpectrumMutable().assign(spectrum);
      ++spectra;
    });
  }

  void getDependentDialects(DialectRegistry &registry) const override {
    ReserveKernelMemoryBase::getDependentDialects(registry);
    registry.insert<arith::ArithDialect, scf::SCFDialect>();
  }

private:
  template <typename Op> void reserveParts(Op op, const DeviceTarget &target) {
    int64_t numbers = countPartialNumbers(op, target);
    if (numbers == 0)
      return;
    OpBuilder b(op);
    auto type = MemRefType::get({numbers}, b.getF32Type());
    Value partial = memref::AllocOp::create(b, op.getLoc(), type);
    op.getInitPartialMutable().assign(partial);
    ++split;
  }
};
} // namespace
