//===- DimBounds.h - Bounds of sizes over named dimensions ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_DIMBOUNDS_H
#define LATHE_DIALECT_DIMBOUNDS_H

#include "dialect/DimExpr.h"
#include "mlir/IR/Operation.h"

namespace mlir::lathe {

/// What is known of the values of a model's dimensions: each is within two
/// numbers, and may have a limit over other dimensions besides
/// (past <= 4096 - tokens).
class DimBounds {
public:
  DimBounds() = default;
  /// Reads `lathe.dims` and `lathe.dim_limits` of a module.
  explicit DimBounds(Operation *module);

  void add(StringRef name, DimExpr::Bounds bounds,
           std::optional<DimExpr> limit = std::nullopt);

  /// Bounds of a size; nothing if a dimension is not known. Limits count where
  /// the size grows with the dimension: past + tokens is at most 4096.
  std::optional<DimExpr::Bounds> of(const DimExpr &size) const;

private:
  struct Limited {
    std::string name;
    DimExpr limit;
  };
  llvm::StringMap<DimExpr::Bounds> bounds;
  std::vector<Limited> limited;
};

} // namespace mlir::lathe

#endif // LATHE_DIALECT_DIMBOUNDS_H
