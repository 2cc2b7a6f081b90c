//===- Layers.cpp - Pruned channels of layers with weights ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Adapter.h"
#include "passes/fold/Folding.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

int64_t rankOf(Value value) { return getShape(value).size(); }

//===----------------------------------------------------------------------===//
// linear, matmul and embedding
//===----------------------------------------------------------------------===//

/// Columns of the weight that meet no zeros.
struct SinkIntoLinear : Sinking<LinearOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(LinearOp op, OpOperand &operand, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    if (operand.getOperandNumber() != 0)
      return failure();
    if (spread.axis + 1 < rankOf(op.getInput())) {
      // Other positions: zeros stay zeros without a bias.
      if (spread.fill || op.getBias())
        return failure();
      return SmallVector<Value>{c.spread(c.linear(x, op.getWeight()),
                                         spread.axis, spread.places,
                                         spread.size)};
    }
    Value bias = op.getBias();
    if (spread.fill) {
      // W times what the dropped places hold.
      Places dropped = dropPlaces(spread.places, spread.size);
      Value row = c.unsqueeze(c.keep(spread.fill, 0, dropped), {0});
      Value columns = c.keep(op.getWeight(), 1, dropped);
      bias = c.squeeze(c.linear(row, columns, bias), {0});
    }
    Value weight = c.keep(op.getWeight(), 1, spread.places);
    return SmallVector<Value>{c.linear(x, weight, bias)};
  }
};

struct RaiseAboveLinear : Rising<LinearOp> {
  using Rising::Rising;

  FailureOr<Value> raise(LinearOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    if (keep.axis + 1 < rankOf(op.getInput()))
      return c.linear(c.keep(op.getInput(), keep.axis, keep.places),
                      op.getWeight(), op.getBias());
    Value bias = op.getBias();
    if (bias)
      bias = c.keep(bias, 0, keep.places);
    return c.linear(op.getInput(), c.keep(op.getWeight(), 0, keep.places),
                    bias);
  }
};

/// Where a product sums over the pruned dimension, the other factor's places
/// that meet zeros don't matter.
struct SinkIntoMatmul : Sinking<MatmulOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(MatmulOp op, OpOperand &operand, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    bool isFirst = operand.getOperandNumber() == 0;
    int64_t rank = rankOf(operand.get());
    bool isTransposed =
        isFirst ? op.getTransposeInput() : op.getTransposeOther();
    // The first factor is summed over its last dimension, the other over the
    // one before its last.
    int64_t summed = rank - (isFirst == isTransposed ? 2 : 1);
    if (spread.fill || spread.axis != summed)
      return failure();
    Value other = isFirst ? op.getOther() : op.getInput();
    bool otherTransposed =
        isFirst ? op.getTransposeOther() : op.getTransposeInput();
    int64_t otherAxis = rankOf(other) - (isFirst == otherTransposed ? 1 : 2);
    other = c.keep(other, otherAxis, spread.places);
    return SmallVector<Value>{c.matmul(isFirst ? x : other, isFirst ? other : x,
                                       op.getTransposeInput(),
                                       op.getTransposeOther())};
  }
};

struct RaiseAboveEmbedding : Rising<EmbeddingOp> {
  using Rising::Rising;

  FailureOr<Value> raise(EmbeddingOp op, OpResult result, const Pruned &keep,
                         Composer &c) const override {
    if (keep.axis + 1 < rankOf(result))
      return failure();
    Value table = c.keep(op.getWeight(), 1, keep.places);
    return Value(EmbeddingOp::create(c, op.getIndices(), table));
  }
};

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

bool hasPadding(ArrayRef<int64_t> padding) {
  return llvm::any_of(padding, [](int64_t pixels) { return pixels != 0; });
}

/// The filters of a grouped convolution for some of its input channels, which
/// are `each` of every group that has any: [filters, each, kh, kw].
Value keepGroupedInputs(Value weight, const EqualGroups &kept, int64_t groups,
                        Composer &c) {
  if (groups == 1)
    return c.keep(weight, 1, kept.places);
  Shape shape = getShape(weight);
  int64_t filters = *shape[0].getConstant() / groups;
  int64_t inputs = *shape[1].getConstant();
  if (kept.each < inputs) {
    // Which channels of a group stay differs by the group: [groups, inputs,
    // filters, kh, kw] has one dimension for all.
    Value w = c.reshape(weight, {groups, filters, inputs, shape[2], shape[3]});
    w = c.transpose(w, {0, 2, 1, 3, 4});
    w = c.reshape(w, {groups * inputs, filters, shape[2], shape[3]});
    w = c.keep(w, 0, kept.places);
    int64_t count = kept.groups.size();
    w = c.reshape(w, {count, kept.each, filters, shape[2], shape[3]});
    w = c.transpose(w, {0, 2, 1, 3, 4});
    return c.reshape(w, {count * filters, kept.each, shape[2], shape[3]});
  }
  return c.keep(weight, 0, widenPlaces(kept.groups, filters));
}

struct SinkIntoConv2d : Sinking<Conv2dOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(Conv2dOp op, OpOperand &operand, Value x,
                                     const Pruned &spread,
                                     Composer &c) const override {
    if (operand.getOperandNumber() != 0 || spread.axis != 1)
      return failure();
    int64_t groups = op.getGroups();
    if (spread.fill && groups > 1)
      return failure();
    if (spread.fill)
      return sinkFilled(op, x, spread, c);
    EqualGroups kept = equaliseGroups(spread.places, spread.size, groups);
    if (int64_t(kept.places.size()) == spread.size)
      return failure();
    x = c.spread(x, 1, findPlaces(spread.places, kept.places),
                 kept.places.size());
    Value weight = keepGroupedInputs(op.getWeight(), kept, groups, c);
    // Filters that see zeros only give the bias.
    int64_t filters = *getDim(op.getWeight(), 0).getConstant();
    Places outputs = widenPlaces(kept.groups, filters / groups);
    Value bias = op.getBias();
    if (bias)
      bias = c.keep(bias, 0, outputs);
    Value y = again(op, x, weight, bias, kept.groups.size(), c);
    return SmallVector<Value>{c.spread(y, 1, outputs, filters, op.getBias())};
  }

  static Value again(Conv2dOp op, Value x, Value weight, Value bias,
                     int64_t groups, Composer &c) {
    SmallVector<Value> operands = {x, weight};
    if (bias)
      operands.push_back(bias);
    if (bias && !op.getBias())
      return Conv2dOp::create(c, x, weight, bias, op.getStrideAttr(),
                              op.getDilationAttr(), op.getPaddingAttr(),
                              op.getPaddingModeAttr(),
                              c.getI64IntegerAttr(groups));
    return recreate(
               c, op, operands,
               [&](Operation *copy) { cast<Conv2dOp>(copy).setGroups(groups); })
        ->getResult(0);
  }

private:
  /// Channels of a known number each add the same to every pixel, if none is
  /// of a border of zeros.
  static FailureOr<SmallVector<Value>>
  sinkFilled(Conv2dOp op, Value x, const Pruned &spread, Composer &c) {
    if (hasPadding(op.getPadding()) &&
        op.getPaddingMode() == PaddingMode::zeros)
      return failure();
    Value weight = op.getWeight();
    Places dropped = dropPlaces(spread.places, spread.size);
    // Σ over the window, then over the dropped channels.
    Value sums = c.reduce(ReduceKind::sum, c.keep(weight, 1, dropped), {2, 3});
    Value fill = c.unsqueeze(c.keep(spread.fill, 0, dropped), {0});
    Value bias = c.squeeze(c.linear(fill, sums, op.getBias()), {0});
    return SmallVector<Value>{
        again(op, x, c.keep(weight, 1, spread.places), bias, 1, c)};
  }
};

struct RaiseAboveConv2d : Rising<Conv2dOp> {
  using Rising::Rising;

  FailureOr<Value> raise(Conv2dOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    if (keep.axis == 0)
      return SinkIntoConv2d::again(op, c.keep(op.getInput(), 0, keep.places),
                                   op.getWeight(), op.getBias(), op.getGroups(),
                                   c);
    if (keep.axis != 1)
      return failure();
    int64_t groups = op.getGroups();
    EqualGroups kept = equaliseGroups(keep.places, keep.size, groups);
    if (int64_t(kept.places.size()) == keep.size)
      return failure();
    int64_t inputs = *getDim(op.getWeight(), 1).getConstant();
    Value x = c.keep(op.getInput(), 1, widenPlaces(kept.groups, inputs));
    Value bias = op.getBias();
    if (bias)
      bias = c.keep(bias, 0, kept.places);
    Value y =
        SinkIntoConv2d::again(op, x, c.keep(op.getWeight(), 0, kept.places),
                              bias, kept.groups.size(), c);
    return c.keep(y, 1, findPlaces(keep.places, kept.places));
  }
};

struct SinkIntoConvTranspose2d : Sinking<ConvTranspose2dOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(ConvTranspose2dOp op, OpOperand &operand,
                                     Value x, const Pruned &spread,
                                     Composer &c) const override {
    if (operand.getOperandNumber() != 0 || spread.axis != 1 || spread.fill ||
        op.getGroups() != 1)
      return failure();
    SmallVector<Value> operands = op.getOperands();
    operands[0] = x;
    operands[1] = c.keep(op.getWeight(), 0, spread.places);
    return SmallVector<Value>{recreate(c, op, operands)->getResult(0)};
  }
};

struct RaiseAboveConvTranspose2d : Rising<ConvTranspose2dOp> {
  using Rising::Rising;

  FailureOr<Value> raise(ConvTranspose2dOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    if (keep.axis != 1 || op.getGroups() != 1)
      return failure();
    SmallVector<Value> operands = op.getOperands();
    operands[1] = c.keep(op.getWeight(), 1, keep.places);
    if (op.getBias())
      operands[2] = c.keep(op.getBias(), 0, keep.places);
    return recreate(c, op, operands)->getResult(0);
  }
};

/// A filter a channel, without bias; the scale A lies along dimension 1.
SmallVector<Value> keepReprogramming(ChannelReprogramOp op, Value x,
                                     ArrayRef<int64_t> places, Composer &c) {
  SmallVector<Value> operands = {x, c.keep(op.getWeight(), 0, places)};
  if (op.getA())
    operands.push_back(c.keep(op.getA(), 1, places));
  return operands;
}

struct SinkIntoReprogramming : Sinking<ChannelReprogramOp> {
  using Sinking::Sinking;

  FailureOr<SmallVector<Value>> sink(ChannelReprogramOp op, OpOperand &operand,
                                     Value x, const Pruned &spread,
                                     Composer &c) const override {
    if (operand.getOperandNumber() != 0 || spread.axis != 1 || spread.fill)
      return failure();
    Value y = recreate(c, op, keepReprogramming(op, x, spread.places, c))
                  ->getResult(0);
    return SmallVector<Value>{c.spread(y, 1, spread.places, spread.size)};
  }
};

struct RaiseAboveReprogramming : Rising<ChannelReprogramOp> {
  using Rising::Rising;

  FailureOr<Value> raise(ChannelReprogramOp op, OpResult, const Pruned &keep,
                         Composer &c) const override {
    if (keep.axis != 1)
      return failure();
    Value x = c.keep(op.getInput(), 1, keep.places);
    return recreate(c, op, keepReprogramming(op, x, keep.places, c))
        ->getResult(0);
  }
};

} // namespace

void lathe::populateLayerFolds(RewritePatternSet &patterns) {
  patterns.add<SinkIntoLinear, RaiseAboveLinear, SinkIntoMatmul,
               RaiseAboveEmbedding, SinkIntoConv2d, RaiseAboveConv2d,
               SinkIntoConvTranspose2d, RaiseAboveConvTranspose2d,
               SinkIntoReprogramming, RaiseAboveReprogramming>(
      patterns.getContext());
}
