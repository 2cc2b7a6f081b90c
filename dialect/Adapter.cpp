//===- Adapter.cpp - Adapters of frozen layers ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Adapter.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Adapter.cpp.inc"

void LatheDialect::addAdapterOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Adapter.cpp.inc"
      >();
}
