//===- Findings.cpp - Labels and boxes out of a model's numbers -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/main/Findings.h"
#include "runtime/Types.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace lathe::runtime;

int64_t lathe::runtime::countItems(const HostTensor &tensor, size_t itemRank) {
  return elementCount(
      std::span(tensor.shape).first(tensor.shape.size() - itemRank));
}

/// Numbers `begin` to `begin + count` of a tensor, as probabilities.
static std::vector<double> readScores(const HostTensor &tensor, int64_t begin,
                                      int64_t count, Scores scores) {
  std::vector<double> values(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i)
    values[static_cast<size_t>(i)] =
        elementAsDouble(tensor.type, tensor.data, begin + i);
  if (scores == Scores::Sigmoid)
    for (double &value : values)
      value = 1 / (1 + std::exp(-value));
  if (scores == Scores::Softmax) {
    double largest = *std::ranges::max_element(values), sum = 0;
    for (double &value : values)
      sum += value = std::exp(value - largest);
    for (double &value : values)
      value /= sum;
  }
  return values;
}

/// What orders scores: those that are no numbers come last.
static double rankOf(double score) {
  return std::isnan(score) ? -std::numeric_limits<double>::infinity() : score;
}

/// The places of the scores, the best first, and the first of equals.
static std::vector<size_t> orderOf(const std::vector<double> &scores) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::ranges::sort(order, [&](size_t a, size_t b) {
    double first = rankOf(scores[a]), second = rankOf(scores[b]);
    return first == second ? a < b : first > second;
  });
  return order;
}

static Label labelOf(const std::vector<std::string> &labels, int64_t number,
                     double score) {
  bool isNamed = number >= 0 && static_cast<size_t>(number) < labels.size();
  return {number,
          isNamed ? labels[static_cast<size_t>(number)]
                  : std::to_string(number),
          score};
}

std::vector<Label> lathe::runtime::findLabels(const LabelRole &role,
                                              const HostTensor &output,
                                              int64_t item) {
  int64_t count = output.shape.back();
  std::vector<double> scores =
      readScores(output, item * count, count, role.scores);
  std::vector<size_t> order = orderOf(scores);
  order.resize(std::min(role.top, order.size()));
  std::vector<Label> labels;
  for (size_t i : order)
    labels.push_back(labelOf(role.labels, static_cast<int64_t>(i), scores[i]));
  return labels;
}

/// Intersection over union.
static double overlapOf(const double (&a)[4], const double (&b)[4]) {
  auto area = [](double x1, double y1, double x2, double y2) {
    return std::max(x2 - x1, 0.0) * std::max(y2 - y1, 0.0);
  };
  double shared = area(std::max(a[0], b[0]), std::max(a[1], b[1]),
                       std::min(a[2], b[2]), std::min(a[3], b[3]));
  double both = area(a[0], a[1], a[2], a[3]) + area(b[0], b[1], b[2], b[3]);
  return shared > 0 ? shared / (both - shared) : 0;
}

/// The best class of box `box`, counted over all items.
static Label bestLabel(const DetectionRole &role,
                       const DetectorOutputs &outputs, int64_t box) {
  const HostTensor &scores = outputs.scores;
  if (outputs.classes) {
    double number =
        elementAsDouble(outputs.classes->type, outputs.classes->data, box);
    return labelOf(role.labels, static_cast<int64_t>(number),
                   readScores(scores, box, 1, role.scoresAre)[0]);
  }
  int64_t classes = scores.shape.back();
  std::vector<double> values =
      readScores(scores, box * classes, classes, role.scoresAre);
  // One score more than labels is that of there being nothing.
  if (!role.labels.empty() && values.size() > role.labels.size())
    values.resize(role.labels.size());
  auto best = std::ranges::max_element(values, {}, rankOf);
  return labelOf(role.labels, best - values.begin(), *best);
}

std::vector<Detection>
lathe::runtime::findDetections(const DetectionRole &role,
                               const DetectorOutputs &outputs, int64_t item,
                               const PlacedImage *image) {
  const HostTensor &boxes = outputs.boxes;
  int64_t count = boxes.shape[boxes.shape.size() - 2];
  std::vector<Detection> found;
  std::vector<double> foundScores;
  for (int64_t i = item * count; i < (item + 1) * count; ++i) {
    Detection detection = {bestLabel(role, outputs, i), {}};
    for (int64_t k = 0; k < 4; ++k)
      detection.box[k] = elementAsDouble(boxes.type, boxes.data, 4 * i + k);
    if (!(detection.label.score >= role.threshold))
      continue;
    foundScores.push_back(detection.label.score);
    found.push_back(std::move(detection));
  }
  std::vector<Detection> kept;
  for (size_t i : orderOf(foundScores)) {
    Detection &next = found[i];
    if (kept.size() == role.most)
      break;
    if (role.overlap && std::ranges::any_of(kept, [&](const Detection &better) {
          return better.label.number == next.label.number &&
                 overlapOf(better.box, next.box) > *role.overlap;
        }))
      continue;
    kept.push_back(std::move(next));
  }
  for (Detection &detection : kept)
    for (int k = 0; image && k < 4; ++k) {
      bool isX = k % 2 == 0;
      double place = (detection.box[k] + (isX ? image->left : image->top)) *
                     (isX ? image->scaleX : image->scaleY);
      auto end = static_cast<double>(isX ? image->width : image->height);
      detection.box[k] = std::clamp(place, 0.0, end);
    }
  return kept;
}
