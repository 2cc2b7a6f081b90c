//===- WarpgroupTilePlan.cpp - Plans tiles that warpgroups multiply -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/Contraction.h"
#include "codegen/gpu/WarpgroupMatrices.h"
#include "dialect/Shape.h"
#include "llvm/Support/MathExtras.h"
#include <bit>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
/// A warpgroup has 64 rows and all columns of a tile. Each reads its rows and
/// all columns for every step, so that wide tiles read shared memory least.
class WarpgroupTilePlanner {
public:
  WarpgroupTilePlanner(const Contraction &contraction, const KernelPlan &plan,
                       const DeviceTarget &target)
      : contraction(contraction), target(target), plan_(plan) {}

  std::optional<KernelPlan> plan() {
    plan_.kind = KernelPlan::Kind::warpgroupTiles;
    int64_t rowCount = contraction.count(plan_.rows.dims),
            mostWarpgroups = target.workgroupSize / target.warpgroupSize;
    if (rowCount < warpgroupRows || mostWarpgroups == 0)
      return {};
    plan_.rows.extent =
        std::clamp<int64_t>(llvm::PowerOf2Ceil(rowCount), warpgroupRows,
                            mostWarpgroups * warpgroupRows);
    plan_.columns.extent = std::clamp<int64_t>(
        llvm::PowerOf2Ceil(contraction.count(plan_.columns.dims)), leastColumns,
        countMostColumns());
    plan_.depth = std::clamp<int64_t>(llvm::PowerOf2Ceil(contraction.count(
                                          contraction.reductions, mostDepth)),
                                      warpgroupSteps, mostDepth);
    while (contraction.countGroups(plan_) < countBusy(plan_, target) &&
           plan_.rows.extent * plan_.columns.extent > leastElements)
      shrink();
    while (!fitsShared())
      if (plan_.depth > warpgroupSteps)
        plan_.depth /= 2;
      else if (!shrink())
        return {};
    plan_.rows.subgroups = plan_.rows.extent / DeviceTarget::productRows;
    plan_.workgroupSize = plan_.rows.subgroups * target.subgroupSize;
    return plan_;
  }

private:
  /// Both sides stay in shared memory, and leave registers to twice the sums.
  int64_t countMostColumns() const {
    int64_t most = 2 * target.accumulators * target.warpgroupSize;
    return std::clamp<int64_t>(std::bit_floor<uint64_t>(most / warpgroupRows),
                               leastColumns, mostColumns);
  }

  bool shrink() {
    TileSide &rows = plan_.rows, &columns = plan_.columns;
    if (rows.extent > warpgroupRows && rows.extent >= columns.extent)
      rows.extent /= 2;
    else if (columns.extent > leastColumns)
      columns.extent /= 2;
    else if (rows.extent > warpgroupRows)
      rows.extent /= 2;
    else
      return false;
    return true;
  }

  /// Chooses how many blocks there are, and says whether there is room: for
  /// one that is multiplied, one whose products may be under way, and two that
  /// are copied.
  bool fitsShared() {
    constexpr int64_t mostBlocks = 4;
    int64_t steps =
        contraction.count(contraction.reductions, mostBlocks * plan_.depth);
    int64_t most =
        std::min<int64_t>(mostBlocks, llvm::divideCeil(steps, plan_.depth));
    int64_t blockBytes =
        elementBytes * plan_.depth * (plan_.rows.extent + plan_.columns.extent);
    for (plan_.blocks = most; plan_.blocks > 2; --plan_.blocks)
      if (plan_.blocks * blockBytes <= target.warpgroupBytes)
        break;
    return plan_.blocks * blockBytes <= target.warpgroupBytes;
  }

  static constexpr int64_t elementBytes = 2;
  /// Steps of which a line fills the widest pattern.
  static constexpr int64_t mostDepth = widestPattern / elementBytes;
  static constexpr int64_t leastColumns = 16, mostColumns = 256;
  /// Elements of a tile for fewer of which too little is multiplied for what is
  /// read.
  static constexpr int64_t leastElements = 64 * 64;

  const Contraction &contraction;
  const DeviceTarget &target;
  KernelPlan plan_;
};
} // namespace

std::optional<KernelPlan>
mlir::lathe::kernel::planWarpgroupTiles(const Contraction &contraction,
                                        const KernelPlan &plan,
                                        const DeviceTarget &target) {
  if (target.warpgroupBytes == 0)
    return {};
  return WarpgroupTilePlanner(contraction, plan, target).plan();
}
