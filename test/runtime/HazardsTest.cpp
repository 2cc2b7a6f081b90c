//===- HazardsTest.cpp - Where barriers have to stand ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/Hazards.h"
#include <gtest/gtest.h>

using namespace lathe::runtime;

namespace {

/// Two memories, and commands that read some ranges of them and write one.
class Barriers : public testing::Test {
protected:
  MemoryRange a(size_t begin, size_t end) { return {&first, begin, end}; }
  MemoryRange b(size_t begin, size_t end) { return {&second, begin, end}; }
  bool needed(std::vector<MemoryRange> reads, MemoryRange write) {
    return hazards.needBarrier(reads, write);
  }

  char first = 0, second = 0;
  Hazards hazards;
};

TEST_F(Barriers, StandBeforeReadsOfWhatWasWritten) {
  EXPECT_FALSE(needed({a(0, 64)}, a(64, 128)));
  EXPECT_FALSE(needed({a(0, 64)}, a(128, 192))) << "both read only";
  EXPECT_TRUE(needed({a(0, 8), a(127, 129)}, a(192, 256)));
  EXPECT_FALSE(needed({a(128, 192)}, a(256, 320))) << "behind the barrier";
}

TEST_F(Barriers, StandBeforeWritesOfWhatWasReadOrWritten) {
  EXPECT_FALSE(needed({a(0, 64)}, a(64, 128)));
  EXPECT_TRUE(needed({}, a(63, 64)));
  EXPECT_TRUE(needed({}, a(0, 64)));
}

TEST_F(Barriers, RememberTheCommandBehindThem) {
  EXPECT_FALSE(needed({}, a(0, 64)));
  EXPECT_TRUE(needed({a(0, 64)}, a(64, 128)));
  EXPECT_TRUE(needed({a(64, 128)}, a(128, 192)));
  EXPECT_TRUE(needed({}, a(64, 128)));
}

TEST_F(Barriers, AreForOneMemoryEach) {
  EXPECT_FALSE(needed({}, a(0, 64)));
  EXPECT_FALSE(needed({b(0, 64)}, b(64, 128)));
}

TEST_F(Barriers, AreNotNeededForNothing) {
  EXPECT_FALSE(needed({}, a(0, 64)));
  EXPECT_FALSE(needed({a(16, 16)}, a(32, 32)));
}

TEST_F(Barriers, LimitWhatIsRemembered) {
  int barriers = 0;
  for (size_t i = 0; i < 1000; ++i)
    barriers += needed({}, a(i, i + 1));
  EXPECT_GT(barriers, 0);
  EXPECT_LT(barriers, 10);
}

} // namespace
