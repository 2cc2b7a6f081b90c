//===- Sparsity.cpp - Pruning masks ---------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Sparsity.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Sparsity.cpp.inc"

void LatheDialect::addSparsityOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Sparsity.cpp.inc"
      >();
}
