//===- CostTest.cpp - What ops cost ---------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/LatheDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::lathe;

namespace {

class Cost : public testing::Test {
protected:
  Cost() { context.loadDialect<LatheDialect, func::FuncDialect>(); }

  /// The only op of a function with the given arguments, as
  /// "FLOPs | multiply-adds | bytes".
  std::string costOf(StringRef arguments, StringRef op) {
    std::string text =
        ("func.func @f(" + arguments + ") {\n" + op + "\nreturn\n}").str();
    module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return "error";
    std::string result;
    module->walk([&](CostOpInterface costed) {
      Work work = costed.getWork();
      result += work.flops.str() + " | " + work.multiplyAdds.str() + " | " +
                costed.getBytes().str();
    });
    return result;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(Cost, LinearCountsAMultiplyAddTwice) {
  EXPECT_EQ(costOf("%x: tensor<?x32xf32, #lathe.dims<\"batch\", \"\">>, "
                   "%w: tensor<10x32xf32>, %b: tensor<10xf32>",
                   "%r = lathe.linear %x, %w, %b : (tensor<?x32xf32, "
                   "#lathe.dims<\"batch\", \"\">>, tensor<10x32xf32>, "
                   "tensor<10xf32>) -> tensor<?x10xf32, "
                   "#lathe.dims<\"batch\", \"\">>"),
            "650*batch | 320*batch | 168*batch + 1320");
}

TEST_F(Cost, TransposedConvolutionCountsByItsInput) {
  // 5·5 pixels of 8 channels, each to 2 channels of 3·3 pixels.
  EXPECT_EQ(costOf("%x: tensor<1x8x5x5xf32>, %w: tensor<8x2x3x3xf32>",
                   "%r = lathe.conv_transpose2d %x, %w {stride = array<i64: 1, "
                   "1>, dilation = array<i64: 1, 1>, padding = array<i64: 0, "
                   "0, 0, 0>, output_padding = array<i64: 0, 0>, groups = 1 : "
                   "i64} : (tensor<1x8x5x5xf32>, tensor<8x2x3x3xf32>) -> "
                   "tensor<1x2x7x7xf32>"),
            "7200 | 3600 | 1768");
}

TEST_F(Cost, EmbeddingMovesOnlyTheRowsItReads) {
  EXPECT_EQ(costOf("%i: tensor<3xi64>, %w: tensor<1000x4xf32>",
                   "%r = lathe.embedding %i, %w : (tensor<3xi64>, "
                   "tensor<1000x4xf32>) -> tensor<3x4xf32>"),
            "0 | 0 | 120");
}

TEST_F(Cost, FrequencyFilterCountsFastTransforms) {
  // An image of 4·4 pixels, 4·3 frequencies, one channel a block. Products
  // 2·4·12, transforms 2·2.5·16·4, mask 14·12, residual 16.
  EXPECT_EQ(costOf("%x: tensor<1x1x4x4xf32>, %w: tensor<2x1x1x1xf32>, "
                   "%b: tensor<2x1x1xf32>",
                   "%r = lathe.frequency_filter %x, %w, %b, %w, %b {blocks = 1 "
                   ": i64, act = #lathe<activation_kind relu>, softshrink = "
                   "0.01 : f64} : (tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>, "
                   "tensor<2x1x1xf32>, tensor<2x1x1x1xf32>, "
                   "tensor<2x1x1xf32>) -> tensor<1x1x4x4xf32>"),
            "696 | 96 | 160");
}

TEST_F(Cost, DistillationComparesTheChannelsOfTheStudent) {
  // 12 elements, two operations and a sum each.
  EXPECT_EQ(costOf("%s: tensor<2x6xf32>, %t: tensor<2x8xf32>",
                   "%r = lathe.distillation_loss %s, %t {kind = "
                   "#lathe<distillation_kind mse>, axis = 1 : i64, temperature "
                   "= 1.0 : f64, reduction = #lathe<loss_reduction mean>} : "
                   "(tensor<2x6xf32>, tensor<2x8xf32>) -> tensor<1xf32>"),
            "36 | 0 | 100");
}

TEST_F(Cost, MovingElementsIsNoArithmetic) {
  EXPECT_EQ(costOf("%x: tensor<2x3xf32>",
                   "%r = lathe.transpose %x {permutation = array<i64: 1, 0>} : "
                   "(tensor<2x3xf32>) -> tensor<3x2xf32>"),
            "0 | 0 | 48");
}

} // namespace
