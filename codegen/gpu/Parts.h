//===- Parts.h - Parts of a tile that workgroups share ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where few tiles would leave a device idle, several workgroups share the steps
// of one: the keys of attention, the inputs of products of bytes. Each stores
// what its part gives in memory that was reserved, and another kernel combines
// the parts, in order.
//
// As many workgroups as keep a device busy bound that memory, whatever the
// sizes: where tiles alone are half as many, steps are not shared.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_GPU_PARTS_H
#define LATHE_CODEGEN_GPU_PARTS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lathe::kernel {

/// Workgroups that parts of tiles may have, each of which stores so many
/// numbers.
class Parts {
public:
  Parts(int64_t mostGroups, int64_t numbers)
      : mostGroups(mostGroups), numbers(numbers) {}
  /// Those that memory of f32 has room for.
  Parts(Value memory, int64_t numbers)
      : Parts(cast<ShapedType>(memory.getType()).getNumElements() / numbers,
              numbers) {}

  /// Numbers to reserve for so many tiles, of each of which there are at most
  /// `splits`; 0 where workgroups do not share them.
  int64_t countNumbers(int64_t tiles, int64_t splits) const {
    return splits > 1 && tiles <= mostGroups / 2 ? mostGroups * numbers : 0;
  }

  /// For the host: whether workgroups share tiles, and in how many parts, of
  /// at most `splits`.
  Value writeIsShared(ImplicitLocOpBuilder &b, Value tiles) const;
  Value writeSplits(ImplicitLocOpBuilder &b, Value tiles, Value splits) const;

private:
  int64_t mostGroups, numbers;
};

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_GPU_PARTS_H
