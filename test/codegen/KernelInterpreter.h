//===- KernelInterpreter.h - Runs kernels and finds their races -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs functions with nests, by their definition, or with launches of kernels
// of the gpu dialect, without a device. The invocations of a workgroup go in
// step, op by op, those that a branch leaves out being masked. All accesses of
// memory are compared, so that what is found depends on no order:
//
// - two invocations access a place of shared memory between the same barriers,
//   and one of them stores;
// - two invocations of a launch access a place of a buffer, and one stores;
// - an element is accessed while a copy to it is under way: until the
// invocation
//   that began it waits for its group, behind which a barrier must stand before
//   others read;
// - an element is stored while a product of matrices that reads it is under
//   way, its sums are used before it was waited for, or no fence stands between
//   what was stored and the other proxy that reads it;
// - not all invocations of a workgroup reach a barrier;
// - a place is outside of an array, or nobody has stored to it before.
//
// Arithmetic is that of the ops' folders.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_CODEGEN_KERNELINTERPRETER_H
#define LATHE_TEST_CODEGEN_KERNELINTERPRETER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <vector>

namespace mlir::lathe::kernel {

/// A dense array: elements that nobody has stored are null.
struct TestArray {
  std::vector<int64_t> shape;
  std::vector<Attribute> elements;
};

/// Subgroups of devices of which a kernel does not know what they are.
struct Subgroups {
  size_t size = 32;
  /// Whether neighbouring invocations are of one subgroup, or of different
  /// ones where there are several.
  bool ofNeighbours = true;
};

/// Runs a function's code on arrays for its first arguments. Returns what went
/// wrong first, or an empty text; `launched` is the last kernel of which a
/// workgroup ran.
std::string interpret(func::FuncOp function, ArrayRef<TestArray *> arguments,
                      std::string *launched = nullptr,
                      Subgroups subgroups = {});

} // namespace mlir::lathe::kernel

#endif // LATHE_TEST_CODEGEN_KERNELINTERPRETER_H
