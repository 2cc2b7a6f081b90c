//===- Hazards.h - Where barriers have to stand -----------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_HAZARDS_H
#define LATHE_RUNTIME_DEVICE_HAZARDS_H

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace lathe::runtime {

/// Bytes [begin, end) of a memory.
struct MemoryRange {
  const void *memory;
  size_t begin, end;

  bool meets(const MemoryRange &other) const {
    return memory == other.memory &&
           std::max(begin, other.begin) < std::min(end, other.end);
  }
};

/// What commands read and wrote since the last barrier. Commands may run at the
/// same time unless one writes what another reads or writes.
class Hazards {
public:
  /// Whether a barrier must stand before a command that reads and writes this,
  /// which is then the first one behind it.
  bool needBarrier(std::span<const MemoryRange> reads,
                   const MemoryRange &write) {
    // Beyond so many ranges looking costs more than a barrier.
    constexpr size_t mostRanges = 128;
    bool conflicts =
        read.size() + written.size() + reads.size() > mostRanges ||
        meets(written, write) || meets(read, write) ||
        std::any_of(reads.begin(), reads.end(), [&](const MemoryRange &range) {
          return meets(written, range);
        });
    if (conflicts)
      clear();
    read.insert(read.end(), reads.begin(), reads.end());
    written.push_back(write);
    return conflicts;
  }
  void clear() {
    read.clear();
    written.clear();
  }

private:
  static bool meets(const std::vector<MemoryRange> &ranges,
                    const MemoryRange &range) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const MemoryRange &it) { return it.meets(range); });
  }

  std::vector<MemoryRange> read, written;
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_HAZARDS_H
