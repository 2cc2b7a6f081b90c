//===- Random.h - Random tensors for benchmarks and comparisons -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_RANDOM_H
#define LATHE_RUNTIME_RANDOM_H

#include "runtime/lathe.h"

namespace lathe::runtime {

/// Bits number `index` of the sequence `seed`: the SplitMix64 generator
/// (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
/// 2014), which yields any element of its sequence directly.
uint64_t randomBits(uint64_t seed, uint64_t index);

/// Element `index` of the sequence `seed` of numbers that are uniform on
/// [-sqrt(3), sqrt(3)): mean 0 and variance 1, as networks like their inputs,
/// without outliers. The same number on every machine.
float randomUnit(uint64_t seed, uint64_t index);

/// Fills `data` with `count` elements of the sequence `seed`: floating-point
/// types with randomUnit (rounded), integers uniform on [0, bound) (with the
/// default bound, zeros: they are valid indices whatever they index), bool
/// with 0 and 1.
void fillRandom(LatheType type, void *data, int64_t count, uint64_t seed,
                uint64_t bound = 1);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_RANDOM_H
