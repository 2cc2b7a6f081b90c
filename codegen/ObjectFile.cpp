//===- ObjectFile.cpp - Machine code out of the target phase --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/ObjectFile.h"
#include "codegen/KernelDialect.h"
#include "codegen/gpu/Constants.h"
#include "codegen/gpu/KernelSerializer.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "runtime/abi.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::lathe;

namespace {
/// Adds the constants by which the runtime finds code and descriptor.
class BinaryWriter {
public:
  explicit BinaryWriter(llvm::Module &module)
      : module(module), context(module.getContext()),
        pointer(llvm::PointerType::get(context, 0)) {}

  LogicalResult write(const ObjectContents &contents) {
    SmallVector<llvm::Constant *> entries;
    for (const std::string &name : contents.entries) {
      llvm::Function *function = module.getFunction("_mlir_ciface_" + name);
      if (!function)
        return failure();
      entries.push_back(makeEntry(*function));
    }
    llvm::Constant *table = makeGlobal(llvm::ConstantArray::get(
        llvm::ArrayType::get(pointer, entries.size()), entries));
    llvm::Constant *descriptor = makeGlobal(llvm::ConstantDataArray::getString(
        context, contents.descriptor, /*AddNull=*/true));
    llvm::Constant *weights = llvm::ConstantPointerNull::get(pointer);
    if (!contents.weights.empty())
      weights = makeGlobal(llvm::ConstantDataArray::getString(
                               context, contents.weights, /*AddNull=*/false),
                           /*alignment=*/64);
    llvm::Type *i32 = llvm::Type::getInt32Ty(context);
    llvm::Type *i64 = llvm::Type::getInt64Ty(context);
    // LatheModelBinary, field by field.
    llvm::Constant *fields[] = {
        llvm::ConstantInt::get(i32, LATHE_ABI_VERSION),
        llvm::ConstantInt::get(i32, entries.size()),
        descriptor,
        llvm::ConstantInt::get(i64, contents.descriptor.size()),
        table,
        weights,
        llvm::ConstantInt::get(i64, contents.weights.size()),
        makeDeviceCode(contents),
        makeNext(contents.next)};
    llvm::Constant *binary = llvm::ConstantStruct::getAnon(fields);
    new llvm::GlobalVariable(module, binary->getType(), /*isConstant=*/true,
                             llvm::GlobalValue::ExternalLinkage, binary,
                             contents.symbol);
    if (!contents.tokenizer.empty())
      writeTokenizer(contents.tokenizer);
    return success();
  }

private:
  /// The symbols of runtime/main/TextSupport.h.
  void writeTokenizer(StringRef bytes) {
    auto define = [&](StringRef name, llvm::Constant *value) {
      new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                               llvm::GlobalValue::ExternalLinkage, value, name);
    };
    define("latheTokenizer", llvm::ConstantDataArray::getString(
                                 context, bytes, /*AddNull=*/false));
    define(
        "latheTokenizerSize",
        llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), bytes.size()));
  }

  /// The LatheModelBinary in another object, or null.
  llvm::Constant *makeNext(StringRef symbol) {
    if (symbol.empty())
      return llvm::ConstantPointerNull::get(pointer);
    return new llvm::GlobalVariable(
        module, llvm::Type::getInt8Ty(context), /*isConstant=*/true,
        llvm::GlobalValue::ExternalLinkage, nullptr, symbol);
  }

  /// A LatheDeviceCode with its kernels, or null without any.
  llvm::Constant *makeDeviceCode(const ObjectContents &contents) {
    ArrayRef<DeviceKernel> code = contents.kernels.kernels;
    if (code.empty())
      return llvm::ConstantPointerNull::get(pointer);
    llvm::Type *i32 = llvm::Type::getInt32Ty(context);
    llvm::Type *i64 = llvm::Type::getInt64Ty(context);
    SmallVector<llvm::Constant *> kernels;
    for (const DeviceKernel &kernel : code)
      kernels.push_back(llvm::ConstantStruct::getAnon(
          {makeGlobal(llvm::ConstantDataArray::getString(context, kernel.name)),
           kernel.code.empty() ? llvm::ConstantPointerNull::get(pointer)
                               : makeGlobal(llvm::ConstantDataArray::getString(
                                     context, kernel.code, /*AddNull=*/false)),
           llvm::ConstantInt::get(i64, kernel.code.size()),
           llvm::ConstantInt::get(i32, kernel.buffers),
           llvm::ConstantInt::get(i32, kernel.scalars),
           llvm::ConstantInt::get(i32, kernel.workgroupSize),
           llvm::ConstantInt::get(i32, kernel.sharedBytes)}));
    llvm::Constant *table = makeGlobal(llvm::ConstantArray::get(
        llvm::ArrayType::get(kernels.front()->getType(), kernels.size()),
        kernels));
    // What the linker finds in the part of the runtime that runs kernels.
    auto *driver = new llvm::GlobalVariable(
        module, llvm::Type::getInt8Ty(context), /*isConstant=*/true,
        llvm::GlobalValue::ExternalLinkage, nullptr,
        contents.device.getDriver());
    llvm::Constant *constants = llvm::ConstantPointerNull::get(pointer);
    uint64_t bytes = 0;
    if (auto *global = module.getNamedGlobal(kernel::constantsName)) {
      constants = global;
      bytes = module.getDataLayout().getTypeAllocSize(global->getValueType());
    }
    return makeGlobal(llvm::ConstantStruct::getAnon(
        {driver, table, llvm::ConstantInt::get(i32, kernels.size()), constants,
         llvm::ConstantInt::get(i64, bytes), makeImages(contents),
         llvm::ConstantInt::get(i64, countImages(contents.kernels))}));
  }

  static unsigned countImages(const DeviceCode &code) {
    return !code.text.empty() + !code.machineCode.empty();
  }

  /// An array of LatheDeviceImage, or null without any.
  llvm::Constant *makeImages(const ObjectContents &contents) {
    const DeviceCode &code = contents.kernels;
    if (countImages(code) == 0)
      return llvm::ConstantPointerNull::get(pointer);
    llvm::Type *i32 = llvm::Type::getInt32Ty(context);
    llvm::Type *i64 = llvm::Type::getInt64Ty(context);
    SmallVector<llvm::Constant *> images;
    auto add = [&](StringRef bytes, LatheImageFormat format) {
      if (!bytes.empty())
        images.push_back(llvm::ConstantStruct::getAnon(
            {makeGlobal(llvm::ConstantDataArray::getString(context, bytes)),
             llvm::ConstantInt::get(i64, bytes.size()),
             llvm::ConstantInt::get(i32, format),
             llvm::ConstantInt::get(i32, contents.device.getCapability()),
             llvm::ConstantInt::get(i32, contents.device.isExact()),
             llvm::ConstantInt::get(i32, contents.device.startsEarly)}));
    };
    add(code.machineCode, LATHE_IMAGE_CUBIN);
    add(code.text, LATHE_IMAGE_PTX);
    auto *type = llvm::ArrayType::get(images.front()->getType(), images.size());
    return makeGlobal(llvm::ConstantArray::get(type, images));
  }

  llvm::Constant *makeGlobal(llvm::Constant *value, unsigned alignment = 8) {
    auto *global =
        new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                 llvm::GlobalValue::PrivateLinkage, value);
    global->setAlignment(llvm::Align(alignment));
    return global;
  }

  /// A LatheEntry that passes the descriptors on, then the context.
  llvm::Function *makeEntry(llvm::Function &function) {
    auto *type = llvm::FunctionType::get(llvm::Type::getVoidTy(context),
                                         {pointer, pointer}, false);
    auto *entry =
        llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage,
                               function.getName() + ".entry", module);
    llvm::IRBuilder<> b(llvm::BasicBlock::Create(context, "", entry));
    SmallVector<llvm::Value *> arguments;
    for (unsigned i = 0; i + 1 < function.arg_size(); ++i)
      arguments.push_back(b.CreateLoad(
          pointer, b.CreateConstInBoundsGEP1_64(pointer, entry->getArg(1), i)));
    arguments.push_back(entry->getArg(0));
    b.CreateCall(&function, arguments);
    b.CreateRetVoid();
    function.setLinkage(llvm::GlobalValue::InternalLinkage);
    return entry;
  }

  llvm::Module &module;
  llvm::LLVMContext &context;
  llvm::PointerType *pointer;
};
} // namespace

/// Every function of ours is private to the object, and for the target's
/// processor.
static void finishFunctions(llvm::Module &module, const CpuTarget &target) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.setLinkage(llvm::GlobalValue::InternalLinkage);
    function.addFnAttr("target-cpu", target.cpu);
    if (!target.features.empty())
      function.addFnAttr("target-features", target.features);
    if (target.vectorBytes == 64)
      // LLVM halves vectors on processors it thinks slow at full width.
      function.addFnAttr("prefer-vector-width", "512");
  }
}

/// What our code gains by: MLIR has simplified it already, and vectors, tiles
/// and their unrolling are written as they should be, so that what else LLVM's
/// -O2 does takes time and leaves the same loops.
static constexpr StringRef optimisations =
    "cgscc(inline),globaldce,function("
    "sroa<modify-cfg>,early-cse<memssa>,simplifycfg,"
    "instcombine<no-verify-fixpoint>,"
    "loop-mssa(loop-instsimplify,loop-rotate,licm),simplifycfg,"
    "loop(loop-idiom,indvars,loop-deletion,loop-unroll-full),"
    "gvn,dse,instcombine<no-verify-fixpoint>,loop-mssa(licm),"
    "loop-unroll<O2>,instcombine<no-verify-fixpoint>,simplifycfg),globaldce";

/// What the reference lowering's loops of scalars gain most by; they are
/// compiled in order to run a few times. All of LLVM's -O1 takes three times as
/// long. Filters' loops of three steps gain by being written out.
static constexpr StringRef basicOptimisations =
    "function(sroa<modify-cfg>,early-cse<memssa>,simplifycfg,"
    "instcombine<no-verify-fixpoint>,loop-mssa(loop-rotate,licm),"
    "loop-unroll<O2;no-partial;no-runtime;full-unroll-max=4>,simplifycfg)";

static void runOptimiser(llvm::Module &module, llvm::TargetMachine &machine,
                         bool optimise) {
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
  llvm::ModulePassManager passes;
  llvm::cantFail(builder.parsePassPipeline(
      passes, optimise ? optimisations : basicOptimisations));
  passes.run(module, modules);
}

DeviceCode lathe::takeKernels(ModuleOp module) {
  DeviceCode code;
  for (auto kernel :
       llvm::make_early_inc_range(module.getOps<kernel::BinaryOp>())) {
    code.kernels.push_back({kernel.getName().str(), kernel.getCode().str(),
                            static_cast<uint32_t>(kernel.getBuffers()),
                            static_cast<uint32_t>(kernel.getScalars()),
                            static_cast<uint32_t>(kernel.getWorkgroup()),
                            static_cast<uint32_t>(kernel.getShared())});
    kernel.erase();
  }
  if (auto image = module.lookupSymbol<gpu::BinaryOp>(kernel::imageName)) {
    auto object = cast<gpu::ObjectAttr>(image.getObjects()[0]);
    code.text = object.getObject().getValue().str();
    image.erase();
  }
  return code;
}

LogicalResult lathe::emitObject(ModuleOp module, const ObjectContents &contents,
                                const CpuTarget &target, bool optimise,
                                ObjectFormat format,
                                llvm::raw_pwrite_stream &os) {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code =
      translateModuleToLLVMIR(module, context, "lathe");
  if (!code)
    return module.emitError("cannot be translated to LLVM IR");
  std::unique_ptr<llvm::TargetMachine> machine =
      createTargetMachine(target, optimise);
  code->setTargetTriple(llvm::Triple(target.triple));
  code->setDataLayout(machine->createDataLayout());
  finishFunctions(*code, target);
  if (failed(BinaryWriter(*code).write(contents)))
    return module.emitError("lacks the code of an entry");
  runOptimiser(*code, *machine, optimise);
  if (format == ObjectFormat::llvmIr) {
    code->print(os, nullptr);
    return success();
  }
  llvm::legacy::PassManager passes;
  auto fileType = format == ObjectFormat::assembly
                      ? llvm::CodeGenFileType::AssemblyFile
                      : llvm::CodeGenFileType::ObjectFile;
  if (machine->addPassesToEmitFile(passes, os, nullptr, fileType))
    return module.emitError("cannot be written as an object for '")
           << target.triple << "'";
  passes.run(*code);
  return success();
}
