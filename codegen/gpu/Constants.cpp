//===- Constants.cpp - The constants that kernels read --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/Constants.h"
#include "codegen/KernelDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

// A cache line, and the widest vector.
static constexpr int64_t alignment = 64;

/// Appends the bytes of a constant's elements.
static void appendBytes(DenseElementsAttr elements,
                        SmallVectorImpl<char> &bytes) {
  // In an attribute a bool is a bit, in memory a byte.
  if (elements.getElementType().isInteger(1)) {
    for (bool value : elements.getValues<bool>())
      bytes.push_back(value);
    return;
  }
  ArrayRef<char> raw = elements.getRawData();
  int64_t copies = elements.isSplat() ? elements.getNumElements() : 1;
  for (int64_t i = 0; i < copies; ++i)
    bytes.append(raw.begin(), raw.end());
}

/// The constants that launches read, by their globals.
static llvm::MapVector<memref::GlobalOp, SmallVector<memref::GetGlobalOp>>
findConstants(ModuleOp module) {
  llvm::MapVector<memref::GlobalOp, SmallVector<memref::GetGlobalOp>> found;
  SymbolTable symbols(module);
  auto addRoot = [&](Value buffer) {
    while (auto view = buffer.getDefiningOp<ViewLikeOpInterface>())
      buffer = view.getViewSource();
    auto read = buffer.getDefiningOp<memref::GetGlobalOp>();
    if (!read)
      return;
    auto &reads = found[symbols.lookup<memref::GlobalOp>(read.getName())];
    if (!llvm::is_contained(reads, read))
      reads.push_back(read);
  };
  module.walk(
      [&](LaunchOp launch) { llvm::for_each(launch.getBuffers(), addRoot); });
  return found;
}

void mlir::lathe::kernel::gatherConstants(ModuleOp module) {
  auto found = findConstants(module);
  if (found.empty())
    return;
  SmallVector<char> bytes;
  llvm::DenseMap<Operation *, int64_t> offsets;
  for (auto &[global, reads] : found) {
    bytes.resize(llvm::alignTo(bytes.size(), alignment), 0);
    offsets[global] = bytes.size();
    appendBytes(cast<DenseElementsAttr>(global.getConstantInitValue()), bytes);
  }
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  int64_t size = bytes.size();
  auto all = DenseElementsAttr::getFromRawBuffer(
      RankedTensorType::get({size}, b.getI8Type()), bytes);
  auto type = MemRefType::get({size}, b.getI8Type());
  memref::GlobalOp::create(b, module.getLoc(), constantsName,
                           b.getStringAttr("private"), type, all,
                           /*constant=*/true, b.getI64IntegerAttr(alignment));
  for (auto &[global, reads] : found)
    for (memref::GetGlobalOp read : reads) {
      b.setInsertionPoint(read);
      Value base =
          memref::GetGlobalOp::create(b, read.getLoc(), type, constantsName);
      Value offset = arith::ConstantIndexOp::create(b, read.getLoc(),
                                                    offsets.lookup(global));
      auto view = memref::ViewOp::create(b, read.getLoc(),
                                         cast<MemRefType>(read.getType()), base,
                                         offset, ValueRange());
      read.replaceAllUsesWith(view.getResult());
      read.erase();
    }
}
