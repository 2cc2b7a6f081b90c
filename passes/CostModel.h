//===- CostModel.h - Seconds that an op takes, roughly --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PASSES_COSTMODEL_H
#define LATHE_PASSES_COSTMODEL_H

#include "dialect/LatheDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lathe {

/// A core, as far as choices between ways to compute the same depend on it.
struct Machine {
  int64_t vectorBytes = 32;
  /// Operations in 32 bits and bytes from memory, a second.
  double flops = 112e9, bytes = 16e9;
};

/// What ops cost on a machine, by the cost interface. Absolute times are rough;
/// they are for comparing ways to compute the same.
class CostModel {
public:
  /// Dynamic dimensions are taken in the middle of their bounds: at the
  /// geometric mean, 23 for 1 to 512.
  CostModel(ModuleOp module, const Machine &machine);

  /// The larger of what arithmetic and memory take. Arithmetic is counted by
  /// vectors along the result's last dimension: a product of 4 columns takes as
  /// long as one of a whole vector. What multiplies and adds nothing up is
  /// applied to the registers of what does, and moves no bytes; what has no
  /// arithmetic at all is a view, and free.
  double secondsOf(Operation *op) const;

  /// The sizes that are assumed, "batch = 3, tokens = 23"; "" where none is.
  std::string describeSizes() const;

private:
  double evaluate(const DimExpr &size) const;

  Machine machine;
  llvm::StringMap<int64_t> sizes;
  SmallVector<StringRef> order;
};

} // namespace mlir::lathe

#endif // LATHE_PASSES_COSTMODEL_H
