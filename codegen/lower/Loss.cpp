//===- Loss.cpp - Losses as linalg ----------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Loss.h"
#include "codegen/KernelDialect.h"
#include "codegen/lower/Boxes.h"
#include "codegen/lower/Tensors.h"
#include "dialect/Checks.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lathe;

//===----------------------------------------------------------------------===//
// How losses combine
//===----------------------------------------------------------------------===//

/// The sum of all elements, as a tensor []. Each dimension is summed by itself,
/// the last one first: roundings add up within one only.
static Value sumAll(Structured &b, Value x) {
  for (int64_t axis = b.getShape(x).size() - 1; axis >= 0; --axis)
    x = reduceAxes(b, x, {axis}, 0, [](Structured &b, ValueRange args) {
      return add(b, args[1], args[0]);
    });
  return x;
}

/// What a mean divides the sum of the losses by, as a tensor [].
static Value countAll(Structured &b, Value losses) {
  auto axes = llvm::to_vector(llvm::seq<int64_t>(b.getShape(losses).size()));
  Value count = countAlong(b, losses, axes);
  return b.map({}, getElementTypeOrSelf(losses), {},
               [&](Structured &, ValueRange) { return count; });
}

/// The factor that a spec gives instead.
static Value makeDivisor(Structured &b, Value factor, Type type) {
  factor = b.reshape(convertTensor(b, factor, type), {});
  return b.map({}, type, factor, [](Structured &b, ValueRange args) {
    return max(b, args[0], like(b, args[0], std::ldexp(1.0, -23)));
  });
}

/// The result of an op whose losses, of the compute type, are known; `divisor`
/// is a tensor [].
static Value combine(Structured &b, Value losses, LossReduction reduction,
                     function_ref<Value()> divisor) {
  Type stored = b.getResultType().getElementType();
  if (reduction == LossReduction::none)
    return convertTensor(b, losses, stored);
  Value total = sumAll(b, losses);
  if (reduction == LossReduction::mean)
    total = b.map({}, getElementTypeOrSelf(total), {total, divisor()},
                  [](Structured &b, ValueRange args) {
                    return div(b, args[0], args[1]);
                  });
  return b.reshape(convertTensor(b, total, stored), {1});
}

/// The same for an op with a weight and a factor, either of which may be null.
template <typename OpTy>
static SmallVector<Value> combineWeighted(Structured &b, OpTy op,
                                          Value losses) {
  Type type = getElementTypeOrSelf(losses);
  if (Value weight = op.getWeight())
    losses = b.broadcastMap(b.getShape(losses), type,
                            {losses, convertTensor(b, weight, type)},
                            [](Structured &b, ValueRange args) {
                              return mul(b, args[0], args[1]);
                            });
  return {combine(b, losses, op.getReduction(), [&] {
    return op.getFactor() ? makeDivisor(b, op.getFactor(), type)
                          : countAll(b, losses);
  })};
}

//===----------------------------------------------------------------------===//
// Rows along an axis
//===----------------------------------------------------------------------===//

namespace {

/// Folds along one axis of tensors of a shape, with tensors beside them that
/// have one element for each row.
class Rows {
public:
  Rows(Structured &b, Value like, int64_t axis)
      : b(b), type(getElementTypeOrSelf(like)), shape(b.getShape(like)) {
    unsigned rank = shape.size(), outer = 0;
    SmallVector<AffineExpr> read;
    for (unsigned i = 0; i < rank; ++i)
      read.push_back(i == axis ? b.d(rank - 1) : b.d(outer++));
    shape.erase(shape.begin() + axis);
    wide = b.mapOf(rank, read);
    narrow =
        b.mapOf(rank, b.getMultiDimIdentityMap(rank).getResults().drop_back());
  }

  ArrayRef<DimExpr> getShape() const { return shape; }

  /// The body's arguments are an element of each tensor in `elements`, of each
  /// in `rows`, and the accumulator.
  Value fold(ValueRange elements, ValueRange rows, double init,
             Structured::Body body) const {
    SmallVector<Value> inputs(elements);
    llvm::append_range(inputs, rows);
    SmallVector<AffineMap> maps(elements.size(), wide);
    maps.append(rows.size(), narrow);
    return b.reduce(shape, 1, type, init, inputs, maps, body);
  }

  Value highest(Value x) const {
    constexpr double lowest = -std::numeric_limits<double>::infinity();
    return fold(x, {}, lowest, [](Structured &b, ValueRange args) {
      return max(b, args[1], args[0]);
    });
  }

  /// ln Σ exp((x − highest) / temperature).
  Value logSumExp(Value x, Value highest, double temperature) const {
    Value sums = fold(x, highest, 0, [&](Structured &b, ValueRange args) {
      Value exponent = coolDown(b, sub(b, args[0], args[1]), temperature);
      return add(b, args[2], math::ExpOp::create(b, exponent));
    });
    return b.map(shape, type, sums,
                 [](Structured &b, ValueRange args) -> Value {
                   return math::LogOp::create(b, args[0]);
                 });
  }

  static Value coolDown(Structured &b, Value x, double temperature) {
    return temperature == 1 ? x : div(b, x, like(b, x, temperature));
  }

private:
  Structured &b;
  Type type;
  Shape shape;
  AffineMap wide, narrow;
};

} // namespace

//===----------------------------------------------------------------------===//
// Classification
//===----------------------------------------------------------------------===//

static Value constant(Structured &b, int64_t value) {
  return arith::ConstantOp::create(b, b.getI64IntegerAttr(value));
}

/// A class below `bound`, as an index: another is clamped, and reported when
/// running.
static Value checkClass(Structured &b, Value label, Value bound) {
  Type index = b.getIndexType();
  label = arith::IndexCastOp::create(b, index, label);
  return kernel::ReportIndexOp::create(b, index, label, bound);
}

namespace {

/// The lowering of one op.
class CrossEntropy {
public:
  CrossEntropy(CrossEntropyOp op, Structured &b)
      : op(op), b(b), logits(widen(b, op.getLogits())),
        type(getElementTypeOrSelf(logits)),
        axis(fromFront(op.getAxis(), b.getShape(logits).size())),
        rows(b, logits, axis), signs{b.isUnsigned(op.getTarget()), false} {}

  SmallVector<Value> lower() {
    Value losses = makeLosses();
    return {combine(b, losses, op.getReduction(), [&] {
      return op.getIgnoreIndex() ? countTargets() : countAll(b, losses);
    })};
  }

private:
  /// The target as an i64, and whether it is ignored.
  std::pair<Value, Value> readTarget(Value target) {
    Value label = convert(b, target, b.getI64Type(), signs);
    return {label, arith::CmpIOp::create(b, arith::CmpIPredicate::eq, label,
                                         constant(b, *op.getIgnoreIndex()))};
  }

  /// Of logits less the highest of their row, which takes nothing from what
  /// little they may differ by.
  Value makeLosses() {
    Value highest = rows.highest(logits);
    Value logSum = rows.logSumExp(logits, highest, 1);
    double smoothing = op.getLabelSmoothing().convertToDouble();
    SmallVector<Value> inputs = {op.getTarget(), highest, logSum};
    if (smoothing)
      inputs.push_back(sumShifted(highest));
    Value count = countAlong(b, logits, {axis});
    Value bound = b.size(b.getShape(logits)[axis]);
    auto body = [&](Structured &b, ValueRange args) -> Value {
      Value label, isIgnored;
      if (op.getIgnoreIndex()) {
        std::tie(label, isIgnored) = readTarget(args[0]);
        label = arith::SelectOp::create(b, isIgnored, constant(b, 0), label);
      } else {
        label = convert(b, args[0], b.getI64Type(), signs);
      }
      Value own = sub(b, logitOf(checkClass(b, label, bound)), args[1]);
      if (smoothing)
        own = add(b, mul(b, own, like(b, own, 1 - smoothing)),
                  mul(b, div(b, args[3], count), like(b, own, smoothing)));
      Value loss = sub(b, args[2], own);
      if (!isIgnored)
        return loss;
      return arith::SelectOp::create(b, isIgnored, like(b, loss, 0), loss);
    };
    return b.map(rows.getShape(), type, inputs, body);
  }

  /// Σ (x − highest) over the classes.
  Value sumShifted(Value highest) {
    return rows.fold(logits, highest, 0, [](Structured &b, ValueRange args) {
      return add(b, args[2], sub(b, args[0], args[1]));
    });
  }

  /// In a body over the rows.
  Value logitOf(Value label) {
    SmallVector<Value> at;
    int64_t rank = rows.getShape().size() + 1;
    for (int64_t i = 0; i < rank; ++i)
      at.push_back(i == axis ? label : b.index(i < axis ? i : i - 1));
    return b.extract(logits, at);
  }

  /// How many targets count, as a tensor [].
  Value countTargets() {
    auto body = [&](Structured &b, ValueRange args) -> Value {
      Value isIgnored = readTarget(args[0]).second;
      return arith::SelectOp::create(b, isIgnored, b.scalar(type, 0),
                                     b.scalar(type, 1));
    };
    return sumAll(b, b.map(rows.getShape(), type, op.getTarget(), body));
  }

  CrossEntropyOp op;
  Structured &b;
  Value logits;
  Type type;
  int64_t axis;
  Rows rows;
  Signs signs;
};

struct CrossEntropyLowering : Lowering<CrossEntropyOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(CrossEntropyOp op,
                                      Structured &b) const override {
    return CrossEntropy(op, b).lower();
  }
};

struct FocalLossLowering : Lowering<FocalLossOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(FocalLossOp op,
                                      Structured &b) const override {
    Value logits = widen(b, op.getLogits());
    Type type = getElementTypeOrSelf(logits);
    Shape shape = b.getShape(logits);
    Value target = op.getTarget();
    target = b.getShape(target).size() == shape.size()
                 ? convertTensor(b, target, type)
                 : markClasses(b, target, shape, type);
    double alpha = op.getAlpha().convertToDouble();
    double gamma = op.getGamma().convertToDouble();
    Value losses = b.map(
        shape, type, {logits, target}, [&](Structured &b, ValueRange args) {
          Value t = args[1], rest = sub(b, like(b, t, 1), t);
          Binary binary(b, args[0]);
          Value off = add(b, mul(b, binary.complement, t),
                          mul(b, binary.probability, rest));
          Value weight = add(b, mul(b, t, like(b, t, alpha)),
                             mul(b, rest, like(b, t, 1 - alpha)));
          return mul(b, mul(b, weight, power(b, off, gamma)),
                     binary.entropy(b, t));
        });
    return combineWeighted(b, op, losses);
  }

private:
  /// What a logit x stands for, none of it by a difference of like numbers.
  struct Binary {
    /// p and 1 − p.
    Value probability, complement;
    Value logit, small;

    Binary(Structured &b, Value x) : logit(x) {
      Value magnitude = math::AbsFOp::create(b, x);
      Value one = like(b, x, 1);
      small = math::ExpOp::create(b, arith::NegFOp::create(b, magnitude));
      Value likely = div(b, one, add(b, one, small));
      Value unlikely = mul(b, small, likely);
      Value isPositive =
          arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, x, like(b, x, 0));
      probability = arith::SelectOp::create(b, isPositive, likely, unlikely);
      complement = arith::SelectOp::create(b, isPositive, unlikely, likely);
    }

    /// −t ln p − (1 − t) ln(1 − p) = max(x, 0) − t x + ln(1 + exp(−|x|)).
    Value entropy(Structured &b, Value t) {
      Value linear = sub(b, max(b, logit, like(b, logit, 0)), mul(b, t, logit));
      return add(b, linear, math::Log1pOp::create(b, small));
    }
  };

  /// 1 for each logit of a label's class, 0 for the others: for all of them if
  /// the label is their number.
  static Value markClasses(Structured &b, Value labels, ArrayRef<DimExpr> shape,
                           Type type) {
    Signs signs = {b.isUnsigned(labels), false};
    Value bound = b.size(shape.back() + 1);
    Value classes =
        b.map(b.getShape(labels), b.getI64Type(), labels,
              [&](Structured &b, ValueRange args) -> Value {
                Value label = convert(b, args[0], b.getI64Type(), signs);
                return arith::IndexCastOp::create(b, b.getI64Type(),
                                                  checkClass(b, label, bound));
              });
    unsigned last = shape.size() - 1;
    return b.map(shape, type, classes, mapWithout(b, shape.size(), {last}),
                 [&](Structured &b, ValueRange args) -> Value {
                   Value own = arith::IndexCastOp::create(b, b.getI64Type(),
                                                          b.index(last));
                   Value isOwn = arith::CmpIOp::create(
                       b, arith::CmpIPredicate::eq, args[0], own);
                   return arith::SelectOp::create(b, isOwn, b.scalar(type, 1),
                                                  b.scalar(type, 0));
                 });
  }
};

//===----------------------------------------------------------------------===//
// Boxes
//===----------------------------------------------------------------------===//

struct L1LossLowering : Lowering<L1LossOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(L1LossOp op,
                                      Structured &b) const override {
    Value input = widen(b, op.getInput());
    double beta = op.getBeta().convertToDouble();
    Value losses =
        b.map(b.getShape(input), getElementTypeOrSelf(input),
              {input, widen(b, op.getTarget())},
              [&](Structured &b, ValueRange args) -> Value {
                Value d = math::AbsFOp::create(b, sub(b, args[0], args[1]));
                if (beta == 0)
                  return d;
                Value square = mul(b, d, mul(b, d, like(b, d, 0.5 / beta)));
                Value isSmall = arith::CmpFOp::create(
                    b, arith::CmpFPredicate::OLT, d, like(b, d, beta));
                return arith::SelectOp::create(b, isSmall, square,
                                               sub(b, d, like(b, d, beta / 2)));
              });
    return combineWeighted(b, op, losses);
  }
};

struct GiouLossLowering : Lowering<GiouLossOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(GiouLossOp op,
                                      Structured &b) const override {
    Value boxes = widen(b, op.getBoxes());
    Shape shape = b.getShape(boxes);
    PairInputs pairs =
        PairInputs::atOnePlace(b, boxes, widen(b, op.getTarget()));
    double eps = op.getEps().convertToDouble();
    Value losses =
        b.map(ArrayRef(shape).drop_back(), getElementTypeOrSelf(boxes),
              pairs.inputs, pairs.maps, [&](Structured &b, ValueRange args) {
                Value giou = measureOverlap(b, OverlapKind::giou, eps, args);
                return sub(b, like(b, giou, 1), giou);
              });
    return combineWeighted(b, op, losses);
  }
};

//===----------------------------------------------------------------------===//
// Distillation
//===----------------------------------------------------------------------===//

struct DistillationLossLowering : Lowering<DistillationLossOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(DistillationLossOp op,
                                      Structured &b) const override {
    Value student = widen(b, op.getStudent());
    Value teacher = widen(b, op.getTeacher());
    int64_t axis = fromFront(op.getAxis(), b.getShape(student).size());
    Value losses = op.getKind() == DistillationKind::mse
                       ? compareFeatures(b, student, teacher, axis)
                       : compareLogits(op, b, student, teacher, axis);
    return SmallVector<Value>{combine(b, losses, op.getReduction(),
                                      [&] { return countAll(b, losses); })};
  }

private:
  static Value compareFeatures(Structured &b, Value student, Value teacher,
                               int64_t axis) {
    Shape shape = b.getShape(student);
    if (!(b.getShape(teacher)[axis] == shape[axis]))
      teacher = slice(b, teacher, axis, 0, shape);
    return b.map(shape, getElementTypeOrSelf(student), {student, teacher},
                 [](Structured &b, ValueRange args) {
                   Value difference = sub(b, args[0], args[1]);
                   return mul(b, difference, difference);
                 });
  }

  static Value compareLogits(DistillationLossOp op, Structured &b,
                             Value student, Value teacher, int64_t axis) {
    Rows rows(b, student, axis);
    double temperature = op.getTemperature().convertToDouble();
    Value highest[] = {rows.highest(student), rows.highest(teacher)};
    Value logSum[] = {rows.logSumExp(student, highest[0], temperature),
                      rows.logSumExp(teacher, highest[1], temperature)};
    Value divergence = rows.fold(
        {student, teacher}, {highest[0], highest[1], logSum[0], logSum[1]}, 0,
        [&](Structured &b, ValueRange args) {
          // ln q and ln p.
          auto logarithm = [&](int i) {
            Value shifted = sub(b, args[i], args[2 + i]);
            return sub(b, Rows::coolDown(b, shifted, temperature), args[4 + i]);
          };
          Value q = logarithm(0), p = logarithm(1);
          Value probability = math::ExpOp::create(b, p);
          Value share = mul(b, probability, sub(b, p, q));
          // 0 · ln 0 is 0.
          Value counts = arith::CmpFOp::create(b, arith::CmpFPredicate::UNE,
                                               probability, like(b, p, 0));
          share = arith::SelectOp::create(b, counts, share, like(b, p, 0));
          return add(b, args[6], share);
        });
    return b.map(rows.getShape(), getElementTypeOrSelf(student), divergence,
                 [&](Structured &b, ValueRange args) {
                   double square = temperature * temperature;
                   return mul(b, args[0], like(b, args[0], square));
                 });
  }
};

} // namespace

void lathe::populateLossLowerings(RewritePatternSet &patterns,
                                  LoweringState &state) {
  patterns.add<CrossEntropyLowering, FocalLossLowering, L1LossLowering,
               GiouLossLowering, DistillationLossLowering>(
      patterns.getContext(), state);
}
