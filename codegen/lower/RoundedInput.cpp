//===- RoundedInput.cpp - Products of rows and weights of 8 bits ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/KernelDialect.h"
#include "codegen/Target.h"
#include "codegen/lower/Stored.h"
#include "codegen/lower/Tensors.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace mlir::lathe;

namespace {
constexpr int64_t mostCode = 127;

/// Rows cut into groups [..., G, L] whose elements are whole numbers from -127
/// to 127 times the group's step.
class RoundedRows {
public:
  RoundedRows(Structured &b, Value x, int64_t groups)
      : b(b), shape(b.getShape(x)), grouped(shape) {
    grouped.back() = groups;
    grouped.push_back(*shape.back().getConstant() / groups);
    perGroup = Shape(ArrayRef(grouped).drop_back());
    rank = grouped.size();
    type = b.getF32Type();
    rows = b.reshape(x, grouped);
    int64_t last = rank - 1;
    Value largest =
        reduceAxes(b, rows, last, 0, [](Structured &b, ValueRange args) {
          Value magnitude = math::AbsFOp::create(b, args[0]);
          return max(b, args[1], magnitude);
        });
    // A group of zeros has any step but zero.
    steps = b.map(perGroup, type, largest, [](Structured &b, ValueRange args) {
      Value atLeast = max(b, args[0], like(b, args[0], 1e-30));
      return mul(b, atLeast, like(b, atLeast, 1.0 / mostCode));
    });
  }

  /// What the rows stand for after rounding, in their own shape.
  Value decode() {
    Value values = mapReduced(b, rows, steps, rank - 1,
                              [this](Structured &b, ValueRange args) -> Value {
                                // As in a sum of codes, 0 stays 0 beside an
                                // infinity.
                                Value code = number(args);
                                Value zero = like(b, code, 0);
                                Value isZero = arith::CmpFOp::create(
                                    b, arith::CmpFPredicate::OEQ, code, zero);
                                return arith::SelectOp::create(
                                    b, isZero, zero, mul(b, code, args[1]));
                              });
    return b.reshape(values, shape);
  }

  Value codes() {
    return b.map(grouped, b.getI8Type(), {rows, steps}, maps(),
                 [this](Structured &b, ValueRange args) -> Value {
                   return arith::FPToSIOp::create(b, b.getI8Type(),
                                                  number(args));
                 });
  }

  /// Of the codes of each group. Whole numbers up to 2^24 are exact in f32.
  Value sums() {
    Value sums =
        b.reduce(perGroup, 1, type, 0, {rows, steps}, maps(),
                 [this](Structured &b, ValueRange args) {
                   return add(b, args.back(), number(args.drop_back()));
                 });
    return b.map(perGroup, b.getI32Type(), sums,
                 [](Structured &b, ValueRange args) -> Value {
                   return arith::FPToSIOp::create(b, b.getI32Type(), args[0]);
                 });
  }

  Structured &b;
  Shape shape, grouped, perGroup;
  Value rows, steps;

private:
  SmallVector<AffineMap> maps() {
    return {b.getMultiDimIdentityMap(rank), mapWithout(b, rank, rank - 1)};
  }

  /// round(x / step), where neither infinity nor NaN is out of range: they come
  /// out by way of the step. An infinity has the greatest code of its sign.
  Value number(ValueRange args) {
    constexpr double greatest = std::numeric_limits<float>::max();
    Value finite =
        arith::MinimumFOp::create(b, args[1], like(b, args[1], greatest));
    Value inverse = div(b, like(b, args[1], 1), finite);
    Value rounded = math::RoundEvenOp::create(b, mul(b, args[0], inverse));
    rounded = arith::MaxNumFOp::create(b, rounded, like(b, rounded, -mostCode));
    return arith::MinNumFOp::create(b, rounded, like(b, rounded, mostCode));
  }

  int64_t rank;
  Type type;
};

/// Weights as kernel.byte_product reads them.
class BytePanels {
public:
  BytePanels(Structured &b, const StoredWeight &weight)
      : b(b), weight(weight), shape(b.getShape(weight.codes)) {
    features = *shape[0].getConstant();
    panels = llvm::divideCeil(features, panelColumns);
  }

  /// [P, K / unit, 4 C]: four bytes of a column are neighbours.
  Value codes() {
    Value bytes = weight.isPacked ? joinHalves() : makeUnsigned();
    int64_t each = 4, quads = *shape[1].getConstant() / each;
    bytes = b.pad(b.reshape(bytes, {features, quads, each}), {0, 0, 0},
                  {panels * panelColumns - features, 0, 0}, PaddingMode::zeros);
    bytes = b.reshape(bytes, {panels, panelColumns, quads, each});
    bytes = b.transpose(bytes, {0, 2, 1, 3});
    return b.reshape(bytes, {panels, quads, panelColumns * each});
  }

  /// [P, G, C]
  Value perGroup(Value values) {
    int64_t groups = *b.getShape(values)[1].getConstant();
    values = convertTensor(b, values, b.getF32Type());
    values = b.pad(values, {0, 0}, {panels * panelColumns - features, 0},
                   PaddingMode::zeros);
    values = b.reshape(values, {panels, panelColumns, groups});
    return b.transpose(values, {0, 2, 1});
  }

  /// What the unsigned numbers are above the codes.
  int64_t shift() const {
    return !weight.isPacked ? 128 : weight.offsets ? 0 : 8;
  }

  int64_t features;

private:
  Value makeUnsigned() {
    return b.map(shape, b.getI8Type(), weight.codes,
                 [](Structured &b, ValueRange args) -> Value {
                   Value top = arith::ConstantIntOp::create(b, b.getI8Type(),
                                                            int64_t(-128));
                   return arith::XOrIOp::create(b, args[0], top);
                 });
  }

  /// Pairs of neighbours become pairs of numbers that are four apart, so that
  /// the low halves of four bytes are neighbours, and the high ones are.
  Value joinHalves() {
    DimExpr units = shape[1].floorDiv(4);
    auto readFrom = [&](int64_t first) {
      AffineExpr place = b.d(1) * 4 + (b.d(2) + first).floorDiv(2);
      return b.mapOf(3, {b.d(0), place});
    };
    Value joined =
        b.map({shape[0], units, 4}, b.getI8Type(), {weight.codes, weight.codes},
              {readFrom(0), readFrom(4)},
              [](Structured &b, ValueRange args) -> Value {
                Type wide = b.getI32Type();
                auto constant = [&](int64_t value) {
                  return arith::ConstantIntOp::create(b, wide, value);
                };
                // 4 bits further for every other one.
                Value place = arith::IndexCastOp::create(b, wide, b.index(2));
                Value isOdd = arith::AndIOp::create(b, place, constant(1));
                Value by = arith::ShLIOp::create(b, isOdd, constant(2));
                auto number = [&](Value code) -> Value {
                  code = arith::ExtSIOp::create(b, wide, code);
                  code = arith::AddIOp::create(b, code, constant(128));
                  code = arith::ShRUIOp::create(b, code, by);
                  return arith::AndIOp::create(b, code, constant(15));
                };
                Value high =
                    arith::ShLIOp::create(b, number(args[1]), constant(4));
                Value both = arith::OrIOp::create(b, number(args[0]), high);
                return arith::TruncIOp::create(b, b.getI8Type(), both);
              });
    return b.reshape(joined, shape);
  }

  Structured &b;
  const StoredWeight &weight;
  Shape shape;
  int64_t panels;
};

Value multiply(Structured &b, RoundedRows &rows, const StoredWeight &weight) {
  DimExpr count = 1;
  for (const DimExpr &size : ArrayRef(rows.shape).drop_back())
    count *= size;
  DimExpr groups = rows.perGroup.back();
  BytePanels panels(b, weight);
  Shape shape = rows.shape;
  shape.back() = panels.features;
  Value output = b.empty({count, panels.features}, b.getF32Type());
  Value offsets = weight.offsets ? panels.perGroup(weight.offsets) : Value();
  auto product = kernel::ByteProductOp::create(
      b, output.getType(), b.reshape(rows.codes(), {count, rows.shape.back()}),
      b.reshape(rows.steps, {count, groups}),
      b.reshape(rows.sums(), {count, groups}), panels.codes(),
      panels.perGroup(weight.scales), offsets, output,
      b.getI64IntegerAttr(panels.shift()),
      weight.isPacked ? b.getUnitAttr() : UnitAttr());
  Value result = b.record(product->getResult(0), {count, panels.features});
  return b.reshape(result, shape);
}
} // namespace

Value lathe::projectRounded(Structured &b, Value x,
                            const StoredWeight &weight) {
  int64_t groups = *b.getShape(weight.scales)[1].getConstant();
  Value wide = convertTensor(b, x, b.getF32Type());
  RoundedRows rows(b, wide, groups);
  int64_t length = *rows.grouped.back().getConstant();
  if (b.hasByteDots() && length % (weight.isPacked ? 8 : 4) == 0)
    return convertTensor(b, multiply(b, rows, weight), getElementTypeOrSelf(x));
  Value rounded = convertTensor(b, rows.decode(), getElementTypeOrSelf(x));
  return projectStored(b, rounded, weight);
}
