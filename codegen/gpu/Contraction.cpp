//===- Contraction.cpp - The two sides of a nest --------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/Contraction.h"
#include "codegen/NestPlan.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

static constexpr uint64_t accumulatorBit = uint64_t(1) << 63;

Contraction::Contraction(NestOp nest, int64_t unknown)
    : nest(nest), unknown(unknown), extents(nest.getStaticExtents()),
      parallel(llvm::count(nest.getReductions(), false)) {}

std::optional<Contraction> Contraction::find(NestOp nest, int64_t unknown) {
  if (!nest.hasReduction() || nest.getNumDims() >= 63)
    return {};
  Contraction made(nest, unknown);
  for (unsigned dim = made.parallel; dim < nest.getNumDims(); ++dim)
    made.reductions.push_back(dim);
  made.findDependences();
  if (!made.findSides())
    return {};
  made.findStaged(made.rows, made.rowBits, made.columnBits);
  made.findStaged(made.columns, made.columnBits, made.rowBits);
  return made;
}

void Contraction::findDependences() {
  Block &block = nest.getReduce().front();
  depends[block.getArguments().back()] = accumulatorBit;
  for (BlockArgument argument : block.getArguments().drop_back()) {
    AffineMap map = nest.getMap(argument.getArgNumber());
    uint64_t &bits = depends[argument];
    for (unsigned dim = 0; dim < nest.getNumDims(); ++dim)
      if (map.isFunctionOfDim(dim))
        bits |= uint64_t(1) << dim;
  }
  for (Operation &op : block) {
    uint64_t bits = 0;
    if (auto index = dyn_cast<IndexOp>(op))
      bits = uint64_t(1) << index.getDim();
    for (Value operand : op.getOperands())
      bits |= depends.lookup(operand);
    for (Value result : op.getResults())
      depends[result] = bits;
  }
}

/// Columns are what depends on the innermost dimension, where neighbours of
/// the output are neighbours in memory, and rows what doesn't.
bool Contraction::findSides() {
  unsigned last = parallel;
  while (last > 0 && extents[last - 1] == 1)
    --last;
  if (last == 0)
    return false;
  uint64_t lastBit = uint64_t(1) << (last - 1);
  auto add = [&](Value leaf) {
    uint64_t bits = depends.lookup(leaf) & ((uint64_t(1) << parallel) - 1);
    (bits & lastBit ? columnBits : rowBits) |= bits;
  };
  Block &block = nest.getReduce().front();
  for (BlockArgument argument : block.getArguments().drop_back())
    if (!argument.use_empty())
      add(argument);
  for (IndexOp index : block.getOps<IndexOp>())
    add(index);
  uint64_t both = rowBits & columnBits;
  rowBits &= ~both;
  columnBits &= ~both;
  for (unsigned dim = 0; dim < parallel; ++dim)
    (rowBits >> dim & 1      ? rows.dims
     : columnBits >> dim & 1 ? columns.dims
                             : batch)
        .push_back(dim);
  // Fewer are not worth a tile: what they read is in the cache, and shorter
  // reductions store no less than they read.
  constexpr int64_t fewest = 4, fewestSteps = 16;
  return count(rows.dims) >= fewest && count(columns.dims) >= fewest &&
         count(reductions, fewestSteps) >= fewestSteps;
}

bool Contraction::isOf(Value value, uint64_t own, uint64_t others) const {
  uint64_t bits = depends.lookup(value);
  return (bits & own) && !(bits & (others | accumulatorBit));
}

/// The values of a side that the other one meets.
void Contraction::findStaged(TileSide &side, uint64_t own, uint64_t others) {
  auto meets = [&](Operation *user) {
    return isa<YieldOp>(user) ||
           (depends.lookup(user->getResult(0)) & (others | accumulatorBit));
  };
  auto add = [&](Value value) {
    if (isOf(value, own, others) && llvm::any_of(value.getUsers(), meets))
      side.staged.push_back(value);
  };
  Block &block = nest.getReduce().front();
  llvm::for_each(block.getArguments(), add);
  for (Operation &op : block)
    llvm::for_each(op.getResults(), add);
}

bool Contraction::isAlongDepth(const TileSide &side) const {
  bool alongSide = false, alongDepth = false;
  Block &block = nest.getReduce().front();
  for (unsigned i = 0; i < nest.getInputs().size(); ++i) {
    uint64_t bits = depends.lookup(block.getArgument(i));
    if (block.getArgument(i).use_empty() ||
        !llvm::any_of(side.dims, [&](unsigned d) { return bits >> d & 1; }))
      continue;
    alongSide |=
        classifyAccess(nest, i, side.dims.back()) == Access::contiguous;
    alongDepth |=
        classifyAccess(nest, i, reductions.back()) == Access::contiguous;
  }
  return alongDepth && !alongSide;
}

int64_t Contraction::count(ArrayRef<unsigned> dims, int64_t unknown) const {
  int64_t product = 1;
  for (unsigned dim : dims)
    product *= ShapedType::isDynamic(extents[dim]) ? unknown : extents[dim];
  return product;
}

int64_t Contraction::countGroups(const KernelPlan &plan) const {
  auto tiles = [&](const TileSide &side) {
    return llvm::divideCeil(count(side.dims), side.extent);
  };
  return count(batch, 1) * tiles(plan.rows) * tiles(plan.columns);
}
