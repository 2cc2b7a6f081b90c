//===- Reduction.cpp - Reductions as linalg -------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Tensors.h"
#include "dialect/Checks.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lathe;

/// What a reduction starts from. For integers this says nothing of min, which
/// is computed as the complement of the largest complement.
static double startOf(ReduceKind kind, Type type, bool isUnsigned) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  switch (kind) {
  case ReduceKind::max:
    if (isa<FloatType>(type))
      return -infinity;
    return isUnsigned ? 0 : -std::ldexp(1.0, type.getIntOrFloatBitWidth() - 1);
  case ReduceKind::min:
    return infinity;
  case ReduceKind::prod:
    return 1;
  case ReduceKind::sum:
  case ReduceKind::mean:
    return 0;
  }
  llvm_unreachable("unknown reduction");
}

/// The accumulator with one more element.
static Value fold(Structured &b, ReduceKind kind, Value accumulator, Value x,
                  bool isUnsigned) {
  bool isFloat = isa<FloatType>(x.getType());
  switch (kind) {
  case ReduceKind::sum:
  case ReduceKind::mean:
    return isFloat ? add(b, accumulator, x)
                   : Value(arith::AddIOp::create(b, accumulator, x));
  case ReduceKind::prod:
    return isFloat ? mul(b, accumulator, x)
                   : Value(arith::MulIOp::create(b, accumulator, x));
  case ReduceKind::max:
    if (isFloat)
      return max(b, accumulator, x);
    return isUnsigned ? Value(arith::MaxUIOp::create(b, accumulator, x))
                      : Value(arith::MaxSIOp::create(b, accumulator, x));
  case ReduceKind::min:
    return min(b, accumulator, x);
  }
  llvm_unreachable("unknown reduction");
}

/// Every bit of the integers turned over, which turns their order over.
static Value complement(Structured &b, Value x) {
  return b.map(b.getShape(x), getElementTypeOrSelf(x), x,
               [](Structured &b, ValueRange args) -> Value {
                 return arith::XOrIOp::create(b, args[0], like(b, args[0], -1));
               });
}

static Value foldAlong(Structured &b, ReduceKind kind, Value x,
                       ArrayRef<int64_t> axes, bool isUnsigned) {
  if (kind == ReduceKind::min && !isa<FloatType>(getElementTypeOrSelf(x)))
    return complement(
        b, foldAlong(b, ReduceKind::max, complement(b, x), axes, isUnsigned));
  double start = startOf(kind, getElementTypeOrSelf(x), isUnsigned);
  return reduceAxes(b, x, axes, start, [&](Structured &b, ValueRange args) {
    return fold(b, kind, args[1], args[0], isUnsigned);
  });
}

namespace {

struct ReduceLowering : Lowering<ReduceOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(ReduceOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    SmallVector<int64_t> axes = op.getDims();
    Value y = foldAlong(b, op.getKind(), x, axes, b.isUnsigned(op.getInput()));
    if (op.getKind() == ReduceKind::mean) {
      Value count = countAlong(b, x, axes);
      y = b.map(b.getShape(y), getElementTypeOrSelf(y), y,
                [&](Structured &b, ValueRange args) {
                  return div(b, args[0], count);
                });
    }
    y = convertTensor(b, y, getElementTypeOrSelf(op.getInput()));
    return SmallVector<Value>{b.reshape(y, b.getResultShape())};
  }
};

/// The maximum first, then the least of the places where it stands: two plain
/// reductions.
struct ArgmaxLowering : Lowering<ArgmaxOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(ArgmaxOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    Shape sizes = b.getShape(x), shape;
    unsigned rank = sizes.size();
    unsigned axis = fromFront(op.getAxis(), rank);
    bool isFloat = isa<FloatType>(getElementTypeOrSelf(x));
    Value highest =
        foldAlong(b, ReduceKind::max, x, axis, b.isUnsigned(op.getInput()));
    // Loops over the result, then along the axis.
    SmallVector<AffineExpr> read, place;
    for (unsigned i = 0; i < rank; ++i) {
      if (i == axis) {
        read.push_back(b.d(rank - 1));
        continue;
      }
      read.push_back(b.d(shape.size()));
      place.push_back(b.d(shape.size()));
      shape.push_back(sizes[i]);
    }
    auto body = [&](Structured &b, ValueRange args) -> Value {
      // A NaN is the maximum: unordered with itself, as with its like.
      Value isHighest =
          isFloat ? Value(arith::CmpFOp::create(b, arith::CmpFPredicate::UEQ,
                                                args[0], args[1]))
                  : Value(arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                                args[0], args[1]));
      if (isFloat) {
        Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO,
                                            args[0], args[0]);
        Value maximumIsNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO,
                                                   args[1], args[1]);
        isHighest = arith::SelectOp::create(b, maximumIsNaN, isNaN, isHighest);
      }
      Value index =
          arith::IndexCastOp::create(b, b.getI64Type(), b.index(rank - 1));
      Value least = arith::MinSIOp::create(b, args[2], index);
      return arith::SelectOp::create(b, isHighest, least, args[2]);
    };
    Value places = b.reduce(shape, 1, b.getI64Type(), 0x1p62, {x, highest},
                            {b.mapOf(rank, read), b.mapOf(rank, place)}, body);
    return SmallVector<Value>{b.reshape(places, b.getResultShape())};
  }
};

} // namespace

void lathe::populateReductionLowerings(RewritePatternSet &patterns,
                                       LoweringState &state) {
  patterns.add<ReduceLowering, ArgmaxLowering>(patterns.getContext(), state);
}
