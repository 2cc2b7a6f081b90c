//===- SplitNestsTest.cpp - Reductions that workgroups share --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "NarrowProduct.h"
#include "codegen/KernelDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
class SplitNests : public KernelFixture {
protected:
  SplitNests() {
    options.multiplied = {"bf16", "f16"};
    options.workgroupSize = 128;
    options.accumulators = 32;
    options.sharedBytes = 16384;
    options.busyInvocations = 4096;
  }

  void parse(const NarrowProduct &product) {
    std::vector<std::string> types = product.types(/*dynamic=*/false);
    KernelFixture::parse(product.arguments(types), product.body(types));
  }

  void reserve() {
    ReserveKernelMemoryOptions memory;
    memory.workgroupSize = options.workgroupSize;
    memory.sharedBytes = options.sharedBytes;
    memory.accumulators = options.accumulators;
    memory.busyInvocations = options.busyInvocations;
    memory.multiplied = options.multiplied;
    memory.warpgroupBytes = options.warpgroupBytes;
    PassManager pm(&context);
    pm.nest<func::FuncOp>().addPass(createReserveKernelMemory(memory));
    ASSERT_TRUE(succeeded(pm.run(*module)));
  }

  /// How many parts the first nest has; 1 if there is one nest.
  int64_t countParts() {
    int64_t parts = 1;
    module->walk(
        [&](memref::AllocOp made) { parts = made.getType().getDimSize(1); });
    return parts;
  }

  /// Compares what remains a nest, and then the kernels, with what was parsed.
  void compare(ArrayRef<Shape> shapes) {
    std::vector<TestArray> wanted = makeArrays(shapes);
    ASSERT_EQ(interpretOn(wanted), "");
    reserve();
    for (bool kernels : {false, true}) {
      if (kernels)
        outline();
      std::vector<TestArray> got = makeArrays(shapes);
      ASSERT_EQ(interpretOn(got), "");
      EXPECT_TRUE(got.back().elements == wanted.back().elements);
    }
  }
};

/// Sides along the reduction and along themselves; as many parts as there are
/// workgroups to be busy, or as are long enough. What sums begin with is added
/// once.
TEST_F(SplitNests, Static) {
  for (auto [product, parts] :
       {std::pair(NarrowProduct{9, 17, 512, "bf16", "i, k", "j, k"}, 4),
        std::pair(NarrowProduct{20, 24, 320, "f16", "k, i", "k, j", "f16"}, 5),
        std::pair(NarrowProduct{16, 32, 192, "bf16", "i, k", "k, j", "bf16"},
                  3)}) {
    parse(product);
    compare(product.shapes());
    EXPECT_EQ(countParts(), parts);
    EXPECT_EQ(llvm::range_size(module->getOps<gpu::GPUModuleOp>()), 2);
  }
}

/// Tiles that occupy the device, parts that would be too short, and those that
/// no block divides, leave a nest whole.
TEST_F(SplitNests, Whole) {
  for (NarrowProduct product :
       {NarrowProduct{9, 17, 64, "bf16", "i, k", "j, k"},
        NarrowProduct{9, 17, 520, "bf16", "i, k", "j, k"},
        NarrowProduct{64, 1024, 512, "bf16", "i, k", "j, k"}}) {
    parse(product);
    reserve();
    EXPECT_EQ(countParts(), 1);
  }
  options.multiplied = {};
  parse({9, 17, 512, "bf16", "i, k", "j, k"});
  reserve();
  EXPECT_EQ(countParts(), 1);
}

/// Warpgroups' tiles are split, too.
TEST_F(SplitNests, Warpgroups) {
  options.warpgroupBytes = 131072;
  NarrowProduct product = {64, 16, 512, "bf16", "i, k", "j, k", "bf16"};
  parse(product);
  compare(product.shapes());
  EXPECT_EQ(countParts(), 2);
}

/// Where the number of rows is dynamic, it decides.
TEST_F(SplitNests, DynamicRows) {
  NarrowProduct product = {0, 17, 512, "bf16", "i, k", "j, k", "bf16"};
  std::vector<std::string> types = {"memref<?x512xbf16>", "memref<17x512xbf16>",
                                    "memref<17xf32>", "memref<?x17xf32>"};
  for (int64_t rows : {1, 20, 130}) {
    KernelFixture::parse(product.arguments(types), product.body(types));
    compare({{rows, 512}, {17, 512}, {17}, {rows, 17}});
    EXPECT_EQ(countParts(), 4);
    EXPECT_FALSE(entry().getOps<scf::IfOp>().empty());
  }
}
} // namespace
