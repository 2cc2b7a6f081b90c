//===- Activation.h - Constants of activations ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_ACTIVATION_H
#define LATHE_DIALECT_ACTIVATION_H

#include "dialect/LatheDialect.h"

namespace mlir::lathe {

/// The constant `alpha` of an activation where a spec gives none; nothing if
/// the function has no constant.
std::optional<double> getDefaultConstant(ActivationKind kind);

} // namespace mlir::lathe

#endif // LATHE_DIALECT_ACTIVATION_H
