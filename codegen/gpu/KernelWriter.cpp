//===- KernelWriter.cpp - Writes the kernel of a nest ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/KernelWriter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

Value KernelWriter::hostExtent(unsigned dim) {
  if (!ShapedType::isDynamic(extents[dim]))
    return arith::ConstantIndexOp::create(host, extents[dim]);
  for (auto [i, operand] : llvm::enumerate(nest->getOperands()))
    for (auto [axis, result] : llvm::enumerate(nest.getMap(i).getResults()))
      if (result == b.getAffineDimExpr(dim))
        return memref::DimOp::create(host, operand, axis);
  llvm_unreachable("a dimension that no operand has");
}

Value KernelWriter::extent(unsigned dim) {
  if (!ShapedType::isDynamic(extents[dim]))
    return constant(extents[dim]);
  Value &value = extentValues[dim];
  if (!value)
    value = pass(hostExtent(dim));
  return value;
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

void KernelWriter::addBuffers() {
  llvm::SetVector<Value> memrefs;
  for (Region *region : {&nest.getReduce(), &nest.getFinish()}) {
    llvm::SetVector<Value> captures;
    getUsedValuesDefinedAbove(*region, captures);
    for (Value value : captures)
      if (isa<MemRefType>(value.getType()))
        memrefs.insert(value);
  }
  for (Value input : nest.getInputs())
    buffers.emplace_back().memref = input;
  for (Value memref : memrefs)
    if (!llvm::is_contained(nest->getOperands(), memref))
      buffers.emplace_back().memref = memref;
  buffers.emplace_back().memref = nest.getInitOutput();
}

SmallVector<Value> KernelWriter::subscripts(unsigned operand) {
  SmallVector<Value> dims(ivs);
  for (Value &dim : dims)
    if (!dim)
      dim = constant(0);
  return llvm::map_to_vector(
      nest.getMap(operand).getResults(), [&](AffineExpr index) {
        return affine::expandAffineExpr(b, nest.getLoc(), index, dims, {});
      });
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

/// index < bound ? index : (report, clamped index). What is checked has the
/// bits of the integer that the index is made of: those of an index are fewer.
Value KernelWriter::writeReport(ReportIndexOp report, IRMapping &mapping) {
  auto cast = report.getIndex().getDefiningOp();
  bool isUnsigned = isa_and_present<arith::IndexCastUIOp>(cast);
  Value index = mapping.lookupOrDefault(report.getIndex());
  Type i64 = b.getI64Type();
  if (isUnsigned || isa_and_present<arith::IndexCastOp>(cast))
    index = mapping.lookupOrDefault(cast->getOperand(0));
  Value bound = arith::IndexCastOp::create(
      b, b.getI32Type(), mapping.lookupOrDefault(report.getBound()));
  Type type = index.getType();
  if (type.isIndex())
    index = arith::IndexCastOp::create(b, b.getI32Type(), index);
  else if (type.getIntOrFloatBitWidth() < 32)
    index = isUnsigned
                ? Value(arith::ExtUIOp::create(b, b.getI32Type(), index))
                : Value(arith::ExtSIOp::create(b, b.getI32Type(), index));
  type = index.getType();
  Value wideBound = type == i64 ? arith::ExtSIOp::create(b, i64, bound) : bound;
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  // Unsigned: a negative index is beyond every bound.
  Value inside =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, wideBound);
  Value outside = arith::XOrIOp::create(
      b, inside, arith::ConstantOp::create(b, b.getBoolAttr(true)));
  auto choice = scf::IfOp::create(b, outside, /*withElseRegion=*/false);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    Value one = arith::ConstantOp::create(b, b.getI32IntegerAttr(1));
    Value before = memref::AtomicRMWOp::create(
        b, b.getI32Type(), arith::AtomicRMWKind::ori, one, parameters,
        ValueRange{constant(0)});
    Value isFirst = arith::CmpIOp::create(
        b, arith::CmpIPredicate::eq, before,
        arith::ConstantOp::create(b, b.getI32IntegerAttr(0)));
    auto first = scf::IfOp::create(b, isFirst, /*withElseRegion=*/false);
    b.setInsertionPointToStart(first.thenBlock());
    Value whole = index;
    if (type != i64)
      whole = isUnsigned ? Value(arith::ExtUIOp::create(b, i64, index))
                         : Value(arith::ExtSIOp::create(b, i64, index));
    SmallVector<Value> words = toWords(b, whole);
    words.push_back(bound);
    for (auto [i, word] : llvm::enumerate(words))
      memref::StoreOp::create(b, word, parameters, ValueRange{constant(1 + i)});
  }
  Value last = arith::SubIOp::create(
      b, wideBound, arith::ConstantOp::create(b, b.getIntegerAttr(type, 1)));
  Value clamped =
      arith::MaxSIOp::create(b, arith::MinSIOp::create(b, index, last), zero);
  Value safe = arith::SelectOp::create(b, inside, index, clamped);
  return arith::IndexCastOp::create(b, b.getIndexType(), safe);
}

void KernelWriter::cloneOp(Operation &op, IRMapping &mapping) {
  if (auto index = dyn_cast<IndexOp>(op))
    return mapping.map(index.getResult(),
                       ivs[index.getDim()] ? ivs[index.getDim()] : constant(0));
  passOperands(op, mapping);
  if (auto report = dyn_cast<ReportIndexOp>(op))
    return mapping.map(report.getResult(), writeReport(report, mapping));
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    host.setInsertionPoint(nest);
    Operation *size = host.clone(op);
    return mapping.map(dim.getResult(), pass(size->getResult(0)));
  }
  if (auto read = dyn_cast<memref::LoadOp>(op)) {
    SmallVector<Value> indices =
        llvm::map_to_vector(read.getIndices(), [&](Value index) {
          return mapping.lookupOrDefault(index);
        });
    return mapping.map(read.getResult(),
                       load(bufferOf(read.getMemRef()), indices));
  }
  cloneMapped(op, mapping);
}

Value KernelWriter::materialise(Value value, IRMapping &mapping) {
  if (mapping.contains(value))
    return mapping.lookup(value);
  Region *region = value.getParentRegion();
  if (region != &nest.getReduce() && region != &nest.getFinish())
    return pass(value);
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    unsigned input = argument.getArgNumber();
    mapping.map(value, load(buffers[input], subscripts(input)));
    return mapping.lookup(value);
  }
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    if (!isa<MemRefType>(operand.getType()))
      mapping.map(operand, materialise(operand, mapping));
  cloneOp(*op, mapping);
  return mapping.lookup(value);
}

Value KernelWriter::applyRegion(Region &region, Value accumulator,
                                IRMapping mapping) {
  Block &block = region.front();
  mapping.map(block.getArguments().back(), accumulator);
  return materialise(block.getTerminator()->getOperand(0), mapping);
}

void KernelWriter::writeResult(Value accumulator) {
  for (unsigned dim = numParallel; dim < nest.getNumDims(); ++dim)
    ivs[dim] = Value();
  Value result = applyRegion(nest.getFinish(), accumulator);
  store(result, buffers.back(), subscripts(nest.getInputs().size()));
}

//===----------------------------------------------------------------------===//
// Places of elements
//===----------------------------------------------------------------------===//

Value KernelWriter::countPlaces(ArrayRef<unsigned> dims) {
  Value places = constant(1);
  for (unsigned dim : dims)
    places = b.createOrFold<arith::MulIOp>(places, extent(dim));
  return places;
}

Value KernelWriter::countHostPlaces(ArrayRef<unsigned> dims) {
  Value places = arith::ConstantIndexOp::create(host, 1);
  for (unsigned dim : dims)
    places = host.createOrFold<arith::MulIOp>(places, hostExtent(dim));
  return places;
}

Value KernelWriter::writeSuits(int64_t elements) {
  SmallVector<unsigned> dims;
  int64_t least = 1;
  for (unsigned dim : outputDims)
    if (ShapedType::isDynamic(extents[dim])) {
      dims.push_back(dim);
      least *= llvm::divideCeil(elements, suitingPart);
    }
  return host.createOrFold<arith::CmpIOp>(
      arith::CmpIPredicate::uge, countHostPlaces(dims),
      arith::ConstantIndexOp::create(host, least));
}

void KernelWriter::setPlace(Value place, ArrayRef<unsigned> dims) {
  for (unsigned dim : llvm::reverse(dims)) {
    bool isFirst = dim == dims.front();
    ivs[dim] =
        isFirst ? place : b.createOrFold<arith::RemUIOp>(place, extent(dim));
    if (!isFirst)
      place = b.createOrFold<arith::DivUIOp>(place, extent(dim));
  }
}

std::unique_ptr<KernelWriter>
mlir::lathe::kernel::createKernelWriter(NestOp nest, const KernelPlan &plan,
                                        OpBuilder &builder) {
  switch (plan.kind) {
  case KernelPlan::Kind::elements:
    return createElementWriter(nest, plan, builder);
  case KernelPlan::Kind::tiles:
    return createTileWriter(nest, plan, builder);
  case KernelPlan::Kind::tensorTiles:
    return createTensorTileWriter(nest, plan, builder);
  case KernelPlan::Kind::cooperativeTiles:
    return createCooperativeTileWriter(nest, plan, builder);
  case KernelPlan::Kind::warpgroupTiles:
    return createWarpgroupTileWriter(nest, plan, builder);
  }
  llvm_unreachable("a plan has one of these kinds");
}
