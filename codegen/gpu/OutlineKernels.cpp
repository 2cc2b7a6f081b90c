//===- OutlineKernels.cpp - Makes kernels for a device of nests -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestPlan.h"
#include "codegen/Passes.h"
#include "codegen/gpu/Constants.h"
#include "codegen/gpu/KernelPlan.h"
#include "codegen/gpu/KernelWriter.h"
#include "codegen/gpu/Transfers.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

namespace {
struct OutlineKernelsPass
    : lathe::impl::OutlineKernelsBase<OutlineKernelsPass> {
  using OutlineKernelsBase::OutlineKernelsBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    kernels.clear();
    target.workgroupSize = workgroupSize;
    target.sharedBytes = sharedBytes;
    target.accumulators = accumulators;
    target.busyInvocations = busyInvocations;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function->hasAttr("lathe.entry"))
        continue;
      SmallVector<NestOp> nests;
      function.walk([&](NestOp nest) { nests.push_back(nest); });
      for (NestOp nest : nests)
        outline(nest, symbols);
    }
    // Without kernels there is no device.
    if (!kernels.empty())
      for (auto function : getOperation().getOps<func::FuncOp>())
        if (function->hasAttr("lathe.entry"))
          insertTransfers(function);
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
    KernelPlan plan = planKernel(nest, target);
    KernelPlan other = planKernel(nest, target, fewElements);
    auto writer = createKernelWriter(nest, plan, rewriter);
    LaunchOp launch = writeKernel(*writer, function, symbols);
    if (plan.str() != other.str()) {
      // Sizes choose between two kernels: the other one has no workgroups.
      auto otherWriter = createKernelWriter(nest, other, rewriter);
      LaunchOp otherLaunch = writeKernel(*otherWriter, function, symbols);
      chooseLaunch(writer->writeSuits(), launch, otherLaunch);
    }
    ++outlined;
    rewriter.eraseOp(nest);
  }

  LaunchOp writeKernel(KernelWriter &writer, func::FuncOp function,
                       SymbolTable &symbols) {
    gpu::GPUModuleOp made = writer.writeKernel(
        getOperation(), (function.getName() + "_kernel").str());
    return writer.writeLaunch(shareOrInsert(made, symbols),
                              function.getArguments().back());
  }

  /// Gives no workgroups to one of two launches: to the second if `first` is
  /// true.
  static void chooseLaunch(Value first, LaunchOp launch, LaunchOp other) {
    // What chooses is computed behind both.
    launch->moveAfter(first.getDefiningOp());
    other->moveAfter(launch);
    ImplicitLocOpBuilder b(launch.getLoc(), launch);
    Value none = arith::ConstantIndexOp::create(b, 0);
    launch.getGroupsMutable().assign(
        arith::SelectOp::create(b, first, launch.getGroups(), none));
    other.getGroupsMutable().assign(
        arith::SelectOp::create(b, first, none, other.getGroups()));
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
          functionOf(other).getKnownBlockSizeAttr() ==
              function.getKnownBlockSizeAttr() &&
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

  DeviceTarget target;
  /// The kernels made, by what they hold.
  llvm::DenseMap<size_t, SmallVector<gpu::GPUModuleOp>> kernels;
};
} // namespace
