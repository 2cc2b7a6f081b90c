//===- RunTest.cpp - Runs of a model --------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelFixture.h"
#include <atomic>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

using testing::HasSubstr;

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
  // Outputs are written while inputs are still read.
  EXPECT_EQ(error(0, tensorOf(LATHE_F32, shape, data + 1), 1),
            "'y' shares memory with 'x'; give it memory of its own");
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
  LatheHooks hooks = {&log, append, append, nullptr};
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

} // namespace
