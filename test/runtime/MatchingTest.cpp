//===- MatchingTest.cpp - Assignments of least cost -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Context.h"
#include "runtime/Random.h"
#include <algorithm>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <vector>

using namespace lathe::runtime;

namespace {

using Matches = std::vector<int64_t>;

Matches match(const std::vector<float> &cost, int64_t batch, int64_t rows,
              int64_t columns, LatheContext *context = nullptr) {
  Matches matches(batch * rows, -7);
  std::vector<int64_t> scratch(batch * latheMatchScratch(rows, columns), -1);
  latheMatch(context, 3, cost.data(), matches.data(), scratch.data(), batch,
             rows, columns);
  return matches;
}

std::vector<float> randomCosts(int64_t count, uint64_t seed) {
  std::vector<float> cost(count);
  fillRandom(LATHE_F32, cost.data(), count, seed);
  return cost;
}

/// The least total cost over all ways to give min(rows, columns) rows a column.
double leastCost(const std::vector<float> &cost, int64_t rows,
                 int64_t columns) {
  std::vector<int64_t> order(std::max(rows, columns));
  std::iota(order.begin(), order.end(), 0);
  double least = std::numeric_limits<double>::infinity();
  do {
    double sum = 0;
    for (int64_t i = 0; i < std::min(rows, columns); ++i)
      sum += rows <= columns ? cost[i * columns + order[i]]
                             : cost[order[i] * columns + i];
    least = std::min(least, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return least;
}

TEST(Matching, FindsTheLeastCostOfAllAssignments) {
  for (int64_t rows = 1; rows <= 5; ++rows)
    for (int64_t columns = 1; columns <= 5; ++columns)
      for (uint64_t seed = 0; seed < 8; ++seed) {
        std::vector<float> cost = randomCosts(rows * columns, seed);
        Matches matches = match(cost, 1, rows, columns);
        double sum = 0;
        std::vector<int64_t> taken;
        for (int64_t row = 0; row < rows; ++row)
          if (matches[row] > 0) {
            taken.push_back(matches[row] - 1);
            sum += cost[row * columns + matches[row] - 1];
          }
        std::sort(taken.begin(), taken.end());
        EXPECT_EQ(std::unique(taken.begin(), taken.end()), taken.end());
        EXPECT_EQ(static_cast<int64_t>(taken.size()), std::min(rows, columns));
        EXPECT_NEAR(sum, leastCost(cost, rows, columns), 1e-5)
            << rows << " rows, " << columns << " columns, seed " << seed;
      }
}

// As scipy does, which promises the identity for a constant matrix.
TEST(Matching, TakesEqualCostsInOrder) {
  EXPECT_EQ(match(std::vector<float>(12, 1.0f), 1, 3, 4), (Matches{1, 2, 3}));
  EXPECT_EQ(match(std::vector<float>(12, 1.0f), 1, 4, 3),
            (Matches{1, 2, 3, 0}));
}

// Costs i * j make paths as long as they get: the largest factor goes with the
// smallest, and all pairs change with every row.
TEST(Matching, ReversesTheOrderOfProducts) {
  for (auto [rows, columns] : {std::pair(37, 37), {20, 53}, {53, 20}}) {
    std::vector<float> cost;
    for (int64_t i = 1; i <= rows; ++i)
      for (int64_t j = 1; j <= columns; ++j)
        cost.push_back(i * j);
    Matches reversed(rows, 0);
    int64_t pairs = std::min(rows, columns);
    for (int64_t i = 0; i < pairs; ++i)
      reversed[i] = pairs - i;
    EXPECT_EQ(match(cost, 1, rows, columns), reversed);
  }
}

TEST(Matching, GivesEachMatrixOfABatchItsOwn) {
  EXPECT_EQ(match({1, 0, 0, 1, 0, 1, 1, 0}, 2, 2, 2), (Matches{2, 1, 1, 2}));
}

TEST(Matching, MatchesNothingWithNothing) {
  EXPECT_EQ(match({}, 2, 3, 0), Matches(6, 0));
  EXPECT_EQ(match({}, 1, 0, 3), Matches());
}

TEST(Matching, ReportsCostsThatAreNotFinite) {
  for (float bad : {std::numeric_limits<float>::infinity(),
                    -std::numeric_limits<float>::infinity(),
                    std::numeric_limits<float>::quiet_NaN()}) {
    LatheContext context;
    EXPECT_EQ(match({1, bad, 1, 1}, 1, 2, 2, &context), (Matches{0, 0}));
    EXPECT_TRUE(context.reported);
    EXPECT_EQ(context.reportedEvent, 3);
    EXPECT_STREQ(context.reportedFault,
                 "met a cost that is infinite or no number");
  }
}

TEST(Matching, IsTheSameWithAnyNumberOfThreads) {
  std::vector<float> cost = randomCosts(16 * 40 * 30, 1);
  LatheContext context;
  context.threads = 3;
  auto pool = ThreadPool::create(3);
  ASSERT_TRUE(pool);
  context.pool = std::move(*pool);
  EXPECT_EQ(match(cost, 16, 40, 30, &context), match(cost, 16, 40, 30));
}

} // namespace
