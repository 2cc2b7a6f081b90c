//===- WeightsFile.cpp - From a checkpoint to the program's weights -------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/WeightsFile.h"
#include "codegen/Descriptor.h"
#include "passes/Passes.h"
#include "runtime/File.h"
#include "runtime/Random.h"
#include "runtime/Types.h"
#include "runtime/abi.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/Format.h"
#include <chrono>
#include <cmath>

using namespace mlir;
using namespace mlir::lathe;
namespace rt = ::lathe::runtime;

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

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

  /// Runs the entry `name` on the weights `from` of the checkpoint.
  LogicalResult run(StringRef name, ArrayAttr from,
                    const Checkpoint &checkpoint, const LatheTensor &output,
                    ModuleOp module) {
    const LatheModelInfo *info = latheModelInfo(model);
    for (uint32_t i = 0; i < info->entryCount; ++i) {
      const LatheEntryInfo &entry = info->entries[i];
      if (name != entry.name)
        continue;
      SmallVector<LatheTensor> inputs;
      std::vector<std::unique_ptr<unsigned char[]>> copies;
      std::vector<std::pair<const unsigned char *, uint64_t>> mapped;
      for (uint32_t k = 0; k < entry.inputCount; ++k) {
        const LatheTensorInfo &info = entry.inputs[k];
        const unsigned char *data =
            checkpoint.data(cast<StringAttr>(from[k]).getValue());
        mapped.push_back(
            {data, *rt::byteSize(info.type, {info.maxShape, info.rank})});
        if (reinterpret_cast<uintptr_t>(data) % rt::namesOf(info.type).size)
          data = copies.emplace_back(copyOf(data, info)).get();
        inputs.push_back({info.type, info.rank, info.maxShape,
                          const_cast<unsigned char *>(data)});
      }
      LatheStatus status;
      int32_t failed = latheInstanceRun(instance, i, inputs.data(),
                                        inputs.size(), &output, 1, &status);
      for (const auto &[data, bytes] : mapped)
        rt::releasePages(data, bytes);
      if (!failed)
        return success();
      return module.emitError("'") << name << "' failed: " << status.message;
    }
    return module.emitError("there is no code for '") << name << "'";
  }

private:
  /// An aligned copy of a tensor: nothing obliges a checkpoint to begin its
  /// data at a multiple of an element's size.
  static std::unique_ptr<unsigned char[]> copyOf(const unsigned char *data,
                                                 const LatheTensorInfo &info) {
    uint64_t bytes = *rt::byteSize(info.type, {info.maxShape, info.rank});
    auto copy = std::make_unique<unsigned char[]>(bytes);
    std::memcpy(copy.get(), data, bytes);
    return copy;
  }

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

namespace {
/// A line of standard error that tells how far a file is.
class Progress {
public:
  Progress(uint64_t total, bool isShown) : total(total), isShown(isShown) {}
  ~Progress() {
    if (isShown)
      llvm::errs() << "\r\x1b[K";
  }

  /// `name` is begun, `bytes` of the whole being done.
  void show(StringRef name, uint64_t bytes) {
    auto now = Clock::now();
    if (!isShown || (shown && now - *shown < std::chrono::milliseconds(100)))
      return;
    shown = now;
    double share = total ? double(bytes) / total : 1;
    double seconds = std::chrono::duration<double>(now - start).count();
    llvm::errs() << llvm::format("\r\x1b[Kpreparing weights: %3.0f %%, ",
                                 100 * share);
    if (bytes > 0)
      llvm::errs() << llvm::format("%.0f s left, ", seconds / share - seconds);
    llvm::errs() << name;
  }

private:
  using Clock = std::chrono::steady_clock;
  uint64_t total;
  bool isShown;
  Clock::time_point start = Clock::now();
  std::optional<Clock::time_point> shown;
};
} // namespace

/// Copies a weight as it is, without holding all of it in memory.
static rt::Status copyWeight(const unsigned char *data, uint64_t bytes,
                             rt::SafetensorsWriter &writer) {
  constexpr uint64_t piece = 16 << 20;
  for (uint64_t at = 0; at < bytes; at += piece) {
    uint64_t size = std::min(piece, bytes - at);
    if (rt::Status status = writer.append(data + at, size); status.failed())
      return status;
    rt::releasePages(data + at, size);
  }
  return {};
}

LogicalResult mlir::lathe::writeWeights(ModuleOp main,
                                        const Checkpoint &checkpoint,
                                        StringRef preparePath, StringRef path,
                                        bool showProgress) {
  WeightsLayout layout = getWeightsLayout(main);
  PrepareProgram prepare;
  if (!preparePath.empty() && failed(prepare.open(preparePath, main)))
    return failure();
  rt::Result<rt::SafetensorsWriter> writer = rt::SafetensorsWriter::create(
      path.str(), layout.tensors, {{"lathe.layout", layout.hash}},
      rt::weightsAlignment, /*checksum=*/true);
  if (!writer)
    return asResult(writer.status(), main);
  Progress progress(layout.bytes, showProgress);
  for (auto [weight, entry] :
       llvm::zip(getProgramWeights(main), layout.tensors)) {
    progress.show(weight.getSymName(), entry.offset);
    auto preparedBy =
        weight->getAttrOfType<FlatSymbolRefAttr>("lathe.prepared_by");
    if (!preparedBy) {
      if (failed(asResult(copyWeight(checkpoint.data(weight.getSymName()),
                                     entry.bytes, *writer),
                          main)))
        return failure();
      continue;
    }
    std::vector<unsigned char> bytes(entry.bytes);
    LatheTensor output = {entry.type, uint32_t(entry.shape.size()),
                          entry.shape.data(), bytes.data()};
    auto from = weight->getAttrOfType<ArrayAttr>("lathe.prepared_from");
    if (failed(prepare.run(preparedBy.getValue(), from, checkpoint, output,
                           main)) ||
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

/// Makes some of `values` positive and the others not, by `draw` as
/// `writeRandomCheckpoint` says.
static void drawMask(MutableArrayRef<float> values, uint64_t seed,
                     unsigned draw) {
  size_t size = values.size(), kept = 1 + rt::randomBits(seed, size) % size;
  if (draw < 3)
    kept = draw == 0 ? 1 : draw == 1 ? size : std::max<size_t>(size / 2, 1);
  auto order = llvm::to_vector(llvm::seq<size_t>(size));
  for (size_t i = size; i > 1; --i)
    std::swap(order[i - 1], order[rt::randomBits(seed, i - 1) % i]);
  for (auto [i, place] : llvm::enumerate(order)) {
    float magnitude = 0.1f + std::abs(values[place]);
    values[place] = i < kept ? magnitude : -magnitude;
  }
}

LogicalResult mlir::lathe::writeRandomCheckpoint(ModuleOp module, uint64_t seed,
                                                 StringRef path, bool perturbed,
                                                 unsigned maskDraw) {
  SmallVector<WeightOp> masks;
  if (perturbed)
    masks = getStructuralWeights(module);
  std::vector<rt::TensorEntry> entries;
  SmallVector<WeightOp> weights;
  ::llvm::StringSet<> seen;
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
      if (llvm::is_contained(masks, weight))
        drawMask({values, size_t(type.getNumElements())}, tensorSeed, maskDraw);
    }
    if (failed(asResult(writer->append(bytes.data(), bytes.size()), module)))
      return failure();
  }
  return asResult(writer->finish(), module);
}
