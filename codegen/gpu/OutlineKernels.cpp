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
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
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
    target.sharedWords = sharedWords;
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
    auto plans = llvm::map_to_vector<4>(
        ArrayRef(plannedElements),
        [&](int64_t elements) { return planKernel(nest, target, elements); });
    Writers writers;
    writers.addEach(plans, [&](const KernelPlan &plan) {
      return createKernelWriter(nest, plan, rewriter);
    });
    outline(nest, writers, symbols);
  }

  void outline(AttentionOp op, SymbolTable &symbols) {
    if (!findObstacle(op->getOperands(), lacks).empty()) {
      ++host;
      return;
    }
    OpBuilder b(op);
    // Of however many queries, a workgroup has as many rows.
    AttentionPlan many = planAttention(op, target, manyElements);
    AttentionPlan few = planAttention(op, target, fewElements);
    Writers writers;
    writers.add(createAttentionWriter(op, few, b), fewElements);
    writers.add(createAttentionWriter(op, many, b), manyElements);
    if (op.getInitPartial()) {
      writers.parts = createPartsWriter(op, few, b);
      writers.combination = createCombinationWriter(op, few, b);
    }
    outline(op, writers, symbols,
            [&](ImplicitLocOpBuilder &b) { return writeIsSplit(op, few, b); });
  }

  void outline(DotProductOp op, SymbolTable &symbols) {
    OpBuilder b(op);
    auto plans = llvm::map_to_vector<4>(
        ArrayRef(plannedElements),
        [&](int64_t elements) { return planDotProduct(op, target, elements); });
    Writers writers;
    writers.addEach(plans, [&](const DotProductPlan &plan) {
      return createDotProductWriter(op, plan, b);
    });
    const DotProductPlan &few = plans.front();
    if (op.getInitPartial()) {
      writers.parts = createPartsWriter(op, few, b);
      writers.combination = createTotalsWriter(op, few, b);
    }
    outline(op, writers, symbols,
            [&](ImplicitLocOpBuilder &b) { return writeIsSplit(op, few, b); });
  }

  /// The kernels of an op, from that for the fewest elements on; of these few,
  /// workgroups may compute parts, which another kernel combines.
  struct Writers {
    struct Whole {
      std::unique_ptr<KernelFrame> writer;
      int64_t elements; ///< What a dynamic dimension was planned to have.
    };
    std::vector<Whole> whole;
    std::unique_ptr<KernelFrame> parts, combination;

    /// Adds a kernel unless it is the one before.
    void add(std::unique_ptr<KernelFrame> writer, int64_t elements) {
      if (whole.empty() || whole.back().writer->getPlan() != writer->getPlan())
        whole.push_back({std::move(writer), elements});
    }
    /// Adds those of the plans for `plannedElements`, which must outlive them.
    template <typename Plans, typename Create>
    void addEach(const Plans &plans, Create create) {
      for (auto [plan, elements] : llvm::zip_equal(plans, plannedElements))
        add(create(plan), elements);
    }
  };

  /// Makes those kernels that sizes may choose.
  void outline(Operation *op, Writers &writers, SymbolTable &symbols,
               function_ref<Value(ImplicitLocOpBuilder &)> writeIsSplit = {}) {
    ImplicitLocOpBuilder b(op->getLoc(), op);
    Value yes = arith::ConstantOp::create(b, b.getBoolAttr(true));
    Value isLeft = yes; // Whether no kernel was launched yet.
    auto both = [&](Value left, Value right) {
      return b.createOrFold<arith::AndIOp>(left, right);
    };
    auto leave = [&](Value taken) {
      isLeft = both(isLeft, b.createOrFold<arith::XOrIOp>(taken, yes));
    };
    for (auto &[writer, elements] :
         llvm::reverse(ArrayRef(writers.whole).drop_front())) {
      Value suits = writer->writeSuits(elements);
      launchIf(both(isLeft, suits), *writer, op, symbols);
      leave(suits);
    }
    if (writers.parts) {
      Value isSplit = writeIsSplit(b);
      launchIf(both(isLeft, isSplit), *writers.parts, op, symbols);
      launchIf(both(isLeft, isSplit), *writers.combination, op, symbols);
      leave(isSplit);
    }
    launchIf(isLeft, *writers.whole.front().writer, op, symbols);
    ++outlined;
    op->erase();
  }

  /// Launches a kernel of an op where a condition of the host's holds: without,
  /// it has no workgroups.
  void launchIf(Value condition, KernelFrame &writer, Operation *op,
                SymbolTable &symbols) {
    if (matchPattern(condition, m_Zero()))
      return;
    LaunchOp launch =
        writeKernel(writer, op->getParentOfType<func::FuncOp>(), symbols);
    if (matchPattern(condition, m_One()))
      return;
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

  LaunchOp writeKernel(KernelFrame &writer, func::FuncOp function,
                       SymbolTable &symbols) {
    gpu::GPUModuleOp made = writer.writeKernel(
        getOperation(), (function.getName() + "_kernel").str());
    return writer.writeLaunch(shareOrInsert(made, symbols),
                              function.getArguments().back());
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
