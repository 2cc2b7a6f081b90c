//===- Parts.cpp - Parts of a tile that workgroups share ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/Parts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

Value Parts::writeIsShared(ImplicitLocOpBuilder &b, Value tiles) const {
  Value most = arith::ConstantIndexOp::create(b, mostGroups / 2);
  return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ule, tiles, most);
}

Value Parts::writeSplits(ImplicitLocOpBuilder &b, Value tiles,
                         Value splits) const {
  Value most = arith::ConstantIndexOp::create(b, mostGroups),
        one = arith::ConstantIndexOp::create(b, 1);
  Value some = b.createOrFold<arith::MaxUIOp>(tiles, one);
  Value room = b.createOrFold<arith::DivUIOp>(most, some);
  return b.createOrFold<arith::MaxUIOp>(
      b.createOrFold<arith::MinUIOp>(room, splits), one);
}
