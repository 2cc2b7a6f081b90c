//===- Loss.cpp - Losses, computed forwards -------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Loss.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Loss.cpp.inc"

void LatheDialect::addLossOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Loss.cpp.inc"
      >();
}
