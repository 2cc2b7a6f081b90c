//===- PtxCopies.h - Copies of PTX that go on meanwhile ---------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// cp.async as the PTX ISA defines it: a thread sees the bytes that it copied
// once it has waited for the group that they are of, other threads of the block
// behind a barrier after that. Until then nobody reads or writes there.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_RUNTIME_CUDA_PTXCOPIES_H
#define LATHE_TEST_RUNTIME_CUDA_PTXCOPIES_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ptx {

/// The copies to a block's shared memory that are not yet there for all.
class Copies {
public:
  void beginBlock(size_t threads, size_t sharedBytes);

  /// Begins to copy bytes to a place in shared memory.
  void begin(size_t thread, size_t place, std::vector<unsigned char> bytes);
  void makeGroup(size_t thread) { ++groups[thread]; }
  /// Stores what all groups of a thread copy but its last ones.
  void await(size_t thread, size_t allBut, std::vector<unsigned char> &shared);
  /// All threads have come to a barrier.
  void passBarrier();

  /// What forbids a thread to access bytes of shared memory, or null.
  const char *findConflict(size_t thread, size_t place, size_t bytes) const;
  bool areUnderWay() const { return !copies.empty(); }

private:
  struct Copy {
    size_t thread, group, place;
    std::vector<unsigned char> bytes;
  };
  /// Of a byte, whose copy it is, if others do not see it yet.
  struct Owner {
    static constexpr size_t nobody = SIZE_MAX;
    size_t thread = nobody;
    bool underWay = false;
  };

  std::vector<size_t> groups; ///< That each thread has made.
  std::vector<Copy> copies;   ///< Nobody has waited for.
  std::vector<Copy> awaited;  ///< Since the last barrier.
  std::vector<Owner> owners;
};

} // namespace ptx

#endif // LATHE_TEST_RUNTIME_CUDA_PTXCOPIES_H
