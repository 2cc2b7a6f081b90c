//===- ParameterCount.h - What counts as a parameter ------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checkpoints also hold the running statistics of batch norms, under PyTorch's
// names. They are measured, not learnt: PyTorch calls them buffers, and
// published numbers of parameters leave them out.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_PARAMETERCOUNT_H
#define LATHE_DIALECT_PARAMETERCOUNT_H

#include "mlir/IR/BuiltinTypes.h"

namespace mlir::lathe {

/// The parameters in the weight `name`: its elements, or none.
inline int64_t countParameters(llvm::StringRef name, Type type) {
  if (name.ends_with("running_mean") || name.ends_with("running_var"))
    return 0;
  return llvm::cast<RankedTensorType>(type).getNumElements();
}

} // namespace mlir::lathe

#endif // LATHE_DIALECT_PARAMETERCOUNT_H
