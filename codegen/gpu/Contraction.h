//===- Contraction.h - The two sides of a nest ------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_CONTRACTION_H
#define LATHE_CODEGEN_GPU_CONTRACTION_H

#include "codegen/gpu/KernelPlan.h"

namespace mlir::lathe::kernel {

/// A nest that reduces what two sides meet in, each of which lacks dimensions
/// of the output that the other one has.
class Contraction {
public:
  /// Finds the sides of a nest in the form that `planKernel` takes; nothing if
  /// one of them has none of the output's dimensions to itself, or too few
  /// elements for a tile.
  static std::optional<Contraction> find(NestOp nest, int64_t unknown);

  /// Whether a value of the reduction depends on a side, and neither on the
  /// other one nor on what has been summed up.
  bool isOfRows(Value value) const { return isOf(value, rowBits, columnBits); }
  bool isOfColumns(Value value) const {
    return isOf(value, columnBits, rowBits);
  }

  /// Whether neighbouring invocations should read a side's neighbours along the
  /// reduction, by how the inputs lie in memory.
  bool isAlongDepth(const TileSide &side) const;

  /// The product of some dimensions' extents, dynamic ones being `unknown`.
  int64_t count(ArrayRef<unsigned> dims, int64_t unknown) const;
  int64_t count(ArrayRef<unsigned> dims) const { return count(dims, unknown); }

  /// Workgroups of a plan's tiles.
  int64_t countGroups(const KernelPlan &plan) const;

  mutable NestOp nest;
  /// Their dimensions; what is staged, the largest values of each alone.
  TileSide rows, columns;
  SmallVector<unsigned> batch, reductions;

private:
  Contraction(NestOp nest, int64_t unknown);
  void findDependences();
  bool findSides();
  void findStaged(TileSide &side, uint64_t own, uint64_t others);
  bool isOf(Value value, uint64_t own, uint64_t others) const;

  int64_t unknown;
  SmallVector<int64_t> extents;
  unsigned parallel; ///< Dimensions.
  /// A bit for each dimension that a value depends on, and one for the
  /// accumulator.
  llvm::DenseMap<Value, uint64_t> depends;
  uint64_t rowBits = 0, columnBits = 0;
};

/// Finds what the sides are multiplied of, before it is widened: their
/// `staged`. False where the device has no instruction for matrices of that.
bool findFactors(const Contraction &contraction, const DeviceTarget &target,
                 TileSide &rows, TileSide &columns);

/// Plans tiles of cooperative matrices; nothing where the device has none of
/// the sides' elements.
std::optional<KernelPlan> planCooperativeTiles(const Contraction &contraction,
                                               const DeviceTarget &target);

/// Plans tiles that subgroups multiply by the device's instruction for
/// matrices; nothing where it has none for the sides' elements.
std::optional<KernelPlan> planTensorTiles(const Contraction &contraction,
                                          const DeviceTarget &target);

/// Plans tiles of the sides of `plan` that warpgroups multiply; nothing where
/// there are too few rows for them, or the device has no such instruction.
std::optional<KernelPlan> planWarpgroupTiles(const Contraction &contraction,
                                             const KernelPlan &plan,
                                             const DeviceTarget &target);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_CONTRACTION_H
