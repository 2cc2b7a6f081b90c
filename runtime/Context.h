//===- Context.h - What compiled code is handed ---------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_CONTEXT_H
#define LATHE_RUNTIME_CONTEXT_H

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

  LatheHooks hooks = {};
  const LatheEventInfo *events = nullptr; ///< Of the entry that is running.
  const int64_t *dims = nullptr;

  /// The first index out of range; the rest is valid once `reported` is set
  /// and all threads are done.
  std::atomic<bool> reported = false;
  int64_t reportedEvent = 0;
  int64_t reportedIndex = 0;
  int64_t reportedBound = 0;
};

#endif // LATHE_RUNTIME_CONTEXT_H
