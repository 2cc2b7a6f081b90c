//===- Detection.cpp - Query-based detection ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Detection.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Detection.cpp.inc"

void LatheDialect::addDetectionOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Detection.cpp.inc"
      >();
}
