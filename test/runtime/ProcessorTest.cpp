//===- ProcessorTest.cpp - What a program needs of the processor ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Processor.h"
#include "runtime/lathe.h"
#include "test/runtime/FakeModel.h"
#include <algorithm>
#include <fstream>
#include <gmock/gmock.h>
#include <sstream>

using namespace testing;
using namespace lathe::runtime;

namespace {

/// What Linux says that the processor has, by Linux's names.
std::vector<std::string> flagsOfProcessor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("flags")) {
      std::istringstream words(line.substr(line.find(':') + 1));
      return {std::istream_iterator<std::string>(words), {}};
    }
  return {};
}

TEST(Processor, HasWhatLinuxSays) {
  std::vector<std::string> flags = flagsOfProcessor();
  if (flags.empty())
    GTEST_SKIP() << "no flags in /proc/cpuinfo";
  // LLVM's names, and Linux's where these differ by more than punctuation.
  const std::pair<std::string, std::string> names[] = {
      {"avx", "avx"},
      {"fma4", "fma4"},
      {"xop", "xop"},
      {"tbm", "tbm"},
      {"avx2", "avx2"},
      {"fma", "fma"},
      {"bmi2", "bmi2"},
      {"avx512f", "avx512f"},
      {"avx512bw", "avx512bw"},
      {"avx512vnni", "avx512_vnni"},
      {"avx512bf16", "avx512_bf16"},
      {"avxvnni", "avx_vnni"},
      {"amx-tile", "amx_tile"},
      {"amx-int8", "amx_int8"},
      {"amx-bf16", "amx_bf16"}};
  for (const auto &[ours, theirs] : names) {
    EXPECT_THAT(listProcessorFeatures(), Contains(ours));
    EXPECT_EQ(!requireProcessor({&ours, 1}).failed(),
              std::ranges::count(flags, theirs) > 0)
        << ours;
  }
}

TEST(Processor, NamesWhatIsMissing) {
  std::vector<std::string> wanted = {"abacus", "popcnt", "slide-rule"};
  Status status = requireProcessor(wanted);
  ASSERT_TRUE(status.failed());
  EXPECT_THAT(status.message(),
              HasSubstr("with abacus, slide-rule, which this one"));
  EXPECT_FALSE(requireProcessor({}).failed());
}

TEST(Processor, IsCheckedWhenAModelIsOpened) {
  const char text[] =
      R"({"lathe": 1, "model": "m", "processor": ["abacus"], "entries": []})";
  LatheModelBinary other = latheModel;
  other.descriptor = text;
  other.descriptorSize = sizeof(text) - 1;
  other.entryCount = 0;
  LatheModel *opened = nullptr;
  LatheStatus status;
  EXPECT_EQ(latheModelOpen(&other, &opened, &status), LATHE_BAD_MODEL);
  EXPECT_THAT(status.message, StartsWith("the program was compiled for a "
                                         "processor with abacus, which"));
  EXPECT_THAT(status.message, HasSubstr("--target-cpu=x86-64-v3"));
}

} // namespace
