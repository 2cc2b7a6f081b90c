//===- Scales.cpp - Fitting the scales of codes, as linalg ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Errors and sums are taken in f64, so that the plain and the default path,
// which round otherwise, come to the same choice.
//
//===----------------------------------------------------------------------===//

#include "codegen/lower/Tensors.h"
#include "dialect/Quantized.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// w = s q + o of a group, as scalars of f32, or tensors with one a group; the
/// offset may be null.
struct Scale {
  Value scale, offset;
};

class ScaleFit {
public:
  ScaleFit(FitScalesOp op, Structured &b)
      : b(b), weights(op.getWeights()), least(int64_t(op.getLeast())),
        most(int64_t(op.getMost())), f32(b.getF32Type()), f64(b.getF64Type()) {
    Shape sizes = b.getShape(weights);
    groups.append(sizes.begin(), sizes.end() - 1);
    size = *sizes.back().getConstant();
    rank = groups.size();
    start.scale = b.reshape(op.getScales(), groups);
    if (op.getOffsets())
      start.offset = b.reshape(op.getOffsets(), groups);
  }

  /// The fitted scales and, if there are any, offsets, one a group.
  SmallVector<Value> fit() {
    Scale best = searchRanges();
    for (int i = 0; i < 2; ++i)
      best = takeBetter(best, fitToCodes(best));
    SmallVector<Value> results = {best.scale};
    if (best.offset)
      results.push_back(best.offset);
    return results;
  }

private:
  using PerGroup = function_ref<Value(Structured &, Scale)>;

  //===--- Scalars --------------------------------------------------------===//

  /// The code of a weight, as a float.
  Value encode(Structured &b, Value w, Scale s) const {
    Value q = div(b, s.offset ? sub(b, w, s.offset) : w, s.scale);
    q = math::RoundEvenOp::create(b, q);
    return min(b, max(b, q, like(b, q, least)), like(b, q, most));
  }

  Value wide(Structured &b, Value x) const {
    return arith::ExtFOp::create(b, f64, x);
  }
  Value narrow(Structured &b, Value x) const {
    return arith::TruncFOp::create(b, f32, x);
  }

  /// (s q + o − w)².
  Value squaredError(Structured &b, Value w, Scale s) const {
    Value read = mul(b, wide(b, encode(b, w, s)), wide(b, s.scale));
    if (s.offset)
      read = add(b, read, wide(b, s.offset));
    Value error = sub(b, read, wide(b, w));
    return mul(b, error, error);
  }

  /// The nearest number that a stored scale can be.
  Value stored(Structured &b, Value scale) const {
    Value narrow = arith::TruncFOp::create(b, Type(b.getBF16Type()), scale);
    return arith::ExtFOp::create(b, f32, narrow);
  }

  /// The range of codes with a share of its extent, about the same middle.
  Scale narrowed(Structured &b, Scale s, Value share) const {
    Scale result = {stored(b, mul(b, s.scale, share)), {}};
    if (s.offset) {
      Value less = sub(b, wide(b, s.scale), wide(b, result.scale));
      Value moved = mul(b, less, b.scalar(f64, 0.5 * double(least + most)));
      result.offset = narrow(b, add(b, wide(b, s.offset), moved));
    }
    return result;
  }

  /// 1 for the candidate of number 0, less for each further one.
  Value shareOf(Structured &b, Value number) const {
    Value by = mul(b, number, like(b, number, 1.0 / 32));
    return sub(b, like(b, number, 1), by);
  }

  //===--- One value a group ----------------------------------------------===//

  SmallVector<Value> valuesOf(Scale s) const {
    return s.offset ? SmallVector<Value>{s.scale, s.offset}
                    : SmallVector<Value>{s.scale};
  }
  /// What a body gets of `valuesOf`, from argument `first` on.
  Scale argumentsOf(ValueRange args, unsigned first = 0) const {
    return {args[first], start.offset ? args[first + 1] : Value()};
  }

  /// Σ body over the elements of each group.
  Value sum(Scale s, function_ref<Value(Structured &, Value, Scale)> body) {
    SmallVector<Value> inputs = {weights};
    inputs.append(valuesOf(s));
    AffineMap all = b.getMultiDimIdentityMap(rank + 1);
    SmallVector<AffineMap> maps(inputs.size(), all.getMajorSubMap(rank));
    maps.front() = all;
    return b.reduce(groups, 1, f64, 0, inputs, maps,
                    [&](Structured &b, ValueRange args) {
                      Value term = body(b, args[0], argumentsOf(args, 1));
                      return add(b, args.back(), term);
                    });
  }

  /// The errors [groups…, candidates] of narrower and narrower ranges.
  Value errorsOfRanges() {
    Shape shape = groups;
    shape.push_back(candidates);
    SmallVector<AffineExpr> group;
    for (unsigned i = 0; i < rank; ++i)
      group.push_back(b.d(i));
    SmallVector<Value> inputs = {weights};
    inputs.append(valuesOf(start));
    SmallVector<AffineMap> maps(inputs.size(), b.mapOf(rank + 2, group));
    group.push_back(b.d(rank + 1));
    maps.front() = b.mapOf(rank + 2, group);
    return b.reduce(shape, 1, f64, 0, inputs, maps,
                    [&](Structured &b, ValueRange args) {
                      Value share = shareOf(b, candidate(b));
                      Scale s = narrowed(b, argumentsOf(args, 1), share);
                      return add(b, args.back(), squaredError(b, args[0], s));
                    });
  }

  /// The number of a candidate within a body.
  Value candidate(Structured &b) const {
    Value number = arith::IndexCastOp::create(b, b.getI32Type(), b.index(rank));
    return arith::SIToFPOp::create(b, f32, number);
  }

  /// The range of the smallest error, the widest of those with the same.
  Scale searchRanges() {
    Value errors = errorsOfRanges();
    int64_t axis = rank;
    constexpr double highest = std::numeric_limits<double>::infinity();
    Value smallest = reduceAxes(b, errors, {axis}, highest,
                                [](Structured &b, ValueRange args) {
                                  return min(b, args[1], args[0]);
                                });
    AffineMap all = b.getMultiDimIdentityMap(rank + 1);
    Value number =
        b.reduce(groups, 1, f32, candidates, {errors, smallest},
                 {all, all.getMajorSubMap(rank)},
                 [&](Structured &b, ValueRange args) -> Value {
                   Value isBest = arith::CmpFOp::create(
                       b, arith::CmpFPredicate::OLE, args[0], args[1]);
                   Value here = arith::SelectOp::create(
                       b, isBest, candidate(b), like(b, args[2], candidates));
                   return min(b, args[2], here);
                 });
    // Errors that are no numbers leave the range as it is.
    return map({number}, start, [&](Structured &b, ValueRange args, Scale s) {
      Value isCandidate = arith::CmpFOp::create(
          b, arith::CmpFPredicate::OLT, args[0], like(b, args[0], candidates));
      Value chosen =
          arith::SelectOp::create(b, isCandidate, args[0], like(b, args[0], 0));
      return narrowed(b, s, shareOf(b, chosen));
    });
  }

  /// A scale and an offset a group, from other values a group.
  Scale map(ArrayRef<Value> values, Scale s,
            function_ref<Scale(Structured &, ValueRange, Scale)> body) {
    SmallVector<Value> inputs(values);
    inputs.append(valuesOf(s));
    auto part = [&](bool isOffset) {
      return b.map(groups, f32, inputs, [&](Structured &b, ValueRange args) {
        Scale made = body(b, args, argumentsOf(args, values.size()));
        return isOffset ? made.offset : made.scale;
      });
    };
    return {part(false), s.offset ? part(true) : Value()};
  }

  /// The scale and offset with the least squared error for the codes that
  /// others give.
  Scale fitToCodes(Scale s) {
    auto code = [&](Structured &b, Value w, Scale s) {
      return wide(b, encode(b, w, s));
    };
    Value squares = sum(s, [&](Structured &b, Value w, Scale s) {
      return power(b, code(b, w, s), 2);
    });
    Value products = sum(s, [&](Structured &b, Value w, Scale s) {
      return mul(b, code(b, w, s), wide(b, w));
    });
    if (!s.offset)
      return map({squares, products}, s,
                 [&](Structured &b, ValueRange args, Scale) -> Scale {
                   Value scale = div(b, args[1], args[0]);
                   return {stored(b, narrow(b, scale)), {}};
                 });
    Value codes = sum(s, code);
    Value elements =
        sum(s, [&](Structured &b, Value w, Scale) { return wide(b, w); });
    return map({squares, products, codes, elements}, s,
               [&](Structured &b, ValueRange args, Scale) -> Scale {
                 Value n = b.scalar(f64, size);
                 Value above =
                     sub(b, mul(b, n, args[1]), mul(b, args[2], args[3]));
                 Value below =
                     sub(b, mul(b, n, args[0]), mul(b, args[2], args[2]));
                 Value scale = stored(b, narrow(b, div(b, above, below)));
                 Value rest = sub(b, args[3], mul(b, wide(b, scale), args[2]));
                 return {scale, narrow(b, div(b, rest, n))};
               });
  }

  /// The other one where its error is smaller; one that is no number is not.
  Scale takeBetter(Scale s, Scale other) {
    auto error = [&](Structured &b, Value w, Scale s) {
      return squaredError(b, w, s);
    };
    SmallVector<Value> values = {sum(s, error), sum(other, error)};
    values.append(valuesOf(other));
    return map(values, s, [&](Structured &b, ValueRange args, Scale s) {
      Scale other = argumentsOf(args, 2);
      Value isBetter =
          arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, args[1], args[0]);
      Scale result;
      result.scale = arith::SelectOp::create(b, isBetter, other.scale, s.scale);
      if (s.offset)
        result.offset =
            arith::SelectOp::create(b, isBetter, other.offset, s.offset);
      return result;
    });
  }

  static constexpr int64_t candidates = 16;
  Structured &b;
  Value weights;
  double least, most;
  Type f32, f64;
  Shape groups;
  int64_t size;
  unsigned rank;
  Scale start;
};

struct FitScalesLowering : Lowering<FitScalesOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(FitScalesOp op,
                                      Structured &b) const override {
    SmallVector<Value> results = ScaleFit(op, b).fit();
    for (auto [i, result] : llvm::enumerate(results))
      result = b.reshape(result, b.getResultShape(i));
    return results;
  }
};

} // namespace

void lathe::populateScalesLowerings(RewritePatternSet &patterns,
                                    LoweringState &state) {
  patterns.add<FitScalesLowering>(patterns.getContext(), state);
}
