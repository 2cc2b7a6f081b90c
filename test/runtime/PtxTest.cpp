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

  Words run(const char *order = "forward", unsigned threads = 64,
            bool startsEarly = false) {
    setenv("LATHE_FAKE_CUDA_ORDER", order, 1);
    std::fill(y.begin(), y.end(), 0u);
    std::vector<uint64_t> parameters = {address(x), address(y)};
    ptx::run(
        functions["k"], {1, 1}, {threads, 1}, parameters,
        [&](uint64_t at) {
          for (const Words *words : {&x, &y})
            if (at >= address(*words) && at < address(*words) + 256)
              return ptx::Range{address(*words), address(*words) + 256};
          return ptx::Range();
        },
        mistakes, /*launchBytes=*/0, startsEarly);
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

/// The same, where the memory is copied to past the registers, by fours of
/// which `inside` bytes are read.
std::string copyAndReverse(const std::string &wait, const std::string &barrier,
                           const std::string &inside = "") {
  return ".shared .align 16 .b8 tile[256];\n"
         "mov.b64 %rd6, tile;\nadd.s64 %rd7, %rd6, %rd3;\n"
         "cp.async.ca.shared.global [%rd7], [%rd4], 4" +
         inside + ";\ncp.async.commit_group;\n" + wait + barrier +
         "sub.s64 %rd8, %rd6, %rd3;\nld.shared.b32 %r3, [%rd8+252];\n"
         "st.global.b32 [%rd5], %r3;\n";
}

TEST(Ptx, CopiesMeanwhile) {
  const std::string wait = "cp.async.wait_group 0;\n",
                    barrier = "bar.sync 0;\n";
  Kernel right(copyAndReverse(wait, barrier));
  EXPECT_EQ(right.run(), Words(right.x.rbegin(), right.x.rend()));
  EXPECT_EQ(right.mistakes, std::vector<std::string>());
  // Beyond `inside` are zeros.
  Kernel partial(copyAndReverse(wait, barrier, ", 1"));
  EXPECT_EQ(partial.run()[0], 163u);
  Kernel none(copyAndReverse(wait, barrier, ", 0"));
  EXPECT_EQ(none.run(), Words(64));
}

TEST(Ptx, SeesCopiesThatNobodyWaitedFor) {
  const std::string barrier = "bar.sync 0;\n";
  auto mistakeOf = [](const std::string &body, const char *order) {
    Kernel kernel(body);
    kernel.run(order);
    return kernel.mistakes.empty() ? "none" : kernel.mistakes[0];
  };
  for (const char *order : {"forward", "backward"}) {
    for (const char *wait : {"", "cp.async.wait_group 1;\n"})
      EXPECT_NE(mistakeOf(copyAndReverse(wait, barrier), order)
                    .find("bytes to which a copy is under way"),
                std::string::npos);
    EXPECT_NE(mistakeOf(copyAndReverse("cp.async.wait_group 0;\n", ""), order)
                  .find("bytes that another thread copied"),
              std::string::npos);
    EXPECT_NE(mistakeOf(copyAndReverse("cp.async.wait_group 0;\n", barrier) +
                            barrier +
                            "cp.async.ca.shared.global [%rd7], [%rd4], 4;\n",
                        order)
                  .find("under way at the end"),
              std::string::npos);
  }
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

/// A shuffle within parts of eight lanes, whose last ones keep their own.
TEST(Ptx, ShufflesWithinParts) {
  Kernel kernel("shfl.sync.down.b32 %r2, %r1, 2, 0x1807, -1;\n"
                "st.global.b32 [%rd5], %r2;\n");
  Words y = kernel.run();
  EXPECT_EQ(kernel.mistakes, std::vector<std::string>());
  for (uint32_t i = 0; i < 64; ++i)
    EXPECT_EQ(y[i], i % 8 < 6 ? i + 2 : i);
}

/// Row i of a matrix is the words 4 i to 4 i + 3; lane l gets word l of it, or
/// two numbers below each other of the transposed one.
TEST(Ptx, DistributesMatrices) {
  for (bool transposed : {false, true}) {
    Kernel kernel(
        std::string(".shared .align 16 .b8 tile[512];\n"
                    "mov.b64 %rd6, tile;\nadd.s64 %rd7, %rd6, %rd3;\n"
                    "shl.b32 %r2, %r1, 17;\nmad.lo.u32 %r2, %r1, 2, %r2;\n"
                    "add.u32 %r2, %r2, 0x10000;\n"
                    "st.shared.b32 [%rd7], %r2;\nbar.sync 0;\n"
                    "and.b32 %r3, %r1, 15;\nmul.wide.u32 %rd8, %r3, 16;\n"
                    "add.s64 %rd9, %rd6, %rd8;\n"
                    "ldmatrix.sync.aligned.m8n8.x2.") +
        (transposed ? "trans." : "") +
        "shared.b16 {%r4, %r5},\n [%rd9];\n"
        "shl.b32 %r6, %r5, 8;\nadd.u32 %r7, %r4, %r6;\n"
        "st.global.b32 [%rd5], %r7;\n");
    Words y = kernel.run();
    EXPECT_EQ(kernel.mistakes, std::vector<std::string>());
    // Element (i, j) of a matrix is 8 i + j, and 64 more of the second one.
    for (uint32_t lane = 0; lane < 32; ++lane) {
      uint32_t i = lane / 4, j = 2 * (lane % 4);
      uint32_t low = transposed ? 8 * j + i : 8 * i + j,
               high = transposed ? low + 8 : low + 1;
      uint32_t first = low | high << 16, second = first + 0x400040;
      EXPECT_EQ(y[lane], first + (second << 8)) << lane;
    }
  }
}

/// D = A B + C, where A is a row of two matrices of identity: registers of B
/// come out where C's are. One element of A off the diagonal tells its place.
TEST(Ptx, MultipliesMatrices) {
  // Lane l has bf16 of 1 in A at (l / 4, l / 4) if it holds that place.
  const std::string setup = "shr.u32 %r2, %r1, 2;\nand.b32 %r2, %r2, 7;\n"
                            "and.b32 %r3, %r1, 3;\nshr.u32 %r4, %r2, 1;\n"
                            "setp.eq.b32 %p1, %r3, %r4;\n"
                            "and.b32 %r5, %r2, 1;\nshl.b32 %r5, %r5, 4;\n"
                            "mov.b32 %r6, 0x3f80;\nshl.b32 %r6, %r6, %r5;\n"
                            "selp.b32 %r7, %r6, 0, %p1;\n"
                            // 128 + 2 t + 8 g, and the next, in both of B.
                            "and.b32 %r8, %r1, 31;\nshl.b32 %r8, %r8, 1;\n"
                            "add.u32 %r8, %r8, 0x4300;\n"
                            "add.u32 %r9, %r8, 1;\nshl.b32 %r9, %r9, 16;\n"
                            "or.b32 %r8, %r8, %r9;\n"
                            "mov.b32 %r9, 0f3F800000;\n";
  auto multiply = [&](const std::string &a) {
    return setup +
           "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32\n"
           " {%r10, %r11, %r12, %r13},\n {" +
           a +
           "},\n {%r8, 0},\n {%r9, %r9, %r9, %r9};\n"
           "and.b32 %r14, %r1, 31;\nmul.wide.u32 %rd6, %r14, 8;\n"
           "add.s64 %rd7, %rd2, %rd6;\n";
  };
  // B's column n has 128 + 8 n + k at place k of the sum.
  auto number = [](uint32_t k, uint32_t n) { return 128.f + 8 * n + k; };
  Kernel top(multiply("%r7, 0, 0, 0") +
             "st.global.v2.b32 [%rd7], {%r10, %r11};\n");
  Kernel bottom(multiply("0, %r7, 0, 0") +
                "st.global.v2.b32 [%rd7], {%r12, %r13};\n");
  Kernel beyond(multiply("0, 0, %r7, %r7") +
                "st.global.v2.b32 [%rd7], {%r10, %r13};\n");
  for (Kernel *kernel : {&top, &bottom, &beyond}) {
    Words y = kernel->run();
    EXPECT_EQ(kernel->mistakes, std::vector<std::string>());
    for (uint32_t lane = 0; lane < 32; ++lane)
      for (uint32_t i = 0; i < 2; ++i)
        EXPECT_EQ(std::bit_cast<float>(y[2 * lane + i]),
                  kernel == &beyond
                      ? 1.f
                      : 1.f + number(lane / 4, 2 * (lane % 4) + i))
            << lane;
  }
}

/// Of bytes, a register has four neighbours of the sum.
TEST(Ptx, MultipliesBytes) {
  // A has 1, 2, 3, 4 in its first register of lane 5, B -1 in all of its first.
  Kernel kernel("and.b32 %r2, %r1, 31;\nsetp.eq.b32 %p1, %r2, 5;\n"
                "selp.b32 %r3, 0x04030201, 0, %p1;\n"
                "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 "
                "{%r10, %r11, %r12, %r13}, {%r3, 0, 0, 0}, {-1, 0}, "
                "{%r2, 0, 0, 0};\n"
                "add.u32 %r14, %r10, %r12;\nst.global.b32 [%rd5], %r14;\n");
  Words y = kernel.run();
  EXPECT_EQ(kernel.mistakes, std::vector<std::string>());
  for (uint32_t lane = 0; lane < 32; ++lane)
    EXPECT_EQ(static_cast<int32_t>(y[lane]),
              static_cast<int32_t>(lane) - (lane / 4 == 1 ? 10 : 0));
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

/// 1 + 2^-8 is halfway between two bf16, and goes to the even one.
TEST(Ptx, RoundsPairs) {
  Kernel kernel("mov.b32 %r2, 0f3F808000;\nmov.b32 %r3, 0f3F818000;\n"
                "cvt.rn.bf16x2.f32 %r4, %r2, %r3;\n"
                "cvt.rn.f16x2.f32 %r5, %r3, 0fC0000000;\n"
                "st.global.v2.b32 [%rd2], {%r4, %r5};\n");
  Words y = kernel.run();
  EXPECT_EQ(kernel.mistakes, std::vector<std::string>());
  EXPECT_EQ(y[0], 0x3f803f82u);
  EXPECT_EQ(y[1], 0x3c0cc000u);
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

/// D = A B + D by four subgroups, of A that is 1 and B whose column n is 2^n in
/// all of its 16 steps, rows of 32 bytes each.
std::string multiplyShared(const std::string &wait,
                           const std::string &strides = "0010") {
  return ".shared .align 256 .b8 tile[2304];\nmov.b64 %rd6, tile;\n"
         "mul.wide.u32 %rd7, %r1, 16;\nadd.s64 %rd8, %rd6, %rd7;\n"
         "mov.b32 %r2, 0x3f803f80;\n"
         "st.shared.v4.b32 [%rd8], {%r2, %r2, %r2, %r2};\n"
         "shr.u32 %r3, %r1, 3;\nadd.u32 %r3, %r3, 127;\n"
         "shl.b32 %r3, %r3, 7;\nshl.b32 %r4, %r3, 16;\n"
         "or.b32 %r3, %r3, %r4;\nsetp.lt.u32 %p1, %r1, 64;\n"
         "add.s64 %rd9, %rd6, %rd3;\n@%p1 st.shared.b32 [%rd9+2048], %r3;\n"
         "fence.proxy.async.shared::cta;\nbar.sync 0;\n"
         "mov.b32 %r10, 0f3F800000;\nmov.b32 %r11, %r10;\n"
         "mov.b32 %r12, %r10;\nmov.b32 %r13, %r10;\n"
         "wgmma.fence.sync.aligned;\n"
         "{\n.reg .pred p;\nsetp.ne.b32 p, 1, 0;\n"
         "wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 "
         "{%r10, %r11, %r12, %r13}, 0xc000" +
         strides + "00010000, 0xc000" + strides +
         "00010080, p, 1, 1, 0, 0;\n}\n"
         "wgmma.commit_group.sync.aligned;\n" +
         wait + "add.f32 %r14, %r11, %r12;\n@%p1 st.global.b32 [%rd5], %r14;\n";
}

TEST(Ptx, MultipliesSharedMatrices) {
  Kernel kernel(multiplyShared("mov.b32 %r15, %r11;\n"
                               "wgmma.wait_group.sync.aligned 0;\n"
                               "mov.b32 %r11, %r15;\n"));
  Words y = kernel.run("forward", 128);
  EXPECT_EQ(kernel.mistakes, std::vector<std::string>());
  for (uint32_t lane = 0; lane < 64; ++lane) {
    uint32_t column = 2 * (lane % 4);
    EXPECT_EQ(std::bit_cast<float>(y[lane]),
              2.f + 16.f *
                        static_cast<float>((1 << column) + (1 << (column + 1))))
        << lane;
  }
  for (const char *wait : {"", "wgmma.wait_group.sync.aligned 1;\n"}) {
    Kernel early(multiplyShared(wait));
    early.run("forward", 128);
    ASSERT_EQ(early.mistakes.size(), 1u);
    EXPECT_NE(early.mistakes[0].find("a sum whose product is under way"),
              std::string::npos);
  }
  // Eight rows further is behind the memory.
  Kernel beyond(multiplyShared("", "1000"));
  beyond.run("forward", 128);
  ASSERT_EQ(beyond.mistakes.size(), 1u);
  EXPECT_NE(beyond.mistakes[0].find("in no memory"), std::string::npos);
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
  for (const char *unknown :
       {"ex2.approx.f32 %r2, %r1;\n", "add.rn.bf16x2 %r2, %r1, %r1;\n",
        "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 "
        "{%r2, %r3, %r4, %r5}, {%r1, %r1}, {%r1}, {%r1, %r1, %r1, %r1};\n",
        ".shared .align 16 .b8 t[512];\n"
        "ldmatrix.sync.aligned.m8n16.x1.shared.b8 {%r2}, [t];\n",
        ".shared .align 16 .b8 t[512];\n"
        "cp.async.bulk.shared.global [t], [%rd1], 16;\n"})
    EXPECT_NE(mistakeOf(unknown).find("no such instruction"), std::string::npos)
        << unknown;
  EXPECT_EQ(mistakeOf("ld.global.nc.b32 %r2, [%rd4];\n"
                      "st.global.b32 [%rd4], %r2;\n"),
            "kernel 'k' writes memory that it reads as constants");
  EXPECT_EQ(mistakeOf("ld.global.nc.b32 %r2, [%rd4];\n"
                      "st.global.b32 [%rd5], %r2;\n"),
            "none");
}

/// A kernel that starts early reaches memory once the one before has ended.
TEST(Ptx, WaitsForTheKernelBefore) {
  const std::string load = "ld.global.b32 %r2, [%rd4];\n",
                    wait = "griddepcontrol.launch_dependents;\n"
                           "griddepcontrol.wait;\n",
                    store = "st.global.b32 [%rd5], %r2;\n";
  Kernel waiting(wait + load + store);
  EXPECT_EQ(waiting.run("forward", 64, /*startsEarly=*/true), waiting.x);
  EXPECT_EQ(waiting.mistakes, std::vector<std::string>());
  Kernel hasty(load + wait + store);
  EXPECT_EQ(hasty.run("forward", 64, /*startsEarly=*/false), hasty.x);
  EXPECT_EQ(hasty.mistakes, std::vector<std::string>());
  hasty.run("forward", 64, /*startsEarly=*/true);
  ASSERT_EQ(hasty.mistakes.size(), 1u);
  EXPECT_NE(hasty.mistakes[0].find("memory before the kernel waited"),
            std::string::npos);
}

} // namespace
