//===- Compiler.cpp - From a module to a program --------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Compiler.h"
#include "codegen/Descriptor.h"
#include "codegen/Header.h"
#include "codegen/Linker.h"
#include "codegen/ObjectFile.h"
#include "codegen/OutputFiles.h"
#include "codegen/TemporaryFile.h"
#include "codegen/TextPart.h"
#include "codegen/gpu/Ptxas.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_sha1_ostream.h"

using namespace mlir;
using namespace mlir::lathe;

std::string mlir::lathe::getWeightsPath(StringRef output) {
  llvm::SmallString<128> path = llvm::sys::path::parent_path(output);
  llvm::StringRef name = llvm::sys::path::filename(output);
  // What else follows a dot is part of the name: model-1.5.
  if (name.consume_back(".so"))
    name.consume_front("lib");
  else if (!name.consume_back(".o") && !name.consume_back(".s"))
    name.consume_back(".ll");
  llvm::sys::path::append(path, name + ".weights");
  return path.str().str();
}

namespace {
class Compilation {
public:
  Compilation(ModuleOp module, const CompileOptions &options,
              OutputFiles &outputs)
      : module(module), options(options), outputs(outputs) {}

  LogicalResult run() {
    if (failed(finishPhase(module, Phase::model)) || stopped)
      return success(stopped);
    for (auto entry : module.getOps<func::FuncOp>())
      for (unsigned i = 0; i < entry.getNumArguments(); ++i)
        takesImages |= static_cast<bool>(entry.getArgAttr(i, "lathe.image"));
    std::optional<Checkpoint> checkpoint;
    if (!options.weights.empty()) {
      FailureOr<Checkpoint> opened =
          Checkpoint::open(options.weights, module, options.strictWeights);
      if (failed(opened))
        return failure();
      checkpoint = std::move(*opened);
      readStoredTypes(module, *checkpoint);
      readStructure(module, *checkpoint);
    }
    if (failed(readText()))
      return failure();
    if (failed(runPhase(module, Phase::lean, buildLeanPipeline)) || stopped)
      return success(stopped);
    DescriptorBuilder descriptor(module);
    if (failed(runPhase(module, Phase::tensor, buildTensorPipeline)) || stopped)
      return success(stopped);
    OwningOpRef<ModuleOp> prepare = splitPrepare();
    if (failed(runPhase(module, Phase::loops, buildLoopsPipeline)) || stopped)
      return success(stopped);
    descriptor.addCode(module);
    if (text)
      descriptor.addText(text->descriptor);
    OwningOpRef<ModuleOp> declarations = module.clone();
    if (failed(runPhase(module, Phase::target, buildTargetPipeline)) || stopped)
      return success(stopped);
    if (options.emit == EmitKind::ptx)
      return writeOutput(options.output, [&](raw_ostream &os) {
        os << takeKernels(module).text;
        return success();
      });
    return writeOutputs(*declarations, descriptor, checkpoint, *prepare);
  }

private:
  using Build = void (*)(OpPassManager &, const PipelineOptions &);

  static StringRef nameOf(Phase phase) {
    constexpr StringRef names[] = {"model", "lean", "tensor", "loops",
                                   "target"};
    return names[static_cast<int>(phase)];
  }

  LogicalResult runPipeline(ModuleOp target, Build build,
                            const PipelineOptions &pipeline) {
    PassManager pm(target->getContext());
    pm.enableVerifier(options.verifyEach);
    if (options.timing)
      pm.enableTiming();
    (void)applyPassManagerCLOptions(pm);
    build(pm, pipeline);
    return pm.run(target);
  }

  LogicalResult runPhase(ModuleOp target, Phase phase, Build build) {
    if (failed(runPipeline(target, build, options.pipeline)))
      return failure();
    return finishPhase(target, phase);
  }

  /// Prints the IR where that was asked for, and stops there if so.
  LogicalResult finishPhase(ModuleOp target, Phase phase) {
    if (options.dumpAfter == phase) {
      llvm::errs() << "// after phase " << nameOf(phase) << "\n";
      target.print(llvm::errs());
      llvm::errs() << "\n";
    }
    if (options.stopAfter != phase)
      return success();
    LogicalResult result = success();
    if (options.inspect) {
      options.inspect(target);
    } else if (options.output.empty() || options.output == "-") {
      target.print(llvm::outs());
      llvm::outs() << "\n";
    } else {
      result = writeOutput(options.output, [&](raw_ostream &os) {
        target.print(os);
        os << "\n";
        return success();
      });
    }
    stopped = succeeded(result);
    return result;
  }

  using Write = function_ref<LogicalResult(raw_ostream &)>;

  /// Writes one of the outputs.
  LogicalResult writeOutput(StringRef path, Write write) {
    FailureOr<std::string> place = outputs.place(path);
    return failed(place) ? failure() : writeFile(*place, path, write);
  }

  /// `name` is what messages call the file.
  LogicalResult writeFile(StringRef path, StringRef name, Write write) {
    std::string text;
    llvm::raw_string_ostream os(text);
    if (failed(write(os)))
      return failure();
    llvm::Error error =
        llvm::writeToOutput(path, [&](raw_ostream &file) -> llvm::Error {
          file << text;
          return llvm::Error::success();
        });
    if (!error)
      return success();
    emitError(UnknownLoc::get(module.getContext()))
        << "cannot write '" << name
        << "': " << llvm::errorToErrorCode(std::move(error)).message();
    return failure();
  }

  /// Moves the functions that prepare weights into a module of their own.
  OwningOpRef<ModuleOp> splitPrepare() {
    OwningOpRef<ModuleOp> prepare = module.clone();
    auto isPrepare = [](func::FuncOp function) {
      return function->hasAttr("lathe.prepares");
    };
    for (auto function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (isPrepare(function))
        function.erase();
    for (auto function :
         llvm::make_early_inc_range(prepare->getOps<func::FuncOp>()))
      if (!isPrepare(function))
        function.erase();
    for (Operation &op : llvm::make_early_inc_range(prepare->getOps()))
      if (isa<WeightOp, StateOp>(op))
        op.erase();
    prepare->getOperation()->removeAttr("lathe.state_bytes");
    return prepare;
  }

  //===--- Outputs --------------------------------------------------------===//

  LogicalResult writeOutputs(ModuleOp declarations,
                             const DescriptorBuilder &descriptor,
                             const std::optional<Checkpoint> &checkpoint,
                             ModuleOp prepare) {
    std::string weightsPath = getWeightsPath(options.output) + options.suffix;
    FailureOr<TemporaryFile> weightsFile =
        TemporaryFile::create(module, "weights");
    if (failed(weightsFile))
      return failure();
    std::unique_ptr<llvm::MemoryBuffer> embedded;
    if (checkpoint) {
      FailureOr<std::string> path = options.embedWeights
                                        ? weightsFile->str().str()
                                        : outputs.place(weightsPath);
      if (failed(path) ||
          failed(prepareWeights(declarations, prepare, *checkpoint, *path)))
        return failure();
      if (options.embedWeights)
        embedded = std::move(*llvm::MemoryBuffer::getFile(
            *path, /*IsText=*/false, /*RequiresNullTerminator=*/false));
    }
    ObjectContents contents;
    contents.entries = descriptor.getEntryNames();
    contents.descriptor = descriptor.str(
        declarations, describeTarget(), options.pipeline.target.extensions,
        options.pipeline.optimise, llvm::sys::path::filename(weightsPath));
    takeDeviceCode(contents);
    if (embedded)
      contents.weights = embedded->getBuffer();
    contents.next = options.next;
    if (text && options.embedWeights && !isFurther())
      contents.tokenizer = text->getContents();
    if (failed(writeTokenizer()))
      return failure();
    if (isFurther())
      contents.symbol = options.symbol;
    else if (options.emit == EmitKind::library)
      contents.symbol = getModelSymbol(module);
    if (options.emit == EmitKind::library && !isFurther() &&
        failed(writeHeader(contents.symbol, contents.descriptor)))
      return failure();
    // Last, so that it is never there without the others.
    FailureOr<std::string> place =
        isFurther() ? options.object : outputs.place(options.output);
    if (failed(place))
      return failure();
    return writeCode(module, contents, options.emit, *place,
                     "'" + options.output + "'", options.pipeline);
  }

  /// Moves the kernels into `contents`, in all forms that the device's driver
  /// may take.
  void takeDeviceCode(ObjectContents &contents) {
    if (!options.pipeline.device)
      return;
    contents.device = *options.pipeline.device;
    contents.kernels = takeKernels(module);
    std::string assembler = kernel::findPtxas();
    if (!contents.kernels.text.empty() && !assembler.empty())
      contents.kernels.machineCode =
          kernel::assemblePtx(assembler, contents.kernels.text,
                              contents.device.architecture, module.getContext())
              .value_or("");
  }

  /// What programs write text with. A library's user does that.
  LogicalResult readText() {
    if (options.emit == EmitKind::library || options.emit == EmitKind::plugin)
      return success();
    FailureOr<std::optional<TextPart>> part =
        readTextPart(module, options.tokenizer, options.output);
    if (succeeded(part))
      text = std::move(*part);
    return part;
  }

  /// Copies the tokenizer to where the program looks for it.
  LogicalResult writeTokenizer() {
    if (!text || !text->file || options.embedWeights ||
        llvm::sys::fs::equivalent(text->copy,
                                  text->file->getBufferIdentifier()))
      return success();
    return writeOutput(text->copy, [&](raw_ostream &os) {
      os << text->getContents();
      return success();
    });
  }

  /// Whether this is the model's code for a further device.
  bool isFurther() const { return !options.object.empty(); }

  std::string getHeaderPath() const {
    llvm::SmallString<128> path(getWeightsPath(options.output));
    llvm::sys::path::replace_extension(path, "h");
    return path.str().str();
  }

  std::string describeTarget() {
    const CpuTarget &target = options.pipeline.target;
    std::string device;
    if (options.pipeline.device) {
      device = options.pipeline.device->getName();
      if (!options.pipeline.device->architecture.empty())
        device += " " + options.pipeline.device->architecture;
      device += ", beside ";
    }
    return device + target.cpu + " (" + target.triple + ")";
  }

  LogicalResult writeHeader(StringRef symbol, StringRef descriptor) {
    return writeOutput(getHeaderPath(), [&](raw_ostream &os) {
      return emitHeader(module, symbol, descriptor, os);
    });
  }

  /// `name` is what messages call `output`.
  LogicalResult writeCode(ModuleOp code, const ObjectContents &contents,
                          EmitKind emit, StringRef output, StringRef name,
                          const PipelineOptions &pipeline) {
    auto format = emit == EmitKind::assembly ? ObjectFormat::assembly
                  : emit == EmitKind::llvmIr ? ObjectFormat::llvmIr
                                             : ObjectFormat::object;
    FailureOr<std::string> bytes = getCode(code, contents, format, pipeline);
    if (failed(bytes))
      return failure();
    auto write = [&](StringRef path) {
      return writeFile(path, name.trim('\''), [&](raw_ostream &file) {
        file << *bytes;
        return success();
      });
    };
    auto kind = emit == EmitKind::executable ? LinkKind::executable
                : emit == EmitKind::library  ? LinkKind::sharedLibrary
                                             : LinkKind::plugin;
    if (format != ObjectFormat::object || emit == EmitKind::object)
      return write(output);
    if (isFurther() && emit != EmitKind::plugin)
      return write(output);
    FailureOr<TemporaryFile> object = TemporaryFile::create(code, "o");
    if (failed(object) || failed(write(object->str())))
      return failure();
    SmallVector<StringRef> objects = {object->str()};
    SmallVector<StringRef> parts;
    if (!contents.kernels.kernels.empty())
      parts.push_back(contents.device.getRuntimePart());
    if (emit != EmitKind::plugin) {
      llvm::append_range(objects, options.objects);
      for (StringRef part : options.parts)
        if (!llvm::is_contained(parts, part))
          parts.push_back(part);
    }
    if (emit == EmitKind::executable && takesImages)
      parts.push_back("images");
    if (emit == EmitKind::executable && text)
      parts.push_back("text");
    return link(UnknownLoc::get(code.getContext()), objects, kind, parts,
                output, name);
  }

  /// Emits code, if it was not emitted before.
  FailureOr<std::string> getCode(ModuleOp code, const ObjectContents &contents,
                                 ObjectFormat format,
                                 const PipelineOptions &pipeline) {
    std::string digest;
    // What is embedded is seldom the same again.
    if (options.emitted && contents.weights.empty() &&
        contents.tokenizer.empty()) {
      digest = getDigest(code, contents, format, pipeline);
      if (auto found = options.emitted->find(digest);
          found != options.emitted->end())
        return found->second;
    }
    llvm::SmallVector<char, 0> bytes;
    llvm::raw_svector_ostream os(bytes);
    if (failed(emitObject(code, contents, pipeline.target, pipeline.optimise,
                          format, os)))
      return failure();
    if (!digest.empty())
      (*options.emitted)[digest] = os.str();
    return os.str().str();
  }

  /// Of all that an object depends on, but for embedded files.
  static std::string getDigest(ModuleOp code, const ObjectContents &contents,
                               ObjectFormat format,
                               const PipelineOptions &pipeline) {
    llvm::raw_sha1_ostream os;
    os << static_cast<int>(format) << '\0' << pipeline.optimise << '\0'
       << pipeline.target.triple << '\0' << pipeline.target.cpu << '\0'
       << pipeline.target.features << '\0' << contents.symbol << '\0'
       << contents.descriptor << '\0' << contents.next << '\0';
    llvm::interleave(contents.entries, os, "\n");
    for (const DeviceKernel &kernel : contents.kernels.kernels)
      os << '\0' << kernel.name << '\0' << kernel.code;
    os << '\0' << contents.kernels.text;
    code.print(os);
    return llvm::toStringRef(os.sha1()).str();
  }

  /// The target's, for the machine that compiles: it runs what prepares
  /// weights, and may be another.
  FailureOr<PipelineOptions> getHostPipeline() {
    PipelineOptions host = options.pipeline;
    std::string error;
    std::optional<CpuTarget> machine = resolveTarget("", "native", error);
    if (!machine)
      return emitError(module.getLoc()) << error;
    host.target = std::move(*machine);
    host.device.reset();
    return host;
  }

  /// Compiles and runs what computes the program's weights.
  LogicalResult prepareWeights(ModuleOp declarations, ModuleOp prepare,
                               const Checkpoint &checkpoint, StringRef path) {
    if (prepare.getOps<func::FuncOp>().empty())
      return writeWeights(declarations, checkpoint, "", path, options.progress);
    FailureOr<TemporaryFile> library = TemporaryFile::create(module, "so");
    if (failed(library))
      return failure();
    DescriptorBuilder descriptor(prepare);
    FailureOr<PipelineOptions> pipeline = getHostPipeline();
    if (failed(pipeline) ||
        failed(runPipeline(prepare, buildLoopsPipeline, *pipeline)))
      return failure();
    descriptor.addCode(prepare);
    ObjectContents contents;
    contents.entries = descriptor.getEntryNames();
    contents.descriptor =
        descriptor.str(prepare, describeTarget(), pipeline->target.extensions,
                       pipeline->optimise, "");
    if (failed(runPipeline(prepare, buildTargetPipeline, *pipeline)) ||
        failed(writeCode(prepare, contents, EmitKind::plugin, library->str(),
                         "the code that prepares the weights", *pipeline)))
      return failure();
    return writeWeights(declarations, checkpoint, library->str(), path,
                        options.progress);
  }

  ModuleOp module;
  const CompileOptions &options;
  OutputFiles &outputs;
  std::optional<TextPart> text;
  bool stopped = false;
  bool takesImages = false; ///< Among the inputs.
};
} // namespace

SmallVector<std::string> mlir::lathe::getInputs(ModuleOp module,
                                                const CompileOptions &options) {
  llvm::SetVector<StringRef> inputs;
  for (const CheckpointFile &file : options.weights)
    inputs.insert(file.path);
  // The spec, and what it includes.
  module->walk([&](Operation *op) {
    op->getLoc()->walk([&](Location part) {
      if (auto place = dyn_cast<FileLineColLoc>(part))
        inputs.insert(place.getFilename().getValue());
      return WalkResult::advance();
    });
  });
  if (auto text = module->getAttrOfType<DictionaryAttr>("lathe.text"))
    if (auto tokenizer = text.getAs<StringAttr>("tokenizer"))
      inputs.insert(tokenizer.getValue());
  if (!options.tokenizer.empty())
    inputs.insert(options.tokenizer);
  return llvm::map_to_vector(inputs, [](StringRef path) { return path.str(); });
}

LogicalResult mlir::lathe::compile(ModuleOp module,
                                   const CompileOptions &options,
                                   OutputFiles &outputs) {
  return Compilation(module, options, outputs).run();
}

LogicalResult mlir::lathe::compile(ModuleOp module,
                                   const CompileOptions &options) {
  OutputFiles outputs(UnknownLoc::get(module.getContext()),
                      getInputs(module, options));
  return success(succeeded(compile(module, options, outputs)) &&
                 succeeded(outputs.commit()));
}
