//===- PtxTest.cpp - The interpreter of PTX -------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cuda/PtxMachine.h"
#include <bit>
#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <numeric>

namespace {

using Words = std::vector<uint32_t>;

/// Runs the body of a kernel on 64 words of x and y, by 64 threads; returns y.
struct Kernel {
  explicit Kernel(const std::string &body) {
    std::iota(x.begin(), x.end(), 100u);
    std::string text =
        ".visible .entry k(\n.param .u64 x,\n.param .u64 y\n)\n{\n"
        "ld.param.b64 %rd1, [x];\nld.param.b64 %rd2, [y];\n"
        "mov.u32 %r1, %tid.x;\nmul.wide.u32 %rd3, %r1, 4;\n"
        "add.s64 %rd4, %rd1, %rd3;\nadd.s64 %rd5, %rd2, %rd3;\n" +
        body + "ret;\n}\n";
    functions = ptx::parse(text, mistakes);
  }

  Words run(const char *order = "forward") {
    setenv("LATHE_FAKE_CUDA_ORDER", order, 1);
    std::fill(y.begin(), y.end(), 0u);
    std::vector<uint64_t> parameters = {address(x), address(y)};
    ptx::run(
        functions["k"], {1, 1}, {64, 1}, parameters,
        [&](uint64_t at) {
          for (const Words *words : {&x, &y})
            if (at >= address(*words) && at < address(*words) + 256)
              return ptx::Range{address(*words), address(*words) + 256};
          return ptx::Range();
        },
        mistakes);
    unsetenv("LATHE_FAKE_CUDA_ORDER");
    return y;
  }

  static uint64_t address(const Words &words) {
    return reinterpret_cast<uint64_t>(words.data());
  }

  Words x = Words(64), y = x;
  std::vector<std::string> mistakes;
  std::map<std::string, ptx::Function> functions;
};

/// y[i] = x[63 - i] by way of memory that the workgroup shares.
std::string reverse(const std::string &barrier) {
  return ".shared .align 4 .b8 tile[256];\n"
         "ld.global.b32 %r2, [%rd4];\n"
         "mov.b64 %rd6, tile;\nadd.s64 %rd7, %rd6, %rd3;\n"
         "st.shared.b32 [%rd7], %r2;\n" +
         barrier +
         "sub.s64 %rd8, %rd6, %rd3;\nld.shared.b32 %r3, [%rd8+252];\n"
         "st.global.b32 [%rd5], %r3;\n";
}

TEST(Ptx, SeesAMissingBarrier) {
  Kernel right(reverse("bar.sync 0;\n")), wrong(reverse(""));
  Words expected(right.x.rbegin(), right.x.rend());
  EXPECT_EQ(right.run(), expected);
  EXPECT_EQ(right.run("backward"), expected);
  EXPECT_EQ(right.mistakes, std::vector<std::string>());
  EXPECT_NE(wrong.run(), wrong.run("backward"));
}

TEST(Ptx, ExchangesValuesWithinSubgroups) {
  Kernel kernel("ld.global.b32 %r2, [%rd4];\n"
                "shfl.sync.bfly.b32 %r3, %r2, 1, 31, -1;\n"
                "st.global.b32 [%rd5], %r3;\n");
  Words y = kernel.run();
  for (uint32_t i = 0; i < 64; ++i)
    EXPECT_EQ(y[i], 100 + (i ^ 1));
  Kernel stuck("setp.eq.b32 %p1, %r1, 3;\n@%p1 bra $end;\n"
               "shfl.sync.bfly.b32 %r3, %r1, 1, 31, -1;\n$end:\n"
               "bar.sync 0;\n");
  stuck.run();
  ASSERT_EQ(stuck.mistakes.size(), 1u);
  EXPECT_NE(stuck.mistakes[0].find("wait at different places"),
            std::string::npos);
}

TEST(Ptx, RoundsAsInstructionsSay) {
  // 1 + 2^-24 is halfway; a product that is not rounded shows behind a sum.
  Kernel kernel("mov.b32 %r2, 0f3F800001;\nmov.b32 %r3, 0fBF800002;\n"
                "fma.rn.f32 %r4, %r2, %r2, %r3;\n"
                "mul.rn.f32 %r5, %r2, %r2;\nadd.rn.f32 %r6, %r5, %r3;\n"
                "cvt.rzi.s32.f32 %r7, 0fC0200000;\n"
                "cvt.rni.f32.f32 %r8, 0f40200000;\n"
                "st.global.v4.b32 [%rd2], {%r4, %r6, %r7, %r8};\n");
  Words y = kernel.run();
  EXPECT_EQ(kernel.mistakes, std::vector<std::string>());
  EXPECT_EQ(std::bit_cast<float>(y[0]), std::ldexp(1.f, -46));
  EXPECT_EQ(y[1], 0u);
  EXPECT_EQ(static_cast<int32_t>(y[2]), -2);
  EXPECT_EQ(std::bit_cast<float>(y[3]), 2.f);
}

TEST(Ptx, TakesNumbersApart) {
  Kernel kernel("bfe.s32 %r2, 12, 2, 2;\nbfe.u32 %r3, 12, 2, 2;\n"
                "mov.b32 %r4, 0x81020304;\nprmt.b32 %r5, %r4, 0, 0x7773U;\n"
                "prmt.b32 %r6, %r4, 0, 0x3b00U;\n"
                "st.global.v4.b32 [%rd2], {%r2, %r3, %r5, %r6};\n");
  Words y = kernel.run();
  EXPECT_EQ(kernel.mistakes, std::vector<std::string>());
  EXPECT_EQ(y[0], ~0u);
  EXPECT_EQ(y[1], 3u);
  EXPECT_EQ(y[2], 0x81u);
  EXPECT_EQ(y[3], 0x81ff0404u);
}

TEST(Ptx, SeesWhatADeviceWouldNotDo) {
  auto mistakeOf = [](const std::string &body) {
    Kernel kernel(body);
    kernel.run();
    return kernel.mistakes.size() == 1 ? kernel.mistakes[0] : "none";
  };
  EXPECT_EQ(mistakeOf("ld.global.b32 %r2, [%rd4+256];\n"),
            "kernel 'k': an address that is in no memory: ld.global.b32 %r2, "
            "[%rd4+256]");
  EXPECT_NE(
      mistakeOf("ld.global.v2.b32 {%r2, %r3}, [%rd1+4];\n").find("not aligned"),
      std::string::npos);
  EXPECT_NE(mistakeOf("ex2.approx.f32 %r2, %r1;\n").find("no such instruction"),
            std::string::npos);
  EXPECT_EQ(mistakeOf("ld.global.nc.b32 %r2, [%rd4];\n"
                      "st.global.b32 [%rd4], %r2;\n"),
            "kernel 'k' writes memory that it reads as constants");
  EXPECT_EQ(mistakeOf("ld.global.nc.b32 %r2, [%rd4];\n"
                      "st.global.b32 [%rd5], %r2;\n"),
            "none");
}

} // namespace
