//===- Decomposition.h - How an op of a paper becomes smaller ops ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An op that is a composition of others is rewritten into them at the start of
// the phase tensor. A family's decompositions stand in
// codegen/decompose/<Family>.cpp; each is a class derived from
// `Decomposition<OpTy>` with one function that writes the formula with a
// `Composer`. The ops made keep the location of the op, so that profiles and
// messages speak of the step in the spec.
//
// An op that is no composition has a lowering instead (codegen/Lowering.h).
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_DECOMPOSITION_H
#define LATHE_CODEGEN_DECOMPOSITION_H

#include "dialect/LatheDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lathe {

/// Writes ops of the dialect; result types are inferred. Shapes agree by the
/// rules of NumPy wherever the ops' do.
class Composer : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Value add(Value x, Value y) { return binary(BinaryKind::add, x, y); }
  Value sub(Value x, Value y) { return binary(BinaryKind::sub, x, y); }
  Value mul(Value x, Value y) { return binary(BinaryKind::mul, x, y); }
  Value div(Value x, Value y) { return binary(BinaryKind::div, x, y); }
  Value binary(BinaryKind kind, Value x, Value y);
  Value binary(BinaryKind kind, Value x, double constant);
  Value add(Value x, double y) { return binary(BinaryKind::add, x, y); }
  Value mul(Value x, double y) { return binary(BinaryKind::mul, x, y); }
  Value unary(UnaryKind kind, Value x);
  Value compare(CompareKind kind, Value x, Value y);
  Value compare(CompareKind kind, Value x, double constant);
  Value activate(ActivationKind kind, Value x);
  Value cast(Value x, ElementKind to);
  /// The same for an element type that `cast` knows.
  Value convert(Value x, Type elementType);

  /// x Wᵀ + b over the last dimension; the bias may be null.
  Value linear(Value x, Value weight, Value bias = {});
  Value matmul(Value x, Value y, bool transposeX = false,
               bool transposeY = false);
  /// The bias may be null. `padding` is [top, left, bottom, right].
  Value conv2d(Value x, Value weight, Value bias, int64_t stride,
               ArrayRef<int64_t> padding, PaddingMode mode = PaddingMode::zeros,
               int64_t groups = 1);
  /// Without bias; the weight is [channels in, channels out, height, width].
  Value convTranspose2d(Value x, Value weight, int64_t stride,
                        ArrayRef<int64_t> padding);
  Value softmax(Value x, int64_t axis = -1);
  /// Over the last `dims` dimensions; without weight and bias where null.
  Value layerNorm(Value x, Value weight, Value bias, int64_t dims, double eps);
  Value reduce(ReduceKind kind, Value x, ArrayRef<int64_t> axes,
               bool keepDims = false);

  Value reshape(Value x, ArrayRef<DimExpr> shape);
  Value transpose(Value x, ArrayRef<int64_t> permutation);
  Value unsqueeze(Value x, ArrayRef<int64_t> axes);
  Value squeeze(Value x, ArrayRef<int64_t> axes);
  Value broadcastTo(Value x, ArrayRef<DimExpr> shape);
  Value concat(ValueRange inputs, int64_t axis);
  /// The places [start, end) of an axis.
  Value slice(Value x, int64_t axis, int64_t start, int64_t end);
  /// The first places of each dimension: a part that may be chosen at run time.
  Value leading(Value x, ArrayRef<DimExpr> shape);
  /// A vector with zeros behind it, `size` elements in all.
  Value padEnd(Value x, int64_t size);
  /// Parts of the given sizes along an axis.
  SmallVector<Value> split(Value x, ArrayRef<int64_t> sizes, int64_t axis);
};

/// Base of the decompositions of one op.
template <typename OpTy> struct Decomposition : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  /// The op's results, of the op's own types.
  virtual SmallVector<Value> decompose(OpTy op, Composer &c) const = 0;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    Composer composer(op.getLoc(), rewriter);
    SmallVector<Value> values = decompose(op, composer);
    if (ValueRange(values).getTypes() != op->getResultTypes())
      return op.emitOpError("decomposes into ")
             << ValueRange(values).getTypes() << ", wanted "
             << op->getResultTypes();
    rewriter.replaceOp(op, values);
    return success();
  }
};

/// The decompositions of all families.
void populateDecompositions(RewritePatternSet &patterns);

// One function a family.
void populateAdapterDecompositions(RewritePatternSet &patterns);
void populateMultigridDecompositions(RewritePatternSet &patterns);
void populateRoutingDecompositions(RewritePatternSet &patterns);
void populateSequenceDecompositions(RewritePatternSet &patterns);
void populateSparsityDecompositions(RewritePatternSet &patterns);
void populateDetectionDecompositions(RewritePatternSet &patterns);
void populateSlimDecompositions(RewritePatternSet &patterns);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_DECOMPOSITION_H
