//===- OutlineKernels.cpp - Makes kernels for a device of nests -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/NestPlan.h"
#include "codegen/Passes.h"
#include "codegen/gpu/AttentionKernel.h"
#include "codegen/gpu/Constants.h"
#include "codegen/gpu/DotProductKernel.h"
#include "codegen/gpu/FilterKernel.h"
#include "codegen/gpu/KernelPlan.h"
#include "codegen/gpu/KernelWriter.h"
#include "codegen/gpu/Transfers.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"

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
    target.exchanges = exchanges;
    target.reducesSubgroups = reducesSubgroups;
    target.copiesAsync = copiesAsync;
    target.cooperates = cooperates;
    target.multiplied.assign(multiplied.begin(), multiplied.end());
    target.warpgroupBytes = warpgroupBytes;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function->hasAttr("lathe.entry"))
        continue;
      SmallVector<Operation *> ops;
      function.walk([&](Operation *op) {
        if (isa<NestOp, AttentionOp, kernel::FrequencyFilterOp, DotProductOp>(
                op))
          ops.push_back(op);
      });
      for (Operation *op : ops)
        TypeSwitch<Operation *>(op)
            .Case<NestOp, AttentionOp, kernel::FrequencyFilterOp, DotProductOp>(
                [&](auto op) { outline(op, symbols); });
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
    if (!findObstacle(nest, lacks).empty()) {
      ++host;
      return;
    }
    nest = normaliseNest(rewriter, nest);
    KernelPlan many = planKernel(nest, target);
    KernelPlan few = planKernel(nest, target, fewElements);
    outline(nest, *createKernelWriter(nest, many, rewriter),
            *createKernelWriter(nest, few, rewriter), symbols);
  }

  void outline(AttentionOp op, SymbolTable &symbols) {
    if (!findObstacle(op->getOperands(), lacks).empty()) {
      ++host;
      return;
    }
    OpBuilder b(op);
    AttentionPlan many = planAttention(op, target, manyElements);
    AttentionPlan few = planAttention(op, target, fewElements);
    Writers writers = {createAttentionWriter(op, many, b),
                       createAttentionWriter(op, few, b)};
    if (op.getInitPartial()) {
      writers.parts = createPartsWriter(op, few, b);
      writers.combination = createCombinationWriter(op, few, b);
    }
    outline(op, few, writers, symbols);
  }

  void outline(DotProductOp op, SymbolTable &symbols) {
    OpBuilder b(op);
    DotProductPlan many = planDotProduct(op, target, manyElements);
    DotProductPlan few = planDotProduct(op, target, fewElements);
    Writers writers = {createDotProductWriter(op, many, b),
                       createDotProductWriter(op, few, b)};
    if (op.getInitPartial()) {
      writers.parts = createPartsWriter(op, few, b);
      writers.combination = createTotalsWriter(op, few, b);
    }
    outline(op, few, writers, symbols);
  }

  /// The kernels of an op for many elements and for few; of few, workgroups may
  /// compute parts, which another kernel combines.
  struct Writers {
    std::unique_ptr<KernelFrame> many, few, parts = {}, combination = {};
  };

  /// Makes those kernels that sizes may choose.
  template <typename Op, typename Plan>
  void outline(Op op, const Plan &few, Writers &writers, SymbolTable &symbols) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    Value no = arith::ConstantOp::create(b, b.getBoolAttr(false));
    Value yes = arith::ConstantOp::create(b, b.getBoolAttr(true));
    bool isOne = writers.many->getPlan() == writers.few->getPlan();
    Value isMany = isOne ? no : writers.many->writeSuits();
    Value isFew = b.createOrFold<arith::XOrIOp>(isMany, yes);
    Value isSplit = writers.parts ? writeIsSplit(op, few, b) : no;
    Value isSingle = b.createOrFold<arith::AndIOp>(
        isFew, b.createOrFold<arith::XOrIOp>(isSplit, yes));
    isSplit = b.createOrFold<arith::AndIOp>(isFew, isSplit);
    launchIf(isMany, *writers.many, op, symbols);
    launchIf(isSingle, *writers.few, op, symbols);
    if (writers.parts) {
      launchIf(isSplit, *writers.parts, op, symbols);
      launchIf(isSplit, *writers.combination, op, symbols);
    }
    ++outlined;
    op.erase();
  }

  /// Launches a kernel of an op where a condition of the host's holds: without,
  /// it has no workgroups.
  void launchIf(Value condition, KernelFrame &writer, Operation *op,
                SymbolTable &symbols) {
    if (matchPattern(condition, m_Zero()))
      return;
    LaunchOp launch =
        writeKernel(writer, op->getParentOfType<func::FuncOp>(), symbols);
    ImplicitLocOpBuilder b(launch.getLoc(), launch);
    Value none = arith::ConstantIndexOp::create(b, 0);
    launch.getGroupsMutable().assign(
        b.createOrFold<arith::SelectOp>(condition, launch.getGroups(), none));
  }

  void outline(kernel::FrequencyFilterOp op, SymbolTable &symbols) {
    OpBuilder b(op);
    std::unique_ptr<KernelFrame> writer = createFilterWriter(op, target, b);
    if (!writer) {
      ++host;
      return;
    }
    auto function = op->getParentOfType<func::FuncOp>();
    bool hasRows = bool(op.getInitSpectrum());
    if (hasRows)
      writeKernel(*createLineWriter(op, /*isInverse=*/false, target, b),
                  function, symbols);
    writeKernel(*writer, function, symbols);
    if (hasRows)
      writeKernel(*createLineWriter(op, /*isInverse=*/true, target, b),
                  function, symbols);
    ++outlined;
    op.erase();
  }

  /// Makes a kernel of an op, or, where sizes are dynamic and a plan for few of
  /// them is another one, two of which sizes choose one.
  void outline(Operation *op, KernelFrame &many, KernelFrame &few,
               SymbolTable &symbols) {
    auto function = op->getParentOfType<func::FuncOp>();
    LaunchOp launch = writeKernel(many, function, symbols);
    if (many.getPlan() != few.getPlan()) {
      // The other one has no workgroups.
      LaunchOp other = writeKernel(few, function, symbols);
      chooseLaunch(many.writeSuits(), launch, other);
    }
    ++outlined;
    op->erase();
  }

  LaunchOp writeKernel(KernelFrame &writer, func::FuncOp function,
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
