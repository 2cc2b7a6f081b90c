//===- Grouping.cpp - Sorting by small numbers ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/abi.h"
#include <algorithm>

void latheGroup(LatheContext *, int64_t, const int64_t *numbers, int64_t *order,
                int64_t *places, int64_t *offsets, int64_t count,
                int64_t groups) {
  auto belongs = [&](int64_t i) {
    return numbers[i] >= 0 && numbers[i] < groups;
  };
  std::fill_n(offsets, groups + 1, 0);
  for (int64_t i = 0; i < count; ++i)
    if (belongs(i))
      ++offsets[numbers[i] + 1];
  for (int64_t group = 0; group < groups; ++group)
    offsets[group + 1] += offsets[group];
  // While filling, offsets[g] is the next free place of group g, so that in the
  // end it is where group g + 1 begins.
  int64_t rest = offsets[groups];
  for (int64_t i = 0; i < count; ++i) {
    places[i] = belongs(i) ? offsets[numbers[i]]++ : rest++;
    order[places[i]] = i;
  }
  for (int64_t group = groups; group > 0; --group)
    offsets[group] = offsets[group - 1];
  offsets[0] = 0;
}
