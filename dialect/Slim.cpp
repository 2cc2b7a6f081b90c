//===- Slim.cpp - Layers of several widths --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Slim.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Slim.cpp.inc"

void LatheDialect::addSlimOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Slim.cpp.inc"
      >();
}
