//===- Report.h - Outputs for people and for other programs ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MAIN_REPORT_H
#define LATHE_RUNTIME_MAIN_REPORT_H

#include "runtime/main/Findings.h"
#include <nlohmann/json_fwd.hpp>
#include <set>

namespace lathe::runtime {

/// What a call gave, and what there is to know of it.
struct Report {
  const LatheModelInfo &model;
  const LatheEntryInfo &entry;
  const EntryRoles &roles;
  const std::vector<HostTensor> &outputs; ///< Of the entry, in its order.
  /// The image files of each input that was given some.
  const std::map<std::string, std::vector<PlacedImage>> &images;
  /// Outputs that went to files.
  const std::map<std::string, std::string> &written;

  /// Lines of text: the labels of each item, the boxes of each image, and a
  /// summary of what has no role.
  std::string text() const;
  /// One JSON object, described in docs/spec-language.md.
  std::string json() const;

private:
  const HostTensor &outputOf(const std::string &name) const;
  DetectorOutputs outputsOf(const DetectionRole &role, size_t boxes) const;
  /// The file of an item, if each item is an image of `input`; "" is the
  /// entry's image input, the first by name if there are several.
  const PlacedImage *imageOf(const std::string &input, int64_t item,
                             int64_t items) const;
  std::string labelText(const LabelRole &role, size_t i) const;
  std::string detectionText(const DetectionRole &role, size_t i) const;
  nlohmann::ordered_json labelItems(const LabelRole &role, size_t i) const;
  nlohmann::ordered_json detectionItems(const DetectionRole &role,
                                        size_t i) const;
  std::set<std::string> detectorParts() const;
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_MAIN_REPORT_H
