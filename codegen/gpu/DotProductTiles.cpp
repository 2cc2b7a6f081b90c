//===- DotProductTiles.cpp - What a subgroup multiplies of bytes ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/DotProductWriter.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

DotProductWriter::Group DotProductWriter::loadGroup(Value number) {
  Group group;
  for (int64_t i = 0; i < countRows(); ++i) {
    Values place = {limitRow(row(i)), number};
    group.steps.push_back(load(bufferOf(op.getSteps()), place));
    group.sums.push_back(load(bufferOf(op.getSums()), place));
  }
  int64_t columns = op.getPanelColumns();
  for (int64_t j = 0; j < countColumns(); ++j) {
    Value panel =
        least(divide(column(j), columns), constant(op.getPanels() - 1));
    Values place = {panel, number, remainder(column(j), columns)};
    Value scale = load(bufferOf(op.getScales()), place);
    if (!scale.getType().isF32())
      scale = arith::ExtFOp::create(b, b.getF32Type(), scale);
    group.scales.push_back(scale);
    if (op.getOffsets())
      group.offsets.push_back(load(bufferOf(op.getOffsets()), place));
  }
  return group;
}

/// What the sums of a group begin with, row by row.
SmallVector<Value> DotProductWriter::beginSums(const Group &group) {
  Values sums;
  for (Value rowSum : group.sums) {
    Value shift = arith::ConstantIntOp::create(b, b.getI32Type(),
                                               -int64_t(op.getShift()));
    Value begin = b.createOrFold<arith::MulIOp>(rowSum, shift);
    sums.append(countColumns(), begin);
  }
  return sums;
}

SmallVector<Value> DotProductWriter::multiplyPart(Value first,
                                                  ValueRange sums) {
  Values next(sums);
  int64_t rowBlocks = countRows() / 2, columnBlocks = countColumns() / 2;
  auto type = VectorType::get({2, 2}, b.getI32Type());
  for (int64_t input = 0; input < plan.depth; input += productInputs) {
    Values left = loadLeft(first, input);
    for (int64_t j = 0; j < columnBlocks; ++j) {
      Value right = loadRight(first, input, j * productColumns);
      for (int64_t i = 0; i < rowBlocks; ++i) {
        // Of both rows, two neighbours.
        auto sumOf = [&](int64_t k) -> Value & {
          return next[(2 * i + k / 2) * countColumns() + 2 * j + k % 2];
        };
        Value before = arith::ConstantOp::create(b, b.getZeroAttr(type));
        for (int64_t k = 0; k < resultsEach; ++k)
          before = vector::InsertOp::create(b, sumOf(k), before,
                                            ArrayRef<int64_t>{k / 2, k % 2});
        Value after = nvgpu::MmaSyncOp::create(
            b, left[i], right, before,
            ArrayRef<int64_t>{productRows, productColumns, productInputs});
        for (int64_t k = 0; k < resultsEach; ++k)
          sumOf(k) = vector::ExtractOp::create(b, after,
                                               ArrayRef<int64_t>{k / 2, k % 2});
      }
    }
  }
  return next;
}

/// The subgroup's matrices of 16 rows by 32 inputs: eight lanes tell the rows
/// of a quarter of one, of which the second has other rows and the third other
/// inputs than the first.
SmallVector<Value> DotProductWriter::loadLeft(Value first, int64_t input) {
  auto type = VectorType::get({4, 4}, b.getI8Type());
  Value inQuarter = remainder(lane, half), quarter = divide(lane, half);
  Value row = add(inQuarter, multiply(remainder(quarter, 2), half));
  Value at = add(multiply(divide(quarter, 2), productInputs / 2),
                 multiply(part, plan.depth));
  Value place = add(multiply(add(rowOfSubgroup, row), plan.getRowPitch()), at);
  place = add(blockOf(first, plan.getRowBytes()), place);
  Values matrices;
  for (int64_t i = 0; i < plan.getRowsEach(); i += productRows)
    matrices.push_back(nvgpu::LdMatrixOp::create(
        b, type, sharedRows,
        ValueRange{add(place, i * plan.getRowPitch() + input)},
        /*transpose=*/false, /*numTiles=*/4));
  return matrices;
}

/// A matrix of 32 inputs by 8 columns: lane 4 g + t has of column g the inputs
/// from 4 t and from 16 + 4 t on.
Value DotProductWriter::loadRight(Value first, int64_t input, int64_t column) {
  auto word = VectorType::get(1, b.getI32Type());
  auto bytes = VectorType::get(4, b.getI8Type());
  auto type = VectorType::get({2, 4}, b.getI8Type());
  Value matrix = arith::ConstantOp::create(b, b.getZeroAttr(type));
  for (int64_t i : {0, 1}) {
    Value numbers = loadWord(first, input + i * productInputs / 2, column);
    numbers = vector::BroadcastOp::create(b, word, numbers);
    numbers = vector::BitCastOp::create(b, bytes, numbers);
    matrix = vector::InsertOp::create(b, numbers, matrix, i);
  }
  return matrix;
}

/// Four signed numbers of a column.
Value DotProductWriter::loadWord(Value first, int64_t input, int64_t column) {
  auto constantWord = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(b, b.getI32Type(), value);
  };
  Value place = remainder(lane, 4);
  Value line = divide(multiply(place, 4), plan.unit);
  line = add(line, multiply(part, plan.depth / plan.unit));
  Value inTile = add(columnOfSubgroup, divide(lane, 4));
  Value at = add(multiply(line, plan.getWordPitch()), multiply(inTile, 4));
  at = add(blockOf(first, plan.getWordBytes()), at);
  at = add(at, input / plan.unit * plan.getWordPitch() + 4 * column);
  auto bytes = VectorType::get(4, b.getI8Type());
  Value codes =
      vector::LoadOp::create(b, bytes, sharedWords, at,
                             /*nontemporal=*/false, llvm::MaybeAlign(4));
  Value bits =
      vector::BitCastOp::create(b, VectorType::get(1, b.getI32Type()), codes);
  bits = vector::ExtractOp::create(b, bits, 0);
  if (!op.getPacked())
    return bits;
  // The low halves are those of the first four of eight.
  Value by = multiply(remainder(place, 2), 4);
  by = arith::IndexCastOp::create(b, b.getI32Type(), by);
  bits = arith::ShRUIOp::create(b, bits, by);
  return arith::AndIOp::create(b, bits, constantWord(0x0f0f0f0f));
}

/// totals += steps (scales · sums + offsets · sums of the rows' codes)
SmallVector<Value> DotProductWriter::scale(const Group &group, ValueRange sums,
                                           ValueRange totals) {
  Values next;
  for (auto [i, step] : llvm::enumerate(group.steps)) {
    Value ofRow;
    if (op.getOffsets())
      ofRow =
          fmul(step, arith::SIToFPOp::create(b, b.getF32Type(), group.sums[i]));
    for (int64_t j = 0; j < countColumns(); ++j) {
      Value sum = arith::SIToFPOp::create(b, b.getF32Type(), sums[next.size()]);
      Value total = fma(sum, fmul(group.scales[j], step), totals[next.size()]);
      next.push_back(ofRow ? fma(group.offsets[j], ofRow, total) : total);
    }
  }
  return next;
}
