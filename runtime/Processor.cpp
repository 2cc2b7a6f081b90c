//===- Processor.cpp - What a program needs of the processor --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Processor.h"
#include <algorithm>
#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

using namespace lathe::runtime;

namespace {
struct Feature {
  std::string_view name;
  bool (*isThere)();
};
} // namespace

#ifdef __x86_64__
// What compilers' own lists are too old for, from Intel's manuals.
static bool hasMoreRegisters() {
  unsigned a, b, c, d, low, high;
  if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(d >> 21 & 1) ||
      !__get_cpuid(1, &a, &b, &c, &d) || !(c >> 27 & 1))
    return false;
  // Whether the system saves them.
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low >> 19 & 1;
}
static bool hasAvx10() {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (d >> 19 & 1) &&
         __get_cpuid_count(0x24, 0, &a, &b, &c, &d) && (b & 0xff) >= 2;
}
#define LATHE_FEATURE(name)                                                    \
  {name, [] { return __builtin_cpu_supports(name) != 0; }}
#else
static bool hasMoreRegisters() { return false; }
static bool hasAvx10() { return false; }
#define LATHE_FEATURE(name) {name, [] { return false; }}
#endif
static constexpr Feature features[] = {LATHE_FEATURE("sse3"),
                                       LATHE_FEATURE("ssse3"),
                                       LATHE_FEATURE("sse4.1"),
                                       LATHE_FEATURE("sse4a"),
                                       LATHE_FEATURE("fma4"),
                                       LATHE_FEATURE("xop"),
                                       LATHE_FEATURE("tbm"),
                                       LATHE_FEATURE("sse4.2"),
                                       LATHE_FEATURE("popcnt"),
                                       {"egpr", hasMoreRegisters},
                                       {"avx10.2", hasAvx10},
                                       LATHE_FEATURE("avx"),
                                       LATHE_FEATURE("f16c"),
                                       LATHE_FEATURE("fma"),
                                       LATHE_FEATURE("bmi"),
                                       LATHE_FEATURE("bmi2"),
                                       LATHE_FEATURE("lzcnt"),
                                       LATHE_FEATURE("movbe"),
                                       LATHE_FEATURE("avx2"),
                                       LATHE_FEATURE("avxvnni"),
                                       LATHE_FEATURE("gfni"),
                                       LATHE_FEATURE("vpclmulqdq"),
                                       LATHE_FEATURE("avx512f"),
                                       LATHE_FEATURE("avx512cd"),
                                       LATHE_FEATURE("avx512dq"),
                                       LATHE_FEATURE("avx512bw"),
                                       LATHE_FEATURE("avx512vl"),
                                       LATHE_FEATURE("avx512ifma"),
                                       LATHE_FEATURE("avx512vbmi"),
                                       LATHE_FEATURE("avx512vbmi2"),
                                       LATHE_FEATURE("avx512vnni"),
                                       LATHE_FEATURE("avx512bitalg"),
                                       LATHE_FEATURE("avx512vpopcntdq"),
                                       LATHE_FEATURE("avx512bf16"),
                                       LATHE_FEATURE("avx512fp16"),
                                       LATHE_FEATURE("amx-tile"),
                                       LATHE_FEATURE("amx-int8"),
                                       LATHE_FEATURE("amx-bf16")};
#undef LATHE_FEATURE

std::span<const std::string_view> lathe::runtime::listProcessorFeatures() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> names;
    for (const Feature &feature : features)
      names.push_back(feature.name);
    return names;
  }();
  return names;
}

/// Asks for the registers of matrices, which Linux gives to processes that ask.
static bool askForMatrices() {
#if defined(__x86_64__) && defined(__linux__)
  constexpr long askForState = 0x1023, matrixState = 18;
  return syscall(SYS_arch_prctl, askForState, matrixState) == 0;
#else
  return false;
#endif
}

Status lathe::runtime::requireProcessor(std::span<const std::string> wanted) {
  std::string missing;
  for (const std::string &name : wanted) {
    auto found =
        std::ranges::find(features, std::string_view(name), &Feature::name);
    bool isThere = found != std::end(features) && found->isThere();
    if (isThere && name == "amx-tile")
      isThere = askForMatrices();
    if (!isThere)
      missing += (missing.empty() ? "" : ", ") + name;
  }
  if (missing.empty())
    return {};
  return {LATHE_BAD_MODEL,
          concat("the program was compiled for a processor with ", missing,
                 ", which this one, or its operating system, does not have; "
                 "compile it here, or with --target-cpu=x86-64-v3, say")};
}
