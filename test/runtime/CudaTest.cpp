//===- CudaTest.cpp - Kernels on CUDA devices, without a device -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cuda/FakeCuda.h"
#include "runtime/Device.h"
#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>

using namespace lathe::runtime;

extern "C" const LatheDeviceDriver latheCuda;

namespace {

constexpr char ptx[] = R"(.version 7.0
.visible .entry copy(.param .u64 .ptr x, .param .u64 .ptr y,
                     .param .u64 .ptr report, .param .u32 count)
.visible .entry none(.param .u64 .ptr x, .param .u64 .ptr report))";
constexpr char machineCode[] = "machine code";

const LatheDeviceKernel kernels[] = {{"copy", nullptr, 0, 2, 1, 128, 0},
                                     {"none", nullptr, 0, 1, 0, 128, 0}};
const LatheDeviceImage images[] = {
    {machineCode, sizeof(machineCode) - 1, LATHE_IMAGE_CUBIN, 80, 0, 0},
    {ptx, sizeof(ptx) - 1, LATHE_IMAGE_PTX, 80, 0, 0}};
const LatheDeviceCode code = {&latheCuda, kernels, 2, nullptr, 0, images, 2};
const LatheDeviceCode onlyPtx = {&latheCuda, kernels,    2, nullptr,
                                 0,          images + 1, 1};

class Cuda : public ::testing::Test {
protected:
  void SetUp() override { fakeCudaReset(); }
  void TearDown() override {
    for (const auto &[kind, count] : fakeCuda()->alive)
      EXPECT_EQ(count, 0) << kind;
    EXPECT_EQ(fakeCuda()->mistakes, std::vector<std::string>());
  }

  static std::string openFails(const LatheDeviceCode &model = onlyPtx) {
    auto device = latheCuda.open(model);
    EXPECT_FALSE(static_cast<bool>(device));
    return device ? "" : device.status().message();
  }
};

/// Copies `count` floats, as the kernel "copy" would.
void copyFloats(const FakeCuda::Launch &launch) {
  if (launch.kernel == "copy")
    std::memcpy(reinterpret_cast<void *>(launch.addresses[1]),
                reinterpret_cast<void *>(launch.addresses[0]),
                sizeof(float) * static_cast<size_t>(launch.scalars[0]));
}

/// A device with a queue and two memories that arrays of the host name.
struct Bench {
  static constexpr int32_t size = 1000;

  Status open(const LatheDeviceCode &model = onlyPtx) {
    auto opened = latheCuda.open(model);
    if (!opened)
      return opened.status();
    device = std::move(*opened);
    auto created = device->createQueue();
    if (!created)
      return created.status();
    unsigned slot = 0;
    for (auto *block : {&x, &y}) {
      auto made = device->allocate(sizeof(float) * size, "numbers");
      if (!made)
        return made.status();
      memories.push_back(std::move(*made));
      (*created)->attach(slot++, *memories.back(), block->data(),
                         sizeof(float) * size);
    }
    queue = std::move(*created);
    return device->clear(*memories[1]);
  }

  void copy(int32_t first, int32_t count, int64_t event = 0) {
    LatheDeviceBuffer buffers[] = {{x.data() + first, 4 * count, 4},
                                   {y.data() + first, 4 * count, 4}};
    queue->launch(event, 0, (count + 127) / 128, buffers, &count);
  }
  Status wait() { return queue->wait(reports); }

  /// Uploads, copies on the device in parts, and downloads.
  Status run() {
    queue->upload(x.data(), x.data(), sizeof(float) * size);
    for (int32_t first : {0, 250, 500, 750})
      copy(first, 250);
    queue->download(result.data(), y.data(), sizeof(float) * size);
    return wait();
  }

  std::vector<float> x = std::vector<float>(size), y = x, result = x;
  std::unique_ptr<Device> device;
  std::vector<std::unique_ptr<DeviceMemory>> memories;
  std::unique_ptr<DeviceQueue> queue;
  std::vector<DeviceReport> reports;
};

TEST_F(Cuda, SaysWhatDeviceIsMissing) {
  fakeCuda()->devices = 0;
  EXPECT_NE(openFails().find("the CUDA driver found none"), std::string::npos);
  fakeCudaReset();
  fakeCuda()->capability = 75;
  EXPECT_EQ(openFails(),
            "this model's kernels are for CUDA devices of compute capability "
            "8.0 or later: 'Fake' has 7.5; compile with --target=cuda:sm_XX of "
            "the device");
  fakeCudaReset();
  fakeCuda()->ptxError = 222;
  EXPECT_NE(openFails().find("is older than the model's kernels: update it"),
            std::string::npos);
  fakeCudaReset();
  fakeCuda()->threads = 64;
  EXPECT_NE(openFails().find("runs 64 threads in a block"), std::string::npos);
  LatheDeviceKernel greedy = kernels[0];
  greedy.sharedBytes = 1 << 16;
  LatheDeviceCode sharing = onlyPtx;
  sharing.kernels = &greedy;
  sharing.kernelCount = 1;
  fakeCudaReset();
  fakeCuda()->mostSharedBytes = 65535;
  EXPECT_NE(openFails(sharing).find("share 65535 bytes of memory, those of "
                                    "kernel 'copy' of this model 65536"),
            std::string::npos);
  LatheDeviceImage exact = images[1];
  exact.capability = 90;
  exact.exact = 1;
  LatheDeviceCode model = onlyPtx;
  model.images = &exact;
  fakeCudaReset();
  fakeCuda()->capability = 100;
  EXPECT_NE(openFails(model).find("9.0 alone: 'Fake' has 10.0"),
            std::string::npos);
}

/// A kernel's launch asks for what it shares where that is more than kernels
/// have of their own.
TEST_F(Cuda, LaunchesAskForMemory) {
  for (auto [shared, asked] :
       {std::pair(49152u, 0u), std::pair(49153u, 49153u)}) {
    fakeCudaReset();
    fakeCuda()->kernel = copyFloats;
    LatheDeviceKernel kernel = kernels[0];
    kernel.sharedBytes = shared;
    LatheDeviceCode model = onlyPtx;
    model.kernels = &kernel;
    model.kernelCount = 1;
    Bench bench;
    ASSERT_FALSE(bench.open(model).failed());
    ASSERT_FALSE(bench.run().failed());
    for (const FakeCuda::Launch &launch : fakeCuda()->launches)
      EXPECT_EQ(launch.sharedBytes, asked);
    EXPECT_FALSE(fakeCuda()->launches.empty());
  }
}

TEST_F(Cuda, TakesMachineCodeWhereItSuits) {
  // The fake sees no kernels in machine code.
  EXPECT_NE(openFails(code).find("find kernel 'copy'"), std::string::npos);
  EXPECT_EQ(fakeCuda()->loaded, std::vector<std::string>{"machine "});
  fakeCudaReset();
  fakeCuda()->takesMachineCode = false;
  EXPECT_TRUE(static_cast<bool>(latheCuda.open(code)));
  EXPECT_EQ(fakeCuda()->loaded,
            (std::vector<std::string>{"machine ", ".version"}));
  // Machine code is for one generation.
  fakeCudaReset();
  fakeCuda()->capability = 90;
  EXPECT_TRUE(static_cast<bool>(latheCuda.open(code)));
  EXPECT_EQ(fakeCuda()->loaded, std::vector<std::string>{".version"});
}

TEST_F(Cuda, GivesKernelsTheirParameters) {
  fakeCuda()->kernel = copyFloats;
  Bench bench;
  ASSERT_FALSE(bench.open().failed());
  EXPECT_EQ(bench.memories[0]->data(), nullptr);
  std::iota(bench.x.begin(), bench.x.end(), 1.f);
  ASSERT_FALSE(bench.run().failed());
  EXPECT_EQ(bench.result, bench.x);
  const std::vector<FakeCuda::Launch> &launches = fakeCuda()->launches;
  ASSERT_EQ(launches.size(), 4u);
  EXPECT_EQ(launches[1].columns, 2u);
  EXPECT_EQ(launches[1].rows, 1u);
  EXPECT_EQ(launches[1].threads, 128u);
  EXPECT_EQ(launches[1].scalars, std::vector<int32_t>{250});
  EXPECT_EQ(launches[1].addresses[0], launches[0].addresses[0] + 1000);
  // What is not copied by a kernel is zero.
  ASSERT_FALSE(bench.device->clear(*bench.memories[1]).failed());
  bench.copy(10, 1);
  bench.queue->download(bench.result.data(), bench.y.data(), 4000);
  ASSERT_FALSE(bench.wait().failed());
  EXPECT_EQ(std::accumulate(bench.result.begin(), bench.result.end(), 0.f),
            11.f);
}

// Others' memory is used where it is, and not freed.
TEST_F(Cuda, BorrowsMemoryByItsAddress) {
  Bench bench;
  ASSERT_FALSE(bench.open().failed());
  auto *address = static_cast<char *>(bench.memories[0]->handle()) + 400;
  auto borrowed = bench.device->wrap(address, 3600);
  ASSERT_TRUE(static_cast<bool>(borrowed));
  EXPECT_EQ((*borrowed)->handle(), address);
  bench.queue->attach(0, **borrowed, bench.x.data() + 100, 3600);
  bench.copy(100, 10);
  ASSERT_FALSE(bench.wait().failed());
  EXPECT_EQ(fakeCuda()->launches[0].addresses[0],
            reinterpret_cast<uint64_t>(address));
}

TEST_F(Cuda, PutsManyGroupsInRows) {
  Bench bench;
  ASSERT_FALSE(bench.open().failed());
  int32_t scalar = 0;
  LatheDeviceBuffer buffers[] = {{bench.x.data(), 0, 4},
                                 {bench.y.data(), 0, 4}};
  bench.queue->launch(0, 0, 65536, buffers, &scalar);
  ASSERT_FALSE(bench.wait().failed());
  EXPECT_EQ(fakeCuda()->launches[0].columns, 65535u);
  EXPECT_EQ(fakeCuda()->launches[0].rows, 2u);
  bench.queue->launch(0, 0, INT32_MAX, buffers, &scalar);
  EXPECT_EQ(
      bench.wait().message(),
      "kernel 'copy' runs 2147483647 workgroups at once, more than it counts; "
      "compile for smaller dims");
}

TEST_F(Cuda, WritesMoreThanFitsInStagingMemory) {
  Bench bench;
  ASSERT_FALSE(bench.open().failed());
  std::vector<uint32_t> numbers((20 << 20) / 4 + 5), back(numbers.size());
  std::iota(numbers.begin(), numbers.end(), 7u);
  size_t bytes = 4 * numbers.size();
  auto memory = bench.device->allocate(bytes, "weights");
  ASSERT_TRUE(static_cast<bool>(memory));
  ASSERT_FALSE(bench.device->write(**memory, numbers.data(), bytes).failed());
  bench.queue->attach(2, **memory, numbers.data(), bytes);
  bench.queue->download(back.data(), numbers.data(), bytes);
  ASSERT_FALSE(bench.wait().failed());
  EXPECT_EQ(back, numbers);
  std::reverse(back.begin(), back.end());
  bench.queue->upload(numbers.data(), back.data(), bytes);
  bench.queue->download(numbers.data(), numbers.data(), bytes);
  ASSERT_FALSE(bench.wait().failed());
  EXPECT_EQ(back, numbers);
}

TEST_F(Cuda, MakesGraphsOfWhatIsRunAgain) {
  fakeCuda()->kernel = copyFloats;
  Bench bench;
  ASSERT_FALSE(bench.open().failed());
  for (int run = 0; run < 4; ++run) {
    // What is uploaded may change, where it goes may not.
    std::fill(bench.x.begin(), bench.x.end(), static_cast<float>(run));
    ASSERT_FALSE(bench.run().failed());
    EXPECT_EQ(bench.result, bench.x);
  }
  EXPECT_EQ(fakeCuda()->graphs, 1);
  EXPECT_EQ(fakeCuda()->graphLaunches, 3);
  EXPECT_EQ(fakeCuda()->launches.size(), 16u);
  // Another scalar is another run; graphs are kept for some of the last.
  for (int32_t count = 1; count <= 40; ++count)
    for (int run = 0; run < 2; ++run) {
      for (int launch = 0; launch < 4; ++launch)
        bench.copy(0, count);
      ASSERT_FALSE(bench.wait().failed());
    }
  EXPECT_EQ(fakeCuda()->graphs, 41);
  EXPECT_EQ(fakeCuda()->alive["executable graph"], 16);
  EXPECT_EQ(fakeCuda()->launches.back().scalars[0], 40);
}

/// Where kernels wait for those before them: behind a launch alone, in graphs,
/// too, and on drivers that know it.
TEST_F(Cuda, StartsKernelsEarly) {
  LatheDeviceImage waiting = images[1];
  waiting.startsEarly = 1;
  LatheDeviceCode model = onlyPtx;
  model.images = &waiting;
  auto run = [&] {
    fakeCuda()->kernel = copyFloats;
    Bench bench;
    std::string early;
    if (bench.open(model).failed())
      return early;
    bench.copy(0, 100);
    for (int runs = 0; runs < 3; ++runs)
      EXPECT_FALSE(bench.run().failed());
    bench.queue->measure(true);
    for (int64_t event : {7, 7, 3})
      bench.copy(0, 100, event);
    EXPECT_FALSE(bench.wait().failed());
    EXPECT_EQ(fakeCuda()->graphLaunches, 1);
    for (const FakeCuda::Launch &launch : fakeCuda()->launches)
      early += launch.startsEarly ? "e" : "-";
    return early;
  };
  EXPECT_EQ(run(), "--eee-eee-eee-e-");
  fakeCudaReset();
  fakeCuda()->version = 12020;
  EXPECT_EQ(run(), "----------------");
  fakeCudaReset();
  waiting.startsEarly = 0;
  EXPECT_EQ(run(), "----------------");
}

TEST_F(Cuda, TakesTheTimesOfEvents) {
  fakeCuda()->kernel = copyFloats;
  Bench bench;
  ASSERT_FALSE(bench.open().failed());
  std::vector<DeviceTime> times;
  ASSERT_TRUE(bench.queue->measure(true));
  // Twice: events are used again, and nothing becomes a graph.
  for (int run = 0; run < 2; ++run) {
    for (int64_t event : {7, 7, -1, 3})
      bench.copy(0, 100, event);
    bench.queue->download(bench.result.data(), bench.y.data(), 4);
    ASSERT_FALSE(bench.wait().failed());
    bench.queue->takeTimes(times);
    ASSERT_EQ(times.size(), 3u);
    EXPECT_EQ(times[0].event, 7);
    EXPECT_EQ(times[1].event, -1);
    EXPECT_EQ(times[2].event, 3);
    EXPECT_EQ(times[0].end - times[0].begin, 1000000);
    EXPECT_EQ(times[1].begin, times[0].end);
    EXPECT_EQ(times[2].end - times[2].begin, 500000);
  }
  EXPECT_EQ(fakeCuda()->alive["event"], 4);
  EXPECT_EQ(fakeCuda()->graphs, 0);
  EXPECT_FALSE(bench.queue->measure(false));
  ASSERT_FALSE(bench.run().failed());
  bench.queue->takeTimes(times);
  EXPECT_TRUE(times.empty());
}

TEST_F(Cuda, NamesTheEventOfAReport) {
  fakeCuda()->kernel = [](const FakeCuda::Launch &launch) {
    auto *words = reinterpret_cast<int32_t *>(launch.addresses.back());
    int32_t report[] = {1, -5, -1, launch.scalars[0]};
    if (launch.scalars[0] == 9)
      std::copy_n(report, 4, words);
  };
  Bench bench;
  ASSERT_FALSE(bench.open().failed());
  for (int run = 0; run < 2; ++run) {
    bench.copy(0, 8, 3);
    bench.copy(0, 9, 4);
    ASSERT_FALSE(bench.wait().failed());
    ASSERT_EQ(bench.reports.size(), 1u);
    EXPECT_EQ(bench.reports[0].event, 4);
    EXPECT_EQ(bench.reports[0].index, -5);
    EXPECT_EQ(bench.reports[0].bound, 9);
  }
  bench.copy(0, 8, 3);
  bench.copy(0, 8, 4);
  ASSERT_FALSE(bench.wait().failed());
  EXPECT_TRUE(bench.reports.empty());
}

TEST_F(Cuda, SaysWhichMemoryIsUnknown) {
  Bench bench;
  ASSERT_FALSE(bench.open().failed());
  LatheDeviceBuffer stranger = {&bench, 4, 4};
  bench.queue->launch(0, 1, 1, &stranger, nullptr);
  EXPECT_EQ(bench.wait().message(), "kernel 'none' uses memory that the CUDA "
                                    "device 'Fake' does not see");
  bench.queue->upload(&bench, &bench, 4);
  EXPECT_TRUE(bench.wait().failed());
  // The next run is one like any other.
  EXPECT_FALSE(bench.run().failed());
}

TEST_F(Cuda, EndsEveryFailureAsAStatus) {
  for (int error : {2, 719}) {
    bool failed = true;
    for (int call = 0; failed; ++call) {
      fakeCudaReset();
      fakeCuda()->failAt = call;
      fakeCuda()->failWith = error;
      {
        Bench bench;
        Status status = bench.open();
        // As it comes, the graph that is made of it, and with timers.
        for (int run = 0; run < 4 && !status.failed(); ++run) {
          bench.queue->measure(run == 3);
          status = bench.run();
        }
        failed = fakeCuda()->calls > call;
        EXPECT_EQ(status.failed(), failed) << "call " << call;
        if (failed)
          EXPECT_EQ(status.code(),
                    error == 2 ? LATHE_OUT_OF_MEMORY : LATHE_DEVICE_ERROR)
              << status.message();
        if (failed && error == 719)
          EXPECT_NE(status.message().find("was lost"), std::string::npos)
              << status.message();
      }
      TearDown();
      ASSERT_LT(call, 200);
    }
  }
}

} // namespace
