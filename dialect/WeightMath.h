//===- WeightMath.h - What is computed of weights alone -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_WEIGHTMATH_H
#define LATHE_DIALECT_WEIGHTMATH_H

#include "mlir/IR/Block.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::lathe {

/// The values of a block that depend on weights and nothing else: programs have
/// them ready, computed when compiling.
llvm::DenseSet<Value> findWeightMath(Block &block);

/// Whether one value is of that kind.
bool isWeightMath(Value value);

/// The symbols of the weights from which a value of that kind is computed, in
/// the order in which its operands are read; nothing for another value.
std::optional<SmallVector<FlatSymbolRefAttr>> findSourceWeights(Value value);

} // namespace mlir::lathe

#endif // LATHE_DIALECT_WEIGHTMATH_H
