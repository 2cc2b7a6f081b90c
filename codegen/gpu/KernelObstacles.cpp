//===- KernelObstacles.cpp - Which nests can be kernels -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/KernelWriter.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

/// Why values of a type cannot be computed with, or an empty text.
static std::string findObstacle(Type type, ArrayRef<std::string> lacks) {
  if (type.isIndex() || isa<MemRefType>(type))
    return "";
  std::string name;
  llvm::raw_string_ostream(name) << type;
  if (!type.isIntOrFloat() || type.getIntOrFloatBitWidth() > 64)
    return "computes with " + name;
  return llvm::is_contained(lacks, name) ? "the device lacks " + name : "";
}

/// Whether an op does more with bf16 than to widen, narrow or choose them.
static bool computesNarrow(Operation *op) {
  auto isNarrow = [](Type type) { return type.isBF16(); };
  if (isa<arith::ConstantOp, arith::SelectOp, arith::BitcastOp, memref::LoadOp,
          YieldOp>(op))
    return false;
  return (llvm::any_of(op->getOperandTypes(), isNarrow) &&
          !isa<arith::ExtFOp>(op)) ||
         (llvm::any_of(op->getResultTypes(), isNarrow) &&
          !isa<arith::TruncFOp>(op));
}

/// Why a buffer's elements cannot be read or stored, or an empty text.
static std::string findMemoryObstacle(Type memref,
                                      ArrayRef<std::string> lacks) {
  Type element = getElementTypeOrSelf(memref);
  std::string obstacle = findObstacle(element, lacks);
  return obstacle.empty() ? findObstacle(getStoredType(element), lacks)
                          : obstacle;
}

std::string mlir::lathe::kernel::findObstacle(ValueRange memrefs,
                                              ArrayRef<std::string> lacks) {
  std::string obstacle;
  for (Value memref : memrefs)
    if (obstacle.empty())
      obstacle = findMemoryObstacle(memref.getType(), lacks);
  return obstacle;
}

std::string mlir::lathe::kernel::findObstacle(NestOp nest,
                                              ArrayRef<std::string> lacks) {
  std::string obstacle;
  auto check = [&](Type type) {
    if (obstacle.empty())
      obstacle = ::findObstacle(type, lacks);
  };
  auto checkMemory = [&](Type type) {
    if (obstacle.empty())
      obstacle = findMemoryObstacle(type, lacks);
  };
  for (Value operand : nest->getOperands()) {
    checkMemory(operand.getType());
    if (getElementTypeOrSelf(operand).isIndex())
      obstacle = "has indices in memory";
  }
  for (Region *region : {&nest.getReduce(), &nest.getFinish()})
    region->walk([&](Operation *op) {
      if (!isa_and_present<arith::ArithDialect, math::MathDialect>(
              op->getDialect()) &&
          !isa<IndexOp, ReportIndexOp, YieldOp, memref::LoadOp, memref::DimOp>(
              op) &&
          obstacle.empty())
        obstacle = "contains '" + op->getName().getStringRef().str() + "'";
      for (Type type : op->getResultTypes())
        check(type);
      for (Type type : op->getOperandTypes())
        if (isa<MemRefType>(type))
          checkMemory(type);
        else
          check(type);
      // A report has all bits of an index.
      if (isa<ReportIndexOp>(op))
        check(IntegerType::get(op->getContext(), 64));
      if (obstacle.empty() && computesNarrow(op))
        obstacle = "computes with bf16";
      // Shading languages have elementary functions of 32 bits alone.
      if (isa_and_present<math::MathDialect>(op->getDialect()) &&
          !isa<math::SqrtOp, math::AbsFOp, math::FloorOp, math::CeilOp,
               math::FmaOp>(op) &&
          op->getResult(0).getType().isF64() && obstacle.empty())
        obstacle =
            "computes '" + op->getName().getStringRef().str() + "' of f64";
    });
  return obstacle;
}
