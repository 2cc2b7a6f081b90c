//===- SplitAttention.cpp - Memory for parts of the keys ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/gpu/AttentionKernel.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_SPLITATTENTION
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
struct SplitAttentionPass
    : lathe::impl::SplitAttentionBase<SplitAttentionPass> {
  using SplitAttentionBase::SplitAttentionBase;

  void runOnOperation() override {
    DeviceTarget target;
    target.workgroupSize = workgroupSize;
    target.sharedBytes = sharedBytes;
    target.accumulators = accumulators;
    target.busyInvocations = busyInvocations;
    getOperation().walk([&](AttentionOp op) {
      int64_t numbers = countPartialNumbers(op, target);
      if (numbers == 0)
        return;
      OpBuilder b(op);
      auto type = MemRefType::get({numbers}, b.getF32Type());
      Value partial = memref::AllocOp::create(b, op.getLoc(), type);
      op.getInitPartialMutable().assign(partial);
      ++split;
    });
  }
};
} // namespace
