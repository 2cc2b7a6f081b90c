//===- ThreadsTest.cpp - Parallel loops and their threads
//-------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Context.h"
#include <chrono>
#include <ctime>
#include <dirent.h>
#include <gtest/gtest.h>
#include <mutex>
#include <sys/resource.h>
#include <vector>

using namespace lathe::runtime;

namespace {

struct Range {
  int64_t begin, end;
  std::thread::id thread;
};

/// A context as an instance would make it.
std::unique_ptr<LatheContext> makeContext(uint32_t threads) {
  auto context = std::make_unique<LatheContext>();
  context->threads = threads;
  auto pool = ThreadPool::create(threads);
  EXPECT_TRUE(pool) << pool.status().message();
  context->pool = std::move(*pool);
  return context;
}

/// The parts that a loop is run in, by their begin.
std::vector<Range> partsOf(LatheContext &context, int64_t count,
                           int64_t grain) {
  struct Captures {
    std::mutex mutex;
    std::vector<Range> ranges;
  } captures;
  latheParallelFor(
      &context, count, grain,
      [](int64_t begin, int64_t end, void *data) {
        auto &captures = *static_cast<Captures *>(data);
        std::lock_guard lock(captures.mutex);
        captures.ranges.push_back({begin, end, std::this_thread::get_id()});
      },
      &captures);
  std::sort(captures.ranges.begin(), captures.ranges.end(),
            [](const Range &a, const Range &b) { return a.begin < b.begin; });
  return captures.ranges;
}

size_t threadCount() {
  size_t count = 0;
  DIR *folder = opendir("/proc/self/task");
  while (dirent *entry = readdir(folder))
    count += entry->d_name[0] != '.';
  closedir(folder);
  return count;
}

double processorSeconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

TEST(ParallelFor, CoversEveryIterationOnce) {
  for (uint32_t threads : {1, 2, 3, 8}) {
    auto context = makeContext(threads);
    for (int64_t count : {1, 2, 7, 8, 9, 1000}) {
      int64_t end = 0;
      for (const Range &range : partsOf(*context, count, 1)) {
        EXPECT_EQ(range.begin, end);
        end = range.end;
      }
      EXPECT_EQ(end, count);
    }
  }
}

TEST(ParallelFor, PartitionIsEvenAndFixed) {
  auto context = makeContext(4);
  std::vector<Range> first = partsOf(*context, 10, 1);
  ASSERT_EQ(first.size(), 4u);
  for (int repetition = 0; repetition < 100; ++repetition) {
    std::vector<Range> again = partsOf(*context, 10, 1);
    ASSERT_EQ(again.size(), 4u);
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(again[i].begin, first[i].begin);
      EXPECT_EQ(again[i].thread, first[i].thread);
      EXPECT_LE(again[i].end - again[i].begin, 3);
      EXPECT_GE(again[i].end - again[i].begin, 2);
    }
  }
}

TEST(ParallelFor, RespectsGrain) {
  auto context = makeContext(4);
  EXPECT_EQ(partsOf(*context, 100, 40).size(), 2u);
  EXPECT_EQ(partsOf(*context, 39, 40).size(), 1u);
  EXPECT_EQ(partsOf(*context, 100, 0).size(), 4u);
  EXPECT_EQ(partsOf(*context, 0, 1).size(), 0u);
  EXPECT_EQ(partsOf(*context, -1, 1).size(), 0u);
}

TEST(ParallelFor, RunsNestedLoopsSerially) {
  auto context = makeContext(4);
  struct Captures {
    LatheContext *context;
    std::atomic<int> inner = 0, foreign = 0;
    std::thread::id outer;
  } captures = {context.get(), 0, 0, {}};
  auto outerBody = [](int64_t begin, int64_t end, void *data) {
    struct Inner {
      Captures *captures;
      std::thread::id thread;
    } inner = {static_cast<Captures *>(data), std::this_thread::get_id()};
    for (int64_t i = begin; i < end; ++i)
      latheParallelFor(
          inner.captures->context, 100, 1,
          [](int64_t begin, int64_t end, void *data) {
            auto &inner = *static_cast<Inner *>(data);
            inner.captures->inner += static_cast<int>(end - begin);
            inner.captures->foreign +=
                inner.thread != std::this_thread::get_id();
          },
          &inner);
  };
  latheParallelFor(context.get(), 8, 1, outerBody, &captures);
  EXPECT_EQ(captures.inner, 800);
  EXPECT_EQ(captures.foreign, 0);
  EXPECT_EQ(partsOf(*context, 8, 1).size(), 4u) << "parallel again afterwards";
}

TEST(ParallelFor, MakesAllWritesVisible) {
  auto context = makeContext(4);
  std::vector<int64_t> values(1000);
  for (int64_t round = 1; round <= 2000; ++round) {
    latheParallelFor(
        context.get(), 1000, 1,
        [](int64_t begin, int64_t end, void *data) {
          for (int64_t i = begin; i < end; ++i)
            ++static_cast<int64_t *>(data)[i];
        },
        values.data());
    ASSERT_EQ(values[999], round);
  }
  for (int64_t value : values)
    ASSERT_EQ(value, 2000);
}

TEST(ThreadPool, OneThreadStartsNone) {
  size_t before = threadCount();
  auto context = makeContext(1);
  EXPECT_EQ(threadCount(), before);
  EXPECT_EQ(partsOf(*context, 100, 1).size(), 1u);
  auto bigger = makeContext(3);
  EXPECT_EQ(threadCount(), before + 2);
}

TEST(ThreadPool, SleepsWhenIdle) {
  auto context = makeContext(8);
  partsOf(*context, 100, 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  double before = processorSeconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(processorSeconds() - before, 0.003);
  EXPECT_EQ(partsOf(*context, 100, 1).size(), 8u) << "wakes up again";
}

TEST(ThreadPool, CallerSleepsWhileOthersWork) {
  auto context = makeContext(2);
  double before = processorSeconds();
  latheParallelFor(
      context.get(), 2, 1,
      [](int64_t begin, int64_t, void *) {
        if (begin == 1)
          std::this_thread::sleep_for(std::chrono::milliseconds(200));
      },
      nullptr);
  EXPECT_LT(processorSeconds() - before, 0.02);
}

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
// A loop that begins just when the others fall asleep must wake them, also
// where what was stored before is on its way to memory for long. (They slept
// on, within a second of this, and the loop never ended.)
TEST(ThreadPool, WakesThreadsThatFallAsleep) {
  using Clock = std::chrono::steady_clock;
  auto pool = ThreadPool::create(2);
  ASSERT_TRUE(pool);
  constexpr size_t page = 4096, pages = 32768;
  std::vector<char> far(page * pages);
  size_t place = 0;
  auto end = Clock::now() + std::chrono::seconds(3);
  for (int64_t pause = 0; Clock::now() < end; ++pause) {
    // Threads fall asleep after some 50 us.
    auto until =
        Clock::now() + std::chrono::nanoseconds(47000 + 7 * pause % 4000);
    while (Clock::now() < until)
      ;
    for (int store = 0; store < 60; ++store) {
      place = (place + 37) % pages;
      static_cast<volatile char *>(far.data())[place * page] = 1;
    }
    (*pool)->run(2, [](void *, int64_t) {}, nullptr);
  }
}

TEST(ThreadPool, ReportsThreadsThatCannotStart) {
  rlimit before;
  getrlimit(RLIMIT_AS, &before);
  rlimit tight = {1 << 20, before.rlim_max}; // No room for another stack.
  setrlimit(RLIMIT_AS, &tight);
  auto pool = ThreadPool::create(200);
  setrlimit(RLIMIT_AS, &before);
  ASSERT_FALSE(pool);
  EXPECT_EQ(pool.status().code(), LATHE_OUT_OF_MEMORY);
  EXPECT_NE(pool.status().message().find("ask for fewer threads"),
            std::string::npos)
      << pool.status().message();
}
#endif

TEST(ThreadPool, KnowsProcessors) { EXPECT_GE(availableProcessors(), 1u); }

} // namespace
