//===- TensorTileTest.cpp - Tiles that are multiplied at once -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "NarrowProduct.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
class TensorTiles : public KernelFixture {
protected:
  TensorTiles() {
    options.multiplied = {"bf16", "f16"};
    options.workgroupSize = 64;
    options.accumulators = 32;
    options.sharedBytes = 16384;
  }

  void parse(const NarrowProduct &product, bool dynamic = false) {
    std::vector<std::string> types = product.types(dynamic);
    KernelFixture::parse(product.arguments(types), product.body(types));
  }
};

/// Numbers of 16 bits by the instruction for matrices, whichever way the sides
/// lie in memory; runs of eight that end with a side, or do not.
TEST_F(TensorTiles, Loaded) {
  for (NarrowProduct product :
       {NarrowProduct{16, 16, 16, "bf16", "i, k", "j, k"},
        NarrowProduct{33, 40, 37, "bf16", "i, k", "j, k"},
        NarrowProduct{7, 31, 48, "f16", "i, k", "k, j"},
        NarrowProduct{40, 17, 40, "bf16", "k, i", "j, k"},
        NarrowProduct{9, 24, 33, "f16", "k, i", "k, j"}}) {
    parse(product);
    check(product.shapes());
    EXPECT_EQ(plan().rfind("tensor tiles of", 0), 0u) << plan();
    EXPECT_EQ(plan().find("copied"), std::string::npos) << plan();
  }
}

/// Sizes that are known when running; of none there is nothing to load.
TEST_F(TensorTiles, Dynamic) {
  for (int64_t m : {9, 40})
    for (int64_t k : {0, 1, 17, 32, 50}) {
      NarrowProduct product = {m, 19, k, "bf16", "i, k", "j, k"};
      std::vector<Shape> shapes = product.shapes();
      parse(product, /*dynamic=*/true);
      if (k > 32) {
        check(shapes);
      } else {
        // One block or none: the barrier between two has nothing to do.
        std::vector<TestArray> wanted = makeArrays(shapes);
        ASSERT_EQ(interpretOn(wanted), "");
        outline();
        std::vector<TestArray> got = makeArrays(shapes);
        ASSERT_EQ(interpretOn(got), "");
        EXPECT_TRUE(got.back().elements == wanted.back().elements);
      }
      EXPECT_EQ(plan().rfind("tensor tiles of", 0), 0u) << plan();
    }
}

/// What memory has as it is shared is copied: sides along the steps or along
/// themselves, by 16, 8 or 4 bytes, one side or both, with ends inside of a
/// tile, of a block and of what is copied at once.
TEST_F(TensorTiles, Copied) {
  options.copiesAsync = true;
  const char *bf16 = "bf16", *f16 = "f16";
  for (NarrowProduct product :
       {NarrowProduct{33, 40, 80, bf16, "i, k", "j, k"},
        NarrowProduct{9, 21, 36, f16, "i, k", "j, k"},
        NarrowProduct{16, 32, 70, bf16, "i, k", "j, k", bf16},
        NarrowProduct{20, 24, 37, bf16, "k, i", "k, j", bf16},
        NarrowProduct{7, 36, 150, f16, "i, k", "k, j"},
        NarrowProduct{18, 19, 64, f16, "k, i", "j, k", f16}}) {
    parse(product);
    check(product.shapes());
    EXPECT_NE(plan().find("copied"), std::string::npos) << plan();
    missWaits(product.shapes());
  }
}

/// Several blocks are under way where there is room for them.
TEST_F(TensorTiles, CopiedFurtherAhead) {
  options.copiesAsync = true;
  options.sharedBytes = 49152;
  for (int64_t k : {96, 104, 232}) {
    NarrowProduct product = {9, 17, k, "bf16", "i, k", "j, k"};
    parse(product);
    check(product.shapes());
    EXPECT_NE(plan().find("copied 3 blocks ahead"), std::string::npos)
        << plan();
    missWaits(product.shapes());
  }
}

/// Subgroups that tiles leave idle multiply parts of the steps, and add up what
/// they have; what sums begin with is the first one's.
TEST_F(TensorTiles, Parts) {
  options.workgroupSize = 128;
  options.sharedBytes = 49152;
  options.busyInvocations = 4096;
  for (bool copies : {false, true})
    for (NarrowProduct product :
         {NarrowProduct{9, 17, 520, "bf16", "i, k", "j, k"},
          NarrowProduct{16, 32, 256, "f16", "k, i", "k, j"},
          NarrowProduct{20, 40, 150, "bf16", "i, k", "j, k", "bf16"}}) {
      options.copiesAsync = copies;
      parse(product);
      check(product.shapes());
      EXPECT_NE(plan().find("parts of the steps"), std::string::npos) << plan();
      EXPECT_EQ(plan().find("copied") != std::string::npos, copies) << plan();
      if (copies)
        missWaits(product.shapes());
    }
}

/// Memory that is aligned to fewer bytes is copied by fewer at once, or not.
TEST_F(TensorTiles, Alignment) {
  options.copiesAsync = true;
  for (int64_t alignment : {16, 8, 4, 2}) {
    NarrowProduct product = {9, 17, 64, "bf16", "i, k", "j, k"};
    product.alignment = alignment;
    parse(product);
    check(product.shapes());
    bool copies = false;
    kernel().walk([&](nvgpu::DeviceAsyncCopyOp copy) {
      copies = true;
      EXPECT_EQ(copy.getDstElements().getSExtValue(), alignment / 2);
    });
    EXPECT_EQ(copies, alignment > 2);
  }
}

/// Nothing is copied that does not lie in pieces of memory which one
/// instruction copies.
TEST_F(TensorTiles, NotCopied) {
  options.copiesAsync = true;
  for (NarrowProduct product :
       {NarrowProduct{16, 16, 37, "bf16", "i, k", "j, k"},
        NarrowProduct{16, 17, 40, "bf16", "i, k", "k, j"}}) {
    parse(product);
    check(product.shapes());
    EXPECT_EQ(plan().find("copied"), std::string::npos) << plan();
  }
}

/// Matrices that subgroups of any size have together.
class CooperativeTiles : public TensorTiles {
protected:
  CooperativeTiles() { options.cooperates = true; }

  /// Checks a product on devices of all sorts.
  void checkAll(const NarrowProduct &product, bool dynamicRows = false) {
    for (size_t size : {4, 32, 64})
      for (bool ofNeighbours : {false, true}) {
        subgroups = {size, ofNeighbours};
        std::vector<std::string> types = product.types(/*dynamic=*/false);
        std::string rows = std::to_string(product.m);
        for (size_t i : {0, 3})
          if (size_t at = types[i].find(rows); dynamicRows)
            types[i].replace(at, rows.size(), "?");
        KernelFixture::parse(product.arguments(types), product.body(types));
        check(product.shapes());
        EXPECT_EQ(plan().rfind("cooperative tiles of", 0), 0u) << plan();
      }
  }
};

/// Of large subgroups a workgroup has fewer than a tile has parts, and of small
/// ones more. Ends are inside of a matrix, of a block and of a part.
TEST_F(CooperativeTiles, Loaded) {
  for (NarrowProduct product :
       {NarrowProduct{16, 16, 48, "bf16", "i, k", "j, k"},
        NarrowProduct{33, 40, 67, "bf16", "i, k", "j, k"},
        NarrowProduct{7, 31, 48, "f16", "i, k", "k, j", "f16"},
        NarrowProduct{40, 17, 70, "bf16", "k, i", "j, k"},
        NarrowProduct{20, 24, 65, "f16", "k, i", "k, j"}})
    checkAll(product);
}

/// A block that is alone, and a number of rows that is known when running.
TEST_F(CooperativeTiles, OneBlock) {
  checkAll({33, 20, 16, "f16", "i, k", "j, k"});
  checkAll({33, 20, 30, "bf16", "i, k", "k, j", "bf16"});
}
TEST_F(CooperativeTiles, DynamicRows) {
  for (int64_t m : {9, 40, 65})
    checkAll({m, 19, 50, "bf16", "i, k", "j, k"}, /*dynamicRows=*/true);
}

/// With what devices that have such matrices share: a tile of 64 rows.
TEST_F(CooperativeTiles, LargeTile) {
  options.workgroupSize = 128;
  options.sharedBytes = 32768;
  options.busyInvocations = 1;
  checkAll({50, 65, 70, "f16", "i, k", "j, k"});
  EXPECT_EQ(plan(), "cooperative tiles of 64x64x32, 32x32 a subgroup");
}

/// Where the steps are known when running there might be none, and subgroups
/// that walk over them once more would meet.
TEST_F(CooperativeTiles, DynamicSteps) {
  NarrowProduct product = {9, 19, 50, "bf16", "i, k", "j, k"};
  parse(product, /*dynamic=*/true);
  check(product.shapes());
  EXPECT_EQ(plan().find("cooperative"), std::string::npos) << plan();
}

/// A device whose subgroups are larger than a workgroup has no such matrices.
TEST_F(CooperativeTiles, NeedWholeSubgroups) {
  subgroups.size = 128;
  NarrowProduct product = {16, 16, 48, "f16", "i, k", "j, k"};
  parse(product);
  outline();
  std::vector<TestArray> arrays = makeArrays(product.shapes());
  EXPECT_NE(interpretOn(arrays).find("subgroups lack invocations"),
            std::string::npos);
}
} // namespace
