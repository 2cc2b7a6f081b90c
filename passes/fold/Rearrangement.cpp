//===- Rearrangement.cpp - Pruned channels of rearrangements --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "passes/fold/Folding.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

//===----------------------------------------------------------------------===//
// keep and spread themselves
//===----------------------------------------------------------------------===//

/// Where others read the inner one as well, it is what UniteKeeps made.
struct KeepOfKeep : OpRewritePattern<KeepOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KeepOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<KeepOp>();
    if (!inner || !inner->hasOneUse() || Pruned(inner).axis != Pruned(op).axis)
      return failure();
    Places places = llvm::map_to_vector(
        op.getPlaces(), [&](int64_t i) { return inner.getPlaces()[i]; });
    Composer c(op.getLoc(), rewriter);
    rewriter.replaceOp(op, c.keep(inner.getInput(), Pruned(op).axis, places));
    // Left behind, it would read its input as if it mattered.
    rewriter.eraseOp(inner);
    return success();
  }
};

/// Some places of a spread: those that it has, put back among those asked for.
struct KeepOfSpread : OpRewritePattern<KeepOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KeepOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<SpreadOp>();
    if (!inner)
      return failure();
    Pruned keep(op), spread(inner);
    Composer c(op.getLoc(), rewriter);
    if (keep.axis != spread.axis) {
      Value y = c.keep(inner.getInput(), keep.axis, keep.places);
      rewriter.replaceOp(op, c.spread(y, spread.axis, spread.places,
                                      spread.size, spread.fill));
      return success();
    }
    Places common = intersectPlaces(keep.places, spread.places);
    if (common.empty()) {
      rewriter.replaceOp(op, fillAlone(inner.getInput(), keep, spread, c));
      return success();
    }
    Value y =
        c.keep(inner.getInput(), keep.axis, findPlaces(common, spread.places));
    Value fill = spread.fill;
    if (fill)
      fill = c.keep(fill, 0, keep.places);
    rewriter.replaceOp(op,
                       c.spread(y, keep.axis, findPlaces(common, keep.places),
                                keep.places.size(), fill));
    return success();
  }

private:
  /// No place of `x` is kept. Its first one, made to hold what the first place
  /// kept does, stands for the tensor that cannot be empty.
  static Value fillAlone(Value x, const Pruned &keep, const Pruned &spread,
                         Composer &c) {
    Value y = c.mul(c.keep(x, keep.axis, {0}), 0.0);
    Value fill = spread.fill;
    if (fill) {
      fill = c.keep(fill, 0, keep.places);
      Shape one(getShape(x).size() - keep.axis, 1);
      y = c.add(y, c.reshape(c.keep(fill, 0, {0}), one));
    }
    return c.spread(y, keep.axis, {0}, keep.places.size(), fill);
  }
};

/// Zeros among zeros.
struct SpreadOfSpread : OpRewritePattern<SpreadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SpreadOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<SpreadOp>();
    if (!inner)
      return failure();
    Pruned outer(op), spread(inner);
    if (outer.axis != spread.axis || outer.fill || spread.fill)
      return failure();
    Places places = llvm::map_to_vector(
        spread.places, [&](int64_t i) { return outer.places[i]; });
    Composer c(op.getLoc(), rewriter);
    rewriter.replaceOp(
        op, c.spread(inner.getInput(), outer.axis, places, outer.size));
    return success();
  }
};

/// Several `keep`s are all that reads a value: it is computed for what any of
/// them keeps.
struct UniteKeeps : OpRewritePattern<KeepOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KeepOp op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getInput();
    if (x.hasOneUse() || !x.getDefiningOp() ||
        isa<ParameterOp, SpreadOp>(x.getDefiningOp()))
      return failure();
    Pruned first(op);
    Places places;
    SmallVector<KeepOp> keeps;
    for (Operation *user : x.getUsers()) {
      // What nobody reads asks for nothing: it waits to be erased.
      if (isOpTriviallyDead(user))
        continue;
      auto keep = dyn_cast<KeepOp>(user);
      if (!keep || Pruned(keep).axis != first.axis)
        return failure();
      places = unitePlaces(places, keep.getPlaces());
      keeps.push_back(keep);
    }
    if (keeps.size() < 2 || int64_t(places.size()) == first.size)
      return failure();
    rewriter.setInsertionPointAfterValue(x);
    Composer c(op.getLoc(), rewriter);
    Value united = c.keep(x, first.axis, places);
    for (KeepOp keep : keeps) {
      Composer at(keep.getLoc(), rewriter);
      rewriter.replaceOp(keep, at.keep(united, first.axis,
                                       findPlaces(keep.getPlaces(), places)));
    }
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Ops that keep the order of elements
//===----------------------------------------------------------------------===//

/// A run of an input's dimensions, [inBegin, inEnd), that holds the elements of
/// a run of the result's.
struct Run {
  size_t inBegin, inEnd, outBegin, outEnd;
};

/// The runs of a reshape, as short as may be; nothing where dynamic dimensions
/// hide them.
std::optional<SmallVector<Run>> findRuns(const Shape &in, const Shape &out) {
  SmallVector<Run> runs;
  size_t i = 0, j = 0;
  while (i < in.size() || j < out.size()) {
    Run run{i, i, j, j};
    DimExpr a = 1, b = 1;
    auto growIn = [&] { a = a * in[i++]; };
    auto growOut = [&] { b = b * out[j++]; };
    if (i < in.size())
      growIn();
    if (j < out.size())
      growOut();
    while (!(a == b)) {
      std::optional<int64_t> known = a.getConstant(), other = b.getConstant();
      bool inIsLess = known && other ? *known < *other : known == 1;
      bool outIsLess = known && other ? *other < *known : other == 1;
      if (inIsLess && i < in.size())
        growIn();
      else if (outIsLess && j < out.size())
        growOut();
      else
        return std::nullopt;
    }
    run.inEnd = i;
    run.outEnd = j;
    runs.push_back(run);
  }
  return runs;
}

/// The sizes [begin, end) if all are static and hold no more elements than is
/// worth looking at one by one.
std::optional<SmallVector<int64_t>> staticSizes(const Shape &shape,
                                                size_t begin, size_t end) {
  SmallVector<int64_t> sizes;
  int64_t count = 1;
  for (size_t i = begin; i < end; ++i) {
    std::optional<int64_t> size = shape[i].getConstant();
    if (!size || *size > (1 << 22) / count)
      return std::nullopt;
    count *= *size;
    sizes.push_back(*size);
  }
  return sizes;
}

/// Where the pruned dimension of a tensor `from` is in a tensor `to` of the
/// same elements in the same order, if it is the places of one dimension there.
/// A fill must be the same there as well, one number a place.
std::optional<Pruned> reshapePruned(const Shape &from, const Shape &to,
                                    const Pruned &pruned) {
  std::optional<SmallVector<Run>> runs = findRuns(from, to);
  if (!runs)
    return std::nullopt;
  const Run *run = llvm::find_if(*runs, [&](const Run &run) {
    return size_t(pruned.axis) >= run.inBegin &&
           size_t(pruned.axis) < run.inEnd;
  });
  auto in = staticSizes(from, run->inBegin, run->inEnd);
  auto out = staticSizes(to, run->outBegin, run->outEnd);
  if (!in || !out)
    return std::nullopt;
  int64_t inner = 1, outer = 1;
  for (size_t i = pruned.axis - run->inBegin + 1; i < in->size(); ++i)
    inner *= (*in)[i];
  for (size_t i = 0; i < pruned.axis - run->inBegin; ++i)
    outer *= (*in)[i];
  // The run's elements that are kept, in order.
  Places kept;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t place : pruned.places)
      for (int64_t i = 0; i < inner; ++i)
        kept.push_back((o * pruned.size + place) * inner + i);
  int64_t count = outer * pruned.size * inner, step = count;
  for (auto [k, size] : llvm::enumerate(*out)) {
    step /= size;
    Places places;
    for (int64_t element : kept)
      places.push_back(element / step % size);
    llvm::sort(places);
    places.erase(llvm::unique(places), places.end());
    // All elements of these places are kept, and these are all that are.
    if (int64_t(places.size()) < size &&
        int64_t(places.size()) * (count / size) == int64_t(kept.size()))
      return Pruned(run->outBegin + k, size, places);
  }
  return std::nullopt;
}

template <typename OpTy> struct SinkIntoReshape : Sinking<OpTy> {
  using Sinking<OpTy>::Sinking;

  FailureOr<SmallVector<Value>> sink(OpTy op, OpOperand &operand, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    Shape shape = getShape(op.getResult());
    std::optional<Pruned> there =
        reshapePruned(getShape(operand.get()), shape, spread);
    if (!there)
      return failure();
    Value fill = spread.fill;
    if (fill && there->size != spread.size) {
      // One place has become several neighbours that hold the same.
      int64_t block = there->size / spread.size;
      if (there->places != widenPlaces(spread.places, block))
        return failure();
      fill = c.broadcastTo(c.unsqueeze(fill, {1}), {spread.size, block});
      fill = c.reshape(fill, {there->size});
    }
    shape[there->axis] = int64_t(there->places.size());
    return SmallVector<Value>{c.spread(c.reshape(x, shape), there->axis,
                                       there->places, there->size, fill)};
  }
};

template <typename OpTy> struct RaiseAboveReshape : Rising<OpTy> {
  using Rising<OpTy>::Rising;

  FailureOr<Value> raise(OpTy op, OpResult result, const Pruned &keep,
                         Composer &c) const override {
    std::optional<Pruned> there =
        reshapePruned(getShape(result), getShape(op.getInput()), keep);
    if (!there)
      return failure();
    Shape shape = getShape(result);
    shape[keep.axis] = int64_t(keep.places.size());
    return c.reshape(c.keep(op.getInput(), there->axis, there->places), shape);
  }
};

//===----------------------------------------------------------------------===//
// Ops that change the order of elements
//===----------------------------------------------------------------------===//

struct SinkIntoTranspose : Sinking<TransposeOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(TransposeOp op, OpOperand &, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    ArrayRef<int64_t> permutation = op.getPermutation();
    int64_t axis = llvm::find(permutation, spread.axis) - permutation.begin();
    return SmallVector<Value>{c.spread(c.transpose(x, permutation), axis,
                                       spread.places, spread.size,
                                       spread.fill)};
  }
};

struct RaiseAboveTranspose : Rising<TransposeOp> {
  using Rising::Rising;

  FailureOr<Value> raise(TransposeOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    int64_t axis = op.getPermutation()[keep.axis];
    return c.transpose(c.keep(op.getInput(), axis, keep.places),
                       op.getPermutation());
  }
};

int64_t axisOf(ConcatOp op) {
  return fromFront(op.getAxis(), getShape(op.getResult()).size());
}

struct SinkIntoConcat : Sinking<ConcatOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(ConcatOp op, OpOperand &, Value,
                                     const Pruned &spread,
                                     Composer &c) const override {
    int64_t axis = axisOf(op);
    if (spread.axis != axis)
      return failure();
    Places places;
    SmallVector<Value> inputs;
    int64_t offset = 0;
    for (Value input : op.getInputs()) {
      std::optional<int64_t> size = getDim(input, axis).getConstant();
      if (!size)
        return failure();
      auto inner = input.getDefiningOp<SpreadOp>();
      bool isPruned = inner && Pruned(inner).axis == axis && !inner.getFill();
      inputs.push_back(isPruned ? inner.getInput() : input);
      for (int64_t place :
           isPruned ? Places(inner.getPlaces()) : allPlaces(*size))
        places.push_back(offset + place);
      offset += *size;
    }
    if (int64_t(places.size()) == offset)
      return failure();
    return SmallVector<Value>{
        c.spread(c.concat(inputs, axis), axis, places, offset)};
  }
};

struct RaiseAboveConcat : Rising<ConcatOp> {
  using Rising::Rising;

  FailureOr<Value> raise(ConcatOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    int64_t axis = axisOf(op);
    SmallVector<Value> inputs;
    int64_t offset = 0;
    for (Value input : op.getInputs()) {
      if (keep.axis != axis) {
        inputs.push_back(c.keep(input, keep.axis, keep.places));
        continue;
      }
      int64_t size = *getDim(input, axis).getConstant();
      Places own;
      for (int64_t place : keep.places)
        if (place >= offset && place < offset + size)
          own.push_back(place - offset);
      if (!own.empty())
        inputs.push_back(c.keep(input, axis, own));
      offset += size;
    }
    return inputs.size() == 1 ? inputs[0] : c.concat(inputs, axis);
  }
};

/// What a slice takes of a static dimension, as places of it.
std::optional<Pruned> placesOf(SliceOp op) {
  Shape shape = getShape(op.getInput());
  int64_t axis = fromFront(op.getAxis(), shape.size());
  std::optional<int64_t> size = shape[axis].getConstant();
  std::optional<int64_t> count = getDim(op.getResult(), axis).getConstant();
  if (!size || !count)
    return std::nullopt;
  int64_t start = op.getStart();
  Places places;
  for (int64_t i = 0; i < *count; ++i)
    places.push_back((start < 0 ? start + *size : start) + i * op.getStep());
  return Pruned(axis, *size, places);
}

struct SinkIntoSlice : Sinking<SliceOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(SliceOp op, OpOperand &operand, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    std::optional<Pruned> slice = placesOf(op);
    int64_t axis = fromFront(op.getAxis(), getShape(operand.get()).size());
    if (spread.axis == axis) {
      if (!slice || intersectPlaces(slice->places, spread.places).empty())
        return failure();
      return SmallVector<Value>{c.keep(operand.get(), axis, slice->places)};
    }
    Value y = recreate(c, op, x)->getResult(0);
    return SmallVector<Value>{
        c.spread(y, spread.axis, spread.places, spread.size, spread.fill)};
  }
};

struct RaiseAboveSlice : Rising<SliceOp> {
  using Rising::Rising;

  FailureOr<Value> raise(SliceOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    int64_t axis = fromFront(op.getAxis(), getShape(op.getInput()).size());
    if (keep.axis != axis)
      return recreate(c, op, c.keep(op.getInput(), keep.axis, keep.places))
          ->getResult(0);
    std::optional<Pruned> slice = placesOf(op);
    if (!slice)
      return failure();
    Places places = llvm::map_to_vector(
        keep.places, [&](int64_t i) { return slice->places[i]; });
    return c.keep(op.getInput(), axis, places);
  }
};

/// A split of a pruned dimension, and one of which a part is, is a matter of
/// its parts.
struct CutSplit : OpRewritePattern<SplitOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SplitOp op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getInput();
    int64_t axis = fromFront(op.getAxis(), getShape(x).size());
    auto isAlong = [&](auto pruning) {
      return pruning && Pruned(pruning).axis == axis;
    };
    bool isPruned = isAlong(x.getDefiningOp<SpreadOp>());
    for (Operation *user : op->getUsers())
      isPruned |= isAlong(dyn_cast<KeepOp>(user));
    if (!isPruned)
      return failure();
    Composer c(op.getLoc(), rewriter);
    SmallVector<Value> parts;
    int64_t offset = 0;
    for (Value result : op.getResults()) {
      int64_t size = *getDim(result, axis).getConstant();
      Places places;
      for (int64_t i = 0; i < size; ++i)
        places.push_back(offset + i);
      parts.push_back(c.keep(x, axis, places));
      offset += size;
    }
    rewriter.replaceOp(op, parts);
    return success();
  }
};

struct SinkIntoPad : Sinking<PadOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(PadOp op, OpOperand &, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    bool addsZeros =
        op.getMode() != PaddingMode::zeros || op.getValue().isZero();
    if (op.getLow()[spread.axis] || op.getHigh()[spread.axis] || spread.fill ||
        !addsZeros)
      return failure();
    return SmallVector<Value>{c.spread(recreate(c, op, x)->getResult(0),
                                       spread.axis, spread.places,
                                       spread.size)};
  }
};

struct RaiseAbovePad : Rising<PadOp> {
  using Rising::Rising;

  FailureOr<Value> raise(PadOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    if (op.getLow()[keep.axis] || op.getHigh()[keep.axis])
      return failure();
    return recreate(c, op, c.keep(op.getInput(), keep.axis, keep.places))
        ->getResult(0);
  }
};

} // namespace

void lathe::populateRearrangementFolds(RewritePatternSet &patterns) {
  patterns.add<KeepOfKeep, KeepOfSpread, SpreadOfSpread, UniteKeeps,
               SinkIntoReshape<ReshapeOp>, SinkIntoReshape<FlattenOp>,
               SinkIntoReshape<SqueezeOp>, SinkIntoReshape<UnsqueezeOp>,
               RaiseAboveReshape<ReshapeOp>, RaiseAboveReshape<FlattenOp>,
               RaiseAboveReshape<SqueezeOp>, RaiseAboveReshape<UnsqueezeOp>,
               SinkIntoTranspose, RaiseAboveTranspose, SinkIntoConcat,
               RaiseAboveConcat, SinkIntoSlice, RaiseAboveSlice, CutSplit,
               SinkIntoPad, RaiseAbovePad>(patterns.getContext());
}
