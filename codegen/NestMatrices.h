//===- NestMatrices.h - Sums of f32 products by matrices of bf16 -*- C++
//-*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A processor whose registers of whole matrices multiply bf16 some 15 times as
// fast as its vectors multiply f32 computes products of f32 by them, too. An
// f32 is exactly the sum of three bf16, the first, second and third eight bits
// of its significand, x = x0 + x1 + x2, and
//
//   x y = x0 y0 + (x0 y1 + x1 y0) + (x0 y2 + x1 y1 + x2 y0) + …
//
// of which what is left out is below 2^-21 |x y|, as much as a few roundings of
// f32, and mostly far less. Sums are f32. (Henry, Tang and Heinecke, Leveraging
// the bfloat16 Artificial Intelligence Datatype For Higher-Precision
// Computations, 2019.)
//
// Where a factor is infinite, so are its first part and NaN the others, so that
// the sum is NaN. The registers take parts below 2^-126 for 0: of a factor
// below 2^-102 less is left, of one below 2^-126 nothing.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_NESTMATRICES_H
#define LATHE_CODEGEN_NESTMATRICES_H

#include "codegen/MatrixRegisters.h"
#include "codegen/NestEmitter.h"
#include "codegen/VectorBuilder.h"

namespace mlir::lathe::kernel {

/// The sizes of what is multiplied, for the code and for what it costs.
struct MatrixTile {
  /// Registers, one beside or above the other, that hold a tile; rows of a
  /// tile, columns of a panel, and numbers of a step along k.
  static constexpr int64_t across = 2,
                           height = across * MatrixRegisters::mostRows,
                           width = height, depth = 32;
  /// Parts of an f32, and products of parts that make up one of f32.
  static constexpr int64_t parts = 3, products = 6;
  /// Tiles of a group of rows, between which the next panel is split, and
  /// panels of a task.
  static constexpr int64_t mostTiles = 4, mostPanels = 16;
};

/// How such a nest is seen as products of matrices:
/// Σ_k rows[m, k] columns[k, n].
struct MatrixPlan {
  /// The dimensions that make up m, and those of which each index has columns
  /// of its own.
  SmallVector<unsigned> rowDims, taskDims;
  /// n, and the innermost dimension of k.
  unsigned laneDim, depthDim;
  /// What is multiplied, in the nest's `reduce`.
  Value rows, columns;
  /// The inputs of columns that no cache holds, and that differ along k and n.
  SmallVector<unsigned> streamed;
  /// From how many rows on it is faster than by vectors.
  int64_t leastRows;
};

/// The plan of a nest on memrefs in normal form; nothing if it is none, or
/// never faster.
std::optional<MatrixPlan> planMatrices(NestOp nest, const VectorTarget &target);

/// Writes one nest by its plan. A task is some panels of columns and a group of
/// rows:
///
///   parts of the first panel
///   for blocks of k
///     parts of the rows
///     for panels
///       for tiles of rows
///         sums += products, between which the next panel's parts are made
///         finish, behind the last block
class MatrixNestEmitter : MatrixTile, protected VectorBuilder {
public:
  MatrixNestEmitter(NestOp nest, const MatrixPlan &plan,
                    const VectorTarget &target, OpBuilder &builder);

  /// Whether the nest has `leastRows`, and fills tiles, an i1.
  Value isFaster();
  void emit(bool parallel, int64_t leastThreadWork);

private:
  /// Vectors that hold a column's or a row's part of a step.
  static constexpr int64_t lines = MatrixRegisters::mostRows;

  Value extent(unsigned dim);
  Value product(ArrayRef<unsigned> dims);
  /// The greatest number of so many steps, tiles, ... if it is below `most`.
  int64_t boundBy(Value count, int64_t most);
  void allocateScratch();
  void emitTask(Value task);
  void emitBlock(Value block);
  void emitPanel(Value block, Value panel);
  void emitTile(Value block, Value panel, Value tile, int64_t down);
  void emitStep(Value tile, Value step, int64_t down);
  void startSums(Value block, Value sumsRow, int64_t down);
  void finishTile(Value panel, Value tile, Value sumsRow);

  /// The parts of the task's rows for a block of steps.
  void splitRows();
  void splitRow(Value row, Value step);
  /// The parts of the next panel's numbers `line` and `line` + 16 of a step, of
  /// a vector of columns.
  void splitPiece(Value step, Value line, int64_t vector);
  /// A tile's share of the step of the panel behind the next one.
  void fetchPanel(Value tile, Value step);
  /// The panel, and the first step of the block, that follow others.
  std::pair<Value, Value> follow(Value panel, Value first);
  /// Sets the indices of the reductions.
  Value setStep(SmallVectorImpl<Value> &indices, Value step);
  void setRow(SmallVectorImpl<Value> &indices, Value row);
  SmallVector<Value, parts> split(Value low, Value high);
  Value laneMask(Value first);

  NestOp nest;
  MatrixPlan plan;
  StringRef multiply;
  /// Lanes along n, and along k.
  NestPlan columnPlan, rowPlan;
  NestEmitter columnCode, rowCode;
  Region columnRegion, rowRegion;
  MatrixRegisters matrices;
  SmallVector<int64_t> extents;
  Value rowCount, steps, panels, groups, chunks, blocks;
  int64_t groupTiles, blockSteps, chunkPanels;
  bool isOneBlock;
  // Of a task:
  SmallVector<Value> taskIndices;
  Value firstRow, rowsHere, tiles, firstPanel, panelsHere;
  Value table, rowParts, columnParts, sums;
  // Of a block, and of the panel that is split meanwhile:
  Value firstStep, stepsHere, current, nextPanel, nextStep, laterPanel,
      laterStep;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_NESTMATRICES_H
