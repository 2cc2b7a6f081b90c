//===- MatrixPlan.cpp - Which nests are products of matrices --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestMatrices.h"
#include "dialect/Shape.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// Whether the nest's code works on vectors as on scalars, and sums up f32 from
/// zero on.
static bool sumsFloats(NestOp nest) {
  bool isPlain = true;
  nest.getReduce().walk([&](Operation *op) {
    isPlain &= isa<YieldOp, arith::ConstantOp>(op) ||
               OpTrait::hasElementwiseMappableTraits(op);
  });
  nest.getFinish().walk([&](Operation *op) {
    isPlain &= isa<YieldOp, arith::ConstantOp, IndexOp>(op) ||
               OpTrait::hasElementwiseMappableTraits(op);
  });
  for (Type type : nest.getOperandTypes()) {
    Type element = getElementTypeOrSelf(type);
    unsigned bits =
        element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 0;
    isPlain &= bits >= 8 && bits <= 32;
  }
  auto init = dyn_cast<FloatAttr>(nest.getInit());
  return isPlain && init && init.getType().isF32() &&
         init.getValue().isPosZero() &&
         isa_and_nonnull<arith::AddFOp>(getCombiner(nest));
}

/// The product that is summed up, if one is.
static arith::MulFOp getProduct(NestOp nest) {
  Operation *sum = getCombiner(nest);
  Value accumulator = nest.getReduce().front().getArguments().back();
  Value term = sum->getOperand(sum->getOperand(0) == accumulator ? 1 : 0);
  return term.getDefiningOp<arith::MulFOp>();
}

/// The nest's inputs that a value of its code is made of.
static llvm::SmallSetVector<unsigned, 4> collectInputs(Value value) {
  llvm::SmallSetVector<unsigned, 4> inputs;
  SmallVector<Value> worklist = {value};
  while (!worklist.empty()) {
    Value next = worklist.pop_back_val();
    if (auto argument = dyn_cast<BlockArgument>(next))
      inputs.insert(argument.getArgNumber());
    else
      llvm::append_range(worklist, next.getDefiningOp()->getOperands());
  }
  return inputs;
}

/// Whether vectors along `dim` read these inputs, at least one of them other
/// elements in each lane.
static bool isReadAlong(NestOp nest, ArrayRef<unsigned> inputs, unsigned dim) {
  bool isRead = false;
  for (unsigned i : inputs) {
    Access access = classifyAccess(nest, i, dim);
    if (access == Access::strided)
      return false;
    isRead |= access == Access::contiguous;
  }
  return isRead;
}

/// Whether any of these operands has other elements along any of the
/// dimensions.
static bool dependsOn(NestOp nest, ArrayRef<unsigned> operands,
                      ArrayRef<unsigned> dims) {
  return llvm::any_of(operands, [&](unsigned i) {
    return llvm::any_of(dims, [&](unsigned dim) {
      return nest.getMap(i).isFunctionOfDim(dim);
    });
  });
}

/// Whether what the finished elements are made of, and themselves, can be
/// loaded and stored as vectors, some of whose lanes may be masked.
static bool canFinish(NestOp nest, unsigned laneDim, int64_t columns) {
  auto output = cast<MemRefType>(nest.getInitOutput().getType());
  AffineMap map = nest.getOutputMap();
  int64_t extent = nest.getStaticExtents()[laneDim];
  bool isWhole = !ShapedType::isDynamic(extent) && extent % columns == 0;
  if (!output.areTrailingDimsContiguous(1) ||
      !map.getResults().back().isFunctionOfDim(laneDim) ||
      (!isWhole && getElementBytes(output.getElementType()) < 4))
    return false;
  for (unsigned i = 0; i < nest.getInputs().size(); ++i)
    if (!isWhole && !nest.getFinish().getArgument(i).use_empty() &&
        classifyAccess(nest, i, laneDim) == Access::strided)
      return false;
  return true;
}

/// The inputs of columns of which the second-level cache does not hold half, or
/// may not, and that have other elements along k and n.
static SmallVector<unsigned> findStreamed(NestOp nest, const MatrixPlan &plan,
                                          ArrayRef<unsigned> ofColumns,
                                          const VectorTarget &target) {
  SmallVector<unsigned> streamed;
  for (unsigned i : ofColumns) {
    auto type = cast<MemRefType>(nest.getInputs()[i].getType());
    bool isHeld =
        type.hasStaticShape() &&
        type.getNumElements() * getElementBytes(type.getElementType()) <=
            target.secondCacheBytes / 2;
    if (!isHeld && dependsOn(nest, i, plan.depthDim) &&
        dependsOn(nest, i, plan.laneDim))
      streamed.push_back(i);
  }
  return streamed;
}

/// Says which of the product's factors has the rows; false if none can.
static bool assignFactors(NestOp nest, arith::MulFOp product,
                          const VectorTarget &target, MatrixPlan &plan) {
  SmallVector<Value, 2> factors = {product.getLhs(), product.getRhs()};
  for (int i = 0; i < 2; ++i, std::swap(factors[0], factors[1])) {
    auto ofRows = collectInputs(factors[0]),
         ofColumns = collectInputs(factors[1]);
    if (dependsOn(nest, ofRows.getArrayRef(), plan.laneDim) ||
        !isReadAlong(nest, ofRows.getArrayRef(), plan.depthDim) ||
        !isReadAlong(nest, ofColumns.getArrayRef(), plan.laneDim) ||
        !dependsOn(nest, ofColumns.getArrayRef(), plan.depthDim))
      continue;
    plan.rows = factors[0];
    plan.columns = factors[1];
    for (unsigned dim = 0; dim < nest.getNumDims(); ++dim)
      if (!nest.getReductions()[dim] && dim != plan.laneDim)
        (dependsOn(nest, ofColumns.getArrayRef(), dim) ? plan.taskDims
                                                       : plan.rowDims)
            .push_back(dim);
    plan.streamed = findStreamed(nest, plan, ofColumns.getArrayRef(), target);
    return true;
  }
  return false;
}

namespace {
/// The cycles that a nest takes, by its extents, of which unknown ones are
/// taken to be large.
class Cost : MatrixTile {
public:
  Cost(NestOp nest, const MatrixPlan &plan, const VectorTarget &target)
      : extents(getGreatestExtents(nest)), target(target) {
    for (int64_t &extent : extents)
      if (ShapedType::isDynamic(extent))
        extent = large;
    columns = extents[plan.laneDim];
    numbers = extents[plan.depthDim];
    for (unsigned dim : plan.rowDims)
      rows *= extents[dim];
    for (auto [dim, reduction] : llvm::enumerate(nest.getReductions()))
      if (reduction && dim != plan.depthDim)
        windows *= extents[dim];
    for (unsigned i : plan.streamed)
      bytes += getElementBytes(getElementTypeOrSelf(nest.getInputs()[i]));
  }

  double ofVectors(int64_t rows) const {
    int64_t lanes = target.vectorBytes / 4;
    // What the best tiles reach of the peak.
    constexpr double share = 0.9;
    return rows * llvm::divideCeil(columns, lanes) * double(numbers * windows) /
           target.multipliers / share;
  }

  /// Measured on the first processors that have matrices: 16 cycles for each
  /// product of two registers, and what it waits for; and to split 32 numbers
  /// of a row, or of 32 columns, and to finish a row of a tile. Windows, and
  /// rows and columns that end within a tile, take longer. Half of the time in
  /// which columns come from memory, it is waited for.
  double ofMatrices(int64_t rows) const {
    constexpr double product = 20, splitColumns = 220, wait = 0.17;
    double splitRow = windows > 1 || numbers % depth ? 14 : 7;
    double finish = columns % width ? 20 : 10;
    double steps = double(llvm::divideCeil(numbers, depth)) * windows;
    double panels = llvm::divideCeil(columns, width);
    double tasks = llvm::divideCeil(columns, width * mostPanels);
    double registers = llvm::divideCeil(rows, MatrixRegisters::mostRows);
    double groups = llvm::divideCeil(rows, height * mostTiles);
    // Whole groups split columns meanwhile.
    double missing = 1 - registers / across / (groups * mostTiles);
    return steps * (registers * panels * across * products * product +
                    rows * tasks * splitRow +
                    groups * splitColumns * (1 + panels * missing) +
                    wait * groups * panels * bytes * width * depth) +
           finish * rows * panels;
  }

  bool gains(int64_t rows) const {
    constexpr double least = 1.2;
    return ofVectors(rows) > least * ofMatrices(rows);
  }
  bool loses(int64_t rows) const { return ofVectors(rows) < ofMatrices(rows); }

  int64_t rows = 1;

private:
  static constexpr int64_t large = 1024;

  SmallVector<int64_t> extents;
  const VectorTarget &target;
  int64_t columns, numbers, windows = 1;
  /// Of a column's number, from memory.
  int64_t bytes = 0;
};
} // namespace

std::optional<MatrixPlan>
mlir::lathe::kernel::planMatrices(NestOp nest, const VectorTarget &target) {
  MatrixPlan plan;
  unsigned parallel = llvm::count(nest.getReductions(), false);
  if (target.matrices.empty() ||
      target.vectorBytes != MatrixRegisters::rowBytes || parallel == 0 ||
      !nest.hasReduction() || !sumsFloats(nest))
    return {};
  plan.laneDim = parallel - 1;
  plan.depthDim = nest.getNumDims() - 1;
  arith::MulFOp product = getProduct(nest);
  if (!product || !product.getType().isF32() ||
      !canFinish(nest, plan.laneDim, MatrixTile::width) ||
      !assignFactors(nest, product, target, plan))
    return {};
  Cost cost(nest, plan, target);
  if (plan.rowDims.empty() || !cost.gains(cost.rows))
    return {};
  // The fewest that gain, if no more of them lose: a few behind a whole group
  // gain less.
  plan.leastRows = cost.rows;
  constexpr int64_t many = 512;
  for (int64_t rows = cost.rows; rows > 0; --rows) {
    if (cost.gains(rows))
      plan.leastRows = rows;
    else if (rows < many && cost.loses(rows))
      break;
  }
  return plan;
}
