//===- Sampling.cpp - Drawing tokens --------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Context.h"
#include "runtime/Random.h"
#include <algorithm>
#include <cmath>

using namespace lathe::runtime;

namespace {

/// A number in [0, 1) of 53 random bits.
double drawUniform(int64_t seed, int64_t counter, int64_t row) {
  uint64_t run = randomBits(randomBits(seed, 0), counter);
  uint64_t bits = randomBits(run, row);
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

/// How tokens are chosen.
struct Choice {
  float temperature;
  int64_t limit;
  float mass;

  /// What stands against it, or null.
  const char *fault() const {
    if (!(temperature >= 0) || std::isinf(temperature))
      return "needs a temperature that is finite and at least 0";
    if (limit < 0)
      return "needs a top_k of at least 0";
    if (!(mass > 0 && mass <= 1))
      return "needs a top_p above 0 and at most 1";
    return nullptr;
  }
};

/// One row of logits.
class Row {
public:
  Row(const float *logits, int64_t *order, int64_t size)
      : logits(logits), order(order), size(size) {}

  /// The place of the greatest logit, the first of equals.
  int64_t best() const {
    return std::max_element(logits, logits + size) - logits;
  }

  /// Whether the softmax of the logits is defined.
  bool isDefined() const {
    return std::none_of(logits, logits + size,
                        [](float x) { return std::isnan(x); }) &&
           std::isfinite(logits[best()]);
  }

  int64_t draw(const Choice &choice, double uniform) {
    double highest = logits[best()];
    auto weight = [&](int64_t token) {
      return std::exp((logits[token] - highest) / choice.temperature);
    };
    int64_t count = sort(choice);
    double sum = 0;
    for (int64_t i = 0; i < count; ++i)
      sum += weight(order[i]);
    if (choice.mass < 1) {
      double wanted = sum * choice.mass, reached = 0;
      int64_t kept = 0;
      while (kept < count && reached < wanted)
        reached += weight(order[kept++]);
      count = kept;
      sum = reached;
    }
    double target = uniform * sum, reached = 0;
    for (int64_t i = 0; i < count; ++i) {
      reached += weight(order[i]);
      if (reached > target)
        return order[i];
    }
    // The sums may differ from one another by a rounding.
    return order[count - 1];
  }

private:
  /// Writes the tokens to choose from into `order`, the most probable first
  /// where that matters; returns how many they are.
  int64_t sort(const Choice &choice) {
    for (int64_t i = 0; i < size; ++i)
      order[i] = i;
    int64_t count = choice.limit > 0 ? std::min(choice.limit, size) : size;
    if (count == size && choice.mass == 1)
      return count;
    std::partial_sort(
        order, order + count, order + size, [&](int64_t a, int64_t b) {
          return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
        });
    return count;
  }

  const float *logits;
  int64_t *order;
  int64_t size;
};

} // namespace

void latheSample(LatheContext *context, int64_t event, const float *logits,
                 const float *temperature, const int64_t *limit,
                 const float *mass, const int64_t *seed, const int64_t *counter,
                 int64_t *tokens, int64_t *scratch, int64_t rows,
                 int64_t size) {
  Choice choice = {*temperature, *limit, *mass};
  if (const char *fault = choice.fault()) {
    std::fill_n(tokens, rows, 0);
    return reportFault(context, event, fault);
  }
  auto draw = [&](int64_t i) {
    Row row(logits + i * size, scratch + i * size, size);
    tokens[i] = 0;
    if (!row.isDefined())
      return reportFault(context, event,
                         "met logits that have no finite maximum");
    tokens[i] = choice.temperature == 0
                    ? row.best()
                    : row.draw(choice, drawUniform(*seed, *counter, i));
  };
  forEachRow(context, rows, 32 * size, draw);
}
