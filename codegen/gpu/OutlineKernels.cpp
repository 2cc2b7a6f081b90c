//===- OutlineKernels.cpp - Makes kernels for a device of nests -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestPlan.h"
#include "codegen/Passes.h"
#include "codegen/gpu/Constants.h"
#include "codegen/gpu/KernelWriter.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// The buffer that a memref is a view of.
static Value rootOf(Value memref) {
  while (auto view = memref.getDefiningOp<ViewLikeOpInterface>())
    memref = view.getViewSource();
  return memref;
}

namespace {
struct OutlineKernelsPass
    : lathe::impl::OutlineKernelsBase<OutlineKernelsPass> {
  using OutlineKernelsBase::OutlineKernelsBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    kernels.clear();
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function->hasAttr("lathe.entry"))
        continue;
      SmallVector<NestOp> nests;
      function.walk([&](NestOp nest) { nests.push_back(nest); });
      for (NestOp nest : nests)
        outline(nest, symbols);
      insertWaits(function);
    }
    gatherConstants(getOperation());
  }

private:
  void outline(NestOp nest, SymbolTable &symbols) {
    IRRewriter rewriter(&getContext());
    auto function = nest->getParentOfType<func::FuncOp>();
    if (!findObstacle(nest, lacks).empty()) {
      ++host;
      return;
    }
    nest = normaliseNest(rewriter, nest);
    KernelWriter writer(nest, workgroupSize, rewriter);
    gpu::GPUModuleOp made = writer.writeKernel(
        getOperation(), (function.getName() + "_kernel").str());
    StringRef name = shareOrInsert(made, symbols);
    writer.writeLaunch(name, function.getArguments().back());
    ++outlined;
    rewriter.eraseOp(nest);
  }

  /// The layers of a network run the same kernels on other memory: returns the
  /// name of the kernel that is equal to `made`, which it then replaces, or of
  /// `made` itself.
  StringRef shareOrInsert(gpu::GPUModuleOp made, SymbolTable &symbols) {
    auto functionOf = [](gpu::GPUModuleOp kernels) {
      return *kernels.getOps<gpu::GPUFuncOp>().begin();
    };
    gpu::GPUFuncOp function = functionOf(made);
    llvm::hash_code hash = llvm::hash_combine(function.getFunctionType());
    function.getBody().walk([&](Operation *op) {
      hash = llvm::hash_combine(hash, op->getName(), op->getAttrDictionary(),
                                llvm::hash_combine_range(op->getResultTypes()));
    });
    SmallVector<gpu::GPUModuleOp> &alike = kernels[static_cast<size_t>(hash)];
    for (gpu::GPUModuleOp other : alike)
      if (functionOf(other).getFunctionType() == function.getFunctionType() &&
          OperationEquivalence::isRegionEquivalentTo(
              &functionOf(other).getBody(), &function.getBody(),
              OperationEquivalence::IgnoreLocations)) {
        made.erase();
        ++shared;
        return other.getName();
      }
    alike.push_back(made);
    made->remove();
    symbols.insert(made, getOperation().getBody()->end());
    function.setName(made.getName());
    return made.getName();
  }

  //===--- Waits ----------------------------------------------------------===//

  /// Whether the host reads or writes memory by the op itself, apart from what
  /// is in its regions.
  bool touchesMemory(Operation *op) const {
    if (isa<LaunchOp, WaitOp, EventOp, ReportIndexOp>(op) || isPure(op) ||
        op->hasTrait<OpTrait::IsTerminator>() ||
        op->hasTrait<OpTrait::HasRecursiveMemoryEffects>())
      return false;
    // Inputs are written before a run and never in it.
    auto load = dyn_cast<memref::LoadOp>(op);
    return !load || written.contains(rootOf(load.getMemRef()));
  }

  /// Whether the op is a launch or has one in its regions.
  static bool launches(Operation *op) {
    return op->walk([](LaunchOp) { return WalkResult::interrupt(); })
        .wasInterrupted();
  }

  /// Waits before the host touches memory, unless nothing was launched since
  /// the last wait in the same block.
  void insertWaits(Block &block, Value run) {
    bool launched = true;
    for (Operation &op : llvm::make_early_inc_range(block)) {
      launched |= launches(&op);
      if (launched && touchesMemory(&op)) {
        OpBuilder b(&op);
        WaitOp::create(b, op.getLoc(), run);
        launched = false;
      }
      if (isa<NestOp>(op))
        continue;
      for (Region &region : op.getRegions())
        for (Block &inner : region)
          insertWaits(inner, run);
    }
  }

  void insertWaits(func::FuncOp function) {
    written.clear();
    function.walk([&](LaunchOp launch) {
      written.insert(rootOf(launch.getBuffers().back()));
    });
    insertWaits(function.front(), function.getArguments().back());
  }

  /// The kernels made, by what they hold.
  llvm::DenseMap<size_t, SmallVector<gpu::GPUModuleOp>> kernels;
  /// Buffers that launches of the present function write.
  llvm::DenseSet<Value> written;
};
} // namespace
