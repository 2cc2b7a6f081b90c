//===- Pipelines.cpp - The five phases ------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Pipelines.h"
#include "codegen/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Affine/Transforms/Passes.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/FuncBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Linalg/Transforms/AllInterfaces.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/IR/TensorInferTypeOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace mlir::lathe;

/// In the order in which they run.
static constexpr StringRef optionalPasses[] = {
    "erase-dead",       "fold-masks",         "fold-norms",
    "group-experts",    "specialize-entries", "merge-adapters",
    "fuse-attention",   "fuse-spectral",      "winograd",
    "sink-transposes",  "sink-decoding",      "hoist-weight-math",
    "fuse-elementwise", "fuse-epilogues",     "pad-in-place",
    "fuse-tasks",       "fill-borders",       "fuse-bands",
    "split-floats",
};

ArrayRef<StringRef> lathe::getOptionalPasses() { return optionalPasses; }

bool PipelineOptions::isOn(StringRef pass) const {
  assert(llvm::is_contained(optionalPasses, pass) && "has no name for users");
  return optimise && !llvm::is_contained(without, pass);
}

void lathe::buildLeanPipeline(OpPassManager &pm,
                              const PipelineOptions &options) {
  // What is compared with takes no shortcut, for a mask or for a size.
  if (options.isOn("erase-dead"))
    pm.addPass(createEraseDead());
  if (options.isOn("fold-masks"))
    pm.addPass(createFoldMasks());
  // No shortcut: what is stored decides what is computed.
  QuantizeOptions quantize;
  quantize.byteDots = options.device ? options.device->multiplies("i8")
                                     : !options.target.byteDot.empty();
  quantize.bf16Dots = options.device ? options.device->multiplies("bf16")
                                     : !options.target.bf16Dot.empty();
  pm.addPass(createQuantize(quantize));
  if (options.isOn("fold-norms"))
    pm.addPass(createFoldNorms());
  if (options.isOn("group-experts"))
    pm.addPass(createGroupExperts());
  if (options.isOn("specialize-entries"))
    pm.addPass(createSpecializeEntries());
  if (options.isOn("merge-adapters")) {
    Machine machine = getMachine(options.target);
    MergeAdaptersOptions adapters;
    adapters.choice = options.adapters;
    adapters.vectorBytes = machine.vectorBytes;
    adapters.flopsPerSecond = machine.flops;
    adapters.bytesPerSecond = machine.bytes;
    pm.addPass(createMergeAdapters(adapters));
  }
  pm.addPass(createResolveWidths());
  if (options.isOn("fuse-attention"))
    pm.addNestedPass<func::FuncOp>(createFuseAttention());
  if (options.isOn("fuse-spectral")) {
    FuseSpectralOptions spectral;
    if (options.device) {
      spectral.sharedBytes = options.device->sharedBytes;
      spectral.mostLine = options.device->accumulators;
    }
    pm.addNestedPass<func::FuncOp>(createFuseSpectral(spectral));
  }
}

void lathe::buildTensorPipeline(OpPassManager &pm,
                                const PipelineOptions &options) {
  DecomposeOptions decomposition;
  decomposition.wholeRotations = bool(options.device);
  pm.addNestedPass<func::FuncOp>(createDecompose(decomposition));
  // What compositions are made of may be without effect, too.
  if (options.isOn("erase-dead"))
    pm.addPass(createEraseDead());
  LowerToLinalgOptions lowering;
  lowering.channelsLast = options.optimise;
  bool own = options.hasProcessorKernels();
  lowering.byteDots = own && !options.target.byteDot.empty();
  if (options.device) {
    lowering.byteDots = options.device->multiplies("i8");
    lowering.byteUnit = options.device->productBytes;
  }
  lowering.bf16Dots = own && !options.target.bf16Dot.empty();
  if (own && options.isOn("winograd")) {
    Machine machine = getMachine(options.target);
    lowering.winograd = machine.flops / machine.bytes;
  }
  pm.addPass(createLowerToLinalg(lowering));
  pm.addPass(createCSEPass());
  if (!options.optimise) {
    pm.addPass(createLayoutWeights());
    return;
  }
  if (options.isOn("sink-transposes"))
    pm.addNestedPass<func::FuncOp>(createSinkTransposes());
  if (options.isOn("sink-decoding"))
    pm.addNestedPass<func::FuncOp>(createSinkDecoding());
  if (options.isOn("hoist-weight-math"))
    pm.addPass(createHoistWeightMath());
  if (options.isOn("fuse-elementwise"))
    pm.addNestedPass<func::FuncOp>(createFuseElementwise());
  pm.addPass(createCSEPass());
  if (options.isOn("fuse-epilogues"))
    pm.addNestedPass<func::FuncOp>(createFuseKernelEpilogues());
  FormNestsOptions nests;
  nests.fuseEpilogues = options.isOn("fuse-epilogues");
  pm.addNestedPass<func::FuncOp>(createFormNests(nests));
  pm.addPass(createCSEPass());
  if (options.isOn("pad-in-place"))
    pm.addNestedPass<func::FuncOp>(createPadInPlace());
  if (options.hasProcessorKernels() && options.isOn("fuse-tasks")) {
    FuseTasksOptions tasks;
    tasks.secondCacheBytes = options.target.secondCacheBytes;
    pm.addNestedPass<func::FuncOp>(createFuseTasks(tasks));
    pm.addPass(createCSEPass());
  }
  pm.addPass(createLayoutWeights());
}

/// What the options of passes that write code for devices begin with.
template <typename Options>
static Options optionsOfDevice(const DeviceTarget &device) {
  Options options;
  options.workgroupSize = device.workgroupSize;
  options.sharedBytes = device.sharedBytes;
  options.accumulators = device.accumulators;
  options.sharedWords = device.sharedWords;
  options.busyInvocations = device.busyInvocations;
  options.exchanges = device.exchanges;
  options.copiesAsync = device.copiesAsync;
  options.multiplied = device.multiplied;
  options.cooperates = device.cooperates;
  options.warpgroupBytes = device.warpgroupBytes;
  return options;
}

/// From buffers as bufferization leaves them to nests on places in the arena.
static void planBuffers(OpPassManager &functions,
                        const PipelineOptions &options) {
  if (options.hasProcessorKernels()) {
    LowerTasksOptions tasks;
    tasks.leastThreadWork = options.target.leastThreadWork;
    functions.addPass(createLowerTasks(tasks));
    PadStridesOptions strides;
    strides.registers = options.target.registers;
    strides.cacheBytes = options.target.cacheBytes;
    strides.cacheWays = options.target.cacheWays;
    strides.vectorBytes = options.target.vectorBytes;
    strides.secondCacheBytes = options.target.secondCacheBytes;
    strides.multipliers = options.target.multipliers;
    if (options.isOn("split-floats"))
      strides.bf16Matrices = options.target.bf16Matrices;
    functions.addPass(createPadStrides(strides));
  }
  if (options.isOn("fill-borders"))
    functions.addPass(createFillBorders());
  if (options.hasProcessorKernels() && options.isOn("fuse-bands")) {
    // What pads an image is one of the kernels that compute bands.
    CopiesToNestsOptions copies;
    copies.copiesOnly = true;
    functions.addPass(createCopiesToNests(copies));
    FuseBandsOptions bands;
    bands.secondCacheBytes = options.target.secondCacheBytes;
    functions.addPass(createFuseBands(bands));
  }
  functions.addPass(createCopiesToNests());
  if (options.device)
    functions.addPass(createReserveKernelMemory(
        optionsOfDevice<ReserveKernelMemoryOptions>(*options.device)));
  PlanMemoryOptions memory;
  memory.scales = !options.device;
  functions.addPass(createPlanMemory(memory));
  if (!options.optimise)
    functions.addPass(createConvertLinalgToLoopsPass());
}

/// What the options of all passes that write code for processors begin with.
template <typename Options>
static Options optionsOfKernels(const PipelineOptions &options) {
  Options kernels;
  kernels.vectorBytes = options.target.vectorBytes;
  kernels.registers = options.target.registers;
  kernels.parallel = options.optimise;
  return kernels;
}

void lathe::buildLoopsPipeline(OpPassManager &pm,
                               const PipelineOptions &options) {
  pm.addPass(createLowerEntries());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addPass(bufferization::createOneShotBufferizePass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  planBuffers(pm.nest<func::FuncOp>(), options);
  if (options.device) {
    auto kernels = optionsOfDevice<OutlineKernelsOptions>(*options.device);
    kernels.reducesSubgroups = options.device->reducesSubgroups;
    kernels.lacks = options.device->lacks;
    pm.addPass(createOutlineKernels(kernels));
  }
  auto &functions = pm.nest<func::FuncOp>();
  functions.addPass(createMarkEvents());
  auto nests = optionsOfKernels<GenerateNestsOptions>(options);
  nests.masks = options.target.masks;
  nests.secondCacheBytes = options.target.secondCacheBytes;
  nests.multipliers = options.target.multipliers;
  if (options.isOn("split-floats"))
    nests.bf16Matrices = options.target.bf16Matrices;
  nests.leastThreadWork = options.target.leastThreadWork;
  nests.vectorise = options.optimise;
  functions.addPass(createGenerateNests(nests));
  auto attention = optionsOfKernels<GenerateAttentionOptions>(options);
  attention.cacheBytes = options.target.cacheBytes;
  functions.addPass(createGenerateAttention(attention));
  functions.addPass(createGenerateWinograd(
      optionsOfKernels<GenerateWinogradOptions>(options)));
  auto dots = optionsOfKernels<GenerateDotProductsOptions>(options);
  dots.byteDot = options.target.byteDot;
  dots.unsignedDot = options.target.unsignedDot;
  dots.bf16Dot = options.target.bf16Dot;
  dots.byteMatrices = options.target.byteMatrices;
  dots.bf16Matrices = options.target.bf16Matrices;
  dots.secondCacheBytes = options.target.secondCacheBytes;
  dots.leastThreadWork = options.target.leastThreadWork;
  functions.addPass(createGenerateDotProducts(dots));
  auto filters = optionsOfKernels<GenerateFiltersOptions>(options);
  pm.addPass(createGenerateFilters(filters));
  pm.addPass(createOutlineParallel());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void lathe::buildTargetPipeline(OpPassManager &pm,
                                const PipelineOptions &options) {
  if (options.optimise) {
    ApproximateMathOptions math;
    math.fused = options.target.fusesMultiplyAdd;
    pm.addNestedPass<func::FuncOp>(createApproximateMath(math));
  }
  if (options.device) {
    if (options.device->kind == DeviceKind::cuda) {
      GpuNVVMAttachTargetOptions cuda;
      cuda.chip = options.device->architecture;
      pm.addPass(createGpuNVVMAttachTarget(cuda));
    }
    pm.addPass(createSerializeKernels());
  }
  pm.addPass(createLowerKernelCalls());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createLoopInvariantCodeMotionPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addNestedPass<func::FuncOp>(createLowerExpandShapes());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  // Without an instruction of the target, bf16 would be rounded by a function
  // that few C compilers' libraries have.
  arith::ArithExpandOpsPassOptions expand;
  expand.includeBf16 = !options.target.convertsBf16;
  pm.addPass(arith::createArithExpandOpsPass(expand));
  // log(1 + x) would lose what x adds below an ulp of 1.
  ConvertMathToLLVMPassOptions exactLog1p;
  exactLog1p.approximateLog1p = false;
  pm.addPass(createConvertMathToLLVMPass(exactLog1p));
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void lathe::registerDialects(DialectRegistry &registry) {
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerAllToLLVMIRTranslations(registry);
  registry.insert<LatheDialect, kernel::KernelDialect>();
  kernel::registerBufferization(registry);
}

void lathe::registerPasses() {
  registerLatheModelPasses();
  registerLatheCodegenPasses();
  auto registerPhase = [](StringRef name, StringRef description,
                          void (*build)(OpPassManager &,
                                        const PipelineOptions &)) {
    PassPipelineRegistration<>(name, description, [build](OpPassManager &pm) {
      build(pm, PipelineOptions());
    });
  };
  registerPhase("lathe-lean", "phase lean: passes on the dialect",
                buildLeanPipeline);
  registerPhase("lathe-tensor", "phase tensor: linalg on tensors",
                buildTensorPipeline);
  registerPhase("lathe-loops", "phase loops: vector code in one arena",
                buildLoopsPipeline);
  registerPhase("lathe-target", "phase target: LLVM's dialect",
                buildTargetPipeline);
}
