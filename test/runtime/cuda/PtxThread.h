//===- PtxThread.h - A thread that runs PTX -----------------------*- C++
//-*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_RUNTIME_CUDA_PTXTHREAD_H
#define LATHE_TEST_RUNTIME_CUDA_PTXTHREAD_H

#include "PtxWarpgroup.h"

namespace ptx {

/// How far a thread has come.
enum class State { ready, atBarrier, atExchange, done };

struct Thread {
  std::vector<uint64_t> slots;
  size_t next = 0;
  State state = State::ready;
  std::array<unsigned, 2> place = {0, 0};
  PendingSums pending;
  bool mayReach = true; ///< The device's memory.
};

/// What an instruction does, found once.
enum class Kind {
  compute,
  load,
  store,
  copy,
  atomic,
  branch,
  finish,
  wait,
  exchange,
  order
};

Kind kindOf(const Instruction &instruction);

} // namespace ptx

#endif // LATHE_TEST_RUNTIME_CUDA_PTXTHREAD_H
