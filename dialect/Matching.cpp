//===- Matching.cpp - Selection, sorting and matching ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Matching.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Matching.cpp.inc"

void LatheDialect::addMatchingOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Matching.cpp.inc"
      >();
}
