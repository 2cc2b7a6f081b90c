//===- AttentionKernelTest.cpp - Attention on devices, without one --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernels of attention give what its definition gives, for all sizes of
// workgroups and tiles that they meet, no invocations race, and a kernel that
// lacks one of its barriers is caught.
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
struct Sizes {
  int64_t images, queries, keys, heads, groups, d, e;
};

/// An attention, and what is computed of its arrays.
class AttentionKernels : public KernelFixture {
protected:
  static std::string typeOf(ArrayRef<int64_t> shape, bool isDynamic,
                            const std::string &element = "f32") {
    std::string type = "memref<";
    for (auto [i, size] : llvm::enumerate(shape))
      type += (isDynamic && i < 2 ? "?" : std::to_string(size)) + "x";
    return type + element + ">";
  }

  void parseAttention(const Sizes &s, bool causal, Shape bias, bool isDynamic) {
    shapes = {{s.images, s.queries, s.heads * s.d},
              {s.images, s.keys, s.groups * s.d},
              {s.images, s.keys, s.groups * s.e}};
    const char *names[] = {"%q", "%k", "%v"};
    std::string types, arguments;
    for (auto [name, shape] : llvm::zip(names, shapes)) {
      std::string type = typeOf(shape, isDynamic, element);
      types += (types.empty() ? "" : ", ") + type;
      arguments += name + (": " + type) + ", ";
    }
    std::string biased;
    if (!bias.empty()) {
      std::string type = typeOf(bias, false, element);
      arguments += "%bias: " + type + ", ";
      biased = "bias(%bias : " + type + ") ";
      shapes.push_back(bias);
    }
    std::string parts;
    if (partNumbers) {
      std::string type = typeOf(Shape{partNumbers}, false);
      arguments += "%parts: " + type + ", ";
      parts = " partial(%parts : " + type + ")";
      shapes.push_back({partNumbers});
    }
    shapes.push_back({s.images, s.queries, s.heads * s.e});
    std::string output = typeOf(shapes.back(), isDynamic, element);
    // The addresses of entries' buffers are multiples of 64 bytes.
    std::string aligned;
    for (auto [name, shape] : llvm::zip(names, shapes))
      aligned += name + std::string("a = memref.assume_alignment ") + name +
                 ", 64 : " + typeOf(shape, isDynamic, element) + "\n";
    parse(arguments + "%y: " + output,
          aligned + "kernel.attention ins(%qa, %ka, %va : " + types + ") " +
              biased + "outs(%y : " + output + ")" + parts +
              " {heads = " + std::to_string(s.heads) +
              ", kv_heads = " + std::to_string(s.groups) +
              (causal ? ", causal" : "") + ", scale = 0.015625 : f64}");
  }

  /// The definition, in f64.
  std::vector<double> attend(const Sizes &s, bool causal, Shape bias,
                             const std::vector<TestArray> &arrays) {
    auto at = [&](size_t array, ArrayRef<int64_t> indices) {
      int64_t place = 0;
      for (auto [index, size] : llvm::zip(indices, arrays[array].shape))
        place = place * size + (size == 1 ? 0 : index);
      return cast<FloatAttr>(arrays[array].elements[place]).getValueAsDouble();
    };
    std::vector<double> results;
    for (int64_t n = 0; n < s.images; ++n)
      for (int64_t t = 0; t < s.queries; ++t)
        for (int64_t h = 0; h < s.heads; ++h) {
          int64_t g = h * s.groups / s.heads;
          std::vector<double> sums(s.e);
          double total = 0;
          for (int64_t k = 0; k < s.keys; ++k) {
            if (causal && k > t + s.keys - s.queries)
              continue;
            double score = 0;
            for (int64_t i = 0; i < s.d; ++i)
              score += at(0, {n, t, h * s.d + i}) * at(1, {n, k, g * s.d + i});
            score /= 64;
            if (!bias.empty())
              score += at(3, {n, h, t, k});
            double weight = std::exp(score);
            total += weight;
            for (int64_t i = 0; i < s.e; ++i)
              sums[i] += weight * at(2, {n, k, g * s.e + i});
          }
          for (double sum : sums)
            results.push_back(s.keys ? sum / total : 0);
        }
    return results;
  }

  /// A stored element: bf16 are words.
  static double numberOf(Attribute element) {
    if (auto word = dyn_cast<IntegerAttr>(element))
      return APFloat(APFloat::BFloat(), word.getValue()).convertToDouble();
    return cast<FloatAttr>(element).getValueAsDouble();
  }

  void compare(const Sizes &s, bool causal = false, Shape bias = {},
               bool isDynamic = false) {
    parseAttention(s, causal, bias, isDynamic);
    std::vector<double> wanted = attend(s, causal, bias, makeArrays(shapes));
    outline();
    std::vector<TestArray> got = makeArrays(shapes);
    ASSERT_EQ(interpretOn(got), "");
    ASSERT_EQ(got.back().elements.size(), wanted.size());
    for (auto [i, element] : llvm::enumerate(got.back().elements)) {
      ASSERT_TRUE(element) << plan() << ": nothing at " << i;
      double value = numberOf(element);
      double allowed = 4e-6 + rounding * std::abs(wanted[i]);
      EXPECT_TRUE(std::isnan(wanted[i]) ? std::isnan(value)
                                        : std::abs(value - wanted[i]) < allowed)
          << plan() << ": " << value << " for " << wanted[i] << " at " << i;
    }
  }

  void check(const Sizes &s, bool causal = false, Shape bias = {},
             bool isDynamic = false) {
    compare(s, causal, bias, isDynamic);
    missBarriers(shapes);
  }

  std::vector<Shape> shapes;
  /// Of inputs and output, and what storing a number may change it by.
  std::string element = "f32";
  double rounding = 0;
  /// Of memory for parts of the keys; none if 0.
  int64_t partNumbers = 0;
};

/// Several tiles of rows and blocks of keys, and edges of both.
TEST_F(AttentionKernels, ManyQueries) {
  check({2, 17, 70, 2, 2, 20, 9});
  EXPECT_EQ(plan(), "attention of 16 rows by 8 keys, 4x1 an invocation");
}

/// Heads that share keys are rows of a tile.
TEST_F(AttentionKernels, SharedKeys) {
  check({1, 7, 40, 6, 2, 11, 8}, /*causal=*/true);
}

/// One query has all lanes along the keys, and their sums in parts.
TEST_F(AttentionKernels, OneQuery) {
  check({1, 1, 70, 2, 2, 24, 5});
  EXPECT_EQ(plan(), "attention of 1 rows by 32 keys, 1x1 an invocation");
}

TEST_F(AttentionKernels, Causal) {
  for (int64_t keys : {1, 9, 33, 40})
    compare({1, 9, keys, 1, 1, 8, 8}, /*causal=*/true);
}

/// Biases of all shapes that stretch.
TEST_F(AttentionKernels, Bias) {
  for (int64_t images : {1, 2})
    for (int64_t heads : {1, 2})
      for (int64_t queries : {1, 5})
        for (int64_t keys : {1, 33})
          compare({2, 5, 33, 2, 1, 4, 3}, false,
                  {images, heads, queries, keys});
}

/// Sizes choose between a kernel for many queries and one for few.
TEST_F(AttentionKernels, DynamicSizes) {
  for (int64_t queries : {1, 3, 20})
    for (int64_t keys : {0, 1, 31, 65}) {
      compare({1, queries, keys, 2, 2, 6, 7}, /*causal=*/false, {},
              /*isDynamic=*/true);
      if (keys)
        EXPECT_EQ(plan().find("of 1 rows") == std::string::npos, queries >= 4)
            << plan();
    }
}

/// More features than a workgroup has sums for.
TEST_F(AttentionKernels, ManyFeatures) {
  check({1, 5, 70, 1, 1, 3, 130});
  check({1, 5, 40, 1, 1, 67, 2});
}

/// Few rows, whose keys workgroups share. What they give is combined, parts
/// that a row does not see included. More rows than half of the workgroups that
/// there is memory for need no others.
TEST_F(AttentionKernels, Parts) {
  const int64_t groups = 8, e = 5;
  for (int64_t queries : {1, 2, 5})
    for (int64_t keys : {0, 1, 33, 70, 300}) {
      int64_t rows = llvm::PowerOf2Ceil(2 * queries);
      partNumbers = groups * rows * (e + 2);
      for (bool causal : {false, true})
        compare({1, queries, keys, 4, 2, 6, e}, causal);
      EXPECT_EQ(plan(), "parts of attention");
    }
  partNumbers = groups * 2 * (e + 2);
  compare({2, 1, 70, 4, 2, 6, e}, /*causal=*/false, {}, /*isDynamic=*/true);
  EXPECT_EQ(plan(), "parts of attention");
  compare({3, 1, 70, 4, 2, 6, e}, /*causal=*/false, {}, /*isDynamic=*/true);
  EXPECT_EQ(plan(), "attention of 2 rows by 32 keys, 2x1 an invocation");
  compare({1, 20, 70, 4, 2, 6, e}, /*causal=*/true, {}, /*isDynamic=*/true);
  EXPECT_NE(plan().find("attention of 16 rows"), std::string::npos) << plan();
}

TEST_F(AttentionKernels, PartsBarriers) {
  partNumbers = 4 * 7;
  compare({1, 1, 140, 1, 1, 20, 5});
  unsigned checked = 0;
  for (auto kernels : module->getOps<gpu::GPUModuleOp>()) {
    missBarriers(shapes, *kernels.getOps<gpu::GPUFuncOp>().begin());
    ++checked;
  }
  EXPECT_EQ(checked, 2u);
}

/// Numbers of 16 bits are widened as they are read, and rounded once, when they
/// are stored: what parts of the keys give is f32.
TEST_F(AttentionKernels, Halves) {
  for (auto [type, unit] :
       {std::pair("f16", std::ldexp(1, -11)), {"bf16", std::ldexp(1, -8)}}) {
    element = type;
    rounding = unit;
    partNumbers = 0;
    check({2, 17, 70, 2, 2, 20, 9}, /*causal=*/true);
    compare({1, 1, 70, 2, 2, 24, 5});
    compare({2, 5, 33, 2, 1, 4, 3}, /*causal=*/false, {1, 2, 5, 33});
    compare({1, 20, 65, 2, 2, 6, 7}, /*causal=*/false, {}, /*isDynamic=*/true);
    partNumbers = 8 * 8 * 7;
    compare({1, 2, 300, 4, 2, 6, 5}, /*causal=*/true);
    EXPECT_EQ(plan(), "parts of attention");
  }
}

/// Few rows where lanes exchange what they have: subgroups share the keys.
class SubgroupAttention : public AttentionKernels {
protected:
  SubgroupAttention() {
    options.exchanges = true;
    options.workgroupSize = 64;
    options.accumulators = 16;
  }

  size_t countVectorLoads() {
    size_t count = 0;
    kernel().walk([&](vector::LoadOp) { ++count; });
    return count;
  }
};

TEST_F(SubgroupAttention, OneRow) {
  check({1, 1, 70, 2, 2, 24, 5});
  EXPECT_EQ(plan(), "attention of 1 rows by 16 keys, 1x8 a subgroup");
}

/// Rows of heads that share keys, a number that is no power of two.
TEST_F(SubgroupAttention, Rows) {
  check({2, 1, 70, 6, 2, 40, 33});
  EXPECT_EQ(plan(), "attention of 4 rows by 8 keys, 4x4 a subgroup");
  options.accumulators = 64;
  options.sharedBytes = 8192;
  for (int64_t keys : {1, 7, 8, 9, 33})
    compare({1, 2, keys, 6, 2, 8, 70}, /*causal=*/keys > 1);
  EXPECT_EQ(plan(), "attention of 8 rows by 4 keys, 8x2 a subgroup");
}

/// Runs of neighbours, of both sides and of one; of all types.
TEST_F(SubgroupAttention, Runs) {
  options.accumulators = 32;
  for (auto [type, unit] :
       {std::pair("f32", 0.), {"bf16", std::ldexp(1, -8)}}) {
    element = type;
    rounding = unit;
    compare({1, 1, 21, 4, 2, 128, 128});
    compare({2, 1, 21, 4, 2, 128, 64}, /*causal=*/false, {},
            /*isDynamic=*/true);
    EXPECT_NE(countVectorLoads(), 0u) << plan();
    compare({1, 1, 21, 4, 2, 64, 128});
    compare({2, 1, 21, 4, 2, 96, 64});
    check({2, 1, 21, 4, 4, 256, 32});
  }
}

TEST_F(SubgroupAttention, Bias) {
  for (int64_t heads : {1, 4})
    for (int64_t keys : {1, 33})
      compare({2, 1, 33, 4, 2, 4, 3}, false, {2, heads, 1, keys});
}

TEST_F(SubgroupAttention, DynamicSizes) {
  for (int64_t queries : {1, 2, 7})
    for (int64_t keys : {0, 1, 31, 65}) {
      compare({2, queries, keys, 4, 2, 6, 7}, /*causal=*/keys > 1, {},
              /*isDynamic=*/true);
      if (keys)
        EXPECT_EQ(plan().find("a subgroup") == std::string::npos, queries > 1)
            << plan();
    }
}

TEST_F(SubgroupAttention, Parts) {
  const int64_t groups = 16, e = 5;
  for (int64_t queries : {1, 2})
    for (int64_t keys : {0, 1, 9, 33, 70, 300}) {
      partNumbers = groups * 2 * queries * (e + 2);
      for (bool causal : {false, true})
        compare({1, queries, keys, 4, 2, 6, e}, causal);
      EXPECT_EQ(plan(), "parts of attention");
    }
  compare({1, 1, 140, 4, 2, 20, e});
  for (auto kernels : module->getOps<gpu::GPUModuleOp>())
    missBarriers(shapes, *kernels.getOps<gpu::GPUFuncOp>().begin());
}

/// Features that registers have no room for go through shared memory.
TEST_F(SubgroupAttention, ManyFeatures) {
  compare({1, 1, 9, 2, 2, 300, 4});
  EXPECT_EQ(plan().find("a subgroup"), std::string::npos) << plan();
}

/// With what all devices have.
TEST_F(AttentionKernels, LargeTile) {
  options = {};
  options.busyInvocations = 1;
  check({1, 33, 66, 1, 1, 33, 17});
  EXPECT_EQ(plan(), "attention of 32 rows by 64 keys, 4x4 an invocation");
}
} // namespace
