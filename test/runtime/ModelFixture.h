//===- ModelFixture.h - A model, its weights and instances ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_MODELFIXTURE_H
#define LATHE_TEST_MODELFIXTURE_H

#include "FakeModel.h"
#include "TestSupport.h"
#include "runtime/lathe.h"
#include <gtest/gtest.h>
#include <string>
#include <vector>

inline LatheTensor tensorOf(LatheType type, const std::vector<int64_t> &shape,
                            void *data) {
  return {type, static_cast<uint32_t>(shape.size()), shape.data(), data};
}

class Model : public testing::Test {
protected:
  void SetUp() override {
    weights = folder / "fake.weights";
    writeFakeWeights(weights);
    ASSERT_EQ(latheModelOpen(&latheModel, &model, &status), LATHE_OK)
        << status.message;
  }
  void TearDown() override {
    for (LatheInstance *instance : instances)
      latheInstanceDestroy(instance);
    latheModelClose(model);
  }

  void load() {
    ASSERT_EQ(latheModelLoadWeights(model, weights.c_str(), &status), LATHE_OK)
        << status.message;
  }
  LatheInstance *create(LatheInstanceOptions options = {2, nullptr, nullptr}) {
    LatheInstance *instance = nullptr;
    EXPECT_EQ(latheInstanceCreate(model, &options, &instance, &status),
              LATHE_OK)
        << status.message;
    instances.push_back(instance);
    return instance;
  }
  std::string loadError(const std::string &path) {
    EXPECT_EQ(latheModelLoadWeights(model, path.c_str(), &status),
              LATHE_BAD_FILE);
    return status.message;
  }
  /// Runs "main" on a batch of this size: x = 0, 1, 2, ...
  LatheCode runMain(LatheInstance *instance, int64_t batch) {
    std::vector<int64_t> shape = {batch, 4};
    std::vector<float> x(4 * static_cast<size_t>(batch));
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(i);
    y.assign(x.size(), 0);
    LatheTensor input = tensorOf(LATHE_F32, shape, x.data());
    LatheTensor output = tensorOf(LATHE_F32, shape, y.data());
    return latheInstanceRun(instance, 0, &input, 1, &output, 1, &status);
  }
  /// The message of running "window" on these shapes.
  std::string windowError(LatheInstance *instance, std::vector<int64_t> odd,
                          std::vector<int64_t> mask) {
    std::vector<float> values(1000), sums(256);
    std::vector<char> flags(1000);
    std::vector<int64_t> sum = {mask[0]};
    LatheTensor inputs[] = {tensorOf(LATHE_F32, odd, values.data()),
                            tensorOf(LATHE_BOOL, mask, flags.data())};
    LatheTensor output = tensorOf(LATHE_F32, sum, sums.data());
    LatheCode code =
        latheInstanceRun(instance, 2, inputs, 2, &output, 1, &status);
    EXPECT_TRUE(code == LATHE_OK || code == LATHE_BAD_SHAPE);
    EXPECT_EQ(status.code, code);
    return status.message;
  }

  TemporaryFolder folder;
  std::string weights;
  LatheStatus status;
  LatheModel *model = nullptr;
  std::vector<LatheInstance *> instances;
  std::vector<float> y;
};

#endif // LATHE_TEST_MODELFIXTURE_H
