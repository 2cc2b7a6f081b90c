//===- LatheDialect.h - The dialect
//------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHEDIALECT_H
#define LATHE_DIALECT_LATHEDIALECT_H

#include "dialect/DimExpr.h"
#include "dialect/Shape.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/TensorEncoding.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::lathe {
/// The arithmetic of one execution of an op. `flops` counts a multiply-add as
/// two and everything else (comparisons, activations, normalisation) as one an
/// element and elementary operation; `multiplyAdds` are those among them that
/// papers on efficient networks count as MACs (and often call FLOPs).
struct Work {
  DimExpr flops;
  DimExpr multiplyAdds;
};

/// Work of `multiplyAdds` products summed up and of `further` operations.
inline Work workOf(DimExpr multiplyAdds, DimExpr further = 0) {
  return {multiplyAdds * 2 + further, multiplyAdds};
}

/// Defaults of the cost interface.
DimExpr bytesOfOperandsAndResults(Operation *op);
int64_t elementsOfParameters(Operation *op);
} // namespace mlir::lathe

#include "dialect/LatheDialect.h.inc"
#include "dialect/LatheEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/CostInterface.h.inc"
#include "dialect/LatheAttrs.h.inc"
#include "dialect/MatrixInterface.h.inc"
#define GET_OP_CLASSES
#include "dialect/Model.h.inc"
#define GET_OP_CLASSES
#include "dialect/Layers.h.inc"
#define GET_OP_CLASSES
#include "dialect/Norm.h.inc"
#define GET_OP_CLASSES
#include "dialect/Activation.h.inc"
#define GET_OP_CLASSES
#include "dialect/Pool.h.inc"
#define GET_OP_CLASSES
#include "dialect/Elementwise.h.inc"
#define GET_OP_CLASSES
#include "dialect/Reduction.h.inc"
#define GET_OP_CLASSES
#include "dialect/Rearrangement.h.inc"
#define GET_OP_CLASSES
#include "dialect/Spectral.h.inc"
#define GET_OP_CLASSES
#include "dialect/Attention.h.inc"

#endif // LATHE_DIALECT_LATHEDIALECT_H
