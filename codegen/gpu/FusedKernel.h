//===- FusedKernel.h - Writes kernels of ops that are no nests ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_FUSEDKERNEL_H
#define LATHE_CODEGEN_GPU_FUSEDKERNEL_H

#include "codegen/gpu/KernelFrame.h"

namespace mlir::lathe::kernel {

/// What kernels that compute in f32, on any floats in memory, are written with.
class FusedKernel : public KernelFrame {
protected:
  using Values = SmallVector<Value>;
  using KernelFrame::KernelFrame;

  //===--- Places and loops -----------------------------------------------===//

  /// The size of a memref's dimension, for the host and in the kernel.
  Value hostSize(Value memref, int64_t dim) {
    return host.createOrFold<memref::DimOp>(memref, dim);
  }
  Value size(Value memref, int64_t dim) { return pass(hostSize(memref, dim)); }
  Value multiplyHost(Value a, Value c) {
    return host.createOrFold<arith::MulIOp>(a, c);
  }
  Value hostConstant(int64_t value) {
    return arith::ConstantIndexOp::create(host, value);
  }

  using KernelFrame::add;
  Value add(Value a, int64_t c) { return c ? add(a, constant(c)) : a; }
  /// Of numbers with signs.
  Value least(Value a, Value c) { return b.createOrFold<arith::MinSIOp>(a, c); }
  Value most(Value a, Value c) { return b.createOrFold<arith::MaxSIOp>(a, c); }
  Value isLess(Value a, Value c) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, a, c);
  }
  /// The remainder of `rest` by `size`, and the quotient in `rest`.
  Value takeIndex(Value &rest, Value size);

  /// for i in [begin, end) by step: carried = body(i, carried)
  Values loop(Value begin, Value end, int64_t step, ValueRange carried,
              function_ref<Values(Value, ValueRange)> body);
  void loop(Value begin, Value end, int64_t step,
            function_ref<void(Value)> body);
  /// Gives each of `count` numbers to an invocation: neighbours to neighbours.
  void share(int64_t count, int64_t invocations,
             function_ref<void(Value)> body);
  void onlyIf(Value condition, function_ref<void()> body);
  void barrier() { gpu::BarrierOp::create(b); }

  //===--- Numbers --------------------------------------------------------===//

  Value number(double value);
  // Products and sums may contract, as those of nests.
  Value fadd(Value x, Value y);
  Value fsub(Value x, Value y);
  Value fmul(Value x, Value y);
  Value fma(Value x, Value y, Value z) { return fadd(fmul(x, y), z); }
  /// The greater one; y where x is NaN.
  Value greater(Value x, Value y);
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, condition, x, y);
  }
  /// exp(x - m) for x up to m: 0 where both are -inf.
  Value exponential(Value x, Value m);

  /// An element of a memref of the op's, as f32; and stored as its type is.
  Value loadNumber(Value memref, ValueRange indices);
  void storeNumber(Value x, Value memref, ValueRange indices);
  Value loadShared(Value place) {
    return memref::LoadOp::create(b, shared, place);
  }
  void storeShared(Value x, Value place) {
    memref::StoreOp::create(b, x, shared, place);
  }

  /// What invocations share: f32.
  Value shared;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_FUSEDKERNEL_H
