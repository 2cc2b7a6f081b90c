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
// What a block needs is under way while those before it are multiplied: a side
// that is shared as memory has it is copied past the registers, and one that is
// computed is loaded into them. There is room for two blocks at least, so that
// one barrier a block suffices: what is stored over the block before the
// present one, all subgroups have read before that barrier.
//
// A run of eight neighbours, 16 bytes, is what an invocation loads and stores
// at once; it copies as many as memory has in a piece. Beyond the last step are
// zeros; beyond a side's end, zeros or its last elements once more, which no
// element inside meets.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/TileWriter.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
/// The instruction's results, and its steps of numbers of 16 bits.
constexpr int64_t productRows = DeviceTarget::productRows,
                  productColumns = DeviceTarget::productColumns,
                  productSteps = DeviceTarget::productBytes / 2;
/// Lines and steps of a side that are loaded at once: four matrices of 8x8.
constexpr int64_t blockLines = 16, half = 8;
/// Neighbours that an invocation loads and stores at once.
constexpr int64_t loadedRun = 8;
/// Of the instruction's results, how many an invocation has.
constexpr int64_t resultsEach = 4;

class TensorTileWriter final : public TileWriter {
public:
  using TileWriter::TileWriter;

private:
  void writeGroup(Value group) override {
    findTile(group);
    findLane();
    for (Side *side : {&rows, &columns}) {
      element = side->plan.staged[0].getType();
      side->shared.push_back(addShared(plan.getSharedSize(side->plan),
                                       getStoredType(element), 16));
    }
    steps = countPlaces(reductionDims);
    SmallVector<Value> accumulators(
        resultsEach * (rows.plan.getPerSubgroup() / productRows) *
            (columns.plan.getPerSubgroup() / productColumns),
        writeInit());
    writeResults(addUpParts(writeBlocks(accumulators), part, plan.parts));
  }

  /// What sums begin with, those of the first part.
  Value writeInit() {
    Value init = arith::ConstantOp::create(b, cast<TypedAttr>(nest.getInit()));
    if (plan.parts == 1 || matchPattern(init, m_AnyZeroFloat()))
      return init;
    Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
    return arith::SelectOp::create(b, isFirstPart(), init, zero);
  }
  Value isFirstPart() {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, part,
                                 constant(0));
  }

  //===--- Places ---------------------------------------------------------===//

  /// Where in the tile the invocation's results are, and where it loads.
  void findLane() {
    constexpr int64_t subgroupSize = DeviceTarget::subgroupSize;
    Value subgroup = divide(thread, subgroupSize);
    lane = remainder(thread, subgroupSize);
    columnOfSubgroup = multiply(remainder(subgroup, columns.plan.subgroups),
                                columns.plan.getPerSubgroup());
    Value rest = divide(subgroup, columns.plan.subgroups);
    part = divide(rest, rows.plan.subgroups);
    if (plan.parts == 1)
      part = constant(0);
    else
      rest = remainder(rest, rows.plan.subgroups);
    rowOfSubgroup = multiply(rest, rows.plan.getPerSubgroup());
    rows.inTile = add(rowOfSubgroup, divide(lane, 4));
    columns.inTile = add(columnOfSubgroup, multiply(remainder(lane, 4), 2));
  }

  /// The place of an element in a block of shared memory.
  Value sharedPlace(const Side &side, Value line, Value step) {
    bool alongDepth = side.plan.alongDepth;
    return add(multiply(alongDepth ? line : step, plan.getPitch(side.plan)),
               alongDepth ? step : line);
  }

  Value beginOfBlock(const Side &side, Value block) {
    return multiply(block, plan.getSharedSize(side.plan) / plan.blocks);
  }

  //===--- Blocks ---------------------------------------------------------===//

  SmallVector<Value> writeBlocks(ArrayRef<Value> accumulators) {
    SmallVector<Value> carried(accumulators);
    copyFirst();
    llvm::append_range(carried, loadFirst());
    auto loop = scf::ForOp::create(b, constant(0), steps, constant(plan.depth),
                                   carried);
    {
      OpBuilder::InsertionGuard after(b);
      b.setInsertionPointToStart(loop.getBody());
      ValueRange values = loop.getRegionIterArgs();
      Value first = loop.getInductionVar(), block = blockOf(first);
      ValueRange numbers = values.drop_front(accumulators.size());
      store(columns, block, store(rows, block, numbers));
      if (plan.copies())
        awaitCopies(countAhead() - 1);
      gpu::BarrierOp::create(b);
      if (plan.copies() && plan.blocks > 1)
        copyBlock(add(first, plan.depth * countAhead()));
      Value next = add(first, plan.depth);
      // Behind the last block it is loaded once more.
      if (hasWholeBlocks())
        next = arith::MinUIOp::create(b, next,
                                      subtract(steps, constant(plan.depth)));
      SmallVector<Value> loaded = loadBlock(next);
      SmallVector<Value> sums =
          multiplyBlock(block, values.take_front(accumulators.size()));
      sums.append(loaded);
      scf::YieldOp::create(b, sums);
    }
    ValueRange sums = loop.getResults();
    return llvm::to_vector(sums.take_front(accumulators.size()));
  }

  /// Blocks of which copies are under way before one is multiplied.
  int64_t countAhead() const { return std::max<int64_t>(plan.blocks - 1, 1); }

  void copyFirst() {
    for (int64_t i = 0; plan.copies() && i < countAhead(); ++i)
      copyBlock(constant(i * plan.depth));
  }

  /// Begins to copy the block from a step on, as a group, which is empty behind
  /// the last block.
  void copyBlock(Value first) {
    {
      OpBuilder::InsertionGuard after(b);
      Value isInside = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult,
                                                     first, steps);
      if (!matchPattern(isInside, m_One()))
        guard(isInside);
      Value block = blockOf(first);
      for (Side *side : {&rows, &columns})
        for (int64_t i = 0; i < countCopies(*side); ++i)
          copyRun(*side, first, block, i);
    }
    groupCopies();
  }

  /// The first block, if there is one.
  SmallVector<Value> loadFirst() {
    if (countSteps())
      return loadBlock(constant(0));
    Value any =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, steps, constant(0));
    SmallVector<Type> types(countRuns(rows) + countRuns(columns), runType());
    auto choice = scf::IfOp::create(b, types, any, /*addThenBlock=*/true,
                                    /*addElseBlock=*/true);
    OpBuilder::InsertionGuard after(b);
    b.setInsertionPointToStart(choice.thenBlock());
    scf::YieldOp::create(b, loadBlock(constant(0)));
    b.setInsertionPointToStart(choice.elseBlock());
    Value none = arith::ConstantOp::create(b, b.getZeroAttr(runType()));
    scf::YieldOp::create(b, SmallVector<Value>(types.size(), none));
    return SmallVector<Value>(choice.getResults());
  }

  //===--- Runs of neighbours ---------------------------------------------===//

  VectorType runType() { return VectorType::get({loadedRun}, element); }

  /// Runs of a side that an invocation loads, and those that it copies.
  int64_t countRuns(const Side &side) const {
    return side.plan.copied ? 0 : countRuns(side, loadedRun);
  }
  int64_t countCopies(const Side &side) const {
    return side.plan.copied ? countRuns(side, side.plan.copied) : 0;
  }
  int64_t countRuns(const Side &side, int64_t run) const {
    return llvm::divideCeil(side.plan.extent * plan.depth,
                            run * plan.workgroupSize);
  }

  SmallVector<Value> loadBlock(Value first) {
    SmallVector<Value> loaded;
    for (Side *side : {&rows, &columns})
      for (int64_t i = 0; i < countRuns(*side); ++i) {
        auto [line, step] = findRun(*side, loadedRun, i);
        loaded.push_back(
            loadRun(*side, add(side->first, line), add(first, step)));
      }
    return loaded;
  }

  /// The line and the step in a block with which an invocation's run begins.
  /// What is behind the last run is that of another invocation once more.
  std::pair<Value, Value> findRun(const Side &side, int64_t run, int64_t i) {
    int64_t runs = side.plan.extent * plan.depth / run;
    Value number = add(thread, i * plan.workgroupSize);
    if ((i + 1) * plan.workgroupSize > runs)
      number = remainder(number, runs);
    int64_t inLine =
        (side.plan.alongDepth ? plan.depth : side.plan.extent) / run;
    Value slow = divide(number, inLine);
    Value fast = multiply(remainder(number, inLine), run);
    return side.plan.alongDepth ? std::pair(slow, fast) : std::pair(fast, slow);
  }

  Value loadRun(Side &side, Value line, Value step) {
    bool alongDepth = side.plan.alongDepth;
    // Where runs lie inside or outside as a whole, one place tells.
    auto inRuns = [](std::optional<int64_t> extent) {
      return extent && *extent > 0 && *extent % loadedRun == 0;
    };
    bool wholeLines = !alongDepth && inRuns(countKnown(side.plan.dims));
    bool wholeSteps = alongDepth && inRuns(countSteps());
    auto placeOf = [&](Value begin, Value extent, bool known, bool whole,
                       int64_t i) {
      if (known)
        return add(begin, i);
      if (!whole)
        return limit(add(begin, i), extent);
      Value last = subtract(extent, constant(loadedRun));
      return add(arith::MinUIOp::create(b, begin, last), i);
    };
    SmallVector<Value> values;
    for (int64_t i = 0; i < loadedRun; ++i) {
      setPlace(placeOf(line, side.extent, isWhole(side), wholeLines,
                       alongDepth ? 0 : i),
               side.plan.dims);
      setPlace(placeOf(step, steps, hasWholeBlocks(), wholeSteps,
                       alongDepth ? i : 0),
               reductionDims);
      IRMapping mapping;
      Value value = materialise(side.plan.staged[0], mapping);
      if (!hasWholeBlocks())
        value = orZero(value, add(step, alongDepth && !wholeSteps ? i : 0));
      values.push_back(value);
    }
    return vector::FromElementsOp::create(b, runType(), values);
  }

  /// What is beyond the last step is zero.
  Value orZero(Value value, Value step) {
    Value isInside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, step, steps);
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(value.getType()));
    return arith::SelectOp::create(b, isInside, value, zero);
  }

  /// Stores a side's runs, and returns those of the other one.
  ValueRange store(Side &side, Value block, ValueRange numbers) {
    Value begin = beginOfBlock(side, block);
    for (int64_t i = 0; i < countRuns(side); ++i) {
      OpBuilder::InsertionGuard after(b);
      guardRun(side, loadedRun, i);
      auto [line, step] = findRun(side, loadedRun, i);
      vector::StoreOp::create(b, convert(numbers[i], getStoredType(element)),
                              side.shared[0],
                              add(begin, sharedPlace(side, line, step)),
                              /*nontemporal=*/false, llvm::MaybeAlign(16));
    }
    return numbers.drop_front(countRuns(side));
  }

  /// Goes on inside of an if, where a run may be behind the last one.
  void guardRun(const Side &side, int64_t run, int64_t i) {
    int64_t runs = side.plan.extent * plan.depth / run;
    if ((i + 1) * plan.workgroupSize > runs)
      guard(arith::CmpIOp::create(b, arith::CmpIPredicate::ult,
                                  add(thread, i * plan.workgroupSize),
                                  constant(runs)));
  }

  /// A vector of numbers as the words that they are in memory, or back.
  Value convert(Value numbers, Type to) {
    auto type = cast<VectorType>(numbers.getType());
    return type.getElementType() == to
               ? numbers
               : arith::BitcastOp::create(b, type.clone(to), numbers);
  }

  //===--- Copies ---------------------------------------------------------===//

  void copyRun(Side &side, Value first, Value block, int64_t i) {
    OpBuilder::InsertionGuard after(b);
    guardRun(side, side.plan.copied, i);
    auto [line, step] = findRun(side, side.plan.copied, i);
    Value to = add(beginOfBlock(side, block), sharedPlace(side, line, step));
    Value count = setRun(side, add(side.first, line), add(first, step));
    unsigned input = cast<BlockArgument>(side.plan.staged[0]).getArgNumber();
    const Buffer &buffer = buffers[input];
    beginCopy(buffer, placeOf(buffer, subscripts(input)), side.shared[0], to,
              side.plan.copied, count);
  }

  /// Sets the indices to where a run that is copied begins, or to some place
  /// inside. Returns how many elements of it are inside; nothing if all are.
  Value setRun(Side &side, Value line, Value step) {
    bool alongDepth = side.plan.alongDepth;
    Value count;
    auto limitRun = [&](Value begin, Value extent) {
      Value run = constant(side.plan.copied);
      Value inside = arith::MinUIOp::create(b, begin, extent);
      count = arith::MinUIOp::create(b, subtract(extent, inside), run);
      Value last = subtract(extent, constant(1));
      last = multiply(divide(last, run), run);
      return arith::MinUIOp::create(b, begin, last).getResult();
    };
    if (!isWhole(side))
      line =
          alongDepth ? limit(line, side.extent) : limitRun(line, side.extent);
    if (!hasWholeBlocks() && alongDepth)
      step = limitRun(step, steps);
    if (!hasWholeBlocks() && !alongDepth) {
      Value isInside =
          arith::CmpIOp::create(b, arith::CmpIPredicate::ult, step, steps);
      count = arith::SelectOp::create(
          b, isInside, count ? count : constant(side.plan.copied), constant(0));
      step = limit(step, steps);
    }
    setPlace(line, side.plan.dims);
    setPlace(step, reductionDims);
    return count;
  }

  //===--- Products -------------------------------------------------------===//

  SmallVector<Value> multiplyBlock(Value block, ValueRange accumulators) {
    SmallVector<Value> sums(accumulators);
    Value row = placeInMatrices(rows, rowOfSubgroup, /*linesFirst=*/true);
    Value column =
        placeInMatrices(columns, columnOfSubgroup, /*linesFirst=*/false);
    for (int64_t step = 0; step < plan.depth / plan.parts;
         step += productSteps) {
      SmallVector<Value> left = loadMatrices(rows, block, row, step),
                         right = splitMatrices(
                             loadMatrices(columns, block, column, step));
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
  SmallVector<Value> loadMatrices(const Side &side, Value block, Value place,
                                  int64_t step) {
    auto type = VectorType::get({4, 2}, getStoredType(element));
    Value begin = add(beginOfBlock(side, block), place);
    int64_t pitch = plan.getPitch(side.plan);
    SmallVector<Value> loaded;
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
  SmallVector<Value> splitMatrices(ArrayRef<Value> matrices) {
    auto type = VectorType::get({2, 2}, element);
    Value none = arith::ConstantOp::create(b, b.getZeroAttr(type));
    SmallVector<Value> parts;
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

  //===--- Results --------------------------------------------------------===//

  /// Of a product's results an invocation has two neighbours of its row, and
  /// two of the row 8 further.
  void writeResults(ArrayRef<Value> sums) {
    OpBuilder::InsertionGuard afterAll(b);
    if (plan.parts > 1)
      guard(isFirstPart());
    for (int64_t i = 0; i < rows.plan.getPerSubgroup(); i += productRows)
      for (int64_t j = 0; j < columns.plan.getPerSubgroup();
           j += productColumns) {
        for (int64_t k = 0; k < resultsEach; ++k) {
          OpBuilder::InsertionGuard after(b);
          Value row = add(rows.first, add(rows.inTile, i + half * (k / 2)));
          Value column = add(columns.first, add(columns.inTile, j + k % 2));
          guardPlace(rows, row);
          guardPlace(columns, column);
          setPlace(row, plan.rows.dims);
          setPlace(column, plan.columns.dims);
          writeResult(sums[k]);
        }
        sums = sums.drop_front(resultsEach);
      }
  }

  Type element;
  Value lane, part;                      ///< Of the subgroup.
  Value rowOfSubgroup, columnOfSubgroup; ///< The first in the tile.
};
} // namespace

std::unique_ptr<KernelWriter>
mlir::lathe::kernel::createTensorTileWriter(NestOp nest, const KernelPlan &plan,
                                            OpBuilder &builder) {
  return std::make_unique<TensorTileWriter>(nest, plan, builder);
}
