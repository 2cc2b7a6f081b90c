//===- ModelTest.cpp - Models, weights, instances, runs
//---------------------===//
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
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

using testing::HasSubstr;
using testing::StartsWith;

// Counts allocations by malloc, which operator new calls too.
static std::atomic<size_t> allocations = 0;
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
extern "C" void __sanitizer_malloc_hook(const volatile void *, size_t) {
  ++allocations;
}
#else
extern "C" void *__libc_malloc(size_t size);
extern "C" void *malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
#endif

namespace {

LatheTensor tensorOf(LatheType type, const std::vector<int64_t> &shape,
                     void *data) {
  return {type, static_cast<uint32_t>(shape.size()), shape.data(), data};
}

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
               "the model was compiled for version 99 of the runtime, this is "
               "version 2; compile it again");
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

TEST_F(Model, RunsAnyBatch) {
  load();
  LatheInstance *instance = create();
  for (int64_t batch : {1, 2, 7, 256}) {
    ASSERT_EQ(runMain(instance, batch), LATHE_OK) << status.message;
    for (size_t i = 0; i < y.size(); ++i) {
      auto column = static_cast<float>(i % 4);
      ASSERT_EQ(y[i], static_cast<float>(i) * (column + 1) + 10 * (column + 1));
    }
  }
  EXPECT_EQ(status.code, LATHE_OK);
  EXPECT_STREQ(status.message, "");
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

TEST_F(Model, ComputesOutputShapes) {
  std::vector<int64_t> odd = {11}, mask = {7, 5};
  LatheTensor inputs[] = {tensorOf(LATHE_F32, odd, nullptr),
                          tensorOf(LATHE_BOOL, mask, nullptr)};
  int64_t shape[1] = {};
  ASSERT_EQ(latheModelOutputShape(model, 2, inputs, 2, 0, shape, &status),
            LATHE_OK)
      << status.message;
  EXPECT_EQ(shape[0], 7);
  EXPECT_EQ(latheModelOutputShape(model, 3, inputs, 2, 0, shape, &status),
            LATHE_BAD_ARGUMENT);
}

TEST_F(Model, RefusesDimsBeyondBounds) {
  load();
  EXPECT_EQ(runMain(create(), 300), LATHE_BAD_SHAPE);
  EXPECT_STREQ(status.message,
               "batch is 300, but 'fake' was compiled for at most 256");
  EXPECT_EQ(runMain(instances[0], 0), LATHE_BAD_SHAPE);
  EXPECT_STREQ(status.message,
               "batch is 0, but 'fake' was compiled for at least 1");
}

TEST_F(Model, RefusesInconsistentDims) {
  load();
  LatheInstance *instance = create();
  EXPECT_EQ(windowError(instance, {11}, {7, 5}), "");
  EXPECT_EQ(windowError(instance, {13}, {7, 5}),
            "'odd' is f32[13], wanted f32[2*tokens + 1] with tokens = 5");
}

TEST_F(Model, RefusesWrongTypesAndShapes) {
  load();
  LatheInstance *instance = create();
  std::vector<int64_t> shape = {2, 4}, narrow = {2, 3}, flat = {8};
  float data[8] = {};
  LatheTensor good = tensorOf(LATHE_F32, shape, data);
  auto error = [&](LatheTensor input, LatheTensor output) {
    EXPECT_EQ(latheInstanceRun(instance, 0, &input, 1, &output, 1, &status),
              LATHE_BAD_SHAPE);
    return std::string(status.message);
  };
  EXPECT_EQ(error(tensorOf(LATHE_I32, shape, data), good),
            "'x' is i32[2, 4], wanted f32[batch, 4]");
  EXPECT_EQ(error(tensorOf(LATHE_F32, flat, data), good),
            "'x' is f32[8], wanted f32[batch, 4]");
  EXPECT_EQ(error(tensorOf(LATHE_F32, narrow, data), good),
            "'x' is f32[2, 3], wanted f32[batch, 4] with batch = 2");
  EXPECT_EQ(error(good, tensorOf(LATHE_F32, narrow, data)),
            "'y' is f32[2, 3], wanted f32[batch, 4] with batch = 2");
}

TEST_F(Model, RefusesBadCalls) {
  load();
  LatheInstance *instance = create();
  std::vector<int64_t> shape = {1, 4};
  float data[5] = {};
  LatheTensor good = tensorOf(LATHE_F32, shape, data);
  LatheTensor null = tensorOf(LATHE_F32, shape, nullptr);
  LatheTensor odd =
      tensorOf(LATHE_F32, shape, reinterpret_cast<char *>(data) + 1);
  auto error = [&](uint32_t entry, LatheTensor input, size_t inputCount) {
    EXPECT_EQ(latheInstanceRun(instance, entry, &input, inputCount, &good, 1,
                               &status),
              LATHE_BAD_ARGUMENT);
    return std::string(status.message);
  };
  EXPECT_EQ(error(4, good, 1), "there is no entry 4: 'fake' has 4");
  EXPECT_EQ(error(0, good, 0),
            "'main' takes 1 inputs and 1 outputs, got 0 and 1");
  EXPECT_EQ(error(0, null, 1), "'x' has null data");
  EXPECT_EQ(error(0, odd, 1), "'x' is at an address that is not a multiple of "
                              "its element size, 4");
  LatheTensor shapeless = {LATHE_F32, 2, nullptr, data};
  EXPECT_EQ(error(0, shapeless, 1), "'x' has a null shape");
  LatheTensor typeless = good;
  typeless.type = static_cast<LatheType>(15);
  EXPECT_EQ(error(0, typeless, 1), "'x' has an unknown type");
  EXPECT_EQ(latheInstanceRun(nullptr, 0, &good, 1, &good, 1, nullptr),
            LATHE_BAD_ARGUMENT);
}

TEST_F(Model, ReportsIndices) {
  load();
  LatheInstance *instance = create();
  std::vector<int64_t> shape = {3}, ids = {1, 70000, -2};
  std::vector<float> values(3);
  LatheTensor input = tensorOf(LATHE_I64, shape, ids.data());
  LatheTensor output = tensorOf(LATHE_F32, shape, values.data());
  EXPECT_EQ(latheInstanceRun(instance, 1, &input, 1, &output, 1, &status),
            LATHE_BAD_INDEX);
  EXPECT_STREQ(status.message,
               "'look_up' (gather) met the index 70000, wanted 0 to 3");
  ids = {1, 2, 3};
  EXPECT_EQ(latheInstanceRun(instance, 1, &input, 1, &output, 1, &status),
            LATHE_OK)
      << "the report is forgotten";
  EXPECT_EQ(values, (std::vector<float>{20, 30, 40}));
}

TEST_F(Model, RunsOnTheProgramsOwnPool) {
  load();
  int64_t calls = 0;
  LatheExecutor executor = {
      &calls,
      [](void *user, int64_t count, void (*task)(void *, int64_t), void *data) {
        *static_cast<int64_t *>(user) += count;
        for (int64_t i = count; i-- > 0;)
          task(data, i);
      }};
  LatheInstance *instance = create({3, &executor, nullptr});
  EXPECT_EQ(runMain(instance, 7), LATHE_OK);
  EXPECT_EQ(calls, 6) << "two loops of three parts";
  EXPECT_EQ(y[27], 27 * 4 + 40);
}

TEST_F(Model, AllocatesNothingWhileRunning) {
  load();
  LatheTrace *trace = nullptr;
  ASSERT_EQ(latheTraceCreate(model, 100, &trace, &status), LATHE_OK);
  LatheHooks hooks = latheTraceHooks(trace);
  LatheInstance *instance = create({3, nullptr, &hooks});
  std::vector<int64_t> shapes[] = {{1, 4}, {256, 4}};
  std::vector<float> x(1024), result(1024);
  // Threads of a sanitizer allocate when they start: let all three do so.
  ASSERT_EQ(runMain(instance, 3), LATHE_OK);
  size_t before = allocations;
  for (const std::vector<int64_t> &shape : shapes) {
    LatheTensor input = tensorOf(LATHE_F32, shape, x.data());
    LatheTensor output = tensorOf(LATHE_F32, shape, result.data());
    ASSERT_EQ(latheInstanceRun(instance, 0, &input, 1, &output, 1, &status),
              LATHE_OK);
  }
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(runMain(instance, 2), LATHE_OK);
  EXPECT_GT(allocations, before) << "the count counts runMain's own vectors";
  latheTraceDestroy(trace);
}

TEST_F(Model, CallsHooks) {
  load();
  std::string log;
  auto append = [](void *user, const LatheEventInfo *event,
                   const int64_t *dims) {
    *static_cast<std::string *>(user) +=
        std::string(event->name) + std::to_string(dims[0]) + " ";
  };
  LatheHooks hooks = {&log, append, append};
  LatheInstance *instance = create({1, nullptr, &hooks});
  EXPECT_EQ(runMain(instance, 7), LATHE_OK);
  EXPECT_EQ(log, "scale7 scale7 bias7 bias7 ");
  latheInstanceSetHooks(instance, nullptr);
  EXPECT_EQ(runMain(instance, 7), LATHE_OK);
  EXPECT_EQ(log.size(), 26u);
}

TEST_F(Model, WritesTraces) {
  load();
  LatheTrace *trace = nullptr;
  ASSERT_EQ(latheTraceCreate(model, 3, &trace, &status), LATHE_OK);
  LatheHooks hooks = latheTraceHooks(trace);
  LatheInstance *instance = create({1, nullptr, &hooks});
  EXPECT_EQ(runMain(instance, 7), LATHE_OK);
  EXPECT_EQ(runMain(instance, 2), LATHE_OK);
  std::string path = folder / "trace.json";
  ASSERT_EQ(latheTraceWrite(trace, path.c_str(), &status), LATHE_OK)
      << status.message;
  auto json = nlohmann::json::parse(contentsOf(path));
  EXPECT_EQ(json["otherData"]["droppedEvents"], 1);
  auto events = json["traceEvents"];
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0]["name"], "scale");
  EXPECT_EQ(events[0]["ph"], "X");
  EXPECT_EQ(events[0]["args"]["shape"], "7x4");
  EXPECT_EQ(events[0]["args"]["flops"], 28);
  EXPECT_EQ(events[1]["cat"], "add");
  EXPECT_EQ(events[2]["args"]["shape"], "2x4");
  EXPECT_GE(events[1]["ts"].get<double>(),
            events[0]["ts"].get<double>() + events[0]["dur"].get<double>());

  char *text = nullptr;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  latheTracePrint(trace, stream);
  fclose(stream);
  EXPECT_THAT(text, HasSubstr("scale  multiply"));
  EXPECT_THAT(text, HasSubstr("1 more events did not fit the trace"));
  free(text);

  EXPECT_EQ(latheTraceWrite(trace, "/nonexistent/t.json", &status),
            LATHE_IO_ERROR);
  latheTraceDestroy(trace);
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
