//===- PartsTest.cpp - Sizes, checksums, random numbers, types
//--------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Checksum.h"
#include "runtime/Random.h"
#include "runtime/SizeExpr.h"
#include "runtime/Types.h"
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

using namespace lathe::runtime;

namespace {

const std::vector<std::string> dims = {"batch", "tokens"};

std::optional<int64_t> evaluate(const char *text, int64_t batch = 7,
                                int64_t tokens = 5) {
  auto expr = SizeExpr::parse(text, dims);
  EXPECT_TRUE(expr) << text;
  int64_t values[] = {batch, tokens};
  return expr ? expr->evaluate(values) : std::nullopt;
}

TEST(SizeExpr, Evaluates) {
  EXPECT_EQ(evaluate("16"), 16);
  EXPECT_EQ(evaluate("batch"), 7);
  EXPECT_EQ(evaluate("2*tokens + 1"), 11);
  EXPECT_EQ(evaluate("batch - tokens - 1"), 1);
  EXPECT_EQ(evaluate("2*(batch + tokens)*3"), 72);
  EXPECT_EQ(evaluate("(tokens + 1)/2*2"), 6);
  EXPECT_EQ(evaluate(" - 3 + batch "), 4);
}

TEST(SizeExpr, DividesDownwards) {
  EXPECT_EQ(evaluate("(tokens - 6)/2"), -1);
  EXPECT_EQ(evaluate("7/2"), 3);
  EXPECT_EQ(evaluate("(0-8)/2"), -4);
}

TEST(SizeExpr, HasNoValueOnOverflow) {
  EXPECT_EQ(evaluate("9223372036854775807 + batch"), std::nullopt);
  EXPECT_EQ(evaluate("9223372036854775807 * batch"), std::nullopt);
  EXPECT_EQ(evaluate("0 - 9223372036854775807 - batch"), std::nullopt);
  EXPECT_EQ(evaluate("batch / (tokens - 5)"), std::nullopt);
  EXPECT_EQ(evaluate("(0 - 9223372036854775807 - 1) / -1"), std::nullopt);
}

TEST(SizeExpr, RefusesNonsense) {
  std::string deep(1000, '(');
  for (const std::string &text :
       {std::string(""), std::string("2*"), std::string("heads"),
        std::string("(2"), std::string("2)"), std::string("2 3"),
        std::string("99999999999999999999"), deep})
    EXPECT_FALSE(SizeExpr::parse(text, dims)) << text;
  EXPECT_EQ(SizeExpr::parse("2*heads", dims).status().message(),
            "cannot read the size '2*heads' at column 3");
}

// The values of the reference implementation.
TEST(Checksum, FollowsSpecification) {
  EXPECT_EQ(hexText(checksum64("", 0)), "ef46db3751d8e999");
  EXPECT_EQ(hexText(checksum64("a", 1)), "d24ec4f1a98c6e5b");
  EXPECT_EQ(hexText(checksum64("abc", 3)), "44bc2cf5ad770999");
  std::vector<unsigned char> bytes(101);
  std::iota(bytes.begin(), bytes.end(), 0);
  EXPECT_EQ(hexText(checksum64(bytes.data(), bytes.size())),
            "e99038495f85381e");
}

TEST(Checksum, TakesPiecesOfAnySize) {
  std::vector<unsigned char> bytes(1000);
  std::iota(bytes.begin(), bytes.end(), 0);
  for (size_t piece : {1, 7, 31, 32, 33, 100}) {
    Checksum64 sum;
    for (size_t i = 0; i < bytes.size(); i += piece)
      sum.update(&bytes[i], std::min(piece, bytes.size() - i));
    EXPECT_EQ(sum.digest(), checksum64(bytes.data(), bytes.size())) << piece;
  }
}

TEST(Random, HasMeanZeroAndVarianceOne) {
  std::vector<float> values(100000);
  fillRandom(LATHE_F32, values.data(), 100000, 1);
  double sum = 0, squares = 0;
  for (float value : values) {
    ASSERT_LE(std::abs(value), std::sqrt(3.0f));
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / 1e5, 0, 0.01);
  EXPECT_NEAR(squares / 1e5, 1, 0.01);
}

TEST(Random, DependsOnSeedAlone) {
  EXPECT_EQ(randomUnit(1, 5), randomUnit(1, 5));
  EXPECT_NE(randomUnit(1, 5), randomUnit(2, 5));
  // SplitMix64's published sequence for the seed 1234567.
  EXPECT_EQ(randomBits(1234567, 0), 6457827717110365317u);
  EXPECT_EQ(randomBits(1234567, 1), 3203168211198807973u);
}

TEST(Random, FillsEveryType) {
  int32_t ids[64];
  fillRandom(LATHE_I32, ids, 64, 1);
  EXPECT_EQ(std::accumulate(ids, ids + 64, 0), 0);
  fillRandom(LATHE_I32, ids, 64, 1, 10);
  EXPECT_GT(std::accumulate(ids, ids + 64, 0), 0);
  EXPECT_LT(*std::max_element(ids, ids + 64), 10);
  uint8_t flags[64];
  fillRandom(LATHE_BOOL, flags, 64, 1);
  EXPECT_NEAR(std::accumulate(flags, flags + 64, 0), 32, 20);
  for (LatheType type : {LATHE_F64, LATHE_F16, LATHE_BF16}) {
    double buffer[8];
    fillRandom(type, buffer, 8, 3);
    for (int64_t i = 0; i < 8; ++i)
      EXPECT_NEAR(elementAsDouble(type, buffer, i), randomUnit(3, i), 0.01);
  }
}

TEST(Types, RoundsToBFloat16) {
  EXPECT_EQ(toBFloat16(1.0f), 0x3f80);
  EXPECT_EQ(toBFloat16(1.00390625f), 0x3f80); // A tie, to even.
  EXPECT_EQ(toBFloat16(1.01171875f), 0x3f82);
  EXPECT_EQ(toBFloat16(-INFINITY), 0xff80);
  EXPECT_EQ(toBFloat16(NAN) & 0x7fc0, 0x7fc0);
}

} // namespace
