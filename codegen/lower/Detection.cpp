//===- Detection.cpp - Query-based detection as linalg --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Detection.h"
#include "codegen/lower/Boxes.h"

using namespace mlir;
using namespace mlir::lathe;

void lathe::populateDetectionLowerings(RewritePatternSet &patterns,
                                       LoweringState &state) {
  populateBoxLowerings(patterns, state);
}
