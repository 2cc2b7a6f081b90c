//===- NarrowProduct.h - Products of numbers of 16 bits ---------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_CODEGEN_NARROWPRODUCT_H
#define LATHE_TEST_CODEGEN_NARROWPRODUCT_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/FormatVariadic.h"
#include <array>
#include <string>
#include <vector>

namespace mlir::lathe::kernel {

/// y = x w^T + b, of x that is rounded to 16 bits or stored so, and w stored
/// so.
struct NarrowProduct {
  int64_t m, n, k;
  const char *narrow, *x, *w;
  const char *stored = "f32";
  int64_t alignment = 16;

  std::vector<std::vector<int64_t>> shapes() const {
    auto shape = [](int64_t rows, int64_t columns,
                    bool transposed) -> std::vector<int64_t> {
      if (transposed)
        std::swap(rows, columns);
      return {rows, columns};
    };
    return {shape(m, k, x[0] == 'k'), shape(n, k, w[0] == 'k'), {n}, {m, n}};
  }

  std::vector<std::string> types(bool dynamic) const {
    std::vector<std::string> types;
    for (auto [shape, element] :
         llvm::zip(shapes(), std::array{stored, narrow, "f32", "f32"})) {
      std::string text = "memref<";
      for (int64_t size : shape)
        text += (dynamic ? "?" : std::to_string(size)) + "x";
      types.push_back(text + element + ">");
    }
    return types;
  }

  static std::string arguments(ArrayRef<std::string> types) {
    return llvm::formatv("%x0: {0}, %w0: {1}, %b: {2}, %y: {3}", types[0],
                         types[1], types[2], types[3]);
  }

  /// Arrays of which an alignment is known, or none.
  std::string body(ArrayRef<std::string> types) const {
    std::string round = llvm::formatv("arith.truncf %a : f32 to {0}", narrow);
    return llvm::formatv(
        R"(%x = memref.assume_alignment %x0, {10} : {0}
      %w = memref.assume_alignment %w0, {10} : {1}
      kernel.nest ins(%x, %w, %b : {0}, {1}, {2}) outs(%y : {3})
      {{indexing_maps = [affine_map<(i, j, k) -> ({5})>, affine_map<(i, j, k) -> ({6})>, affine_map<(i, j, k) -> (j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 2.0 : f32} reduce {{
  ^bb0(%a: {7}, %c: {4}, %d: f32, %sum: f32):
    {8}
    %e = arith.extf {9} : {4} to f32
    %f = arith.extf %c : {4} to f32
    %p = arith.mulf %e, %f : f32
    %s = arith.addf %p, %sum : f32
    kernel.yield %s : f32
  } finish {{
  ^bb0(%a: {7}, %c: {4}, %d: f32, %sum: f32):
    %s = arith.addf %sum, %d : f32
    kernel.yield %s : f32
  })",
        types[0], types[1], types[2], types[3], narrow, x, w, stored,
        isRounded() ? "%r = " + round : "", isRounded() ? "%r" : "%a",
        alignment);
  }
  bool isRounded() const { return stored == std::string("f32"); }
};

} // namespace mlir::lathe::kernel

#endif // LATHE_TEST_CODEGEN_NARROWPRODUCT_H
