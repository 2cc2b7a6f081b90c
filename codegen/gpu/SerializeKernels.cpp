//===- SerializeKernels.cpp - Kernels for a device into its code ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/gpu/KernelMath.h"
#include "codegen/gpu/KernelSerializer.h"
#include "dialect/Shape.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace mlir::lathe {
#define GEN_PASS_DEF_SERIALIZEKERNELS
#include "codegen/Passes.h.inc"
} // namespace mlir::lathe

using namespace mlir;
using namespace mlir::lathe;

LogicalResult mlir::lathe::kernel::simplifyKernel(ModuleOp module,
                                                  bool expandBf16) {
  expandPowersOfTwo(module);
  PassManager pm(module.getContext());
  auto &functions = pm.nest<gpu::GPUModuleOp>().nest<gpu::GPUFuncOp>();
  functions.addPass(createApproximateMath());
  arith::ArithExpandOpsPassOptions expand;
  expand.includeBf16 = expandBf16;
  functions.addPass(arith::createArithExpandOpsPass(expand));
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createLoopInvariantCodeMotionPass());
  if (failed(pm.run(module)))
    return failure();
  contractSums(module);
  return success();
}

namespace {
struct SerializeKernelsPass
    : lathe::impl::SerializeKernelsBase<SerializeKernelsPass> {
  using SerializeKernelsBase::SerializeKernelsBase;

  void runOnOperation() override {
    SmallVector<gpu::GPUModuleOp> kernels(
        getOperation().getOps<gpu::GPUModuleOp>());
    if (kernels.empty())
      return;
    std::optional<DeviceTarget> device = findDevice(kernels.front());
    if (!device)
      return signalPassFailure();
    std::unique_ptr<kernel::KernelSerializer> serializer =
        device->kind == DeviceKind::cuda
            ? kernel::createPtxSerializer(*device, &getContext())
            : kernel::createSpirvSerializer(&getContext());
    ArrayAttr targets = kernels.front().getTargetsAttr();
    llvm::StringMap<kernel::KernelUse> uses =
        kernel::findKernelUses(getOperation(), device->startsEarly);
    for (gpu::GPUModuleOp kernel : kernels)
      if (failed(
              serialize(kernel, uses[kernel.getName()], *device, *serializer)))
        return signalPassFailure();
    if (failed(writeImage(*serializer, targets)))
      signalPassFailure();
  }

  void getDependentDialects(DialectRegistry &registry) const override {
    SerializeKernelsBase::getDependentDialects(registry);
    createApproximateMath()->getDependentDialects(registry);
    registry
        .insert<cf::ControlFlowDialect, LLVM::LLVMDialect, NVVM::NVVMDialect>();
  }

private:
  /// What the kernels are for: CUDA devices where they have NVVM's target, as
  /// nvvm-attach-target gives it to them.
  std::optional<DeviceTarget> findDevice(gpu::GPUModuleOp kernel) {
    std::string spelling = "vulkan", error;
    if (ArrayAttr targets = kernel.getTargetsAttr())
      if (auto target = dyn_cast<NVVM::NVVMTargetAttr>(targets[0]))
        spelling = ("cuda:" + target.getChip()).str();
    std::optional<DeviceTarget> device = resolveDevice(spelling, error);
    if (!device)
      kernel.emitError(error);
    return device;
  }

  /// A module of the kernel alone.
  static OwningOpRef<ModuleOp> isolate(gpu::GPUModuleOp kernel) {
    OwningOpRef<ModuleOp> module = ModuleOp::create(kernel.getLoc());
    OpBuilder b = OpBuilder::atBlockBegin(module->getBody());
    b.clone(*kernel);
    return module;
  }

  static gpu::GPUFuncOp functionOf(gpu::GPUModuleOp kernel) {
    return *kernel.getOps<gpu::GPUFuncOp>().begin();
  }

  static int32_t getWorkgroupSize(gpu::GPUFuncOp function) {
    return function.getKnownBlockSize() ? (*function.getKnownBlockSize())[0]
                                        : 1;
  }

  static int64_t countShared(gpu::GPUFuncOp function) {
    int64_t bytes = 0;
    for (BlockArgument shared : function.getWorkgroupAttributions()) {
      auto type = cast<MemRefType>(shared.getType());
      bytes += type.getNumElements() * getElementBytes(type.getElementType());
    }
    return bytes;
  }

  LogicalResult serialize(gpu::GPUModuleOp kernel, const kernel::KernelUse &use,
                          const DeviceTarget &device,
                          kernel::KernelSerializer &serializer) {
    OwningOpRef<ModuleOp> module = isolate(kernel);
    gpu::GPUFuncOp function = functionOf(kernel);
    std::string reason;
    FailureOr<std::string> code = [&] {
      // Users see their spec: what MLIR says of its ops becomes the reason.
      ScopedDiagnosticHandler handler(&getContext(), [&](Diagnostic &said) {
        if (said.getSeverity() == DiagnosticSeverity::Error && reason.empty())
          reason = ": " + said.str();
        return success();
      });
      auto copy = *module->getOps<gpu::GPUModuleOp>().begin();
      return serializer.serialize(*module, functionOf(copy), use);
    }();
    if (failed(code))
      return emitError(function.getLoc())
             << "this op cannot be computed on a " << device.getName()
             << " device" << reason << "; compile for the processor";
    OpBuilder b(kernel);
    kernel::BinaryOp::create(b, kernel.getLoc(), kernel.getName(), *code,
                             function.getNumArguments() - 1, use.scalars,
                             getWorkgroupSize(function), countShared(function));
    kernel.erase();
    return success();
  }

  LogicalResult writeImage(kernel::KernelSerializer &serializer,
                           ArrayAttr targets) {
    FailureOr<std::string> code = serializer.finish();
    if (failed(code))
      return failure();
    if (code->empty())
      return success();
    OpBuilder b = OpBuilder::atBlockEnd(getOperation().getBody());
    auto object = gpu::ObjectAttr::get(
        &getContext(), targets[0], gpu::CompilationTarget::Assembly,
        b.getStringAttr(*code), DictionaryAttr(), gpu::KernelTableAttr());
    gpu::BinaryOp::create(b, getOperation().getLoc(), kernel::imageName,
                          /*offloadingHandler=*/Attribute(),
                          ArrayRef<Attribute>(object));
    return success();
  }
};
} // namespace
