//===- AttentionEmitter.h - Writes the loops and vector code of attention -===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention in one pass over the keys. A task has a tile of queries of one
// head, or of a group's heads:
//
//   m = -inf, l = 0, sums = 0
//   for blocks of keys
//     scores = queries · keys
//     m' = max(m, max of scores), p = exp(scores - m'), a = exp(m - m')
//     l = a l + sum of p, sums = a sums + p · values
//   output = sums / l
//
// With many queries, lanes run along the queries (ManyQueries): a key's or a
// value's element is broadcast to all, m and l are vectors, and nothing is
// summed across lanes; queries are transposed on the way in, the sums on the
// way out. With few, lanes run along features (FewQueries).
//
// The stack holds what a task works on: none of it depends on how many tokens
// there are.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_ATTENTIONEMITTER_H
#define LATHE_CODEGEN_ATTENTIONEMITTER_H

#include "codegen/VectorBuilder.h"

namespace mlir::lathe::kernel {

/// What the forms of the code share: sizes, elements, and the loop over tasks.
class AttentionEmitter : protected VectorBuilder {
public:
  AttentionEmitter(AttentionOp op, const KernelTarget &target,
                   OpBuilder &builder);
  virtual ~AttentionEmitter() = default;

  /// Writes the code; with `parallel`, tasks may run on any thread.
  void emit(bool parallel);

  /// Queries from which on lanes run along them: below, most would be idle.
  static int64_t countFew(const KernelTarget &target) {
    return target.vectorBytes / 8;
  }

protected:
  /// The number of tasks, and multiply-adds of each for one key.
  virtual Value countTasks() = 0;
  virtual int64_t workPerKey() = 0;
  virtual void allocateAll() = 0;
  /// Writes the task of number `task`.
  virtual void emitTask(Value task) = 0;

  /// The end of the keys that a tile of queries sees, `last` the last of them.
  Value endOfKeys(Value last);

  /// x - m, or x where m is -inf: no key seen so far, so that x is -inf too.
  Value subtractMaximum(Value x, Value m);
  /// 1 / l. Without any key it is 0, as a sum over none is.
  Value invert(Value l);

  /// The bias's index where it has this size, else 0.
  Value stretch(int64_t dim, Value index) {
    return stretches(dim) ? constant(0) : index;
  }
  bool stretches(int64_t dim) {
    return cast<MemRefType>(op.getBias().getType()).getDimSize(dim) == 1;
  }

  AttentionOp op;
  int64_t heads, groups, d, e;
  Value batch, queries, keys;
};

/// Writes attention with the lanes along the queries, and along the features.
void emitManyQueries(AttentionOp op, const KernelTarget &target, bool parallel,
                     OpBuilder &builder);
void emitFewQueries(AttentionOp op, const KernelTarget &target, bool parallel,
                    OpBuilder &builder);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_ATTENTIONEMITTER_H
