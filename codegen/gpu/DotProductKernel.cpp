//===- DotProductKernel.cpp - Products of bytes as kernels for devices ----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A workgroup computes rows x columns results, and each of its subgroups a part
// of them by an instruction that multiplies matrices of bytes, 16 rows and 8
// columns by 32 inputs, and sums up in integers:
//
//   row tile, column tile = digits of group
//   totals = 0
//   begin to copy all blocks of inputs but one that there is room for
//   for each group of inputs, or, where subgroups multiply a group each, for
//   as many groups as there are such parts
//     sums = -shift · sums of the rows' codes
//     for each block of the group
//       wait until it is copied; barrier
//       begin to copy the block behind those that are under way
//       for each 32 inputs of the subgroup's part
//         sums = rows x columns + sums
//     totals += steps (scales · sums + offsets · sums of the rows' codes)
//   if subgroups have parts, add up theirs, in order
//   output = finish(extras, totals)
//
// Workgroups that share the inputs of a tile have a part of them each, and give
// totals, which another kernel adds up (DotProductSplits.cpp).
//
// Integers do not round: a group's sum is the processor's.
//
// A block has rows one after the other, and the words of weights as panels have
// them, those of all columns for the same inputs side by side. What is beyond
// the last row is zeros; beyond the last panel it is that once more, and not
// stored.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/DotProductWriter.h"
#include "codegen/gpu/KernelUses.h"
#include "codegen/gpu/Neighbours.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// Bytes that an invocation copies at once.
static constexpr int64_t copied = 16;

void DotProductWriter::writeGroup(Value group) {
  findPlaces(group);
  Type byte = b.getI8Type();
  sharedRows = addShared(plan.blocks * plan.getRowBytes(), byte, copied);
  sharedWords = addShared(plan.blocks * plan.getWordBytes(), byte, copied);
  writeResults(addUpParts(writeGroups(), part, plan.parts));
}

void DotProductWriter::addBuffers() {
  for (Value operand : op->getOperands())
    if (operand != op.getInitOutput() && operand != op.getInitPartial() &&
        !(isPart && llvm::is_contained(op.getExtras(), operand)))
      buffers.emplace_back().memref = operand;
  buffers.emplace_back().memref =
      isPart ? op.getInitPartial() : op.getInitOutput();
}

void DotProductWriter::findPlaces(Value group) {
  rowCount = size(op.getRows(), 0);
  workgroup = group;
  firstInput = constant(0);
  endOfInputs = constant(inputs);
  Value tile = group;
  if (isPart) {
    Value span = pass(splits.span);
    firstInput = multiply(divide(group, pass(splits.tiles)), span);
    endOfInputs = least(add(firstInput, span), endOfInputs);
    tile = remainder(group, pass(splits.tiles));
  }
  firstColumn = multiply(takeIndex(tile, constant(columnTiles)), plan.columns);
  firstRow = multiply(tile, plan.rows);
  Value rest = thread;
  lane = takeIndex(rest, constant(DeviceTarget::subgroupSize));
  columnOfSubgroup = multiply(takeIndex(rest, constant(plan.columnSubgroups)),
                              plan.getColumnsEach());
  rowOfSubgroup = multiply(takeIndex(rest, constant(plan.rowSubgroups)),
                           plan.getRowsEach());
  part = plan.parts == 1 ? constant(0) : rest;
  rowInTile = add(rowOfSubgroup, divide(lane, 4));
  columnInTile = add(columnOfSubgroup, multiply(remainder(lane, 4), 2));
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

SmallVector<Value> DotProductWriter::writeGroups() {
  for (int64_t i = 0; i < countAhead(); ++i)
    copyBlock(add(firstInput, i * plan.getBlockDepth()));
  int64_t length = inputs / op.getGroups();
  Values totals(countRows() * countColumns(), number(0));
  return loop(firstInput, endOfInputs, plan.parts * length, totals,
              [&](Value first, ValueRange totals) {
                Group group = loadGroup(add(divide(first, length), part));
                Values sums = beginSums(group);
                if (plan.depth == length)
                  sums = writeBlock(first, sums);
                else
                  sums = loop(first, add(first, length), plan.depth, sums,
                              [&](Value first, ValueRange sums) {
                                return writeBlock(first, sums);
                              });
                return scale(group, sums, totals);
              });
}

SmallVector<Value> DotProductWriter::writeBlock(Value first, ValueRange sums) {
  awaitCopies(countAhead() - 1);
  barrier();
  if (plan.blocks > 1)
    copyBlock(add(first, countAhead() * plan.getBlockDepth()));
  return multiplyPart(first, sums);
}

/// Begins to copy the block from an input on, as a group, which is empty behind
/// the last one.
void DotProductWriter::copyBlock(Value first) {
  auto copy = [&] {
    copyRows(first);
    copyWords(first);
  };
  Value isInside = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt,
                                                 first, endOfInputs);
  if (matchPattern(isInside, m_One()))
    copy();
  else
    onlyIf(isInside, copy);
  groupCopies();
}

void DotProductWriter::forCopies(int64_t count,
                                 function_ref<void(Value)> body) {
  int64_t invocations = plan.getWorkgroupSize();
  for (int64_t i = 0; i < count; i += invocations) {
    Value number = add(thread, i);
    if (i + invocations <= count)
      body(number);
    else
      onlyIf(isLess(number, constant(count)), [&] { body(number); });
  }
}

void DotProductWriter::copyRows(Value first) {
  int64_t inRow = plan.getBlockDepth() / copied;
  Value block = blockOf(first, plan.getRowBytes());
  forCopies(plan.rows * inRow, [&](Value number) {
    Value place = multiply(remainder(number, inRow), copied);
    Value inTile = divide(number, inRow), row = add(firstRow, inTile);
    Value to = add(add(block, multiply(inTile, plan.getRowPitch())), place);
    // Nothing is read for rows that there are not.
    Value count;
    if (!hasWholeTiles()) {
      count = select(isLess(row, rowCount), constant(copied), constant(0));
      row = limitRow(row);
    }
    copyBytes(op.getRows(), {row, add(first, place)}, sharedRows, to, count);
  });
}

void DotProductWriter::copyWords(Value first) {
  constexpr int64_t words = copied / 4;
  int64_t inLine = plan.columns / words, columns = op.getPanelColumns();
  Value block = blockOf(first, plan.getWordBytes());
  Value firstPanel = divide(firstColumn, columns);
  forCopies(plan.getBlockDepth() / plan.unit * inLine, [&](Value number) {
    Value column = multiply(remainder(number, inLine), words);
    Value line = divide(number, inLine);
    Value to = add(add(block, multiply(line, plan.getWordPitch())),
                   multiply(column, 4));
    Value panel = add(firstPanel, divide(column, columns));
    if (op.getPanels() * columns % plan.columns)
      panel = least(panel, constant(op.getPanels() - 1));
    copyBytes(op.getCodes(),
              {panel, add(divide(first, plan.unit), line),
               multiply(remainder(column, columns), 4)},
              sharedWords, to);
  });
}

/// Copies sixteen bytes, of which `count` are inside, or all: by as many
/// instructions as the alignment of the memory asks for, or through registers.
void DotProductWriter::copyBytes(Value memref, ValueRange indices, Value shared,
                                 Value to, Value count) {
  const Buffer &buffer = bufferOf(memref);
  Value from = placeOf(buffer, indices);
  auto each =
      static_cast<int64_t>(std::min<uint64_t>(copied, alignmentOf(memref)));
  if (each >= copiedBytes[std::size(copiedBytes) - 1]) {
    for (int64_t i = 0; i < copied; i += each)
      beginCopy(buffer, add(from, i), shared, add(to, i), each,
                count && each < copied ? least(count, constant(each)) : count);
    return;
  }
  Values bytes;
  for (int64_t i = 0; i < copied; ++i)
    bytes.push_back(memref::LoadOp::create(b, buffer.elements, add(from, i)));
  Value run = vector::FromElementsOp::create(
      b, VectorType::get(copied, b.getI8Type()), bytes);
  vector::StoreOp::create(b, run, shared, to, /*nontemporal=*/false,
                          llvm::MaybeAlign(copied));
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

void DotProductWriter::writeResults(ValueRange totals) {
  auto storeRow = [&](int64_t i) {
    for (int64_t j = 0; j < countColumns(); ++j)
      writeResult(totals[i * countColumns() + j], i, j);
  };
  auto storeRows = [&] {
    for (int64_t i = 0; i < countRows(); ++i)
      if (hasWholeTiles())
        storeRow(i);
      else
        onlyIf(isLess(row(i), rowCount), [&] { storeRow(i); });
  };
  if (plan.parts == 1)
    storeRows();
  else
    onlyIf(isLess(part, constant(1)), storeRows);
}

void DotProductWriter::writeResult(Value total, int64_t i, int64_t j) {
  auto write = [&] {
    if (!isPart)
      return storeResult(total, row(i), column(j));
    Value line =
        add(multiply(workgroup, plan.rows), subtract(row(i), firstRow));
    Value place =
        add(multiply(line, plan.columns), subtract(column(j), firstColumn));
    storeNumber(total, op.getInitPartial(), place);
  };
  if (features % plan.columns)
    onlyIf(isLess(column(j), constant(features)), write);
  else
    write();
}

std::unique_ptr<KernelFrame> mlir::lathe::kernel::createDotProductWriter(
    DotProductOp op, const DotProductPlan &plan, OpBuilder &builder) {
  return std::make_unique<DotProductWriter>(op, plan, /*isPart=*/false,
                                            builder);
}

std::unique_ptr<KernelFrame> mlir::lathe::kernel::createPartsWriter(
    DotProductOp op, const DotProductPlan &plan, OpBuilder &builder) {
  return std::make_unique<DotProductWriter>(op, plan, /*isPart=*/true, builder);
}
