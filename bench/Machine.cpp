//===- Machine.cpp - What the machine at hand can do ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The limits that benchmarks are held against: 32-bit floating-point
// multiply-adds from registers, and bytes read from memory, by one thread.
// bench/run.py runs one process a thread and adds their rates.
//
//===----------------------------------------------------------------------===//

#include <benchmark/benchmark.h>
#include <cstring>
#include <vector>

namespace {

#if defined(__AVX512F__)
constexpr int lanes = 16;
#elif defined(__AVX__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif
using Vector [[gnu::vector_size(lanes * sizeof(float))]] = float;

/// Twelve chains of dependent multiply-adds: more than any processor's latency
/// times its units, and as many as fit into sixteen registers.
void multiplyAdd(benchmark::State &state) {
  constexpr int chains = 12, steps = 4096;
  Vector sums[chains];
  for (int i = 0; i < chains; ++i)
    sums[i] = Vector{} + static_cast<float>(i);
  Vector factor = Vector{} + 0.999f, summand = Vector{} + 0.001f;
  benchmark::DoNotOptimize(factor);
  benchmark::DoNotOptimize(summand);
  for (auto _ : state) {
    for (int step = 0; step < steps; ++step)
#pragma clang loop unroll(full)
      for (int i = 0; i < chains; ++i)
        sums[i] = sums[i] * factor + summand;
    for (int i = 0; i < chains; ++i)
      benchmark::DoNotOptimize(sums[i]);
  }
  state.counters["FLOP/s"] =
      benchmark::Counter(2.0 * lanes * chains * steps,
                         benchmark::Counter::kIsIterationInvariantRate);
}

/// Reads an array that no cache holds, and asks for its lines as far ahead as
/// makes it fastest.
void readMemory(benchmark::State &state) {
  constexpr size_t bytes = size_t(512) << 20, line = 64, ahead = 64 * line;
  std::vector<float> array(bytes / sizeof(float), 1.0f);
  const size_t count = array.size();
  for (auto _ : state) {
    Vector sums[8] = {};
    for (size_t i = 0; i < count; i += 8 * lanes) {
#pragma clang loop unroll(full)
      for (size_t k = 0; k < 8 * sizeof(Vector); k += line)
        __builtin_prefetch(reinterpret_cast<char *>(&array[i]) + ahead + k);
#pragma clang loop unroll(full)
      for (int k = 0; k < 8; ++k) {
        Vector part;
        std::memcpy(&part, &array[i + k * lanes], sizeof(part));
        sums[k] += part;
      }
    }
    for (Vector &sum : sums)
      benchmark::DoNotOptimize(sum);
  }
  state.counters["B/s"] =
      benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(multiplyAdd)->UseRealTime();
BENCHMARK(readMemory)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
