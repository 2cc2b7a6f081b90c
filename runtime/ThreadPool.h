//===- ThreadPool.h - Threads that run parallel loops -----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_THREADPOOL_H
#define LATHE_RUNTIME_THREADPOOL_H

#include "runtime/Status.h"
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

namespace lathe::runtime {

/// Part `index` of a job, with the job's data.
using Task = void (*)(void *data, int64_t index);

/// Runs jobs of up to `threads` parts: part 0 on the caller, part i always on
/// the same thread. A waiting thread looks for work for a few microseconds,
/// the time between two ops of a model, and then sleeps until it is woken;
/// an idle pool takes no processor time.
class ThreadPool {
public:
  /// With one thread, none is started.
  static Result<std::unique_ptr<ThreadPool>> create(uint32_t threads);
  ~ThreadPool();

  /// Calls task(data, i) for i in [0, count), and returns when all have
  /// returned. `count` is at most the number of threads; one job at a time.
  void run(int64_t count, Task task, void *data);

private:
  /// One thread and what it waits for, on its own cache line.
  struct alignas(64) Worker {
    enum State : uint32_t { Idle, Called, Leaving };
    std::atomic<uint32_t> state = Idle;
    std::thread thread;
  };

  ThreadPool() = default;
  void work(int64_t index);

  std::unique_ptr<Worker[]> workers;
  uint32_t workerCount = 0; ///< Of those that were started.
  Task task = nullptr;
  void *data = nullptr;
  alignas(64) std::atomic<uint32_t> unfinished = 0;
};

/// The processors that this process may run on (its affinity mask).
uint32_t availableProcessors();

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_THREADPOOL_H
