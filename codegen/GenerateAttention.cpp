//===- GenerateAttention.cpp - Writes loops and vectors for attention -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/AttentionEmitter.h"
#include "codegen/Passes.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_GENERATEATTENTION
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using kernel::AttentionEmitter;

namespace {
struct GenerateAttentionPass
    : lathe::impl::GenerateAttentionBase<GenerateAttentionPass> {
  using GenerateAttentionBase::GenerateAttentionBase;

  void runOnOperation() override {
    SmallVector<kernel::AttentionOp> ops;
    getOperation().walk([&](kernel::AttentionOp op) { ops.push_back(op); });
    for (kernel::AttentionOp op : ops) {
      OpBuilder b(op);
      generate(op, b);
      op.erase();
      ++generated;
      parallelised += parallel;
    }
  }

private:
  void generate(kernel::AttentionOp op, OpBuilder &outer) {
    kernel::KernelTarget target{vectorBytes, registers, cacheBytes};
    int64_t few = AttentionEmitter::countFew(target);
    int64_t queries = cast<MemRefType>(op.getQuery().getType()).getDimSize(1);
    if (!ShapedType::isDynamic(queries))
      return (queries <= few
                  ? kernel::emitFewQueries
                  : kernel::emitManyQueries)(op, target, parallel, outer);
    ImplicitLocOpBuilder b(op.getLoc(), outer);
    Value count = memref::DimOp::create(b, op.getQuery(), 1);
    Value limit = arith::ConstantIndexOp::create(b, few);
    Value isFew =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sle, count, limit);
    auto choice = scf::IfOp::create(b, isFew, /*withElseRegion=*/true);
    OpBuilder fewBuilder = choice.getThenBodyBuilder();
    kernel::emitFewQueries(op, target, parallel, fewBuilder);
    OpBuilder many = choice.getElseBodyBuilder();
    kernel::emitManyQueries(op, target, parallel, many);
  }
};
} // namespace
