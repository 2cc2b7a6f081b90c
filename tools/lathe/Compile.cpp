//===- Compile.cpp - lathe compile ----------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/lathe/TunedFile.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace lathe::tool;
using mlir::lathe::EmitKind;
using mlir::lathe::Phase;
namespace cl = llvm::cl;

static cl::SubCommand parser("compile", "turns a spec into a native program");
static SpecOptions spec(parser);
static TargetOptions target(parser);

static WeightsOption
    weights(parser,
            "a safetensors file of the model; may be given more than once, and "
            "PREFIX=FILE puts a prefix and a dot before the names in FILE");
static cl::opt<std::string>
    tokenizer("tokenizer",
              cl::desc("the tokenizer of a model that writes text, in place of "
                       "the one that its spec names"),
              cl::value_desc("tokenizer.json|.model"), cl::sub(parser));
static cl::opt<std::string> output("o", cl::desc("where the result goes"),
                                   cl::value_desc("path"), cl::sub(parser));
static cl::opt<bool> embedWeights("embed-weights",
                                  cl::desc("put the weights into the program"),
                                  cl::sub(parser));
static cl::opt<bool>
    strictWeights("strict-weights",
                  cl::desc("refuse a checkpoint with tensors that the model "
                           "does not use"),
                  cl::sub(parser));
static cl::opt<EmitKind> emit(
    "emit", cl::desc("what to make"), cl::init(EmitKind::executable),
    cl::values(clEnumValN(EmitKind::executable, "exe", "a program (default)"),
               clEnumValN(EmitKind::library, "lib",
                          "a shared library and its C header"),
               clEnumValN(EmitKind::object, "obj", "an object file"),
               clEnumValN(EmitKind::assembly, "asm", "assembly"),
               clEnumValN(EmitKind::llvmIr, "llvm", "LLVM IR"),
               clEnumValN(EmitKind::ptx, "ptx",
                          "PTX of the kernels, with --target=cuda")),
    cl::sub(parser));
static cl::opt<char>
    level("O",
          cl::desc("0: the reference lowering, plain loops; else optimised"),
          cl::Prefix, cl::init('2'), cl::sub(parser));

static LeanOptions lean(parser);
static TunedOptions tuned(parser);

static auto phaseValues() {
  return cl::values(
      clEnumValN(Phase::model, "model", "the ops as the spec has them"),
      clEnumValN(Phase::lean, "lean", "after model-level passes"),
      clEnumValN(Phase::tensor, "tensor", "nests on tensors"),
      clEnumValN(Phase::loops, "loops", "vector code in one arena"),
      clEnumValN(Phase::target, "target", "LLVM's dialect"));
}
static cl::opt<Phase> dumpAfter("dump-after",
                                cl::desc("print the IR after a phase"),
                                phaseValues(), cl::sub(parser));
static cl::opt<Phase>
    stopAfter("stop-after",
              cl::desc("stop after a phase and write its IR to -o"),
              phaseValues(), cl::sub(parser));
static cl::opt<bool> verifyEach("verify-each",
                                cl::desc("verify the IR after each pass"),
                                cl::sub(parser));
static cl::opt<bool> timing("timing", cl::desc("print the time of each pass"),
                            cl::sub(parser));

static cl::opt<bool>
    progress("progress",
             cl::desc("tell how far the weights are (default: on a terminal)"),
             cl::sub(parser));

/// The output's name where none is given: that of the spec.
static std::string defaultOutput() {
  llvm::StringRef stem = llvm::sys::path::stem(spec.path);
  switch (emit) {
  case EmitKind::executable:
    return stem.str();
  case EmitKind::library:
  case EmitKind::plugin:
    return ("lib" + stem + ".so").str();
  case EmitKind::object:
    return (stem + ".o").str();
  case EmitKind::assembly:
    return (stem + ".s").str();
  case EmitKind::llvmIr:
    return (stem + ".ll").str();
  case EmitKind::ptx:
    return (stem + ".ptx").str();
  }
  llvm_unreachable("all kinds have a name");
}

static int runCompile() {
  std::optional<mlir::lathe::CpuTarget> cpu = target.resolve();
  if (!cpu)
    return 1;
  if (embedWeights && weights.texts.empty())
    return fail("--embed-weights needs --weights");
  if (level < '0' || level > '3')
    return fail(llvm::Twine("there is no -O") + llvm::Twine(level.getValue()) +
                "; use -O0 to -O3");
  if (level == '0' && target.resolveDevice())
    return fail("-O0 is plain loops for processors; leave --target=" +
                target.triple + " out");
  bool isLinked = !stopAfter.getNumOccurrences() &&
                  (emit == EmitKind::executable || emit == EmitKind::library);
  if (isLinked &&
      llvm::Triple(cpu->triple).getArch() !=
          llvm::Triple(llvm::sys::getDefaultTargetTriple()).getArch())
    return fail("programs for '" + cpu->triple +
                "' are linked on such a machine; --emit=obj makes an object, "
                "--emit=asm its assembly");
  if (output == "-" && (isLinked || !weights.texts.empty()))
    return fail(
        "-o - is for code as text; a program and its weights are files, "
        "and go where -o says");
  TargetOptions::Devices devices = target.resolveDevices();
  if (devices.size() > 1 && !stopAfter.getNumOccurrences() &&
      emit != EmitKind::executable && emit != EmitKind::library)
    return fail("--target=" + llvm::Twine(target.triple) +
                " makes programs and libraries; compile for one target to look "
                "at its code");
  bool isForCuda =
      devices.front() && devices.front()->kind == mlir::lathe::DeviceKind::cuda;
  if (emit == EmitKind::ptx && !isForCuda)
    return fail("--emit=ptx is the kernels for CUDA devices; it needs "
                "--target=cuda");
  Session session;
  if (!session.load(spec) || !tuned.apply(session, spec, *cpu))
    return 1;
  mlir::lathe::CompileOptions options;
  options.pipeline.optimise = level != '0';
  options.pipeline.target = *cpu;
  if (!lean.apply(options.pipeline))
    return 1;
  options.emit = emit;
  options.weights = weights.getFiles();
  options.embedWeights = embedWeights;
  options.strictWeights = strictWeights;
  options.tokenizer = tokenizer;
  options.verifyEach = verifyEach;
  options.timing = timing;
  options.progress = progress.getNumOccurrences()
                         ? progress
                         : llvm::sys::Process::StandardErrIsDisplayed();
  if (dumpAfter.getNumOccurrences())
    options.dumpAfter = dumpAfter;
  if (stopAfter.getNumOccurrences())
    options.stopAfter = stopAfter;
  options.output = output;
  if (output.empty() && !options.stopAfter)
    options.output = defaultOutput();
  return mlir::failed(
      mlir::lathe::compileForAll(session.getModule(), options, devices));
}

static Command command(parser, runCompile, R"(
Examples:
  lathe compile specs/digits/digits.yaml --weights specs/digits/digits.safetensors -o digits
      makes ./digits and ./digits.weights; ./digits --help says how to run it
  lathe compile specs/affnet/affnet-et.yaml --weights et.safetensors --emit=lib -o libaffnet.so
      makes a shared library, affnet.h and affnet.weights
  lathe compile specs/clr/resnet50.yaml --weights tasks.0=a.safetensors --weights tasks.1=b.safetensors …
      makes one program of checkpoints whose tensors have the same names
  lathe compile specs/digits/digits.yaml --weights specs/digits/digits.safetensors --target=cpu+vulkan -o digits
      makes a program that computes on a Vulkan device where there is one
  lathe compile specs/digits/digits.yaml --stop-after=tensor
      prints the nests that the model becomes
  lathe compile specs/digits/digits.yaml --emit=asm --target-cpu=x86-64-v3 -o digits.s
)");
