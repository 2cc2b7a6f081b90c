//===- MatrixInterpreter.cpp - Cooperative matrices -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a subgroup has together, each of its lanes has as a whole here. Its
// first lane accesses memory for all.
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

bool Interpreter::areWhole(Operation *op, ArrayRef<Value> uniform,
                           const Mask &mask) {
  if (width % subgroups.size != 0) {
    fail(op, "subgroups lack invocations");
    return false;
  }
  for (size_t lane = 0; lane < width; ++lane) {
    size_t first = firstOfSubgroup(lane);
    if (mask[lane] != mask[first]) {
      fail(op, "not all lanes of a subgroup reach it");
      return false;
    }
    for (Value value : uniform)
      if (mask[lane] && values[value][lane] != values[value][first]) {
        fail(op, "lanes of a subgroup differ");
        return false;
      }
  }
  return true;
}

size_t Interpreter::firstOfSubgroup(size_t lane) const {
  return subgroups.ofNeighbours ? lane - lane % subgroups.size
                                : lane % countSubgroups();
}

/// The words that bf16 are in memory, as numbers, or back.
static Attribute convert(Attribute stored, Type type) {
  if (auto word = dyn_cast<IntegerAttr>(stored); word && isa<FloatType>(type))
    return FloatAttr::get(
        type,
        APFloat(cast<FloatType>(type).getFloatSemantics(), word.getValue()));
  return stored;
}

void Interpreter::loadMatrix(LoadMatrixOp load, const Mask &mask) {
  if (!areWhole(load, load.getPlace(), mask))
    return;
  auto type = cast<spirv::CooperativeMatrixType>(load.getMatrix().getType());
  Lanes &results = values[load.getMatrix()];
  results.resize(width);
  forLanes(mask, [&](size_t lane) {
    if (size_t first = firstOfSubgroup(lane); first != lane) {
      results[lane] = results[first];
      return;
    }
    SmallVector<Attribute> numbers;
    for (int64_t i = 0; i < type.getRows(); ++i)
      for (int64_t j = 0; j < type.getColumns(); ++j) {
        int64_t pitch = load.getPitch();
        int64_t behind = load.getTransposed() ? j * pitch + i : i * pitch + j;
        if (Attribute *element = access(load, load.getArray(), load.getPlace(),
                                        lane, false, behind))
          numbers.push_back(convert(*element, type.getElementType()));
      }
    if (failure.empty())
      results[lane] = DenseElementsAttr::get(
          RankedTensorType::get({type.getRows(), type.getColumns()},
                                type.getElementType()),
          numbers);
  });
}

void Interpreter::storeMatrix(StoreMatrixOp store, const Mask &mask) {
  if (!areWhole(store, store.getPlace(), mask))
    return;
  forLanes(mask, [&](size_t lane) {
    if (firstOfSubgroup(lane) != lane)
      return;
    auto matrix = cast<DenseElementsAttr>(values[store.getMatrix()][lane]);
    int64_t columns = matrix.getType().getDimSize(1);
    for (auto [i, number] : llvm::enumerate(matrix.getValues<Attribute>()))
      if (Attribute *element =
              access(store, store.getArray(), store.getPlace(), lane, true,
                     i / columns * store.getPitch() + i % columns))
        *element = number;
  });
}

void Interpreter::fillMatrix(spirv::CompositeConstructOp fill,
                             const Mask &mask) {
  auto type = dyn_cast<spirv::CooperativeMatrixType>(fill.getType());
  if (!type)
    return fail(fill, "unknown");
  Value number = fill.getConstituents()[0];
  if (!areWhole(fill, number, mask))
    return;
  Lanes &results = values[fill.getResult()];
  results.resize(width);
  forLanes(mask, [&](size_t lane) {
    results[lane] = DenseElementsAttr::get(
        RankedTensorType::get({type.getRows(), type.getColumns()},
                              type.getElementType()),
        values[number][lane]);
  });
}

void Interpreter::multiplyMatrices(spirv::KHRCooperativeMatrixMulAddOp product,
                                   const Mask &mask) {
  if (!areWhole(product, {}, mask))
    return;
  Lanes &results = values[product.getResult()];
  results.resize(width);
  forLanes(mask, [&](size_t lane) {
    if (size_t first = firstOfSubgroup(lane); first != lane) {
      results[lane] = results[first];
      return;
    }
    auto numbersOf = [&](Value matrix) {
      return llvm::map_to_vector(
          cast<DenseElementsAttr>(values[matrix][lane]).getValues<APFloat>(),
          [](const APFloat &number) { return number.convertToDouble(); });
    };
    SmallVector<double> a = numbersOf(product.getA()),
                        b = numbersOf(product.getB()),
                        sums = numbersOf(product.getC());
    auto result = cast<spirv::CooperativeMatrixType>(product.getType());
    const size_t columns = result.getColumns(),
                 steps = a.size() / result.getRows();
    for (size_t i = 0; i < sums.size(); ++i)
      for (size_t k = 0; k < steps; ++k)
        sums[i] += a[i / columns * steps + k] * b[k * columns + i % columns];
    results[lane] = DenseElementsAttr::get(
        cast<DenseElementsAttr>(values[product.getC()][lane]).getType(),
        llvm::map_to_vector(sums, [&](double sum) -> Attribute {
          return FloatAttr::get(result.getElementType(), sum);
        }));
  });
}
