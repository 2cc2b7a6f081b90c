//===- TileKernel.cpp - Kernels whose workgroups compute tiles ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A workgroup computes rows x columns elements of a contraction:
//
//   batch, row tile, column tile = digits of group
//   accumulators = init
//   for each block of the reductions
//     stage its part of both sides in shared memory; barrier
//     for each step of the block
//       load the invocation's rows and columns of both sides
//       accumulators = reduce(rows x columns, accumulators)
//   for the invocation's rows x columns inside the output
//     output = finish(inputs, accumulator)
//
// Each accumulator sees all steps in order, as if it were alone: results are
// those of kernels that compute one element at a time. Two blocks are in shared
// memory, so that one barrier a block suffices: what is stored over the block
// before the present one, all invocations have read before that barrier.
//
// What a side reads beyond its end is its last element once more, which no
// element inside meets; beyond the last step nothing is read.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/TileWriter.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

namespace {
class PlainTileWriter final : public TileWriter {
public:
  using TileWriter::TileWriter;

private:
  void writeGroup(Value group) override {
    findTile(group);
    Value across = constant(columns.plan.getInvocations());
    rows.inTile = divide(thread, across);
    columns.inTile = remainder(thread, across);
    for (Side *side : {&rows, &columns}) {
      side->inTile = multiply(side->inTile, side->plan.run);
      for (Value value : side->plan.staged)
        side->shared.push_back(addShared(
            plan.blocks * plan.depth * side->plan.getStride(), value.getType(),
            side->plan.run > 1 ? 4 * side->plan.run : 0));
    }
    steps = countPlaces(reductionDims);
    SmallVector<Value> accumulators(
        rows.plan.perInvocation * columns.plan.perInvocation,
        arith::ConstantOp::create(b, cast<TypedAttr>(nest.getInit())));
    writeResults(writeBlocks(accumulators));
  }

  //===--- Places ---------------------------------------------------------===//

  /// The element `i` of an invocation's on a side.
  Value placeInTile(const Side &side, int64_t i) {
    return add(side.inTile, constant(side.plan.getDistance(i)));
  }

  /// The place of a tile's element in an array of shared memory.
  Value sharedPlace(const Side &side, Value block, Value step, Value element) {
    Value place = add(multiply(step, side.plan.getStride()), element);
    return add(multiply(block, plan.depth * side.plan.getStride()), place);
  }

  //===--- Blocks ---------------------------------------------------------===//

  SmallVector<Value> writeBlocks(ValueRange accumulators) {
    Value size = constant(plan.depth);
    auto loop = scf::ForOp::create(b, constant(0), steps, size, accumulators);
    OpBuilder::InsertionGuard after(b);
    b.setInsertionPointToStart(loop.getBody());
    Value first = loop.getInductionVar();
    Value block = blockOf(first);
    stage(rows, first, block);
    stage(columns, first, block);
    gpu::BarrierOp::create(b);
    Value count = size;
    if (!hasWholeBlocks())
      count = arith::MinUIOp::create(
          b, size, b.createOrFold<arith::SubIOp>(steps, first));
    auto inner = scf::ForOp::create(b, constant(0), count, constant(1),
                                    loop.getRegionIterArgs());
    scf::YieldOp::create(b, inner.getResults());
    b.setInsertionPointToStart(inner.getBody());
    scf::YieldOp::create(b, writeStep(first, inner.getInductionVar(), block,
                                      inner.getRegionIterArgs()));
    return loop.getResults();
  }

  /// Stores a side's part of the block that begins with step `first`.
  void stage(Side &side, Value first, Value block) {
    forStaged(side, [&](Value element, Value step) {
      setStagedPlace(side, element, add(first, step));
      IRMapping mapping;
      for (auto [value, shared] : llvm::zip(side.plan.staged, side.shared))
        memref::StoreOp::create(b, materialise(value, mapping), shared,
                                sharedPlace(side, block, step, element));
    });
  }

  /// A step for all of the invocation's elements.
  SmallVector<Value> writeStep(Value first, Value step, Value block,
                               ValueRange accumulators) {
    setPlace(add(first, step), reductionDims);
    auto load = [&](Side &side) {
      SmallVector<SmallVector<Value>> loaded;
      Value base = sharedPlace(side, block, step, side.inTile);
      for (int64_t i = 0; i < side.plan.perInvocation; ++i) {
        // One address with constant distances.
        Value place = add(base, constant(side.plan.getDistance(i)));
        loaded.push_back(llvm::map_to_vector(side.shared, [&](Value shared) {
          return memref::LoadOp::create(b, shared, place).getResult();
        }));
      }
      return loaded;
    };
    auto ofRows = load(rows), ofColumns = load(columns);
    Block &reduce = nest.getReduce().front();
    SmallVector<Value> next;
    for (auto [i, accumulator] : llvm::enumerate(accumulators)) {
      IRMapping mapping;
      mapping.map(reduce.getArguments().back(), accumulator);
      mapping.map(rows.plan.staged, ofRows[i / columns.plan.perInvocation]);
      mapping.map(columns.plan.staged,
                  ofColumns[i % columns.plan.perInvocation]);
      next.push_back(
          materialise(reduce.getTerminator()->getOperand(0), mapping));
    }
    return next;
  }

  //===--- Results --------------------------------------------------------===//

  void writeResults(ArrayRef<Value> accumulators) {
    for (int64_t i = 0; i < rows.plan.perInvocation; ++i) {
      OpBuilder::InsertionGuard afterRow(b);
      Value row = add(rows.first, placeInTile(rows, i));
      guardPlace(rows, row);
      for (int64_t j = 0; j < columns.plan.perInvocation; ++j) {
        OpBuilder::InsertionGuard afterElement(b);
        Value column = add(columns.first, placeInTile(columns, j));
        guardPlace(columns, column);
        setPlace(row, plan.rows.dims);
        setPlace(column, plan.columns.dims);
        writeResult(accumulators[i * columns.plan.perInvocation + j]);
      }
    }
  }
};
} // namespace

std::unique_ptr<KernelWriter>
mlir::lathe::kernel::createTileWriter(NestOp nest, const KernelPlan &plan,
                                      OpBuilder &builder) {
  return std::make_unique<PlainTileWriter>(nest, plan, builder);
}
