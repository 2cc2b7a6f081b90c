//===- Checkpoint.cpp - The tensors that a model is given -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/Checkpoint.h"
#include "codegen/Descriptor.h"
#include "dialect/Composer.h"
#include "passes/Passes.h"
#include "runtime/Types.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/GlobPattern.h"

using namespace mlir;
using namespace mlir::lathe;
namespace rt = ::lathe::runtime;

CheckpointFile CheckpointFile::parse(StringRef text) {
  auto [prefix, path] = text.split('=');
  auto isOfName = [](char c) {
    return llvm::isAlnum(c) || c == '_' || c == '-' || c == '.';
  };
  // A file whose own name has a '=' is named by a path with a '/'.
  if (path.empty() || prefix.empty() || !llvm::all_of(prefix, isOfName))
    return {"", text.str()};
  return {prefix.str(), path.str()};
}

rt::TensorEntry mlir::lathe::entryOf(WeightOp weight) {
  rt::TensorEntry entry;
  entry.name = weight.getSymName().str();
  RankedTensorType type = weight.getTensorType();
  entry.type = *rt::findType(&rt::TypeNames::lathe,
                             formatElementType(type.getElementType()));
  entry.shape.assign(type.getShape().begin(), type.getShape().end());
  return entry;
}

FailureOr<Checkpoint> Checkpoint::open(ArrayRef<CheckpointFile> files,
                                       ModuleOp module, bool strict) {
  Checkpoint checkpoint;
  for (const CheckpointFile &file : files)
    if (failed(checkpoint.addFile(file, module)))
      return failure();
  if (failed(checkpoint.match(module)) ||
      failed(checkpoint.reportExtra(module, strict)))
    return failure();
  return std::move(checkpoint);
}

LogicalResult Checkpoint::addFile(const CheckpointFile &file, ModuleOp module) {
  Location nowhere = UnknownLoc::get(module.getContext());
  rt::Result<rt::Safetensors> contents = rt::Safetensors::open(file.path);
  if (!contents)
    return emitError(nowhere) << contents.status().message();
  files.push_back(std::make_unique<File>(
      File{file.prefix, file.path, std::move(*contents)}));
  const File *added = files.back().get();
  for (const rt::TensorEntry &entry : added->contents.tensors()) {
    auto [it, isNew] =
        tensors.insert({added->nameOf(entry), Tensor{added, &entry}});
    if (!isNew && !StringRef(entry.name).starts_with(rt::paddingPrefix))
      return emitError(nowhere)
             << "'" << it->second.file->path << "' and '" << added->path
             << "' both have a tensor '" << it->first()
             << "'; tell them apart by a prefix: --weights PREFIX="
             << added->path;
  }
  return success();
}

LogicalResult Checkpoint::match(ModuleOp module) {
  // A checkpoint of quite another model would give thousands of errors.
  constexpr unsigned mostErrors = 20;
  unsigned errors = 0;
  for (auto weight : module.getOps<WeightOp>()) {
    StringRef name = weight.getCheckpointName();
    auto found = tensors.find(name);
    rt::TensorEntry wanted = entryOf(weight);
    if (found != tensors.end()) {
      const rt::TensorEntry &entry = *found->second.entry;
      bool areFloats = rt::isFloat(entry.type) && rt::isFloat(wanted.type);
      if ((entry.type == wanted.type || areFloats) &&
          entry.shape == wanted.shape) {
        weights[weight.getSymName()] = found->second;
        continue;
      }
    }
    if (++errors > mostErrors)
      continue;
    if (found == tensors.end()) {
      reportMissing(weight);
      continue;
    }
    const rt::TensorEntry &entry = *found->second.entry;
    InFlightDiagnostic diagnostic = weight.emitError();
    diagnostic << "the checkpoint's '" << name << "' is "
               << rt::describe(entry.type, entry.shape) << ", the model wants "
               << rt::describe(wanted.type, wanted.shape);
    if (entry.shape == wanted.shape && rt::isFloat(wanted.type))
      diagnostic << "; floats of any type would do";
  }
  if (errors > mostErrors)
    emitError(UnknownLoc::get(module.getContext()))
        << "and " << errors - mostErrors << " more parameters without a tensor";
  return success(errors == 0);
}

void Checkpoint::reportMissing(WeightOp weight) const {
  StringRef name = weight.getCheckpointName(), best;
  InFlightDiagnostic diagnostic = weight.emitError();
  if (files.size() == 1)
    diagnostic << "'" << files.front()->path << "' has no tensor '";
  else
    diagnostic << "none of the " << files.size()
               << " files of weights has a tensor '";
  diagnostic << name << "' for the parameter '" << weight.getSymName() << "'";
  unsigned least = name.size() / 3 + 1;
  for (const auto &known : tensors) {
    unsigned distance =
        name.edit_distance(known.first(), /*AllowReplacements=*/true, least);
    // The hash table has no order of its own.
    if (distance < least ||
        (distance == least && !best.empty() && known.first() < best)) {
      least = distance;
      best = known.first();
    }
  }
  if (!best.empty())
    diagnostic << "; did you mean '" << best << "'?";
  else
    diagnostic << "; if it has another name there, say so in the spec's "
                  "'weights: {rename: …}'";
}

/// What names no parameter, and is not missed: PyTorch's counters of training
/// steps, and what the spec says.
static SmallVector<llvm::GlobPattern> getIgnored(ModuleOp module) {
  SmallVector<llvm::GlobPattern> ignored;
  auto add = [&](StringRef text) {
    if (llvm::Expected<llvm::GlobPattern> glob =
            llvm::GlobPattern::create(text))
      ignored.push_back(std::move(*glob));
    else
      llvm::consumeError(glob.takeError());
  };
  add("*num_batches_tracked");
  if (auto patterns = module->getAttrOfType<ArrayAttr>("lathe.ignore"))
    for (Attribute pattern : patterns)
      add(cast<StringAttr>(pattern).getValue());
  return ignored;
}

LogicalResult Checkpoint::reportExtra(ModuleOp module, bool strict) const {
  llvm::StringSet<> used;
  for (auto weight : module.getOps<WeightOp>())
    used.insert(weight.getCheckpointName());
  SmallVector<llvm::GlobPattern> ignored = getIgnored(module);
  bool anyExtra = false;
  for (const std::unique_ptr<File> &file : files) {
    SmallVector<std::string> extra;
    for (const rt::TensorEntry &entry : file->contents.tensors()) {
      std::string name = file->nameOf(entry);
      if (!used.contains(name) &&
          !StringRef(entry.name).starts_with(rt::paddingPrefix) &&
          llvm::none_of(ignored, [&](const llvm::GlobPattern &pattern) {
            return pattern.match(name);
          }))
        extra.push_back(std::move(name));
    }
    if (extra.empty())
      continue;
    anyExtra = true;
    Location nowhere = UnknownLoc::get(module.getContext());
    InFlightDiagnostic diagnostic =
        strict ? emitError(nowhere) : emitWarning(nowhere);
    diagnostic << "'" << file->path << "' has " << extra.size()
               << " tensors that the model does not use, the first '"
               << extra.front()
               << "'; list them in the spec's 'weights: {ignore: […]}' if that "
                  "is meant";
  }
  return success(!strict || !anyExtra);
}

void mlir::lathe::readStoredTypes(ModuleOp module,
                                  const Checkpoint &checkpoint) {
  Builder types(module.getContext());
  auto floatOf = [&](LatheType type) -> Type {
    switch (type) {
    case LATHE_F16:
      return types.getF16Type();
    case LATHE_BF16:
      return types.getBF16Type();
    case LATHE_F64:
      return types.getF64Type();
    default:
      return types.getF32Type();
    }
  };
  llvm::DenseMap<StringAttr, RankedTensorType> stored;
  for (auto weight : module.getOps<WeightOp>()) {
    LatheType type = checkpoint.type(weight.getSymName());
    if (type == entryOf(weight).type)
      continue;
    RankedTensorType own = weight.getTensorType().clone(floatOf(type));
    weight.setType(own);
    stored[weight.getSymNameAttr()] = own;
  }
  module.walk([&](ParameterOp op) {
    auto own = stored.find(op.getWeightAttr().getAttr());
    if (own == stored.end())
      return;
    Type wanted = op.getType().getElementType();
    op.getResult().setType(own->second);
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    Composer c(op.getLoc(), builder);
    Value converted = c.convert(op, wanted);
    op.getResult().replaceAllUsesExcept(converted, converted.getDefiningOp());
  });
}

void mlir::lathe::readStructure(ModuleOp module, const Checkpoint &checkpoint) {
  for (WeightOp weight : getStructuralWeights(module)) {
    RankedTensorType type = weight.getTensorType();
    size_t bytes =
        type.getNumElements() * getElementBytes(type.getElementType());
    auto *data =
        reinterpret_cast<const char *>(checkpoint.data(weight.getSymName()));
    weight.setValuesAttr(
        DenseElementsAttr::getFromRawBuffer(type, ArrayRef(data, bytes)));
  }
}
