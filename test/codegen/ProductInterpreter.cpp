//===- ProductInterpreter.cpp - Products of bytes by their definition -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

namespace {
/// Elements of arrays as numbers.
struct Reader {
  const Memory &memory;

  Attribute at(ArrayRef<int64_t> indices) const {
    int64_t place = 0;
    for (auto [index, size] : llvm::zip(indices, memory.shape))
      place = place * size + index;
    return (*memory.elements)[place];
  }
  int64_t integer(ArrayRef<int64_t> indices) const {
    return cast<IntegerAttr>(at(indices)).getInt();
  }
  float number(ArrayRef<int64_t> indices) const {
    return cast<FloatAttr>(at(indices)).getValue().convertToFloat();
  }
};
} // namespace

/// The number of a column that an input meets.
static int64_t weightAt(DotProductOp op, const Reader &codes, int64_t input,
                        int64_t column) {
  constexpr int64_t panelColumns = 32;
  int64_t inUnit = input % op.getUnit();
  int64_t byte = codes.integer({column / panelColumns, input / op.getUnit(),
                                4 * (column % panelColumns) + inUnit % 4});
  return !op.getPacked() ? byte : (inUnit < 4 ? byte : byte >> 4) & 15;
}

/// Sum over groups g of t (s (sum of q u - shift sum of q) + o sum of q).
void Interpreter::runProduct(DotProductOp op) {
  Reader rows{memories.at(op.getRows())}, steps{memories.at(op.getSteps())},
      sums{memories.at(op.getSums())}, codes{memories.at(op.getCodes())},
      scales{memories.at(op.getScales())};
  Memory &output = memories.at(op.getInitOutput());
  int64_t groups = op.getGroups(), length = rows.memory.shape[1] / groups;
  for (int64_t m = 0; m < output.shape[0]; ++m)
    for (int64_t n = 0; n < output.shape[1]; ++n) {
      float total = 0;
      for (int64_t g = 0; g < groups; ++g) {
        int64_t sum = -int64_t(op.getShift()) * sums.integer({m, g});
        for (int64_t k = g * length; k < (g + 1) * length; ++k)
          sum += rows.integer({m, k}) * weightAt(op, codes, k, n);
        SmallVector<int64_t> place = {n / 32, g, n % 32};
        float value = scales.number(place) * static_cast<float>(sum);
        if (op.getOffsets())
          value += Reader{memories.at(op.getOffsets())}.number(place) *
                   static_cast<float>(sums.integer({m, g}));
        total += steps.number({m, g}) * value;
      }
      (*output.elements)[m * output.shape[1] + n] = finish(
          op, {m, n}, FloatAttr::get(Float32Type::get(op.getContext()), total));
    }
}

Attribute Interpreter::finish(DotProductOp op, ArrayRef<int64_t> at,
                              Attribute total) {
  if (op.getFinish().empty())
    return total;
  Block &block = op.getFinish().front();
  values[block.getArguments().back()] = {total};
  for (auto [i, extra] : llvm::enumerate(op.getExtras()))
    values[block.getArgument(i)] = {
        Reader{memories.at(extra)}.at(op.getExtraMap(i).compose(at))};
  for (Operation &inner : block.without_terminator())
    runOp(inner, Mask(1, true));
  return failure.empty() ? values[block.getTerminator()->getOperand(0)][0]
                         : Attribute();
}
