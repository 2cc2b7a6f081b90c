//===- RoutingTest.cpp - Selection, grouping and sampling -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Context.h"
#include "runtime/Random.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <vector>

using namespace lathe::runtime;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
const float nan = std::numeric_limits<float>::quiet_NaN();

using Places = std::vector<int64_t>;

//===----------------------------------------------------------------------===//
// The largest elements
//===----------------------------------------------------------------------===//

Places topK(const std::vector<float> &x, int64_t rows, int64_t k,
            LatheContext *context = nullptr) {
  std::vector<float> values(rows * k);
  Places places(rows * k);
  int64_t size = x.size() / rows;
  latheTopK(context, 0, x.data(), values.data(), places.data(), rows, size, k);
  for (int64_t i = 0; i < rows * k; ++i) {
    float value = x[i / k * size + places[i]];
    EXPECT_TRUE(values[i] == value ||
                (std::isnan(values[i]) && std::isnan(value)));
  }
  return places;
}

TEST(TopK, PutsTheLargestFirstAndTheFirstOfEqualsFirst) {
  EXPECT_EQ(topK({1, 3, 2, 3, 0}, 1, 3), (Places{1, 3, 2}));
  EXPECT_EQ(topK({5, 5, 5, 5}, 1, 4), (Places{0, 1, 2, 3}));
  EXPECT_EQ(topK({0, 1, 1, 0}, 2, 1), (Places{1, 0}));
  EXPECT_EQ(topK({7}, 1, 1), (Places{0}));
}

TEST(TopK, CountsNaNAsTheLargest) {
  EXPECT_EQ(topK({1, nan, infinity, nan}, 1, 3), (Places{1, 3, 2}));
  EXPECT_EQ(topK({nan, nan, nan}, 1, 2), (Places{0, 1}));
  EXPECT_EQ(topK({-infinity, -infinity, -1}, 1, 2), (Places{2, 0}));
}

TEST(TopK, AgreesWithSortingOnAnyNumberOfThreads) {
  constexpr int64_t rows = 97, size = 1009;
  std::vector<float> x(rows * size);
  for (int64_t i = 0; i < rows * size; ++i)
    x[i] = static_cast<float>(randomBits(5, i) % 301); // with equals
  LatheContext context;
  context.threads = 3;
  auto pool = ThreadPool::create(3);
  ASSERT_TRUE(pool);
  context.pool = std::move(*pool);
  for (int64_t k : {int64_t(1), int64_t(50), size}) {
    Places wanted;
    for (int64_t row = 0; row < rows; ++row) {
      const float *elements = &x[row * size];
      Places order(size);
      std::iota(order.begin(), order.end(), 0);
      std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        return elements[a] != elements[b] ? elements[a] > elements[b] : a < b;
      });
      wanted.insert(wanted.end(), order.begin(), order.begin() + k);
    }
    EXPECT_EQ(topK(x, rows, k, &context), wanted);
    EXPECT_EQ(topK(x, rows, k), wanted);
  }
}

//===----------------------------------------------------------------------===//
// Grouping
//===----------------------------------------------------------------------===//

TEST(Grouping, KeepsTheOrderWithinGroupsAndPutsTheRestLast) {
  Places numbers = {2, 9, 0, 2, -1, 0}, order(6), places(6), offsets(4);
  latheGroup(nullptr, 0, numbers.data(), order.data(), places.data(),
             offsets.data(), 6, 3);
  EXPECT_EQ(offsets, (Places{0, 2, 2, 4}));
  EXPECT_EQ(order, (Places{2, 5, 0, 3, 1, 4}));
  EXPECT_EQ(places, (Places{2, 4, 0, 3, 5, 1}));
}

TEST(Grouping, GroupsNothing) {
  Places offsets(3, -1);
  latheGroup(nullptr, 0, nullptr, nullptr, nullptr, offsets.data(), 0, 2);
  EXPECT_EQ(offsets, (Places{0, 0, 0}));
}

//===----------------------------------------------------------------------===//
// Sampling
//===----------------------------------------------------------------------===//

struct Sampler {
  float temperature = 1;
  int64_t limit = 0;
  float mass = 1;
  int64_t seed = 0;

  int64_t draw(const std::vector<float> &logits, int64_t counter,
               LatheContext *context = nullptr) const {
    int64_t token = -1;
    std::vector<int64_t> scratch(logits.size());
    latheSample(context, 0, logits.data(), &temperature, &limit, &mass, &seed,
                &counter, &token, scratch.data(), 1, logits.size());
    return token;
  }

  /// How often each token comes in `draws` draws.
  std::vector<double> frequencies(const std::vector<float> &logits,
                                  int64_t draws = 20000) const {
    std::vector<double> counts(logits.size());
    for (int64_t i = 0; i < draws; ++i)
      counts[draw(logits, i)] += 1.0 / draws;
    return counts;
  }
};

/// Logits whose softmax is `p`.
std::vector<float> logitsOf(std::vector<float> p) {
  for (float &x : p)
    x = std::log(x) + 3;
  return p;
}

TEST(Sampling, TakesTheMostProbableAtTemperatureZero) {
  Sampler sampler;
  sampler.temperature = 0;
  for (int64_t counter = 0; counter < 20; ++counter)
    EXPECT_EQ(sampler.draw({1, 4, -2, 4}, counter), 1);
}

TEST(Sampling, DrawsByTheProbabilities) {
  std::vector<double> counts =
      Sampler().frequencies(logitsOf({0.1f, 0.6f, 0.3f}));
  EXPECT_NEAR(counts[0], 0.1, 0.015);
  EXPECT_NEAR(counts[1], 0.6, 0.015);
  EXPECT_NEAR(counts[2], 0.3, 0.015);
}

TEST(Sampling, SharpensByTemperature) {
  Sampler sampler;
  sampler.temperature = 0.5f; // squares the probabilities
  std::vector<double> counts = sampler.frequencies(logitsOf({0.25f, 0.75f}));
  EXPECT_NEAR(counts[1], 0.9, 0.015);
}

TEST(Sampling, KeepsTheMostProbable) {
  Sampler sampler;
  sampler.limit = 2;
  std::vector<double> counts =
      sampler.frequencies(logitsOf({0.1f, 0.4f, 0.3f, 0.2f}));
  EXPECT_EQ(counts[0] + counts[3], 0);
  EXPECT_NEAR(counts[1], 4.0 / 7, 0.015);
  sampler.limit = 0;
  sampler.mass = 0.5f; // 0.4 does not reach it, 0.7 does
  counts = sampler.frequencies(logitsOf({0.1f, 0.4f, 0.3f, 0.2f}));
  EXPECT_EQ(counts[0] + counts[3], 0);
  EXPECT_NEAR(counts[1], 4.0 / 7, 0.015);
  sampler.limit = 100;
  sampler.mass = 1e-6f;
  EXPECT_EQ(sampler.draw(logitsOf({0.1f, 0.4f, 0.3f, 0.2f}), 5), 1);
}

TEST(Sampling, NeverDrawsWhatIsMasked) {
  std::vector<double> counts = Sampler().frequencies({-infinity, 0, -infinity});
  EXPECT_EQ(counts[0] + counts[2], 0);
}

TEST(Sampling, DependsOnSeedAndCounterAlone) {
  std::vector<float> logits(1000, 0.0f);
  Sampler sampler, other;
  other.seed = 1;
  EXPECT_EQ(sampler.draw(logits, 7), sampler.draw(logits, 7));
  EXPECT_NE(sampler.draw(logits, 7), sampler.draw(logits, 8));
  EXPECT_NE(sampler.draw(logits, 7), other.draw(logits, 7));
}

TEST(Sampling, ReportsWhatAdmitsNoDraw) {
  auto faultOf = [](Sampler sampler, std::vector<float> logits) {
    LatheContext context;
    EXPECT_EQ(sampler.draw(logits, 0, &context), 0);
    return std::string(context.reportedFault ? context.reportedFault : "");
  };
  EXPECT_EQ(faultOf({-1, 0, 1, 0}, {1}),
            "needs a temperature that is finite and at least 0");
  EXPECT_EQ(faultOf({nan, 0, 1, 0}, {1}),
            "needs a temperature that is finite and at least 0");
  EXPECT_EQ(faultOf({1, -1, 1, 0}, {1}), "needs a top_k of at least 0");
  EXPECT_EQ(faultOf({1, 0, 0, 0}, {1}), "needs a top_p above 0 and at most 1");
  EXPECT_EQ(faultOf({1, 0, 1.5f, 0}, {1}),
            "needs a top_p above 0 and at most 1");
  for (float bad : {nan, infinity, -infinity})
    EXPECT_EQ(faultOf({1, 0, 1, 0}, {bad}),
              "met logits that have no finite maximum");
}

} // namespace
