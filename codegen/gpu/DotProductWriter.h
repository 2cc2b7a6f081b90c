//===- DotProductWriter.h - Writes products of bytes ------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_DOTPRODUCTWRITER_H
#define LATHE_CODEGEN_GPU_DOTPRODUCTWRITER_H

#include "codegen/gpu/DotProductKernel.h"
#include "codegen/gpu/FusedKernel.h"
#include "codegen/gpu/KernelPlan.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::lathe::kernel {

/// What kernels of a kernel.dot_product of bytes have in common.
class DotProductFrame : public FusedKernel {
protected:
  DotProductFrame(DotProductOp op, const DotProductPlan &plan,
                  const std::string &text, OpBuilder &builder)
      : FusedKernel(op, plan.getWorkgroupSize(), text, builder), op(op),
        plan(plan),
        features(cast<ShapedType>(op.getInitOutput().getType()).getDimSize(1)),
        columnTiles(llvm::divideCeil(features, plan.columns)) {}

  /// Stores what `finish` makes of a result.
  void storeResult(Value total, Value row, Value column);

  DotProductOp op;
  DotProductPlan plan;
  int64_t features, columnTiles;
  DotProductSplits splits; ///< For the host.

private:
  Value finish(Value total, ArrayRef<Value> place);
};

/// Writes a kernel.dot_product of bytes, or the sums of parts of the inputs.
class DotProductWriter final : public DotProductFrame {
public:
  DotProductWriter(DotProductOp op, const DotProductPlan &plan, bool isPart,
                   OpBuilder &builder)
      : DotProductFrame(op, plan,
                        plan.str() + (isPart ? ", parts of the inputs" : ""),
                        builder),
        isPart(isPart), inputs(op.getRowsType().getDimSize(1)) {}

  /// Of a tile that is emptier, another plan makes more.
  Value writeSuits(int64_t elements) override {
    return host.createOrFold<arith::CmpIOp>(
        arith::CmpIPredicate::uge, hostSize(op.getRows(), 0),
        hostConstant(std::max(plan.rows, elements) / suitingPart));
  }

private:
  static constexpr int64_t productRows = DeviceTarget::productRows,
                           productColumns = DeviceTarget::productColumns,
                           productInputs = DeviceTarget::productBytes;
  /// Of the instruction's results, how many an invocation has: two neighbours
  /// of its row, and two of the row 8 further.
  static constexpr int64_t resultsEach = 4, half = 8;

  /// What a group of inputs is scaled by.
  struct Group {
    Values steps, sums;     ///< Of the invocation's rows.
    Values scales, offsets; ///< Of its columns.
  };

  void addBuffers() override;
  Value countGroups() override {
    splits = countDotProductSplits(op, plan, host);
    return isPart ? multiplyHost(splits.tiles, splits.splits) : splits.tiles;
  }

  void writeGroup(Value group) override;

  //===--- Places ---------------------------------------------------------===//

  void findPlaces(Value group);
  Value row(int64_t i) {
    return add(firstRow, add(rowInTile, i / 2 * productRows + i % 2 * half));
  }
  Value column(int64_t j) {
    return add(firstColumn, add(columnInTile, j / 2 * productColumns + j % 2));
  }
  /// Whether tiles end where the rows do.
  bool hasWholeTiles() {
    int64_t known = op.getRowsType().getDimSize(0);
    return !ShapedType::isDynamic(known) && known % plan.rows == 0;
  }
  /// The row, or the last one.
  Value limitRow(Value row) {
    return hasWholeTiles() ? row : least(row, subtract(rowCount, constant(1)));
  }
  /// Rows and columns of an invocation's results.
  int64_t countRows() const { return 2 * plan.getRowsEach() / productRows; }
  int64_t countColumns() const {
    return 2 * plan.getColumnsEach() / productColumns;
  }
  /// Where the block that begins with an input is in shared memory.
  Value blockOf(Value first, int64_t bytes) {
    Value block = divide(first, plan.getBlockDepth());
    return multiply(remainder(block, plan.blocks), bytes);
  }

  //===--- Blocks ---------------------------------------------------------===//

  Values writeGroups();
  Values writeBlock(Value first, ValueRange sums);
  int64_t countAhead() const { return std::max<int64_t>(plan.blocks - 1, 1); }
  void copyBlock(Value first);
  void copyRows(Value first);
  void copyWords(Value first);
  /// Calls `body` with the numbers of what an invocation copies of `count`.
  void forCopies(int64_t count, function_ref<void(Value)> body);
  void copyBytes(Value memref, ValueRange indices, Value shared, Value to,
                 Value count = {});

  //===--- Products -------------------------------------------------------===//

  Group loadGroup(Value number);
  Values beginSums(const Group &group);
  Values multiplyPart(Value first, ValueRange sums);
  Values loadLeft(Value first, int64_t input);
  Value loadRight(Value first, int64_t input, int64_t column);
  Value loadWord(Value first, int64_t input, int64_t column);
  Values scale(const Group &group, ValueRange sums, ValueRange totals);

  //===--- Results --------------------------------------------------------===//

  void writeResults(ValueRange totals);
  void writeResult(Value total, int64_t i, int64_t j);

  bool isPart;
  int64_t inputs;
  Value rowCount, workgroup;
  Value firstInput, endOfInputs; ///< Of the workgroup.
  Value firstRow, firstColumn;   ///< Of the tile.
  Value lane, part;              ///< Of the subgroup.
  Value rowOfSubgroup, columnOfSubgroup;
  Value rowInTile, columnInTile; ///< The invocation's first ones.
  Value sharedRows, sharedWords;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_DOTPRODUCTWRITER_H
