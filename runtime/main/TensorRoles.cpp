//===- TensorRoles.cpp - What inputs and outputs stand for ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler wrote and checked the JSON read here: see
// runtime/Descriptor.cpp.
//
//===----------------------------------------------------------------------===//

#include "runtime/main/TensorRoles.h"
#include <nlohmann/json.hpp>

using namespace lathe::runtime;
using nlohmann::json;

static ImageRole readImageRole(const json &image) {
  auto resize = image.at("resize").get<std::string>();
  ImageRole role;
  role.channels = image.at("from") == "gray8" ? 1 : 3;
  role.mean = image.at("mean").get<std::vector<float>>();
  role.std = image.at("std").get<std::vector<float>>();
  role.resize = resize == "crop"   ? ImageRole::Crop
                : resize == "none" ? ImageRole::None
                                   : ImageRole::Stretch;
  // One number a channel is read off below.
  role.mean.at(static_cast<size_t>(role.channels) - 1);
  role.std.at(static_cast<size_t>(role.channels) - 1);
  return role;
}

static Scores readScores(const json &name) {
  return name == "softmax"   ? Scores::Softmax
         : name == "sigmoid" ? Scores::Sigmoid
                             : Scores::None;
}

static LabelRole readLabelRole(const json &labels) {
  return {labels.at("names").get<std::vector<std::string>>(),
          labels.at("top").get<size_t>(), readScores(labels.at("scores"))};
}

static DetectionRole readDetectionRole(const json &detections) {
  DetectionRole role;
  role.scores = detections.at("scores").get<std::string>();
  role.classes = detections.value("classes", "");
  role.image = detections.value("image", "");
  role.labels = detections.value("labels", std::vector<std::string>());
  role.scoresAre = readScores(detections.at("scores_are"));
  role.threshold = detections.at("threshold").get<double>();
  role.most = detections.at("most").get<size_t>();
  if (detections.contains("nms"))
    role.overlap = detections["nms"].get<double>();
  return role;
}

static EntryRoles readEntryRoles(const json &entry) {
  EntryRoles roles;
  for (const json &input : entry.at("inputs"))
    if (input.contains("image"))
      roles.images[input.at("name")] = readImageRole(input["image"]);
  for (const json &output : entry.at("outputs")) {
    if (output.contains("labels"))
      roles.labels[output.at("name")] = readLabelRole(output["labels"]);
    if (output.contains("detections"))
      roles.detections[output.at("name")] =
          readDetectionRole(output["detections"]);
  }
  return roles;
}

Result<std::vector<EntryRoles>>
lathe::runtime::readRoles(const LatheModelInfo &model) {
  std::vector<EntryRoles> roles;
  try {
    const json descriptor = json::parse(model.json);
    for (const json &entry : descriptor.at("entries"))
      if (!entry.contains("variant_of"))
        roles.push_back(readEntryRoles(entry));
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const std::exception &error) {
    return Status(LATHE_BAD_MODEL,
                  concat("the model's descriptor is malformed (", error.what(),
                         "); compile the model again"));
  }
  return roles;
}

std::string lathe::runtime::describeRole(const EntryRoles &roles,
                                         const std::string &tensor) {
  if (auto image = roles.images.find(tensor); image != roles.images.end())
    return image->second.channels == 1 ? ", grey image" : ", colour image";
  if (auto labels = roles.labels.find(tensor); labels != roles.labels.end())
    return concat(", scores of ", labels->second.labels.size(), " labels");
  if (roles.detections.contains(tensor))
    return ", detections";
  return "";
}
