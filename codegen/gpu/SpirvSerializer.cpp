//===- SpirvSerializer.cpp - Kernels into SPIR-V --------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/gpu/KernelSerializer.h"
#include "codegen/gpu/SpirvMatrices.h"
#include "mlir/Conversion/ArithToSPIRV/ArithToSPIRV.h"
#include "mlir/Conversion/FuncToSPIRV/FuncToSPIRV.h"
#include "mlir/Conversion/GPUToSPIRV/GPUToSPIRV.h"
#include "mlir/Conversion/MathToSPIRV/MathToSPIRV.h"
#include "mlir/Conversion/MemRefToSPIRV/MemRefToSPIRV.h"
#include "mlir/Conversion/MemRefToSPIRV/MemRefToSPIRVPass.h"
#include "mlir/Conversion/SCFToSPIRV/SCFToSPIRV.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVAttributes.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "mlir/Dialect/SPIRV/IR/TargetAndABI.h"
#include "mlir/Dialect/SPIRV/Transforms/Passes.h"
#include "mlir/Dialect/SPIRV/Transforms/SPIRVConversion.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/SPIRV/Serialization.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

/// What kernels may use: SPIR-V 1.3, which every device with Vulkan 1.1 takes,
/// and types and instructions that the runtime asks devices for.
/// Cooperative matrices ask for SPIR-V 1.6 and Vulkan 1.3.
static spirv::TargetEnvAttr makeEnvironment(MLIRContext *context,
                                            bool hasMatrices) {
  using spirv::Capability;
  using spirv::Extension;
  SmallVector<Capability> capabilities = {
      Capability::Shader,
      Capability::Int8,
      Capability::Int16,
      Capability::Int64,
      Capability::Float16,
      Capability::Float64,
      Capability::StorageBuffer8BitAccess,
      Capability::StorageBuffer16BitAccess,
      Capability::GroupNonUniformArithmetic};
  SmallVector<Extension> extensions = {
      Extension::SPV_KHR_storage_buffer_storage_class,
      Extension::SPV_KHR_8bit_storage, Extension::SPV_KHR_16bit_storage};
  if (hasMatrices) {
    capabilities.append({Capability::VulkanMemoryModel,
                         Capability::CooperativeMatrixKHR,
                         Capability::BFloat16TypeKHR,
                         Capability::BFloat16CooperativeMatrixKHR});
    extensions.append({Extension::SPV_KHR_vulkan_memory_model,
                       Extension::SPV_KHR_cooperative_matrix,
                       Extension::SPV_KHR_bfloat16});
  }
  auto triple = spirv::VerCapExtAttr::get(hasMatrices ? spirv::Version::V_1_6
                                                      : spirv::Version::V_1_3,
                                          capabilities, extensions, context);
  return spirv::TargetEnvAttr::get(
      triple, spirv::getDefaultResourceLimits(context),
      spirv::ClientAPI::Vulkan, spirv::Vendor::Unknown,
      spirv::DeviceType::Unknown, spirv::TargetEnvAttr::kUnknownDeviceID);
}

namespace {
/// A kernel is a SPIR-V module of its own: a driver reads the whole module for
/// each pipeline, and what a device lacks can be said of one kernel.
class SpirvSerializer : public KernelSerializer {
public:
  explicit SpirvSerializer(MLIRContext *context) : context(context) {}

  FailureOr<std::string> serialize(ModuleOp module, gpu::GPUFuncOp function,
                                   const KernelUse &) override {
    bool matrices = hasMatrices(function);
    environment = makeEnvironment(context, matrices);
    module->setAttr(spirv::getTargetEnvAttrName(), environment);
    function->getParentOp()->setAttr(spirv::getTargetEnvAttrName(),
                                     environment);
    int32_t size =
        function.getKnownBlockSize() ? (*function.getKnownBlockSize())[0] : 1;
    function->setAttr(spirv::getEntryPointABIAttrName(),
                      spirv::getEntryPointABIAttr(context, {size, 1, 1}));
    allocateShared(function);
    if (failed(simplifyKernel(module, /*expandBf16=*/true)) ||
        failed(guardLoops(module)) || failed(convert(module)))
      return failure();
    forbidContraction(module);
    relaxReports(module);
    if (matrices)
      useVulkanMemoryModel(*module.getOps<spirv::ModuleOp>().begin());
    if (failed(completeModule(module)))
      return failure();
    completeCapabilities(*module.getOps<spirv::ModuleOp>().begin());
    SmallVector<uint32_t> words;
    if (failed(
            spirv::serialize(*module.getOps<spirv::ModuleOp>().begin(), words)))
      return failure();
    return std::string(reinterpret_cast<const char *>(words.data()),
                       4 * words.size());
  }

private:
  /// Memory of the workgroup has to be allocations in a numbered space, which
  /// become variables of the module.
  static void allocateShared(gpu::GPUFuncOp function) {
    constexpr int64_t workgroupSpace = 3;
    OpBuilder b(function.getBody());
    unsigned inputs = function.getFunctionType().getNumInputs();
    for (BlockArgument shared :
         llvm::to_vector(function.getWorkgroupAttributions())) {
      auto type = MemRefType::Builder(cast<MemRefType>(shared.getType()))
                      .setMemorySpace(b.getI64IntegerAttr(workgroupSpace));
      Value allocated =
          memref::AllocOp::create(b, shared.getLoc(), MemRefType(type));
      shared.replaceAllUsesWith(allocated);
    }
    Block &entry = function.getBody().front();
    entry.eraseArguments(inputs, entry.getNumArguments() - inputs);
    function->removeAttr(gpu::GPUFuncOp::getNumWorkgroupAttributionsAttrName());
  }

  LogicalResult guardLoops(ModuleOp module) {
    PassManager pm(context);
    pm.addPass(createGuardLoops());
    return pm.run(module);
  }

  LogicalResult convert(ModuleOp module) {
    spirv::MemorySpaceToStorageClassConverter spaces(
        spirv::mapMemorySpaceToVulkanStorageClass);
    spirv::convertMemRefTypesAndAttrs(module, spaces);
    SPIRVTypeConverter types(environment);
    std::unique_ptr<ConversionTarget> target =
        SPIRVConversionTarget::get(environment);
    target->addLegalOp<ModuleOp>();
    RewritePatternSet patterns(context);
    ScfToSPIRVContext loops;
    populateGPUToSPIRVPatterns(types, patterns);
    arith::populateArithToSPIRVPatterns(types, patterns);
    populateMathToSPIRVPatterns(types, patterns);
    populateMemRefToSPIRVPatterns(types, patterns);
    populateSCFToSPIRVPatterns(types, loops, patterns);
    populateFuncToSPIRVPatterns(types, patterns);
    populateMatrixPatterns(types, patterns);
    return applyFullConversion(module, *target, std::move(patterns));
  }

  /// Compilers of drivers may fuse and reorder all that does not say no.
  static void forbidContraction(ModuleOp module) {
    module.walk([](Operation *op) {
      if (isa<spirv::FAddOp, spirv::FSubOp, spirv::FMulOp, spirv::FDivOp>(op))
        op->setAttr("no_contraction", UnitAttr::get(op->getContext()));
    });
  }

  /// Which invocation reports an index first, atomic operations tell without
  /// ordering other accesses. MLIR says of them that they do, and of which
  /// memory it does not, which SPIR-V has no meaning for.
  static void relaxReports(ModuleOp module) {
    module.walk([](spirv::AtomicOrOp report) {
      report.setSemantics(spirv::MemorySemantics::None);
    });
  }

  LogicalResult completeModule(ModuleOp module) {
    PassManager pm(context);
    auto &kernels = pm.nest<spirv::ModuleOp>();
    kernels.addPass(spirv::createSPIRVLowerABIAttributesPass());
    kernels.addPass(spirv::createSPIRVUpdateVCEPass());
    return pm.run(module);
  }

  MLIRContext *context;
  spirv::TargetEnvAttr environment; ///< Of the present kernel.
};
} // namespace

std::unique_ptr<KernelSerializer>
mlir::lathe::kernel::createSpirvSerializer(MLIRContext *context) {
  return std::make_unique<SpirvSerializer>(context);
}
