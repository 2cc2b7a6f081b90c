//===- Multigrid.cpp - Multigrid operators --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Multigrid.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Multigrid.cpp.inc"

void LatheDialect::addMultigridOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Multigrid.cpp.inc"
      >();
}
