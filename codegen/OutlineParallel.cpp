//===- OutlineParallel.cpp - Moves the bodies of parallel loops into functions
//===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_OUTLINEPARALLEL
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

namespace {
struct OutlineParallelPass
    : lathe::impl::OutlineParallelBase<OutlineParallelPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<kernel::ParallelOp> loops;
    getOperation().walk([&](kernel::ParallelOp op) { loops.push_back(op); });
    for (kernel::ParallelOp loop : loops)
      outline(loop, symbols);
  }

private:
  void outline(kernel::ParallelOp loop, SymbolTable &symbols) {
    auto parent = loop->getParentOfType<func::FuncOp>();
    Location location = loop.getLoc();
    OpBuilder b(loop);
    // Constants are cheaper to remake than to pass.
    llvm::SetVector<Value> captures;
    getUsedValuesDefinedAbove(loop.getBody(), captures);
    SmallVector<Value> constants, passed;
    for (Value value : captures)
      (value.getDefiningOp<arith::ConstantOp>() ? constants : passed)
          .push_back(value);
    Value context = parent.getArguments().back();
    if (!llvm::is_contained(passed, context))
      passed.push_back(context);

    SmallVector<Type> types = {b.getIndexType(), b.getIndexType()};
    llvm::append_range(types, ValueRange(passed).getTypes());
    auto body =
        func::FuncOp::create(location, (parent.getName() + "_parallel").str(),
                             b.getFunctionType(types, {}));
    body.setPrivate();
    symbols.insert(body, getOperation().getBody()->end());
    Block *entry = body.addEntryBlock();
    b.setInsertionPointToStart(entry);
    IRMapping mapping;
    for (auto [i, value] : llvm::enumerate(passed))
      mapping.map(value, entry->getArgument(2 + i));
    for (Value value : constants)
      mapping.map(value, b.clone(*value.getDefiningOp())->getResult(0));
    Value one = arith::ConstantIndexOp::create(b, location, 1);
    auto each = scf::ForOp::create(b, location, entry->getArgument(0),
                                   entry->getArgument(1), one);
    func::ReturnOp::create(b, location);
    mapping.map(loop.getBody().getArgument(0), each.getInductionVar());
    b.setInsertionPointToStart(each.getBody());
    for (Operation &op : loop.getBody().front().without_terminator())
      b.clone(op, mapping);

    b.setInsertionPoint(loop);
    kernel::DispatchOp::create(
        b, location, FlatSymbolRefAttr::get(body.getSymNameAttr()), context,
        loop.getCount(), loop.getGrain(), passed);
    loop.erase();
  }
};
} // namespace
