//===- SubgroupInterpreter.cpp - What subgroups do together ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

bool Interpreter::areTogether(Operation *op, const Mask &mask) {
  if (!llvm::is_contained(mask, false) && width % subgroup == 0)
    return true;
  fail(op, "not all lanes reach it");
  return false;
}

void Interpreter::takeOthers(gpu::ShuffleOp exchange, const Mask &mask) {
  if (!areTogether(exchange, mask))
    return;
  if (exchange.getMode() != gpu::ShuffleMode::DOWN)
    return fail(exchange, "unknown");
  Lanes given = values[exchange.getValue()], results(width);
  for (size_t lane = 0; lane < width; ++lane) {
    size_t other = lane + integer(exchange.getOffset(), lane);
    bool isInside = other / subgroup == lane / subgroup;
    results[lane] = given[isInside ? other : lane];
  }
  values[exchange.getShuffleResult()] = std::move(results);
}

void Interpreter::loadMatrices(nvgpu::LdMatrixOp load, const Mask &mask) {
  if (!areTogether(load, mask))
    return;
  std::vector<std::vector<Attribute>> read(width);
  forLanes(mask, [&](size_t lane) {
    for (int64_t i = 0; i < 8; ++i)
      if (lane % subgroup < 8 * load.getNumTiles())
        if (Attribute *element = access(load, load.getSrcMemref(),
                                        load.getIndices(), lane, false, i))
          read[lane].push_back(*element);
  });
  if (!failure.empty())
    return;
  Lanes &result = values[load.getRes()];
  result.resize(width);
  for (size_t lane = 0; lane < width; ++lane) {
    size_t first = lane - lane % subgroup, line = lane % subgroup / 4;
    SmallVector<Attribute> numbers;
    for (size_t matrix = 0; matrix < load.getNumTiles(); ++matrix)
      for (size_t i : {lane % 4 * 2, lane % 4 * 2 + 1}) {
        size_t row = load.getTranspose() ? i : line,
               column = load.getTranspose() ? line : i;
        numbers.push_back(read[first + 8 * matrix + row][column]);
      }
    result[lane] =
        DenseElementsAttr::get(cast<ShapedType>(load.getType()), numbers);
  }
}

double Interpreter::number(Value matrix, size_t lane, size_t i, size_t j) {
  return cast<DenseElementsAttr>(values[matrix][lane])
      .getValues<APFloat>()[{i, j}]
      .convertToDouble();
}

void Interpreter::multiplyMatrices(nvgpu::MmaSyncOp product, const Mask &mask) {
  if (!areTogether(product, mask))
    return;
  if (product.getMmaShapeAsArray() != std::array<int64_t, 3>{16, 8, 16})
    return fail(product, "unknown");
  Lanes results(width);
  for (size_t lane = 0; lane < width; ++lane) {
    size_t first = lane - lane % subgroup;
    SmallVector<APFloat> sums;
    for (size_t i : {0, 1})
      for (size_t j : {0, 1}) {
        size_t row = lane % subgroup / 4, column = lane % 4 * 2 + j;
        double sum = number(product.getMatrixC(), lane, i, j);
        for (size_t k = 0; k < 16; ++k)
          sum += number(product.getMatrixA(), first + 4 * row + k % 8 / 2,
                        i + k / 8 * 2, k % 2) *
                 number(product.getMatrixB(), first + 4 * column + k % 8 / 2,
                        k / 8, k % 2);
        sums.push_back(APFloat(static_cast<float>(sum)));
      }
    results[lane] =
        DenseElementsAttr::get(cast<ShapedType>(product.getType()), sums);
  }
  values[product.getRes()] = std::move(results);
}
