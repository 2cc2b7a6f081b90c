//===- NestPlan.cpp - How a nest is vectorised, tiled and shared out ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestPlan.h"
#include "codegen/Bounds.h"
#include "codegen/Choices.h"
#include "codegen/KnownFactors.h"
#include "codegen/Target.h"
#include "dialect/Shape.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// Whether neighbouring elements of the last dimension are neighbours in
/// memory.
static bool isContiguousInside(MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  return type.getRank() > 0 &&
         succeeded(type.getStridesAndOffset(strides, offset)) &&
         strides.back() == 1;
}

/// The panels in which a map walks a dimension: c where its last subscript is
/// dim mod c and another is dim floordiv c; 0 where it doesn't.
static int64_t getPanel(AffineMap map, unsigned dim) {
  AffineExpr along = getAffineDimExpr(dim, map.getContext());
  auto last =
      dyn_cast<AffineBinaryOpExpr>(map.getResult(map.getNumResults() - 1));
  if (!last || last.getKind() != AffineExprKind::Mod || last.getLHS() != along)
    return 0;
  auto size = dyn_cast<AffineConstantExpr>(last.getRHS());
  unsigned others = 0;
  for (AffineExpr result : map.getResults().drop_back())
    if (size && result == along.floorDiv(size.getValue()))
      ++others;
    else if (result.isFunctionOfDim(dim))
      return 0;
  return others == 1 ? size.getValue() : 0;
}

bool mlir::lathe::kernel::readsPanels(NestOp nest, unsigned input,
                                      unsigned dim) {
  int64_t panel = getPanel(nest.getMap(input), dim);
  return panel > 0 && panel % panelColumns == 0 &&
         isContiguousInside(
             cast<MemRefType>(nest.getInputs()[input].getType()));
}

Access mlir::lathe::kernel::classifyAccess(NestOp nest, unsigned input,
                                           unsigned dim) {
  AffineMap map = nest.getMap(input);
  if (!map.isFunctionOfDim(dim))
    return Access::uniform;
  if (readsPanels(nest, input, dim))
    return Access::contiguous;
  unsigned last = map.getNumResults() - 1;
  for (unsigned i = 0; i < last; ++i)
    if (map.getResult(i).isFunctionOfDim(dim))
      return Access::strided;
  // Contiguous if the last subscript is dim plus something without it.
  MLIRContext *context = nest.getContext();
  AffineExpr rest = map.getResult(last) - getAffineDimExpr(dim, context);
  auto type = cast<MemRefType>(nest.getInputs()[input].getType());
  bool unitStep =
      !simplifyAffineExpr(rest, map.getNumDims(), 0).isFunctionOfDim(dim);
  return unitStep && isContiguousInside(type) ? Access::contiguous
                                              : Access::strided;
}

/// Whether every op of the regions works on vectors as on scalars, or is
/// written lane by lane.
static bool canVectorise(NestOp nest) {
  auto isMappable = [](Region &region) {
    return llvm::all_of(region.getOps(), [](Operation &op) {
      return isa<YieldOp, arith::ConstantOp, IndexOp, memref::LoadOp>(op) ||
             OpTrait::hasElementwiseMappableTraits(&op);
    });
  };
  auto hasBytes = [](Type type) {
    Type element = getElementTypeOrSelf(type);
    // One bit takes a byte in memory and a bit in a vector.
    return element.isIntOrFloat() && element.getIntOrFloatBitWidth() >= 8;
  };
  return isMappable(nest.getReduce()) && isMappable(nest.getFinish()) &&
         llvm::all_of(nest.getOperandTypes(), hasBytes);
}

Operation *mlir::lathe::kernel::getCombiner(NestOp nest) {
  Block &block = nest.getReduce().front();
  Operation *last = block.getTerminator()->getOperand(0).getDefiningOp();
  Value accumulator = block.getArguments().back();
  if (!last || !accumulator.hasOneUse() ||
      *accumulator.getUsers().begin() != last ||
      !isa<arith::AddFOp, arith::AddIOp, arith::MulFOp, arith::MaximumFOp,
           arith::MinimumFOp>(last))
    return nullptr;
  return last;
}

SmallVector<int64_t> mlir::lathe::kernel::getExtentFactors(NestOp nest) {
  SmallVector<int64_t> factors = nest.getStaticExtents();
  for (auto [dim, factor] : llvm::enumerate(factors)) {
    if (!ShapedType::isDynamic(factor))
      continue;
    factor = 1;
    AffineExpr along = getAffineDimExpr(dim, nest.getContext());
    for (auto [i, operand] : llvm::enumerate(nest->getOperands()))
      for (auto [axis, result] : llvm::enumerate(nest.getMap(i).getResults()))
        if (result == along)
          factor = std::max(factor, getKnownFactor(operand, axis));
  }
  return factors;
}

Value mlir::lathe::kernel::createExtent(OpBuilder &b, NestOp nest,
                                        unsigned dim) {
  for (auto [i, operand] : llvm::enumerate(nest->getOperands()))
    for (auto [axis, result] : llvm::enumerate(nest.getMap(i).getResults()))
      if (result == b.getAffineDimExpr(dim))
        return memref::DimOp::create(b, nest.getLoc(), operand, axis);
  llvm_unreachable("a dimension that no operand has");
}

SmallVector<int64_t> mlir::lathe::kernel::getGreatestExtents(NestOp nest) {
  SmallVector<int64_t> extents = nest.getStaticExtents();
  for (auto [dim, extent] : llvm::enumerate(extents)) {
    AffineExpr along = getAffineDimExpr(dim, nest.getContext());
    for (auto [i, operand] : llvm::enumerate(nest->getOperands()))
      for (auto [axis, result] : llvm::enumerate(nest.getMap(i).getResults()))
        if (result == along && ShapedType::isDynamic(extent))
          extent = upperBoundOfDim(operand, axis).value_or(extent);
  }
  return extents;
}

std::optional<int64_t> mlir::lathe::kernel::countGreatestBytes(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  int64_t bytes = getElementBytes(type.getElementType());
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    // Slimmable layers have as many channels as are in use.
    std::optional<int64_t> most =
        ShapedType::isDynamic(size) ? upperBoundOfDim(buffer, dim) : size;
    if (!most || llvm::MulOverflow(bytes, *most, bytes))
      return {};
  }
  return bytes;
}

/// Whether some input's lanes along `dim` are addressed one by one.
static bool addressesLanes(NestOp nest, unsigned dim) {
  bool found = false;
  nest.walk([&](memref::LoadOp) { found = true; });
  for (unsigned i = 0; i < nest.getInputs().size(); ++i)
    found |= classifyAccess(nest, i, dim) == Access::strided;
  return found;
}

/// Says how the last lanes along the plan's dimension are written. Vectors of
/// narrow elements have no masks that are fast; where each lane is addressed by
/// itself, their number must be known.
static void planMasks(NestPlan &plan, NestOp nest, const VectorTarget &target) {
  auto isWide = [](Value operand) {
    return getElementBytes(getElementTypeOrSelf(operand)) >= 4;
  };
  plan.powersOnly = !isWide(nest.getInitOutput());
  for (auto [i, input] : llvm::enumerate(nest.getInputs()))
    if (classifyAccess(nest, i, plan.laneDim) == Access::contiguous &&
        !isWide(input) && !readsPanels(nest, i, plan.laneDim))
      plan.powersOnly = true;
  plan.masksStatic = target.masks && !plan.powersOnly;
  plan.masksDynamic = plan.masksStatic && !addressesLanes(nest, plan.laneDim);
}

/// The innermost dimension whose rows share what they read that does not depend
/// on the row, or -1: of it the tile holds several rows.
static int64_t chooseRowDim(NestOp nest, unsigned laneDim) {
  SmallVector<int64_t> extents = nest.getStaticExtents();
  for (unsigned row = laneDim; row-- > 0;)
    for (unsigned i = 0; i < nest.getInputs().size(); ++i) {
      AffineMap map = nest.getMap(i);
      bool reduced = false;
      for (auto [dim, reduction] : llvm::enumerate(nest.getReductions()))
        reduced |= reduction && map.isFunctionOfDim(dim);
      if (reduced && !map.isFunctionOfDim(row) && extents[row] != 1)
        return row;
    }
  return -1;
}

/// Rows of a tile that may have `most`: of a known extent, so that all tiles
/// are nearly as high; of another one, no more than there are, or a number that
/// divides it if that is about as good, which leaves no edge.
static int64_t chooseRows(int64_t extent, int64_t greatest, int64_t factor,
                          int64_t most) {
  // There may be none.
  extent = extent == 0 ? 1 : extent;
  if (!ShapedType::isDynamic(extent))
    return llvm::divideCeil(extent, llvm::divideCeil(extent, most));
  if (!ShapedType::isDynamic(greatest) && greatest <= most)
    return std::max<int64_t>(greatest, 1);
  for (int64_t rows = most; rows > most * 3 / 4; --rows)
    if (factor % rows == 0)
      return rows;
  return most;
}

bool mlir::lathe::kernel::isReadByLanes(NestOp nest, unsigned input,
                                        unsigned laneDim) {
  AffineMap map = nest.getMap(input);
  bool isReduced = false;
  for (auto [dim, reduction] : llvm::enumerate(nest.getReductions()))
    isReduced |= reduction && map.isFunctionOfDim(dim);
  return isReduced && map.isFunctionOfDim(laneDim);
}

/// Tiles of rows of which all that they read, and the lanes do not, stays in
/// the second-level cache while all blocks of lanes meet them; 0 where all rows
/// do, or where so few would that what the lanes read would come from memory
/// too often.
static int64_t countTilesTogether(NestOp nest, const NestPlan &plan,
                                  const VectorTarget &target) {
  constexpr int64_t fewestRows = 128;
  SmallVector<int64_t> extents = nest.getStaticExtents();
  int64_t bytes = 0;
  for (auto [i, input] : llvm::enumerate(nest.getInputs())) {
    AffineMap map = nest.getMap(i);
    if (!map.isFunctionOfDim(plan.rowDim) || map.isFunctionOfDim(plan.laneDim))
      continue;
    int64_t elements = getElementBytes(getElementTypeOrSelf(input.getType()));
    for (auto [dim, size] : llvm::enumerate(extents))
      if (nest.getReductions()[dim] && map.isFunctionOfDim(dim))
        elements = ShapedType::isDynamic(size) ? 0 : elements * size;
    bytes += elements;
  }
  // Other dimensions between lanes and rows would be in the cache with them.
  for (auto [dim, size] : llvm::enumerate(extents))
    if (plan.lanesOutside && !nest.getReductions()[dim] && size != 1 &&
        static_cast<int64_t>(dim) != plan.rowDim &&
        static_cast<int64_t>(dim) != plan.laneDim)
      return 0;
  if (bytes == 0)
    return 0;
  // The rest is for the panels that go by.
  int64_t most = target.secondCacheBytes / 8 * 5 / bytes / plan.rows;
  int64_t rows = getGreatestExtents(nest)[plan.rowDim];
  bool areFew = !ShapedType::isDynamic(rows) && rows <= most * plan.rows;
  return areFew || most * plan.rows < fewestRows ? 0 : most;
}

/// Whether what all lanes read leaves no room for anything else in the
/// second-level cache, or may do so.
static bool exceedsCache(NestOp nest, unsigned laneDim,
                         const VectorTarget &target) {
  int64_t room = target.secondCacheBytes / 2;
  for (auto [i, input] : llvm::enumerate(nest.getInputs())) {
    if (!isReadByLanes(nest, i, laneDim))
      continue;
    std::optional<int64_t> bytes = countGreatestBytes(input);
    if (!bytes)
      return true;
    room -= *bytes;
    if (room < 0)
      return true;
  }
  return false;
}

/// The elements that a row reads between the first and the last step of
/// reduction `dim`, if neighbouring rows read some of them, too: of a window
/// that moves along dimension `row`. Otherwise 0.
static int64_t countWindow(NestOp nest, unsigned row, unsigned dim) {
  int64_t window = 0, steps = nest.getStaticExtents()[dim];
  for (unsigned i = 0; i < nest.getInputs().size(); ++i)
    for (AffineExpr subscript : nest.getMap(i).getResults()) {
      if (!subscript.isFunctionOfDim(dim))
        continue;
      auto advance = [&](unsigned along) {
        AffineExpr d = getAffineDimExpr(along, nest.getContext());
        AffineExpr by = simplifyAffineExpr(
            subscript.replace(d, d + 1) - subscript, nest.getNumDims(), 0);
        auto constant = dyn_cast<AffineConstantExpr>(by);
        return constant ? constant.getValue() : 0;
      };
      int64_t reach = advance(dim) * (steps - 1) + 1, stride = advance(row);
      if (stride > 0 && stride < reach)
        window = std::max(window, reach);
    }
  return window;
}

/// Lets a tile whose rows read overlapping windows load each element once. The
/// window's weights and what the next rows read again are in registers, besides
/// the accumulators.
static void planWindow(NestPlan &plan, NestOp nest, int64_t vectors,
                       const VectorTarget &target) {
  // Fewer rows share too little.
  constexpr int64_t fewest = 4;
  unsigned last = nest.getNumDims() - 1;
  int64_t steps = nest.getStaticExtents()[last];
  int64_t window =
      ShapedType::isDynamic(steps) ? 0 : countWindow(nest, plan.rowDim, last);
  if (window == 0)
    return;
  for (int64_t side = std::min<int64_t>(vectors, 2); side > 0; --side) {
    int64_t rows = (target.registers - 1) / side - window - steps;
    if (rows < fewest)
      continue;
    plan.unrolled = 1;
    plan.laneVectors = side;
    plan.rows = rows;
    return;
  }
}

/// The vectors side by side that were measured for the nest's step, if there
/// are as many, and if those of a tile lie in one panel of what they read.
static std::optional<int64_t> getChosenVectors(NestOp nest, unsigned laneDim,
                                               int64_t lanes, int64_t vectors) {
  std::optional<int64_t> chosen = getChoice(nest).vectors;
  if (!chosen || *chosen < 1 || *chosen > vectors)
    return {};
  for (unsigned i = 0; i < nest.getInputs().size(); ++i)
    if (readsPanels(nest, i, laneDim) && panelColumns % (lanes * *chosen) != 0)
      return {};
  return chosen;
}

/// The dimension along which neighbours of an input lie that the lanes read one
/// by one, or -1: squares of its elements are transposed in registers.
static int64_t chooseTransposedDim(NestOp nest, unsigned laneDim,
                                   int64_t lanes) {
  SmallVector<int64_t> extents = nest.getStaticExtents();
  for (unsigned i = 0; i < nest.getInputs().size(); ++i) {
    if (getElementBytes(getElementTypeOrSelf(nest.getInputs()[i])) != 4 ||
        classifyAccess(nest, i, laneDim) != Access::strided)
      continue;
    for (unsigned row = 0; row < laneDim; ++row)
      if (extents[row] >= lanes &&
          classifyAccess(nest, i, row) == Access::contiguous)
        return row;
  }
  return -1;
}

/// Plans lanes along the innermost parallel dimension: a tile of rows x
/// vectors whose accumulators fit into the registers.
static NestPlan planParallelLanes(NestOp nest, unsigned laneDim, int64_t lanes,
                                  const VectorTarget &target) {
  NestPlan plan;
  plan.kind = NestPlan::Kind::parallelLanes;
  plan.lanes = lanes;
  plan.laneDim = laneDim;
  planMasks(plan, nest, target);
  SmallVector<int64_t> extents = nest.getStaticExtents();
  SmallVector<int64_t> factors = getExtentFactors(nest);
  // A dimension of unknown extent has vectors enough.
  int64_t vectors = std::numeric_limits<int64_t>::max();
  if (!ShapedType::isDynamic(extents[laneDim]))
    vectors = std::max<int64_t>(llvm::divideCeil(extents[laneDim], lanes), 1);
  else if (factors[laneDim] % lanes != 0 && addressesLanes(nest, laneDim))
    return plan;
  if (nest.hasReduction()) {
    plan.lanesOutside = exceedsCache(nest, laneDim, target);
    plan.rowDim = chooseRowDim(nest, laneDim);
  } else if (int64_t row = chooseTransposedDim(nest, laneDim, lanes);
             row >= 0 && vectors > 1) {
    plan.isSquare = true;
    plan.rowDim = row;
    plan.rows = lanes;
    plan.laneVectors = 1;
    return plan;
  }
  plan.laneVectors = plan.rowDim < 0 ? std::min<int64_t>(vectors, 4)
                     : vectors == 3  ? 3
                                     : std::min<int64_t>(vectors, 2);
  if (plan.rowDim < 0)
    return plan;
  if (auto chosen = getChosenVectors(nest, laneDim, lanes, vectors))
    plan.laneVectors = *chosen;
  plan.rows = countTileRows(target.registers, plan.laneVectors);
  planWindow(plan, nest, vectors, target);
  // Of a window, all lanes read different pixels: no block is read again.
  plan.lanesOutside &= plan.unrolled == 0;
  plan.rows =
      chooseRows(extents[plan.rowDim], getGreatestExtents(nest)[plan.rowDim],
                 factors[plan.rowDim], plan.rows);
  if (nest.hasReduction() && plan.unrolled == 0) {
    planPrefetch(plan, nest, target);
    planResultPrefetch(plan, nest, target);
    plan.tilesTogether = countTilesTogether(nest, plan, target);
  }
  return plan;
}

NestPlan mlir::lathe::kernel::planNest(NestOp nest,
                                       const VectorTarget &target) {
  NestPlan scalar;
  if (!canVectorise(nest))
    return scalar;
  // Lanes are counted in the widest type that takes part, at least 4 bytes:
  // narrower ones are widened on the way.
  int64_t bytes = 4;
  for (Type type : nest.getOperandTypes())
    bytes = std::max(bytes, getElementBytes(getElementTypeOrSelf(type)));
  int64_t lanes = target.vectorBytes / bytes;
  unsigned parallel = llvm::count(nest.getReductions(), false);
  auto outputType = cast<MemRefType>(nest.getInitOutput().getType());

  auto countAccess = [&](unsigned dim, Access access) {
    unsigned count = 0;
    for (unsigned i = 0; i < nest.getInputs().size(); ++i)
      count += classifyAccess(nest, i, dim) == access;
    return count;
  };
  if (nest.hasReduction() && getCombiner(nest)) {
    unsigned last = nest.getNumDims() - 1;
    bool lanesAlongOutput = parallel > 0 && isContiguousInside(outputType) &&
                            countAccess(parallel - 1, Access::strided) == 0 &&
                            nest.getStaticExtents()[parallel - 1] != 1;
    if (!lanesAlongOutput && countAccess(last, Access::strided) == 0 &&
        countAccess(last, Access::contiguous) > 0) {
      NestPlan plan;
      plan.kind = NestPlan::Kind::reductionLanes;
      plan.lanes = lanes;
      plan.laneDim = last;
      // So many additions are under way at a time.
      constexpr int64_t mostVectors = 4;
      int64_t size = nest.getStaticExtents()[last];
      plan.laneVectors =
          ShapedType::isDynamic(size)
              ? mostVectors
              : std::clamp<int64_t>(llvm::bit_floor(uint64_t(size / lanes)), 1,
                                    mostVectors);
      return plan;
    }
  }
  if (parallel == 0 || !isContiguousInside(outputType))
    return scalar;
  return planParallelLanes(nest, parallel - 1, lanes, target);
}

int64_t mlir::lathe::kernel::countWork(NestOp nest) {
  auto count = [](Region &region) {
    return region.empty()
               ? 0
               : static_cast<int64_t>(region.front().getOperations().size());
  };
  return std::max(count(nest.getReduce()), count(nest.getFinish()));
}
