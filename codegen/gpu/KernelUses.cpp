//===- KernelUses.cpp - What is known of a kernel from its launches -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/KernelUses.h"
#include "codegen/KernelDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace mlir::lathe::kernel;

// Of arena, weights, states and constants (runtime/abi.h).
static constexpr uint64_t memoryAlignment = 64;

Value mlir::lathe::kernel::rootOf(Value buffer) {
  while (auto view = buffer.getDefiningOp<ViewLikeOpInterface>())
    buffer = view.getViewSource();
  return buffer;
}

/// Whether a buffer is in memory that the runtime keeps apart from an output's:
/// in another argument of the entry, or in a constant.
static bool isApart(Value buffer, Value output) {
  buffer = rootOf(buffer);
  output = rootOf(output);
  auto isArgument = [](Value root) {
    auto argument = dyn_cast<BlockArgument>(root);
    return argument &&
           isa<FunctionOpInterface>(argument.getOwner()->getParentOp());
  };
  return isArgument(output) && buffer != output &&
         (isArgument(buffer) || buffer.getDefiningOp<memref::GetGlobalOp>());
}

/// What divides the bytes from what a part is of to the part.
static uint64_t shiftOf(memref::SubViewOp part, uint64_t elementBytes) {
  auto [strides, offset] = part.getSourceType().getStridesAndOffset();
  uint64_t shift = 0;
  for (auto [place, stride] : llvm::zip(part.getMixedOffsets(), strides)) {
    if (ShapedType::isDynamic(stride))
      return elementBytes;
    int64_t known = getConstantIntValue(place).value_or(1);
    shift = std::gcd(shift, known * stride * elementBytes);
  }
  return shift;
}

uint64_t mlir::lathe::kernel::alignmentOf(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  Type element = type.getElementType();
  uint64_t elementBytes = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  int64_t offset;
  SmallVector<int64_t> strides;
  if (failed(type.getStridesAndOffset(strides, offset)))
    return elementBytes;
  // Offsets count from the view that makes elements of bytes, or from what is
  // said to be aligned.
  bool isKnown = !ShapedType::isDynamic(offset);
  uint64_t shift = isKnown ? offset * elementBytes : 0;
  while (Operation *op = buffer.getDefiningOp()) {
    if (auto assumption = dyn_cast<memref::AssumeAlignmentOp>(op))
      return llvm::MinAlign(assumption.getAlignment(), shift);
    if (auto view = dyn_cast<memref::ViewOp>(op)) {
      std::optional<int64_t> begin = getConstantIntValue(view.getByteShift());
      return begin ? llvm::MinAlign(memoryAlignment,
                                    llvm::MinAlign(*begin, shift))
                   : elementBytes;
    }
    auto view = dyn_cast<ViewLikeOpInterface>(op);
    if (!view)
      break;
    if (auto part = dyn_cast<memref::SubViewOp>(op); part && !isKnown)
      shift = std::gcd(shift, shiftOf(part, elementBytes));
    else if (!isKnown && !isa<memref::CollapseShapeOp, memref::ExpandShapeOp,
                              memref::CastOp>(op))
      break;
    buffer = view.getViewSource();
  }
  return elementBytes;
}

llvm::StringMap<KernelUse>
mlir::lathe::kernel::findKernelUses(ModuleOp module, bool startsEarly) {
  llvm::StringMap<KernelUse> uses;
  llvm::DenseSet<Value> written;
  if (startsEarly)
    module.walk([&](LaunchOp launch) {
      written.insert(rootOf(launch.getBuffers().back()));
    });
  module.walk([&](LaunchOp launch) {
    KernelUse &use = uses[launch.getKernel()];
    use.scalars = launch.getScalars().size();
    use.buffers.resize(launch.getBuffers().size());
    Value output = launch.getBuffers().back();
    for (auto [buffer, memref] : llvm::zip(use.buffers, launch.getBuffers())) {
      buffer.constant &=
          isApart(memref, output) && !written.contains(rootOf(memref));
      buffer.alignment = std::min(buffer.alignment, alignmentOf(memref));
    }
  });
  return uses;
}
