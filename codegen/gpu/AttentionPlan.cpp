//===- AttentionPlan.cpp - How invocations share attention ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/AttentionKernel.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

int64_t AttentionPlan::countShared() const {
  if (lanes > 1)
    return keyLanes * rowsEach * (2 + valueWidth);
  int64_t operands = depth * (getRowStride() + getKeyStride());
  int64_t weights = getRows() * getKeyStride();
  int64_t sums = getKeyParts() > 1 ? 2 * rowsEach * getWorkgroupSize() : 0;
  return countLaneNumbers() + std::max({operands, weights, sums});
}

std::string AttentionPlan::str() const {
  std::string text;
  llvm::raw_string_ostream(text)
      << "attention of " << getRows() << " rows by " << getKeys() << " keys, "
      << rowsEach << "x" << keysEach
      << (lanes > 1 ? " a subgroup" : " an invocation");
  return text;
}

/// Rows of a tile: more read keys and values less often.
static int64_t chooseRows(AttentionOp op, const DeviceTarget &target,
                          int64_t unknown, int64_t mostLanes) {
  // Halves of the largest tile are still worth sharing keys in.
  constexpr int64_t mostRowsEach = 4, fewestParts = 2;
  auto type = cast<ShapedType>(op.getQuery().getType());
  auto known = [&](int64_t dim, int64_t otherwise) {
    int64_t size = type.getDimSize(dim);
    return ShapedType::isDynamic(size) ? otherwise : size;
  };
  int64_t groups = op.getKvHeads(), most = mostRowsEach * mostLanes;
  int64_t all = known(1, unknown) * (int64_t(op.getHeads()) / groups);
  int64_t rows = std::min<int64_t>(most, llvm::PowerOf2Ceil(all));
  auto isIdle = [&] {
    int64_t tiles = llvm::divideCeil(all, rows);
    return known(0, 1) * groups * tiles * target.workgroupSize <
           target.busyInvocations;
  };
  while (rows > most / fewestParts && isIdle())
    rows /= 2;
  return rows;
}

/// The plan for few rows where subgroups' invocations exchange what they have,
/// unless features are too many for registers.
static std::optional<AttentionPlan>
planSubgroups(AttentionOp op, const DeviceTarget &target, int64_t unknown) {
  constexpr int64_t mostRows = 8, lanes = DeviceTarget::subgroupSize;
  if (!target.exchanges || target.workgroupSize < 2 * lanes)
    return std::nullopt;
  int64_t queries = cast<ShapedType>(op.getQuery().getType()).getDimSize(1);
  if (ShapedType::isDynamic(queries))
    queries = unknown;
  int64_t rows = queries * (int64_t(op.getHeads()) / op.getKvHeads());
  if (rows > mostRows)
    return std::nullopt;
  AttentionPlan plan;
  plan.lanes = lanes;
  plan.keyLanes = target.workgroupSize / lanes;
  plan.rowsEach = llvm::PowerOf2Ceil(std::max<int64_t>(rows, 1));
  plan.valueWidth = op.getValueWidth();
  int64_t ofLane = llvm::divideCeil(
      std::max<int64_t>(op.getKeyWidth(), plan.valueWidth), lanes);
  // Each lane has a score at most, and registers for keys and values and for
  // rows of both.
  plan.keysEach = std::max<int64_t>(lanes / plan.rowsEach / 2, 1);
  while (plan.keysEach > 1 && plan.keysEach * ofLane > target.accumulators / 2)
    plan.keysEach /= 2;
  bool fits = plan.keysEach * ofLane <= target.accumulators / 2 &&
              plan.rowsEach * ofLane <= target.accumulators / 2 &&
              4 * plan.countShared() <= target.sharedBytes;
  return fits ? std::optional(plan) : std::nullopt;
}

AttentionPlan mlir::lathe::kernel::planAttention(AttentionOp op,
                                                 const DeviceTarget &target,
                                                 int64_t unknown) {
  constexpr int64_t mostEach = 4, mostDepth = 32, goodDepth = 16;
  if (std::optional<AttentionPlan> few = planSubgroups(op, target, unknown))
    return *few;
  AttentionPlan plan;
  plan.valueWidth = op.getValueWidth();
  int64_t mostLanes = int64_t(1) << llvm::Log2_64(target.workgroupSize) / 2;
  int64_t rows = chooseRows(op, target, unknown, mostLanes);
  plan.rowsEach = std::min(mostEach, rows);
  plan.rowLanes = rows / plan.rowsEach;
  int64_t features = op.getValueWidth();
  auto spread = [&] {
    plan.keyLanes = target.workgroupSize / plan.rowLanes;
    plan.featureLanes =
        std::min<int64_t>(plan.keyLanes, llvm::PowerOf2Ceil(features));
    plan.featuresEach = llvm::divideCeil(features, plan.featureLanes);
    return plan.rowsEach * plan.featuresEach <= target.accumulators;
  };
  while (!spread() && plan.getRows() > 1)
    (plan.rowsEach > 1 ? plan.rowsEach : plan.rowLanes) /= 2;
  int64_t keys = cast<ShapedType>(op.getKey().getType()).getDimSize(1);
  plan.keysEach = mostEach;
  while (plan.keysEach > 1 &&
         (plan.rowsEach * plan.keysEach > target.accumulators ||
          (!ShapedType::isDynamic(keys) && plan.getKeys() >= 2 * keys)))
    plan.keysEach /= 2;
  plan.depth =
      std::min<int64_t>(mostDepth, llvm::PowerOf2Ceil(op.getKeyWidth()));
  // Fewer features at a time cost barriers, and below a sector memory.
  while (4 * plan.countShared() > target.sharedBytes) {
    if (plan.depth > goodDepth || (plan.keysEach == 1 && plan.depth > 1))
      plan.depth /= 2;
    else if (plan.keysEach > 1)
      plan.keysEach /= 2;
    else if (plan.rowsEach > 1)
      plan.rowsEach /= 2;
    else
      break;
  }
  return plan;
}
