//===- PtxSubgroup.cpp - What PTX computes with whole subgroups -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxSubgroup.h"
#include "PtxArithmetic.h"
#include <algorithm>
#include <bit>

using namespace ptx;

namespace {

constexpr size_t lanes = 32;

bool has(const Instruction &instruction, const std::string &word) {
  return std::find(instruction.words.begin(), instruction.words.end(), word) !=
         instruction.words.end();
}

/// shfl.sync: values within parts of the subgroup, of which the last operand
/// but one tells the size. A lane without a partner keeps its own.
std::optional<LaneValues> shuffle(const Instruction &instruction,
                                  const LaneValues &given) {
  const std::string &mode = instruction.words[2];
  LaneValues results;
  for (size_t lane = 0; lane < given.size(); ++lane) {
    size_t by = given[lane][1] & 31, clamp = given[lane][2] & 31,
           segment = given[lane][2] >> 8 & 31, first = lane & segment,
           last = first | (clamp & ~segment);
    size_t other = mode == "bfly"   ? lane ^ by
                   : mode == "down" ? lane + by
                   : mode == "up"   ? lane - by
                                    : first | (by & ~segment);
    bool inside = mode == "up" ? by <= lane && other >= last : other <= last;
    results.push_back(
        {given[inside && other < given.size() ? other : lane][0]});
  }
  return results;
}

/// ldmatrix: lanes 8 i to 8 i + 7 give the rows of matrix i, of 8x8 elements of
/// 16 bits. Lane l gets elements 2 (l % 4) and the next of row l / 4 or, of the
/// transposed matrix, of what then is that row.
std::optional<LaneValues> distribute(const Instruction &instruction,
                                     const LaneValues &given) {
  bool transposed = has(instruction, "trans");
  auto element = [&](size_t matrix, size_t row, size_t column) {
    if (transposed)
      std::swap(row, column);
    uint64_t word = given[8 * matrix + row][column / 2];
    return word >> (16 * (column % 2)) & 0xffff;
  };
  LaneValues results(lanes);
  for (size_t lane = 0; lane < lanes; ++lane)
    for (size_t matrix = 0; matrix < countRows(instruction) / 8; ++matrix) {
      size_t row = lane / 4, column = 2 * (lane % 4);
      results[lane].push_back(element(matrix, row, column) |
                              element(matrix, row, column + 1) << 16);
    }
  return results;
}

double readNumber(uint64_t bits, const std::string &type) {
  if (type == "bf16")
    return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
  if (type == "f16")
    return static_cast<double>(
        std::bit_cast<_Float16>(static_cast<uint16_t>(bits)));
  return static_cast<double>(type == "s8" ? extend(bits, 8)
                                          : static_cast<int64_t>(bits));
}

/// mma.sync of 16x8 results: D = A B + C. A register holds e neighbours along
/// the sum, of 32 bits together. With g = lane / 4 and t = lane % 4, register r
/// of A has row g + 8 (r % 2) and begins at place e t + 4 e (r / 2) of the sum,
/// that of B has column g and begins at e t + 4 e r; element i of C has row
/// g + 8 (i / 2) and column 2 t + i % 2.
std::optional<LaneValues> multiply(const Instruction &instruction,
                                   const LaneValues &given) {
  const std::vector<std::string> &words = instruction.words;
  if (words.size() != 10 || words[4] != "row" || words[5] != "col" ||
      given.size() != lanes)
    return std::nullopt;
  const std::string &shape = words[3], &type = words[7];
  bool isFloat = words[6] == "f32";
  bool known = isFloat
                   ? (type == "bf16" || type == "f16") && shape == "m16n8k16" &&
                         words[9] == "f32"
                   : (type == "s8" || type == "u8") && shape == "m16n8k32" &&
                         words[6] == "s32" && words[9] == "s32";
  if (!known || words[8] != type)
    return std::nullopt;
  const size_t each = isFloat ? 2 : 4, depth = 8 * each;
  const auto bits = static_cast<unsigned>(32 / each);
  // Register and part of it in which an element is.
  auto part = [&](uint64_t word, size_t i) {
    return readNumber(truncate(word >> (bits * i), bits), type);
  };
  auto left = [&](size_t row, size_t k) {
    size_t lane = 4 * (row % 8) + k % (4 * each) / each;
    return part(given[lane][row / 8 + 2 * (k / (4 * each))], k % each);
  };
  auto right = [&](size_t k, size_t column) {
    size_t lane = 4 * column + k % (4 * each) / each;
    return part(given[lane][4 + k / (4 * each)], k % each);
  };
  LaneValues results(lanes);
  for (size_t lane = 0; lane < lanes; ++lane)
    for (size_t i = 0; i < 4; ++i) {
      size_t row = lane / 4 + 8 * (i / 2), column = 2 * (lane % 4) + i % 2;
      auto before = static_cast<uint32_t>(given[lane][6 + i]);
      // The order of summing is the device's own; here it is rounded once.
      double sum = 0;
      for (size_t k = 0; k < depth; ++k)
        sum += left(row, k) * right(k, column);
      results[lane].push_back(
          isFloat ? std::bit_cast<uint32_t>(
                        static_cast<float>(sum + std::bit_cast<float>(before)))
                  : before + static_cast<uint32_t>(static_cast<int32_t>(sum)));
    }
  return results;
}

} // namespace

bool ptx::isOfSubgroup(const Instruction &instruction) {
  const std::string &name = instruction.words[0];
  return name == "shfl" || name == "mma" || name == "ldmatrix";
}

size_t ptx::countRows(const Instruction &instruction) {
  if (instruction.words[0] != "ldmatrix")
    return 0;
  return has(instruction, "x4") ? 32 : has(instruction, "x2") ? 16 : 8;
}

std::optional<LaneValues> ptx::computeTogether(const Instruction &instruction,
                                               const LaneValues &given) {
  const std::string &name = instruction.words[0];
  if (name == "shfl")
    return shuffle(instruction, given);
  if (name == "mma")
    return multiply(instruction, given);
  if (!has(instruction, "m8n8") || instruction.words.back() != "b16" ||
      given.size() != lanes)
    return std::nullopt;
  return distribute(instruction, given);
}
