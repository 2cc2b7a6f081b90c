//===- Elementwise.cpp - Pruned channels of elementwise ops ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/fold/Folding.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

//===----------------------------------------------------------------------===//
// Functions of one tensor
//===----------------------------------------------------------------------===//

/// Whether f(0) = 0.
bool keepsZero(ActivationOp op) {
  switch (op.getKind()) {
  case ActivationKind::sigmoid:
  case ActivationKind::softplus:
  case ActivationKind::hard_sigmoid:
    return false;
  default:
    return true;
  }
}

bool keepsZero(UnaryOp op) {
  switch (op.getKind()) {
  case UnaryKind::exp:
  case UnaryKind::log:
  case UnaryKind::rsqrt:
  case UnaryKind::reciprocal:
  case UnaryKind::cos:
    return false;
  default:
    return true;
  }
}

bool keepsZero(ClampOp op) {
  return (!op.getMin() || op.getMin()->convertToDouble() <= 0) &&
         (!op.getMax() || op.getMax()->convertToDouble() >= 0);
}

bool keepsZero(CastOp) { return true; }

/// f of the kept places, and f of what the others hold.
template <typename OpTy> struct SinkIntoFunction : Sinking<OpTy> {
  using Sinking<OpTy>::Sinking;

  FailureOr<SmallVector<Value>> sink(OpTy op, OpOperand &, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    if (!spread.fill && !keepsZero(op))
      return failure();
    Value fill = spread.fill;
    if (fill)
      fill = recreate(c, op, fill)->getResult(0);
    Value y = recreate(c, op, x)->getResult(0);
    return SmallVector<Value>{
        c.spread(y, spread.axis, spread.places, spread.size, fill)};
  }
};

/// Ops whose operands' dimensions stretch by NumPy's rules: the kept places of
/// every operand that has the dimension.
template <typename OpTy> struct RaiseAboveElements : Rising<OpTy> {
  using Rising<OpTy>::Rising;

  FailureOr<Value> raise(OpTy op, OpResult result, const Pruned &keep,
                         Composer &c) const override {
    SmallVector<Value> operands;
    int64_t rank = getShape(result).size();
    for (Value operand : op->getOperands()) {
      int64_t axis = keep.axis - rank + getShape(operand).size();
      bool has = axis >= 0 && !getDim(operand, axis).isConstant(1);
      operands.push_back(has ? c.keep(operand, axis, keep.places) : operand);
    }
    return recreate(c, op, operands)->getResult(0);
  }
};

//===----------------------------------------------------------------------===//
// Functions of two tensors
//===----------------------------------------------------------------------===//

struct SinkIntoBinary : Sinking<BinaryOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(BinaryOp op, OpOperand &operand, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    if (!op.getOther())
      return withNumber(op, x, spread, c);
    // Where the pruned dimension is in the result, and whether it is as it was.
    int64_t rank = getShape(op.getResult()).size();
    int64_t fromBehind = getShape(operand.get()).size() - spread.axis;
    int64_t axis = rank - fromBehind;
    if (!getDim(op.getResult(), axis).isConstant(spread.size))
      return failure();
    bool isFirst = operand.getOperandNumber() == 0;
    Value other = isFirst ? op.getOther() : op.getInput();
    if (std::optional<Pruned> match = matchSpread(other, fromBehind, spread))
      return withSpread(op, isFirst, spread, *match, axis, c);
    // Zero times anything, and zero divided by it.
    bool absorbs = op.getKind() == BinaryKind::mul ||
                   (op.getKind() == BinaryKind::div && isFirst);
    int64_t otherAxis = int64_t(getShape(other).size()) - fromBehind;
    bool varies = otherAxis >= 0 && !getDim(other, otherAxis).isConstant(1);
    if (absorbs && !spread.fill) {
      if (varies)
        other = c.keep(other, otherAxis, spread.places);
      return SmallVector<Value>{c.spread(again(op, isFirst, x, other, c), axis,
                                         spread.places, spread.size)};
    }
    return withVector(op, isFirst, x, other, otherAxis, spread, axis, c);
  }

private:
  static Value again(BinaryOp op, bool isFirst, Value x, Value other,
                     Composer &c) {
    return c.binary(op.getKind(), isFirst ? x : other, isFirst ? other : x);
  }

  static FailureOr<SmallVector<Value>>
  withNumber(BinaryOp op, Value x, const Pruned &spread, Composer &c) {
    double value = op.getValue()->convertToDouble();
    BinaryKind kind = op.getKind();
    bool keepsZero = kind == BinaryKind::mul ||
                     (kind == BinaryKind::div && value != 0) ||
                     (kind == BinaryKind::add && value == 0) ||
                     (kind == BinaryKind::sub && value == 0) ||
                     (kind == BinaryKind::max && value <= 0) ||
                     (kind == BinaryKind::min && value >= 0) ||
                     (kind == BinaryKind::pow && value > 0);
    if (!spread.fill && !keepsZero)
      return failure();
    Value fill = spread.fill;
    if (fill)
      fill = c.binary(kind, fill, value);
    return SmallVector<Value>{c.spread(c.binary(kind, x, value), spread.axis,
                                       spread.places, spread.size, fill)};
  }

  /// What the other operand spreads along the same dimension.
  static std::optional<Pruned> matchSpread(Value other, int64_t fromBehind,
                                           const Pruned &spread) {
    auto op = other.getDefiningOp<SpreadOp>();
    if (!op)
      return std::nullopt;
    Pruned pruned(op);
    int64_t rank = getShape(other).size();
    if (rank - pruned.axis != fromBehind || pruned.size != spread.size)
      return std::nullopt;
    return pruned;
  }

  /// Both are pruned: the places that either keeps, or for a product those
  /// that both do.
  static FailureOr<SmallVector<Value>> withSpread(BinaryOp op, bool isFirst,
                                                  const Pruned &mine,
                                                  const Pruned &theirs,
                                                  int64_t axis, Composer &c) {
    BinaryKind kind = op.getKind();
    Value other = isFirst ? op.getOther() : op.getInput();
    Value whole = isFirst ? op.getInput() : op.getOther();
    if (kind == BinaryKind::pow || kind == BinaryKind::div)
      return failure();
    Places places;
    Value fill;
    if (kind == BinaryKind::mul && !mine.fill && !theirs.fill) {
      places = intersectPlaces(mine.places, theirs.places);
      // Nothing is left, but no tensor is empty: one place, which is zero.
      if (places.empty())
        places.push_back(mine.places.front());
    } else {
      places = unitePlaces(mine.places, theirs.places);
      if (int64_t(places.size()) == mine.size)
        return failure();
      if (mine.fill || theirs.fill)
        fill = *combineFills(kind, isFirst ? mine.fill : theirs.fill,
                             isFirst ? theirs.fill : mine.fill, c);
    }
    Value a = c.keep(whole, mine.axis, places);
    Value b = c.keep(other, theirs.axis, places);
    return SmallVector<Value>{
        c.spread(again(op, isFirst, a, b, c), axis, places, mine.size, fill)};
  }

  /// What the dropped places hold of which both operands hold something known,
  /// a null value standing for zeros; at least one isn't null. Nothing where
  /// that is no number.
  static std::optional<Value> combineFills(BinaryKind kind, Value first,
                                           Value second, Composer &c) {
    if (first && second)
      return c.binary(kind, first, second);
    Value known = first ? first : second;
    switch (kind) {
    case BinaryKind::add:
      return known;
    case BinaryKind::sub:
      return first ? known : c.mul(known, -1.0);
    case BinaryKind::mul:
      return c.mul(known, 0.0);
    case BinaryKind::max:
    case BinaryKind::min:
      return c.binary(kind, known, 0.0);
    case BinaryKind::div:
    case BinaryKind::pow:
      return std::nullopt;
    }
    llvm_unreachable("no such function of two numbers");
  }

  /// The other operand has one number for each place: so has the fill then.
  static FailureOr<SmallVector<Value>>
  withVector(BinaryOp op, bool isFirst, Value x, Value other, int64_t otherAxis,
             const Pruned &spread, int64_t axis, Composer &c) {
    Shape shape = getShape(other);
    for (auto [i, size] : llvm::enumerate(shape))
      if (int64_t(i) != otherAxis && !size.isConstant(1))
        return failure();
    if (otherAxis < 0 || !shape[otherAxis].isConstant(spread.size) ||
        int64_t(shape.size()) > int64_t(getShape(x).size()))
      return failure();
    BinaryKind kind = op.getKind();
    if (!spread.fill && (kind == BinaryKind::div || kind == BinaryKind::pow))
      return failure();
    Value vector = c.reshape(other, {spread.size});
    Value fill = *combineFills(kind, isFirst ? spread.fill : vector,
                               isFirst ? vector : spread.fill, c);
    Value y = again(op, isFirst, x, c.keep(other, otherAxis, spread.places), c);
    return SmallVector<Value>{
        c.spread(y, axis, spread.places, spread.size, fill)};
  }
};

//===----------------------------------------------------------------------===//
// Reductions and pools
//===----------------------------------------------------------------------===//

/// The axes counted from the front.
Places axesOf(ReduceOp op) {
  int64_t rank = getShape(op.getInput()).size();
  Places axes;
  for (int64_t axis : op.getAxes())
    axes.push_back(fromFront(axis, rank));
  return axes;
}

struct SinkIntoReduce : Sinking<ReduceOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(ReduceOp op, OpOperand &, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    Places axes = axesOf(op);
    ReduceKind kind = op.getKind();
    if (!llvm::is_contained(axes, spread.axis)) {
      bool isMean = kind != ReduceKind::sum && kind != ReduceKind::prod;
      if (spread.fill && !isMean)
        return failure();
      int64_t axis = spread.axis;
      if (!op.getKeepdims())
        axis -= llvm::count_if(axes, [&](int64_t a) { return a < axis; });
      return SmallVector<Value>{c.spread(recreate(c, op, x)->getResult(0), axis,
                                         spread.places, spread.size,
                                         spread.fill)};
    }
    if (spread.fill || (kind != ReduceKind::sum && kind != ReduceKind::mean))
      return failure();
    Value y = recreate(c, op, x)->getResult(0);
    // Zeros count among those of the mean.
    if (kind == ReduceKind::mean)
      y = c.mul(y, double(spread.places.size()) / spread.size);
    return SmallVector<Value>{y};
  }
};

struct RaiseAboveReduce : Rising<ReduceOp> {
  using Rising::Rising;

  FailureOr<Value> raise(ReduceOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    Places axes = axesOf(op);
    llvm::sort(axes);
    int64_t axis = keep.axis;
    if (op.getKeepdims()) {
      if (llvm::is_contained(axes, axis))
        return failure();
    } else {
      for (int64_t reduced : axes)
        axis += reduced <= axis;
    }
    return recreate(c, op, c.keep(op.getInput(), axis, keep.places))
        ->getResult(0);
  }
};

struct SinkIntoPool : Sinking<Pool2dOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(Pool2dOp op, OpOperand &, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    // An average may count the border's zeros.
    bool isWhole = op.getKind() == PoolKind::max ||
                   (llvm::all_of(op.getPadding(),
                                 [](int64_t pixels) { return pixels == 0; }) &&
                    !op.getCeilMode());
    if (spread.axis > 1 || (spread.fill && !isWhole))
      return failure();
    return SmallVector<Value>{c.spread(recreate(c, op, x)->getResult(0),
                                       spread.axis, spread.places, spread.size,
                                       spread.fill)};
  }
};

struct RaiseAbovePool : Rising<Pool2dOp> {
  using Rising::Rising;

  FailureOr<Value> raise(Pool2dOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    if (keep.axis > 1)
      return failure();
    return recreate(c, op, c.keep(op.getInput(), keep.axis, keep.places))
        ->getResult(0);
  }
};

/// Each place's own business along other dimensions.
struct RaiseAboveSoftmax : Rising<SoftmaxOp> {
  using Rising::Rising;

  FailureOr<Value> raise(SoftmaxOp op, OpResult result, const Pruned &keep,
                         Composer &c) const override {
    if (keep.axis == fromFront(op.getAxis(), getShape(result).size()))
      return failure();
    return recreate(c, op, c.keep(op.getInput(), keep.axis, keep.places))
        ->getResult(0);
  }
};

} // namespace

void lathe::populateElementwiseFolds(RewritePatternSet &patterns) {
  patterns
      .add<SinkIntoFunction<ActivationOp>, SinkIntoFunction<UnaryOp>,
           SinkIntoFunction<ClampOp>, SinkIntoFunction<CastOp>,
           RaiseAboveElements<ActivationOp>, RaiseAboveElements<UnaryOp>,
           RaiseAboveElements<ClampOp>, RaiseAboveElements<CastOp>,
           RaiseAboveElements<BinaryOp>, RaiseAboveElements<CompareOp>,
           RaiseAboveElements<SelectOp>, SinkIntoBinary, SinkIntoReduce,
           RaiseAboveReduce, SinkIntoPool, RaiseAbovePool, RaiseAboveSoftmax>(
          patterns.getContext());
}
