//===- KnownFactors.cpp - What divides a size that is not known -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/KnownFactors.h"
#include "codegen/KernelDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

static int64_t getKnownFactor(OpFoldResult size) {
  if (auto value = dyn_cast<Value>(size))
    return lathe::kernel::getKnownFactor(value);
  return std::abs(*getConstantIntValue(size));
}

/// Both in one, or 1 where that is too large a number to tell.
static int64_t multiply(int64_t a, int64_t b) {
  int64_t product;
  return llvm::MulOverflow(a, b, product) ? 1 : product;
}

int64_t mlir::lathe::kernel::getKnownFactor(Value index) {
  if (std::optional<int64_t> constant = getConstantIntValue(index))
    return *constant == INT64_MIN ? 1 : std::abs(*constant);
  Operation *op = index.getDefiningOp();
  if (!op)
    return 1;
  auto of = [&](unsigned operand) {
    return getKnownFactor(op->getOperand(operand));
  };
  return llvm::TypeSwitch<Operation *, int64_t>(op)
      .Case([&](BoundedOp) { return of(0); })
      .Case([&](arith::SelectOp) { return std::gcd(of(1), of(2)); })
      .Case<arith::AddIOp, arith::SubIOp>(
          [&](auto) { return std::gcd(of(0), of(1)); })
      .Case([&](arith::MulIOp) { return multiply(of(0), of(1)); })
      .Case([&](memref::DimOp dim) -> int64_t {
        std::optional<int64_t> axis = dim.getConstantIndex();
        return axis ? getKnownFactor(dim.getSource(), *axis) : 1;
      })
      .Default(int64_t(1));
}

int64_t mlir::lathe::kernel::getKnownFactor(Value memref, unsigned dim) {
  auto type = cast<MemRefType>(memref.getType());
  if (!type.isDynamicDim(dim))
    return type.getDimSize(dim);
  Operation *op = memref.getDefiningOp();
  if (!op)
    return 1;
  return llvm::TypeSwitch<Operation *, int64_t>(op)
      .Case<memref::ViewOp>([&](auto view) {
        return getKnownFactor(view.getSizes()[type.getDynamicDimIndex(dim)]);
      })
      .Case<memref::AllocOp, memref::AllocaOp>([&](auto alloc) {
        return getKnownFactor(
            alloc.getDynamicSizes()[type.getDynamicDimIndex(dim)]);
      })
      .Case([&](memref::ExpandShapeOp expanded) {
        return ::getKnownFactor(expanded.getMixedOutputShape()[dim]);
      })
      .Case([&](memref::CollapseShapeOp collapsed) {
        ReassociationIndices parts = collapsed.getReassociationIndices()[dim];
        int64_t product = 1;
        for (int64_t part : parts)
          product = multiply(product, getKnownFactor(collapsed.getSrc(), part));
        return product;
      })
      .Case([&](memref::SubViewOp slice) -> int64_t {
        // Dimensions that the slice drops are not counted.
        llvm::SmallBitVector dropped = slice.getDroppedDims();
        unsigned kept = 0;
        for (auto [axis, size] : llvm::enumerate(slice.getMixedSizes()))
          if (!dropped[axis] && kept++ == dim)
            return ::getKnownFactor(size);
        return 1;
      })
      .Case([&](memref::CastOp cast) {
        return isa<MemRefType>(cast.getSource().getType())
                   ? getKnownFactor(cast.getSource(), dim)
                   : 1;
      })
      .Default(int64_t(1));
}
