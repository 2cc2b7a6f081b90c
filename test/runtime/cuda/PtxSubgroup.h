//===- PtxSubgroup.h - What PTX computes with whole subgroups ---*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Instructions whose result in one lane depends on what other lanes give, as
// the PTX ISA defines them: "Warp-level matrix instructions" and shfl.sync.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_RUNTIME_CUDA_PTXSUBGROUP_H
#define LATHE_TEST_RUNTIME_CUDA_PTXSUBGROUP_H

#include "PtxMachine.h"
#include <optional>

namespace ptx {

/// Whether the lanes of a subgroup do the instruction together.
bool isOfSubgroup(const Instruction &instruction);

/// Registers of each lane, one instruction's, in order.
using LaneValues = std::vector<std::vector<uint64_t>>;

/// How many rows of 16 bytes ldmatrix reads, one by each of the first lanes;
/// none of other instructions.
size_t countRows(const Instruction &instruction);

/// What the lanes get of what each gives: its sources or, of ldmatrix, the four
/// words of its row. Nothing if there is no such instruction.
std::optional<LaneValues> computeTogether(const Instruction &instruction,
                                          const LaneValues &given);

} // namespace ptx

#endif // LATHE_TEST_RUNTIME_CUDA_PTXSUBGROUP_H
