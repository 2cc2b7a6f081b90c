//===- Quantized.cpp - Products with weights in few bits as linalg --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Quantized.h"
#include "codegen/lower/Tensors.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {

/// One product that reads its weights as they are stored: what a code stands
/// for is part of the loop, shared by the rows of a tile.
struct QuantizedLinearLowering : Lowering<QuantizedLinearOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(QuantizedLinearOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    Type type = getElementTypeOrSelf(x);
    Shape shape = b.getResultShape();
    unsigned rank = shape.size();
    int64_t groups =
        op.getScales() ? *getDim(op.getScales(), 1).getConstant() : 1;
    int64_t codes = *getDim(op.getCodes(), 1).getConstant();
    // Loops: the result's, then groups, then the codes of a group.
    AffineExpr column = b.d(rank - 1), group = b.d(rank), code = b.d(rank + 1);
    SmallVector<AffineExpr> row;
    for (unsigned i = 0; i + 1 < rank; ++i)
      row.push_back(b.d(i));
    row.append({group, code});
    AffineMap xMap = b.mapOf(rank + 2, row);

    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    auto read = [&](Value value, AffineMap map) {
      inputs.push_back(value);
      maps.push_back(map);
    };
    for (Value part : partsOf(op, x, b)) {
      Shape grouped = b.getShape(part);
      grouped.back() = groups;
      grouped.push_back(codes / groups);
      read(b.reshape(part, grouped), xMap);
    }
    auto readColumns = [&](Value matrix, AffineExpr place) {
      auto [columns, subscripts] = layColumns(b, matrix, column, place);
      read(columns, b.mapOf(rank + 2, subscripts));
    };
    readColumns(op.getCodes(), group * (codes / groups) + code);
    for (Value perGroup : {op.getScales(), op.getOffsets()})
      if (perGroup)
        readColumns(convertTensor(b, perGroup, type), group);

    bool isPacked = op.isPacked(), hasOffsets = bool(op.getOffsets());
    Value product = b.reduce(shape, 2, type, 0, inputs, maps,
                             [&](Structured &b, ValueRange args) -> Value {
                               unsigned parts = isPacked ? 2 : 1;
                               SmallVector<Value> weights =
                                   decode(b, args[parts], type, isPacked);
                               Value sum = args.back();
                               for (unsigned i = 0; i < parts; ++i) {
                                 Value weight = weights[i];
                                 if (op.getScales())
                                   weight = mul(b, weight, args[parts + 1]);
                                 if (hasOffsets)
                                   weight = add(b, weight, args[parts + 2]);
                                 // The accumulator is used once: products of a
                                 // pair are summed before.
                                 Value term = mul(b, args[i], weight);
                                 weights[i] =
                                     i ? add(b, weights[i - 1], term) : term;
                               }
                               return add(b, sum, weights[parts - 1]);
                             });
    if (Value bias = op.getBias())
      product = b.map(
          shape, type, {product, convertTensor(b, bias, type)},
          {b.getMultiDimIdentityMap(rank), b.mapOf(rank, {b.d(rank - 1)})},
          [](Structured &b, ValueRange args) {
            return add(b, args[0], args[1]);
          });
    return SmallVector<Value>{
        convertTensor(b, product, getElementTypeOrSelf(op.getInput()))};
  }

private:
  /// What the codes multiply: x, or its even and its odd elements.
  static SmallVector<Value> partsOf(QuantizedLinearOp op, Value x,
                                    Structured &b) {
    if (!op.isPacked())
      return {x};
    Shape shape = b.getShape(x);
    int64_t axis = shape.size() - 1;
    shape.back() = *shape.back().getConstant() / 2;
    return {slice(b, x, axis, 0, shape, 2), slice(b, x, axis, 1, shape, 2)};
  }

  /// The numbers that a code holds.
  static SmallVector<Value> decode(Structured &b, Value code, Type type,
                                   bool isPacked) {
    if (isa<FloatType>(code.getType()))
      return {convert(b, code, type)};
    Type wide = b.getI32Type();
    code = arith::ExtSIOp::create(b, wide, code);
    if (!isPacked)
      return {arith::SIToFPOp::create(b, type, code)};
    auto number = [&](int64_t value) {
      return arith::ConstantIntOp::create(b, wide, value);
    };
    code = arith::AddIOp::create(b, code, number(128));
    Value even = arith::AndIOp::create(b, code, number(15));
    Value odd = arith::ShRUIOp::create(b, code, number(4));
    return {arith::SIToFPOp::create(b, type, even),
            arith::SIToFPOp::create(b, type, odd)};
  }
};

} // namespace

void lathe::populateQuantizedLowerings(RewritePatternSet &patterns,
                                       LoweringState &state) {
  patterns.add<QuantizedLinearLowering>(patterns.getContext(), state);
}
