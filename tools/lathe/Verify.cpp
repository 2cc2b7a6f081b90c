//===- Verify.cpp - lathe verify ------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles a model twice, by the reference lowering and by the default path,
// runs both on the same random weights and inputs, and compares. Where they
// differ, the result of every op becomes an output, and the op at which they
// part is named.
//
//===----------------------------------------------------------------------===//

#include "dialect/LatheDialect.h"
#include "dialect/Locations.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Passes.h"
#include "runtime/SampleInputs.h"
#include "runtime/SizeExpr.h"
#include "runtime/Types.h"
#include "tools/lathe/Program.h"
#include "tools/lathe/TunedFile.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace lathe::tool;
using namespace mlir::lathe;
namespace cl = llvm::cl;
namespace rt = ::lathe::runtime;

static cl::SubCommand parser("verify",
                             "compares optimised with unoptimised code");
static SpecOptions spec(parser);
static TargetOptions target(parser);
static WeightsOption
    weights(parser,
            "a checkpoint, as of 'lathe compile' (default: random weights)");
static cl::opt<uint64_t> seed("seed", cl::desc("of weights and inputs"),
                              cl::init(0), cl::sub(parser));
static cl::opt<double>
    tolerance("tolerance",
              cl::desc("largest difference, as a share of the largest "
                       "magnitude of the tensor (default 1e-4, or more "
                       "where activations are rounded)"),
              cl::init(1e-4), cl::sub(parser));
static cl::opt<unsigned> threads("threads", cl::desc("of the optimised code"),
                                 cl::init(2), cl::sub(parser));
static cl::opt<bool> eachOp("each-op",
                            cl::desc("compare the result of every "
                                     "op, also where outputs agree"),
                            cl::sub(parser));

enum class Against { reference, unfolded };
static cl::opt<Against> against(
    "against", cl::desc("what to compare with"), cl::init(Against::reference),
    cl::values(clEnumValN(Against::reference, "reference",
                          "the reference lowering, plain loops (default)"),
               clEnumValN(Against::unfolded, "unfolded",
                          "the same code without 'fold-masks', in f32")),
    cl::sub(parser));
static cl::opt<unsigned>
    masks("masks",
          cl::desc("repeat with so many random masks: of one channel, of all, "
                   "of half and of any number (default 1)"),
          cl::value_desc("count"), cl::sub(parser));
static LeanOptions lean(parser);
static TunedOptions tuned(parser);

namespace {

/// How far two tensors are apart, as a share of the largest magnitude.
struct Difference {
  double relative = 0;
  bool operator<(const Difference &other) const {
    return relative < other.relative;
  }
};

class Verifier {
public:
  Verifier(mlir::ModuleOp module, CpuTarget cpu,
           std::optional<DeviceTarget> device)
      : module(module), cpu(std::move(cpu)), device(std::move(device)) {
    // Folded and unfolded matrices have other largest numbers, and are rounded
    // otherwise in fewer bits.
    if (against == Against::unfolded)
      module->removeAttr("lathe.precision");
    if (this->device)
      roundAsDevice();
    allowed = findTolerance();
  }

  int run() {
    if (masks > 0 && !weights.texts.empty())
      return fail("--masks are those of random weights: leave --weights out");
    if (against == Against::unfolded && getStructuralWeights(module).empty())
      return fail("'" + spec.path +
                  "' has no mask of whole channels, so that --against=unfolded "
                  "has nothing to compare");
    bool agree = true;
    for (draw = 0; draw < std::max(1u, unsigned(masks)); ++draw) {
      if (masks > 0)
        llvm::outs() << "mask " << draw << ":\n";
      if (!compareDraw(agree))
        return 1;
    }
    llvm::outs() << (agree ? "verified: " : "NOT verified: ") << spec.path
                 << "\n";
    return !agree;
  }

private:
  /// The reference, which is for the processor, rounds the activations that the
  /// device does: by plain code, for which an instruction's name is enough.
  void roundAsDevice() {
    cpu.byteDot = device->multiplies("i8") ? device->getSpelling() : "";
    cpu.bf16Dot = device->multiplies("bf16") ? device->getSpelling() : "";
  }

  /// What lies between two codes may be rounded to either, when what comes
  /// before is computed in another order. A step is a 127th of the largest of a
  /// group in 8 bits, and up to a 128th of the number itself in bf16: as much
  /// as a result of one input would differ by.
  double findTolerance() const {
    constexpr double ofBytes = 1e-2, ofBf16 = 1.0 / 128;
    auto precision =
        module->getAttrOfType<mlir::DictionaryAttr>("lathe.precision");
    auto activations =
        precision ? precision.getAs<mlir::StringAttr>("activations") : nullptr;
    if (!activations || tolerance.getNumOccurrences())
      return tolerance;
    if (activations.getValue() == "int8" && !cpu.byteDot.empty())
      return ofBytes;
    if (activations.getValue() == "bf16" && !cpu.bf16Dot.empty())
      return ofBf16;
    return tolerance;
  }

  /// By how much of itself a number may differ that is rounded to a type: its
  /// neighbour is as near where the sum before is between both.
  static double stepOf(LatheType type) {
    return type == LATHE_F16 ? 1.0 / 1024 : type == LATHE_BF16 ? 1.0 / 128 : 0;
  }

  /// Compares on the weights of one draw; false after an error.
  bool compareDraw(bool &agree) {
    if (!setCheckpoint())
      return false;
    bool agreesHere = true;
    Program reference, optimised;
    if (!build(module, "reference", Side::wanted, reference) ||
        !build(module, "optimised", Side::compared, optimised))
      return false;
    for (uint32_t entry = 0; entry < reference.info().entryCount; ++entry)
      if (!compareEntry(reference, optimised, entry, agreesHere))
        return false;
    agree &= agreesHere;
    return (agreesHere && !eachOp) || compareOps();
  }

  bool setCheckpoint() {
    checkpoint = weights.getFiles();
    if (!checkpoint.empty())
      return true;
    std::string random = workshop.file("random.safetensors");
    checkpoint.push_back({"", random});
    // Without --masks, one mask of any number of channels.
    return mlir::succeeded(writeRandomCheckpoint(module, seed + draw, random,
                                                 /*perturbed=*/true,
                                                 masks > 0 ? draw : 3));
  }

  enum class Side { wanted, compared };

  bool build(mlir::ModuleOp source, llvm::StringRef name, Side side,
             Program &program) {
    mlir::OwningOpRef<mlir::ModuleOp> copy = source.clone();
    CompileOptions options;
    bool optimise = side == Side::compared || against != Against::reference;
    options.pipeline.optimise = optimise;
    options.pipeline.target = cpu;
    if (optimise)
      options.pipeline.device = device;
    if (!lean.apply(options.pipeline))
      return false;
    if (side == Side::wanted && against == Against::unfolded)
      options.pipeline.without.push_back("fold-masks");
    options.emit = EmitKind::plugin;
    options.weights = checkpoint;
    options.emitted = &emitted;
    // A library is loaded once by its path.
    options.output = workshop.file(llvm::Twine(draw), name + ".so");
    if (mlir::failed(compile(*copy, options)))
      return false;
    return program.open(options.output, "latheModel",
                        getWeightsPath(options.output), optimise ? threads : 1);
  }

  /// Sizes of the dimensions to try: 1, where vectors and tiles begin to have
  /// rests, and the most, or a power of two less, that does not take long
  /// without optimisation.
  static std::vector<int64_t> sizesToTry(const LatheModelInfo &info,
                                         const LatheEntryInfo &entry) {
    constexpr int64_t mostFlops = 20'000'000;
    llvm::ArrayRef<LatheDimInfo> dims(info.dims, info.dimCount);
    if (dims.empty())
      return {1};
    std::vector<int64_t> sizes = {1, 2, 7};
    int64_t most = 0;
    for (const LatheDimInfo &dim : dims)
      most = std::max(most, dim.max);
    while (most > sizes.back() &&
           countFlops(info, entry, most).value_or(INT64_MAX) > mostFlops)
      most /= 2;
    if (most > sizes.back())
      sizes.push_back(most);
    return sizes;
  }

  /// What the entry takes with dimensions of about that size.
  static std::optional<int64_t> countFlops(const LatheModelInfo &info,
                                           const LatheEntryInfo &entry,
                                           int64_t size) {
    std::vector<std::string> names;
    for (const LatheDimInfo &dim : llvm::ArrayRef(info.dims, info.dimCount))
      names.push_back(dim.name);
    std::vector<int64_t> wanted(info.dimCount, size);
    std::vector<int64_t> dims = rt::nearestDims(info, wanted);
    int64_t sum = 0;
    for (const auto &event : llvm::ArrayRef(entry.events, entry.eventCount)) {
      auto flops = rt::SizeExpr::parse(event.flops, names);
      std::optional<int64_t> count =
          flops ? flops->evaluate(dims) : std::nullopt;
      if (!count || llvm::AddOverflow(sum, *count, sum))
        return std::nullopt;
    }
    return sum;
  }

  std::vector<Tensor> makeInputs(const LatheModelInfo &info, uint32_t entry,
                                 int64_t size) {
    // Dims that inputs hold start at 0: the first call finds no past.
    std::vector<int64_t> wanted;
    for (const LatheDimInfo &dim : llvm::ArrayRef(info.dims, info.dimCount))
      wanted.push_back(dim.input && dim.min == 0 ? size - 1 : size);
    return makeSample(info, entry, wanted, seed);
  }

  static Difference compare(const Tensor &a, const Tensor &b) {
    double largest = 0, difference = 0;
    for (int64_t i = 0, n = rt::elementCount(a.shape); i < n; ++i) {
      double x = rt::elementAsDouble(a.type, a.bytes.data(), i);
      double y = rt::elementAsDouble(b.type, b.bytes.data(), i);
      if (std::isnan(x) != std::isnan(y))
        return {HUGE_VAL};
      if (std::isnan(x) || x == y)
        continue;
      largest = std::max(largest, std::abs(x));
      difference = std::max(difference, std::abs(x - y));
    }
    return {largest > 0 ? difference / largest : difference};
  }

  bool compareEntry(Program &reference, Program &optimised, uint32_t entry,
                    bool &agree) {
    const LatheEntryInfo &description = reference.info().entries[entry];
    for (int64_t size : sizesToTry(reference.info(), description)) {
      std::vector<Tensor> inputs = makeInputs(reference.info(), entry, size);
      std::vector<Tensor> wanted, got;
      if (!reference.run(entry, inputs, wanted) ||
          !optimised.run(entry, inputs, got))
        return false;
      for (uint32_t i = 0; i < description.outputCount; ++i) {
        Difference difference = compare(wanted[i], got[i]);
        bool within =
            difference.relative <= std::max(allowed, stepOf(wanted[i].type));
        agree &= within;
        llvm::outs() << description.name << " size " << size << " "
                     << description.outputs[i].name
                     << llvm::format(": largest difference %.2e ",
                                     difference.relative)
                     << (within ? "ok" : "TOO LARGE") << "\n";
      }
    }
    return true;
  }

  /// Makes every op's result an output and names the worst of each entry.
  bool compareOps() {
    mlir::OwningOpRef<mlir::ModuleOp> tapped = module.clone();
    std::vector<std::vector<std::string>> paths;
    for (auto function : tapped->getOps<mlir::func::FuncOp>())
      tapOps(function, paths.emplace_back());
    Program reference, optimised;
    if (!build(*tapped, "tapped-reference", Side::wanted, reference) ||
        !build(*tapped, "tapped-optimised", Side::compared, optimised))
      return false;
    for (uint32_t entry = 0; entry < reference.info().entryCount; ++entry)
      if (!compareOps(reference, optimised, entry, paths[entry]))
        return false;
    return true;
  }

  bool compareOps(Program &reference, Program &optimised, uint32_t entry,
                  const std::vector<std::string> &paths) {
    std::vector<Tensor> inputs = makeInputs(reference.info(), entry, 2), wanted,
                        got;
    if (!reference.run(entry, inputs, wanted) ||
        !optimised.run(entry, inputs, got))
      return false;
    size_t untapped = wanted.size() - paths.size();
    double before = 0;
    std::string worst;
    double largestGrowth = -1;
    for (size_t i = 0; i < paths.size(); ++i) {
      double now = compare(wanted[untapped + i], got[untapped + i]).relative;
      llvm::outs() << llvm::format("  %.2e  ", now) << paths[i] << "\n";
      if (now - before > largestGrowth) {
        largestGrowth = now - before;
        worst = paths[i];
      }
      before = std::max(before, now);
    }
    llvm::outs() << "worst op: " << worst << "\n";
    return true;
  }

  static void tapOps(mlir::func::FuncOp function,
                     std::vector<std::string> &paths) {
    mlir::MLIRContext *context = function.getContext();
    auto terminator = function.front().getTerminator();
    llvm::SmallVector<mlir::Value> results(terminator->getOperands());
    function.walk([&](CostOpInterface op) {
      for (mlir::Value result : op->getResults()) {
        results.push_back(result);
        std::string path = mlir::lathe::getStepPath(op->getLoc()).str();
        paths.push_back(path + " (" + op->getName().stripDialect().str() + ")");
      }
    });
    terminator->setOperands(results);
    function.setType(
        mlir::FunctionType::get(context, function.getArgumentTypes(),
                                mlir::ValueRange(results).getTypes()));
    if (auto attrs = function.getResAttrsAttr()) {
      llvm::SmallVector<mlir::Attribute> all(attrs.begin(), attrs.end());
      all.resize(results.size(), mlir::DictionaryAttr::get(context));
      function.setResAttrsAttr(mlir::ArrayAttr::get(context, all));
    }
  }

  mlir::ModuleOp module;
  CpuTarget cpu;
  std::optional<DeviceTarget> device;
  /// The largest difference, as a share of the largest magnitude.
  double allowed = 0;
  /// Which of the random masks is compared on.
  unsigned draw = 0;
  Workshop workshop;
  EmittedCode emitted;
  std::vector<CheckpointFile> checkpoint;
};

} // namespace

static int runVerify() {
  std::optional<CpuTarget> cpu = target.resolve();
  if (!cpu)
    return 1;
  Session session;
  if (!session.load(spec) || !tuned.apply(session, spec, *cpu))
    return 1;
  return Verifier(session.getModule(), *cpu, target.resolveDevice()).run();
}

static Command command(parser, runVerify, R"(
Examples:
  lathe verify specs/digits/digits.yaml
  lathe verify specs/affnet/affnet-et.yaml --set height=64 --set width=64 --each-op
  lathe verify specs/digits/digits.yaml --weights specs/digits/digits.safetensors --tolerance 1e-5
  lathe verify specs/digits/digits.yaml --target=vulkan
  lathe verify specs/pat/llama-1.3b.yaml --set layers=2 --set hidden=64 --against=unfolded --masks=10
)");
