//===- Decomposition.cpp - How an op of a paper becomes smaller ops -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Decomposition.h"

using namespace mlir;
using namespace mlir::lathe;

void lathe::populateDecompositions(RewritePatternSet &patterns) {
  populateAdapterDecompositions(patterns);
  populateMultigridDecompositions(patterns);
  populateRoutingDecompositions(patterns);
  populateSequenceDecompositions(patterns);
  populateSparsityDecompositions(patterns);
  populateDetectionDecompositions(patterns);
  populateSlimDecompositions(patterns);
}
