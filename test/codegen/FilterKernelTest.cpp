//===- FilterKernelTest.cpp - Frequency filters on devices, without one ---===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernels of frequency filters give what direct transforms and the mask
// give, no invocations race, and a kernel that lacks one of its barriers is
// caught.
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "llvm/Support/FormatVariadic.h"
#include <complex>
#include <numbers>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
struct Sizes {
  int64_t images, height, width, blocks, each;
};

class FilterKernels : public KernelFixture {
protected:
  using Complex = std::complex<double>;

  /// A filter whose hidden activation doubles what is positive, and whose mask
  /// is a sixteenth of what comes to it.
  void parseFilter(const Sizes &s, bool inMemory = false) {
    auto type = [](ArrayRef<int64_t> shape) {
      std::string text = "memref<";
      for (int64_t size : shape)
        text += std::to_string(size) + "x";
      return text + "f32>";
    };
    Shape image = {s.images, s.height, s.width, s.blocks * s.each};
    Shape weight = {2, s.blocks, s.each, s.each}, bias = {2, s.blocks, s.each};
    shapes = {image, weight, bias, weight, bias};
    std::string spectrum;
    if (inMemory) {
      shapes.push_back({s.images, 2 * s.height * (s.width / 2 + 1) * image[3]});
      spectrum = "spectrum(%s : " + type(shapes.back()) + ") ";
    }
    std::string arguments;
    const char *names[] = {"%x: ", "%w1: ", "%b1: ", "%w2: ", "%b2: ", "%s: "};
    for (auto [name, shape] : llvm::zip(names, shapes))
      arguments += name + type(shape) + ", ";
    parse(arguments + "%y: " + type(image),
          llvm::formatv(R"(
  %factor = arith.constant 0.0625 : f32
  kernel.frequency_filter ins(%x : {0}) weights(%w1, %b1, %w2, %b2 : {1}, {2}, {1}, {2}) outs(%y : {0}) {3}hidden {{
  ^bb0(%a: f32):
    %zero = arith.constant 0.0 : f32
    %positive = arith.cmpf ogt, %a, %zero : f32
    %twice = arith.addf %a, %a : f32
    %r = arith.select %positive, %twice, %a : f32
    kernel.yield %r : f32
  } mask {{
  ^bb0(%a: f32):
    %r = arith.mulf %a, %factor : f32
    kernel.yield %r : f32
  })",
                        type(image), type(weight), type(bias), spectrum));
    shapes.push_back(image);
  }

  static Complex turn(int64_t k, int64_t n) {
    return std::polar(1.0, 2 * std::numbers::pi * double(k % n) / double(n));
  }

  /// The definition, in f64.
  std::vector<double> filter(const Sizes &s,
                             const std::vector<TestArray> &arrays) {
    auto at = [&](size_t array, ArrayRef<int64_t> indices) {
      int64_t place = 0;
      for (auto [index, size] : llvm::zip(indices, arrays[array].shape))
        place = place * size + index;
      return cast<FloatAttr>(arrays[array].elements[place]).getValueAsDouble();
    };
    int64_t half = s.width / 2 + 1, channels = s.blocks * s.each;
    double scale = 1 / std::sqrt(double(s.height * s.width));
    std::vector<double> results(s.images * s.height * s.width * channels);
    for (int64_t n = 0; n < s.images; ++n)
      for (int64_t k = 0; k < s.blocks; ++k) {
        auto multiply = [&](size_t w, const std::vector<Complex> &x) {
          std::vector<Complex> y;
          for (int64_t o = 0; o < s.each; ++o) {
            Complex sum(at(w + 1, {0, k, o}), at(w + 1, {1, k, o}));
            for (int64_t i = 0; i < s.each; ++i)
              sum += x[i] * Complex(at(w, {0, k, i, o}), at(w, {1, k, i, o}));
            y.push_back(sum);
          }
          return y;
        };
        auto hidden = [](double x) { return x > 0 ? 2 * x : x; };
        for (int64_t u = 0; u < s.height; ++u)
          for (int64_t v = 0; v < half; ++v) {
            std::vector<Complex> x(s.each), mask;
            for (int64_t c = 0; c < s.each; ++c)
              for (int64_t h = 0; h < s.height; ++h)
                for (int64_t w = 0; w < s.width; ++w)
                  x[c] +=
                      scale * at(0, {n, h, w, k * s.each + c}) *
                      std::conj(turn(u * h, s.height) * turn(v * w, s.width));
            mask = multiply(1, x);
            for (Complex &z : mask)
              z = {hidden(z.real()), hidden(z.imag())};
            mask = multiply(3, mask);
            // A column that stands for its mirror image too counts twice.
            double count = 2 * v % s.width == 0 ? 1 : 2;
            for (int64_t c = 0; c < s.each; ++c)
              for (int64_t h = 0; h < s.height; ++h)
                for (int64_t w = 0; w < s.width; ++w) {
                  Complex y = mask[c] / 16.0 * x[c] * turn(u * h, s.height) *
                              turn(v * w, s.width);
                  int64_t row = (n * s.height + h) * s.width + w;
                  results[row * channels + k * s.each + c] +=
                      count * scale * y.real();
                }
          }
      }
    for (auto [result, x] : llvm::zip(results, arrays[0].elements))
      result += cast<FloatAttr>(x).getValueAsDouble();
    return results;
  }

  void check(const Sizes &s, bool inMemory = false) {
    parseFilter(s, inMemory);
    std::vector<double> wanted = filter(s, makeArrays(shapes));
    outline();
    std::vector<TestArray> got = makeArrays(shapes);
    ASSERT_EQ(interpretOn(got), "");
    ASSERT_EQ(got.back().elements.size(), wanted.size());
    double most = 0;
    for (double x : wanted)
      most = std::max(most, std::abs(x));
    for (auto [i, element] : llvm::enumerate(got.back().elements)) {
      ASSERT_TRUE(element) << plan() << ": nothing at " << i;
      double value = cast<FloatAttr>(element).getValueAsDouble();
      EXPECT_LT(std::abs(value - wanted[i]), 2e-6 * most)
          << plan() << ": " << value << " for " << wanted[i] << " at " << i;
    }
  }

  std::vector<Shape> shapes;
};

/// Powers of two and odd sizes, of one channel and of several.
TEST_F(FilterKernels, Sizes) {
  check({1, 4, 4, 2, 3});
  check({2, 5, 6, 1, 2});
  check({1, 1, 9, 3, 1});
  check({1, 7, 1, 1, 4});
}

/// Frequencies in five rounds.
TEST_F(FilterKernels, Barriers) {
  check({1, 6, 8, 1, 7});
  EXPECT_EQ(plan(), "filter of 6x5 frequencies by 7 channels, 6 at once");
  missBarriers(shapes);
}

/// Spectra in memory, of which a workgroup has a column; nothing of them has
/// been stored before.
TEST_F(FilterKernels, Columns) {
  check({1, 16, 16, 1, 4}, /*inMemory=*/true);
  check({2, 5, 9, 2, 3}, /*inMemory=*/true);
  check({1, 12, 1, 3, 1}, /*inMemory=*/true);
  check({1, 1, 2, 1, 7}, /*inMemory=*/true);
}

TEST_F(FilterKernels, ColumnsBarriers) {
  check({1, 12, 6, 1, 9}, /*inMemory=*/true);
  unsigned barriers = 0;
  for (auto kernels : module->getOps<gpu::GPUModuleOp>()) {
    kernels.walk([&](gpu::BarrierOp) { ++barriers; });
    missBarriers(shapes, *kernels.getOps<gpu::GPUFuncOp>().begin());
  }
  EXPECT_EQ(barriers, 3u);
}

/// What a workgroup does not share stays for the host.
TEST_F(FilterKernels, TooLarge) {
  parseFilter({1, 16, 16, 1, 4});
  outline();
  EXPECT_TRUE(module->getOps<gpu::GPUModuleOp>().empty());
}
} // namespace
