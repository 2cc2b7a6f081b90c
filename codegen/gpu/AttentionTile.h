//===- AttentionTile.h - What kernels of attention share -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_ATTENTIONTILE_H
#define LATHE_CODEGEN_GPU_ATTENTIONTILE_H

#include "codegen/gpu/AttentionKernel.h"
#include "codegen/gpu/FusedKernel.h"

namespace mlir::lathe::kernel {

/// A kernel whose workgroups have tiles of the rows of attention, all keys of
/// them or a part: which these are, and how results are stored.
class AttentionTile : public FusedKernel {
public:
  AttentionTile(AttentionOp op, const AttentionPlan &plan, bool isPart,
                OpBuilder &builder);

  /// Of a tile that is emptier, another plan makes more.
  Value writeSuits(int64_t elements) override;

protected:
  /// What an invocation knows of a row.
  struct Row {
    Value inTile, number, query, head;
    Value end; ///< Of the keys that it sees.
  };

  void addBuffers() override;
  Value countGroups() override;

  /// Sets what is below of the tile of a workgroup.
  void findTile(Value workgroup);
  /// A row of the tile: beyond the last row, that one once more but for its
  /// number.
  Row rowAt(Value inTile);
  Value lastKey() { return subtract(keys, constant(1)); }
  /// Of the keys that a row of the tile sees and the workgroup has.
  Value endOfTile();

  /// A score with the bias of its row and key, if there are biases.
  Value addBias(Value score, const Row &row, Value key);

  /// 1 / total: a sum over no keys is 0; a query that sees none of them has
  /// NaN.
  Value invert(Value total);
  void storeResult(const Row &row, Value feature, Value sum, Value inverse);
  /// What a part of the keys gives of a row, and of one of its features.
  void storePart(const Row &row, Value maximum, Value total);
  void storePartSum(const Row &row, Value feature, Value sum);

  AttentionOp op;
  AttentionPlan plan;
  bool isPart;
  int64_t each, d, e; ///< Rows of a query, and features of keys and values.
  Value queries, keys;
  Value workgroup, n, group, firstRow, firstKey;

private:
  Value getOutput() {
    return isPart ? op.getInitPartial() : op.getInitOutput();
  }
  Value endOfKeys(Value query);
  Value partPlace(const Row &row);

  AttentionParts parts; ///< For the host.
  Value endOfPart;      ///< Of the workgroup, if it has a part of the keys.
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_ATTENTIONTILE_H
