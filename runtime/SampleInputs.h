//===- SampleInputs.h - Inputs made up for measurements and checks --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_SAMPLEINPUTS_H
#define LATHE_RUNTIME_SAMPLEINPUTS_H

#include "runtime/lathe.h"
#include <cstdint>
#include <span>
#include <vector>

namespace lathe::runtime {

/// The values of a model's dims that are nearest to the wanted ones and within
/// their bounds and limits. Of a dim with a list of values it is the least one
/// that is not below, or the largest.
std::vector<int64_t> nearestDims(const LatheModelInfo &model,
                                 std::span<const int64_t> wanted);

/// The shape of an input at these dims.
std::vector<int64_t> sampleShape(const LatheModelInfo &model,
                                 const LatheTensorInfo &input,
                                 std::span<const int64_t> dims);

/// Fills an input with the sequence `seed`: integers below `bound`, within the
/// input's range where it has one; what holds a dim gets the dim's value.
void fillSample(const LatheModelInfo &model, const LatheTensorInfo &input,
                std::span<const int64_t> dims, const LatheTensor &tensor,
                uint64_t seed, uint64_t bound = 1);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_SAMPLEINPUTS_H
