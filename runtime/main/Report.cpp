//===- Report.cpp - Outputs for people and for other programs -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/main/Report.h"
#include "runtime/Types.h"
#include "runtime/main/CommandLine.h"
#include <cstdio>
#include <nlohmann/json.hpp>

using namespace lathe::runtime;
using nlohmann::ordered_json;

template <typename... Values>
static std::string format(const char *form, Values... values) {
  char text[200];
  snprintf(text, sizeof(text), form, values...);
  return text;
}

/// "99.98 %", or the number itself where it is no probability.
static std::string scoreText(double score, Scores scores) {
  return scores == Scores::None ? format("%.6g", score)
                                : format("%.2f %%", 100 * score);
}

const HostTensor &Report::outputOf(const std::string &name) const {
  auto all = lathe::runtime::outputsOf(entry);
  auto found = std::ranges::find_if(
      all, [&](const LatheTensorInfo &info) { return info.name == name; });
  return outputs[static_cast<size_t>(found - all.begin())];
}

DetectorOutputs Report::outputsOf(const DetectionRole &role,
                                  size_t boxes) const {
  return {outputs[boxes], outputOf(role.scores),
          role.classes.empty() ? nullptr : &outputOf(role.classes)};
}

const PlacedImage *Report::imageOf(const std::string &input, int64_t item,
                                   int64_t items) const {
  auto found = images.begin();
  if (!input.empty())
    found = images.find(input);
  if (found == images.end() ||
      static_cast<int64_t>(found->second.size()) != items)
    return nullptr;
  return &found->second[static_cast<size_t>(item)];
}

/// "logits, cat.png: ", or "logits, item 3: ".
static std::string heading(const char *output, const PlacedImage *image,
                           int64_t item) {
  return concat(output, ", ", image ? image->file : concat("item ", item),
                ": ");
}

std::string Report::labelText(const LabelRole &role, size_t i) const {
  std::string text;
  int64_t items = countItems(outputs[i], 1);
  for (int64_t item = 0; item < items; ++item) {
    text += heading(entry.outputs[i].name, imageOf("", item, items), item);
    const char *between = "";
    for (const Label &label : findLabels(role, outputs[i], item)) {
      text +=
          concat(between, scoreText(label.score, role.scores), " ", label.name);
      between = "; ";
    }
    text += "\n";
  }
  return text;
}

std::string Report::detectionText(const DetectionRole &role, size_t i) const {
  std::string text;
  int64_t items = countItems(outputs[i], 2);
  for (int64_t item = 0; item < items; ++item) {
    const PlacedImage *image = imageOf(role.image, item, items);
    std::string head = heading(entry.outputs[i].name, image, item);
    auto found = findDetections(role, outputsOf(role, i), item, image);
    for (const Detection &it : found)
      text += concat(head, scoreText(it.label.score, role.scoresAre), " ",
                     it.label.name,
                     format(" at %.1f %.1f %.1f %.1f", it.box[0], it.box[1],
                            it.box[2], it.box[3]),
                     "\n");
    if (found.empty())
      text += concat(head, "nothing\n");
  }
  return text;
}

/// The outputs that detections are made of: they need no summary.
std::set<std::string> Report::detectorParts() const {
  std::set<std::string> parts;
  for (const auto &[name, role] : roles.detections)
    parts.insert({role.scores, role.classes});
  return parts;
}

std::string Report::text() const {
  std::set<std::string> parts = detectorParts();
  std::string text;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const LatheTensorInfo &info = entry.outputs[i];
    if (written.contains(info.name))
      continue;
    if (auto role = roles.labels.find(info.name); role != roles.labels.end())
      text += labelText(role->second, i);
    else if (auto role = roles.detections.find(info.name);
             role != roles.detections.end())
      text += detectionText(role->second, i);
    else if (!parts.contains(info.name))
      text += summarise(info, outputs[i]) + "\n";
  }
  return text;
}

static ordered_json toJson(const Label &label) {
  return {
      {"label", label.name}, {"number", label.number}, {"score", label.score}};
}

/// An item: its image, if it is one.
static ordered_json itemToJson(const PlacedImage *image) {
  ordered_json item = ordered_json::object();
  if (image) {
    item["file"] = image->file;
    item["width"] = image->width;
    item["height"] = image->height;
  }
  return item;
}

static ordered_json valuesToJson(const HostTensor &tensor) {
  ordered_json values = ordered_json::array();
  for (int64_t i = 0, n = elementCount(tensor.shape); i < n; ++i) {
    double value = elementAsDouble(tensor.type, tensor.data, i);
    if (isFloat(tensor.type))
      values.push_back(value);
    else
      values.push_back(static_cast<int64_t>(value));
  }
  return values;
}

ordered_json Report::labelItems(const LabelRole &role, size_t i) const {
  ordered_json items = ordered_json::array();
  int64_t count = countItems(outputs[i], 1);
  for (int64_t item = 0; item < count; ++item) {
    ordered_json &next =
        items.emplace_back(itemToJson(imageOf("", item, count)));
    for (const Label &label : findLabels(role, outputs[i], item))
      next["labels"].push_back(toJson(label));
  }
  return items;
}

ordered_json Report::detectionItems(const DetectionRole &role, size_t i) const {
  ordered_json items = ordered_json::array();
  int64_t count = countItems(outputs[i], 2);
  for (int64_t item = 0; item < count; ++item) {
    const PlacedImage *image = imageOf(role.image, item, count);
    ordered_json boxes = ordered_json::array();
    for (const Detection &it :
         findDetections(role, outputsOf(role, i), item, image)) {
      boxes.push_back(toJson(it.label));
      boxes.back()["box"] = it.box;
    }
    items.push_back(itemToJson(image));
    items.back()["detections"] = std::move(boxes);
  }
  return items;
}

std::string Report::json() const {
  std::set<std::string> parts = detectorParts();
  ordered_json all = ordered_json::object();
  for (size_t i = 0; i < outputs.size(); ++i) {
    const LatheTensorInfo &info = entry.outputs[i];
    if (written.contains(info.name) || parts.contains(info.name))
      continue;
    ordered_json &output = all[info.name];
    output["type"] = namesOf(info.type).lathe;
    output["shape"] = outputs[i].shape;
    if (auto role = roles.labels.find(info.name); role != roles.labels.end())
      output["items"] = labelItems(role->second, i);
    else if (auto role = roles.detections.find(info.name);
             role != roles.detections.end())
      output["items"] = detectionItems(role->second, i);
    else
      output["values"] = valuesToJson(outputs[i]);
  }
  ordered_json report = {{"model", model.name},
                         {"entry", entry.name},
                         {"outputs", std::move(all)}};
  // Names of files may be no UTF-8.
  return report.dump(-1, ' ', /*ensure_ascii=*/false,
                     ordered_json::error_handler_t::replace) +
         "\n";
}
