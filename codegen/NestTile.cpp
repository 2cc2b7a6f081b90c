//===- NestTile.cpp - The register tile of a nest -------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestEmitter.h"
#include "codegen/VectorBuilder.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

Value NestEmitter::splat(Attribute value, int64_t width) {
  auto typed = cast<TypedAttr>(value);
  if (width == 1)
    return arith::ConstantOp::create(b, typed);
  auto type = VectorType::get(width, typed.getType());
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, value));
}

void NestEmitter::emitTile(int64_t rows) {
  bool lanesInReduction = plan.kind == NestPlan::Kind::reductionLanes;
  SmallVector<Value> accumulators;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t width : widths)
      accumulators.push_back(splat(nest.getInit(), width));
  if (lanesInReduction) {
    accumulators = {emitLaneReduction()};
  } else if (nest.hasReduction()) {
    startPrefetch(rows);
    accumulators = emitReductions(numParallel, rows, accumulators);
  }
  unsigned next = 0;
  Loads loads;
  if (plan.isSquare && rows == plan.lanes && widths.front() == plan.lanes &&
      !mask)
    loadSquares(loads);
  for (int64_t row = 0; row < rows; ++row) {
    int64_t lane = 0;
    for (int64_t width : widths) {
      Value result = applyRegion(nest.getFinish(), row, lane, width,
                                 accumulators[next++], loads);
      store(result, row, lane, width);
      lane += width;
    }
  }
}

void NestEmitter::loadSquares(Loads &loads) {
  for (auto [i, input] : llvm::enumerate(nest.getInputs())) {
    if (classifyAccess(nest, i, plan.laneDim) != Access::strided ||
        classifyAccess(nest, i, plan.rowDim) != Access::contiguous)
      continue;
    auto type = VectorType::get(plan.lanes, getElementTypeOrSelf(input));
    SmallVector<Value> square;
    for (int64_t lane = 0; lane < plan.lanes; ++lane)
      square.push_back(
          vector::LoadOp::create(b, type, input, subscripts(i, 0, lane)));
    for (auto [row, value] : llvm::enumerate(transposeVectors(b, square)))
      loads[{static_cast<unsigned>(i), mapAt(i, row, 0)}] = value;
  }
}

SmallVector<Value> NestEmitter::emitReductions(unsigned dim, int64_t rows,
                                               ValueRange accumulators) {
  if (dim + plan.unrolled == nest.getNumDims()) {
    emitPrefetch();
    emitPrefetchOfResult(rows);
    SmallVector<Value> updated;
    Loads loads;
    for (int64_t row = 0; row < rows; ++row) {
      int64_t lane = 0;
      for (int64_t width : widths) {
        updated.push_back(emitSteps(dim, row, lane, width,
                                    accumulators[updated.size()], loads));
        lane += width;
      }
    }
    return updated;
  }
  if (extents[dim] == 1) {
    ivs[dim] = constant(0);
    return emitReductions(dim + 1, rows, accumulators);
  }
  auto loop = scf::ForOp::create(b, constant(0), extent(dim), constant(1),
                                 accumulators);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  ivs[dim] = loop.getInductionVar();
  SmallVector<Value> updated =
      emitReductions(dim + 1, rows, loop.getRegionIterArgs());
  scf::YieldOp::create(b, updated);
  return loop.getResults();
}

Value NestEmitter::emitSteps(unsigned dim, int64_t row, int64_t lane,
                             int64_t width, Value accumulator, Loads &loads) {
  if (dim == nest.getNumDims())
    return applyRegion(nest.getReduce(), row, lane, width, accumulator, loads);
  for (int64_t step = 0; step < extents[dim]; ++step) {
    steps[dim] = step;
    ivs[dim] = constant(step);
    accumulator = emitSteps(dim + 1, row, lane, width, accumulator, loads);
  }
  steps.erase(dim);
  return accumulator;
}

Attribute NestEmitter::neutral(Operation *combiner) {
  Type type = combiner->getResult(0).getType();
  auto floating = dyn_cast<FloatType>(type);
  if (!floating)
    return b.getZeroAttr(type);
  const llvm::fltSemantics &semantics = floating.getFloatSemantics();
  if (isa<arith::MulFOp>(combiner))
    return b.getFloatAttr(type, 1.0);
  if (isa<arith::MaximumFOp>(combiner))
    return b.getFloatAttr(type, APFloat::getInf(semantics, true));
  if (isa<arith::MinimumFOp>(combiner))
    return b.getFloatAttr(type, APFloat::getInf(semantics, false));
  return b.getZeroAttr(type);
}

Value NestEmitter::combine(Operation *combiner, Value left, Value right) {
  OperationState state(nest.getLoc(), combiner->getName());
  state.addOperands({left, right});
  state.addTypes(left.getType());
  return b.create(state)->getResult(0);
}

Value NestEmitter::emitLaneReduction() {
  Operation *combiner =
      nest.getReduce().front().getTerminator()->getOperand(0).getDefiningOp();
  widths = {plan.lanes};
  SmallVector<Value> carried(plan.laneVectors,
                             splat(neutral(combiner), plan.lanes));
  carried.push_back(splat(nest.getInit(), 1));
  carried = emitLaneLoop(numParallel, carried);
  widths = {1};
  Value rest = carried.pop_back_val();
  return combine(combiner, rest, combineLanes(combiner, carried));
}

Value NestEmitter::combineLanes(Operation *combiner,
                                MutableArrayRef<Value> vectors) {
  for (size_t half = vectors.size() / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i)
      vectors[i] = combine(combiner, vectors[i], vectors[i + half]);
  Value lanes = vectors.front();
  auto part = [&](int64_t from, int64_t width) -> Value {
    if (width == 1)
      return vector::ExtractOp::create(b, lanes, from);
    return vector::ExtractStridedSliceOp::create(b, lanes, {from}, {width},
                                                 {1});
  };
  for (int64_t half = plan.lanes / 2; half > 0; half /= 2)
    lanes = combine(combiner, part(0, half), part(half, half));
  return lanes;
}

SmallVector<Value> NestEmitter::emitLaneLoop(unsigned dim, ValueRange carried) {
  if (dim + 1 < nest.getNumDims()) {
    auto loop =
        scf::ForOp::create(b, constant(0), extent(dim), constant(1), carried);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    ivs[dim] = loop.getInductionVar();
    scf::YieldOp::create(b, emitLaneLoop(dim + 1, loop.getRegionIterArgs()));
    return loop.getResults();
  }
  SmallVector<Value> sums(carried);
  Value size = extent(dim), from = constant(0);
  // What fills no block of vectors are single ones, then single elements.
  auto emitBlocks = [&](int64_t width, MutableArrayRef<Value> sums) {
    int64_t step = width * sums.size();
    Value rest = b.createOrFold<arith::RemUIOp>(size, constant(step));
    Value to = b.createOrFold<arith::SubIOp>(size, rest);
    if (isEqualConstantIntOrValue(from, to))
      return;
    auto loop = scf::ForOp::create(b, from, to, constant(step), sums);
    from = to;
    llvm::copy(loop.getResults(), sums.begin());
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    ivs[dim] = loop.getInductionVar();
    Loads loads;
    SmallVector<Value> updated;
    for (auto [i, sum] : llvm::enumerate(loop.getRegionIterArgs()))
      updated.push_back(
          applyRegion(nest.getReduce(), 0, i * width, width, sum, loads));
    scf::YieldOp::create(b, updated);
  };
  MutableArrayRef<Value> vectors = MutableArrayRef(sums).drop_back();
  emitBlocks(plan.lanes, vectors);
  if (vectors.size() > 1)
    emitBlocks(plan.lanes, vectors.take_front());
  emitBlocks(1, MutableArrayRef(sums).take_back());
  return sums;
}

AffineMap NestEmitter::mapAt(unsigned operand, int64_t row, int64_t lane) {
  SmallVector<AffineExpr> at;
  for (unsigned dim = 0; dim < nest.getNumDims(); ++dim) {
    int64_t by = static_cast<int64_t>(dim) == plan.rowDim    ? row
                 : static_cast<int64_t>(dim) == plan.laneDim ? lane
                                                             : 0;
    auto step = steps.find(dim);
    at.push_back(step == steps.end() ? b.getAffineDimExpr(dim) + by
                                     : b.getAffineConstantExpr(step->second));
  }
  return simplifyAffineMap(
      nest.getMap(operand).replaceDimsAndSymbols(at, {}, nest.getNumDims(), 0));
}

SmallVector<Value> NestEmitter::subscripts(unsigned operand, int64_t row,
                                           int64_t lane) {
  AffineMap map = mapAt(operand, row, lane);
  SmallVector<OpFoldResult> operands;
  for (unsigned dim = 0; dim < nest.getNumDims(); ++dim)
    operands.push_back(ivs[dim] ? OpFoldResult(ivs[dim]) : b.getIndexAttr(0));
  SmallVector<Value> indices;
  for (AffineExpr result : map.getResults()) {
    OpFoldResult index = affine::makeComposedFoldedAffineApply(
        b, nest.getLoc(), AffineMap::get(nest.getNumDims(), 0, result),
        operands);
    indices.push_back(getValueOrCreateConstantIndexOp(b, nest.getLoc(), index));
  }
  return indices;
}

Value NestEmitter::load(unsigned input, int64_t row, int64_t lane,
                        int64_t width, Loads &loads) {
  Value &value = loads[{input, mapAt(input, row, lane)}];
  if (value)
    return value;
  Value memref = nest.getInputs()[input];
  Type element = getElementTypeOrSelf(memref);
  Access access =
      width == 1 ? Access::uniform : classifyAccess(nest, input, plan.laneDim);
  switch (access) {
  case Access::uniform:
    value = memref::LoadOp::create(b, memref, subscripts(input, row, lane));
    break;
  case Access::contiguous: {
    auto type = VectorType::get(width, element);
    SmallVector<Value> indices = subscripts(input, row, lane);
    if (isMasked(lane) && !readsPanels(nest, input, plan.laneDim))
      value = vector::MaskedLoadOp::create(
          b, type, memref, indices, mask, splat(b.getZeroAttr(element), width));
    else
      value = vector::LoadOp::create(b, type, memref, indices);
    break;
  }
  case Access::strided: {
    SmallVector<Value> elements;
    for (int64_t i = 0; i < width; ++i)
      elements.push_back(
          isMasked(lane) && i >= maskedCount
              ? elements.front()
              : memref::LoadOp::create(b, memref,
                                       subscripts(input, row, lane + i)));
    value = vector::FromElementsOp::create(b, VectorType::get(width, element),
                                           elements);
  }
  }
  return value;
}

void NestEmitter::store(Value value, int64_t row, int64_t lane, int64_t width) {
  unsigned output = nest.getInputs().size();
  SmallVector<Value> indices = subscripts(output, row, lane);
  if (width == 1)
    memref::StoreOp::create(b, value, nest.getInitOutput(), indices);
  else if (isMasked(lane))
    vector::MaskedStoreOp::create(b, nest.getInitOutput(), indices, mask,
                                  value);
  else
    vector::StoreOp::create(b, value, nest.getInitOutput(), indices);
}

Value NestEmitter::widen(Value value, int64_t width) {
  if (width == 1 || isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(b, VectorType::get(width, value.getType()),
                                     value);
}

Value NestEmitter::applyRegion(Region &region, int64_t row, int64_t lane,
                               int64_t width, Value accumulator, Loads &loads) {
  Block &block = region.front();
  IRMapping mapping;
  mapping.map(block.getArguments().back(), accumulator);
  for (BlockArgument argument : block.getArguments().drop_back())
    if (!argument.use_empty())
      mapping.map(argument,
                  load(argument.getArgNumber(), row, lane, width, loads));
  for (Operation &op : block.without_terminator()) {
    if (auto index = dyn_cast<IndexOp>(op)) {
      mapping.map(index.getResult(),
                  laneIndex(index.getDim(), row, lane, width));
      continue;
    }
    if (auto load = dyn_cast<memref::LoadOp>(op)) {
      mapping.map(load.getResult(), loadAt(load, mapping, lane, width));
      continue;
    }
    // What is the same for all lanes is computed once.
    bool isScalar = llvm::none_of(op.getOperands(), [&](Value operand) {
      return isa<VectorType>(mapping.lookupOrDefault(operand).getType());
    });
    if (!isScalar)
      for (Value operand : op.getOperands())
        mapping.map(operand, widen(mapping.lookupOrDefault(operand), width));
    Operation *copy = b.clone(op, mapping);
    if (!isScalar)
      for (OpResult result : copy->getResults())
        result.setType(typeOf(result.getType(), width));
    allowContraction(copy);
  }
  return widen(mapping.lookupOrDefault(block.getTerminator()->getOperand(0)),
               width);
}

Value NestEmitter::evaluate(OpBuilder &at, Region &region, ValueRange indices,
                            Value lanes, Value accumulator) {
  b.restoreInsertionPoint(at.saveInsertionPoint());
  ivs.assign(indices.begin(), indices.end());
  mask = lanes;
  Loads loads;
  return applyRegion(region, 0, 0, plan.lanes, accumulator, loads);
}

void NestEmitter::finish(OpBuilder &at, ValueRange indices, Value lanes,
                         Value sum) {
  Value result = evaluate(at, nest.getFinish(), indices, lanes, sum);
  store(result, 0, 0, plan.lanes);
}

Value NestEmitter::laneIndex(unsigned dim, int64_t row, int64_t lane,
                             int64_t width) {
  Value first = dimIndex(dim, row, lane);
  if (width == 1 || static_cast<int64_t>(dim) != plan.laneDim)
    return first;
  auto type = VectorType::get(width, b.getIndexType());
  auto steps = DenseElementsAttr::get(
      type, llvm::map_to_vector(llvm::seq<int64_t>(width), [&](int64_t i) {
        return Attribute(b.getIndexAttr(i));
      }));
  return arith::AddIOp::create(b, widen(first, width),
                               arith::ConstantOp::create(b, steps));
}

Value NestEmitter::loadAt(memref::LoadOp load, const IRMapping &mapping,
                          int64_t lane, int64_t width) {
  Value memref = mapping.lookupOrDefault(load.getMemRef());
  SmallVector<Value> indices =
      llvm::map_to_vector(load.getIndices(), [&](Value index) {
        return mapping.lookupOrDefault(index);
      });
  auto isVector = [](Value value) { return isa<VectorType>(value.getType()); };
  if (llvm::none_of(indices, isVector))
    return memref::LoadOp::create(b, memref, indices);
  SmallVector<Value> elements;
  for (int64_t i = 0; i < width; ++i) {
    if (isMasked(lane) && i >= maskedCount) {
      elements.push_back(elements.front());
      continue;
    }
    SmallVector<Value> at = llvm::map_to_vector(indices, [&](Value index) {
      return isVector(index)
                 ? vector::ExtractOp::create(b, index, i).getResult()
                 : index;
    });
    elements.push_back(memref::LoadOp::create(b, memref, at));
  }
  auto type = VectorType::get(width, load.getType());
  return vector::FromElementsOp::create(b, type, elements);
}

Value NestEmitter::dimIndex(unsigned dim, int64_t row, int64_t lane) {
  int64_t by = static_cast<int64_t>(dim) == plan.rowDim    ? row
               : static_cast<int64_t>(dim) == plan.laneDim ? lane
                                                           : 0;
  return b.createOrFold<arith::AddIOp>(ivs[dim], constant(by));
}

void NestEmitter::allowContraction(Operation *op) {
  if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(op))
    op->setAttr(cast<arith::ArithFastMathInterface>(op).getFastMathAttrName(),
                arith::FastMathFlagsAttr::get(b.getContext(),
                                              arith::FastMathFlags::contract));
}
