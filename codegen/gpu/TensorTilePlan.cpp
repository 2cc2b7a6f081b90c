//===- TensorTilePlan.cpp - Plans tiles that are multiplied at once -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A contraction is for the device's matrices if it adds up products of two
// numbers that are widened from a type that the device multiplies, one of each
// side: what was stored narrow, or what the nest rounds. So the instruction
// computes what the nest says, but for the order of summing.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/Contraction.h"
#include "codegen/gpu/KernelFrame.h"
#include "codegen/gpu/Neighbours.h"
#include "dialect/Shape.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"
#include <bit>
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

bool mlir::lathe::kernel::findFactors(const Contraction &contraction,
                                      const DeviceTarget &target,
                                      TileSide &rows, TileSide &columns) {
  Block &block = contraction.nest.getReduce().front();
  Value before = block.getArguments().back();
  auto sum =
      block.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!sum || !before.hasOneUse() || !before.getType().isF32() ||
      !llvm::is_contained(sum->getOperands(), before))
    return false;
  Value added = sum.getLhs() == before ? sum.getRhs() : sum.getLhs();
  auto product = added.getDefiningOp<arith::MulFOp>();
  if (!product)
    return false;
  for (Value factor : product->getOperands()) {
    auto widened = factor.getDefiningOp<arith::ExtFOp>();
    if (!widened)
      return false;
    if (contraction.isOfRows(widened.getIn()))
      rows.staged.push_back(widened.getIn());
    if (contraction.isOfColumns(widened.getIn()))
      columns.staged.push_back(widened.getIn());
  }
  if (rows.staged.size() != 1 || columns.staged.size() != 1 ||
      rows.staged[0].getType() != columns.staged[0].getType())
    return false;
  std::string name;
  llvm::raw_string_ostream(name) << rows.staged[0].getType();
  return target.multiplies(name);
}

namespace {
class TensorTilePlanner {
public:
  TensorTilePlanner(const Contraction &contraction, const DeviceTarget &target)
      : contraction(contraction), target(target) {}

  std::optional<KernelPlan> plan() {
    plan_.kind = KernelPlan::Kind::tensorTiles;
    plan_.rows.dims = contraction.rows.dims;
    plan_.columns.dims = contraction.columns.dims;
    plan_.batch = contraction.batch;
    if (!findFactors())
      return {};
    for (TileSide *side : {&plan_.rows, &plan_.columns}) {
      side->alongDepth = contraction.isAlongDepth(*side);
      side->copied = countCopied(*side);
    }
    if (auto tiles = planWarpgroupTiles(contraction, plan_, target))
      return tiles;
    if (!chooseSizes())
      return {};
    return plan_;
  }

private:
  bool findFactors() {
    return kernel::findFactors(contraction, target, plan_.rows, plan_.columns);
  }

  Type type() { return plan_.rows.staged[0].getType(); }

  bool chooseSizes() {
    TileSide &rows = plan_.rows, &columns = plan_.columns;
    // Both sides are read by blocks of as many lines as the left one's matrix.
    const int64_t least = target.productRows,
                  step = target.productBytes / getElementBytes(type());
    auto most = static_cast<int64_t>(std::bit_floor<uint64_t>(
        std::sqrt(double(target.workgroupSize * target.accumulators))));
    for (TileSide *side : {&rows, &columns}) {
      int64_t extent = llvm::PowerOf2Ceil(contraction.count(side->dims));
      side->extent = std::clamp(extent, least, std::max(least, most));
    }
    plan_.depth = 2 * step;
    if (contraction.count(contraction.reductions, plan_.depth) <= step)
      plan_.depth = step;
    int64_t smallest =
        leastOfSubgroup * countMostSubgroups() / countMostParts();
    while (contraction.countGroups(plan_) < countBusy(plan_, target) &&
           rows.extent * columns.extent > smallest)
      shrink();
    while (!fitsShared()) {
      if (plan_.depth > step)
        plan_.depth = step;
      else if (std::max(rows.extent, columns.extent) == least)
        return false;
      else
        shrink();
    }
    shareOut();
    return true;
  }

  void shrink() {
    TileSide &rows = plan_.rows, &columns = plan_.columns;
    (rows.extent >= columns.extent ? rows : columns).extent /= 2;
  }

  /// How many elements of a side are copied at once, if none is computed.
  int64_t countCopied(const TileSide &side) {
    auto stored = dyn_cast<BlockArgument>(side.staged[0]);
    if (!target.copiesAsync || !stored)
      return 0;
    return kernel::countCopied(contraction.nest, stored.getArgNumber(),
                               side.alongDepth ? contraction.reductions
                                               : side.dims);
  }

  /// Chooses how many blocks there are, and says whether there is room. Copies
  /// of several blocks are under way at once where there is more.
  bool fitsShared() {
    constexpr int64_t mostCopied = 4;
    // Where one block is all, no other one is stored while it is read.
    int64_t most = plan_.copies() ? mostCopied : 2;
    int64_t steps =
        contraction.count(contraction.reductions, most * plan_.depth);
    most = std::min<int64_t>(
        most, llvm::PowerOf2Ceil(llvm::divideCeil(steps, plan_.depth)));
    auto fits = [&](int64_t blocks) {
      plan_.blocks = blocks;
      int64_t elements =
          plan_.getSharedSize(plan_.rows) + plan_.getSharedSize(plan_.columns);
      int64_t sums = KernelFrame::countPartBytes(
          plan_.rows.extent * plan_.columns.extent, plan_.parts);
      return elements * getElementBytes(type()) + sums <= target.sharedBytes;
    };
    while (!fits(most) && most > 2)
      most /= 2;
    return fits(most);
  }

  int64_t countMostSubgroups() const {
    return std::max<int64_t>(1, target.workgroupSize / target.subgroupSize);
  }

  /// Gives subgroups parts as high as they are wide, for which they load least.
  void shareOut() {
    TileSide &rows = plan_.rows, &columns = plan_.columns;
    while (rows.subgroups * columns.subgroups < countMostSubgroups()) {
      int64_t high = rows.getPerSubgroup(), wide = columns.getPerSubgroup();
      if (high * wide <= leastOfSubgroup)
        break;
      (high >= wide ? rows : columns).subgroups *= 2;
    }
    int64_t subgroups = rows.subgroups * columns.subgroups;
    for (int64_t parts = countMostParts(); parts > 1; parts /= 2)
      if (parts * subgroups <= countMostSubgroups() && shareSteps(parts))
        break;
    plan_.workgroupSize = subgroups * plan_.parts * target.subgroupSize;
  }

  /// Parts that a block may have: of few steps there would be one block.
  int64_t countMostParts() const {
    constexpr int64_t most = 4, fewestBlocks = 2;
    int64_t each = fewestBlocks * plan_.depth;
    int64_t steps = contraction.count(contraction.reductions, each);
    return std::clamp<int64_t>(std::bit_floor<uint64_t>(steps / each), 1, most);
  }

  /// Makes a block of as many parts, each as long as it was, if there is room.
  bool shareSteps(int64_t parts) {
    KernelPlan whole = plan_;
    plan_.parts = parts;
    plan_.depth *= parts;
    if (fitsShared())
      return true;
    plan_ = whole;
    return false;
  }

  /// Elements of a subgroup for fewer of which it would load more than it
  /// multiplies.
  static constexpr int64_t leastOfSubgroup = 32 * 16;

  const Contraction &contraction;
  const DeviceTarget &target;
  KernelPlan plan_;
};
} // namespace

std::optional<KernelPlan>
mlir::lathe::kernel::planTensorTiles(const Contraction &contraction,
                                     const DeviceTarget &target) {
  return TensorTilePlanner(contraction, target).plan();
}
