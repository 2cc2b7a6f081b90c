//===- AttentionParts.cpp - Attention from parts of the keys --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where few rows would leave a device idle, several workgroups share the keys
// of a tile. Each gives, of every row, the maximum m of its scores, the sum l
// of its weights and the sums of values, of which
//
//   M = max of m, output = sum of exp(m - M) sums / sum of exp(m - M) l
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/AttentionKernel.h"
#include "codegen/gpu/FusedKernel.h"
#include "codegen/gpu/Parts.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

int64_t mlir::lathe::kernel::getPartNumbers(AttentionOp op) {
  return 2 + op.getValueWidth();
}

static Parts partsOf(AttentionOp op, const AttentionPlan &plan) {
  return Parts(op.getInitPartial(), plan.getRows() * getPartNumbers(op));
}

int64_t mlir::lathe::kernel::countPartialNumbers(AttentionOp op,
                                                 const DeviceTarget &target) {
  constexpr int64_t few = 1;
  AttentionPlan plan = planAttention(op, target, few);
  auto known = [](Value operand, int64_t dim) {
    int64_t size = cast<ShapedType>(operand.getType()).getDimSize(dim);
    return ShapedType::isDynamic(size) ? few : size;
  };
  int64_t groups = op.getKvHeads();
  int64_t rows = known(op.getQuery(), 1) * (int64_t(op.getHeads()) / groups);
  groups *= known(op.getQuery(), 0) * llvm::divideCeil(rows, plan.getRows());
  int64_t most = target.busyInvocations / target.workgroupSize;
  int64_t keys = cast<ShapedType>(op.getKey().getType()).getDimSize(1);
  int64_t blocks = ShapedType::isDynamic(keys)
                       ? most
                       : llvm::divideCeil(keys, plan.getKeys());
  return Parts(most, plan.getRows() * getPartNumbers(op))
      .countNumbers(groups, blocks);
}

AttentionParts mlir::lathe::kernel::countAttentionParts(
    AttentionOp op, const AttentionPlan &plan, ImplicitLocOpBuilder &b) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, value);
  };
  auto size = [&](Value operand, int64_t dim) {
    return b.createOrFold<memref::DimOp>(operand, dim);
  };
  auto multiply = [&](Value x, Value y) {
    return b.createOrFold<arith::MulIOp>(x, y);
  };
  auto divideCeil = [&](Value x, Value y) {
    return b.createOrFold<arith::CeilDivUIOp>(x, y);
  };
  AttentionParts parts;
  int64_t groups = op.getKvHeads();
  Value rows =
      multiply(size(op.getQuery(), 1), constant(op.getHeads() / groups));
  parts.tiles = divideCeil(rows, constant(plan.getRows()));
  parts.groups =
      multiply(multiply(size(op.getQuery(), 0), constant(groups)), parts.tiles);
  if (!op.getInitPartial())
    return parts;
  Value blocks = divideCeil(size(op.getKey(), 1), constant(plan.getKeys()));
  parts.splits = partsOf(op, plan).writeSplits(b, parts.groups, blocks);
  parts.span =
      multiply(divideCeil(blocks, parts.splits), constant(plan.getKeys()));
  return parts;
}

Value mlir::lathe::kernel::writeIsSplit(AttentionOp op,
                                        const AttentionPlan &plan,
                                        OpBuilder &builder) {
  ImplicitLocOpBuilder b(op.getLoc(), builder);
  return partsOf(op, plan).writeIsShared(
      b, countAttentionParts(op, plan, b).groups);
}

namespace {
/// An invocation combines the parts of one element of the output.
class CombinationWriter final : public FusedKernel {
public:
  CombinationWriter(AttentionOp op, const AttentionPlan &plan,
                    OpBuilder &builder)
      : FusedKernel(op, plan.getWorkgroupSize(), "parts of attention", builder),
        op(op), plan(plan) {}

private:
  void addBuffers() override {
    for (Value operand : {op.getInitPartial(), op.getInitOutput()})
      buffers.emplace_back().memref = operand;
  }

  Value countGroups() override {
    parts = countAttentionParts(op, plan, host);
    count = hostConstant(op.getHeads() * op.getValueWidth());
    for (int64_t dim : {0, 1})
      count = multiplyHost(count, hostSize(op.getQuery(), dim));
    return divideHostCeil(count, plan.getWorkgroupSize());
  }

  void writeGroup(Value group) override {
    Value id = add(multiply(group, plan.getWorkgroupSize()), thread);
    onlyIf(isLess(id, pass(count)), [&] { combine(id); });
  }

  void combine(Value id);

  AttentionOp op;
  AttentionPlan plan;
  AttentionParts parts; ///< For the host.
  Value count;          ///< Elements of the output, for the host.
};
} // namespace

void CombinationWriter::combine(Value id) {
  int64_t e = op.getValueWidth(), groups = op.getKvHeads();
  Value n = id, feature = takeIndex(n, constant(e));
  Value head = takeIndex(n, constant(op.getHeads()));
  Value query = takeIndex(n, size(op.getQuery(), 1));
  Value each = constant(op.getHeads() / groups);
  Value group = head, inGroup = takeIndex(group, each);
  Value tile = add(multiply(query, each), inGroup);
  Value inTile = takeIndex(tile, constant(plan.getRows()));
  // As workgroups are numbered.
  Value splits = pass(parts.splits), tiles = pass(parts.tiles);
  Value first = multiply(add(multiply(n, groups), group), splits);
  auto placeOf = [&](Value split) {
    Value workgroup = add(multiply(add(first, split), tiles), tile);
    Value row = add(multiply(workgroup, plan.getRows()), inTile);
    return multiply(row, getPartNumbers(op));
  };
  // So many are loaded before the first is waited for.
  constexpr int64_t together = 8;
  Value partial = op.getInitPartial();
  Values sums = loop(
      constant(0), splits, together, {number(-INFINITY), number(0), number(0)},
      [&](Value first, ValueRange carried) {
        Values maxima, totals, parts;
        for (int64_t i = 0; i < together; ++i) {
          Value split = add(first, i), last = subtract(splits, constant(1));
          Value place = placeOf(least(split, last));
          Value maximum = loadNumber(partial, place);
          maxima.push_back(
              select(isLess(split, splits), maximum, number(-INFINITY)));
          totals.push_back(loadNumber(partial, add(place, 1)));
          parts.push_back(loadNumber(partial, add(add(place, 2), feature)));
        }
        Value maximum = carried[0];
        for (Value other : maxima)
          maximum = greater(other, maximum);
        Value factor = exponential(carried[0], maximum);
        Value total = fmul(factor, carried[1]), sum = fmul(factor, carried[2]);
        for (auto [m, l, x] : llvm::zip(maxima, totals, parts)) {
          factor = exponential(m, maximum);
          total = fma(factor, l, total);
          sum = fma(factor, x, sum);
        }
        return Values{maximum, total, sum};
      });
  Value result = arith::DivFOp::create(b, sums[2], sums[1]);
  Value hasKeys = isLess(constant(0), size(op.getKey(), 1));
  storeNumber(select(hasKeys, result, number(0)), op.getInitOutput(),
              {n, query, add(multiply(head, e), feature)});
}

std::unique_ptr<KernelFrame> mlir::lathe::kernel::createCombinationWriter(
    AttentionOp op, const AttentionPlan &plan, OpBuilder &builder) {
  return std::make_unique<CombinationWriter>(op, plan, builder);
}
