//===- KernelTest.cpp - Kernels for devices, run without one --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels give what their nests are defined to give, no invocations race, and a
// kernel that lacks one of its barriers is caught. All numbers are integers, so
// that sums are exact in every order.
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
class Kernels : public KernelFixture {};

/// y[m, n] = sum over k of x[m, k] w[k, n], and a bias.
const char *const product = R"(
  kernel.nest ins(%x, %w, %b : {0}, {1}, {2}) outs(%y : {3})
      {{indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {{
  ^bb0(%a: f32, %c: f32, %d: f32, %sum: f32):
    %p = arith.mulf %a, %c : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {{
  ^bb0(%a: f32, %c: f32, %d: f32, %sum: f32):
    %s = arith.addf %sum, %d : f32
    kernel.yield %s : f32
  })";

TEST_F(Kernels, Product) {
  for (int64_t m : {4, 7, 8, 9, 33})
    for (int64_t n : {4, 15, 16, 17})
      for (int64_t k : {16, 31, 37}) {
        auto type = [](const Twine &shape) {
          return ("memref<" + shape + "xf32>").str();
        };
        std::string types[] = {type(Twine(m) + "x" + Twine(k)),
                               type(Twine(k) + "x" + Twine(n)), type(Twine(n)),
                               type(Twine(m) + "x" + Twine(n))};
        parse("%x: " + types[0] + ", %w: " + types[1] + ", %b: " + types[2] +
                  ", %y: " + types[3],
              llvm::formatv(product, types[0], types[1], types[2], types[3]));
        check({{m, k}, {k, n}, {n}, {m, n}});
        EXPECT_EQ(plan().rfind("tiles of", 0), 0u) << plan();
      }
}

/// A tile of 64 rows, whose last ones are beyond the end, and two blocks and a
/// step of a third one: with what all devices have, and where invocations have
/// neighbours, of which some are beyond the end.
TEST_F(Kernels, LargeTile) {
  for (int64_t words : {1, 2, 4}) {
    options = {};
    options.busyInvocations = 1;
    options.sharedWords = words;
    parse("%x: memref<50x17xf32>, %w: memref<17x65xf32>, %b: memref<65xf32>, "
          "%y: memref<50x65xf32>",
          llvm::formatv(product, "memref<50x17xf32>", "memref<17x65xf32>",
                        "memref<65xf32>", "memref<50x65xf32>"));
    check({{50, 17}, {17, 65}, {65}, {50, 65}});
    EXPECT_EQ(plan(), "tiles of 64x64x8, 8x4 an invocation");
  }
}

/// y[m, n] = sum over k of x[m, k] w[n / 32, k, n % 32]: {0} steps of elements
/// {1}, which {2} makes %b of %c.
const char *const panels = R"(
  %aligned = memref.assume_alignment %w, 64 : memref<3x{0}x32x{1}>
  kernel.nest ins(%x, %aligned : memref<?x{0}xf32>, memref<3x{0}x32x{1}>) outs(%y : memref<?x96xf32>)
      {{indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j floordiv 32, k, j mod 32)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {{
  ^bb0(%a: f32, %c: {1}, %sum: f32):
    %b = {2}
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {{
  ^bb0(%a: f32, %c: {1}, %sum: f32):
    kernel.yield %sum : f32
  })";

/// Few rows by a matrix in panels, of which an invocation loads neighbours at
/// once: of several steps, and of some left over, one by one.
TEST_F(Kernels, Runs) {
  struct Stored {
    const char *type, *code;
    int64_t run;
  };
  for (Stored stored : {Stored{"f32", "arith.negf %c : f32", 4},
                        Stored{"bf16", "arith.extf %c : bf16 to f32", 8}})
    for (int64_t k : {300, 1541}) {
      options = {};
      options.busyInvocations = 65536;
      options.sharedWords = 4;
      parse(llvm::formatv("%x: memref<?x{0}xf32>, %w: memref<3x{0}x32x{1}>, "
                          "%y: memref<?x96xf32>",
                          k, stored.type),
            llvm::formatv(panels, k, stored.type, stored.code));
      check({{3, k}, {3, k, 32}, {3, 96}});
      EXPECT_EQ(
          plan().rfind(
              llvm::formatv("runs of {0} elements of ", stored.run).str(), 0),
          0u)
          << plan();
    }
}

/// Whatever a dynamic size is, one of the kernels computes it.
TEST_F(Kernels, EachNumberOfRows) {
  options = {};
  options.busyInvocations = 512;
  for (int64_t m : {1, 3, 4, 63, 64, 257, 1023, 1024}) {
    parse("%x: memref<?x17xf32>, %w: memref<17x9xf32>, %b: memref<9xf32>, "
          "%y: memref<?x9xf32>",
          llvm::formatv(product, "memref<?x17xf32>", "memref<17x9xf32>",
                        "memref<9xf32>", "memref<?x9xf32>"));
    check({{m, 17}, {17, 9}, {9}, {m, 9}});
  }
}

TEST_F(Kernels, DynamicProduct) {
  for (int64_t m : {1, 9, 40})
    for (int64_t n : {1, 17})
      for (int64_t k : {0, 1, 16, 37}) {
        parse("%x: memref<?x?xf32>, %w: memref<?x?xf32>, %b: memref<?xf32>, "
              "%y: memref<?x?xf32>",
              llvm::formatv(product, "memref<?x?xf32>", "memref<?x?xf32>",
                            "memref<?xf32>", "memref<?x?xf32>"));
        if (k < 17) {
          // One block or none: the barrier between two has nothing to do.
          std::vector<TestArray> wanted =
              makeArrays({{m, k}, {k, n}, {n}, {m, n}});
          ASSERT_EQ(interpretOn(wanted), "");
          outline();
          std::vector<TestArray> got =
              makeArrays({{m, k}, {k, n}, {n}, {m, n}});
          ASSERT_EQ(interpretOn(got), "");
          EXPECT_TRUE(got.back().elements == wanted.back().elements);
          continue;
        }
        check({{m, k}, {k, n}, {n}, {m, n}});
        // Of few rows or columns, a tile would be empty for the most part.
        bool isTile = plan().rfind("tiles of", 0) == 0;
        EXPECT_EQ(isTile, m >= 4 && n >= 4) << plan();
      }
}

/// Rows that an index picks.
TEST_F(Kernels, GatheredProduct) {
  parse("%i: memref<9xi64>, %x: memref<5x20xf32>, %w: memref<20x12xf32>, "
        "%y: memref<9x12xf32>",
        R"(%c5 = arith.constant 5 : index
      kernel.nest ins(%i, %w : memref<9xi64>, memref<20x12xf32>) outs(%y : memref<9x12xf32>)
      {indexing_maps = [affine_map<(i, j, k) -> (i)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>],
       reductions = array<i1: false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: i64, %b: f32, %sum: f32):
    %four = arith.constant 4 : i64
    %m = arith.andi %a, %four : i64
    %r = arith.index_cast %m : i64 to index
    %in = kernel.report_index %r below %c5
    %k = kernel.index 2
    %e = memref.load %x[%in, %k] : memref<5x20xf32>
    %p = arith.mulf %e, %b : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: i64, %b: f32, %sum: f32):
    kernel.yield %sum : f32
  })");
  check({{9}, {5, 20}, {20, 12}, {9, 12}});
  EXPECT_EQ(plan().rfind("tiles of", 0), 0u) << plan();
}

/// A 3x2 window of an image with its channels inside, at every other column.
TEST_F(Kernels, Convolution) {
  parse(
      "%x: memref<2x6x8x5xf32>, %w: memref<3x2x5x9xf32>, %y: "
      "memref<2x4x4x9xf32>",
      R"(kernel.nest ins(%x, %w : memref<2x6x8x5xf32>, memref<3x2x5x9xf32>) outs(%y : memref<2x4x4x9xf32>)
      {indexing_maps = [affine_map<(n, i, j, o, p, q, c) -> (n, i + p, j * 2 + q, c)>, affine_map<(n, i, j, o, p, q, c) -> (p, q, c, o)>, affine_map<(n, i, j, o, p, q, c) -> (n, i, j, o)>],
       reductions = array<i1: false, false, false, false, true, true, true>, init = 1.0 : f32} reduce {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %sum, %p : f32
    kernel.yield %s : f32
  } finish {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    kernel.yield %sum : f32
  })");
  check({{2, 6, 8, 5}, {3, 2, 5, 9}, {2, 4, 4, 9}});
  EXPECT_EQ(plan(), "tiles of 8x16x8, 2x2 an invocation");
}

/// Batched, of which the right side is transposed and decoded: its codes are
/// bytes, each row has a scale. Every fourth step is left out by a mask that no
/// side knows.
TEST_F(Kernels, DecodedBatchedProduct) {
  parse(
      "%x: memref<3x9x21xf32>, %w: memref<3x11x21xi8>, %s: memref<3x11xf32>, "
      "%m: memref<21xf32>, %y: memref<3x9x11xf32>",
      R"(kernel.nest ins(%x, %w, %s, %m : memref<3x9x21xf32>, memref<3x11x21xi8>, memref<3x11xf32>, memref<21xf32>) outs(%y : memref<3x9x11xf32>)
      {indexing_maps = [affine_map<(b, i, j, k) -> (b, i, k)>, affine_map<(b, i, j, k) -> (b, j, k)>, affine_map<(b, i, j, k) -> (b, j)>, affine_map<(b, i, j, k) -> (k)>, affine_map<(b, i, j, k) -> (b, i, j)>],
       reductions = array<i1: false, false, false, true>, init = 0.0 : f32} reduce {
  ^bb0(%a: f32, %c: i8, %s0: f32, %m0: f32, %sum: f32):
    %f = arith.sitofp %c : i8 to f32
    %d = arith.mulf %f, %s0 : f32
    %p = arith.mulf %a, %d : f32
    %q = arith.mulf %p, %m0 : f32
    %t = arith.addf %sum, %q : f32
    kernel.yield %t : f32
  } finish {
  ^bb0(%a: f32, %c: i8, %s0: f32, %m0: f32, %sum: f32):
    kernel.yield %sum : f32
  })");
  check({{3, 9, 21}, {3, 11, 21}, {3, 11}, {21}, {3, 9, 11}});
  // The codes are decoded before they are shared.
  for (BlockArgument shared : kernel().getWorkgroupAttributions())
    EXPECT_TRUE(getElementTypeOrSelf(shared.getType()).isF32());
  EXPECT_EQ(kernel().getWorkgroupAttributions().size(), 2u);
}

/// The squares of each row, or of each column, combined, and what begins.
static std::string reduction(StringRef map, StringRef type, StringRef out,
                             StringRef combiner, StringRef init) {
  return llvm::formatv(
      R"(kernel.nest ins(%x : {1}) outs(%y : {2})
      {{indexing_maps = [affine_map<(i, k) -> ({0})>, affine_map<(i, k) -> (i)>],
       reductions = array<i1: false, true>, init = {4} : f32} reduce {{
  ^bb0(%a: f32, %m: f32):
    %p = arith.mulf %a, %a : f32
    %n = arith.{3} %p, %m : f32
    kernel.yield %n : f32
  } finish {{
  ^bb0(%a: f32, %m: f32):
    %n = arith.addf %m, %m : f32
    kernel.yield %n : f32
  })",
      map, type, out, combiner, init);
}

TEST_F(Kernels, Rows) {
  for (int64_t rows : {1, 2, 5})
    for (int64_t steps : {8, 9, 63, 65}) {
      std::string type = llvm::formatv("memref<{0}x{1}xf32>", rows, steps);
      std::string out = llvm::formatv("memref<{0}xf32>", rows);
      parse("%x: " + type + ", %y: " + out,
            reduction("i, k", type, out, "addf", "3.0"));
      check({{rows, steps}, {rows}});
      EXPECT_NE(plan().find("neighbouring lanes"), std::string::npos) << plan();
    }
}

TEST_F(Kernels, Columns) {
  for (int64_t columns : {1, 3, 9})
    for (int64_t steps : {64, 67}) {
      std::string type = llvm::formatv("memref<{0}x{1}xf32>", steps, columns);
      std::string out = llvm::formatv("memref<{0}xf32>", columns);
      parse("%x: " + type + ", %y: " + out,
            reduction("k, i", type, out, "maximumf", "-1.0"));
      check({{steps, columns}, {columns}});
      EXPECT_NE(plan().find("lanes"), std::string::npos) << plan();
    }
}

/// As many elements as keep the device busy need no lanes.
TEST_F(Kernels, ManyElements) {
  std::string type = "memref<40x70xf32>", out = "memref<70xf32>";
  parse("%x: " + type + ", %y: " + out,
        reduction("k, i", type, out, "maximumf", "-1.0"));
  check({{40, 70}, {70}});
  EXPECT_EQ(plan(), "elements");
}

/// Neighbours of a subgroup exchange what they have, and only the results of
/// several subgroups go through memory.
TEST_F(Kernels, ExchangedRows) {
  options.exchanges = true;
  options.workgroupSize = 128;
  options.busyInvocations = 1024;
  for (int64_t rows : {1, 5, 40})
    for (int64_t steps : {8, 63, 300, 515}) {
      std::string type = llvm::formatv("memref<{0}x{1}xf32>", rows, steps);
      std::string out = llvm::formatv("memref<{0}xf32>", rows);
      parse("%x: " + type + ", %y: " + out,
            reduction("i, k", type, out, "addf", "3.0"));
      check({{rows, steps}, {rows}});
      bool isLarge = plan() == "elements of 64 neighbouring lanes" ||
                     plan() == "elements of 128 neighbouring lanes";
      EXPECT_EQ(isLarge, steps >= 300 && rows < 40) << plan();
      EXPECT_EQ(kernel().getWorkgroupAttributions().size(), isLarge ? 1u : 0u);
    }
}

/// Each row combined, of numbers that some code makes of its elements; NaN is
/// 99 in the end.
static std::string combination(StringRef type, StringRef in, StringRef out,
                               StringRef made, StringRef combiner,
                               StringRef init) {
  StringRef finish = type == "f32" ? "%u = arith.cmpf uno, %m, %m : f32\n"
                                     "%c = arith.constant 99.0 : f32\n"
                                     "%r = arith.select %u, %c, %m : f32\n"
                                   : "%r = arith.addi %m, %m : i32\n";
  return llvm::formatv(
      R"(kernel.nest ins(%x : {1}) outs(%y : {2})
      {{indexing_maps = [affine_map<(i, k) -> (i, k)>, affine_map<(i, k) -> (i)>],
       reductions = array<i1: false, true>, init = {5} : {0}} reduce {{
  ^bb0(%a: {0}, %m: {0}):
    {3}
    %n = arith.{4} %m, %p : {0}
    kernel.yield %n : {0}
  } finish {{
  ^bb0(%a: {0}, %m: {0}):
    {6}
    kernel.yield %r : {0}
  })",
      type, in, out, made, combiner, init, finish);
}

/// Kernels whose workgroups combine by subgroups, of which no size is known.
class SubgroupKernels : public KernelFixture {
protected:
  SubgroupKernels() {
    options.reducesSubgroups = true;
    options.workgroupSize = 128;
    options.busyInvocations = 1024;
  }

  void adjustArrays(std::vector<TestArray> &arrays) override {
    if (notNumber)
      arrays[0].elements[*notNumber] = FloatAttr::get(
          Float32Type::get(&context), APFloat::getNaN(APFloat::IEEEsingle(),
                                                      /*Negative=*/isNegative));
  }

  /// Checks a reduction of rows on devices of all sorts.
  void checkRows(int64_t rows, int64_t steps, StringRef type, StringRef made,
                 StringRef combiner, StringRef init) {
    for (size_t size : {1, 4, 8, 32, 64, 256})
      for (bool ofNeighbours : {false, true}) {
        subgroups = {size, ofNeighbours};
        std::string in =
            llvm::formatv("memref<{0}x{1}x{2}>", rows, steps, type);
        std::string out = llvm::formatv("memref<{0}x{1}>", rows, type);
        parse("%x: " + in + ", %y: " + out,
              combination(type, in, out, made, combiner, init));
        check({{rows, steps}, {rows}});
      }
  }

  std::optional<size_t> notNumber; ///< An element that is NaN.
  bool isNegative = false;
};

/// However many elements there are, a workgroup has one, unless rows are short.
TEST_F(SubgroupKernels, Rows) {
  for (int64_t rows : {1, 40})
    for (auto [steps, lanes] :
         {std::pair(63, 8), {130, 32}, {300, 64}, {515, 128}}) {
      checkRows(rows, steps, "f32", "%p = arith.mulf %a, %a : f32", "addf",
                "3.0");
      bool isLarge = lanes >= 32;
      EXPECT_EQ(plan(), llvm::formatv("elements of {0} neighbouring lanes{1}",
                                      lanes, isLarge ? ", by subgroups" : "")
                            .str());
      EXPECT_EQ(*kernel().getKnownBlockSize(),
                ArrayRef<int32_t>({isLarge ? lanes : 128, 1, 1}));
    }
}

TEST_F(SubgroupKernels, Integers) {
  for (StringRef combiner :
       {"addi", "muli", "maxsi", "minsi", "maxui", "minui"}) {
    checkRows(3, 130, "i32",
              "%c1 = arith.constant 1 : i32\n%d = arith.addi %a, %a : i32\n"
              "%p = arith.addi %d, %c1 : i32",
              combiner, "1");
    EXPECT_NE(plan().find("by subgroups"), std::string::npos) << combiner.str();
  }
}

/// Products of powers of two.
TEST_F(SubgroupKernels, Products) {
  checkRows(3, 130, "f32",
            "%z = arith.constant 0.0 : f32\n%h = arith.constant 0.5 : f32\n"
            "%t = arith.constant -2.0 : f32\n"
            "%s = arith.cmpf olt, %a, %z : f32\n"
            "%p = arith.select %s, %h, %t : f32",
            "mulf", "1.0");
  EXPECT_NE(plan().find("by subgroups"), std::string::npos) << plan();
}

/// The largest and the smallest number, where all are below zero, too, and NaN
/// where one is.
TEST_F(SubgroupKernels, Order) {
  for (StringRef combiner : {"maximumf", "minimumf", "maxnumf", "minnumf"})
    for (StringRef added : {"0.0", "-50.0", "50.0"})
      for (std::optional<size_t> at : {std::optional<size_t>(), {77}})
        for (bool isBelow : {false, true}) {
          notNumber = at;
          isNegative = isBelow;
          checkRows(1, 130, "f32",
                    llvm::formatv("%c = arith.constant {0} : f32\n"
                                  "%p = arith.addf %a, %c : f32",
                                  added)
                        .str(),
                    combiner, combiner.contains("max") ? "-60.0" : "60.0");
          EXPECT_NE(plan().find("by subgroups"), std::string::npos) << plan();
        }
}

/// What the interpreter finds in kernels that are wrong.
TEST_F(Kernels, FindsMistakes) {
  auto run = [&](const std::string &body) {
    module = parseSourceString<ModuleOp>(
        "func.func @main(%x: memref<4xf32>, %run: !llvm.ptr) {\n"
        "%c1 = arith.constant 1 : index\n"
        "kernel.launch @k over %c1(%x) in %run : !llvm.ptr, memref<4xf32>\n"
        "return }\n"
        "gpu.module @k { gpu.func @k(%x: memref<?xf32>, %p: memref<?xi32>) "
        "workgroup(%s: memref<4xf32, #gpu.address_space<workgroup>>) kernel "
        "attributes {known_block_size = array<i32: 4, 1, 1>} {\n"
        "%i = gpu.thread_id x\n%c0 = arith.constant 0 : index\n"
        "%c2 = arith.constant 2 : index\n%f = arith.constant 1.0 : f32\n" +
            body + "\ngpu.return } }",
        &context);
    Attribute one = FloatAttr::get(Float32Type::get(&context), 1);
    TestArray array = {{4}, std::vector<Attribute>(4, one)};
    return interpret(entry(), {&array});
  };
  EXPECT_EQ(run("%l = arith.cmpi ult, %i, %c2 : index\n"
                "scf.if %l { gpu.barrier }"),
            "gpu.barrier: not all invocations reach it");
  EXPECT_EQ(run("memref.store %f, %s[%c0] : memref<4xf32, "
                "#gpu.address_space<workgroup>>"),
            "memref.store: invocations race for place 0");
  EXPECT_EQ(run("%v = memref.load %s[%i] : memref<4xf32, "
                "#gpu.address_space<workgroup>>"),
            "memref.load: nobody stored to place 0");
  EXPECT_EQ(run("%j = arith.addi %i, %c2 : index\n"
                "memref.store %f, %x[%j] : memref<?xf32>"),
            "memref.store: place 4 of 4");
  EXPECT_EQ(run("memref.store %f, %x[%c0] : memref<?xf32>"),
            "memref.store: invocations race for place 0");
  // What is copied meanwhile.
  const std::string types = " : memref<?xf32> to memref<4xf32, "
                            "#gpu.address_space<workgroup>>\n",
                    load = "%v = memref.load %s[%i] : memref<4xf32, "
                           "#gpu.address_space<workgroup>>\n",
                    copy = "%t = nvgpu.device_async_copy %x[%i], %s[%i], 1" +
                           types,
                    group = "nvvm.cp.async.commit.group\n",
                    wait = "nvvm.cp.async.wait.group 0\n";
  EXPECT_EQ(run(copy + group + wait + load), "");
  EXPECT_EQ(run(copy + wait + load),
            "memref.load: a copy to place 0 is under way");
  EXPECT_EQ(run(copy + group), "gpu.func: copies are under way at its end");
  EXPECT_EQ(run("%t = nvgpu.device_async_copy %x[%i], %s[%i], 2" + types),
            "nvgpu.device_async_copy: begins between its elements");
  EXPECT_EQ(run("%t = nvgpu.device_async_copy %x[%i], %s[%c0], 1" + types),
            "nvgpu.device_async_copy: a copy to place 0 is under way");
}
} // namespace
