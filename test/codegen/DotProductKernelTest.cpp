//===- DotProductKernelTest.cpp - Products of bytes for devices -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Steps, scales and offsets are whole numbers as small as lets all sums be
// exact, so that kernels give what the op is defined to give to the bit.
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
struct Product {
  int64_t rows, features, groups, length;
  bool packed = false, offsets = false, finish = false, dynamic = false;
  int64_t alignment = 64;
  /// Memory for parts of the inputs.
  int64_t partial = 0;

  int64_t inputs() const { return groups * length; }
  int64_t panels() const { return (features + 31) / 32; }

  /// In the order of the op's operands, but that the result is the last one.
  std::vector<std::vector<int64_t>> shapes() const {
    std::vector<std::vector<int64_t>> shapes = {
        {rows, inputs()},
        {rows, groups},
        {rows, groups},
        {panels(), inputs() / (packed ? 8 : 4), 128},
        {panels(), groups, 32}};
    if (offsets)
      shapes.push_back({panels(), groups, 32});
    if (finish)
      shapes.insert(shapes.end(), {{features}, {rows, features}, {rows}});
    if (partial)
      shapes.push_back({partial});
    shapes.push_back({rows, features});
    return shapes;
  }

  std::vector<std::string> types() const {
    std::vector<const char *> elements = {"i8", "f32", "i32", "i8", "f32"};
    if (offsets)
      elements.push_back("f32");
    if (finish)
      elements.insert(elements.end(), {"f32", "bf16", "f32"});
    if (partial)
      elements.push_back("f32");
    elements.push_back("f32");
    std::vector<std::string> types;
    for (auto [shape, element] : llvm::zip(shapes(), elements)) {
      std::string text = "memref<";
      for (auto [axis, size] : llvm::enumerate(shape)) {
        // Extras and results are as many rows.
        bool isRows = axis == 0 && size == rows && shape != shapes()[3] &&
                      shape != shapes()[4] && shape.size() == 2;
        text += (dynamic && isRows ? "?" : std::to_string(size)) + "x";
      }
      types.push_back(text + element + ">");
    }
    return types;
  }

  std::string arguments() const {
    std::string text;
    for (auto [i, type] : llvm::enumerate(types()))
      text += llvm::formatv("{0}%a{1}: {2}", i ? ", " : "", i, type).str();
    return text;
  }

  std::string body() const {
    std::vector<std::string> t = types();
    std::string text;
    for (int i : {0, 3})
      text +=
          llvm::formatv("%v{0} = memref.assume_alignment %a{0}, {1} : {2}\n", i,
                        alignment, t[i]);
    text +=
        llvm::formatv("kernel.dot_product rows(%v0 : {0}) weights(%v3 : {1}) "
                      "groups(%a1, %a2, %a4 : {2}, {3}, {4}) ",
                      t[0], t[3], t[1], t[2], t[4]);
    int next = 5;
    if (offsets)
      text += llvm::formatv("offsets(%a5 : {0}) ", t[next++]);
    std::string maps = "[]", region;
    if (finish) {
      text +=
          llvm::formatv("extras(%a{0}, %a{1}, %a{2} : {3}, {4}, {5}) ", next,
                        next + 1, next + 2, t[next], t[next + 1], t[next + 2]);
      next += 3;
      maps = "[affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>, "
             "affine_map<(m, n) -> (m)>]";
      region = R"( finish {
        ^bb0(%bias: f32, %residual: bf16, %factor: f32, %sum: f32):
          %e = arith.extf %residual : bf16 to f32
          %r = arith.addf %sum, %bias : f32
          %p = arith.mulf %r, %factor : f32
          %s = arith.addf %p, %e : f32
          kernel.yield %s : f32
      })";
    }
    int shift = packed && !offsets ? 8 : 0;
    text += llvm::formatv("outs(%a{0} : {1}) ", t.size() - 1, t.back());
    if (partial)
      text += llvm::formatv("partial(%a{0} : {1}) ", next, t[next]);
    text += llvm::formatv("{{extra_maps = {0}, shift = {1} : i64{2}}{3}", maps,
                          shift, packed ? ", packed" : "", region);
    return text;
  }
};

class DotProductKernels : public KernelFixture {
protected:
  DotProductKernels() {
    options.multiplied = {"i8"};
    options.copiesAsync = true;
    options.workgroupSize = 64;
    options.accumulators = 32;
    options.sharedBytes = 24576;
  }

  /// Codes of all values, and the sums of the rows' codes.
  void adjustArrays(std::vector<TestArray> &arrays) override {
    const TestArray &rows = arrays[0];
    int64_t groups = arrays[1].shape[1], length = rows.shape[1] / groups;
    Builder b(&context);
    for (auto [i, sum] : llvm::enumerate(arrays[2].elements)) {
      int64_t total = 0;
      for (int64_t k = 0; k < length; ++k)
        total += cast<IntegerAttr>(rows.elements[i * length + k]).getInt();
      sum = b.getI32IntegerAttr(static_cast<int32_t>(total));
    }
    for (auto [i, code] : llvm::enumerate(arrays[3].elements))
      code = b.getIntegerAttr(
          b.getI8Type(),
          APInt(8, uint32_t(i + 17) * 2654435761u >> 24, /*isSigned=*/false));
  }

  void check(const Product &product) {
    parse(product.arguments(), product.body());
    KernelFixture::check(product.shapes());
    EXPECT_EQ(plan().rfind("bytes of", 0), 0u) << plan();
  }

  /// Of a product of which workgroups share the inputs.
  void checkParts(const Product &product) {
    parse(product.arguments(), product.body());
    KernelFixture::check(product.shapes());
    EXPECT_EQ(plan(), "totals of bytes");
    unsigned checked = 0;
    for (auto kernels : module->getOps<gpu::GPUModuleOp>()) {
      gpu::GPUFuncOp made = *kernels.getOps<gpu::GPUFuncOp>().begin();
      auto text = made->getAttrOfType<StringAttr>("lathe.plan").getValue();
      if (!text.ends_with("parts of the inputs"))
        continue;
      missBarriers(product.shapes(), made);
      ++checked;
    }
    EXPECT_EQ(checked, 1u);
  }
};

/// One row and many, ends inside of tiles and panels, groups of one block and
/// of several.
TEST_F(DotProductKernels, Bytes) {
  for (Product product : {Product{1, 32, 1, 32}, Product{7, 37, 3, 64},
                          Product{33, 65, 2, 160}, Product{17, 96, 5, 96}}) {
    check(product);
    product.offsets = true;
    check(product);
  }
}

TEST_F(DotProductKernels, Packed) {
  for (Product product : {Product{1, 32, 1, 64}, Product{19, 40, 3, 32},
                          Product{5, 70, 1, 160}}) {
    product.packed = true;
    check(product);
    product.offsets = true;
    check(product);
  }
}

/// Subgroups multiply groups of a row each, and add up what they have.
TEST_F(DotProductKernels, Parts) {
  options.workgroupSize = 128;
  options.sharedBytes = 49152;
  for (Product product : {Product{3, 33, 4, 64}, Product{16, 32, 8, 32},
                          Product{2, 32, 6, 128}}) {
    check(product);
    EXPECT_NE(plan().find("parts of a row"), std::string::npos) << plan();
    product.packed = product.offsets = true;
    check(product);
  }
}

/// A bias, a residual and a factor of rows.
TEST_F(DotProductKernels, Finish) {
  for (Product product : {Product{9, 37, 2, 64}, Product{2, 33, 4, 32}}) {
    product.finish = true;
    check(product);
    product.offsets = product.packed = true;
    check(product);
  }
}

/// There are two kernels, of which the number of rows chooses one.
TEST_F(DotProductKernels, DynamicRows) {
  for (int64_t rows : {1, 5, 63, 64}) {
    Product product = {rows, 33, 2, 64};
    product.dynamic = true;
    check(product);
    bool isFew = plan().rfind("bytes of 16x", 0) == 0;
    EXPECT_EQ(isFew, rows < 64) << plan();
  }
}

/// Few rows, whose inputs workgroups share: as many parts as there is memory
/// for, or as have several blocks, the last one being shorter.
TEST_F(DotProductKernels, SharedInputs) {
  const int64_t tile = 16 * 32;
  for (Product product : {Product{1, 32, 16, 32}, Product{5, 33, 13, 64},
                          Product{17, 40, 1, 32}, Product{3, 32, 12, 96}}) {
    for (int64_t groups : {8, 24}) {
      product.partial = groups * tile;
      checkParts(product);
    }
    product.finish = product.packed = true;
    checkParts(product);
  }
}

/// More tiles than half of the workgroups that there is memory for need no
/// others; many rows have another kernel.
TEST_F(DotProductKernels, SharedInputsOfFewRows) {
  Product product = {5, 64, 16, 32};
  product.dynamic = true;
  product.partial = 4 * 16 * 32;
  checkParts(product);
  product.partial = 3 * 16 * 32;
  check(product);
  product.rows = 70;
  product.partial = 8 * 16 * 32;
  check(product);
}

/// Memory that is aligned to fewer bytes is copied by fewer at once, or not by
/// copies.
TEST_F(DotProductKernels, Alignment) {
  for (int64_t alignment : {8, 4, 1}) {
    Product product = {7, 37, 2, 64};
    product.alignment = alignment;
    check(product);
    bool copies = false;
    kernel().walk([&](nvgpu::DeviceAsyncCopyOp copy) {
      copies = true;
      EXPECT_EQ(copy.getDstElements().getSExtValue(), alignment);
    });
    EXPECT_EQ(copies, alignment > 1);
  }
}

/// Copies are waited for before they are multiplied.
TEST_F(DotProductKernels, Waits) {
  Product product = {7, 37, 3, 64};
  check(product);
  missWaits(product.shapes());
}
} // namespace
