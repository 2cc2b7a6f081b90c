//===- DotProductPlan.cpp - How subgroups share a product of bytes --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/DotProductKernel.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

std::string DotProductPlan::str() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "bytes of " << rows << "x" << columns << "x" << getBlockDepth() << ", "
     << getRowsEach() << "x" << getColumnsEach() << " a subgroup";
  if (parts > 1)
    os << ", " << parts << " parts of a row";
  os << ", copied " << blocks - 1 << " blocks ahead";
  return text;
}

namespace {
class DotProductPlanner {
public:
  DotProductPlanner(DotProductOp op, const DeviceTarget &target,
                    int64_t unknown)
      : target(target), count(op.getRowsType().getDimSize(0)),
        panels(op.getPanels()), panelColumns(op.getPanelColumns()),
        groups(op.getGroups()),
        length(op.getRowsType().getDimSize(1) / op.getGroups()) {
    if (ShapedType::isDynamic(count))
      count = unknown;
    plan_.unit = op.getUnit();
    assert(length % target.productBytes == 0 && "the lowering makes no others");
  }

  DotProductPlan plan() {
    chooseTile();
    shareOut();
    chooseDepth();
    return plan_;
  }

private:
  static constexpr int64_t mostSide = 128, mostBlocks = 4;
  /// Results of a subgroup for fewer of which it would load more than it
  /// multiplies.
  static constexpr int64_t leastOfSubgroup = 32 * 16;

  int64_t countGroups() const {
    return llvm::divideCeil(count, plan_.rows) *
           llvm::divideCeil(panels * panelColumns, plan_.columns);
  }
  int64_t countMostSubgroups() const {
    return target.workgroupSize / target.subgroupSize;
  }

  void chooseTile() {
    plan_.rows = std::clamp<int64_t>(llvm::PowerOf2Ceil(count),
                                     target.productRows, mostSide);
    plan_.columns =
        std::min<int64_t>(llvm::PowerOf2Ceil(panels) * panelColumns, mostSide);
    auto shrink = [&] {
      bool canNarrow = plan_.columns > panelColumns,
           canLower = plan_.rows > target.productRows;
      if (canLower && (plan_.rows >= plan_.columns || !canNarrow))
        plan_.rows /= 2;
      else if (canNarrow)
        plan_.columns /= 2;
      return canNarrow || canLower;
    };
    // Each result has a sum of its group beside that of its row.
    while (plan_.rows * plan_.columns * 2 >
               target.workgroupSize * target.accumulators &&
           shrink())
      ;
    while (countGroups() * target.workgroupSize < target.busyInvocations &&
           shrink())
      ;
  }

  /// Gives subgroups parts as high as they are wide, for which they load least.
  void shareOut() {
    while (plan_.countSubgroups() < countMostSubgroups()) {
      int64_t high = plan_.getRowsEach(), wide = plan_.getColumnsEach();
      if (high * wide <= leastOfSubgroup)
        break;
      (high >= wide ? plan_.rowSubgroups : plan_.columnSubgroups) *= 2;
    }
  }

  /// A part is of one group. Where it is all of it, several subgroups multiply
  /// a part each, if they would be idle otherwise.
  void chooseDepth() {
    constexpr int64_t mostDepth = 128, mostParts = 4;
    auto fits = [&](int64_t blocks) {
      plan_.blocks = blocks;
      return plan_.countSharedBytes() <= target.sharedBytes;
    };
    plan_.depth = mostDepth;
    while (length % plan_.depth ||
           (!fits(2) && plan_.depth > target.productBytes))
      plan_.depth -= target.productBytes;
    bool isWhole = plan_.depth == length;
    while (isWhole && plan_.parts < mostParts &&
           groups % (2 * plan_.parts) == 0 &&
           2 * plan_.countSubgroups() <= countMostSubgroups()) {
      plan_.parts *= 2;
      if (fits(2))
        continue;
      plan_.parts /= 2;
      break;
    }
    int64_t all = groups * length / plan_.getBlockDepth();
    int64_t most = std::min<int64_t>(mostBlocks, llvm::PowerOf2Ceil(all));
    while (!fits(most) && most > 1)
      most /= 2;
  }

  const DeviceTarget &target;
  int64_t count, panels, panelColumns, groups, length;
  DotProductPlan plan_;
};
} // namespace

DotProductPlan mlir::lathe::kernel::planDotProduct(DotProductOp op,
                                                   const DeviceTarget &target,
                                                   int64_t unknown) {
  return DotProductPlanner(op, target, unknown).plan();
}
