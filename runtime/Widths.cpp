//===- Widths.cpp - Choosing the widths of slimmable networks -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Context.h"
#include <algorithm>
#include <cmath>

using namespace lathe::runtime;

namespace {

/// A network whose parts come in several widths.
class Configurations {
public:
  Configurations(const double *costs, const int64_t *counts, int64_t slots)
      : costs(costs), counts(counts), slots(slots) {}

  /// The cost of a configuration as a share of the widest one's, rounded as a
  /// budget is: a share that was given is a budget that buys the same.
  float share(const int32_t *widths) const {
    int64_t place = 0, last = 0;
    for (int64_t i = 0; i < slots; ++i) {
      place = place * counts[i] + widths[i];
      last = last * counts[i] + counts[i] - 1;
    }
    return costs[last] > 0 ? static_cast<float>(costs[place] / costs[last]) : 0;
  }

  /// Gives the encoder the widest width within the budget; whether there is
  /// one.
  bool widenEncoder(int32_t *widths, float budget) const {
    for (widths[0] = static_cast<int32_t>(counts[0] - 1); widths[0] > 0;
         --widths[0])
      if (share(widths) <= budget)
        return true;
    return share(widths) <= budget;
  }

  /// The decoder that can be narrower and is preferred least, the last of
  /// equals; 0 if all are at their narrowest.
  int64_t leastPreferred(const int32_t *widths, const float *preference) const {
    int64_t least = 0;
    for (int64_t i = 1; i < slots; ++i)
      if (widths[i] > 0 &&
          (least == 0 || preference[i - 1] <= preference[least - 1]))
        least = i;
    return least;
  }

private:
  const double *costs;
  const int64_t *counts;
  int64_t slots;
};

bool isShare(float value) { return value >= 0 && std::isfinite(value); }

} // namespace

void latheChooseWidths(LatheContext *context, int64_t event,
                       const double *costs, const int64_t *counts,
                       const float *budget, const float *preference,
                       int32_t *widths, float *share, int64_t slots) {
  std::fill_n(widths, slots, 0);
  *share = 0;
  if (!isShare(*budget))
    return reportFault(context, event,
                       "needs a budget that is finite and at least 0");
  if (!std::all_of(preference, preference + slots - 1, isShare))
    return reportFault(context, event,
                       "needs preferences that are finite and at least 0");
  Configurations all(costs, counts, slots);
  float most =
      slots > 1 ? *std::max_element(preference, preference + slots - 1) : 0;
  for (int64_t i = 1; i < slots && most > 0; ++i)
    widths[i] = static_cast<int32_t>(
        std::ceil(static_cast<double>(preference[i - 1]) / most *
                  static_cast<double>(counts[i] - 1)));
  while (!all.widenEncoder(widths, *budget)) {
    int64_t decoder = all.leastPreferred(widths, preference);
    if (decoder == 0)
      break;
    --widths[decoder];
  }
  *share = all.share(widths);
}
