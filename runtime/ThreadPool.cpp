//===- ThreadPool.cpp - Threads that run parallel loops -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/ThreadPool.h"
#include <chrono>
#include <csignal>
#include <pthread.h>
#include <sched.h>

using namespace lathe::runtime;

/// Waking a thread that sleeps costs some ten microseconds, and what one thread
/// does between two parallel loops of a network takes about as long.
static constexpr auto spinTime = std::chrono::microseconds(50);

/// Lets a thread that waits for `value` go on. The store is in order with all
/// else: libstdc++'s notify_one() does nothing where nobody seems to wait, and
/// would look before a weaker store has left for memory, which takes long where
/// others go before it. The thread would see the old value, and sleep forever.
static void wake(std::atomic<uint32_t> &value, uint32_t next) {
  value.store(next, std::memory_order_seq_cst);
  value.notify_one();
}

static void pauseBriefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Waits until `value` differs from `old`, asleep if that takes long, and
/// returns it.
static uint32_t waitForChange(const std::atomic<uint32_t> &value,
                              uint32_t old) {
  auto deadline = std::chrono::steady_clock::now() + spinTime;
  uint32_t current;
  while ((current = value.load(std::memory_order_acquire)) == old) {
    if (std::chrono::steady_clock::now() > deadline)
      value.wait(old, std::memory_order_acquire);
    else
      pauseBriefly();
  }
  return current;
}

Result<std::unique_ptr<ThreadPool>> ThreadPool::create(uint32_t threads) {
  std::unique_ptr<ThreadPool> pool(new ThreadPool);
  if (threads <= 1)
    return pool;
  pool->workers = std::make_unique<Worker[]>(threads - 1);
  // Signals are for the embedding program's own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  Status status;
  try {
    for (; pool->workerCount < threads - 1; ++pool->workerCount)
      pool->workers[pool->workerCount].thread =
          std::thread(&ThreadPool::work, pool.get(), pool->workerCount + 1);
  } catch (const std::system_error &error) {
    status = {LATHE_OUT_OF_MEMORY,
              concat("cannot start thread ", pool->workerCount + 2, " of ",
                     threads, ": ", error.what(), "; ask for fewer threads")};
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (status.failed())
    return status;
  return pool;
}

ThreadPool::~ThreadPool() {
  for (uint32_t i = 0; i < workerCount; ++i) {
    wake(workers[i].state, Worker::Leaving);
    workers[i].thread.join();
  }
}

void ThreadPool::work(int64_t index) {
  pthread_setname_np(pthread_self(), "lathe");
  std::atomic<uint32_t> &state = workers[static_cast<size_t>(index - 1)].state;
  while (waitForChange(state, Worker::Idle) != Worker::Leaving) {
    task(data, index);
    state.store(Worker::Idle, std::memory_order_relaxed);
    // In order with all else, as in wake().
    if (unfinished.fetch_sub(1, std::memory_order_seq_cst) == 1)
      unfinished.notify_one();
  }
}

void ThreadPool::run(int64_t count, Task newTask, void *newData) {
  auto helpers = static_cast<uint32_t>(count - 1);
  task = newTask;
  data = newData;
  unfinished.store(helpers, std::memory_order_relaxed);
  for (uint32_t i = 0; i < helpers; ++i)
    wake(workers[i].state, Worker::Called);
  newTask(newData, 0);
  uint32_t left = unfinished.load(std::memory_order_acquire);
  while (left != 0)
    left = waitForChange(unfinished, left);
}

uint32_t lathe::runtime::availableProcessors() {
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0)
    return static_cast<uint32_t>(CPU_COUNT(&mask));
  return std::max(std::thread::hardware_concurrency(),
                  1u); // Over 1024 of them.
}
