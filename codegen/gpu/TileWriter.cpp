//===- TileWriter.cpp - Writes kernels whose workgroups compute tiles -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/TileWriter.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

Value TileWriter::writeSuits(int64_t elements) {
  Value suits = KernelWriter::writeSuits(elements);
  for (const TileSide *side : {&plan.rows, &plan.columns}) {
    if (countKnown(side->dims))
      continue;
    Value fewest = arith::ConstantIndexOp::create(
        host, llvm::divideCeil(side->extent, suitingPart));
    Value isEnough = arith::CmpIOp::create(host, arith::CmpIPredicate::uge,
                                           countHostPlaces(side->dims), fewest);
    suits = host.createOrFold<arith::AndIOp>(suits, isEnough);
  }
  return suits;
}

Value TileWriter::countGroups() {
  rowTiles = divideHostCeil(countHostPlaces(plan.rows.dims), plan.rows.extent);
  columnTiles =
      divideHostCeil(countHostPlaces(plan.columns.dims), plan.columns.extent);
  Value tiles = host.createOrFold<arith::MulIOp>(rowTiles, columnTiles);
  return host.createOrFold<arith::MulIOp>(countHostPlaces(plan.batch), tiles);
}

void TileWriter::findTile(Value group) {
  rows.extent = countPlaces(plan.rows.dims);
  columns.extent = countPlaces(plan.columns.dims);
  Value inRow = pass(columnTiles), inColumn = pass(rowTiles);
  Value column = remainder(group, inRow);
  Value rest = divide(group, inRow);
  Value row = remainder(rest, inColumn);
  setPlace(divide(rest, inColumn), plan.batch);
  rows.first = multiply(row, rows.plan.extent);
  columns.first = multiply(column, columns.plan.extent);
}

std::optional<int64_t> TileWriter::countKnown(ArrayRef<unsigned> dims) const {
  int64_t product = 1;
  for (unsigned dim : dims) {
    if (ShapedType::isDynamic(extents[dim]))
      return {};
    product *= extents[dim];
  }
  return product;
}

bool TileWriter::isWhole(const Side &side) const {
  std::optional<int64_t> known = countKnown(side.plan.dims);
  return known && *known % side.plan.extent == 0;
}

bool TileWriter::hasWholeBlocks() const {
  std::optional<int64_t> known = countSteps();
  return known && *known % plan.depth == 0;
}

Value TileWriter::limit(Value place, Value extent) {
  Value last = b.createOrFold<arith::SubIOp>(extent, constant(1));
  return arith::MinUIOp::create(b, place, last);
}

void TileWriter::guard(Value condition) {
  auto guarded = scf::IfOp::create(b, condition, /*withElseRegion=*/false);
  b.setInsertionPointToStart(guarded.thenBlock());
}

void TileWriter::guardPlace(const Side &side, Value place) {
  if (!isWhole(side))
    guard(arith::CmpIOp::create(b, arith::CmpIPredicate::ult, place,
                                side.extent));
}

Value TileWriter::blockOf(Value first) {
  return plan.blocks == 1 ? constant(0)
                          : remainder(divide(first, plan.depth), plan.blocks);
}

void TileWriter::forStaged(const Side &side,
                           llvm::function_ref<void(Value, Value)> write) {
  int64_t elements = side.plan.extent * plan.depth;
  Value inside = constant(side.plan.alongDepth ? plan.depth : side.plan.extent);
  for (int64_t i = 0; i < elements; i += plan.workgroupSize) {
    Value number = add(thread, constant(i));
    OpBuilder::InsertionGuard after(b);
    if (i + plan.workgroupSize > elements)
      guard(arith::CmpIOp::create(b, arith::CmpIPredicate::ult, number,
                                  constant(elements)));
    Value fast = remainder(number, inside), slow = divide(number, inside);
    side.plan.alongDepth ? write(slow, fast) : write(fast, slow);
  }
}

void TileWriter::setStagedPlace(const Side &side, Value element, Value step) {
  Value place = add(side.first, element);
  setPlace(isWhole(side) ? place : limit(place, side.extent), side.plan.dims);
  setPlace(hasWholeBlocks() ? step : limit(step, steps), reductionDims);
}
