//===- DimBoundsTest.cpp - Bounds of sizes over named dimensions ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/DimBounds.h"
#include <gtest/gtest.h>

using namespace mlir::lathe;

namespace {

class Bounds : public testing::Test {
protected:
  void SetUp() override {
    bounds.add("tokens", {1, 4096});
    bounds.add("past", {0, 4095}, DimExpr::parse("4096 - tokens"));
    bounds.add("extra", {0, 100}, DimExpr::parse("past"));
  }
  /// "least to most", or "none".
  std::string of(llvm::StringRef size) {
    auto range = bounds.of(*DimExpr::parse(size));
    return range ? std::to_string(range->first) + " to " +
                       std::to_string(range->second)
                 : "none";
  }
  DimBounds bounds;
};

TEST_F(Bounds, AreThoseOfTheParts) {
  EXPECT_EQ(of("7"), "7 to 7");
  EXPECT_EQ(of("2*tokens + 1"), "3 to 8193");
  EXPECT_EQ(of("heads"), "none");
}

TEST_F(Bounds, HeedLimits) {
  EXPECT_EQ(of("past"), "0 to 4095");
  EXPECT_EQ(of("past + tokens"), "1 to 4096");
  EXPECT_EQ(of("2*past + 2*tokens + 3"), "5 to 8195");
  EXPECT_EQ(of("past + 3*tokens"), "3 to 12288");
}

TEST_F(Bounds, HeedLimitsOfLimits) {
  EXPECT_EQ(of("extra + past"), "0 to 4195");
  EXPECT_EQ(of("extra + tokens"), "1 to 4096");
}

TEST_F(Bounds, LeaveProductsAndDifferencesAlone) {
  EXPECT_EQ(of("past*tokens"), "0 to 16773120");
  EXPECT_EQ(of("tokens - past"), "-4094 to 4096");
  EXPECT_EQ(of("past + tokens + past*tokens"), "1 to 16781311");
}

} // namespace
