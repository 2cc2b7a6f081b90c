//===- Routing.cpp - Routing of tokens to experts -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Routing.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Routing.cpp.inc"

void LatheDialect::addRoutingOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Routing.cpp.inc"
      >();
}
