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

/// The vectors picked by each expert lie side by side, in buffers with room for
/// every pick; each expert works on a slice whose place and size are known when
/// running only.
class ExpertLayer {
public:
  ExpertLayer(ExpertsOp op, Structured &b) : op(op), b(b) {
    Shape shape = b.getShape(op.getInput());
    features = shape.back();
    tokens = getElementCount(ArrayRef(shape).drop_back());
    Shape picks = b.getShape(op.getPicks());
    perToken = *picks[1].getConstant();
    room = tokens * perToken;
  }

  Value lower() {
    Value x = widen(b, op.getInput());
    type = getElementTypeOrSelf(x);
    x = b.reshape(x, {tokens, features});
    group();
    Value sorted = gather(x);
    Value results = b.empty({room, features}, type);
    for (unsigned expert = 0; expert < op.getW1().size(); ++expert) {
      DimExpr begin = offset(expert);
      DimExpr count = nameDifference(begin, offset(expert + 1));
      Value part = slice(b, sorted, 0, begin, {count, features});
      Value y = applyExpert(part, expert);
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
  /// Sorts the picks by expert.
  void group() {
    Value picks = convertTensor(b, op.getPicks(), b.getI64Type());
    int64_t experts = op.getW1().size();
    Type i64 = b.getI64Type();
    SmallVector<Value> results = callRuntime(
        b, "latheGroup", b.reshape(picks, {room}),
        {{{room}, i64}, {{room}, i64}, {{experts + 1}, i64}}, {room, experts});
    order = results[0];
    places = results[1];
    offsets = results[2];
  }

  /// At most as many as there is room for, which bounds the buffers.
  Value bounded(Value count) {
    return arith::MinSIOp::create(b, count, b.size(room));
  }

  /// Where the expert's vectors begin.
  DimExpr offset(int64_t expert) {
    Value place = arith::ConstantIndexOp::create(b, expert);
    Value begin = arith::IndexCastOp::create(b, b.getIndexType(),
                                             b.extract(offsets, place));
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
    return b.map({total, features}, type, order, {b.mapOf(2, {b.d(0)})},
                 [&](Structured &b, ValueRange args) -> Value {
                   Value pick =
                       arith::IndexCastOp::create(b, b.getIndexType(), args[0]);
                   Value token = arith::DivUIOp::create(b, pick, slots);
                   return b.extract(x, {token, b.index(1)});
                 });
  }

  /// W₂(silu(W₁ x) ⊙ (W₃ x)).
  Value applyExpert(Value x, unsigned expert) {
    Value gate = project(b, x, op.getW1()[expert]);
    Value value = project(b, x, op.getW3()[expert]);
    Value hidden = b.map(
        b.getShape(gate), type, {gate, value},
        [](Structured &b, ValueRange args) {
          return mul(b, activate(b, ActivationKind::silu, 0, args[0]), args[1]);
        });
    return project(b, hidden, op.getW2()[expert]);
  }

  /// The weighted sum of each token's results. Null picks come after all
  /// others, where no result was stored.
  Value combine(Value results) {
    Value weights = convertTensor(b, op.getWeights(), type);
    Value placed = b.reshape(places, {tokens, perToken});
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

  ExpertsOp op;
  Structured &b;
  DimExpr features, tokens, room;
  int64_t perToken;
  Type type;
  Value order, places, offsets;
};

struct ExpertsLowering : Lowering<ExpertsOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(ExpertsOp op,
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
  patterns.add<ExpertsLowering, BalanceLossLowering>(patterns.getContext(),
                                                     state);
}
