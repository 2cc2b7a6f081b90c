//===- Winograd.h - Convolutions with fewer multiplications ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_WINOGRAD_H
#define LATHE_CODEGEN_WINOGRAD_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallVector.h"
#include <algorithm>

namespace mlir::lathe::kernel {

/// F(m, 3), which gives m neighbouring results of a filter of three taps by
/// m + 2 multiplications (Winograd, Arithmetic Complexity of Computations,
/// 1980; Lavin and Gray, Fast Algorithms for Convolutional Neural Networks,
/// 2016): y = Aᵀ [(G g) ⊙ (Bᵀ d)]. It is a product of polynomials by their
/// values at m + 2 points: 0, pairs ±a and infinity, in this order.
class Winograd {
public:
  static constexpr int64_t taps = 3;

  /// `results` is 2, with the points ±1, or 4, with ±1/√2 and ±√2, the product
  /// of which is 1: of all pairs a and 1/a these lose the fewest digits, about
  /// half as many as ±1 and ±2.
  explicit Winograd(int64_t results);

  int64_t results() const { return 2 * static_cast<int64_t>(pairs.size()); }
  int64_t points() const { return results() + taps - 1; }

  ArrayRef<double> getPairs() const { return pairs; }
  /// The coefficients of Π (x² − a²) in powers of x², constant first, over all
  /// pairs but the one of number `without`.
  SmallVector<double> getProduct(int64_t without = -1) const;
  /// G [points, taps], row by row.
  SmallVector<double> getFilterMatrix() const;

  /// What a task may have on its stack, most of it in the second-level cache
  /// beside the filters that pass through it.
  static constexpr int64_t mostBytes = 640 << 10;
  /// The bytes of a tile's transform, and of its products with a panel.
  int64_t countTileBytes(int64_t channels, int64_t columns) const {
    return points() * points() * (channels + columns) *
           static_cast<int64_t>(sizeof(float));
  }

  /// The tiles that a task takes at once, at most. All filters pass through the
  /// cache for each such block.
  int64_t countTilesOfBlock(int64_t channels, int64_t columns) const {
    return std::max<int64_t>(1, mostBytes / countTileBytes(channels, columns));
  }

  /// Additions and multiplications of one vector's transform of the data, Bᵀ d,
  /// and of the products, Aᵀ m, a fused pair counting once.
  int64_t countDataOps() const;
  int64_t countResultOps() const;

private:
  SmallVector<double> pairs;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_WINOGRAD_H
