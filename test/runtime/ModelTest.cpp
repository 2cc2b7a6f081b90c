//===- ModelTest.cpp - Models, their weights and instances ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelFixture.h"
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <thread>

using testing::HasSubstr;
using testing::StartsWith;

namespace {

/// A copy of `bytes` that starts `offset` bytes behind a multiple of 64.
class AlignedCopy {
public:
  AlignedCopy(const std::string &bytes, size_t offset = 0)
      : blocks((bytes.size() + offset) / sizeof(Block) + 1),
        start(blocks[0].bytes + offset) {
    memcpy(start, bytes.data(), bytes.size());
  }
  const unsigned char *data() const { return start; }

private:
  struct alignas(64) Block {
    unsigned char bytes[64];
  };
  std::vector<Block> blocks;
  unsigned char *start;
};

TEST_F(Model, DescribesItself) {
  const LatheModelInfo *info = latheModelInfo(model);
  EXPECT_STREQ(info->name, "fake");
  EXPECT_EQ(info->parameters, 8);
  ASSERT_EQ(info->dimCount, 5u);
  EXPECT_EQ(info->dims[0].max, 256);
  ASSERT_EQ(info->entryCount, 4u);
  EXPECT_EQ(info->entries[0].arenaBytes, 4096u);
  EXPECT_STREQ(info->entries[0].events[1].op, "add");
  const LatheTensorInfo &odd = info->entries[2].inputs[0];
  EXPECT_STREQ(odd.name, "odd");
  EXPECT_STREQ(odd.shape[0], "2*tokens + 1");
  EXPECT_EQ(odd.minShape[0], 5);
  EXPECT_EQ(odd.maxShape[0], 129);
  ASSERT_EQ(info->weightCount, 2u);
  EXPECT_STREQ(info->weights[1].shape[0], "4");
  EXPECT_STREQ(latheTypeName(info->weights[1].type), "f32");
  EXPECT_EQ(latheTypeSize(info->weights[1].type), 4u);
  EXPECT_EQ(nlohmann::json::parse(info->json)["model"], "fake");
}

TEST_F(Model, RefusesOtherVersions) {
  LatheModelBinary other = latheModel;
  other.abiVersion = 99;
  LatheModel *opened = model;
  EXPECT_EQ(latheModelOpen(&other, &opened, &status), LATHE_BAD_MODEL);
  EXPECT_EQ(opened, nullptr);
  EXPECT_STREQ(status.message,
               ("the model was compiled for version 99 of the runtime, this is "
                "version " +
                std::to_string(LATHE_ABI_VERSION) + "; compile it again")
                   .c_str());
}

TEST_F(Model, RefusesMalformedDescriptors) {
  for (const char *text :
       {"", "{", "[]", "{\"lathe\": 2}", "{\"lathe\": 1}",
        R"({"lathe": 1, "model": "m", "entries": []})",
        R"({"lathe": 1, "model": "m", "entries": [1, 2, 3]})",
        R"({"lathe": 1, "model": "m", "entries": [{"name": "e", "outputs": [],
            "inputs": [{"name": "x", "type": "f32", "shape": ["heads"]}]}]})",
        R"({"lathe": 1, "model": "m", "entries": [{"name": "e", "outputs": [],
            "inputs": [{"name": "x", "type": "f31", "shape": []}]}]})"}) {
    LatheModelBinary other = latheModel;
    other.descriptor = text;
    other.descriptorSize = strlen(text);
    LatheModel *opened = nullptr;
    EXPECT_EQ(latheModelOpen(&other, &opened, &status), LATHE_BAD_MODEL);
    EXPECT_THAT(status.message, StartsWith("the model's descriptor is"));
  }
}

TEST_F(Model, RefusesWeightsItWasNotCompiledWith) {
  writeFakeWeights(weights, "fedcba9876543210");
  EXPECT_THAT(loadError(weights),
              HasSubstr("belongs to another compilation than this of 'fake'"));
}

TEST_F(Model, RefusesOtherSafetensors) {
  std::string bytes = std::string("\2\0\0\0\0\0\0\0{}", 10);
  EXPECT_THAT(
      loadError(folder.write("w.weights", bytes)),
      HasSubstr("is a safetensors file, but no weights file of 'fake'"));
}

TEST_F(Model, RefusesTruncatedWeights) {
  std::string bytes = contentsOf(weights);
  EXPECT_THAT(
      loadError(folder.write("w.weights", bytes.substr(0, bytes.size() - 1))),
      HasSubstr("truncated"));
}

TEST_F(Model, NamesMissingWeights) {
  EXPECT_EQ(latheModelLoadWeights(model, nullptr, &status), LATHE_IO_ERROR);
  EXPECT_THAT(status.message, HasSubstr("/fake.weights': No such file"));
  EXPECT_THAT(status.message, HasSubstr("are kept beside the program"));
}

TEST_F(Model, RefusesWeightsTwice) {
  load();
  EXPECT_EQ(latheModelLoadWeights(model, weights.c_str(), &status),
            LATHE_BAD_ARGUMENT);
  EXPECT_STREQ(status.message, "'fake' has its weights already");
}

TEST_F(Model, NeedsWeightsForAnInstance) {
  LatheInstance *instance = nullptr;
  EXPECT_EQ(latheInstanceCreate(model, nullptr, &instance, &status),
            LATHE_BAD_ARGUMENT);
  EXPECT_STREQ(status.message,
               "'fake' has no weights yet; call latheModelLoadWeights first");
}

TEST_F(Model, TakesWeightsFromMemory) {
  std::string bytes = contentsOf(weights);
  AlignedCopy copy(bytes);
  ASSERT_EQ(latheModelUseWeights(model, copy.data(), bytes.size(), &status),
            LATHE_OK)
      << status.message;
  EXPECT_EQ(runMain(create(), 3), LATHE_OK) << status.message;
}

TEST_F(Model, RefusesMisalignedMemory) {
  std::string bytes = contentsOf(weights);
  AlignedCopy copy(bytes, 8);
  EXPECT_EQ(latheModelUseWeights(model, copy.data(), bytes.size(), &status),
            LATHE_BAD_FILE);
  EXPECT_THAT(status.message, HasSubstr("not a multiple of 64"));
}

TEST_F(Model, TakesEmbeddedWeights) {
  std::string bytes = contentsOf(weights);
  AlignedCopy copy(bytes);
  LatheModelBinary binary = latheModel;
  binary.weights = copy.data();
  binary.weightsSize = bytes.size();
  latheModelClose(model);
  ASSERT_EQ(latheModelOpen(&binary, &model, &status), LATHE_OK);
  EXPECT_TRUE(latheModelInfo(model)->embedded);
  EXPECT_EQ(latheModelLoadWeights(model, nullptr, &status), LATHE_OK);
  EXPECT_EQ(runMain(create(), 3), LATHE_OK) << status.message;
}

TEST_F(Model, ChecksWeights) {
  EXPECT_EQ(latheModelCheckWeights(model, &status), LATHE_BAD_ARGUMENT);
  load();
  EXPECT_EQ(latheModelCheckWeights(model, &status), LATHE_OK);
}

TEST_F(Model, FindsDamagedWeights) {
  std::string bytes = contentsOf(weights);
  bytes.back() ^= 1;
  weights = folder.write("damaged.weights", bytes);
  load();
  EXPECT_EQ(latheModelCheckWeights(model, &status), LATHE_BAD_FILE);
  EXPECT_THAT(status.message, HasSubstr("the file is damaged"));
}

TEST_F(Model, SharesOneMappingAmongInstances) {
  load();
  auto mappings = [&] {
    std::string maps = contentsOf("/proc/self/maps");
    size_t count = 0;
    for (size_t at = maps.find(weights); at != std::string::npos;
         at = maps.find(weights, at + 1))
      ++count;
    return count;
  };
  EXPECT_EQ(mappings(), 1u);
  LatheInstance *first = create(), *second = create();
  EXPECT_EQ(mappings(), 1u);
  std::thread other([&] {
    for (int i = 0; i < 200; ++i) {
      std::vector<int64_t> shape = {5, 4};
      std::vector<float> x(20, 1), y(20);
      LatheTensor input = tensorOf(LATHE_F32, shape, x.data());
      LatheTensor output = tensorOf(LATHE_F32, shape, y.data());
      ASSERT_EQ(latheInstanceRun(second, 0, &input, 1, &output, 1, nullptr),
                LATHE_OK);
      ASSERT_EQ(y[19], 44);
    }
  });
  for (int i = 0; i < 200; ++i)
    ASSERT_EQ(runMain(first, 9), LATHE_OK);
  other.join();
}

extern "C" int runFromC(const char *weights, float *result, char *message,
                        size_t size);

TEST_F(Model, CanBeUsedFromC) {
  float result[4] = {};
  char message[256] = "";
  EXPECT_EQ(runFromC(weights.c_str(), result, message, sizeof(message)), 0)
      << message;
  EXPECT_EQ(result[3], 44);
  EXPECT_NE(runFromC("/nonexistent", result, message, sizeof(message)), 0);
  EXPECT_THAT(message, HasSubstr("cannot read '/nonexistent'"));
}

TEST(Status, IsCutOff) {
  LatheModel *model = nullptr;
  ASSERT_EQ(latheModelOpen(&latheModel, &model, nullptr), LATHE_OK);
  // The message quotes the JSON library's, which quotes the descriptor.
  std::string text = "{\"lathe\": 1, \"" + std::string(3000, 'n') + "\": x}";
  LatheModelBinary other = latheModel;
  other.descriptor = text.data();
  other.descriptorSize = text.size();
  LatheModel *opened = nullptr;
  LatheStatus status;
  EXPECT_EQ(latheModelOpen(&other, &opened, &status), LATHE_BAD_MODEL);
  EXPECT_LT(strlen(status.message), sizeof(status.message));
  latheModelClose(model);
}

} // namespace
