//===- SubgroupInterpreter.cpp - What subgroups do together ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

size_t Interpreter::countSubgroups() const {
  return llvm::divideCeil(width, subgroups.size);
}

size_t Interpreter::subgroupOf(size_t lane) const {
  return subgroups.ofNeighbours ? lane / subgroups.size
                                : lane % countSubgroups();
}

static Attribute combine(gpu::AllReduceOperation by, Attribute left,
                         Attribute right) {
  using Reduction = gpu::AllReduceOperation;
  if (auto a = dyn_cast<FloatAttr>(left)) {
    APFloat x = a.getValue(), y = cast<FloatAttr>(right).getValue();
    if (by == Reduction::ADD)
      return FloatAttr::get(a.getType(), x + y);
    if (by == Reduction::MUL)
      return FloatAttr::get(a.getType(), x * y);
    return {};
  }
  Type type = cast<IntegerAttr>(left).getType();
  APInt x = cast<IntegerAttr>(left).getValue(),
        y = cast<IntegerAttr>(right).getValue();
  switch (by) {
  case Reduction::ADD:
    return IntegerAttr::get(type, x + y);
  case Reduction::MUL:
    return IntegerAttr::get(type, x * y);
  case Reduction::MAXSI:
    return IntegerAttr::get(type, llvm::APIntOps::smax(x, y));
  case Reduction::MINSI:
    return IntegerAttr::get(type, llvm::APIntOps::smin(x, y));
  case Reduction::MAXUI:
    return IntegerAttr::get(type, llvm::APIntOps::umax(x, y));
  case Reduction::MINUI:
    return IntegerAttr::get(type, llvm::APIntOps::umin(x, y));
  default:
    return {};
  }
}

void Interpreter::reduceSubgroups(gpu::SubgroupReduceOp reduction,
                                  const Mask &mask) {
  if (llvm::is_contained(mask, false))
    return fail(reduction, "not all lanes reach it");
  const Lanes &given = values[reduction.getValue()];
  Lanes sums(countSubgroups());
  for (size_t lane = 0; lane < width; ++lane) {
    Attribute &sum = sums[subgroupOf(lane)];
    sum = sum ? combine(reduction.getOp(), sum, given[lane]) : given[lane];
    if (!sum)
      return fail(reduction, "unknown");
  }
  Lanes results(width);
  for (size_t lane = 0; lane < width; ++lane)
    results[lane] = sums[subgroupOf(lane)];
  values[reduction.getResult()] = std::move(results);
}

void Interpreter::elect(spirv::GroupNonUniformElectOp election,
                        const Mask &mask) {
  std::vector<bool> isElected(countSubgroups());
  Lanes &results = values[election.getResult()];
  results.resize(width);
  forLanes(mask, [&](size_t lane) {
    bool isFirst = !isElected[subgroupOf(lane)];
    isElected[subgroupOf(lane)] = true;
    results[lane] = BoolAttr::get(election.getContext(), isFirst);
  });
}

void Interpreter::tellIndex(Operation &op,
                            const std::function<size_t(size_t)> &index) {
  Lanes results(width);
  for (size_t lane = 0; lane < width; ++lane)
    results[lane] = number(op.getResult(0).getType(), index(lane));
  values[op.getResult(0)] = std::move(results);
}

bool Interpreter::areTogether(Operation *op, const Mask &mask) {
  if (!llvm::is_contained(mask, false) && width % subgroup == 0)
    return true;
  fail(op, "not all lanes reach it");
  return false;
}

void Interpreter::takeOthers(gpu::ShuffleOp exchange, const Mask &mask) {
  if (!areTogether(exchange, mask))
    return;
  auto otherOf = [&](size_t lane, size_t by) {
    switch (exchange.getMode()) {
    case gpu::ShuffleMode::DOWN:
      return lane + by;
    case gpu::ShuffleMode::UP:
      return lane - by;
    case gpu::ShuffleMode::XOR:
      return lane ^ by;
    case gpu::ShuffleMode::IDX:
      return lane / subgroup * subgroup + by;
    }
    return width;
  };
  Lanes given = values[exchange.getValue()], results(width);
  for (size_t lane = 0; lane < width; ++lane) {
    size_t other = otherOf(lane, integer(exchange.getOffset(), lane));
    bool isInside = other / subgroup == lane / subgroup;
    results[lane] = given[isInside ? other : lane];
  }
  values[exchange.getShuffleResult()] = std::move(results);
}

void Interpreter::loadMatrices(nvgpu::LdMatrixOp load, const Mask &mask) {
  if (!areTogether(load, mask))
    return;
  std::vector<std::vector<Attribute>> read(width);
  size_t each = load.getType().getDimSize(1);
  forLanes(mask, [&](size_t lane) {
    for (size_t i = 0; i < 4 * each; ++i)
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
      for (size_t i = each * (lane % 4); i < each * (lane % 4 + 1); ++i) {
        size_t row = load.getTranspose() ? i : line,
               column = load.getTranspose() ? line : i;
        numbers.push_back(read[first + 8 * matrix + row][column]);
      }
    result[lane] =
        DenseElementsAttr::get(cast<ShapedType>(load.getType()), numbers);
  }
}

double Interpreter::number(Value matrix, size_t lane, size_t i, size_t j) {
  auto numbers = cast<DenseElementsAttr>(values[matrix][lane]);
  if (isa<IntegerType>(numbers.getElementType()))
    return static_cast<double>(
        numbers.getValues<APInt>()[{i, j}].getSExtValue());
  return numbers.getValues<APFloat>()[{i, j}].convertToDouble();
}

void Interpreter::multiplyMatrices(nvgpu::MmaSyncOp product, const Mask &mask) {
  if (!areTogether(product, mask))
    return;
  auto left = cast<VectorType>(product.getMatrixA().getType());
  auto type = cast<VectorType>(product.getType());
  const size_t e = left.getDimSize(1), steps = 8 * e;
  const std::array<int64_t, 3> shape = {16, 8, static_cast<int64_t>(steps)};
  if (product.getMmaShapeAsArray() != shape)
    return fail(product, "unknown");
  Lanes results(width);
  for (size_t lane = 0; lane < width; ++lane) {
    size_t first = lane - lane % subgroup;
    SmallVector<Attribute> sums;
    for (size_t i : {0, 1})
      for (size_t j : {0, 1}) {
        size_t row = lane % subgroup / 4, column = lane % 4 * 2 + j;
        double sum = number(product.getMatrixC(), lane, i, j);
        for (size_t k = 0; k < steps; ++k) {
          size_t half = k / (4 * e), ofHalf = k % (4 * e) / e;
          sum += number(product.getMatrixA(), first + 4 * row + ofHalf,
                        i + 2 * half, k % e) *
                 number(product.getMatrixB(), first + 4 * column + ofHalf, half,
                        k % e);
        }
        Type element = type.getElementType();
        sums.push_back(isa<IntegerType>(element)
                           ? Attribute(number(element, int64_t(sum)))
                           : FloatAttr::get(element, sum));
      }
    results[lane] = DenseElementsAttr::get(type, sums);
  }
  values[product.getRes()] = std::move(results);
}
