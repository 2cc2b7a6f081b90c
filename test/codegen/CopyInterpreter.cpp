//===- CopyInterpreter.cpp - Copies that go on meanwhile ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

/// An element as memory of the type has it: bf16 are words there.
static Attribute inMemory(Attribute element, Type type) {
  auto number = dyn_cast<FloatAttr>(element);
  return number && isa<IntegerType>(type)
             ? IntegerAttr::get(type, number.getValue().bitcastToAPInt())
             : element;
}

void Interpreter::beginCopy(nvgpu::DeviceAsyncCopyOp copy, const Mask &mask) {
  forLanes(mask, [&](size_t lane) { beginCopy(copy, lane); });
}

void Interpreter::beginCopy(nvgpu::DeviceAsyncCopyOp copy, size_t lane) {
  auto count = static_cast<int64_t>(copy.getDstElements().getZExtValue());
  int64_t inside =
      copy.getSrcElements() ? integer(copy.getSrcElements(), lane) : count;
  if (inside < 0 || inside > count)
    return fail(copy, Twine(inside) + " elements of " + Twine(count));
  Memory &shared = memories.at(copy.getDst());
  // Arrays begin where any number of bytes divides the address.
  for (auto [array, indices] : {std::pair(copy.getDst(), copy.getDstIndices()),
                                std::pair(copy.getSrc(), copy.getSrcIndices())})
    if (auto place = placeOf(copy, memories.at(array), indices, lane, 0);
        !place || *place % count)
      return fail(copy, "begins between its elements");
  Type type = getElementTypeOrSelf(copy.getDst());
  for (int64_t i = 0; i < count; ++i) {
    Attribute value = Builder(type.getContext()).getZeroAttr(type);
    if (i < inside)
      if (Attribute *element =
              access(copy, copy.getSrc(), copy.getSrcIndices(), lane, false, i))
        value = inMemory(*element, type);
    Attribute *element =
        access(copy, copy.getDst(), copy.getDstIndices(), lane, true, i);
    if (!element)
      return;
    Access &last = (*shared.accesses)[element - shared.elements->data()];
    last.underWay = true;
    copies.push_back({lane, copyGroups[lane], element, value, &last});
  }
}

void Interpreter::groupCopies(const Mask &mask) {
  forLanes(mask, [&](size_t lane) { ++copyGroups[lane]; });
}

void Interpreter::awaitCopies(int64_t allBut, const Mask &mask) {
  llvm::erase_if(copies, [&](const Copy &copy) {
    if (!mask[copy.lane] || copy.group >= copyGroups[copy.lane] - allBut)
      return false;
    *copy.element = copy.value;
    copy.access->underWay = false;
    // Until the next barrier it is this lane's alone.
    copy.access->writer = static_cast<int64_t>(copy.lane);
    copy.access->writeEpoch = epoch;
    copy.access->isFenced = false;
    return true;
  });
}
