//===- Context.h - What compiled code is handed ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_CONTEXT_H
#define LATHE_RUNTIME_CONTEXT_H

#include "runtime/Device.h"
#include "runtime/ThreadPool.h"
#include "runtime/abi.h"

/// The part of an instance that the functions of abi.h see.
struct LatheContext {
  uint32_t threads = 1;
  std::unique_ptr<lathe::runtime::ThreadPool> pool; ///< Null with an executor.
  LatheExecutor executor = {};
  /// A parallel loop is running: loops within it run serially. Written by the
  /// thread that runs the entry, while no other is at work.
  bool inParallelLoop = false;

  /// Null where all code is the processor's.
  std::unique_ptr<lathe::runtime::DeviceQueue> device;
  std::vector<lathe::runtime::DeviceReport> deviceReports;
  lathe::runtime::Status deviceStatus; ///< The first error of the run.
  bool timesDevice = false;            ///< By its own timers, for the hooks.
  std::vector<lathe::runtime::DeviceTime> deviceTimes;
  /// Whether the host writes what launches under way may read.
  bool sharesMemory = true;

  LatheHooks hooks = {};
  const LatheEventInfo *events = nullptr; ///< Of the entry that is running.
  const int64_t *dims = nullptr;

  /// The first index out of range; the rest is valid once `reported` is set
  /// and all threads are done.
  std::atomic<bool> reported = false;
  int64_t reportedEvent = 0;
  int64_t reportedIndex = 0;
  int64_t reportedBound = 0;
  /// What stands against a value, if that is what was reported.
  const char *reportedFault = nullptr;
};

namespace lathe::runtime {

/// Waits for all that was handed to the device.
void waitForDevice(LatheContext &context);

/// Reports that event `event` met a value that admits no result. The run
/// returns an error naming the op and `fault`, which lives forever: "needs
/// finite costs". May be called from any thread; the first report wins.
void reportFault(LatheContext *context, int64_t event, const char *fault);

/// Calls function(row) for each row on any thread, `work` elementary
/// operations each.
template <typename Function>
void forEachRow(LatheContext *context, int64_t rows, int64_t work,
                Function &function) {
  // Waking a thread costs as long as this many operations take.
  constexpr int64_t leastWork = 65536;
  auto body = [](int64_t begin, int64_t end, void *captures) {
    for (int64_t row = begin; row < end; ++row)
      (*static_cast<Function *>(captures))(row);
  };
  latheParallelFor(context, rows, leastWork / (work + 1) + 1, body, &function);
}

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_CONTEXT_H
