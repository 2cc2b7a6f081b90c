//===- TensorText.h - Tensor types as specs write them --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_TENSORTEXT_H
#define LATHE_FRONTEND_TENSORTEXT_H

#include "frontend/ModelScope.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::lathe::frontend {

/// The type that `f32[batch, 3, ${height}, 8]` stands for; null after a
/// mistake, which is reported. Sizes are expressions over lets and dimensions.
RankedTensorType evaluateTensorType(const YamlNode &node, Scope &scope,
                                    Budget &budget);

/// The element type that a spec calls `name` ("f32", "bool"), or null.
Type getElementType(StringRef name, MLIRContext *context);
ArrayRef<StringRef> getElementNames();
/// What specs call an element type.
std::string getElementName(Type type);

/// Checks that at all values of the dimensions every size is at least 1 and
/// the tensor has at most 2^48 elements; reports at `location` otherwise.
bool checkBounds(RankedTensorType type, Location location, Scope &scope);

} // namespace mlir::lathe::frontend

#endif // LATHE_FRONTEND_TENSORTEXT_H
