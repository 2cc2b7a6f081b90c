//===- Bench.h - Measuring a program's speed
//--------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MAIN_BENCH_H
#define LATHE_RUNTIME_MAIN_BENCH_H

#include "runtime/main/HostTensor.h"

namespace lathe::runtime {

/// Speed of one entry on one set of inputs.
struct BenchResult {
  size_t calls = 0;
  double median = 0; ///< Seconds a call, like the next two.
  double least = 0;
  double percentile90 = 0;
  int64_t items = 0; ///< Items a call: the first dynamic dimension's size.
  std::string itemName;
};

/// Runs the entry over and over for `seconds` after a warm-up of a tenth of
/// that, and times each call.
Result<BenchResult> bench(LatheInstance *instance, const LatheModelInfo &model,
                          uint32_t entry, std::span<const LatheTensor> inputs,
                          std::span<const LatheTensor> outputs, double seconds);

/// Prints the figures, and the process's peak memory.
void printBench(const BenchResult &result, FILE *stream);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_MAIN_BENCH_H
