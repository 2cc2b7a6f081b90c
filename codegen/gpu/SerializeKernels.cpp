//===- SerializeKernels.cpp - Kernels for a device into SPIR-V ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/gpu/KernelMath.h"
#include "mlir/Conversion/ArithToSPIRV/ArithToSPIRV.h"
#include "mlir/Conversion/FuncToSPIRV/FuncToSPIRV.h"
#include "mlir/Conversion/GPUToSPIRV/GPUToSPIRV.h"
#include "mlir/Conversion/MathToSPIRV/MathToSPIRV.h"
#include "mlir/Conversion/MemRefToSPIRV/MemRefToSPIRV.h"
#include "mlir/Conversion/MemRefToSPIRV/MemRefToSPIRVPass.h"
#include "mlir/Conversion/SCFToSPIRV/SCFToSPIRV.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVAttributes.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "mlir/Dialect/SPIRV/IR/TargetAndABI.h"
#include "mlir/Dialect/SPIRV/Transforms/Passes.h"
#include "mlir/Dialect/SPIRV/Transforms/SPIRVConversion.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/SPIRV/Serialization.h"
#include "mlir/Transforms/Passes.h"
#include "runtime/abi.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_SERIALIZEKERNELS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

/// What kernels may use: SPIR-V 1.3, which every device with Vulkan 1.1 takes,
/// and types that the runtime asks devices for.
static spirv::TargetEnvAttr makeEnvironment(MLIRContext *context) {
  using spirv::Capability;
  using spirv::Extension;
  auto triple = spirv::VerCapExtAttr::get(
      spirv::Version::V_1_3,
      {Capability::Shader, Capability::Int8, Capability::Int16,
       Capability::Int64, Capability::Float16, Capability::Float64,
       Capability::StorageBuffer8BitAccess,
       Capability::StorageBuffer16BitAccess},
      {Extension::SPV_KHR_storage_buffer_storage_class,
       Extension::SPV_KHR_8bit_storage, Extension::SPV_KHR_16bit_storage},
      context);
  return spirv::TargetEnvAttr::get(
      triple, spirv::getDefaultResourceLimits(context),
      spirv::ClientAPI::Vulkan, spirv::Vendor::Unknown,
      spirv::DeviceType::Unknown, spirv::TargetEnvAttr::kUnknownDeviceID);
}

namespace {
struct SerializeKernelsPass
    : lathe::impl::SerializeKernelsBase<SerializeKernelsPass> {
  using SerializeKernelsBase::SerializeKernelsBase;

  void runOnOperation() override {
    llvm::StringMap<int64_t> scalars;
    getOperation().walk([&](kernel::LaunchOp launch) {
      scalars[launch.getKernel()] = launch.getScalars().size();
    });
    SmallVector<gpu::GPUModuleOp> kernels(
        getOperation().getOps<gpu::GPUModuleOp>());
    for (gpu::GPUModuleOp kernel : kernels)
      if (failed(serialize(kernel, scalars.lookup(kernel.getName()))))
        return signalPassFailure();
  }

  void getDependentDialects(DialectRegistry &registry) const override {
    SerializeKernelsBase::getDependentDialects(registry);
    createApproximateMath()->getDependentDialects(registry);
  }

private:
  /// A module of the kernel alone, with what says how to convert it.
  OwningOpRef<ModuleOp> isolate(gpu::GPUModuleOp kernel) {
    OwningOpRef<ModuleOp> module = ModuleOp::create(kernel.getLoc());
    OpBuilder b = OpBuilder::atBlockBegin(module->getBody());
    auto copy = cast<gpu::GPUModuleOp>(b.clone(*kernel));
    spirv::TargetEnvAttr environment = makeEnvironment(&getContext());
    module->getOperation()->setAttr(spirv::getTargetEnvAttrName(), environment);
    copy->setAttr(spirv::getTargetEnvAttrName(), environment);
    auto size = static_cast<int32_t>(workgroupSize);
    for (auto function : copy.getOps<gpu::GPUFuncOp>())
      function->setAttr(
          spirv::getEntryPointABIAttrName(),
          spirv::getEntryPointABIAttr(&getContext(), {size, 1, 1}));
    return module;
  }

  /// Makes kernels of what SPIR-V has, apart from its own dialect.
  LogicalResult simplify(ModuleOp module) {
    kernel::expandPowersOfTwo(module);
    PassManager pm(&getContext());
    auto &functions = pm.nest<gpu::GPUModuleOp>().nest<gpu::GPUFuncOp>();
    functions.addPass(createApproximateMath());
    arith::ArithExpandOpsPassOptions expand;
    expand.includeBf16 = true;
    functions.addPass(arith::createArithExpandOpsPass(expand));
    functions.addPass(createCanonicalizerPass());
    functions.addPass(createCSEPass());
    functions.addPass(createLoopInvariantCodeMotionPass());
    return pm.run(module);
  }

  LogicalResult convert(ModuleOp module, spirv::TargetEnvAttr environment) {
    spirv::MemorySpaceToStorageClassConverter spaces(
        spirv::mapMemorySpaceToVulkanStorageClass);
    spirv::convertMemRefTypesAndAttrs(module, spaces);
    SPIRVTypeConverter types(environment);
    populateMMAToSPIRVCoopMatrixTypeConversion(types);
    std::unique_ptr<ConversionTarget> target =
        SPIRVConversionTarget::get(environment);
    target->addLegalOp<ModuleOp>();
    RewritePatternSet patterns(&getContext());
    ScfToSPIRVContext loops;
    populateGPUToSPIRVPatterns(types, patterns);
    arith::populateArithToSPIRVPatterns(types, patterns);
    populateMathToSPIRVPatterns(types, patterns);
    populateMemRefToSPIRVPatterns(types, patterns);
    populateSCFToSPIRVPatterns(types, loops, patterns);
    populateFuncToSPIRVPatterns(types, patterns);
    return applyFullConversion(module, *target, std::move(patterns));
  }

  /// Compilers of drivers may fuse and reorder all that does not say no.
  static void forbidContraction(ModuleOp module) {
    module.walk([](Operation *op) {
      if (isa<spirv::FAddOp, spirv::FSubOp, spirv::FMulOp, spirv::FDivOp>(op))
        op->setAttr("no_contraction", UnitAttr::get(op->getContext()));
    });
  }

  LogicalResult finish(ModuleOp module) {
    PassManager pm(&getContext());
    auto &kernels = pm.nest<spirv::ModuleOp>();
    kernels.addPass(spirv::createSPIRVLowerABIAttributesPass());
    kernels.addPass(spirv::createSPIRVUpdateVCEPass());
    return pm.run(module);
  }

  LogicalResult translate(ModuleOp module, SmallVectorImpl<uint32_t> &words) {
    if (failed(simplify(module)))
      return failure();
    kernel::contractSums(module);
    if (failed(convert(module, makeEnvironment(&getContext()))))
      return failure();
    forbidContraction(module);
    if (failed(finish(module)))
      return failure();
    return spirv::serialize(*module.getOps<spirv::ModuleOp>().begin(), words);
  }

  LogicalResult serialize(gpu::GPUModuleOp kernel, int64_t scalars) {
    OwningOpRef<ModuleOp> module = isolate(kernel);
    auto function = *kernel.getOps<gpu::GPUFuncOp>().begin();
    SmallVector<uint32_t> words;
    std::string reason;
    LogicalResult translated = [&] {
      // Users see their spec: what MLIR says of its ops becomes the reason.
      ScopedDiagnosticHandler handler(&getContext(), [&](Diagnostic &said) {
        if (said.getSeverity() == DiagnosticSeverity::Error && reason.empty())
          reason = ": " + said.str();
        return success();
      });
      return translate(*module, words);
    }();
    if (failed(translated))
      return emitError(function.getLoc())
             << "this op cannot be computed on a Vulkan device" << reason
             << "; compile for the processor";
    OpBuilder b(kernel);
    StringRef bytes(reinterpret_cast<const char *>(words.data()),
                    4 * words.size());
    kernel::BinaryOp::create(b, kernel.getLoc(), kernel.getName(), bytes,
                             function.getNumArguments() - 1, scalars);
    kernel.erase();
    return success();
  }
};
} // namespace
