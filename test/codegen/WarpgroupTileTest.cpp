//===- WarpgroupTileTest.cpp - Tiles that warpgroups multiply -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "NarrowProduct.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
constexpr const char *bf16 = "bf16", *f16 = "f16";

class WarpgroupTiles : public KernelFixture {
protected:
  WarpgroupTiles() {
    options.multiplied = {"bf16", "f16"};
    options.workgroupSize = 128;
    options.accumulators = 32;
    options.sharedBytes = 16384;
    options.warpgroupBytes = 131072;
  }

  void parse(const NarrowProduct &product, bool dynamic = false) {
    std::vector<std::string> types = product.types(dynamic);
    KernelFixture::parse(product.arguments(types), product.body(types));
  }

  /// Compares a product with its definition; and sees what is found of each op
  /// that orders it with the stores and the sums around it, if that is left
  /// out.
  void compare(const NarrowProduct &product, StringRef wanted) {
    std::vector<Shape> shapes = product.shapes();
    parse(product);
    check(shapes);
    EXPECT_EQ(plan(), wanted);
    missEach<NVVM::FenceProxyOp>(shapes, "proxy fence");
    missEach<NVVM::WgmmaFenceAlignedOp>(shapes, "not fenced");
    missEach<NVVM::WgmmaGroupSyncAlignedOp, NVVM::WgmmaWaitGroupSyncOp>(
        shapes, "under way");
  }
};

/// Sides along the steps and along themselves, in patterns of all widths; runs
/// that end with a side, or do not.
TEST_F(WarpgroupTiles, Loaded) {
  compare({64, 16, 16, bf16, "i, k", "j, k"},
          "warpgroup tiles of 64x16x16, 1 blocks");
  compare({65, 17, 70, bf16, "i, k", "j, k"},
          "warpgroup tiles of 64x32x64, 2 blocks");
  compare({70, 24, 37, f16, "i, k", "k, j"},
          "warpgroup tiles of 64x32x64, 1 blocks");
  compare({64, 72, 30, f16, "k, i", "j, k"},
          "warpgroup tiles of 64x128x32, 1 blocks");
  compare({72, 130, 20, bf16, "k, i", "k, j"},
          "warpgroup tiles of 64x128x32, 1 blocks");
  compare({64, 9, 16, f16, "k, i", "k, j"},
          "warpgroup tiles of 64x16x16, 1 blocks");
}

/// What memory has as it is shared is copied; where there is room for three
/// blocks, a block's products may be under way when the next one's begin.
TEST_F(WarpgroupTiles, Copied) {
  options.copiesAsync = true;
  for (NarrowProduct product :
       {NarrowProduct{64, 16, 250, bf16, "i, k", "j, k", bf16},
        NarrowProduct{66, 16, 260, f16, "k, i", "k, j", f16},
        NarrowProduct{64, 12, 330, bf16, "i, k", "j, k"}}) {
    compare(product, "warpgroup tiles of 64x16x64, 4 blocks");
    missWaits(product.shapes());
  }
  // Of three blocks, one is copied ahead.
  options.warpgroupBytes = 3 * 2 * 64 * (64 + 16);
  NarrowProduct product = {64, 16, 250, bf16, "i, k", "k, j", bf16};
  compare(product, "warpgroup tiles of 64x16x64, 3 blocks");
  missWaits(product.shapes());
  // Of two, the products are waited for before the other one is written.
  options.warpgroupBytes = 2 * 2 * 64 * (64 + 16);
  product.x = "k, i";
  compare(product, "warpgroup tiles of 64x16x64, 2 blocks");
  missWaits(product.shapes());
}

/// Several warpgroups have rows each, and all columns.
TEST_F(WarpgroupTiles, TwoWarpgroups) {
  options.workgroupSize = 256;
  options.copiesAsync = true;
  compare({128, 24, 130, bf16, "i, k", "j, k", bf16},
          "warpgroup tiles of 128x32x64, 3 blocks");
  compare({100, 16, 40, f16, "k, i", "j, k"},
          "warpgroup tiles of 128x16x64, 1 blocks");
}

/// Sizes that are known when running: of few rows there is another kernel.
TEST_F(WarpgroupTiles, Dynamic) {
  for (int64_t m : {9, 70})
    for (int64_t k : {0, 1, 70}) {
      NarrowProduct product = {m, 72, k, bf16, "i, k", "j, k"};
      std::vector<Shape> shapes = product.shapes();
      parse(product, /*dynamic=*/true);
      std::vector<TestArray> wanted = makeArrays(shapes);
      ASSERT_EQ(interpretOn(wanted), "");
      outline();
      std::vector<TestArray> got = makeArrays(shapes);
      ASSERT_EQ(interpretOn(got), "");
      EXPECT_TRUE(got.back().elements == wanted.back().elements);
      EXPECT_EQ(plan().rfind("warpgroup tiles of", 0) == 0, m == 70) << plan();
    }
}

/// Fewer rows than a warpgroup multiplies are left to subgroups.
TEST_F(WarpgroupTiles, FewRows) {
  NarrowProduct product = {63, 16, 32, bf16, "i, k", "j, k"};
  parse(product);
  check(product.shapes());
  EXPECT_EQ(plan().rfind("tensor tiles of", 0), 0u) << plan();
}
} // namespace
