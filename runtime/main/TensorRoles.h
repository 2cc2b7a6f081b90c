//===- TensorRoles.h - What inputs and outputs stand for ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MAIN_TENSORROLES_H
#define LATHE_RUNTIME_MAIN_TENSORROLES_H

#include "runtime/Status.h"
#include <map>
#include <vector>

namespace lathe::runtime {

/// An input [batch, channels, height, width] that image files may be given
/// for. A value v of 0 to 255 becomes (v / 255 - mean) / std.
struct ImageRole {
  /// How an image of another size is made to fit: each side by itself; cut to
  /// the shape that is wanted; not at all.
  enum Resize { Stretch, Crop, None };
  int64_t channels = 3; ///< 3: red, green, blue; 1: grey.
  std::vector<float> mean, std;
  Resize resize = Stretch;
};

/// What makes probabilities of an output's numbers.
enum class Scores { None, Sigmoid, Softmax };

/// An output [..., classes] whose numbers are the scores of classes.
struct LabelRole {
  std::vector<std::string> labels;
  size_t top = 5; ///< How many are reported.
  Scores scores = Scores::Softmax;
};

/// An output [..., boxes, 4] of x1, y1, x2, y2 in pixels of an image input.
struct DetectionRole {
  std::string scores;  ///< The output of the scores, a class each or one a box.
  std::string classes; ///< The output of the class numbers, or "".
  std::string image;   ///< The input, or "".
  std::vector<std::string> labels; ///< May be empty.
  Scores scoresAre = Scores::None;
  double threshold = 0; ///< Boxes that score less are left out.
  size_t most = 100;    ///< How many are reported.
  /// A box that overlaps a better one of its class by more is left out.
  std::optional<double> overlap;
};

/// By the tensors' names.
struct EntryRoles {
  std::map<std::string, ImageRole> images;
  std::map<std::string, LabelRole> labels;
  std::map<std::string, DetectionRole> detections;
};

/// The roles of each entry, from the descriptor.
Result<std::vector<EntryRoles>> readRoles(const LatheModelInfo &model);

/// What to say of a tensor beside its type, such as ", rgb8 image"; "" for one
/// without a role.
std::string describeRole(const EntryRoles &roles, const std::string &tensor);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_MAIN_TENSORROLES_H
