//===- RowPlan.cpp - What a kernel reads for some rows of its result ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/KernelDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// The dimensions of a result that are images and rows.
static constexpr unsigned imageResult = 0, rowResult = 1;

/// The product of what `dim` is divided by in an expression, by which the
/// expression grows evenly along it; 0 if that is not known.
static int64_t findUnit(AffineExpr expr, unsigned dim) {
  int64_t unit = 1;
  expr.walk([&](AffineExpr inner) {
    auto binary = dyn_cast<AffineBinaryOpExpr>(inner);
    if (!binary || !binary.getLHS().isFunctionOfDim(dim) ||
        binary.getKind() == AffineExprKind::Add ||
        binary.getKind() == AffineExprKind::Mul)
      return;
    auto divisor = dyn_cast<AffineConstantExpr>(binary.getRHS());
    if (!divisor || llvm::MulOverflow(unit, divisor.getValue(), unit))
      unit = 0;
  });
  return unit;
}

/// The value of an expression of dimensions.
static int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> dims) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t left = evaluate(binary.getLHS(), dims),
          right = evaluate(binary.getRHS(), dims);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return left + right;
  case AffineExprKind::Mul:
    return left * right;
  case AffineExprKind::Mod:
    return llvm::mod(left, right);
  case AffineExprKind::FloorDiv:
    return llvm::divideFloorSigned(left, right);
  default:
    return llvm::divideCeilSigned(left, right);
  }
}

/// The least and the greatest value of a subscript in the first `unit` of
/// `rowDim`, all reductions run through; nothing if there are too many of
/// those, or one is not static, or other dimensions take part.
static std::optional<std::pair<int64_t, int64_t>>
findReach(NestOp nest, AffineExpr subscript, unsigned rowDim, int64_t unit) {
  constexpr int64_t most = 4096;
  SmallVector<int64_t> extents = nest.getStaticExtents();
  SmallVector<int64_t> dims(nest.getNumDims(), 0);
  SmallVector<unsigned> walked;
  int64_t points = unit;
  for (unsigned dim = 0; dim < nest.getNumDims(); ++dim) {
    if (dim == rowDim || !subscript.isFunctionOfDim(dim))
      continue;
    if (!nest.getReductions()[dim] || ShapedType::isDynamic(extents[dim]) ||
        extents[dim] < 1 || llvm::MulOverflow(points, extents[dim], points) ||
        points > most)
      return {};
    walked.push_back(dim);
  }
  auto reach = std::make_pair(INT64_MAX, INT64_MIN);
  for (int64_t point = 0; point < points; ++point) {
    int64_t rest = point / unit;
    dims[rowDim] = point % unit;
    for (unsigned dim : walked) {
      dims[dim] = rest % extents[dim];
      rest /= extents[dim];
    }
    int64_t value = evaluate(subscript, dims);
    reach.first = std::min(reach.first, value);
    reach.second = std::max(reach.second, value);
  }
  return reach;
}

/// Whether the nest's code asks for the place of an element, or for elements by
/// themselves.
static bool knowsPlaces(NestOp nest) {
  return nest
      .walk([](Operation *op) {
        return isa<IndexOp, memref::LoadOp>(op) ? WalkResult::interrupt()
                                                : WalkResult::advance();
      })
      .wasInterrupted();
}

/// How the images and rows of a nest walk an operand.
static std::optional<RowAccess> findAccess(NestOp nest, AffineMap map,
                                           unsigned imageDim, unsigned rowDim,
                                           int64_t unit) {
  RowAccess access;
  SmallVector<int64_t> origin(nest.getNumDims(), 0), next = origin;
  next[rowDim] = unit;
  for (auto [i, subscript] : llvm::enumerate(map.getResults())) {
    if (subscript.isFunctionOfDim(imageDim)) {
      if (access.imageDim >= 0 || !isa<AffineDimExpr>(subscript))
        return {};
      access.imageDim = i;
    }
    if (!subscript.isFunctionOfDim(rowDim))
      continue;
    int64_t step = evaluate(subscript, next) - evaluate(subscript, origin);
    // Remainders are the same in all units.
    if (step == 0)
      continue;
    auto reach = findReach(nest, subscript, rowDim, unit);
    if (access.rowDim >= 0 || step < 0 || !reach || reach->first < 0)
      return {};
    access.rowDim = i;
    access.first = reach->first;
    access.step = step;
    access.extra = reach->second + 1 - reach->first - step;
  }
  return access;
}

std::optional<RowPlan> NestOp::planRows() {
  AffineMap output = getOutputMap();
  // A matrix has no rows of pixels: its columns' weights would be read again
  // for each of its rows.
  constexpr unsigned fewestDims = 3;
  if (output.getNumResults() < fewestDims || knowsPlaces(*this))
    return {};
  unsigned imageDim = output.getDimPosition(imageResult);
  unsigned rowDim = output.getDimPosition(rowResult);
  RowPlan plan;
  constexpr int64_t mostUnit = 16;
  for (AffineMap map : getIndexingMaps().getAsValueRange<AffineMapAttr>())
    for (AffineExpr subscript : map.getResults()) {
      plan.unit = std::lcm(plan.unit, findUnit(subscript, rowDim));
      if (plan.unit < 1 || plan.unit > mostUnit)
        return {};
    }
  for (AffineMap map : getIndexingMaps().getAsValueRange<AffineMapAttr>()) {
    auto access = findAccess(*this, map, imageDim, rowDim, plan.unit);
    if (!access)
      return {};
    plan.operands.push_back(*access);
  }
  return plan;
}

std::optional<RowPlan> WinogradOp::planRows() {
  RowPlan plan;
  plan.unit = getTileSide();
  RowAccess plain = {/*imageDim=*/imageResult, /*rowDim=*/rowResult,
                     /*first=*/0, /*step=*/plan.unit, /*extra=*/0};
  RowAccess image = plain;
  // A tile reads a row before and one behind.
  image.extra = 2;
  plan.operands = {image, RowAccess()};
  for (unsigned i = 0; i < getExtras().size(); ++i) {
    RowAccess extra;
    for (auto [at, result] : llvm::enumerate(getExtraMap(i).getResults())) {
      unsigned dim = cast<AffineDimExpr>(result).getPosition();
      if (dim == imageResult)
        extra.imageDim = at;
      if (dim != rowResult)
        continue;
      extra.rowDim = at;
      extra.step = plan.unit;
    }
    plan.operands.push_back(extra);
  }
  plan.operands.push_back(plain);
  return plan;
}
