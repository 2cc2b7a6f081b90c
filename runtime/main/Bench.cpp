//===- Bench.cpp - Measuring a program's speed
//------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/main/Bench.h"
#include "runtime/main/CommandLine.h"
#include <algorithm>
#include <chrono>
#include <sys/resource.h>

using namespace lathe::runtime;
using Clock = std::chrono::steady_clock;

/// Finds the first input dimension that is one of the model's dims, such as
/// the batch, for items a second.
static void countItems(const LatheModelInfo &model, const LatheEntryInfo &entry,
                       std::span<const LatheTensor> inputs,
                       BenchResult &result) {
  for (size_t i = 0; i < inputs.size(); ++i)
    for (uint32_t axis = 0; axis < inputs[i].rank; ++axis)
      for (const LatheDimInfo &dim : std::span(model.dims, model.dimCount))
        if (!result.items &&
            std::string_view(entry.inputs[i].shape[axis]) == dim.name) {
          result.items = inputs[i].shape[axis];
          result.itemName = dim.name;
        }
}

Result<BenchResult>
lathe::runtime::bench(LatheInstance *instance, const LatheModelInfo &model,
                      uint32_t entry, std::span<const LatheTensor> inputs,
                      std::span<const LatheTensor> outputs, double seconds) {
  std::vector<double> times;
  auto runFor = [&](double limit) {
    LatheStatus status;
    times.clear();
    for (double total = 0; total < limit || times.size() < 3;
         total += times.back()) {
      auto start = Clock::now();
      if (latheInstanceRun(instance, entry, inputs.data(), inputs.size(),
                           outputs.data(), outputs.size(), &status))
        return Status(status.code, status.message);
      times.push_back(
          std::chrono::duration<double>(Clock::now() - start).count());
    }
    return Status();
  };
  for (double limit : {seconds / 10, seconds})
    if (Status status = runFor(limit); status.failed())
      return status;
  std::sort(times.begin(), times.end());
  BenchResult result;
  result.calls = times.size();
  result.median = times[times.size() / 2];
  result.least = times[0];
  result.percentile90 = times[times.size() * 9 / 10];
  countItems(model, model.entries[entry], inputs, result);
  return result;
}

void lathe::runtime::printBench(const BenchResult &result, FILE *stream) {
  fprintf(stream, "calls     %12zu\n", result.calls);
  fprintf(stream, "median    %12.4f ms\n", result.median * 1e3);
  fprintf(stream, "min       %12.4f ms\n", result.least * 1e3);
  fprintf(stream, "p90       %12.4f ms\n", result.percentile90 * 1e3);
  fprintf(stream, "rate      %12.2f calls/s\n", 1 / result.median);
  if (result.items)
    fprintf(stream, "items     %12.2f items/s (%s = %lld)\n",
            static_cast<double>(result.items) / result.median,
            result.itemName.c_str(), static_cast<long long>(result.items));
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  fprintf(stream, "peak RSS  %12.2f MB\n",
          static_cast<double>(usage.ru_maxrss) * 1024e-6);
}
