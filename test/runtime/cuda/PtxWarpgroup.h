//===- PtxWarpgroup.h - What PTX computes with four subgroups ---*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// wgmma.mma_async as the PTX ISA defines it, "Asynchronous Warpgroup Level
// Matrix Instructions". What it reads of shared memory counts when it begins;
// its sums are there for a thread that has waited for them.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_RUNTIME_CUDA_PTXWARPGROUP_H
#define LATHE_TEST_RUNTIME_CUDA_PTXWARPGROUP_H

#include "PtxSubgroup.h"

namespace ptx {

inline constexpr size_t warpgroupThreads = 128;

/// Whether the threads of a warpgroup do the instruction together.
bool isOfWarpgroup(const Instruction &instruction);

/// Gives 16 bits of shared memory.
using ReadShared = std::function<uint64_t(uint64_t address)>;

/// The sums of each thread, of what each gives: its sums before and then the
/// instruction's sources. Nothing if there is no such instruction.
std::optional<LaneValues> multiplyShared(const Instruction &instruction,
                                         const LaneValues &given,
                                         const ReadShared &read);

/// Sums of a thread's registers that are not there yet.
class PendingSums {
public:
  void begin(unsigned slot, uint64_t value) { sums[slot] = {value, groups}; }
  void makeGroup() { ++groups; }
  /// Gives registers their sums, but those of the last groups.
  void await(size_t allBut, std::vector<uint64_t> &slots);
  /// A register becomes another one, as it does where code joins.
  void move(unsigned from, unsigned to);
  /// The sum of a register, or null.
  const uint64_t *find(unsigned slot) const;
  bool empty() const { return sums.empty(); }

private:
  struct Sum {
    uint64_t value;
    size_t group;
  };
  std::map<unsigned, Sum> sums;
  size_t groups = 0;
};

} // namespace ptx

#endif // LATHE_TEST_RUNTIME_CUDA_PTXWARPGROUP_H
