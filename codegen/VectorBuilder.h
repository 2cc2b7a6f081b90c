//===- VectorBuilder.h - Writes loops over vectors of f32
//------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What kernels that are no nests are written with: an algorithm in C++ calls
// these as it would its own arithmetic.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_VECTORBUILDER_H
#define LATHE_CODEGEN_VECTORBUILDER_H

#include "codegen/KernelDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lathe::kernel {

/// What code that is no nest needs to know of a machine.
struct KernelTarget {
  int64_t vectorBytes;
  int64_t registers;
  int64_t cacheBytes;
};

/// As many vectors as they have lanes, a square of elements, transposed.
SmallVector<Value> transposeVectors(ImplicitLocOpBuilder &b,
                                    SmallVector<Value> rows);

class VectorBuilder {
protected:
  using Values = SmallVector<Value>;

  VectorBuilder(Operation *op, const KernelTarget &target, OpBuilder &builder)
      : b(op->getLoc(), builder), target(target), lanes(target.vectorBytes / 4),
        op(op) {}

  /// Runs `body` with each number below `count`; with `parallel`, on any
  /// thread, at least `grain` at once. `allocate` declares what a task has on
  /// the stack.
  void forTasks(Value count, Value grain, bool parallel,
                function_ref<void()> allocate, function_ref<void(Value)> body);

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
  //===--- Elements -------------------------------------------------------===//

  VectorType vectorType(int64_t width) {
    return VectorType::get(width, b.getF32Type());
  }
  VectorType vectorType() { return vectorType(lanes); }
  Value splat(double value);
  Value scalar(double value);
  Value broadcast(Value x) {
    return vector::BroadcastOp::create(b, vectorType(), x);
  }
  /// f32 of a narrower float, or of a vector of them.
  Value widen(Value x);
  /// An element of an operand, as f32.
  Value load(Value buffer, ValueRange indices);
  /// `count` elements of an operand from the indices on, as f32, in a vector of
  /// `lanes` or of another width; the other lanes hold 0.
  Value loadLanes(Value buffer, ValueRange indices, int64_t count) {
    return loadLanes(buffer, indices, count, lanes);
  }
  Value loadLanes(Value buffer, ValueRange indices, int64_t count,
                  int64_t width);
  Value loadLanes(Value buffer, ValueRange indices, Value mask);
  /// Stores the first `count` lanes.
  void storeLanes(Value x, Value buffer, ValueRange indices, int64_t count);
  /// The same for a number of lanes up to `width`, or `x` has, which may be
  /// known when running only.
  Value loadFirst(Value buffer, ValueRange indices, Value count, int64_t width);
  void storeFirst(Value x, Value buffer, ValueRange indices, Value count);
  Value loadScratch(Value scratch, Value row, Value column);
  void storeScratch(Value x, Value scratch, Value row, Value column);
  /// A buffer on the stack, of f32 unless another type is given.
  Value allocate(int64_t rows, int64_t columns, Type type = {});
  /// The first `count` lanes of a vector.
  Value maskOf(int64_t count, int64_t width);
  Value maskOf(Value count, int64_t width);

  Values transpose(Values rows) { return transposeVectors(b, rows); }

  Value fadd(Value x, Value y);
  Value fsub(Value x, Value y);
  Value fmul(Value x, Value y);
  /// x y + z, which may be rounded once.
  Value fma(Value x, Value y, Value z) { return fadd(fmul(x, y), z); }
  /// The greater one; y where x is NaN.
  Value greater(Value x, Value y);
  /// What a region of scalar code yields for vectors, or scalars that are the
  /// same for all lanes, of which one at least is a vector.
  Value apply(Region &region, ValueRange arguments);
  /// Elements of an extra of a kernel (FinishOpInterface) for a vector of the
  /// result from the indices on, along the last dimension: of the width, or of
  /// those that the mask has, or a scalar that is the same for all.
  Value loadExtra(Value extra, AffineMap map, ValueRange indices, Value mask,
                  int64_t width);

  /// Whether a buffer's last dimension has neighbours in memory.
  static bool isContiguousInside(Value buffer);

  ImplicitLocOpBuilder b;
  KernelTarget target;
  int64_t lanes;

private:
  Operation *op;
  /// Where the stack's buffers are declared.
  Block *scratchBlock = nullptr;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_VECTORBUILDER_H
