//===- FakeCuda.h - A CUDA driver that tests look into ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A libcuda.so.1 whose devices have the host's memory. It checks what it is
// asked for, counts what is alive, and fails when it is told to. A launch does
// what `kernel` says, or else what the kernel's PTX says (PtxMachine.h).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_RUNTIME_CUDA_FAKECUDA_H
#define LATHE_TEST_RUNTIME_CUDA_FAKECUDA_H

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

struct FakeCuda {
  /// What a launch is made of: buffers are addresses, as the kernel gets them.
  struct Launch {
    std::string kernel;
    unsigned columns, rows, threads;
    std::vector<uint64_t> addresses;
    std::vector<int32_t> scalars;
    unsigned sharedBytes = 0; ///< That the launch asks for.
    /// Whether it may start before the one before it ends.
    bool startsEarly = false;
  };

  /// What a launch takes of the device's time.
  static constexpr double launchMilliseconds = 0.5;

  //===--- What tests set -------------------------------------------------===//

  int devices = 1, capability = 80, threads = 1024, version = 13000;
  /// Memory of a block that a kernel's launch may ask for.
  int mostSharedBytes = 232448;
  bool takesMachineCode = true;
  /// The error of PTX, if it takes none.
  int ptxError = 0;
  /// The number of the call to fail, counted from 0, and how; -1 for none. Like
  /// those of kernels, errors from 700 on are those of all calls after.
  int failAt = -1, failWith = 719;
  std::function<void(const Launch &)> kernel;

  //===--- What happened --------------------------------------------------===//

  int calls = 0;                   ///< That may fail.
  std::vector<std::string> loaded; ///< Images, by their first bytes.
  std::vector<Launch> launches;
  int graphs = 0, graphLaunches = 0, uploads = 0, downloads = 0;
  /// What is alive, by its kind ("memory"); all zero in the end.
  std::map<std::string, int> alive;
  /// Calls that a driver would have refused, or crashed on.
  std::vector<std::string> mistakes;

  /// Writes what is alive, and mistakes, to a file.
  void writeLog(const char *path) const;
};

extern "C" {
/// The driver's only one.
FakeCuda *fakeCuda();
/// Makes it new.
void fakeCudaReset();
}

#endif // LATHE_TEST_RUNTIME_CUDA_FAKECUDA_H
