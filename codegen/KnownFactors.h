//===- KnownFactors.h - What divides a size that is not known -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_KNOWNFACTORS_H
#define LATHE_CODEGEN_KNOWNFACTORS_H

#include "mlir/IR/Value.h"

namespace mlir::lathe::kernel {

/// The largest known number that divides an index: all of it if it is constant,
/// the greatest common divisor of widths among which an input chooses, 1 if
/// nothing is known. 0 is 0's.
int64_t getKnownFactor(Value index);

/// The same of a memref's size along `dim`.
int64_t getKnownFactor(Value memref, unsigned dim);

} // namespace mlir::lathe::kernel

#endif // LATHE_CODEGEN_KNOWNFACTORS_H
