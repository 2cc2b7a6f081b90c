//===- HostMemory.cpp - Memory that takes no room until it is touched -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/HostMemory.h"
#include <cstring>
#include <sys/mman.h>

using namespace lathe::runtime;

Status HostMemory::allocate(size_t size, std::string_view purpose) {
  release();
  if (size == 0)
    return {};
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    return {LATHE_OUT_OF_MEMORY,
            concat("cannot get the ", size, " bytes of ", purpose,
                   "; compile for smaller bounds of the dims")};
  // Fewer pages are fewer misses of the processor's table of them, which
  // kernels feel that go through many rows at once. Where the system has no
  // large ones, or has run out of them, small ones do.
  constexpr size_t worthwhile = 4 << 20;
  if (size >= worthwhile)
    madvise(memory, size, MADV_HUGEPAGE);
  bytes = static_cast<unsigned char *>(memory);
  length = size;
  return {};
}

void HostMemory::clear() {
  if (bytes && madvise(bytes, length, MADV_DONTNEED) != 0)
    std::memset(bytes, 0, length);
}

void HostMemory::release() {
  if (bytes)
    munmap(bytes, length);
  bytes = nullptr;
  length = 0;
}
