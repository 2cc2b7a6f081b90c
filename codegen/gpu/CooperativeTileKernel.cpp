//===- CooperativeTileKernel.cpp - Kernels of cooperative matrices --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A workgroup computes rows x columns elements of a contraction, a subgroup
// parts of them, one after another, by an instruction that multiplies matrices
// of 16x16 numbers, which the subgroup's invocations have together:
//
//   for each of the workgroup's subgroups at once, part = subgroup to parts by
//     subgroups
//     accumulators = init
//     numbers = load the first block of the reductions
//     for each block
//       store numbers in shared memory; barrier
//       numbers = load the next block
//       if there is such a part
//         for each 16 steps of the block
//           load the part's matrices of both sides from shared memory
//           accumulators = rows x columns + accumulators
//     for each of the part's accumulators
//       store it in shared memory; barrier
//       for the workgroup's elements of such a matrix inside the output
//         output = finish(inputs, element)
//
// How many invocations a subgroup has is the device's affair: of large ones, a
// workgroup has fewer, which walk over the blocks more than once. Two blocks
// are in shared memory, so that one barrier a block suffices, as for plain
// tiles. Beyond the last step are zeros; beyond a side's end, its last elements
// once more, which no element inside meets. Lines and arrays in shared memory
// are multiples of 16 bytes, at which loads of matrices begin.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/TileWriter.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
constexpr int64_t size = DeviceTarget::cooperativeSize;

class CooperativeTileWriter final : public TileWriter {
public:
  using TileWriter::TileWriter;

private:
  void writeGroup(Value group) override {
    findTile(group);
    element = rows.plan.staged[0].getType();
    for (Side *side : {&rows, &columns})
      side->shared.push_back(
          addShared(plan.getSharedSize(side->plan), getStoredType(element)));
    results = addShared(plan.countTileParts() * size * size, b.getF32Type());
    steps = countPlaces(reductionDims);
    subgroups = gpu::NumSubgroupsOp::create(b, /*upper_bound=*/IntegerAttr());
    Value subgroup =
        gpu::SubgroupIdOp::create(b, /*upper_bound=*/IntegerAttr());
    Value parts = constant(plan.countTileParts());
    auto rounds =
        scf::ForOp::create(b, constant(0), parts, subgroups, ValueRange());
    OpBuilder::InsertionGuard after(b);
    b.setInsertionPointToStart(rounds.getBody());
    firstPart = rounds.getInductionVar();
    part = add(firstPart, subgroup);
    hasPart = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, part, parts);
    writeResults(writeBlocks());
  }

  //===--- Places ---------------------------------------------------------===//

  /// The first row, and the first column, of a part in the tile.
  Value rowOf(Value part) {
    return multiply(divide(part, columns.plan.subgroups),
                    rows.plan.getPerSubgroup());
  }
  Value columnOf(Value part) {
    return multiply(remainder(part, columns.plan.subgroups),
                    columns.plan.getPerSubgroup());
  }

  /// The place of an element in a block of shared memory.
  Value sharedPlace(const Side &side, Value block, Value line, Value step) {
    bool alongDepth = side.plan.alongDepth;
    Value place =
        add(multiply(alongDepth ? line : step, plan.getPitch(side.plan)),
            alongDepth ? step : line);
    int64_t elements = plan.getSharedSize(side.plan) / plan.blocks;
    return add(multiply(block, elements), place);
  }

  //===--- Matrices -------------------------------------------------------===//

  Type matrixOf(Type element, spirv::CooperativeMatrixUseKHR use) {
    return spirv::CooperativeMatrixType::get(element, size, size,
                                             spirv::Scope::Subgroup, use);
  }
  Type resultType() {
    return matrixOf(b.getF32Type(), spirv::CooperativeMatrixUseKHR::MatrixAcc);
  }

  static int64_t countMatrices(const Side &side) {
    return side.plan.getPerSubgroup() / size;
  }

  /// The part's matrices of a side, of 16 steps of a block.
  SmallVector<Value> loadMatrices(const Side &side, Value block, Value line,
                                  int64_t step) {
    bool isLeft = &side == &rows;
    Type type =
        matrixOf(element, isLeft ? spirv::CooperativeMatrixUseKHR::MatrixA
                                 : spirv::CooperativeMatrixUseKHR::MatrixB);
    // Of the left one, lines are rows, and of the right one columns.
    bool isTransposed = side.plan.alongDepth != isLeft;
    SmallVector<Value> loaded;
    for (int64_t i = 0; i < countMatrices(side); ++i) {
      Value place =
          sharedPlace(side, block, add(line, i * size), constant(step));
      loaded.push_back(LoadMatrixOp::create(b, type, side.shared[0], place,
                                            plan.getPitch(side.plan),
                                            isTransposed));
    }
    return loaded;
  }

  SmallVector<Value> multiplyBlock(Value block, ValueRange accumulators) {
    SmallVector<Value> sums(accumulators);
    Value row = rowOf(part), column = columnOf(part);
    for (int64_t step = 0; step < plan.depth; step += size) {
      SmallVector<Value> left = loadMatrices(rows, block, row, step),
                         right = loadMatrices(columns, block, column, step);
      for (auto [i, sum] : llvm::enumerate(sums))
        sum = spirv::KHRCooperativeMatrixMulAddOp::create(
            b, left[i / right.size()], right[i % right.size()], sum);
    }
    return sums;
  }

  //===--- Blocks ---------------------------------------------------------===//

  SmallVector<Value> writeBlocks() {
    Value init = arith::ConstantOp::create(b, cast<TypedAttr>(nest.getInit()));
    const size_t matrices = countMatrices(rows) * countMatrices(columns);
    SmallVector<Value> carried(
        matrices, spirv::CompositeConstructOp::create(b, resultType(), init));
    llvm::append_range(carried, loadBlock(constant(0)));
    auto loop = scf::ForOp::create(b, constant(0), steps, constant(plan.depth),
                                   carried);
    OpBuilder::InsertionGuard after(b);
    b.setInsertionPointToStart(loop.getBody());
    ValueRange values = loop.getRegionIterArgs();
    Value first = loop.getInductionVar(), block = blockOf(first);
    storeBlock(block, values.drop_front(matrices));
    gpu::BarrierOp::create(b);
    Value next = add(first, plan.depth);
    // Behind the last block it is loaded once more.
    if (hasWholeBlocks())
      next = arith::MinUIOp::create(b, next,
                                    subtract(steps, constant(plan.depth)));
    SmallVector<Value> loaded = loadBlock(next);
    SmallVector<Value> sums = multiplyIfAny(block, values.take_front(matrices));
    sums.append(loaded);
    scf::YieldOp::create(b, sums);
    return llvm::to_vector(ValueRange(loop.getResults()).take_front(matrices));
  }

  /// Multiplies the block by subgroups that have a part.
  SmallVector<Value> multiplyIfAny(Value block, ValueRange accumulators) {
    auto choice = scf::IfOp::create(b, accumulators.getTypes(), hasPart,
                                    /*addThenBlock=*/true,
                                    /*addElseBlock=*/true);
    OpBuilder::InsertionGuard after(b);
    b.setInsertionPointToStart(choice.elseBlock());
    scf::YieldOp::create(b, accumulators);
    b.setInsertionPointToStart(choice.thenBlock());
    scf::YieldOp::create(b, multiplyBlock(block, accumulators));
    return llvm::to_vector(ValueRange(choice.getResults()));
  }

  /// The numbers of both sides that the invocation shares of the block from
  /// step `first` on.
  SmallVector<Value> loadBlock(Value first) {
    SmallVector<Value> loaded;
    for (Side *side : {&rows, &columns}) {
      assert(side->plan.extent * plan.depth % plan.workgroupSize == 0 &&
             "invocations share as many");
      forStaged(*side, [&](Value line, Value step) {
        Value at = add(first, step);
        setStagedPlace(*side, line, at);
        IRMapping mapping;
        Value value = materialise(side->plan.staged[0], mapping);
        if (!hasWholeBlocks())
          value = orZero(value, at);
        Type stored = getStoredType(element);
        loaded.push_back(stored == element
                             ? value
                             : arith::BitcastOp::create(b, stored, value));
      });
    }
    return loaded;
  }

  void storeBlock(Value block, ValueRange numbers) {
    for (Side *side : {&rows, &columns})
      forStaged(*side, [&](Value line, Value step) {
        memref::StoreOp::create(b, numbers.front(), side->shared[0],
                                sharedPlace(*side, block, line, step));
        numbers = numbers.drop_front();
      });
  }

  /// What is beyond the last step is zero.
  Value orZero(Value value, Value step) {
    Value isInside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, step, steps);
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(value.getType()));
    return arith::SelectOp::create(b, isInside, value, zero);
  }

  //===--- Results --------------------------------------------------------===//

  /// One matrix of each part after another, behind a barrier where there was
  /// one before it.
  void writeResults(ArrayRef<Value> sums) {
    for (auto [i, sum] : llvm::enumerate(sums)) {
      if (i > 0)
        gpu::BarrierOp::create(b);
      {
        OpBuilder::InsertionGuard after(b);
        guard(hasPart);
        StoreMatrixOp::create(b, sum, results, multiply(part, size * size),
                              size);
      }
      gpu::BarrierOp::create(b);
      writeMatrices(i / countMatrices(columns) * size,
                    i % countMatrices(columns) * size);
    }
  }

  /// Finishes what is stored of the matrices that begin with a row and a column
  /// of their parts.
  void writeMatrices(int64_t rowOfPart, int64_t columnOfPart) {
    int64_t elements = plan.countTileParts() * size * size;
    assert(elements % plan.workgroupSize == 0 && "invocations have as many");
    auto loop = scf::ForOp::create(b, constant(0), constant(elements),
                                   constant(plan.workgroupSize), ValueRange());
    OpBuilder::InsertionGuard after(b);
    b.setInsertionPointToStart(loop.getBody());
    Value number = add(loop.getInductionVar(), thread);
    Value from = divide(number, size * size),
          inMatrix = remainder(number, size * size);
    // Of parts before these, and behind, nothing new is there.
    if (plan.countTileParts() > 1)
      guard(arith::CmpIOp::create(b, arith::CmpIPredicate::ult,
                                  subtract(from, firstPart), subgroups));
    Value row = add(rowOf(from), add(divide(inMatrix, size), rowOfPart)),
          column =
              add(columnOf(from), add(remainder(inMatrix, size), columnOfPart));
    row = add(rows.first, row);
    column = add(columns.first, column);
    guardPlace(rows, row);
    guardPlace(columns, column);
    setPlace(row, plan.rows.dims);
    setPlace(column, plan.columns.dims);
    writeResult(memref::LoadOp::create(b, results, number));
  }

  Type element;
  Value results;       ///< A matrix of each part.
  Value subgroups;     ///< Of the workgroup.
  Value firstPart;     ///< That the workgroup multiplies at once.
  Value part, hasPart; ///< Of the subgroup.
};
} // namespace

std::unique_ptr<KernelWriter> mlir::lathe::kernel::createCooperativeTileWriter(
    NestOp nest, const KernelPlan &plan, OpBuilder &builder) {
  return std::make_unique<CooperativeTileWriter>(nest, plan, builder);
}
