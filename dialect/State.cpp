//===- State.cpp - State that ops own -------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/State.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/State.cpp.inc"

void LatheDialect::addStateOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/State.cpp.inc"
      >();
}
