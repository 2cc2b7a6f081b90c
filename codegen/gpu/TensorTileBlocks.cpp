//===- TensorTileBlocks.cpp - Blocks of tiles that are multiplied at once -===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/TensorTileWriter.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

void TensorTileWriter::beginTile(Value group) {
  findTile(group);
  findLane();
  for (Side *side : {&rows, &columns}) {
    element = side->plan.staged[0].getType();
    side->shared.push_back(addShared(getSharedSize(side->plan),
                                     getStoredType(element), getAlignment()));
  }
  steps = countPlaces(reductionDims);
}

int64_t TensorTileWriter::countSums() const {
  return resultsEach * (rows.plan.getPerSubgroup() / productRows) *
         (columns.plan.getPerSubgroup() / productColumns);
}

/// Where in the tile the invocation's results are.
void TensorTileWriter::findLane() {
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

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

TensorTileWriter::Values TensorTileWriter::writeBlocks(ValueRange carried) {
  const size_t count = carried.size();
  Values values(carried);
  copyFirst();
  llvm::append_range(values, loadFirst());
  auto loop =
      scf::ForOp::create(b, constant(0), steps, constant(plan.depth), values);
  {
    OpBuilder::InsertionGuard after(b);
    b.setInsertionPointToStart(loop.getBody());
    ValueRange before = loop.getRegionIterArgs();
    Value first = loop.getInductionVar(), block = blockOf(first);
    store(columns, block, store(rows, block, before.drop_front(count)));
    if (plan.copies())
      awaitCopies(countAhead() - 1);
    publishStores();
    gpu::BarrierOp::create(b);
    Values loaded;
    Values sums = multiplyBlock(block, before.take_front(count), [&] {
      if (plan.copies() && plan.blocks > 1)
        copyBlock(add(first, plan.depth * countAhead()));
      loaded = loadBlock(findNext(first));
    });
    sums.append(loaded);
    scf::YieldOp::create(b, sums);
  }
  return Values(loop.getResults().take_front(count));
}

/// The step with which the next block begins. Behind the last one it is loaded
/// once more.
Value TensorTileWriter::findNext(Value first) {
  Value next = add(first, plan.depth);
  if (!hasWholeBlocks())
    return next;
  return arith::MinUIOp::create(b, next, subtract(steps, constant(plan.depth)));
}

TensorTileWriter::Values TensorTileWriter::loadFirst() {
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
  return Values(choice.getResults());
}

//===----------------------------------------------------------------------===//
// Runs of neighbours
//===----------------------------------------------------------------------===//

int64_t TensorTileWriter::countRuns(const Side &side, int64_t run) const {
  return llvm::divideCeil(side.plan.extent * plan.depth,
                          run * plan.workgroupSize);
}

TensorTileWriter::Values TensorTileWriter::loadBlock(Value first) {
  SmallVector<Value> loaded;
  for (Side *side : {&rows, &columns})
    for (int64_t i = 0; i < countRuns(*side); ++i) {
      auto [line, step] = findRun(*side, loadedRun, i);
      loaded.push_back(
          loadRun(*side, add(side->first, line), add(first, step)));
    }
  return loaded;
}

std::pair<Value, Value> TensorTileWriter::findRun(const Side &side, int64_t run,
                                                  int64_t i) {
  int64_t runs = side.plan.extent * plan.depth / run;
  Value number = add(thread, i * plan.workgroupSize);
  if ((i + 1) * plan.workgroupSize > runs)
    number = remainder(number, runs);
  int64_t inLine = (side.plan.alongDepth ? plan.depth : side.plan.extent) / run;
  Value slow = divide(number, inLine);
  Value fast = multiply(remainder(number, inLine), run);
  return side.plan.alongDepth ? std::pair(slow, fast) : std::pair(fast, slow);
}

void TensorTileWriter::guardRun(const Side &side, int64_t run, int64_t i) {
  int64_t runs = side.plan.extent * plan.depth / run;
  if ((i + 1) * plan.workgroupSize > runs)
    guard(arith::CmpIOp::create(b, arith::CmpIPredicate::ult,
                                add(thread, i * plan.workgroupSize),
                                constant(runs)));
}

Value TensorTileWriter::loadRun(Side &side, Value line, Value step) {
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
    setPlace(
        placeOf(step, steps, hasWholeBlocks(), wholeSteps, alongDepth ? i : 0),
        reductionDims);
    IRMapping mapping;
    Value value = materialise(side.plan.staged[0], mapping);
    if (!hasWholeBlocks())
      value = orZero(value, add(step, alongDepth && !wholeSteps ? i : 0));
    values.push_back(value);
  }
  return vector::FromElementsOp::create(b, runType(), values);
}

Value TensorTileWriter::orZero(Value value, Value step) {
  Value isInside =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, step, steps);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(value.getType()));
  return arith::SelectOp::create(b, isInside, value, zero);
}

ValueRange TensorTileWriter::store(Side &side, Value block,
                                   ValueRange numbers) {
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

Value TensorTileWriter::convert(Value numbers, Type to) {
  auto type = cast<VectorType>(numbers.getType());
  return type.getElementType() == to
             ? numbers
             : arith::BitcastOp::create(b, type.clone(to), numbers);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

void TensorTileWriter::copyFirst() {
  for (int64_t i = 0; plan.copies() && i < countAhead(); ++i)
    copyBlock(constant(i * plan.depth));
}

void TensorTileWriter::copyBlock(Value first) {
  {
    OpBuilder::InsertionGuard after(b);
    Value isInside =
        b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, first, steps);
    if (!matchPattern(isInside, m_One()))
      guard(isInside);
    Value block = blockOf(first);
    for (Side *side : {&rows, &columns})
      for (int64_t i = 0; i < countCopies(*side); ++i)
        copyRun(*side, first, block, i);
  }
  groupCopies();
}

void TensorTileWriter::copyRun(Side &side, Value first, Value block,
                               int64_t i) {
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

Value TensorTileWriter::setRun(Side &side, Value line, Value step) {
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
    line = alongDepth ? limit(line, side.extent) : limitRun(line, side.extent);
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

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

void TensorTileWriter::writeResults(ArrayRef<Value> sums) {
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
