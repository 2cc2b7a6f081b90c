//===- Quantized.cpp - Weights in few bits as linalg ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialect/Quantized.h"
#include "codegen/lower/Stored.h"
#include "codegen/lower/Tensors.h"

using namespace mlir;
using namespace mlir::lathe;

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

/// Pairs without offsets hold numbers from -8 on.
static int64_t leastOfPair(const StoredWeight &weight) {
  return weight.offsets ? 0 : -8;
}

static Value integer(Structured &b, int64_t value) {
  return arith::ConstantIntOp::create(b, b.getI32Type(), value);
}

/// Both numbers of a byte, as one that 4 bits are taken of.
static Value bitsOfPair(Structured &b, Value code) {
  code = arith::ExtSIOp::create(b, b.getI32Type(), code);
  return arith::AddIOp::create(b, code, integer(b, 128));
}

/// The number in 4 bits as a float.
static Value numberOfPair(Structured &b, Value bits, Type type,
                          const StoredWeight &weight) {
  if (int64_t least = leastOfPair(weight))
    bits = arith::AddIOp::create(b, bits, integer(b, least));
  return arith::SIToFPOp::create(b, type, bits);
}

/// A code that holds one number.
static Value numberOf(Structured &b, Value code, Type type) {
  if (isa<FloatType>(code.getType()))
    return convert(b, code, type);
  code = arith::ExtSIOp::create(b, b.getI32Type(), code);
  return arith::SIToFPOp::create(b, type, code);
}

//===----------------------------------------------------------------------===//
// Decoding by itself
//===----------------------------------------------------------------------===//

Value lathe::decode(Structured &b, const StoredWeight &weight,
                    ArrayRef<DimExpr> shape, int64_t axis) {
  int64_t rank = shape.size(), length = *shape[axis].getConstant();
  SmallVector<Value> inputs = {weight.codes};
  SmallVector<AffineExpr> places;
  for (int64_t i = 0; i < rank; ++i)
    places.push_back(b.d(i));
  if (weight.isPacked)
    places[axis] = places[axis].floorDiv(2);
  SmallVector<AffineMap> maps = {b.mapOf(rank, places)};
  for (Value perGroup : {weight.scales, weight.offsets}) {
    if (!perGroup)
      continue;
    Shape sizes = b.getShape(perGroup);
    int64_t groups = *sizes.back().getConstant();
    sizes.resize(rank, 1);
    inputs.push_back(b.reshape(perGroup, sizes));
    for (int64_t i = axis; i < rank; ++i)
      places[i] = b.getAffineConstantExpr(0);
    if (groups > 1)
      places[axis] = b.d(axis).floorDiv(length / groups);
    maps.push_back(b.mapOf(rank, places));
  }
  Type type = b.getF32Type();
  return b.map(
      shape, type, inputs, maps, [&](Structured &b, ValueRange args) -> Value {
        Value number;
        if (weight.isPacked) {
          // 4 bits further for every other one.
          Value place =
              arith::IndexCastOp::create(b, b.getI32Type(), b.index(axis));
          Value isOdd = arith::AndIOp::create(b, place, integer(b, 1));
          Value by = arith::ShLIOp::create(b, isOdd, integer(b, 2));
          Value bits = arith::ShRUIOp::create(b, bitsOfPair(b, args[0]), by);
          bits = arith::AndIOp::create(b, bits, integer(b, 15));
          number = numberOfPair(b, bits, type, weight);
        } else {
          number = numberOf(b, args[0], type);
        }
        if (weight.scales)
          number = mul(b, number, convert(b, args[1], type));
        return weight.offsets ? add(b, number, convert(b, args[2], type))
                              : number;
      });
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// What the codes multiply: x, or its even and its odd elements.
static SmallVector<Value> partsOf(Structured &b, Value x, bool isPacked) {
  if (!isPacked)
    return {x};
  Shape shape = b.getShape(x);
  int64_t axis = shape.size() - 1;
  shape.back() = *shape.back().getConstant() / 2;
  return {slice(b, x, axis, 0, shape, 2), slice(b, x, axis, 1, shape, 2)};
}

/// The numbers that a code holds.
static SmallVector<Value> numbersOf(Structured &b, Value code, Type type,
                                    const StoredWeight &weight) {
  if (!weight.isPacked)
    return {numberOf(b, code, type)};
  Value bits = bitsOfPair(b, code);
  Value even = arith::AndIOp::create(b, bits, integer(b, 15));
  Value odd = arith::ShRUIOp::create(b, bits, integer(b, 4));
  return {numberOfPair(b, even, type, weight),
          numberOfPair(b, odd, type, weight)};
}

Value lathe::projectStored(Structured &b, Value x, const StoredWeight &weight,
                           Type type) {
  if (!type)
    type = getElementTypeOrSelf(x);
  Shape shape = b.getShape(x);
  shape.back() = b.getShape(weight.codes)[0];
  unsigned rank = shape.size();
  int64_t groups =
      weight.scales ? *b.getShape(weight.scales)[1].getConstant() : 1;
  int64_t codes = *b.getShape(weight.codes)[1].getConstant();
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
  for (Value part : partsOf(b, x, weight.isPacked)) {
    Shape grouped = b.getShape(part);
    grouped.back() = groups;
    grouped.push_back(codes / groups);
    read(b.reshape(part, grouped), xMap);
  }
  auto readColumns = [&](Value matrix, AffineExpr place) {
    auto [columns, subscripts] = layColumns(b, matrix, column, {1}, place);
    read(columns, b.mapOf(rank + 2, subscripts));
  };
  readColumns(weight.codes, group * (codes / groups) + code);
  for (Value perGroup : {weight.scales, weight.offsets})
    if (perGroup)
      readColumns(perGroup, group);

  return b.reduce(shape, 2, type, 0, inputs, maps,
                  [&](Structured &b, ValueRange args) -> Value {
                    unsigned parts = weight.isPacked ? 2 : 1;
                    SmallVector<Value> terms =
                        numbersOf(b, args[parts], type, weight);
                    Value scale, offset;
                    if (weight.scales)
                      scale = convert(b, args[parts + 1], type);
                    if (weight.offsets)
                      offset = convert(b, args[parts + 2], type);
                    for (unsigned i = 0; i < parts; ++i) {
                      if (scale)
                        terms[i] = mul(b, terms[i], scale);
                      if (offset)
                        terms[i] = add(b, terms[i], offset);
                      // The accumulator is used once: products of a pair are
                      // summed before.
                      Value term = mul(b, convert(b, args[i], type), terms[i]);
                      terms[i] = i ? add(b, terms[i - 1], term) : term;
                    }
                    return add(b, args.back(), terms[parts - 1]);
                  });
}

namespace {

struct QuantizedLinearLowering : Lowering<QuantizedLinearOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(QuantizedLinearOp op,
                                      Structured &b) const override {
    Value x = widen(b, op.getInput());
    Type type = getElementTypeOrSelf(x);
    Shape shape = b.getResultShape();
    unsigned rank = shape.size();
    StoredWeight weight = {op.getCodes(), op.getScales(), op.getOffsets(),
                           op.isPacked()};
    Value product = op.getRoundsInput() ? projectRounded(b, x, weight)
                                        : projectStored(b, x, weight);
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
};

struct DequantizeLowering : Lowering<DequantizeOp> {
  using Lowering::Lowering;

  FailureOr<SmallVector<Value>> lower(DequantizeOp op,
                                      Structured &b) const override {
    StoredWeight weight = {op.getCodes(), op.getScales(), op.getOffsets(),
                           op.getPacked()};
    Value decoded = decode(b, weight, b.getResultShape(), 1);
    decoded.getDefiningOp()->setAttr(decodesAttrName, b.getUnitAttr());
    b.recordStored(decoded, weight);
    return SmallVector<Value>{decoded};
  }
};

} // namespace

void lathe::populateQuantizedLowerings(RewritePatternSet &patterns,
                                       LoweringState &state) {
  patterns.add<QuantizedLinearLowering, DequantizeLowering>(
      patterns.getContext(), state);
}
