//===- Boxes.h - Pairs of boxes in lowerings ------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_LOWER_BOXES_H
#define LATHE_CODEGEN_LOWER_BOXES_H

#include "codegen/Lowering.h"

namespace mlir::lathe {

/// The corners (x1, y1, x2, y2) of pairs of boxes, four of each, as inputs of a
/// map.
struct PairInputs {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;

  /// Every pair of boxes [..., N, 4] and others [..., M, 4], over `dims` loops
  /// [..., N, M].
  PairInputs(Structured &b, Value boxes, Value others, unsigned dims);
  /// Each of the boxes [..., 4] with the other at its place, over loops [...].
  static PairInputs atOnePlace(Structured &b, Value boxes, Value others);

private:
  PairInputs() = default;
  void addCorners(Structured &b, Value boxes, unsigned dims,
                  ArrayRef<AffineExpr> place);
};

/// The overlap of a pair, in a body whose first eight arguments are its
/// corners; `eps` is the least denominator.
Value measureOverlap(Structured &b, OverlapKind kind, double eps,
                     ValueRange corners);

// Parts of the family Detection.
void populateBoxLowerings(RewritePatternSet &patterns, LoweringState &state);
void populateAssignmentLowerings(RewritePatternSet &patterns,
                                 LoweringState &state);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_LOWER_BOXES_H
