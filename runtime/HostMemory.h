//===- HostMemory.h - Memory that takes no room until it is touched -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_HOSTMEMORY_H
#define LATHE_RUNTIME_HOSTMEMORY_H

#include "runtime/Status.h"

namespace lathe::runtime {

/// Zeroed memory, which takes no room until it is touched: it is as big as the
/// dims' maxima need, most runs use less.
class HostMemory {
public:
  HostMemory() = default;
  HostMemory(const HostMemory &) = delete;
  HostMemory &operator=(const HostMemory &) = delete;
  ~HostMemory() { release(); }

  /// Takes `size` bytes in place of those of before. `purpose` is for messages
  /// ("working memory").
  Status allocate(size_t size, std::string_view purpose);
  /// Makes it zero again, and gives the room back until it is touched.
  void clear();

  unsigned char *data() const { return bytes; }
  size_t size() const { return length; }

private:
  void release();

  unsigned char *bytes = nullptr;
  size_t length = 0;
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_HOSTMEMORY_H
