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

uint64_t mlir::lathe::kernel::alignmentOf(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  Type element = type.getElementType();
  uint64_t elementBytes = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  int64_t offset;
  SmallVector<int64_t> strides;
  if (failed(type.getStridesAndOffset(strides, offset)) ||
      ShapedType::isDynamic(offset))
    return elementBytes;
  // Offsets count from the view that makes elements of bytes, or from what is
  // said to be aligned.
  Operation *op = buffer.getDefiningOp();
  while (op && !isa<memref::ViewOp, memref::AssumeAlignmentOp>(op)) {
    auto view = dyn_cast<ViewLikeOpInterface>(op);
    op = view ? view.getViewSource().getDefiningOp() : nullptr;
  }
  if (!op)
    return elementBytes;
  if (auto assumption = dyn_cast<memref::AssumeAlignmentOp>(op))
    return llvm::MinAlign(assumption.getAlignment(), offset * elementBytes);
  std::optional<int64_t> shift =
      getConstantIntValue(cast<memref::ViewOp>(op).getByteShift());
  if (!shift)
    return elementBytes;
  return llvm::MinAlign(memoryAlignment,
                        llvm::MinAlign(*shift, offset * elementBytes));
}

llvm::StringMap<KernelUse>
mlir::lathe::kernel::findKernelUses(ModuleOp module) {
  llvm::StringMap<KernelUse> uses;
  module.walk([&](LaunchOp launch) {
    KernelUse &use = uses[launch.getKernel()];
    use.scalars = launch.getScalars().size();
    use.buffers.resize(launch.getBuffers().size());
    Value output = launch.getBuffers().back();
    for (auto [buffer, memref] : llvm::zip(use.buffers, launch.getBuffers())) {
      buffer.constant &= isApart(memref, output);
      buffer.alignment = std::min(buffer.alignment, alignmentOf(memref));
    }
  });
  return uses;
}
