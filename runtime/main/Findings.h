//===- Findings.h - Labels and boxes out of a model's numbers -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MAIN_FINDINGS_H
#define LATHE_RUNTIME_MAIN_FINDINGS_H

#include "runtime/main/ImageInput.h"

namespace lathe::runtime {

/// One of the classes that a model tells apart.
struct Label {
  int64_t number;
  std::string name; ///< The number's digits where it has no name.
  double score;
};

struct Detection {
  Label label;
  double box[4]; ///< x1, y1, x2, y2.
};

/// The best labels of item `item` of an output, best first; the smaller number
/// first among equals.
std::vector<Label> findLabels(const LabelRole &role, const HostTensor &output,
                              int64_t item);

/// What a detector gave: `classes` is null where `scores` has one a class.
struct DetectorOutputs {
  const HostTensor &boxes, &scores;
  const HostTensor *classes;
};

/// The boxes of item `item`, best first. Those of an image file are in its
/// pixels and end where it ends; without one they are as the model gave them.
std::vector<Detection> findDetections(const DetectionRole &role,
                                      const DetectorOutputs &outputs,
                                      int64_t item, const PlacedImage *image);

/// How many items a tensor holds, each of which has `itemRank` dimensions.
int64_t countItems(const HostTensor &tensor, size_t itemRank);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_MAIN_FINDINGS_H
