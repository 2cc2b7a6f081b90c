//===- SpirvMatrices.cpp - Cooperative matrices in SPIR-V -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/SpirvMatrices.h"
#include "codegen/KernelDialect.h"

using namespace mlir;
using namespace mlir::lathe::kernel;

bool mlir::lathe::kernel::hasMatrices(gpu::GPUFuncOp kernel) {
  return kernel
      .walk([](spirv::KHRCooperativeMatrixMulAddOp) {
        return WalkResult::interrupt();
      })
      .wasInterrupted();
}

//===----------------------------------------------------------------------===//
// Loads and stores
//===----------------------------------------------------------------------===//

template <typename Op>
static Value makePointer(const TypeConverter *types, Op op,
                         typename Op::Adaptor adaptor,
                         ConversionPatternRewriter &rewriter) {
  return spirv::getElementPtr(*static_cast<const SPIRVTypeConverter *>(types),
                              cast<MemRefType>(op.getArray().getType()),
                              adaptor.getArray(), adaptor.getPlace(),
                              op.getLoc(), rewriter);
}

template <typename Op>
static spirv::ConstantOp makePitch(Op op, ConversionPatternRewriter &rewriter) {
  return spirv::ConstantOp::create(
      rewriter, op.getLoc(), rewriter.getI32Type(),
      rewriter.getI32IntegerAttr(static_cast<int32_t>(op.getPitch())));
}

namespace {
struct LoadPattern : OpConversionPattern<LoadMatrixOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(LoadMatrixOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Value pointer = makePointer(getTypeConverter(), op, adaptor, rewriter);
    rewriter.replaceOpWithNewOp<spirv::KHRCooperativeMatrixLoadOp>(
        op, op.getMatrix().getType(), pointer, makePitch(op, rewriter),
        op.getTransposed() ? spirv::CooperativeMatrixLayoutKHR::ColumnMajor
                           : spirv::CooperativeMatrixLayoutKHR::RowMajor);
    return success();
  }
};

struct StorePattern : OpConversionPattern<StoreMatrixOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(StoreMatrixOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Value pointer = makePointer(getTypeConverter(), op, adaptor, rewriter);
    rewriter.replaceOpWithNewOp<spirv::KHRCooperativeMatrixStoreOp>(
        op, pointer, adaptor.getMatrix(), makePitch(op, rewriter),
        spirv::CooperativeMatrixLayoutKHR::RowMajor);
    return success();
  }
};
} // namespace

void mlir::lathe::kernel::populateMatrixPatterns(SPIRVTypeConverter &types,
                                                 RewritePatternSet &patterns) {
  patterns.add<LoadPattern, StorePattern>(types, patterns.getContext());
}

//===----------------------------------------------------------------------===//
// The memory model
//===----------------------------------------------------------------------===//

static bool isShared(Value pointer) {
  return cast<spirv::PointerType>(pointer.getType()).getStorageClass() ==
         spirv::StorageClass::Workgroup;
}

void mlir::lathe::kernel::useVulkanMemoryModel(spirv::ModuleOp module) {
  Builder b(module.getContext());
  module.setMemoryModel(spirv::MemoryModel::Vulkan);
  auto seen = spirv::MemoryAccessAttr::get(
      b.getContext(), spirv::MemoryAccess::NonPrivatePointer);
  module.walk([&](Operation *op) {
    if (auto load = dyn_cast<spirv::LoadOp>(op);
        load && isShared(load.getPtr()))
      load.setMemoryAccessAttr(seen);
    if (auto store = dyn_cast<spirv::StoreOp>(op);
        store && isShared(store.getPtr()))
      store.setMemoryAccessAttr(seen);
    if (auto load = dyn_cast<spirv::KHRCooperativeMatrixLoadOp>(op))
      load.setMemoryOperandAttr(seen);
    if (auto store = dyn_cast<spirv::KHRCooperativeMatrixStoreOp>(op))
      store.setMemoryOperandAttr(seen);
    if (auto barrier = dyn_cast<spirv::ControlBarrierOp>(op))
      barrier.setMemorySemantics(barrier.getMemorySemantics() |
                                 spirv::MemorySemantics::MakeAvailable |
                                 spirv::MemorySemantics::MakeVisible);
    // The scope of the device wants another capability, and all invocations of
    // a launch are of one queue.
    if (auto report = dyn_cast<spirv::AtomicOrOp>(op))
      report.setMemoryScope(spirv::Scope::QueueFamily);
  });
}

void mlir::lathe::kernel::completeCapabilities(spirv::ModuleOp module) {
  using spirv::Capability;
  spirv::VerCapExtAttr triple = *module.getVceTriple();
  SetVector<Capability> capabilities(llvm::from_range,
                                     triple.getCapabilities());
  for (auto variable : module.getOps<spirv::GlobalVariableOp>())
    if (variable.getBuiltIn() && variable.getBuiltIn()->contains("Subgroup"))
      capabilities.insert(Capability::GroupNonUniform);
  module.walk([&](spirv::KHRCooperativeMatrixLoadOp load) {
    auto type = cast<spirv::CooperativeMatrixType>(load.getType());
    if (type.getElementType().isBF16())
      capabilities.insert(Capability::BFloat16CooperativeMatrixKHR);
  });
  module.setVceTripleAttr(spirv::VerCapExtAttr::get(
      triple.getVersion(), capabilities.getArrayRef(),
      llvm::to_vector(triple.getExtensions()), module.getContext()));
}
