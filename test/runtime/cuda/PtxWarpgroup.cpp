//===- PtxWarpgroup.cpp - What PTX computes with four subgroups -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxWarpgroup.h"
#include <bit>

using namespace ptx;

namespace {

/// A matrix in shared memory: rows of A, or columns of B, by 16 steps.
class SharedMatrix {
public:
  SharedMatrix(uint64_t descriptor, bool transposed, bool isBf16,
               const ReadShared &read)
      : start(field(descriptor)), leading(field(descriptor >> 16)),
        stride(field(descriptor >> 32)), mode(descriptor >> 62),
        baseOffset(descriptor >> 49 & 7), transposed(transposed),
        isBf16(isBf16), read(read) {}

  /// The swizzled layouts, in patterns that begin at multiples of their size.
  bool isKnown() const { return mode != 0 && baseOffset == 0; }

  double at(uint64_t line, uint64_t step) const {
    // Bytes of a row of a pattern, which has eight.
    uint64_t width = 256 >> mode, fast = transposed ? line : step,
             slow = transposed ? step : line;
    uint64_t inRow = fast * 2;
    uint64_t address = start + slow % 8 * width + slow / 8 * stride;
    // Only transposed ones go on behind the row.
    address += transposed ? inRow % width + inRow / width * leading : inRow;
    // As many bits from the fifth on as number a row's 16 bytes.
    uint64_t bits = width / 16 - 1;
    uint64_t word = read(address ^ ((address >> 7 & bits) << 4));
    return isBf16
               ? double(std::bit_cast<float>(static_cast<uint32_t>(word) << 16))
               : double(std::bit_cast<_Float16>(static_cast<uint16_t>(word)));
  }

private:
  static uint64_t field(uint64_t bits) { return (bits & 0x3fff) * 16; }

  uint64_t start, leading, stride, mode, baseOffset;
  bool transposed, isBf16;
  const ReadShared &read;
};

} // namespace

bool ptx::isOfWarpgroup(const Instruction &instruction) {
  return instruction.words[0] == "wgmma" && instruction.words.size() > 1 &&
         instruction.words[1] == "mma_async";
}

/// D = A B + D. Thread 32 w + l has, of each 8 columns, rows 16 w + l / 4 and 8
/// further, and of these columns 2 (l % 4) and the next.
std::optional<LaneValues> ptx::multiplyShared(const Instruction &instruction,
                                              const LaneValues &given,
                                              const ReadShared &read) {
  const std::vector<std::string> &words = instruction.words;
  const size_t sums = instruction.to.size(), columns = 2 * sums, depth = 16,
               rows = 64;
  if (words.size() != 8 || given.size() != warpgroupThreads ||
      words[4] != "m64n" + std::to_string(columns) + "k16" ||
      words[5] != "f32" || (words[6] != "bf16" && words[6] != "f16") ||
      words[7] != words[6] || given[0].size() != sums + 7)
    return std::nullopt;
  // Descriptors, whether to add, signs, and whether sides are transposed.
  const uint64_t *sources = given[0].data() + sums;
  for (const auto &values : given)
    if (!std::equal(sources, sources + 7, values.data() + sums))
      return std::nullopt;
  bool isBf16 = words[6] == "bf16";
  SharedMatrix left(sources[0], sources[5] != 0, isBf16, read),
      right(sources[1], sources[6] != 0, isBf16, read);
  if (sources[2] == 0 || sources[3] != 1 || sources[4] != 1 ||
      !left.isKnown() || !right.isKnown())
    return std::nullopt;
  std::vector<double> a, b;
  for (size_t k = 0; k < depth; ++k) {
    for (size_t row = 0; row < rows; ++row)
      a.push_back(left.at(row, k));
    for (size_t column = 0; column < columns; ++column)
      b.push_back(right.at(column, k));
  }
  LaneValues results(given.size());
  for (size_t thread = 0; thread < given.size(); ++thread)
    for (size_t i = 0; i < sums; ++i) {
      size_t row = thread / 32 * 16 + thread % 32 / 4 + i % 4 / 2 * 8,
             column = i / 4 * 8 + thread % 4 * 2 + i % 2;
      double sum = 0;
      for (size_t k = 0; k < depth; ++k)
        sum += a[k * rows + row] * b[k * columns + column];
      auto before =
          std::bit_cast<float>(static_cast<uint32_t>(given[thread][i]));
      results[thread].push_back(
          std::bit_cast<uint32_t>(static_cast<float>(sum + before)));
    }
  return results;
}

void PendingSums::await(size_t allBut, std::vector<uint64_t> &slots) {
  std::erase_if(sums, [&](const auto &entry) {
    auto [slot, sum] = entry;
    if (sum.group + allBut >= groups)
      return false;
    slots[slot] = sum.value;
    return true;
  });
}

void PendingSums::move(unsigned from, unsigned to) {
  if (auto found = sums.find(from); found != sums.end())
    sums[to] = found->second;
}

const uint64_t *PendingSums::find(unsigned slot) const {
  auto found = sums.find(slot);
  return found == sums.end() ? nullptr : &found->second.value;
}
