//===- TopK.cpp - The largest elements of rows ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Context.h"
#include <cmath>
#include <utility>

using namespace lathe::runtime;

namespace {

/// The best elements of a row met so far, as a heap whose root is the worst of
/// them, in the memory of the result.
class Best {
public:
  Best(float *values, int64_t *places) : values(values), places(places) {}

  void add(float value, int64_t place) {
    values[size] = value;
    places[size] = place;
    for (int64_t child = size++; child > 0;) {
      int64_t parent = (child - 1) / 2;
      if (!precedes(parent, child))
        return;
      exchange(parent, child);
      child = parent;
    }
  }

  /// Takes an element, which comes later in the row than all here, in place of
  /// the worst, if it is better.
  void offer(float value, int64_t place) {
    if (!(value > values[0] || (std::isnan(value) && !std::isnan(values[0]))))
      return;
    values[0] = value;
    places[0] = place;
    sink();
  }

  /// Brings the elements into order, the best first.
  void sort() {
    while (size > 1) {
      exchange(0, --size);
      sink();
    }
  }

private:
  /// Whether element i comes before element j in the result.
  bool precedes(int64_t i, int64_t j) const {
    bool iIsNaN = std::isnan(values[i]), jIsNaN = std::isnan(values[j]);
    if (iIsNaN != jIsNaN)
      return iIsNaN;
    if (!iIsNaN && values[i] != values[j])
      return values[i] > values[j];
    return places[i] < places[j];
  }

  void exchange(int64_t i, int64_t j) {
    std::swap(values[i], values[j]);
    std::swap(places[i], places[j]);
  }

  /// Moves the root down to where no child is worse.
  void sink() {
    for (int64_t parent = 0, child; (child = 2 * parent + 1) < size;
         parent = child) {
      if (child + 1 < size && precedes(child, child + 1))
        ++child;
      if (!precedes(parent, child))
        return;
      exchange(parent, child);
    }
  }

  float *values;
  int64_t *places;
  int64_t size = 0;
};

} // namespace

void latheTopK(LatheContext *context, int64_t, const float *x, float *values,
               int64_t *places, int64_t rows, int64_t size, int64_t k) {
  auto select = [&](int64_t row) {
    const float *elements = x + row * size;
    Best best(values + row * k, places + row * k);
    for (int64_t i = 0; i < k; ++i)
      best.add(elements[i], i);
    for (int64_t i = k; i < size; ++i)
      best.offer(elements[i], i);
    best.sort();
  };
  forEachRow(context, rows, 2 * size, select);
}
