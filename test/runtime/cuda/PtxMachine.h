//===- PtxMachine.h - Runs PTX on the processor -----------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An interpreter of those instructions that Lathe's kernels consist of, as the
// PTX ISA defines them. It shows that kernels compute what they should, not how
// fast. Threads of a block run one after another as far as a barrier or an
// exchange; what they read there must not depend on that order, which is
// another one with LATHE_FAKE_CUDA_ORDER=backward.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_TEST_RUNTIME_CUDA_PTXMACHINE_H
#define LATHE_TEST_RUNTIME_CUDA_PTXMACHINE_H

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ptx {

/// A type of PTX: "f32", "u64", "b16", "bf16", "pred".
struct Type {
  char kind = 'b'; ///< 'b', 'u', 's', 'f', or 'h' for bf16.
  unsigned bits = 32;
  bool isFloat() const { return kind == 'f' || kind == 'h'; }
};

struct Operand {
  enum Kind { none, slot, constant, special, memory } kind = none;
  unsigned index = 0; ///< Of a slot or of a special register.
  int64_t value = 0;  ///< A constant's bits, or what is added to an address.
  /// Of memory: the slot of the address, or none where `value` is all of it.
  bool hasBase = false;
};

struct Instruction {
  std::string text;               ///< As it was written.
  std::vector<std::string> words; ///< Of its name: "ld", "global", "b32".
  Type type, from;                ///< Of the result; of what is converted.
  std::vector<Operand> to, sources;
  int guard = -1; ///< The slot of its predicate.
  bool unless = false;
  size_t target = 0; ///< Of a branch.
};

struct Function {
  std::string name;
  std::vector<unsigned> parameterBytes;
  unsigned slots = 0, sharedBytes = 0;
  /// Of memory that launches ask for behind its own, as much as they may.
  unsigned launchBytes = 0;
  std::vector<Instruction> code;
};

/// The functions of a module by name; what cannot be read goes to `mistakes`.
std::map<std::string, Function> parse(std::string_view text,
                                      std::vector<std::string> &mistakes);

/// The memory of the device that an address is in; empty if it is in none.
struct Range {
  uint64_t begin = 0, end = 0;
};
using FindMemory = std::function<Range(uint64_t address)>;

/// Runs all blocks of a grid, which share so many bytes beside the kernel's
/// own. What a device would not do goes to `mistakes`, and so does memory that
/// a kernel reaches before it waits for the one before it, if it `startsEarly`.
void run(const Function &function, std::array<unsigned, 2> grid,
         std::array<unsigned, 2> block, const std::vector<uint64_t> &parameters,
         const FindMemory &findMemory, std::vector<std::string> &mistakes,
         unsigned launchBytes = 0, bool startsEarly = false);

} // namespace ptx

#endif // LATHE_TEST_RUNTIME_CUDA_PTXMACHINE_H
