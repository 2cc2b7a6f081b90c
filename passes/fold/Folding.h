//===- Folding.h - How pruned channels leave a network --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A mask becomes `spread(keep(x))`: the places that it keeps, put back among
// zeros. From there both move apart. A `keep` rises through the ops that
// compute what it reads, which then compute no more than the places kept; a
// `spread` sinks into the ops that read it, until one sums over its dimension
// and needs the kept places only. Weights get `keep`s of their own, computed
// once, when compiling. Each step is exact on its own, so that a mask folds as
// far as the network lets it and what is left is still right.
//
// What a family's ops do is in passes/fold/<Family>.cpp: a class derived from
// `Sinking<OpTy>` and one from `Rising<OpTy>`. An op without any stops a mask,
// which costs speed, not correctness.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PASSES_FOLD_FOLDING_H
#define LATHE_PASSES_FOLD_FOLDING_H

#include "dialect/Checks.h"
#include "dialect/Composer.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lathe {

using Places = SmallVector<int64_t>;

/// 0, 1, … less than `size`.
Places allPlaces(int64_t size);

/// For each place, `block` neighbours: 1 of 3 elements is 3, 4, 5.
Places widenPlaces(ArrayRef<int64_t> places, int64_t block);

/// The blocks of `block` neighbours that are whole in `places`; nothing where
/// one is there in part.
std::optional<Places> narrowPlaces(ArrayRef<int64_t> places, int64_t block);

/// Where the places `wanted` are among the places `present`, which hold them.
Places findPlaces(ArrayRef<int64_t> wanted, ArrayRef<int64_t> present);

/// Those of 0, 1, … less than `size` that are not in `places`.
Places dropPlaces(ArrayRef<int64_t> places, int64_t size);

Places unitePlaces(ArrayRef<int64_t> a, ArrayRef<int64_t> b);
Places intersectPlaces(ArrayRef<int64_t> a, ArrayRef<int64_t> b);

/// A dimension in groups of equal size, some of which a mask drops and the
/// others of which must stay equal: all of `places`, and as few others as give
/// each group that has any the same number.
struct EqualGroups {
  Places groups, places;
  /// Places of a group.
  int64_t each;
};
EqualGroups equaliseGroups(ArrayRef<int64_t> places, int64_t size,
                           int64_t groupCount);

/// A dimension of a tensor and the places of it that matter.
struct Pruned {
  int64_t axis, size;
  Places places;
  /// What the other places hold, for a `spread`: null for zeros.
  Value fill;

  explicit Pruned(KeepOp op);
  explicit Pruned(SpreadOp op);
  Pruned(int64_t axis, int64_t size, Places places, Value fill = {})
      : axis(axis), size(size), places(std::move(places)), fill(fill) {}
};

/// `op` again with other operands, and attributes after `change`; its results'
/// types are inferred anew.
Operation *recreate(OpBuilder &b, Operation *op, ValueRange operands,
                    function_ref<void(Operation *)> change = nullptr);

/// Lets a `spread` that an op reads sink below the op.
template <typename OpTy> struct Sinking : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  /// What takes the place of the op's results, of their types, `x` being what
  /// the operand is a spread of. Writes nothing if it fails.
  virtual FailureOr<SmallVector<Value>> sink(OpTy op, OpOperand &operand,
                                             Value x, const Pruned &spread,
                                             Composer &c) const = 0;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    for (OpOperand &operand : op->getOpOperands()) {
      auto spread = operand.get().template getDefiningOp<SpreadOp>();
      if (!spread)
        continue;
      Composer composer(op.getLoc(), rewriter);
      FailureOr<SmallVector<Value>> results =
          sink(op, operand, spread.getInput(), Pruned(spread), composer);
      if (failed(results))
        continue;
      if (ValueRange(*results).getTypes() != op->getResultTypes())
        return op.emitOpError("folds into ")
               << ValueRange(*results).getTypes() << ", wanted "
               << op->getResultTypes();
      rewriter.replaceOp(op, *results);
      return success();
    }
    return failure();
  }
};

/// Lets a `keep` of an op's result rise above the op, where nobody reads more.
template <typename OpTy> struct Rising : OpRewritePattern<KeepOp> {
  using OpRewritePattern<KeepOp>::OpRewritePattern;

  /// The kept places of the op's result. Writes nothing if it fails.
  virtual FailureOr<Value> raise(OpTy op, OpResult result, const Pruned &keep,
                                 Composer &c) const = 0;

  LogicalResult matchAndRewrite(KeepOp keep,
                                PatternRewriter &rewriter) const override {
    auto op = keep.getInput().getDefiningOp<OpTy>();
    if (!op || !keep.getInput().hasOneUse())
      return failure();
    // Where the op stands: what it reads is there, and what reads it follows.
    rewriter.setInsertionPoint(op);
    Composer composer(op.getLoc(), rewriter);
    FailureOr<Value> value =
        raise(op, cast<OpResult>(keep.getInput()), Pruned(keep), composer);
    if (failed(value))
      return failure();
    if (value->getType() != keep.getType())
      return keep.emitOpError("rises as ")
             << value->getType() << ", wanted " << keep.getType();
    rewriter.replaceOp(keep, *value);
    return success();
  }
};

// One function a family.
void populateElementwiseFolds(RewritePatternSet &patterns);
void populateLayerFolds(RewritePatternSet &patterns);
void populateNormFolds(RewritePatternSet &patterns);
void populateRearrangementFolds(RewritePatternSet &patterns);
void populateSequenceFolds(RewritePatternSet &patterns);
void populateSparsityFolds(RewritePatternSet &patterns);

/// The parameter that a mask is, null where it is computed.
ParameterOp getMaskParameter(Value mask);
/// The places that a mask keeps, as the checkpoint has it; nothing where that
/// isn't known.
std::optional<Places> getKeptPlaces(Value mask);

} // namespace mlir::lathe

#endif // LATHE_PASSES_FOLD_FOLDING_H
