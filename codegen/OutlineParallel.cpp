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
    bodies.clear();
    SmallVector<kernel::ParallelOp> loops;
    getOperation().walk([&](kernel::ParallelOp op) { loops.push_back(op); });
    for (kernel::ParallelOp loop : loops)
      outline(loop, symbols);
  }

private:
  /// The layers of a network, and the experts of a layer, run the same loops on
  /// other memory: returns the function that is equal to `body`, which it then
  /// replaces, or `body` itself.
  func::FuncOp shareOrInsert(func::FuncOp body, SymbolTable &symbols) {
    llvm::hash_code hash = llvm::hash_combine(body.getFunctionType());
    body.walk([&](Operation *op) {
      hash = llvm::hash_combine(hash, op->getName(), op->getAttrDictionary(),
                                llvm::hash_combine_range(op->getResultTypes()));
    });
    SmallVector<func::FuncOp> &alike = bodies[static_cast<size_t>(hash)];
    for (func::FuncOp other : alike)
      if (other.getFunctionType() == body.getFunctionType() &&
          OperationEquivalence::isRegionEquivalentTo(
              &other.getBody(), &body.getBody(),
              OperationEquivalence::IgnoreLocations)) {
        body.erase();
        ++shared;
        return other;
      }
    alike.push_back(body);
    symbols.insert(body, getOperation().getBody()->end());
    return body;
  }

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
    Block *entry = body.addEntryBlock();
    b.setInsertionPointToStart(entry);
    IRMapping mapping;
    for (auto [i, value] : llvm::enumerate(passed))
      mapping.map(value, entry->getArgument(2 + i));
    for (Value value : constants)
      mapping.map(value, b.clone(*value.getDefiningOp())->getResult(0));
    // The stack must not grow with each iteration.
    auto isScratch = [](Operation &op) {
      auto scratch = dyn_cast<memref::AllocaOp>(op);
      return scratch && scratch.getOperands().empty();
    };
    for (Operation &op : loop.getBody().front())
      if (isScratch(op))
        b.clone(op, mapping);
    Value one = arith::ConstantIndexOp::create(b, location, 1);
    auto each = scf::ForOp::create(b, location, entry->getArgument(0),
                                   entry->getArgument(1), one);
    func::ReturnOp::create(b, location);
    mapping.map(loop.getBody().getArgument(0), each.getInductionVar());
    b.setInsertionPointToStart(each.getBody());
    for (Operation &op : loop.getBody().front().without_terminator())
      if (!isScratch(op))
        b.clone(op, mapping);

    body = shareOrInsert(body, symbols);
    b.setInsertionPoint(loop);
    kernel::DispatchOp::create(
        b, location, FlatSymbolRefAttr::get(body.getSymNameAttr()), context,
        loop.getCount(), loop.getGrain(), passed);
    loop.erase();
  }

  /// The functions made, by what they hold.
  llvm::DenseMap<size_t, SmallVector<func::FuncOp>> bodies;
};
} // namespace
