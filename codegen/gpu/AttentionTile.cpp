//===- AttentionTile.cpp - What kernels of attention share
//---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/AttentionTile.h"
#include "codegen/gpu/KernelPlan.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

AttentionTile::AttentionTile(AttentionOp op, const AttentionPlan &plan,
                             bool isPart, OpBuilder &builder)
    : FusedKernel(op, plan.getWorkgroupSize(),
                  plan.str() + (isPart ? ", parts of the keys" : ""), builder),
      op(op), plan(plan), isPart(isPart), each(op.getHeads() / op.getKvHeads()),
      d(op.getKeyWidth()), e(op.getValueWidth()) {}

void AttentionTile::addBuffers() {
  for (Value operand : Values{op.getQuery(), op.getKey(), op.getValue(),
                              op.getBias(), getOutput()})
    if (operand)
      buffers.emplace_back().memref = operand;
}

Value AttentionTile::countGroups() {
  parts = countAttentionParts(op, plan, host);
  return isPart ? multiplyHost(parts.groups, parts.splits) : parts.groups;
}

Value AttentionTile::writeSuits(int64_t) {
  Value rows = multiplyHost(hostSize(op.getQuery(), 1), hostConstant(each));
  return host.createOrFold<arith::CmpIOp>(
      arith::CmpIPredicate::uge, rows,
      hostConstant(plan.getRows() / suitingPart));
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

void AttentionTile::findTile(Value number) {
  workgroup = number;
  queries = size(op.getQuery(), 1);
  keys = size(op.getKey(), 1);
  Value rest = number;
  firstRow = multiply(takeIndex(rest, pass(parts.tiles)), plan.getRows());
  firstKey = constant(0);
  if (isPart) {
    Value span = pass(parts.span);
    firstKey = multiply(takeIndex(rest, pass(parts.splits)), span);
    endOfPart = add(firstKey, span);
  }
  group = takeIndex(rest, constant(op.getKvHeads()));
  n = rest;
}

AttentionTile::Row AttentionTile::rowAt(Value inTile) {
  Row row;
  row.inTile = inTile;
  row.number = add(firstRow, inTile);
  Value last = subtract(multiply(queries, each), constant(1));
  Value rest = least(row.number, last);
  row.head = add(multiply(group, each), takeIndex(rest, constant(each)));
  row.query = rest;
  row.end = endOfKeys(row.query);
  return row;
}

Value AttentionTile::endOfKeys(Value query) {
  if (!op.getCausal())
    return keys;
  Value end = add(add(query, 1), subtract(keys, queries));
  return most(least(end, keys), constant(0));
}

Value AttentionTile::endOfTile() {
  Value end = rowAt(constant(plan.getRows() - 1)).end;
  return isPart ? least(end, endOfPart) : end;
}

Value AttentionTile::addBias(Value score, const Row &row, Value key) {
  Value bias = op.getBias();
  if (!bias)
    return score;
  Values at = {n, row.head, row.query, least(key, lastKey())};
  for (auto [dim, index] : llvm::enumerate(at))
    if (cast<MemRefType>(bias.getType()).getDimSize(dim) == 1)
      index = constant(0);
  return fadd(score, loadNumber(bias, at));
}

//===----------------------------------------------------------------------===//
// The result
//===----------------------------------------------------------------------===//

Value AttentionTile::invert(Value total) {
  Value inverse = arith::DivFOp::create(b, number(1), total);
  return select(isLess(constant(0), keys), inverse, number(0));
}

void AttentionTile::storeResult(const Row &row, Value feature, Value sum,
                                Value inverse) {
  storeNumber(fmul(sum, inverse), getOutput(),
              {n, row.query, add(multiply(row.head, e), feature)});
}

Value AttentionTile::partPlace(const Row &row) {
  Value number = add(multiply(workgroup, plan.getRows()), row.inTile);
  return multiply(number, getPartNumbers(op));
}

void AttentionTile::storePart(const Row &row, Value maximum, Value total) {
  Value place = partPlace(row);
  storeNumber(maximum, getOutput(), place);
  storeNumber(total, getOutput(), add(place, 1));
}

void AttentionTile::storePartSum(const Row &row, Value feature, Value sum) {
  storeNumber(sum, getOutput(), add(add(partPlace(row), 2), feature));
}
