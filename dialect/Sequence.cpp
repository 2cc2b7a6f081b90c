//===- Sequence.cpp - Attention over sequences and what goes with it ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Sequence.h"

using namespace mlir;
using namespace mlir::lathe;

#define GET_OP_CLASSES
#include "dialect/Sequence.cpp.inc"

void LatheDialect::addSequenceOps() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Sequence.cpp.inc"
      >();
}
