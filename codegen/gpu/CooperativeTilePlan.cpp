//===- CooperativeTilePlan.cpp - Plans tiles of cooperative matrices ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Nests are those that are tensor tiles elsewhere (TensorTilePlan.cpp), with
// as many steps as are known when compiling.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/Contraction.h"
#include "dialect/Shape.h"
#include "llvm/Support/MathExtras.h"
#include <bit>
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
class CooperativeTilePlanner {
public:
  CooperativeTilePlanner(const Contraction &contraction,
                         const DeviceTarget &target)
      : contraction(contraction), target(target) {}

  std::optional<KernelPlan> plan() {
    plan_.kind = KernelPlan::Kind::cooperativeTiles;
    // A multiple of all subgroups: matrices are of whole ones.
    plan_.workgroupSize = target.workgroupSize;
    plan_.rows.dims = contraction.rows.dims;
    plan_.columns.dims = contraction.columns.dims;
    plan_.batch = contraction.batch;
    bool isKnown = contraction.count(contraction.reductions, 0) > 0;
    if (!isKnown ||
        !findFactors(contraction, target, plan_.rows, plan_.columns) ||
        !chooseSizes())
      return {};
    return plan_;
  }

private:
  bool chooseSizes() {
    TileSide &rows = plan_.rows, &columns = plan_.columns;
    auto most = static_cast<int64_t>(std::bit_floor<uint64_t>(
        std::sqrt(double(target.workgroupSize * target.accumulators))));
    for (TileSide *side : {&rows, &columns}) {
      side->alongDepth = contraction.isAlongDepth(*side);
      int64_t extent = llvm::PowerOf2Ceil(contraction.count(side->dims));
      side->extent = std::clamp(extent, size, std::max(size, most));
    }
    int64_t smallest = leastOfSubgroup * countSubgroups();
    while (contraction.countGroups(plan_) < countBusy(plan_, target) &&
           rows.extent * columns.extent > smallest)
      shrink();
    int64_t steps = contraction.count(contraction.reductions);
    for (;;) {
      shareOut();
      for (plan_.depth = steps <= size ? size : 2 * size; plan_.depth >= size;
           plan_.depth /= 2)
        if (fitsShared())
          return true;
      if (std::max(rows.extent, columns.extent) == size)
        return false;
      shrink();
    }
  }

  void shrink() {
    TileSide &rows = plan_.rows, &columns = plan_.columns;
    (rows.extent >= columns.extent ? rows : columns).extent /= 2;
  }

  /// Subgroups of a workgroup, on most devices.
  int64_t countSubgroups() const {
    return std::max<int64_t>(1, target.workgroupSize / target.subgroupSize);
  }

  /// Gives subgroups parts as high as they are wide, for which they load least.
  void shareOut() {
    TileSide &rows = plan_.rows, &columns = plan_.columns;
    rows.subgroups = columns.subgroups = 1;
    while (plan_.countTileParts() < countSubgroups()) {
      int64_t high = rows.getPerSubgroup(), wide = columns.getPerSubgroup();
      if (std::max(high, wide) == size)
        break;
      (high >= wide ? rows : columns).subgroups *= 2;
    }
  }

  /// Chooses how many blocks there are, and says whether there is room, also
  /// for a matrix of results of each part.
  bool fitsShared() {
    // Where one block is all, no other one is stored while it is read.
    int64_t steps = contraction.count(contraction.reductions);
    plan_.blocks = steps <= plan_.depth ? 1 : 2;
    constexpr int64_t bytesOfResult = 4;
    int64_t elements =
        plan_.getSharedSize(plan_.rows) + plan_.getSharedSize(plan_.columns);
    int64_t results = plan_.countTileParts() * size * size;
    return elements * getElementBytes(plan_.rows.staged[0].getType()) +
               results * bytesOfResult <=
           target.sharedBytes;
  }

  static constexpr int64_t size = DeviceTarget::cooperativeSize;
  /// Elements of a subgroup for fewer of which it would load more than it
  /// multiplies.
  static constexpr int64_t leastOfSubgroup = 2 * size * size;

  const Contraction &contraction;
  const DeviceTarget &target;
  KernelPlan plan_;
};
} // namespace

std::optional<KernelPlan>
mlir::lathe::kernel::planCooperativeTiles(const Contraction &contraction,
                                          const DeviceTarget &target) {
  return CooperativeTilePlanner(contraction, target).plan();
}
