//===- DotProductSplits.cpp - Products of bytes from parts of the inputs --===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Several workgroups share the inputs of a tile (Parts.h). Each gives the
// totals of its part, and another kernel adds them up in order and finishes
// what comes out, so that results are the same in every run.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/DotProductWriter.h"
#include "codegen/gpu/Parts.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

static Parts partsOf(DotProductOp op, const DotProductPlan &plan) {
  return Parts(op.getInitPartial(), plan.rows * plan.columns);
}

/// Inputs of a step of the loop over groups.
static int64_t getStep(DotProductOp op, const DotProductPlan &plan) {
  return plan.parts * (op.getRowsType().getDimSize(1) / op.getGroups());
}

/// Parts that each have the blocks of which copies are under way at once: of
/// fewer, nothing would be multiplied meanwhile.
static int64_t countMostSplits(DotProductOp op, const DotProductPlan &plan) {
  int64_t inputs = op.getRowsType().getDimSize(1);
  int64_t least =
      std::max(plan.blocks * plan.getBlockDepth(), getStep(op, plan));
  return inputs / least;
}

static int64_t countFeatures(DotProductOp op) {
  return cast<ShapedType>(op.getInitOutput().getType()).getDimSize(1);
}

int64_t mlir::lathe::kernel::countPartialNumbers(DotProductOp op,
                                                 const DeviceTarget &target) {
  constexpr int64_t few = 1;
  if (!op.isInteger())
    return 0;
  DotProductPlan plan = planDotProduct(op, target, few);
  int64_t rows = op.getRowsType().getDimSize(0);
  int64_t tiles =
      llvm::divideCeil(ShapedType::isDynamic(rows) ? few : rows, plan.rows) *
      llvm::divideCeil(countFeatures(op), plan.columns);
  return Parts(target.busyInvocations / plan.getWorkgroupSize(),
               plan.rows * plan.columns)
      .countNumbers(tiles, countMostSplits(op, plan));
}

DotProductSplits mlir::lathe::kernel::countDotProductSplits(
    DotProductOp op, const DotProductPlan &plan, ImplicitLocOpBuilder &b) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, value);
  };
  auto divideCeil = [&](Value x, Value y) {
    return b.createOrFold<arith::CeilDivUIOp>(x, y);
  };
  DotProductSplits splits;
  Value rows = b.createOrFold<memref::DimOp>(op.getRows(), 0);
  int64_t columnTiles = llvm::divideCeil(countFeatures(op), plan.columns);
  splits.tiles = b.createOrFold<arith::MulIOp>(
      divideCeil(rows, constant(plan.rows)), constant(columnTiles));
  if (!op.getInitPartial())
    return splits;
  int64_t step = getStep(op, plan);
  Value steps = constant(op.getRowsType().getDimSize(1) / step);
  Value wanted = partsOf(op, plan).writeSplits(
      b, splits.tiles, constant(countMostSplits(op, plan)));
  Value stepsEach = divideCeil(steps, wanted);
  splits.splits = divideCeil(steps, stepsEach);
  splits.span = b.createOrFold<arith::MulIOp>(stepsEach, constant(step));
  return splits;
}

Value mlir::lathe::kernel::writeIsSplit(DotProductOp op,
                                        const DotProductPlan &plan,
                                        OpBuilder &builder) {
  ImplicitLocOpBuilder b(op.getLoc(), builder);
  return partsOf(op, plan).writeIsShared(
      b, countDotProductSplits(op, plan, b).tiles);
}

namespace {
/// An invocation adds up the parts of one result.
class TotalsWriter final : public DotProductFrame {
public:
  TotalsWriter(DotProductOp op, const DotProductPlan &plan, OpBuilder &builder)
      : DotProductFrame(op, plan, "totals of bytes", builder) {}

private:
  void addBuffers() override {
    buffers.emplace_back().memref = op.getInitPartial();
    for (Value extra : op.getExtras())
      buffers.emplace_back().memref = extra;
    buffers.emplace_back().memref = op.getInitOutput();
  }

  Value countGroups() override {
    splits = countDotProductSplits(op, plan, host);
    count = multiplyHost(hostSize(op.getRows(), 0), hostConstant(features));
    return divideHostCeil(count, plan.getWorkgroupSize());
  }

  void writeGroup(Value group) override {
    Value id = add(multiply(group, plan.getWorkgroupSize()), thread);
    onlyIf(isLess(id, pass(count)), [&] {
      Value row = id, column = takeIndex(row, constant(features));
      storeResult(addParts(row, column), row, column);
    });
  }

  Value addParts(Value row, Value column) {
    Value tile = row, rowInTile = takeIndex(tile, constant(plan.rows));
    Value columnTile = column,
          columnInTile = takeIndex(columnTile, constant(plan.columns));
    // As workgroups are numbered.
    tile = add(multiply(tile, columnTiles), columnTile);
    Value inTile = add(multiply(rowInTile, plan.columns), columnInTile);
    return loop(
        constant(0), pass(splits.splits), 1, number(0),
        [&](Value split, ValueRange total) {
          Value workgroup = add(multiply(split, pass(splits.tiles)), tile);
          Value place =
              add(multiply(workgroup, plan.rows * plan.columns), inTile);
          return Values{fadd(total[0], loadNumber(op.getInitPartial(), place))};
        })[0];
  }

  Value count; ///< Results, for the host.
};
} // namespace

void DotProductFrame::storeResult(Value total, Value row, Value column) {
  Value result = op.getFinish().empty() ? total : finish(total, {row, column});
  store(result, bufferOf(op.getInitOutput()), {row, column});
}

Value DotProductFrame::finish(Value total, ArrayRef<Value> place) {
  Block &block = op.getFinish().front();
  IRMapping mapping;
  mapping.map(block.getArguments().back(), total);
  for (auto [i, extra] : llvm::enumerate(op.getExtras())) {
    Values indices;
    AffineMap map = op.getExtraMap(i);
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis)
      indices.push_back(place[map.getDimPosition(axis)]);
    mapping.map(block.getArgument(i), load(bufferOf(extra), indices));
  }
  for (Operation &inner : block.without_terminator()) {
    passOperands(inner, mapping);
    cloneMapped(inner, mapping);
  }
  Value result = block.getTerminator()->getOperand(0);
  return mapping.contains(result) ? mapping.lookup(result) : pass(result);
}

std::unique_ptr<KernelFrame> mlir::lathe::kernel::createTotalsWriter(
    DotProductOp op, const DotProductPlan &plan, OpBuilder &builder) {
  return std::make_unique<TotalsWriter>(op, plan, builder);
}
