//===- StateTest.cpp - Dims and ranges of inputs' values, and states ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FakeModel.h"
#include "TestSupport.h"
#include "runtime/lathe.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

using testing::ElementsAre;

namespace {

/// Runs the entry "append" of the fake model.
class Append : public testing::Test {
protected:
  void SetUp() override {
    writeFakeWeights(folder / "fake.weights");
    ASSERT_EQ(latheModelOpen(&latheModel, &model, &status), LATHE_OK);
    ASSERT_EQ(latheModelLoadWeights(model, (folder / "fake.weights").c_str(),
                                    &status),
              LATHE_OK);
    for (LatheInstance *&instance : instances)
      ASSERT_EQ(latheInstanceCreate(model, nullptr, &instance, &status),
                LATHE_OK);
  }
  void TearDown() override {
    for (LatheInstance *instance : instances)
      latheInstanceDestroy(instance);
    latheModelClose(model);
  }

  struct Inputs {
    std::vector<float> x = {1};
    int32_t position = 0;
    int64_t choice = 0;
    std::vector<int32_t> codes = {0, 0};
  };

  /// What the state holds afterwards; the message of a failure is in `status`.
  std::vector<float> run(Inputs values, size_t instance = 0) {
    auto steps = static_cast<int64_t>(values.x.size());
    values.codes.resize(2 * values.x.size());
    int64_t stepsShape[] = {steps}, one[] = {1}, codesShape[] = {2, steps};
    LatheTensor inputs[] = {{LATHE_F32, 1, stepsShape, values.x.data()},
                            {LATHE_I32, 0, nullptr, &values.position},
                            {LATHE_I64, 1, one, &values.choice},
                            {LATHE_I32, 2, codesShape, values.codes.data()}};
    int64_t allShape[1], chosenShape[1];
    if (latheModelOutputShape(model, 3, inputs, 4, 0, allShape, &status) ||
        latheModelOutputShape(model, 3, inputs, 4, 1, chosenShape, &status))
      return {};
    std::vector<float> all(static_cast<size_t>(allShape[0]), -1);
    chosen.assign(static_cast<size_t>(chosenShape[0]), -1);
    LatheTensor outputs[] = {{LATHE_F32, 1, allShape, all.data()},
                             {LATHE_F32, 1, chosenShape, chosen.data()}};
    if (latheInstanceRun(instances[instance], 3, inputs, 4, outputs, 2,
                         &status))
      return {};
    return all;
  }

  TemporaryFolder folder;
  LatheStatus status;
  LatheModel *model = nullptr;
  LatheInstance *instances[2] = {};
  std::vector<float> chosen;
};

TEST_F(Append, IsDescribed) {
  const LatheModelInfo *info = latheModelInfo(model);
  EXPECT_EQ(info->stateBytes, 64u);
  ASSERT_EQ(info->stateCount, 1u);
  EXPECT_STREQ(info->states[0].name, "memory");
  EXPECT_EQ(info->dims[0].input, nullptr);
  EXPECT_EQ(info->dims[0].limit, nullptr);
  EXPECT_STREQ(info->dims[3].input, "position");
  EXPECT_STREQ(info->dims[3].limit, "6 - steps");
  ASSERT_EQ(info->dims[4].valueCount, 2u);
  EXPECT_EQ(info->dims[4].values[0], 3);
  EXPECT_EQ(info->entries[3].inputs[0].least, nullptr);
  EXPECT_STREQ(info->entries[3].inputs[3].most, "past + 8");
}

TEST_F(Append, RemembersFromRunToRun) {
  EXPECT_THAT(run({.x = {1, 2, 3}}), ElementsAre(1, 2, 3));
  EXPECT_THAT(run({.x = {4}, .position = 3}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(run({.x = {5, 6}, .position = 4}), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(Append, KeepsInstancesApart) {
  EXPECT_THAT(run({.x = {1, 2}}, 0), ElementsAre(1, 2));
  EXPECT_THAT(run({.x = {3}, .position = 1}, 1), ElementsAre(0, 3));
  EXPECT_THAT(run({.x = {4}, .position = 2}, 0), ElementsAre(1, 2, 4));
}

TEST_F(Append, ForgetsWhenToldSo) {
  EXPECT_THAT(run({.x = {1, 2}}), ElementsAre(1, 2));
  EXPECT_EQ(latheInstanceResetState(instances[0], &status), LATHE_OK);
  EXPECT_THAT(run({.x = {1, 2}}), ElementsAre(1, 2));
  EXPECT_EQ(latheInstanceResetState(nullptr, &status), LATHE_BAD_ARGUMENT);
}

TEST_F(Append, ChoosesSizesByNumber) {
  run({.choice = 0});
  EXPECT_THAT(chosen, ElementsAre(7, 7, 7));
  run({.choice = 1});
  EXPECT_THAT(chosen, ElementsAre(7));
  run({.choice = 2});
  EXPECT_EQ(status.code, LATHE_BAD_INDEX);
  EXPECT_STREQ(status.message, "'choice' is 2, wanted 0 to 1");
  run({.choice = -1});
  EXPECT_STREQ(status.message, "'choice' is -1, wanted 0 to 1");
}

TEST_F(Append, RefusesPositionsBeyondTheState) {
  EXPECT_THAT(run({.position = 5}), testing::SizeIs(6));
  for (int32_t position : {6, -1, INT32_MAX, INT32_MIN}) {
    EXPECT_THAT(run({.position = position}), ElementsAre());
    EXPECT_EQ(status.code, LATHE_BAD_INDEX);
    EXPECT_EQ(std::string(status.message),
              "'position' is " + std::to_string(position) +
                  ", wanted 0 to 6 - steps = 5 with steps = 1");
  }
  run({.x = {1, 2, 3, 4}, .position = 3});
  EXPECT_STREQ(status.message,
               "'position' is 3, wanted 0 to 6 - steps = 2 with steps = 4");
  run({.x = {1, 2, 3, 4, 5, 6}, .position = 0});
  EXPECT_EQ(status.code, LATHE_OK) << status.message;
}

TEST_F(Append, ChecksEveryElementOfARange) {
  run({.x = {1, 2}, .position = 2, .codes = {-1, 10, 0, 10}});
  EXPECT_EQ(status.code, LATHE_OK) << status.message;
  run({.x = {1, 2}, .position = 2, .codes = {-1, 10, 0, 11}});
  EXPECT_EQ(status.code, LATHE_BAD_INDEX);
  EXPECT_STREQ(status.message, "'codes' holds 11 at [1, 1], wanted -1 to "
                               "past + 8 = 10 with past = 2");
  run({.codes = {-2, 0}});
  EXPECT_STREQ(status.message, "'codes' holds -2 at [0, 0], wanted -1 to past "
                               "+ 8 = 8 with past = 0");
}

TEST_F(Append, NeedsTheDataOfWhatHoldsDims) {
  float x = 0;
  int32_t codes[2] = {};
  int64_t choice = 0, one[] = {1}, codesShape[] = {2, 1}, shape[1];
  LatheTensor inputs[] = {{LATHE_F32, 1, one, &x},
                          {LATHE_I32, 0, nullptr, nullptr},
                          {LATHE_I64, 1, one, &choice},
                          {LATHE_I32, 2, codesShape, codes}};
  EXPECT_EQ(latheModelOutputShape(model, 3, inputs, 4, 0, shape, &status),
            LATHE_BAD_ARGUMENT);
  EXPECT_STREQ(status.message, "'position' has null data");
}

} // namespace
