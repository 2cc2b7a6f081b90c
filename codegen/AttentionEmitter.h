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

#include "codegen/KernelDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lathe::kernel {

/// What the code of attention needs to know of a machine.
struct AttentionTarget {
  int64_t vectorBytes;
  int64_t registers;
  int64_t cacheBytes;
};

/// What the forms of the code share: sizes, elements, and the loop over tasks.
class AttentionEmitter {
public:
  AttentionEmitter(AttentionOp op, const AttentionTarget &target,
                   OpBuilder &builder);
  virtual ~AttentionEmitter() = default;

  /// Writes the code; with `parallel`, tasks may run on any thread.
  void emit(bool parallel);

  /// Queries from which on lanes run along them: below, most would be idle.
  static int64_t countFew(const AttentionTarget &target) {
    return target.vectorBytes / 8;
  }

protected:
  using Values = SmallVector<Value>;

  /// The number of tasks, and multiply-adds of each for one key.
  virtual Value countTasks() = 0;
  virtual int64_t workPerKey() = 0;
  virtual void allocate() = 0;
  /// Writes the task of number `task`.
  virtual void emitTask(Value task) = 0;

  //===--- Indices and loops ----------------------------------------------===//

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value add(Value x, Value y) { return b.createOrFold<arith::AddIOp>(x, y); }
  Value add(Value x, int64_t y) { return y ? add(x, constant(y)) : x; }
  Value sub(Value x, Value y) { return b.createOrFold<arith::SubIOp>(x, y); }
  Value mul(Value x, int64_t y) {
    return b.createOrFold<arith::MulIOp>(x, constant(y));
  }
  Value least(Value x, Value y) { return b.createOrFold<arith::MinSIOp>(x, y); }
  Value most(Value x, Value y) { return b.createOrFold<arith::MaxSIOp>(x, y); }
  Value divide(Value x, int64_t y) {
    return b.createOrFold<arith::DivUIOp>(x, constant(y));
  }
  /// The remainder of `rest` by `size`, and the quotient in `rest`.
  Value takeIndex(Value &rest, Value size);
  /// The size of an operand's dimension.
  Value size(Value operand, int64_t dim) {
    return b.createOrFold<memref::DimOp>(operand, dim);
  }
  /// for i in [begin, end) by step: carried = body(i, carried)
  Values loop(Value begin, Value end, int64_t step, ValueRange carried,
              function_ref<Values(Value, ValueRange)> body);
  /// The same without carried values.
  void loop(Value begin, Value end, int64_t step,
            function_ref<void(Value)> body);
  /// The end of the keys that a tile of queries sees, `last` the last of them.
  Value endOfKeys(Value last);

  //===--- Elements -------------------------------------------------------===//

  VectorType vectorType() { return VectorType::get(lanes, b.getF32Type()); }
  Value splat(double value);
  Value scalar(double value);
  Value broadcast(Value x) {
    return vector::BroadcastOp::create(b, vectorType(), x);
  }
  /// f32 of a narrower float, or of a vector of them.
  Value widen(Value x);
  /// An element of an operand, as f32.
  Value load(Value buffer, ValueRange indices);
  /// `count` elements of an operand from the indices on, as f32; the other
  /// lanes hold 0.
  Value loadLanes(Value buffer, ValueRange indices, int64_t count);
  Value loadLanes(Value buffer, ValueRange indices, Value mask);
  /// Stores the first `count` lanes in the output.
  void storeLanes(Value x, ValueRange indices, int64_t count);
  Value loadScratch(Value scratch, Value row, Value column);
  void storeScratch(Value x, Value scratch, Value row, Value column);
  /// A buffer on the stack.
  Value allocate(int64_t rows, int64_t columns);
  /// The first `count` lanes.
  Value maskOf(int64_t count);

  Value fadd(Value x, Value y);
  Value fmul(Value x, Value y);
  /// x y + z, which may be rounded once.
  Value fma(Value x, Value y, Value z) { return fadd(fmul(x, y), z); }
  /// The greater one; y where x is NaN.
  Value greater(Value x, Value y);
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
  AttentionTarget target;
  ImplicitLocOpBuilder b;
  int64_t heads, groups, d, e;
  int64_t lanes;
  Value batch, queries, keys;
  /// Where the stack's buffers are declared.
  Block *scratchBlock = nullptr;
};

/// Writes attention with the lanes along the queries, and along the features.
void emitManyQueries(AttentionOp op, const AttentionTarget &target,
                     bool parallel, OpBuilder &builder);
void emitFewQueries(AttentionOp op, const AttentionTarget &target,
                    bool parallel, OpBuilder &builder);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_ATTENTIONEMITTER_H
