//===- DotProductEmitter.h - Writes products of narrow numbers --*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_DOTPRODUCTEMITTER_H
#define LATHE_CODEGEN_DOTPRODUCTEMITTER_H

#include "codegen/MatrixRegisters.h"
#include "codegen/VectorBuilder.h"

namespace mlir::lathe::kernel {

/// What the products need to know of a machine.
struct DotTarget {
  KernelTarget vectors;
  /// As in CpuTarget, for the numbers that are multiplied.
  StringRef dot, matrices;
  /// Whether the numbers of columns have to be raised for `dot`, which takes
  /// them as unsigned.
  bool raised;
  int64_t secondCacheBytes, leastThreadWork;
};

/// Writes one product. A task is a panel and a block of rows:
///
///   for tiles of rows
///     for the groups: y += scale (sums of the group, as integers)
///       for units of a row: sums += a few numbers of a column x those of a row
///     finish(y)
///
/// Without groups, which bf16 has none of, y are the sums. Sums are in vector
/// registers.
class DotProductEmitter : protected VectorBuilder {
public:
  DotProductEmitter(DotProductOp op, const DotTarget &target,
                    OpBuilder &builder);
  virtual ~DotProductEmitter() = default;

  void emit(bool parallel);

protected:
  /// Declares what a task has on the stack.
  virtual void allocateScratch() {}
  /// The task's rows, from `first` to `last`.
  virtual void emitRows() { emitVectorRows(first, last); }
  /// Elementary operations that a row of a task takes.
  virtual int64_t countRowWork() {
    return units * 4 * op.getPanelColumns() / lanes;
  }

  int64_t countPanelBytes() {
    return op.getCodesType().getNumElements() / op.getPanels() *
           op.getCodesType().getElementTypeBitWidth() / 8;
  }

  /// These rows in tiles of vectors: whole ones, and of what is left a half, a
  /// quarter, …
  void emitVectorRows(Value begin, Value end);

  VectorType codesType() {
    return VectorType::get(length * lanes, op.getRowsType().getElementType());
  }
  VectorType wordsType() { return VectorType::get(lanes, b.getI32Type()); }
  Value codesOf(Value x) {
    return vector::BitCastOp::create(b, codesType(), x);
  }
  /// Bytes of both numbers that packed ones hold.
  std::pair<Value, Value> unpack(Value codes);
  /// total + t (s sum + o Σ q): what a group adds for a row's vector of sums.
  Value addScaled(Value total, Value sum, Value step, Value rowSum, Value scale,
                  Value offset);
  /// Finishes and stores the vector of columns from `at` on, of the rows that
  /// follow `row`.
  void finishVector(Value row, Value at, ValueRange totals);

  DotProductOp op;
  DotTarget target;
  /// Numbers in 32 bits, units of a row, and columns of the result.
  int64_t length, units, features;
  /// Rows, or kDynamic, and those of a task at most.
  int64_t known, blockRows;
  /// Whether tasks that follow each other share their rows and not their panel;
  /// then a task may have several panels.
  bool panelsInside = false;
  int64_t taskPanels = 1;
  // Of the present task, whose first panel it is:
  Value panel, first, last;

private:
  void emitTile(Value row, int64_t rows);
  Values addGroup(Value row, int64_t rows, Value group, ValueRange totals);
  Values addUnits(Value row, int64_t rows, Value begin, Value end,
                  ValueRange sums);
  Values addUnit(Value row, int64_t rows, Value unit, ValueRange sums);
  void prefetchAfter(Value operand, Value place, int64_t perColumn);
  Value splatWord(int64_t value);
  /// Signed bytes as unsigned ones.
  Value raiseCodes(Value codes);
  Value rowCodes(Value row, Value place);
  Value multiplyAdd(Value codes, Value row, Value sum);
  Value maskFrom(Value at);

  int64_t tileRows, column = 0;
};

/// The same with sums in registers of whole matrices, 32 rows by a panel of 32
/// columns, each register 16 by 16 of them. A step multiplies 64 bytes of a
/// row. Of floats, rows of which the second-level cache holds too few go by
/// blocks of steps, and sums wait for the next block:
///
///   for blocks of steps
///     for panels of the task
///       for tiles of rows: sums += the block's products
///
class DotMatrixEmitter : public DotProductEmitter {
public:
  DotMatrixEmitter(DotProductOp op, const DotTarget &target,
                   OpBuilder &builder);

  /// Whether the machine has such registers, and the product fills them.
  static bool suits(DotProductOp op, const DotTarget &target);

private:
  void allocateScratch() override;
  void emitRows() override;
  int64_t countRowWork() override;

  /// Whether so many rows may be left behind the last whole tile.
  bool mayLeave(int64_t least, int64_t most) const;
  void emitTiles(Value end);
  // Of a tile of `count` rows, in `down` registers of them:
  void emitTile(Value row, Value count, int64_t down);
  void configure(Value count, int64_t down);
  void startSums(int64_t down);
  void finishRows(Value row, Value count);
  void addSteps(Value row, Value begin, Value end, int64_t down);
  void addStep(Value row, Value step, int64_t down);
  void storeSums(int64_t down);
  Values placeOfSums(int64_t matrix);
  void addGroup(Value row, Value count, Value group);
  void unpackStep(Value step, Value line);
  void prefetchStep(Value row, Value step);
  void prefetchGroup(Value row, Value r, Value group);

  Value rowDistance();

  MatrixRegisters matrices{b};
  /// Lines of 64 bytes that a step multiplies, and steps of a group.
  int64_t depth, steps;
  /// Whether sums wait for blocks of steps.
  bool waits = false;
  /// Whether a panel's tiles fetch the next one, and whether it is unpacked
  /// before them.
  bool prefetchesPanel, unpacksPanel;
  // Of a task, on the stack:
  Value shapes, sums, totals, unpacked;
  /// The task's first panel, the present block of steps, and the first row of
  /// the tile's sums.
  Value firstPanel, block, sumsRow;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_DOTPRODUCTEMITTER_H
