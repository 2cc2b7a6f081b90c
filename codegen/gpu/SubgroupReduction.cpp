//===- SubgroupReduction.cpp - What a subgroup combines at once -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/SubgroupReduction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

std::optional<gpu::AllReduceOperation>
mlir::lathe::kernel::findReduction(Operation *combiner) {
  using Reduction = gpu::AllReduceOperation;
  using Result = std::optional<Reduction>;
  return TypeSwitch<Operation *, Result>(combiner)
      .Case<arith::AddFOp, arith::AddIOp>([](auto) { return Reduction::ADD; })
      .Case<arith::MulFOp, arith::MulIOp>([](auto) { return Reduction::MUL; })
      .Case([](arith::MaxSIOp) { return Reduction::MAXSI; })
      .Case([](arith::MinSIOp) { return Reduction::MINSI; })
      .Case([](arith::MaxUIOp) { return Reduction::MAXUI; })
      .Case([](arith::MinUIOp) { return Reduction::MINUI; })
      .Case<arith::MaximumFOp, arith::MaxNumFOp>(
          [](auto) { return Reduction::MAXSI; })
      .Case<arith::MinimumFOp, arith::MinNumFOp>(
          [](auto) { return Reduction::MINSI; })
      .Default([](Operation *) { return Result(); });
}

static Value constant(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
}

/// From the bits of a float to an integer that is in the same order, or back:
/// of what is below zero, all bits but the sign are the other way round.
static Value turnOrder(ImplicitLocOpBuilder &b, Value bits) {
  Value sign = arith::ShRSIOp::create(b, bits, constant(b, 31));
  Value turned = arith::ShRUIOp::create(b, sign, constant(b, 1));
  return arith::XOrIOp::create(b, bits, turned);
}

/// The largest or smallest float. What becomes of NaN the instruction for
/// floats leaves open, and that for integers takes as the combiner does: a NaN
/// is beyond all numbers, at the end that wins, or, where numbers win over it,
/// at the other one. Both ends stand for NaN again.
static Value reduceByOrder(ImplicitLocOpBuilder &b, Value value,
                           Operation *combiner,
                           gpu::AllReduceOperation reduction) {
  constexpr int64_t least = std::numeric_limits<int32_t>::min(),
                    most = std::numeric_limits<int32_t>::max();
  bool isLargest = isa<arith::MaximumFOp, arith::MinNumFOp>(combiner);
  Value isNaN =
      arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, value, value);
  Value bits = arith::BitcastOp::create(b, b.getI32Type(), value);
  Value key = arith::SelectOp::create(
      b, isNaN, constant(b, isLargest ? most : least), turnOrder(b, bits));
  Value first = gpu::SubgroupReduceOp::create(b, key, reduction,
                                              /*uniform=*/false);
  return arith::BitcastOp::create(b, value.getType(), turnOrder(b, first));
}

Value mlir::lathe::kernel::reduceInSubgroup(ImplicitLocOpBuilder &b,
                                            Value value, Operation *combiner) {
  gpu::AllReduceOperation reduction = *findReduction(combiner);
  if (isa<arith::MaximumFOp, arith::MaxNumFOp, arith::MinimumFOp,
          arith::MinNumFOp>(combiner))
    return reduceByOrder(b, value, combiner, reduction);
  return gpu::SubgroupReduceOp::create(b, value, reduction, /*uniform=*/false);
}
