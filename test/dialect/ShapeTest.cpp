//===- ShapeTest.cpp - Tensor types as lists of sizes ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Shape.h"
#include "dialect/Checks.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// The shape of an elementwise op on both, or "none".
std::string broadcast(ArrayRef<DimExpr> a, ArrayRef<DimExpr> b) {
  std::optional<Shape> shape = broadcastShapes(a, b);
  return shape ? formatShape(*shape) : "none";
}

TEST(Shape, BroadcastsAsNumPyDoes) {
  DimExpr batch = DimExpr::symbol("batch");
  EXPECT_EQ(broadcast({2, 3}, {3}), "[2, 3]");
  EXPECT_EQ(broadcast({2, 1}, {1, 3}), "[2, 3]");
  EXPECT_EQ(broadcast({batch, 3}, {1, 3}), "[batch, 3]");
  EXPECT_EQ(broadcast({}, {batch}), "[batch]");
  EXPECT_EQ(broadcast({2}, {3}), "none");
  EXPECT_EQ(broadcast({batch}, {2}), "none");
  EXPECT_EQ(broadcast({DimExpr::unknown()}, {2}), "[2]");
}

TEST(Shape, NamesAreInTheType) {
  MLIRContext context;
  context.loadDialect<LatheDialect>();
  Shape shape = {DimExpr::symbol("batch") * 2, 16, DimExpr::unknown()};
  RankedTensorType type = getTensorType(shape, Float32Type::get(&context));
  EXPECT_EQ(type.getShape()[1], 16);
  EXPECT_TRUE(type.isDynamicDim(0) && type.isDynamicDim(2));
  EXPECT_EQ(formatShape(type), "[2*batch, 16, ?]");
}

TEST(Checks, NumbersAreSpelledAsInASpec) {
  EXPECT_EQ(formatNumber(APFloat(0.5)), "0.5");
  EXPECT_EQ(formatNumber(APFloat(-1.0)), "-1");
  EXPECT_EQ(formatNumber(APFloat(1e-5)), "1e-05");
}

TEST(Checks, ElementsAreWholeAndInRangeForIntegers) {
  MLIRContext context;
  Type i8 = IntegerType::get(&context, 8);
  Type u8 = IntegerType::get(&context, 8, IntegerType::Unsigned);
  EXPECT_TRUE(isElement(APFloat(-128.0), i8));
  EXPECT_FALSE(isElement(APFloat(128.0), i8));
  EXPECT_TRUE(isElement(APFloat(255.0), u8));
  EXPECT_FALSE(isElement(APFloat(-1.0), u8));
  EXPECT_FALSE(isElement(APFloat(0.5), i8));
  EXPECT_FALSE(isElement(APFloat(1.0), IntegerType::get(&context, 1)));
  EXPECT_TRUE(isElement(APFloat(0.5), Float32Type::get(&context)));
}

} // namespace
