//===- TensorTileKernel.cpp - Kernels of tiles that are multiplied at once ===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A workgroup computes rows x columns elements of a contraction, and each of
// its subgroups a part of them, by an instruction that multiplies matrices of
// 16 rows and 8 columns:
//
//   accumulators = init
//   begin to copy all blocks of the reductions but one that there is room for
//   numbers = load the first block
//   for each block
//     store numbers in shared memory; wait until the block is copied; barrier
//     begin to copy the block behind those that are under way
//     numbers = load the next block
//     for each 16 steps of the block, or of the subgroup's part of it
//       load the subgroup's matrices of both sides from shared memory
//       accumulators = rows x columns + accumulators
//   if subgroups have parts of the steps, add up their accumulators, in order
//   for the invocation's accumulators inside the output
//     output = finish(inputs, accumulator)
//
// There is room for two blocks at least, so that one barrier a block suffices:
// what is stored over the block before the present one, all subgroups have read
// before that barrier.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/TensorTileWriter.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
/// The instruction's steps of numbers of 16 bits.
constexpr int64_t productSteps = DeviceTarget::productBytes / 2;
/// Lines and steps of a side that are loaded at once: four matrices of 8x8.
constexpr int64_t blockLines = 16;

class SubgroupTileWriter final : public TensorTileWriter {
public:
  using TensorTileWriter::TensorTileWriter;

private:
  void writeGroup(Value group) override {
    beginTile(group);
    Values sums = writeBlocks(Values(countSums(), writeFirst()));
    sums = addUpParts(sums, part, plan.parts);
    OpBuilder::InsertionGuard after(b);
    if (plan.parts > 1)
      guard(isFirstPart());
    writeResults(sums);
  }

  /// What sums begin with, those of the first part.
  Value writeFirst() {
    Value init = writeInit();
    if (plan.parts == 1 || matchPattern(init, m_AnyZeroFloat()))
      return init;
    Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
    return arith::SelectOp::create(b, isFirstPart(), init, zero);
  }

  Value isFirstPart() {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, part,
                                 constant(0));
  }

  //===--- Blocks ---------------------------------------------------------===//

  int64_t getSharedSize(const TileSide &side) const override {
    return plan.getSharedSize(side);
  }
  int64_t getAlignment() const override { return 16; }
  Value sharedPlace(const Side &side, Value line, Value step) override {
    bool alongDepth = side.plan.alongDepth;
    return add(multiply(alongDepth ? line : step, plan.getPitch(side.plan)),
               alongDepth ? step : line);
  }
  int64_t countAhead() const override {
    return std::max<int64_t>(plan.blocks - 1, 1);
  }

  //===--- Products -------------------------------------------------------===//

  Values multiplyBlock(Value block, ValueRange before,
                       function_ref<void()> fetch) override {
    fetch();
    Values sums(before);
    Value row = placeInMatrices(rows, rowOfSubgroup, /*linesFirst=*/true);
    Value column =
        placeInMatrices(columns, columnOfSubgroup, /*linesFirst=*/false);
    for (int64_t step = 0; step < plan.depth / plan.parts;
         step += productSteps) {
      Values left = loadMatrices(rows, block, row, step),
             right = splitMatrices(loadMatrices(columns, block, column, step));
      MutableArrayRef<Value> rest(sums);
      for (Value a : left)
        for (Value c : right) {
          multiplyMatrices(a, c, rest.take_front(resultsEach));
          rest = rest.drop_front(resultsEach);
        }
    }
    return sums;
  }

  /// Where in a block of shared memory the lane's line of the four matrices
  /// begins that are loaded at once. Eight lanes tell the lines of a matrix; of
  /// the matrices, the second has other lines (`linesFirst`) or other steps
  /// than the first one, and the third the other way round.
  Value placeInMatrices(const Side &side, Value lineOfSubgroup,
                        bool linesFirst) {
    Value inMatrix = remainder(lane, half);
    Value second = multiply(remainder(divide(lane, half), 2), half);
    Value third = multiply(divide(lane, 2 * half), half);
    Value line = linesFirst ? second : third;
    Value step = linesFirst ? third : second;
    (side.plan.alongDepth ? line : step) =
        add(side.plan.alongDepth ? line : step, inMatrix);
    step = add(step, multiply(part, plan.depth / plan.parts));
    return sharedPlace(side, add(lineOfSubgroup, line), step);
  }

  /// The subgroup's matrices of a side, 16 lines by 16 steps each.
  Values loadMatrices(const Side &side, Value block, Value place,
                      int64_t step) {
    auto type = VectorType::get({4, 2}, getStoredType(element));
    Value begin = add(beginOfBlock(side, block), place);
    int64_t pitch = plan.getPitch(side.plan);
    Values loaded;
    for (int64_t line = 0; line < side.plan.getPerSubgroup();
         line += blockLines) {
      int64_t distance =
          side.plan.alongDepth ? line * pitch + step : step * pitch + line;
      Value matrices = nvgpu::LdMatrixOp::create(
          b, type, side.shared[0], ValueRange{add(begin, distance)},
          /*transpose=*/!side.plan.alongDepth, /*numTiles=*/4);
      loaded.push_back(convert(matrices, element));
    }
    return loaded;
  }

  /// Matrices of 8 columns, of those of 16.
  Values splitMatrices(ArrayRef<Value> matrices) {
    auto type = VectorType::get({2, 2}, element);
    Value none = arith::ConstantOp::create(b, b.getZeroAttr(type));
    Values parts;
    for (Value matrix : matrices)
      for (int64_t first : {0, 2}) {
        Value part = none;
        for (int64_t i : {0, 1})
          part = vector::InsertOp::create(
              b, vector::ExtractOp::create(b, matrix, first + i).getResult(),
              part, i);
        parts.push_back(part);
      }
    return parts;
  }

  /// Adds a product to the invocation's results.
  void multiplyMatrices(Value left, Value right, MutableArrayRef<Value> sums) {
    auto type = VectorType::get({2, 2}, b.getF32Type());
    Value before = arith::ConstantOp::create(b, b.getZeroAttr(type));
    for (int64_t i = 0; i < resultsEach; ++i)
      before = vector::InsertOp::create(b, sums[i], before,
                                        ArrayRef<int64_t>{i / 2, i % 2});
    Value after = nvgpu::MmaSyncOp::create(
        b, left, right, before,
        ArrayRef<int64_t>{productRows, productColumns, productSteps});
    for (int64_t i = 0; i < resultsEach; ++i)
      sums[i] =
          vector::ExtractOp::create(b, after, ArrayRef<int64_t>{i / 2, i % 2});
  }
};
} // namespace

std::unique_ptr<KernelWriter>
mlir::lathe::kernel::createTensorTileWriter(NestOp nest, const KernelPlan &plan,
                                            OpBuilder &builder) {
  return std::make_unique<SubgroupTileWriter>(nest, plan, builder);
}
