//===- RoundedInput.cpp - Products of rows and weights that are narrow ----===//
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

  /// Of the codes of each group.
  Value sumUp(Value codes) {
    AffineMap identity = b.getMultiDimIdentityMap(rank);
    return b.reduce(perGroup, 1, b.getI32Type(), 0, codes, identity,
                    [](Structured &b, ValueRange args) -> Value {
                      Value code =
                          arith::ExtSIOp::create(b, b.getI32Type(), args[0]);
                      return arith::AddIOp::create(b, args[1], code);
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

/// Weights as kernel.dot_product reads them.
class DotPanels {
public:
  DotPanels(Structured &b, const StoredWeight &weight)
      : b(b), weight(weight), shape(b.getShape(weight.codes)) {
    features = *shape[0].getConstant();
    panels = llvm::divideCeil(features, panelColumns);
  }

  /// [P, K / unit, e C]: what a lane multiplies are neighbours of a column,
  /// four bytes or two numbers of bf16.
  Value codes() {
    Value numbers = weight.isPacked ? joinHalves() : weight.codes;
    int64_t each = weight.scales ? 4 : 2;
    int64_t units = *shape[1].getConstant() / each;
    numbers =
        b.pad(b.reshape(numbers, {features, units, each}), {0, 0, 0},
              {panels * panelColumns - features, 0, 0}, PaddingMode::zeros);
    numbers = b.reshape(numbers, {panels, panelColumns, units, each});
    numbers = b.transpose(numbers, {0, 2, 1, 3});
    return b.reshape(numbers, {panels, units, panelColumns * each});
  }

  /// [P, G, C]
  Value perGroup(Value values) {
    int64_t groups = *b.getShape(values)[1].getConstant();
    values = b.pad(values, {0, 0}, {panels * panelColumns - features, 0},
                   PaddingMode::zeros);
    values = b.reshape(values, {panels, panelColumns, groups});
    return b.transpose(values, {0, 2, 1});
  }

  /// What the numbers are above the codes.
  int64_t shift() const { return weight.isPacked && !weight.offsets ? 8 : 0; }

  int64_t features;

private:
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

/// The product of narrow rows [..., K], in f32; steps and sums are those of
/// integers.
Value multiply(Structured &b, Value rows, Value steps, Value sums,
               const StoredWeight &weight) {
  Shape shape = b.getShape(rows);
  DimExpr count = 1;
  for (const DimExpr &size : ArrayRef(shape).drop_back())
    count *= size;
  auto flatten = [&](Value perRow) -> Value {
    return perRow ? b.reshape(perRow, {count, b.getShape(perRow).back()})
                  : Value();
  };
  DotPanels panels(b, weight);
  auto perGroup = [&](Value values) {
    return values ? panels.perGroup(values) : Value();
  };
  Shape flat = {count, panels.features};
  Value output = b.empty(flat, b.getF32Type());
  auto product = kernel::DotProductOp::create(
      b, output.getType(), flatten(rows), flatten(steps), flatten(sums),
      panels.codes(), perGroup(weight.scales), perGroup(weight.offsets),
      /*extras=*/ValueRange(), output, /*init_partial=*/Value(),
      b.getArrayAttr({}), b.getI64IntegerAttr(panels.shift()),
      weight.isPacked ? b.getUnitAttr() : UnitAttr());
  shape.back() = panels.features;
  return b.reshape(b.record(product->getResult(0), flat), shape);
}

Value projectBytes(Structured &b, Value x, const StoredWeight &weight) {
  int64_t groups = *b.getShape(weight.scales)[1].getConstant();
  RoundedRows rows(b, x, groups);
  int64_t length = *rows.grouped.back().getConstant();
  int64_t unit = std::max<int64_t>(b.getByteUnit(), weight.isPacked ? 8 : 4);
  if (!b.hasByteDots() || length % unit)
    return projectStored(b, rows.decode(), weight);
  Value codes = rows.codes(), sums = rows.sumUp(codes);
  return multiply(b, b.reshape(codes, rows.shape), rows.steps, sums, weight);
}

Value projectBf16(Structured &b, Value x, const StoredWeight &weight) {
  Value rounded = convertTensor(b, x, b.getBF16Type());
  if (!b.hasBf16Dots() || *b.getShape(x).back().getConstant() % 2)
    return projectStored(b, rounded, weight, b.getF32Type());
  return multiply(b, rounded, /*steps=*/{}, /*sums=*/{}, weight);
}
} // namespace

Value lathe::projectRounded(Structured &b, Value x,
                            const StoredWeight &weight) {
  Value wide = convertTensor(b, x, b.getF32Type());
  Value y = weight.scales ? projectBytes(b, wide, weight)
                          : projectBf16(b, wide, weight);
  return convertTensor(b, y, getElementTypeOrSelf(x));
}
