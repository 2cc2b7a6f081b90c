//===- PtxSerializer.cpp - Kernels into PTX -------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel of nests has arrays and an array of words as its parameters
// (runtime/abi.h). CUDA passes parameters by value, and pointers to wherever
// an element is: the kernel's function has a pointer to the first element of
// each buffer, a pointer to the words of a report, and the launch's scalars.
//
// All kernels are one module of PTX. A driver compiles it whole, at once when
// the model is loaded, and keeps what came out; ptxas is started once.
//
//===----------------------------------------------------------------------===//

#include "codegen/gpu/KernelSerializer.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/GPUCommon/GPUCommonPass.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/NVGPUToNVVM/NVGPUToNVVM.h"
#include "mlir/Conversion/NVVMToLLVM/NVVMToLLVM.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"
#include "runtime/abi.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::lathe;
using namespace mlir::lathe::kernel;

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

/// Gives the kernel CUDA's parameters: buffers become pointers, and what it
/// reads of the words the scalars. Places count from the pointers.
static LogicalResult bindParameters(gpu::GPUFuncOp function, int64_t scalars) {
  unsigned buffers = function.getNumArguments() - 1;
  MLIRContext *context = function.getContext();
  auto global = gpu::AddressSpaceAttr::get(context, gpu::AddressSpace::Global);
  auto setType = [&](BlockArgument argument, int64_t size) {
    Type element = cast<MemRefType>(argument.getType()).getElementType();
    argument.setType(
        MemRefType::get({size}, element, MemRefLayoutAttrInterface(), global));
  };
  // A static size is what makes a bare pointer of an array; no place is beyond.
  for (unsigned i = 0; i < buffers; ++i)
    setType(function.getArgument(i), INT32_MAX);
  BlockArgument words = function.getArgument(buffers);
  setType(words, LATHE_REPORT_WORDS);
  Type i32 = IntegerType::get(context, 32);
  for (int64_t i = 0; i < scalars; ++i)
    function.getBody().front().insertArgument(buffers + 1 + i, i32,
                                              function.getLoc());
  SmallVector<Type> types = llvm::map_to_vector(
      function.getBody().getArguments().take_front(buffers + 1 + scalars),
      [](BlockArgument argument) { return argument.getType(); });
  function.setFunctionType(FunctionType::get(context, types, {}));

  const int64_t firstScalar = LATHE_REPORT_WORDS + buffers;
  for (Operation *user : llvm::make_early_inc_range(words.getUsers())) {
    auto load = dyn_cast<memref::LoadOp>(user);
    if (!load)
      continue;
    std::optional<int64_t> word = getConstantIntValue(load.getIndices()[0]);
    if (!word || *word >= firstScalar + scalars)
      return load.emitError("reads a parameter that there is not");
    if (*word < LATHE_REPORT_WORDS)
      continue;
    OpBuilder b(load);
    Value value =
        *word < firstScalar
            ? Value(arith::ConstantIntOp::create(b, load.getLoc(), i32, 0))
            : Value(function.getArgument(buffers + 1 + *word - firstScalar));
    load.replaceAllUsesWith(value);
    load.erase();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// To LLVM's dialect
//===----------------------------------------------------------------------===//

/// Elementary functions that a device has instructions for, or none but exact
/// ones.
static bool hasInstruction(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp,
             math::CountLeadingZerosOp, math::CtPopOp, math::FloorOp,
             math::FmaOp, math::RoundEvenOp, math::SqrtOp, math::TruncOp>(op);
}

/// Writes what has no polynomial by what has, and computes in f32 what has no
/// instruction of 16 bits.
static LogicalResult expandMath(ModuleOp module) {
  PassManager pm(module.getContext());
  auto &functions = pm.nest<gpu::GPUModuleOp>().nest<gpu::GPUFuncOp>();
  functions.addPass(math::createMathExtendToSupportedTypes());
  math::MathExpandOpsPassOptions expand;
  expand.opMnemonics = {"powf",  "rsqrt", "round", "sinh", "cosh",
                        "asinh", "acosh", "atanh", "tan",  "clampf"};
  functions.addPass(math::createMathExpandOpsPass(expand));
  return pm.run(module);
}

/// Says that sums and products of places do not wrap, which lets LLVM see
/// neighbours: the runtime launches nothing with places beyond 31 bits.
static void markPlaces(ModuleOp module) {
  module.walk([](Operation *op) {
    if (isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op) &&
        op->getResult(0).getType().isIndex())
      op->setAttr("overflowFlags",
                  arith::IntegerOverflowFlagsAttr::get(
                      op->getContext(), arith::IntegerOverflowFlags::nsw));
  });
}

static LogicalResult lowerControl(ModuleOp module) {
  PassManager pm(module.getContext());
  auto &kernels = pm.nest<gpu::GPUModuleOp>();
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(memref::createExpandStridedMetadataPass());
  kernels.addPass(createLowerAffinePass());
  kernels.addPass(createSCFToControlFlowPass());
  return pm.run(module);
}

namespace {
/// Products of bf16, which MLIR's own pattern has not, and of bytes, whose sums
/// that saturates: NVVM takes as many as have 32 bits as words.
struct ConvertProduct : ConvertOpToLLVMPattern<nvgpu::MmaSyncOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(nvgpu::MmaSyncOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Type narrow = getElementTypeOrSelf(op.getMatrixA());
    if (!narrow.isBF16() && !narrow.isInteger(8))
      return failure();
    auto type = narrow.isBF16() ? NVVM::MMATypes::bf16 : NVVM::MMATypes::s8;
    std::optional<NVVM::MMAIntOverflow> overflow;
    if (narrow.isInteger(8))
      overflow = NVVM::MMAIntOverflow::wrapped;
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Type wide = getElementTypeOrSelf(op.getMatrixC());
    SmallVector<Value> sums;
    for (Value pair : takeApart(b, adaptor.getMatrixC()))
      for (int64_t i : {0, 1})
        sums.push_back(LLVM::ExtractElementOp::create(
            b, pair, LLVM::ConstantOp::create(b, b.getI32Type(), i)));
    auto results = LLVM::LLVMStructType::getLiteral(
        b.getContext(), SmallVector<Type>(sums.size(), wide));
    Value product = NVVM::MmaOp::create(
        b, results, toWords(b, adaptor.getMatrixA()),
        toWords(b, adaptor.getMatrixB()), sums, op.getMmaShapeAsArray(),
        /*b1Op=*/std::nullopt, overflow, std::array{type, type},
        std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
    Value whole = LLVM::PoisonOp::create(b, adaptor.getMatrixC().getType());
    for (int64_t i = 0; i < static_cast<int64_t>(sums.size()); i += 2) {
      Value pair = LLVM::PoisonOp::create(b, VectorType::get({2}, wide));
      for (int64_t j : {0, 1})
        pair = LLVM::InsertElementOp::create(
            b, pair, LLVM::ExtractValueOp::create(b, product, i + j),
            LLVM::ConstantOp::create(b, b.getI32Type(), j));
      whole = LLVM::InsertValueOp::create(b, whole, pair, i / 2);
    }
    rewriter.replaceOp(op, whole);
    return success();
  }

private:
  static SmallVector<Value> takeApart(ImplicitLocOpBuilder &b, Value array) {
    SmallVector<Value> parts;
    auto type = cast<LLVM::LLVMArrayType>(array.getType());
    for (unsigned i = 0; i < type.getNumElements(); ++i)
      parts.push_back(LLVM::ExtractValueOp::create(b, array, i));
    return parts;
  }

  static SmallVector<Value> toWords(ImplicitLocOpBuilder &b, Value array) {
    return llvm::map_to_vector(takeApart(b, array), [&](Value pair) -> Value {
      return LLVM::BitcastOp::create(b, b.getI32Type(), pair);
    });
  }
};
} // namespace

static LogicalResult convertToLlvm(gpu::GPUModuleOp kernels) {
  MLIRContext *context = kernels.getContext();
  LowerToLLVMOptions options(context);
  options.overrideIndexBitwidth(32);
  options.useBarePtrCallConv = true;
  LLVMTypeConverter types(context, options);
  configureGpuToNVVMTypeConverter(types);
  RewritePatternSet patterns(context);
  // Before MLIR's own choice of functions, which are in CUDA's library.
  populateMathToLLVMConversionPatterns(types, patterns,
                                       /*approximateLog1p=*/false,
                                       /*benefit=*/2);
  populateGpuToNVVMConversionPatterns(types, patterns);
  populateNVGPUToNVVMConversionPatterns(types, patterns);
  populateNVVMToLLVMConversionPatterns(patterns);
  patterns.add<ConvertProduct>(types, /*benefit=*/2);
  populateVectorToLLVMConversionPatterns(types, patterns);
  vector::populateVectorFromElementsUnrollPatterns(patterns);
  vector::populateVectorToElementsUnrollPatterns(patterns);
  ub::populateUBToLLVMConversionPatterns(types, patterns);
  arith::populateArithToLLVMConversionPatterns(types, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(types, patterns);
  populateFinalizeMemRefToLLVMConversionPatterns(types, patterns);
  LLVMConversionTarget target(*context);
  target.addLegalDialect<NVVM::NVVMDialect>();
  // LLVM has no intrinsic for it: it becomes PTX.
  target.addIllegalOp<NVVM::WgmmaMmaAsyncOp>();
  target.addLegalOp<gpu::GPUModuleOp>();
  return applyFullConversion(kernels.getOperation(), target,
                             std::move(patterns));
}

/// Makes of arrays that are too large for a kernel's own, one behind the other,
/// the memory that its launch asks for (runtime/abi.h).
static void shareByLaunch(gpu::GPUModuleOp kernels) {
  constexpr StringLiteral name = "lathe_shared_by_launch";
  constexpr auto sharedSpace =
      static_cast<uint32_t>(NVVM::NVVMMemorySpace::Shared);
  SmallVector<LLVM::GlobalOp> arrays;
  DataLayout layout(kernels->getParentOfType<ModuleOp>());
  uint64_t bytes = 0, alignment = 1;
  auto placeBehind = [&](LLVM::GlobalOp array) {
    uint64_t each = array.getAlignment().value_or(1);
    alignment = std::max(alignment, each);
    uint64_t place = llvm::alignTo(bytes, each);
    bytes = place + layout.getTypeSize(array.getGlobalType());
    return place;
  };
  SmallVector<uint64_t> places;
  for (auto array : kernels.getOps<LLVM::GlobalOp>())
    if (array.getAddrSpace() == sharedSpace) {
      arrays.push_back(array);
      places.push_back(placeBehind(array));
    }
  if (bytes <= LATHE_STATIC_SHARED_BYTES)
    return;
  OpBuilder b = OpBuilder::atBlockBegin(kernels.getBody());
  Type byte = b.getI8Type();
  auto all = LLVM::GlobalOp::create(
      b, kernels.getLoc(), LLVM::LLVMArrayType::get(byte, 0),
      /*isConstant=*/false, LLVM::Linkage::External, name, Attribute(),
      alignment, sharedSpace);
  for (auto [array, place] : llvm::zip(arrays, places)) {
    std::optional<SymbolTable::UseRange> uses =
        SymbolTable::getSymbolUses(array, kernels.getBody()->getParent());
    for (SymbolTable::SymbolUse use : llvm::make_early_inc_range(*uses)) {
      auto address = cast<LLVM::AddressOfOp>(use.getUser());
      b.setInsertionPoint(address);
      Value begin = LLVM::AddressOfOp::create(b, address.getLoc(), all);
      Value inside = LLVM::GEPOp::create(
          b, address.getLoc(), address.getType(), byte, begin,
          ArrayRef<LLVM::GEPArg>(static_cast<int32_t>(place)));
      address.replaceAllUsesWith(inside);
      address.erase();
    }
    array.erase();
  }
}

//===----------------------------------------------------------------------===//
// To PTX
//===----------------------------------------------------------------------===//

static void optimise(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(module, modules);
}

namespace {
class PtxSerializer : public KernelSerializer {
public:
  PtxSerializer(const DeviceTarget &device, MLIRContext *context)
      : context(context), device(device) {}

  FailureOr<std::string> serialize(ModuleOp module, gpu::GPUFuncOp function,
                                   const KernelUse &use) override {
    StringAttr name = function.getNameAttr();
    if (failed(expandMath(module)) ||
        failed(simplifyKernel(module, !device.convertsBf16)) ||
        failed(bindParameters(function, use.scalars)))
      return failure();
    WalkResult all = module.walk([](Operation *op) {
      if (!isa_and_present<math::MathDialect>(op->getDialect()) ||
          hasInstruction(op))
        return WalkResult::advance();
      op->emitError("'") << op->getName() << "' has no instruction there";
      return WalkResult::interrupt();
    });
    markPlaces(module);
    auto kernels = *module.getOps<gpu::GPUModuleOp>().begin();
    if (all.wasInterrupted() || failed(lowerControl(module)) ||
        failed(convertToLlvm(kernels)))
      return failure();
    shareByLaunch(kernels);
    auto kernel = kernels.lookupSymbol<LLVM::LLVMFuncOp>(name);
    if (device.startsEarly)
      awaitKernelBefore(kernel);
    describeBuffers(kernel, use);
    addToModule(kernels);
    return std::string();
  }

  FailureOr<std::string> finish() override {
    llvm::LLVMContext llvmContext;
    std::unique_ptr<llvm::Module> code =
        translateModuleToLLVMIR(*joint, llvmContext, "kernels");
    if (!code)
      return failure();
    std::unique_ptr<llvm::TargetMachine> machine = createTargetMachine(device);
    code->setTargetTriple(machine->getTargetTriple());
    code->setDataLayout(machine->createDataLayout());
    optimise(*code, *machine);
    llvm::SmallVector<char, 0> ptx;
    llvm::raw_svector_ostream os(ptx);
    llvm::legacy::PassManager passes;
    if (machine->addPassesToEmitFile(passes, os, nullptr,
                                     llvm::CodeGenFileType::AssemblyFile))
      return emitError(UnknownLoc::get(context))
             << "LLVM writes no code for '" << device.architecture << "'";
    passes.run(*code);
    return os.str().str();
  }

private:
  /// Waits for the kernel before, of whose memory nothing may be read until
  /// then. LLVM's intrinsic says that it touches none, and so loads could pass
  /// it. The next kernel is not let go before this one ends, though it could
  /// be: its workgroups would crowd where there is room meanwhile.
  static void awaitKernelBefore(LLVM::LLVMFuncOp function) {
    ImplicitLocOpBuilder b(function.getLoc(), function.getContext());
    b.setInsertionPointToStart(&function.getBody().front());
    LLVM::InlineAsmOp::create(
        b, /*res=*/Type(), /*operands=*/ValueRange(), "griddepcontrol.wait;",
        "~{memory}", /*has_side_effects=*/true, /*is_align_stack=*/false,
        LLVM::TailCallKind::None, LLVM::AsmDialectAttr(), ArrayAttr());
  }

  /// What LLVM makes faster loads of.
  static void describeBuffers(LLVM::LLVMFuncOp function, const KernelUse &use) {
    Builder b(function.getContext());
    unsigned report = function.getNumArguments() - 1 - use.scalars;
    function.setArgAttr(report, LLVM::LLVMDialect::getAlignAttrName(),
                        b.getI64IntegerAttr(4));
    for (auto [i, buffer] : llvm::enumerate(use.buffers)) {
      function.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(),
                          b.getI64IntegerAttr(buffer.alignment));
      if (!buffer.constant)
        continue;
      function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                          b.getUnitAttr());
      function.setArgAttr(i, LLVM::LLVMDialect::getReadonlyAttrName(),
                          b.getUnitAttr());
    }
  }

  /// Moves the functions and their shared memory into the module of all.
  void addToModule(gpu::GPUModuleOp kernels) {
    if (!joint)
      joint = ModuleOp::create(UnknownLoc::get(context));
    for (Operation &op :
         llvm::make_early_inc_range(kernels.getBody()->getOperations())) {
      op.remove();
      // Kernels name the memory of their launches alike.
      if (auto array = dyn_cast<LLVM::GlobalOp>(op);
          array && joint->lookupSymbol(array.getSymName())) {
        array.erase();
        continue;
      }
      joint->getBody()->push_back(&op);
    }
  }

  MLIRContext *context;
  DeviceTarget device;
  OwningOpRef<ModuleOp> joint; ///< In LLVM's dialect.
};
} // namespace

std::unique_ptr<KernelSerializer>
mlir::lathe::kernel::createPtxSerializer(const DeviceTarget &device,
                                         MLIRContext *context) {
  return std::make_unique<PtxSerializer>(device, context);
}
