//===- FuseAttention.cpp - Attention in one pass over the keys ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scores of all queries and keys are the one tensor of attention that grows
// with the square of the tokens, and nobody wants it but the softmax and the
// product behind it. First what a spec writes out becomes `attention`, then
// each `attention` is marked for the lowering that holds a block of scores.
//
//===----------------------------------------------------------------------===//

#include "dialect/Activation.h"
#include "dialect/Composer.h"
#include "dialect/Elementwise.h"
#include "dialect/Fused.h"
#include "dialect/Sequence.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/Passes.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_FUSEATTENTION
#include "passes/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

/// Tiles of queries and of what becomes of them are on the stack of a thread,
/// 32 x (d + e) numbers at most: a quarter of a megabyte.
static constexpr int64_t mostFeatures = 2048;

/// Whether the code generator has code for heads of d and e features.
static bool canStream(Type element, std::optional<int64_t> d,
                      std::optional<int64_t> e) {
  return !element.isF64() && d && e && *d > 0 && *e > 0 &&
         *d + *e <= mostFeatures;
}

namespace {
/// matmul(softmax(matmul(q, k) · scale + bias), v), as a spec writes it.
struct WrittenAttention {
  Value query, key, value, bias;
  bool isKeyTurned = false, isValueTurned = false;
  double scale = 1;

  static FailureOr<WrittenAttention> match(MatmulOp product);

private:
  bool matchScores(Value scores);
};
} // namespace

/// The operand of a multiplication by a number, which goes into `scale`; null
/// for all else.
static Value takeFactor(Value x, double &scale) {
  auto binary = x.getDefiningOp<BinaryOp>();
  std::optional<APFloat> factor = binary ? binary.getValue() : std::nullopt;
  if (!factor)
    return {};
  if (binary.getKind() == BinaryKind::mul)
    scale *= factor->convertToDouble();
  else if (binary.getKind() == BinaryKind::div)
    scale /= factor->convertToDouble();
  else
    return {};
  return binary.getInput();
}

/// Follows the scores down to their product: an addition of a bias first, then
/// factors. Each must be read only once: else the scores are needed anyway.
bool WrittenAttention::matchScores(Value scores) {
  bool isScaled = false;
  while (scores.hasOneUse()) {
    if (auto product = scores.getDefiningOp<MatmulOp>()) {
      query = product.getInput();
      key = product.getOther();
      isKeyTurned = !product.getTransposeOther();
      while (Value unscaled = takeFactor(query, scale))
        query = unscaled;
      return !product.getTransposeInput();
    }
    if (Value unscaled = takeFactor(scores, scale)) {
      scores = unscaled;
      isScaled = true;
      continue;
    }
    auto binary = scores.getDefiningOp<BinaryOp>();
    // A factor behind the bias would scale the bias too.
    if (!binary || binary.getValue() || binary.getKind() != BinaryKind::add ||
        bias || isScaled)
      return false;
    // The bias may stretch to the scores, but not the scores to the bias.
    bool isFirst = binary.getInput().getType() == scores.getType() &&
                   binary.getInput().getDefiningOp();
    bool isProduct =
        isFirst && isa<MatmulOp, BinaryOp>(binary.getInput().getDefiningOp());
    bias = isProduct ? binary.getOther() : binary.getInput();
    Value next = isProduct ? binary.getInput() : binary.getOther();
    if (next.getType() != scores.getType())
      return false;
    scores = next;
  }
  return false;
}

FailureOr<WrittenAttention> WrittenAttention::match(MatmulOp product) {
  auto softmax = product.getInput().getDefiningOp<SoftmaxOp>();
  if (!softmax || product.getTransposeInput() || !softmax->hasOneUse())
    return failure();
  int64_t axis = softmax.getAxis(), rank = softmax.getType().getRank();
  if (axis != -1 && axis != rank - 1)
    return failure();
  WrittenAttention written;
  written.value = product.getOther();
  written.isValueTurned = product.getTransposeOther();
  if (!written.matchScores(softmax.getInput()))
    return failure();
  // Batches that stretch are no attention of ours.
  auto batchOf = [](Value x) {
    Shape shape = getShape(x);
    return shape.size() < 2 ? Shape() : Shape(shape.begin(), shape.end() - 2);
  };
  Shape batch = batchOf(written.query);
  auto d = getDim(written.query, -1).getConstant();
  auto e = getDim(product.getResult(), -1).getConstant();
  if (getShape(written.query).size() < 2 || batchOf(written.key) != batch ||
      batchOf(written.value) != batch ||
      !canStream(getElementTypeOrSelf(written.query), d, e))
    return failure();
  return written;
}

/// A shape's sizes but the last two, multiplied.
static DimExpr countBatches(ArrayRef<DimExpr> shape) {
  DimExpr count = 1;
  for (const DimExpr &size : shape.drop_back(2))
    count *= size;
  return count;
}

/// The last two dimensions in the other order.
static Value turn(Composer &c, Value x) {
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, getShape(x).size()));
  std::swap(order.back(), order[order.size() - 2]);
  return c.transpose(x, order);
}

namespace {
struct RecognizeAttention : OpRewritePattern<MatmulOp> {
  RecognizeAttention(MLIRContext *context, Pass::Statistic &recognised)
      : OpRewritePattern(context), recognised(recognised) {}

  LogicalResult matchAndRewrite(MatmulOp product,
                                PatternRewriter &rewriter) const override {
    FailureOr<WrittenAttention> written = WrittenAttention::match(product);
    if (failed(written) || !hasLayout(*written))
      return failure();
    Composer c(product.getLoc(), rewriter);
    Shape query = getShape(written->query);
    if (written->isKeyTurned)
      written->key = turn(c, written->key);
    if (written->isValueTurned)
      written->value = turn(c, written->value);
    // One head over all dimensions in front: nothing moves.
    std::optional<Shape> bias = mergeBias(written->bias, query);
    if (bias) {
      written->bias = written->bias ? c.reshape(written->bias, *bias) : Value();
      Value y = attend(c, *written, mergeBatches, 1);
      rewriter.replaceOp(product, c.reshape(y, getShape(product.getResult())));
    } else {
      // The bias stretches along some of them: heads beside the features.
      Value y = attend(c, *written, joinHeads, *query[1].getConstant());
      rewriter.replaceOp(product,
                         splitHeads(c, y, getShape(product.getResult())));
    }
    ++recognised;
    return success();
  }

private:
  /// The shape [batches or 1, 1, T, S] of a bias [..., T, S]; nothing where it
  /// stretches along some of the batch's dimensions only. Without bias, none.
  static std::optional<Shape> mergeBias(Value bias, ArrayRef<DimExpr> query) {
    if (!bias)
      return Shape();
    Shape shape = getShape(bias);
    if (shape.size() < 2)
      return shape;
    ArrayRef<DimExpr> own = ArrayRef(shape).drop_back(2);
    bool isOne = llvm::all_of(
        own, [](const DimExpr &size) { return size.isConstant(1); });
    if (!isOne && own != query.drop_back(2))
      return std::nullopt;
    return Shape{isOne ? DimExpr(1) : countBatches(shape), 1,
                 *(shape.end() - 2), shape.back()};
  }

  /// [..., T, d] as [batches, T, d].
  static Value mergeBatches(Composer &c, Value x) {
    Shape shape = getShape(x);
    return c.reshape(x,
                     {countBatches(shape), *(shape.end() - 2), shape.back()});
  }

  /// [N, H, T, d] as [N, T, H · d].
  static Value joinHeads(Composer &c, Value x) {
    Shape shape = getShape(x);
    return c.reshape(c.transpose(x, {0, 2, 1, 3}),
                     {shape[0], shape[2], shape[1] * shape[3]});
  }
  static Value splitHeads(Composer &c, Value y, const Shape &shape) {
    Value split = c.reshape(y, {shape[0], shape[2], shape[1], shape[3]});
    return c.transpose(split, {0, 2, 1, 3});
  }

  static Value attend(Composer &c, const WrittenAttention &written,
                      function_ref<Value(Composer &, Value)> layOut,
                      int64_t heads) {
    return AttentionOp::create(c, layOut(c, written.query),
                               layOut(c, written.key), layOut(c, written.value),
                               written.bias, c.getI64IntegerAttr(heads),
                               c.getI64IntegerAttr(heads), c.getBoolAttr(false),
                               c.getF64FloatAttr(written.scale));
  }

  /// Whether one of both layouts will do.
  static bool hasLayout(const WrittenAttention &written) {
    Shape query = getShape(written.query);
    return mergeBias(written.bias, query) ||
           (query.size() == 4 && query[1].getConstant());
  }

  Pass::Statistic &recognised;
};

struct FuseAttentionPass : lathe::impl::FuseAttentionBase<FuseAttentionPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RecognizeAttention>(&getContext(), recognised);
    GreedyRewriteConfig config;
    config.enableFolding(false).setRegionSimplificationLevel(
        GreedySimplifyRegionLevel::Disabled);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    getOperation().walk([&](AttentionOp op) {
      if (isFused(op))
        return;
      auto widthOf = [](Value x, int64_t heads) -> std::optional<int64_t> {
        std::optional<int64_t> features = getDim(x, -1).getConstant();
        return features ? std::optional(*features / heads) : std::nullopt;
      };
      if (!canStream(getElementTypeOrSelf(op.getQuery()),
                     widthOf(op.getQuery(), op.getHeads()),
                     widthOf(op.getValue(), op.getKvHeads()))) {
        ++kept;
        return;
      }
      markFused(op);
      ++fused;
    });
  }
};
} // namespace
