//===- WeightsFile.cpp - From a checkpoint to the program's weights -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/WeightsFile.h"
#include "codegen/Descriptor.h"
#include "runtime/Random.h"
#include "runtime/Types.h"
#include "runtime/abi.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/GlobPattern.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
namespace rt = ::lathe::runtime;

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

static LatheType typeOf(Type type) {
  return *rt::findType(&rt::TypeNames::lathe, formatElementType(type));
}

static rt::TensorEntry entryOf(WeightOp weight) {
  rt::TensorEntry entry;
  entry.name = weight.getSymName().str();
  RankedTensorType type = weight.getTensorType();
  entry.type = typeOf(type.getElementType());
  entry.shape.assign(type.getShape().begin(), type.getShape().end());
  return entry;
}

WeightsLayout mlir::lathe::getWeightsLayout(ModuleOp module) {
  std::vector<rt::TensorEntry> entries;
  for (WeightOp weight : getProgramWeights(module))
    entries.push_back(entryOf(weight));
  WeightsLayout layout;
  layout.tensors = *rt::layOut(std::move(entries), rt::weightsAlignment);
  for (auto [entry, weight] :
       llvm::zip(layout.tensors, getProgramWeights(module))) {
    assert(int64_t(entry.offset) ==
               weight->getAttrOfType<IntegerAttr>("lathe.offset").getInt() &&
           "code and file agree on the layout");
    layout.bytes = entry.offset + entry.bytes;
  }
  layout.hash = rt::layoutHash(layout.tensors);
  return layout;
}

//===----------------------------------------------------------------------===//
// Checkpoints
//===----------------------------------------------------------------------===//

FailureOr<Checkpoint> Checkpoint::open(StringRef path, ModuleOp module,
                                       bool strict) {
  rt::Result<rt::Safetensors> file = rt::Safetensors::open(path.str());
  if (!file) {
    emitError(UnknownLoc::get(module.getContext())) << file.status().message();
    return failure();
  }
  Checkpoint checkpoint(std::move(*file));
  if (failed(checkpoint.match(path, module, strict)))
    return failure();
  return std::move(checkpoint);
}

/// The name among `names` nearest to `wanted`, for a hint; "" if none is near.
static StringRef nearestName(StringRef wanted,
                             const std::vector<rt::TensorEntry> &entries) {
  StringRef best;
  unsigned least = wanted.size() / 3 + 1;
  for (const rt::TensorEntry &entry : entries) {
    unsigned distance =
        wanted.edit_distance(entry.name, /*AllowReplacements=*/true, least);
    if (distance < least) {
      least = distance;
      best = entry.name;
    }
  }
  return best;
}

LogicalResult Checkpoint::match(StringRef path, ModuleOp module, bool strict) {
  // A checkpoint of quite another model would give thousands of errors.
  constexpr unsigned mostErrors = 20;
  unsigned errors = 0;
  llvm::StringSet<> used;
  for (auto weight : module.getOps<WeightOp>()) {
    StringRef name = weight.getCheckpointName();
    used.insert(name);
    const rt::TensorEntry *entry = file.find(name.str());
    rt::TensorEntry wanted = entryOf(weight);
    if (entry && entry->type == wanted.type && entry->shape == wanted.shape) {
      tensors[weight.getSymName()] = entry;
      continue;
    }
    if (++errors > mostErrors)
      continue;
    if (entry) {
      weight.emitError() << "the checkpoint's '" << name << "' is "
                         << rt::describe(entry->type, entry->shape)
                         << ", the model wants "
                         << rt::describe(wanted.type, wanted.shape);
      continue;
    }
    InFlightDiagnostic diagnostic = weight.emitError();
    diagnostic << "'" << path << "' has no tensor '" << name
               << "' for the parameter '" << weight.getSymName() << "'";
    if (StringRef near = nearestName(name, file.tensors()); !near.empty())
      diagnostic << "; did you mean '" << near << "'?";
    else
      diagnostic << "; if it has another name there, say so in the spec's "
                    "'weights: {rename: …}'";
  }
  if (errors > mostErrors)
    emitError(UnknownLoc::get(module.getContext()))
        << "and " << errors - mostErrors << " more parameters without a tensor";
  if (errors)
    return failure();

  SmallVector<llvm::GlobPattern> ignored;
  auto addPattern = [&](StringRef text) {
    if (llvm::Expected<llvm::GlobPattern> glob =
            llvm::GlobPattern::create(text))
      ignored.push_back(std::move(*glob));
    else
      llvm::consumeError(glob.takeError());
  };
  // PyTorch's counters of training steps mean nothing here.
  addPattern("*num_batches_tracked");
  if (auto patterns = module->getAttrOfType<ArrayAttr>("lathe.ignore"))
    for (Attribute pattern : patterns)
      addPattern(cast<StringAttr>(pattern).getValue());
  SmallVector<StringRef> extra;
  for (const rt::TensorEntry &entry : file.tensors())
    if (!used.contains(entry.name) &&
        !StringRef(entry.name).starts_with(rt::paddingPrefix) &&
        llvm::none_of(ignored, [&](const llvm::GlobPattern &pattern) {
          return pattern.match(entry.name);
        }))
      extra.push_back(entry.name);
  if (extra.empty())
    return success();
  Location nowhere = UnknownLoc::get(module.getContext());
  InFlightDiagnostic diagnostic =
      strict ? emitError(nowhere) : emitWarning(nowhere);
  diagnostic << "'" << path << "' has " << extra.size()
             << " tensors that the model does not use, the first '"
             << extra.front()
             << "'; list them in the spec's 'weights: {ignore: […]}' if that "
                "is meant";
  diagnostic.report();
  return success(!strict);
}

const unsigned char *Checkpoint::data(StringRef weight) const {
  return file.data(*tensors.lookup(weight));
}

//===----------------------------------------------------------------------===//
// Weights prepared at compile time
//===----------------------------------------------------------------------===//

namespace {
/// The compiled `prepare` functions, ready to run.
class PrepareProgram {
public:
  ~PrepareProgram() {
    latheInstanceDestroy(instance);
    latheModelClose(model);
    if (library.isValid())
      llvm::sys::DynamicLibrary::closeLibrary(library);
  }

  LogicalResult open(StringRef path, ModuleOp module) {
    std::string error;
    library = llvm::sys::DynamicLibrary::getLibrary(path.str().c_str(), &error);
    auto *binary = library.isValid()
                       ? static_cast<const LatheModelBinary *>(
                             library.getAddressOfSymbol("latheModel"))
                       : nullptr;
    LatheStatus status = {LATHE_BAD_MODEL, {}};
    if (binary && !latheModelOpen(binary, &model, &status) &&
        !latheModelLoadWeights(model, nullptr, &status) &&
        !latheInstanceCreate(model, nullptr, &instance, &status))
      return success();
    return module.emitError("the weights cannot be prepared: ")
           << (binary ? status.message : error.c_str());
  }

  /// Runs the entry `name` on weights of the checkpoint.
  LogicalResult run(StringRef name, const Checkpoint &checkpoint,
                    const LatheTensor &output, ModuleOp module) {
    const LatheModelInfo *info = latheModelInfo(model);
    for (uint32_t i = 0; i < info->entryCount; ++i) {
      const LatheEntryInfo &entry = info->entries[i];
      if (name != entry.name)
        continue;
      SmallVector<LatheTensor> inputs;
      for (uint32_t k = 0; k < entry.inputCount; ++k)
        inputs.push_back({entry.inputs[k].type, entry.inputs[k].rank,
                          entry.inputs[k].maxShape,
                          const_cast<unsigned char *>(
                              checkpoint.data(entry.inputs[k].name))});
      LatheStatus status;
      if (!latheInstanceRun(instance, i, inputs.data(), inputs.size(), &output,
                            1, &status))
        return success();
      return module.emitError("'") << name << "' failed: " << status.message;
    }
    return module.emitError("there is no code for '") << name << "'";
  }

private:
  llvm::sys::DynamicLibrary library;
  LatheModel *model = nullptr;
  LatheInstance *instance = nullptr;
};
} // namespace

static LogicalResult asResult(const rt::Status &status, ModuleOp module) {
  if (!status.failed())
    return success();
  emitError(UnknownLoc::get(module.getContext())) << status.message();
  return failure();
}

LogicalResult mlir::lathe::writeWeights(ModuleOp main,
                                        const Checkpoint &checkpoint,
                                        StringRef preparePath, StringRef path) {
  WeightsLayout layout = getWeightsLayout(main);
  PrepareProgram prepare;
  if (!preparePath.empty() && failed(prepare.open(preparePath, main)))
    return failure();
  rt::Result<rt::SafetensorsWriter> writer = rt::SafetensorsWriter::create(
      path.str(), layout.tensors, {{"lathe.layout", layout.hash}},
      rt::weightsAlignment, /*checksum=*/true);
  if (!writer)
    return asResult(writer.status(), main);
  for (auto [weight, entry] :
       llvm::zip(getProgramWeights(main), layout.tensors)) {
    auto preparedBy =
        weight->getAttrOfType<FlatSymbolRefAttr>("lathe.prepared_by");
    if (!preparedBy) {
      if (failed(asResult(
              writer->append(checkpoint.data(weight.getSymName()), entry.bytes),
              main)))
        return failure();
      continue;
    }
    std::vector<unsigned char> bytes(entry.bytes);
    LatheTensor output = {entry.type, uint32_t(entry.shape.size()),
                          entry.shape.data(), bytes.data()};
    if (failed(prepare.run(preparedBy.getValue(), checkpoint, output, main)) ||
        failed(asResult(writer->append(bytes.data(), bytes.size()), main)))
      return failure();
  }
  return asResult(writer->finish(), main);
}

//===----------------------------------------------------------------------===//
// Random checkpoints
//===----------------------------------------------------------------------===//

/// The numbers that `init` asks for, as scale and offset of numbers of mean 0
/// and variance 1.
static std::pair<float, float> parseInit(StringRef init, RankedTensorType type,
                                         bool perturbed) {
  auto arguments = [&](StringRef name) {
    SmallVector<double> values;
    StringRef rest = init;
    if (rest.consume_front(name) && rest.consume_front("(") &&
        rest.consume_back(")"))
      while (!rest.empty()) {
        auto [head, tail] = rest.split(',');
        double value = 0;
        (void)head.trim().getAsDouble(value);
        values.push_back(value);
        rest = tail;
      }
    return values;
  };
  float noise = perturbed ? 0.2f : 0.0f;
  if (init == "ones")
    return {noise, 1};
  if (init == "zeros")
    return {noise, 0};
  if (auto normal = arguments("normal"); normal.size() == 1)
    return {normal[0], 0};
  if (auto range = arguments("uniform"); range.size() == 2)
    return {(range[1] - range[0]) / 2 / std::sqrt(3.0),
            (range[0] + range[1]) / 2};
  // fan_in: variance 2 / (elements that one output sums up), which keeps the
  // size of activations through layers with rectifiers (He et al. 2015).
  int64_t fanIn = 1;
  for (int64_t size : type.getShape().drop_front(type.getRank() > 1 ? 1 : 0))
    fanIn *= size;
  return {std::sqrt(2.0f / fanIn), 0};
}

LogicalResult mlir::lathe::writeRandomCheckpoint(ModuleOp module, uint64_t seed,
                                                 StringRef path,
                                                 bool perturbed) {
  std::vector<rt::TensorEntry> entries;
  SmallVector<WeightOp> weights;
  llvm::StringSet<> seen;
  for (auto weight : module.getOps<WeightOp>()) {
    if (!seen.insert(weight.getCheckpointName()).second)
      continue;
    weights.push_back(weight);
    entries.push_back(entryOf(weight));
    entries.back().name = weight.getCheckpointName().str();
  }
  auto laidOut = rt::layOut(std::move(entries), /*alignment=*/1);
  rt::Result<rt::SafetensorsWriter> writer =
      rt::SafetensorsWriter::create(path.str(), *laidOut);
  if (!writer)
    return asResult(writer.status(), module);
  for (auto [i, weight] : llvm::enumerate(weights)) {
    const rt::TensorEntry &entry = (*laidOut)[i];
    RankedTensorType type = weight.getTensorType();
    std::vector<unsigned char> bytes(entry.bytes);
    // A sequence of its own for each tensor.
    uint64_t tensorSeed = rt::randomBits(seed, i);
    rt::fillRandom(entry.type, bytes.data(), type.getNumElements(), tensorSeed);
    if (type.getElementType().isF32()) {
      auto [scale, offset] =
          parseInit(weight.getInit().value_or("fan_in"), type, perturbed);
      auto *values = reinterpret_cast<float *>(bytes.data());
      for (int64_t k = 0; k < type.getNumElements(); ++k)
        values[k] = values[k] * scale + offset;
    }
    if (failed(asResult(writer->append(bytes.data(), bytes.size()), module)))
      return failure();
  }
  return asResult(writer->finish(), module);
}
