//===- Routing.cpp - Mixtures of experts as linalg ------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Routing.h"
#include "codegen/lower/RuntimeCall.h"
#include "codegen/lower/Tensors.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

//===----------------------------------------------------------------------===//
// Experts
//===----------------------------------------------------------------------===//

/// W₂(silu(W₁ x) ⊙ (W₃ x)) of an expert.
Value applyExpert(Structured &b, Value x, Value w1, Value w2, Value w3) {
  Value gate = project(b, x, w1), value = project(b, x, w3);
  Value hidden = b.map(
      b.getShape(gate), getElementTypeOrSelf(x), {gate, value},
      [](Structured &b, ValueRange args) {
        return mul(b, activate(b, ActivationKind::silu, 0, args[0]), args[1]);
      });
  return project(b, hidden, w2);
}

/// As it is written: every expert on every token, most of it in vain.
struct ExpertsLowering : Lowering<ExpertsOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(ExpertsOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    Type type = getElementTypeOrSelf(x);
    Shape shape = b.getShape(op.getInput());
    DimExpr tokens = getElementCount(ArrayRef(shape).drop_back());
    Shape flat = {tokens, shape.back()};
    x = b.reshape(x, flat);
    Value weights = convertTensor(b, op.getWeights(), type);
    Value sum = b.fill(flat, type, 0);
    for (auto [expert, w1, w2, w3] :
         llvm::enumerate(op.getW1(), op.getW2(), op.getW3())) {
      Value y = applyExpert(b, x, w1, w2, w3);
      Value factors = factorsOf(b, expert, op.getPicks(), weights);
      // A token that did not pick the expert takes nothing of it, not even a
      // NaN.
      sum =
          b.map(flat, type, {sum, y, factors},
                {b.mapOf(2, {b.d(0), b.d(1)}), b.mapOf(2, {b.d(0), b.d(1)}),
                 b.mapOf(2, {b.d(0)})},
                [](Structured &b, ValueRange args) -> Value {
                  Value zero = like(b, args[2], 0);
                  Value isPicked = arith::CmpFOp::create(
                      b, arith::CmpFPredicate::UNE, args[2], zero);
                  Value term = mul(b, args[2], args[1]);
                  return add(b, args[0],
                             arith::SelectOp::create(b, isPicked, term, zero));
                });
    }
    sum = convertTensor(b, sum, getElementTypeOrSelf(op.getInput()));
    return SmallVector<Value>{b.reshape(sum, b.getResultShape())};
  }

private:
  /// How much of the expert each token takes: the weights of its picks of it.
  static Value factorsOf(Structured &b, int64_t expert, Value picks,
                         Value weights) {
    AffineMap all = b.getMultiDimIdentityMap(2);
    return b.reduce(
        {b.getShape(picks)[0]}, 1, getElementTypeOrSelf(weights), 0,
        {picks, weights}, {all, all},
        [&](Structured &b, ValueRange args) -> Value {
          Value number = b.scalar(args[0].getType(), expert);
          Value isIt = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                             args[0], number);
          Value zero = like(b, args[1], 0);
          return add(b, args[2],
                     arith::SelectOp::create(b, isIt, args[1], zero));
        });
  }
};

/// Sorts the picks by expert.
struct GroupPicksLowering : Lowering<GroupPicksOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(GroupPicksOp op,
                                      Structured &b) const override {
    DimExpr count = b.getResultShape()[0];
    int64_t experts = op.getExperts();
    Type i64 = b.getI64Type();
    Value picks = convertTensor(b, op.getPicks(), i64);
    return callRuntime(b, "latheGroup", b.reshape(picks, {count}),
                       {{{count}, i64}, {{count}, i64}, {{experts + 1}, i64}},
                       {count, experts});
  }
};

/// The vectors picked by each expert lie side by side, in buffers with room for
/// every pick; each expert works on a slice whose place and size are known when
/// running only.
class ExpertLayer {
public:
  ExpertLayer(GroupedExpertsOp op, Structured &b) : op(op), b(b) {
    Shape shape = b.getShape(op.getInput());
    features = shape.back();
    tokens = getElementCount(ArrayRef(shape).drop_back());
    perToken = *b.getShape(op.getWeights())[1].getConstant();
    room = tokens * perToken;
  }

  Value lower() {
    Value x = widen(b, op.getInput());
    type = getElementTypeOrSelf(x);
    x = b.reshape(x, {tokens, features});
    Value sorted = gather(x);
    Value results = b.empty({room, features}, type);
    for (unsigned expert = 0; expert < op.getW1().size(); ++expert) {
      DimExpr begin = offset(expert);
      DimExpr count = nameDifference(begin, offset(expert + 1));
      Value part = slice(b, sorted, 0, begin, {count, features});
      Value y = applyExpert(b, part, op.getW1()[expert], op.getW2()[expert],
                            op.getW3()[expert]);
      SmallVector<OpFoldResult> offsets = {b.foldedSize(begin),
                                           b.getIndexAttr(0)};
      SmallVector<OpFoldResult> strides(2, b.getIndexAttr(1));
      results = tensor::InsertSliceOp::create(
          b, y, results, offsets, b.foldedSizes({count, features}), strides);
    }
    b.record(results, {room, features});
    Value y =
        convertTensor(b, combine(results), getElementTypeOrSelf(op.getInput()));
    return b.reshape(y, b.getResultShape());
  }

private:
  /// At most as many as there is room for, which bounds the buffers.
  Value bounded(Value count) {
    return arith::MinSIOp::create(b, count, b.size(room));
  }

  /// Where the expert's vectors begin.
  DimExpr offset(int64_t expert) {
    Value place = arith::ConstantIndexOp::create(b, expert);
    Value begin = arith::IndexCastOp::create(b, b.getIndexType(),
                                             b.extract(op.getOffsets(), place));
    return b.nameSize(bounded(begin));
  }

  DimExpr nameDifference(const DimExpr &begin, const DimExpr &end) {
    return b.nameSize(
        bounded(arith::SubIOp::create(b, b.size(end), b.size(begin))));
  }

  /// The vectors of all true picks, by expert.
  Value gather(Value x) {
    DimExpr total = offset(op.getW1().size());
    Value slots = b.scalar(b.getIndexType(), perToken);
    return b.map({total, features}, type, op.getOrder(), {b.mapOf(2, {b.d(0)})},
                 [&](Structured &b, ValueRange args) -> Value {
                   Value pick =
                       arith::IndexCastOp::create(b, b.getIndexType(), args[0]);
                   Value token = arith::DivUIOp::create(b, pick, slots);
                   return b.extract(x, {token, b.index(1)});
                 });
  }

  /// The weighted sum of each token's results. Null picks come after all
  /// others, where no result was stored.
  Value combine(Value results) {
    Value weights = convertTensor(b, op.getWeights(), type);
    Value placed = b.reshape(op.getPlaces(), {tokens, perToken});
    Value total = b.size(offset(op.getW1().size()));
    AffineMap bySlot = b.mapOf(3, {b.d(0), b.d(2)});
    return b.reduce(
        {tokens, features}, 1, type, 0, {weights, placed}, {bySlot, bySlot},
        [&](Structured &b, ValueRange args) -> Value {
          Value place =
              arith::IndexCastOp::create(b, b.getIndexType(), args[1]);
          Value isTrue =
              arith::CmpIOp::create(b, arith::CmpIPredicate::ult, place, total);
          Value y = mul(b, args[0], b.extract(results, {place, b.index(1)}));
          Value term = arith::SelectOp::create(b, isTrue, y, like(b, y, 0));
          return add(b, args[2], term);
        });
  }

  GroupedExpertsOp op;
  Structured &b;
  DimExpr features, tokens, room;
  int64_t perToken;
  Type type;
};

struct GroupedExpertsLowering : Lowering<GroupedExpertsOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(GroupedExpertsOp op,
                                      Structured &b) const override {
    return SmallVector<Value>{ExpertLayer(op, b).lower()};
  }
};

//===----------------------------------------------------------------------===//
// Balance loss
//===----------------------------------------------------------------------===//

/// The mean of `sums` over `count` tokens.
Value meanOver(Structured &b, Value sums, Value count) {
  return b.map(
      b.getShape(sums), getElementTypeOrSelf(sums), sums,
      [&](Structured &b, ValueRange args) { return div(b, args[0], count); });
}

/// Picks of each expert, as a number of the type.
Value countPicks(Structured &b, Value picks, const DimExpr &experts,
                 Type type) {
  return b.reduce(
      {experts}, 2, type, 0, picks, {b.mapOf(3, {b.d(1), b.d(2)})},
      [&](Structured &b, ValueRange args) {
        Value expert =
            arith::IndexCastOp::create(b, b.getI64Type(), b.index(0));
        Value isIt =
            arith::CmpIOp::create(b, arith::CmpIPredicate::eq, args[0], expert);
        Value one = like(b, args[1], 1), zero = like(b, args[1], 0);
        return add(b, args[1], arith::SelectOp::create(b, isIt, one, zero));
      });
}

/// The load with the mean over the experts from `first` on in the place of
/// each of theirs.
Value averageNull(Structured &b, Value load, int64_t first) {
  Shape shape = b.getShape(load);
  int64_t nulls = *shape[0].getConstant() - first;
  if (nulls == 0)
    return load;
  Value sum = reduceAxes(
      b, slice(b, load, 0, first, {nulls}), {0}, 0,
      [](Structured &b, ValueRange args) { return add(b, args[1], args[0]); });
  return b.map(shape, getElementTypeOrSelf(load), {load, sum},
               {b.getMultiDimIdentityMap(1), b.mapOf(1, {})},
               [&](Structured &b, ValueRange args) -> Value {
                 Value isTrue = arith::CmpIOp::create(
                     b, arith::CmpIPredicate::ult, b.index(0),
                     b.scalar(b.getIndexType(), first));
                 Value mean = div(b, args[1], like(b, args[1], nulls));
                 return arith::SelectOp::create(b, isTrue, args[0], mean);
               });
}

struct BalanceLossLowering : Lowering<BalanceLossOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(BalanceLossOp op,
                                      Structured &b) const override {
    Value probabilities = softmax(b, widen(b, op.getLogits()), {1});
    Type type = getElementTypeOrSelf(probabilities);
    Value picks =
        selectLargest(b, convertTensor(b, probabilities, b.getF32Type()),
                      op.getTopK())
            .places;
    Value tokens = countAlong(b, probabilities, {0});
    DimExpr experts = b.getShape(probabilities)[1];
    Value load = meanOver(b, countPicks(b, picks, experts, type), tokens);
    if (op.getAverageNull())
      load = averageNull(b, load, op.getExperts());
    auto sum = [](Structured &b, ValueRange args) {
      return add(b, args[1], args[0]);
    };
    Value mean = meanOver(b, reduceAxes(b, probabilities, {0}, 0, sum), tokens);
    Value product = b.contract({}, 1, load, b.getMultiDimIdentityMap(1), mean,
                               b.getMultiDimIdentityMap(1));
    Value loss = b.map({}, type, product, [&](Structured &b, ValueRange args) {
      return mul(b, args[0], like(b, args[0], *experts.getConstant()));
    });
    loss = convertTensor(b, loss, getElementTypeOrSelf(op.getLogits()));
    return SmallVector<Value>{b.reshape(loss, {1})};
  }
};

} // namespace

void lathe::populateRoutingLowerings(RewritePatternSet &patterns,
                                     LoweringState &state) {
  patterns.add<ExpertsLowering, GroupPicksLowering, GroupedExpertsLowering,
               BalanceLossLowering>(patterns.getContext(), state);
}
