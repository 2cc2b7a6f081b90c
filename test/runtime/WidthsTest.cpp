//===- WidthsTest.cpp - Choosing the widths of slimmable networks ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Context.h"
#include <gtest/gtest.h>
#include <limits>
#include <vector>

using namespace lathe::runtime;

namespace {

/// An encoder of three widths and two decoders of two: cost 10 (1 + encoder) +
/// 3 (1 + first) + (1 + second), of which the widest is 38.
struct Choice {
  std::vector<int32_t> widths = std::vector<int32_t>(3, -1);
  float share = -1;

  explicit Choice(float budget, std::vector<float> preference,
                  LatheContext *context = nullptr) {
    const std::vector<int64_t> counts = {3, 2, 2};
    std::vector<double> costs;
    for (int encoder = 1; encoder <= 3; ++encoder)
      for (int first = 1; first <= 2; ++first)
        for (int second = 1; second <= 2; ++second)
          costs.push_back(10 * encoder + 3 * first + second);
    latheChooseWidths(context, 0, costs.data(), counts.data(), &budget,
                      preference.data(), widths.data(), &share, 3);
  }
};

using Widths = std::vector<int32_t>;

TEST(Widths, PreferencesChooseDecodersAndTheBudgetTheEncoder) {
  Choice all(1, {1, 1});
  EXPECT_EQ(all.widths, (Widths{2, 1, 1}));
  EXPECT_FLOAT_EQ(all.share, 1);
  // Any preference at all widens a decoder of two widths; none does not.
  EXPECT_EQ(Choice(1, {1, 0}).widths, (Widths{2, 1, 0}));
  EXPECT_EQ(Choice(1, {0.01f, 5}).widths, (Widths{2, 1, 1}));
  EXPECT_EQ(Choice(1, {0, 0}).widths, (Widths{2, 0, 0}));
  // 28 of 38 with the middle encoder, 18 with the narrowest.
  EXPECT_EQ(Choice(28.0f / 38, {1, 1}).widths, (Widths{1, 1, 1}));
  EXPECT_EQ(Choice(27.9f / 38, {1, 1}).widths, (Widths{0, 1, 1}));
}

TEST(Widths, TheLeastPreferredDecoderGetsNarrowerFirst) {
  EXPECT_EQ(Choice(17.5f / 38, {2, 1}).widths, (Widths{0, 1, 0}));
  EXPECT_EQ(Choice(15.5f / 38, {1, 2}).widths, (Widths{0, 0, 1}));
  // Of equals the last.
  EXPECT_EQ(Choice(17.5f / 38, {1, 1}).widths, (Widths{0, 1, 0}));
}

TEST(Widths, WhatFitsNotAtAllIsTheNarrowest) {
  Choice none(0, {1, 1});
  EXPECT_EQ(none.widths, (Widths{0, 0, 0}));
  EXPECT_FLOAT_EQ(none.share, 14.0f / 38);
}

TEST(Widths, BadNumbersAreReported) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const auto &[budget, preference] : std::vector<std::pair<float, float>>{
           {nan, 1}, {-1, 1}, {1, nan}, {1, -1}}) {
    LatheContext context;
    Choice bad(budget, {preference, 1}, &context);
    EXPECT_TRUE(context.reported.load());
    EXPECT_EQ(bad.widths, (Widths{0, 0, 0}));
  }
}

} // namespace
