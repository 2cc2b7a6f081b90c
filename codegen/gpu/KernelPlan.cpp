//===- KernelPlan.cpp - How a device's invocations share a nest -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/KernelPlan.h"
#include "codegen/NestPlan.h"
#include "codegen/gpu/Contraction.h"
#include "codegen/gpu/Neighbours.h"
#include "codegen/gpu/SubgroupReduction.h"
#include "dialect/Shape.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include <bit>
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

std::string KernelPlan::str() const {
  if (kind == Kind::tiles)
    return llvm::formatv("tiles of {0}x{1}x{2}, {3}x{4} an invocation",
                         rows.extent, columns.extent, depth, rows.perInvocation,
                         columns.perInvocation);
  if (kind == Kind::tensorTiles) {
    std::string more;
    if (parts > 1)
      more += llvm::formatv(", {0} parts of the steps", parts);
    if (copies())
      more += llvm::formatv(", copied {0} blocks ahead", blocks - 1);
    return llvm::formatv("tensor tiles of {0}x{1}x{2}, {3}x{4} a subgroup{5}",
                         rows.extent, columns.extent, depth,
                         rows.getPerSubgroup(), columns.getPerSubgroup(), more);
  }
  if (kind == Kind::cooperativeTiles)
    return llvm::formatv("cooperative tiles of {0}x{1}x{2}, {3}x{4} a subgroup",
                         rows.extent, columns.extent, depth,
                         rows.getPerSubgroup(), columns.getPerSubgroup());
  if (kind == Kind::warpgroupTiles)
    return llvm::formatv("warpgroup tiles of {0}x{1}x{2}, {3} blocks",
                         rows.extent, columns.extent, depth, blocks);
  if (run > 1)
    return llvm::formatv("runs of {0} elements of {1} lanes", run, lanes);
  if (lanes == 1)
    return "elements";
  return llvm::formatv("elements of {0} {1}{2}", lanes,
                       lanesInside ? "neighbouring lanes" : "lanes",
                       bySubgroups ? ", by subgroups" : "");
}

int64_t mlir::lathe::kernel::countBusy(const KernelPlan &plan,
                                       const DeviceTarget &target) {
  // A workgroup of warpgroups keeps the multipliers of its processor busy by
  // itself: half as many as elsewhere fill the device.
  int64_t most = plan.kind == KernelPlan::Kind::warpgroupTiles ? 2 : 1;
  return target.busyInvocations / (most * target.workgroupSize);
}

/// Whether memory that workgroups share holds values of the type as they are.
static bool isShareable(Type type) {
  return !type.isIndex() && type.isIntOrFloat() &&
         (type.getIntOrFloatBitWidth() == 32 ||
          type.getIntOrFloatBitWidth() == 64);
}

Operation *mlir::lathe::kernel::findCombiner(NestOp nest) {
  if (!nest.hasReduction())
    return nullptr;
  Block &block = nest.getReduce().front();
  Value accumulator = block.getArguments().back();
  Operation *last = block.getTerminator()->getOperand(0).getDefiningOp();
  if (!last || last->getBlock() != &block || last->getNumOperands() != 2 ||
      !accumulator.hasOneUse() || *accumulator.getUsers().begin() != last ||
      !isShareable(accumulator.getType()) || !arith::getNeutralElement(last))
    return nullptr;
  return last;
}

/// The product of some dimensions' extents, dynamic ones being `unknown`.
static int64_t multiply(ArrayRef<int64_t> extents, ArrayRef<unsigned> dims,
                        int64_t unknown) {
  int64_t product = 1;
  for (unsigned dim : dims)
    product *= ShapedType::isDynamic(extents[dim]) ? unknown : extents[dim];
  return product;
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

namespace {
/// Plans the tiles of a contraction.
class TilePlanner {
public:
  TilePlanner(const Contraction &contraction, const DeviceTarget &target)
      : contraction(contraction), target(target) {}

  std::optional<KernelPlan> plan() {
    plan_.kind = KernelPlan::Kind::tiles;
    plan_.workgroupSize = target.workgroupSize;
    plan_.rows = contraction.rows;
    plan_.columns = contraction.columns;
    plan_.batch = contraction.batch;
    for (TileSide *side : {&plan_.rows, &plan_.columns}) {
      if (side->staged.empty() || !llvm::all_of(side->staged, [](Value v) {
            return isShareable(v.getType());
          }))
        return {};
      side->alongDepth = contraction.isAlongDepth(*side);
    }
    if (!chooseSizes())
      return {};
    return plan_;
  }

private:
  static int64_t countBytes(const TileSide &side) {
    int64_t bytes = 0;
    for (Value value : side.staged)
      bytes += value.getType().getIntOrFloatBitWidth() / 8;
    return bytes * side.getStride();
  }

  /// Chooses how many blocks there are, and says whether there is room.
  bool fitsShared() {
    // Where one block is all, no other one is stored while it is read.
    bool isOne = contraction.count(contraction.reductions, plan_.depth + 1) <=
                 plan_.depth;
    plan_.blocks = isOne ? 1 : 2;
    return plan_.blocks * plan_.depth *
               (countBytes(plan_.rows) + countBytes(plan_.columns)) <=
           target.sharedBytes;
  }

  bool chooseSizes() {
    TileSide &rows = plan_.rows, &columns = plan_.columns;
    int64_t invocations = target.workgroupSize;
    int64_t most = std::bit_floor(static_cast<uint64_t>(
        std::sqrt(double(invocations * target.accumulators))));
    auto fit = [&](const TileSide &side) {
      return std::min<int64_t>(
          most, llvm::PowerOf2Ceil(contraction.count(side.dims)));
    };
    rows.extent = fit(rows);
    columns.extent = fit(columns);
    plan_.depth = std::min<int64_t>(
        16, llvm::PowerOf2Ceil(contraction.count(contraction.reductions, 16)));
    auto shrink = [&] {
      TileSide &larger = rows.extent >= columns.extent ? rows : columns;
      if (rows.extent * columns.extent <= invocations)
        return false;
      larger.extent /= 2;
      return true;
    };
    // Some elements an invocation: of fewer, shared memory is the limit.
    while (contraction.countGroups(plan_) < countBusy(plan_, target) &&
           rows.extent * columns.extent > 4 * invocations)
      shrink();
    while (!fitsShared()) {
      if (plan_.depth > 8)
        plan_.depth /= 2;
      else if (!shrink())
        return false;
    }
    return shareOut();
  }

  /// Gives invocations parts as high as they are wide, for which they load
  /// least, but neighbours a sector of memory, if a row has as much.
  bool shareOut() {
    TileSide &rows = plan_.rows, &columns = plan_.columns;
    int64_t invocations = target.workgroupSize;
    double each = double(rows.extent) * columns.extent / invocations;
    int64_t across = std::bit_floor<uint64_t>(std::sqrt(std::max(each, 1.0)));
    int64_t inRow = std::max({columns.extent / across, target.sectorBytes / 4,
                              invocations / rows.extent});
    inRow = std::min({inRow, columns.extent, invocations});
    int64_t inColumn = invocations / inRow;
    rows.extent = std::max(rows.extent, inColumn);
    rows.perInvocation = rows.extent / inColumn;
    columns.perInvocation = columns.extent / inRow;
    for (TileSide *side : {&rows, &columns})
      if (side->perInvocation % target.sharedWords == 0 &&
          llvm::all_of(side->staged, [](Value value) {
            return value.getType().getIntOrFloatBitWidth() == 32;
          }))
        side->run = target.sharedWords;
    return fitsShared();
  }

  const Contraction &contraction;
  const DeviceTarget &target;
  KernelPlan plan_;
};
} // namespace

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// Whether some input that the reduction reads is accessed so along `dim`.
static bool reads(NestOp nest, unsigned dim, Access access) {
  Block &block = nest.getReduce().front();
  for (unsigned i = 0; i < nest.getInputs().size(); ++i)
    if (!block.getArgument(i).use_empty() &&
        classifyAccess(nest, i, dim) == access)
      return true;
  return false;
}

/// Neighbouring elements of the output that read whole sectors of memory.
static int64_t countNeighbours(NestOp nest, ArrayRef<unsigned> outputs,
                               const DeviceTarget &target) {
  int64_t bytes = 4;
  for (auto [i, input] : llvm::enumerate(nest.getInputs()))
    if (!outputs.empty() &&
        !nest.getReduce().front().getArgument(i).use_empty() &&
        classifyAccess(nest, i, outputs.back()) == Access::contiguous)
      bytes = std::min(bytes, getElementBytes(getElementTypeOrSelf(input)));
  return target.sectorBytes / bytes;
}

/// Whether an exchange takes a sum as it is.
static bool isExchangeable(NestOp nest) {
  Type type = nest.getReduce().front().getArguments().back().getType();
  return type.getIntOrFloatBitWidth() == 32;
}

/// Chooses how many neighbouring invocations share an element, at most `most`,
/// and by what they combine what they have.
static void planNeighbours(KernelPlan &plan, NestOp nest, int64_t most,
                           bool isFull, const DeviceTarget &target) {
  plan.lanesInside = true;
  int64_t all = std::min(most, target.workgroupSize);
  // A workgroup's reduction by subgroups takes one barrier: worth it however
  // many elements there are, unless a subgroup would be idle for the most part.
  if (target.reducesSubgroups && all >= target.subgroupSize &&
      isExchangeable(nest) && findReduction(findCombiner(nest))) {
    plan.lanes = plan.workgroupSize = all;
    plan.bySubgroups = true;
    return;
  }
  // More than a subgroup's pay where elements are few.
  plan.lanes = isFull ? std::min(all, target.subgroupSize) : all;
  if (target.exchanges && isExchangeable(nest))
    plan.exchanging = std::min(plan.lanes, target.subgroupSize);
}

/// The neighbours along an output's last dimension whose elements of the input
/// that has most of them are loaded at once: 1 if there are none.
static int64_t countRun(NestOp nest, unsigned dim, const DeviceTarget &target) {
  int64_t run = 1, extent = nest.getStaticExtents()[dim];
  if (target.sharedWords == 1 || ShapedType::isDynamic(extent))
    return run;
  constexpr int64_t most = 8;
  for (unsigned i = 0; i < nest.getInputs().size(); ++i)
    if (!nest.getReduce().front().getArgument(i).use_empty())
      run = std::max(run, std::min(most, countCopied(nest, i, dim)));
  return extent % run == 0 ? run : 1;
}

/// How many invocations share an element.
static void planLanes(KernelPlan &plan, NestOp nest,
                      const DeviceTarget &target) {
  if (!findCombiner(nest) || target.workgroupSize * 8 > target.sharedBytes)
    return;
  SmallVector<int64_t> extents = nest.getStaticExtents();
  SmallVector<unsigned> outputs, reductions;
  for (auto [dim, isReduction] : llvm::enumerate(nest.getReductions()))
    (isReduction ? reductions : outputs).push_back(dim);
  // Dynamic sizes may be 1; lanes that would not have been needed cost little.
  int64_t count = multiply(extents, outputs, 1);
  int64_t steps = multiply(extents, reductions, 256);
  while (!outputs.empty() && extents[outputs.back()] == 1)
    outputs.pop_back();
  bool scatters = outputs.empty() ||
                  reads(nest, outputs.back(), Access::strided) ||
                  !reads(nest, outputs.back(), Access::contiguous);
  if (scatters && reads(nest, reductions.back(), Access::contiguous)) {
    // A lane has a few steps at least.
    int64_t most = std::bit_floor<uint64_t>(std::max<int64_t>(steps / 4, 1));
    bool isFull = count * target.subgroupSize >= target.busyInvocations;
    planNeighbours(plan, nest, most, isFull, target);
    return;
  }
  // Of few elements that add up many numbers, time is that of loading these: as
  // many at once as can be.
  constexpr int64_t fewestSteps = 256;
  if (!scatters && steps >= fewestSteps && count < target.busyInvocations)
    plan.run = countRun(nest, outputs.back(), target);
  count /= plan.run;
  int64_t neighbours = std::min<int64_t>(
      std::max<int64_t>(countNeighbours(nest, outputs, target) / plan.run, 1),
      llvm::PowerOf2Ceil(count));
  while (count * plan.lanes < target.busyInvocations &&
         32 * plan.lanes <= steps &&
         2 * plan.lanes * neighbours <= target.workgroupSize)
    plan.lanes *= 2;
}

KernelPlan mlir::lathe::kernel::planKernel(NestOp nest,
                                           const DeviceTarget &target,
                                           int64_t unknown) {
  if (auto contraction = Contraction::find(nest, unknown)) {
    if (auto tiles = target.cooperates
                         ? planCooperativeTiles(*contraction, target)
                         : planTensorTiles(*contraction, target))
      return *tiles;
    if (auto tiles = TilePlanner(*contraction, target).plan())
      return *tiles;
  }
  KernelPlan plan;
  plan.workgroupSize = target.workgroupSize;
  planLanes(plan, nest, target);
  return plan;
}
