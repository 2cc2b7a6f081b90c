//===- NestPhases.cpp - Splits the dimensions of a nest by remainders -----===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestPlan.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

/// The division of dim + c by a constant, rounded down or its remainder, that
/// an expression is; else null.
static AffineBinaryOpExpr getDivision(AffineExpr expr, AffineExpr dim) {
  auto division = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!division || !isa<AffineConstantExpr>(division.getRHS()) ||
      (division.getKind() != AffineExprKind::Mod &&
       division.getKind() != AffineExprKind::FloorDiv))
    return nullptr;
  auto sum = dyn_cast<AffineBinaryOpExpr>(division.getLHS());
  bool isShifted = sum && sum.getKind() == AffineExprKind::Add &&
                   sum.getLHS() == dim && isa<AffineConstantExpr>(sum.getRHS());
  return division.getLHS() == dim || isShifted ? division : nullptr;
}

/// The number by whose remainders of dimension `dim` some operand is read, or
/// 0.
static int64_t getPhases(NestOp nest, unsigned dim) {
  int64_t phases = 0;
  AffineExpr along = getAffineDimExpr(dim, nest.getContext());
  for (unsigned i = 0; i < nest.getInputs().size(); ++i)
    nest.getMap(i).walkExprs([&](AffineExpr expr) {
      AffineBinaryOpExpr division = getDivision(expr, along);
      if (division && division.getKind() == AffineExprKind::Mod)
        phases = cast<AffineConstantExpr>(division.getRHS()).getValue();
    });
  return phases;
}

namespace {
/// An operand of which one dimension becomes two.
struct SplitOperand {
  SmallVector<int64_t> shape;
  SmallVector<ReassociationIndices> groups;
  AffineMap map;
};
} // namespace

/// A subscript with `phases` · quotient + remainder in place of `dim`, which
/// the remainder follows.
static AffineExpr splitSubscript(AffineExpr subscript, unsigned dim,
                                 unsigned numDims, int64_t phases) {
  subscript = subscript.shiftDims(numDims, 1, dim + 1);
  AffineExpr quotient = getAffineDimExpr(dim, subscript.getContext());
  AffineExpr remainder = getAffineDimExpr(dim + 1, subscript.getContext());
  llvm::DenseMap<AffineExpr, AffineExpr> parts;
  parts[quotient] = quotient * phases + remainder;
  // What MLIR does not simplify: (phases q + r) / phases = q + r / phases.
  subscript.walk([&](AffineExpr expr) {
    AffineBinaryOpExpr division = getDivision(expr, quotient);
    if (!division || division.getRHS() != phases)
      return;
    AffineExpr rest = division.getLHS().replace(quotient, remainder);
    parts[expr] = division.getKind() == AffineExprKind::Mod
                      ? rest % phases
                      : quotient + rest.floorDiv(phases);
  });
  return subscript.replace(parts);
}

/// Operand `i` with a quotient by `phases` and a remainder in place of
/// dimension `dim`.
static SplitOperand splitOperand(NestOp nest, unsigned i, unsigned dim,
                                 int64_t phases) {
  MLIRContext *context = nest.getContext();
  unsigned numDims = nest.getNumDims();
  SplitOperand operand;
  SmallVector<AffineExpr> subscripts;
  auto type = cast<MemRefType>(nest->getOperand(i).getType());
  for (auto [subscript, size] :
       llvm::zip(nest.getMap(i).getResults(), type.getShape())) {
    operand.groups.push_back({static_cast<int64_t>(subscripts.size())});
    if (subscript == getAffineDimExpr(dim, context)) {
      operand.groups.back().push_back(subscripts.size() + 1);
      operand.shape.append({size / phases, phases});
      subscripts.append(
          {getAffineDimExpr(dim, context), getAffineDimExpr(dim + 1, context)});
      continue;
    }
    operand.shape.push_back(size);
    subscripts.push_back(splitSubscript(subscript, dim, numDims, phases));
  }
  operand.map = AffineMap::get(numDims + 1, 0, subscripts, context);
  return operand;
}

/// Splits dimension `dim`, unless an operand's layout does not allow it.
static void splitDim(OpBuilder &b, NestOp nest, unsigned dim, int64_t phases) {
  SmallVector<SplitOperand> split;
  for (auto [i, operand] : llvm::enumerate(nest->getOperands())) {
    split.push_back(splitOperand(nest, i, dim, phases));
    if (failed(memref::ExpandShapeOp::computeExpandedType(
            cast<MemRefType>(operand.getType()), split.back().shape,
            split.back().groups)))
      return;
  }
  b.setInsertionPoint(nest);
  SmallVector<AffineMap> maps;
  for (auto [i, to] : llvm::enumerate(split)) {
    maps.push_back(to.map);
    if (to.shape.size() > to.groups.size())
      nest->setOperand(
          i, memref::ExpandShapeOp::create(b, nest.getLoc(), to.shape,
                                           nest->getOperand(i), to.groups));
  }
  SmallVector<bool> reductions(nest.getReductions());
  reductions.insert(reductions.begin() + dim, false);
  nest.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
  nest.setReductions(reductions);
}

void mlir::lathe::kernel::splitPhases(OpBuilder &builder, NestOp nest) {
  unsigned lanes = llvm::count(nest.getReductions(), false);
  for (unsigned dim = lanes ? lanes - 1 : 0; dim-- > 0;) {
    int64_t phases = getPhases(nest, dim);
    int64_t extent = nest.getStaticExtents()[dim];
    if (phases > 1 && !ShapedType::isDynamic(extent) && extent % phases == 0)
      splitDim(builder, nest, dim, phases);
  }
}
