//===- Lowering.h - How an op of the dialect becomes linalg
//------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A family's lowerings stand in codegen/lower/<Family>.cpp. Each is a class
// derived from `Lowering<OpTy>` with one function, which gets the op, its
// operands as tensors without encodings, and a `Structured` that writes
// linalg.generic ops; it returns the op's results. A lowering states what is
// computed, plainly; vectors, layouts, fusion and threads are later phases'.
//
// Only where an op computes on images may a lowering look at
// `Structured::isChannelsLast` and write its loops over [N, H, W, C], with
// transposes at its edges that a later pass cancels against its neighbours'.
//
// Computation on weights alone (scales, transposed filters) should be ops of
// their own, not part of an op on activations: in the default path they are
// done once, at compile time.
//
// To see an op run: test/ops/ holds one execution test an op.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CODEGEN_LOWERING_H
#define LATHE_CODEGEN_LOWERING_H

#include "dialect/DimBounds.h"
#include "dialect/LatheDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::lathe {

/// A weight in few bits, as `lathe.dequantize` reads it.
struct StoredWeight {
  Value codes, scales, offsets;
  bool isPacked = false;
};

/// What the lowerings of one function share.
struct LoweringState {
  bool channelsLast = false;
  /// Whether products of bytes are summed as integers, and whether those of
  /// bf16 are summed in pairs.
  bool byteDots = false, bf16Dots = false;
  /// Bytes of a row that an instruction multiplies at once.
  int64_t byteUnit = 4;
  /// Of the machine, where fewer multiplications than a convolution's
  /// definition has are allowed; else 0.
  double flopsPerByte = 0;
  /// The value of each named dimension, at the function's entry.
  llvm::StringMap<Value> dims;
  DimBounds bounds;
  /// The buffer of each state, whole and with dynamic dimensions at their
  /// bounds: as the function finds it, and as it is at the op being lowered.
  struct StateBuffer {
    Value initial, current;
  };
  llvm::MapVector<StringAttr, StateBuffer> buffers;
  /// The result types of each op with their encodings, which the types in the
  /// IR have lost by the time it is lowered.
  llvm::DenseMap<Operation *, SmallVector<RankedTensorType, 1>> types;
  /// Shapes of tensors made on the way, for dynamic sizes.
  llvm::DenseMap<Value, Shape> shapes;
  /// Of what is decoded: its stored form, for consumers that read that.
  llvm::DenseMap<Value, StoredWeight> stored;
  /// Tensors of unsigned integers, which the IR below holds as signless ones.
  llvm::DenseSet<Value> unsignedTensors;
};

/// Writes structured ops at the place of the op being lowered. Every value has
/// a known `Shape`, so that sizes are never written twice.
class Structured : public ImplicitLocOpBuilder {
public:
  using Body = function_ref<Value(Structured &, ValueRange)>;

  Structured(Operation *op, OpBuilder &builder, LoweringState &state)
      : ImplicitLocOpBuilder(op->getLoc(), builder), op(op), state(state) {}

  bool isChannelsLast() const { return state.channelsLast; }
  bool hasByteDots() const { return state.byteDots; }
  int64_t getByteUnit() const { return state.byteUnit; }
  bool hasBf16Dots() const { return state.bf16Dots; }
  double getFlopsPerByte() const { return state.flopsPerByte; }
  /// The type of the op's result, with its encoding.
  RankedTensorType getResultType(unsigned i = 0) const {
    return state.types.lookup(op)[i];
  }
  /// The sizes of a tensor value.
  Shape getShape(Value value);
  /// Whether a tensor's integers are unsigned; truth values are.
  bool isUnsigned(Value tensor) const {
    return state.unsignedTensors.contains(tensor) ||
           getElementTypeOrSelf(tensor).isInteger(1);
  }
  Shape getResultShape(unsigned i = 0) const {
    return lathe::getShape(getResultType(i));
  }

  //===--- Sizes ----------------------------------------------------------===//
  /// A size as a value of index type.
  Value size(const DimExpr &dim);
  OpFoldResult foldedSize(const DimExpr &dim);
  SmallVector<OpFoldResult> foldedSizes(ArrayRef<DimExpr> shape);

  //===--- Scalars --------------------------------------------------------===//
  /// A constant of a float or integer type.
  Value scalar(Type type, double value);

  //===--- Tensors --------------------------------------------------------===//
  Value empty(ArrayRef<DimExpr> shape, Type elementType);
  Value fill(ArrayRef<DimExpr> shape, Type elementType, double value);
  /// A small constant tensor (a table of cosines, not weights).
  Value table(ArrayRef<int64_t> shape, Type elementType,
              ArrayRef<double> values);

  /// result[i] = body(inputs[maps(i)]): maps go from the result's dimensions
  /// to each input's, the identity where none are given. A body may also use
  /// `index(d)`.
  Value map(ArrayRef<DimExpr> shape, Type elementType, ValueRange inputs,
            ArrayRef<AffineMap> maps, Body body);
  Value map(ArrayRef<DimExpr> shape, Type elementType, ValueRange inputs,
            Body body);
  /// NumPy broadcasting of the inputs to `shape`.
  Value broadcastMap(ArrayRef<DimExpr> shape, Type elementType,
                     ValueRange inputs, Body body);
  /// result[parallel dims] = fold of body over the last `reductions` of
  /// `dims` dimensions, from `init`; the body's last argument is the
  /// accumulator. The result's dimensions are the first ones, in order.
  Value reduce(ArrayRef<DimExpr> shape, unsigned reductions, Type elementType,
               double init, ValueRange inputs, ArrayRef<AffineMap> maps,
               Body body);
  /// A sum of products of two inputs: `reduce` with a multiply-add.
  Value contract(ArrayRef<DimExpr> shape, unsigned reductions, Value a,
                 AffineMap mapA, Value b, AffineMap mapB);

  /// result dimension i is dimension permutation[i] of the input.
  Value transpose(Value input, ArrayRef<int64_t> permutation);
  /// Same elements in row-major order, other sizes. Exact for dynamic sizes.
  Value reshape(Value input, ArrayRef<DimExpr> shape);
  /// Adds `low` and `high` elements to each dimension.
  Value pad(Value input, ArrayRef<int64_t> low, ArrayRef<int64_t> high,
            PaddingMode mode, double value = 0);

  //===--- States ---------------------------------------------------------===//
  /// The buffer of a state at this op: static, dynamic dimensions at their
  /// bounds.
  Value readBuffer(FlatSymbolRefAttr symbol);
  /// Makes `buffer`, changed, the state's buffer from here on.
  void writeBuffer(FlatSymbolRefAttr symbol, Value buffer);
  /// Whether the function's own read of a state's buffer is being visited.
  bool isInitialRead(Value value) const;
  /// The elements of `tensor` from `offsets` on; all of them are there.
  Value window(Value tensor, ArrayRef<OpFoldResult> offsets,
               ArrayRef<DimExpr> shape);
  /// `tensor` with `part` in place of its elements from `offsets` on.
  Value replaceWindow(Value tensor, ArrayRef<OpFoldResult> offsets, Value part);

  //===--- Inside a body --------------------------------------------------===//
  Value index(unsigned dimension);
  /// An element of a tensor at indices of index type.
  Value extract(Value tensor, ValueRange indices);

  /// A size that is known when running only, as a name: sizes of tensors in
  /// the same block may be made of it. `value` is an index; a tensor of such a
  /// size needs a bound, which an arith.minsi can give.
  DimExpr nameSize(Value value);

  /// The stored form of a weight in few bits; nothing for other values.
  std::optional<StoredWeight> getStored(Value decoded) const {
    auto it = state.stored.find(decoded);
    return it == state.stored.end() ? std::nullopt : std::optional(it->second);
  }
  void recordStored(Value decoded, const StoredWeight &weight) {
    state.stored[decoded] = weight;
  }

  /// Remembers the sizes of a value made by other means.
  Value record(Value value, ArrayRef<DimExpr> shape);
  /// Remembers the type of a result of the op.
  void recordResult(Value value, unsigned i);

  //===--- Maps -----------------------------------------------------------===//
  AffineExpr d(unsigned i) { return getAffineDimExpr(i); }
  AffineMap mapOf(unsigned dims, ArrayRef<AffineExpr> results) {
    return AffineMap::get(dims, 0, results, getContext());
  }

private:
  Value sizeOfParts(const DimExpr &dim);

  Operation *op;
  LoweringState &state;
};

/// Base of the lowerings of one op.
template <typename OpTy> struct Lowering : OpRewritePattern<OpTy> {
  Lowering(MLIRContext *context, LoweringState &state)
      : OpRewritePattern<OpTy>(context), state(state) {}

  /// The op's results; failure after a diagnostic.
  virtual FailureOr<SmallVector<Value>> lower(OpTy op, Structured &b) const = 0;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    Structured b(op, rewriter, state);
    FailureOr<SmallVector<Value>> results = lower(op, b);
    if (failed(results))
      return failure();
    for (auto [i, value] : llvm::enumerate(*results))
      b.recordResult(value, i);
    rewriter.replaceOp(op, *results);
    return success();
  }

  LoweringState &state;
};

/// The lowerings of all families.
void populateLowerings(RewritePatternSet &patterns, LoweringState &state);

// One function a family.
void populateLayersLowerings(RewritePatternSet &patterns, LoweringState &state);
void populateNormLowerings(RewritePatternSet &patterns, LoweringState &state);
void populateActivationLowerings(RewritePatternSet &patterns,
                                 LoweringState &state);
void populatePoolLowerings(RewritePatternSet &patterns, LoweringState &state);
void populateElementwiseLowerings(RewritePatternSet &patterns,
                                  LoweringState &state);
void populateReductionLowerings(RewritePatternSet &patterns,
                                LoweringState &state);
void populateRearrangementLowerings(RewritePatternSet &patterns,
                                    LoweringState &state);
void populateSpectralLowerings(RewritePatternSet &patterns,
                               LoweringState &state);
void populateAttentionLowerings(RewritePatternSet &patterns,
                                LoweringState &state);
void populateSequenceLowerings(RewritePatternSet &patterns,
                               LoweringState &state);
void populateSparsityLowerings(RewritePatternSet &patterns,
                               LoweringState &state);
void populateStateLowerings(RewritePatternSet &patterns, LoweringState &state);
void populateSlimLowerings(RewritePatternSet &patterns, LoweringState &state);
void populateChoiceLowerings(RewritePatternSet &patterns, LoweringState &state);

void populateMatchingLowerings(RewritePatternSet &patterns,
                               LoweringState &state);
void populateRoutingLowerings(RewritePatternSet &patterns,
                              LoweringState &state);
void populateDetectionLowerings(RewritePatternSet &patterns,
                                LoweringState &state);
void populateLossLowerings(RewritePatternSet &patterns, LoweringState &state);
void populateQuantizedLowerings(RewritePatternSet &patterns,
                                LoweringState &state);
void populateScalesLowerings(RewritePatternSet &patterns, LoweringState &state);

} // namespace mlir::lathe

#endif // LATHE_CODEGEN_LOWERING_H
