//===- Descriptor.cpp - What a compiled model says about itself -----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler wrote the JSON read here, so a mistake in it is not a user's:
// the JSON library's own messages are good enough, and its exceptions stay in
// this file.
//
//===----------------------------------------------------------------------===//

#include "runtime/Descriptor.h"
#include "runtime/Types.h"
#include <algorithm>
#include <nlohmann/json.hpp>

using namespace lathe::runtime;
using nlohmann::json;

namespace {

/// Thrown within this file, like the JSON library's exceptions.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Reader {
public:
  Reader(Descriptor &descriptor) : descriptor(descriptor) {}
  void readModel(const json &model);

private:
  void readDim(const json &dim);
  LatheEntryInfo readEntry(const json &entry, Descriptor::Entry &exprs);
  void readVariant(const json &variant, std::vector<LatheEntryInfo> &entries);
  LatheTensorInfo readTensor(const json &tensor, ShapeExpr *exprs);
  void readRange(const json &tensor, LatheTensorInfo &info,
                 std::optional<Descriptor::Range> &exprs);
  std::vector<LatheTensorInfo> readTensors(const json &object);
  LatheEventInfo readEvent(const json &event, std::vector<SizeExpr> &flops);
  SizeExpr readSize(const json &size);
  std::vector<int64_t> shapeAt(const ShapeExpr &exprs,
                               const std::vector<int64_t> &dims);
  const char *keepText(const json &object, const char *key) {
    return descriptor.keep(object.value(key, std::string()));
  }

  Descriptor &descriptor;
  std::vector<LatheDimInfo> dims;
  std::vector<int64_t> minDims;
  std::vector<int64_t> maxDims;
};

} // namespace

void Reader::readModel(const json &model) {
  if (model.at("lathe").get<int>() != 1)
    throw Malformed("its version is not 1");
  LatheModelInfo &info = descriptor.info;
  info.name = descriptor.keep(model.at("model").get<std::string>());
  info.summary = keepText(model, "summary");
  info.target = keepText(model, "target");
  descriptor.processorFeatures =
      model.value("processor", std::vector<std::string>());
  info.optimised = model.value("optimised", true);
  info.parameters = model.value("parameters", int64_t(0));

  const json dimList = model.value("dims", json::array());
  for (const json &dim : dimList)
    readDim(dim);
  // A limit may name any dim.
  for (const json &dim : dimList)
    descriptor.dimLimits.push_back(dim.contains("limit")
                                       ? std::optional(readSize(dim["limit"]))
                                       : std::nullopt);
  info.dimCount = static_cast<uint32_t>(dims.size());
  info.dims = descriptor.keep(dims);

  std::vector<LatheEntryInfo> entries;
  for (const json &entry : model.at("entries"))
    if (entry.contains("variant_of"))
      readVariant(entry, entries);
    else
      entries.push_back(readEntry(entry, descriptor.entries.emplace_back()));
  info.entryCount = static_cast<uint32_t>(entries.size());
  info.entries = descriptor.keep(std::move(entries));

  const json weights = model.value("weights", json::object());
  info.weightsFile = keepText(weights, "file");
  info.weightsBytes = weights.value("bytes", uint64_t(0));
  descriptor.layout = weights.value("layout", "");
  std::vector<LatheTensorInfo> tensors = readTensors(weights);
  info.weightCount = static_cast<uint32_t>(tensors.size());
  info.weights = descriptor.keep(std::move(tensors));

  const json state = model.value("state", json::object());
  info.stateBytes = state.value("bytes", uint64_t(0));
  std::vector<LatheTensorInfo> states = readTensors(state);
  info.stateCount = static_cast<uint32_t>(states.size());
  info.states = descriptor.keep(std::move(states));
}

std::vector<LatheTensorInfo> Reader::readTensors(const json &object) {
  std::vector<LatheTensorInfo> tensors;
  for (const json &tensor : object.value("tensors", json::array()))
    tensors.push_back(readTensor(tensor, nullptr));
  return tensors;
}

void Reader::readDim(const json &dim) {
  auto name = dim.at("name").get<std::string>();
  descriptor.dimNames.push_back(name);
  minDims.push_back(dim.value("min", int64_t(1)));
  maxDims.push_back(dim.at("max").get<int64_t>());
  LatheDimInfo info = {};
  info.name = descriptor.keep(name);
  info.min = minDims.back();
  info.max = maxDims.back();
  if (dim.contains("limit"))
    info.limit = keepText(dim, "limit");
  if (dim.contains("input"))
    info.input = keepText(dim, "input");
  auto values = dim.value("values", std::vector<int64_t>());
  info.valueCount = static_cast<uint32_t>(values.size());
  info.values = descriptor.keep(std::move(values));
  dims.push_back(info);
}

LatheEntryInfo Reader::readEntry(const json &entry, Descriptor::Entry &exprs) {
  LatheEntryInfo info = {};
  info.name = descriptor.keep(entry.at("name").get<std::string>());
  info.arenaBytes = entry.value("arena_bytes", size_t(0));
  std::vector<LatheTensorInfo> inputs, outputs;
  std::vector<LatheEventInfo> events;
  for (const json &tensor : entry.at("inputs")) {
    inputs.push_back(readTensor(tensor, &exprs.inputs.emplace_back()));
    readRange(tensor, inputs.back(), exprs.ranges.emplace_back());
    exprs.onHost.push_back(tensor.value("host", false));
  }
  for (const json &tensor : entry.at("outputs"))
    outputs.push_back(readTensor(tensor, &exprs.outputs.emplace_back()));
  for (const json &event : entry.value("events", json::array()))
    events.push_back(readEvent(event, exprs.flops));
  info.inputCount = static_cast<uint32_t>(inputs.size());
  info.outputCount = static_cast<uint32_t>(outputs.size());
  info.eventCount = static_cast<uint32_t>(events.size());
  info.inputs = descriptor.keep(std::move(inputs));
  info.outputs = descriptor.keep(std::move(outputs));
  info.events = descriptor.keep(std::move(events));
  return info;
}

void Reader::readVariant(const json &variant,
                         std::vector<LatheEntryInfo> &entries) {
  // Variants stand behind all entries, as their code does.
  auto name = variant.at("variant_of").get<std::string>();
  auto entry = std::find_if(
      entries.begin(), entries.end(),
      [&](const LatheEntryInfo &info) { return info.name == name; });
  if (entry == entries.end())
    throw Malformed(concat("a variant of no entry, ", quote(name)));
  Descriptor::Entry exprs;
  Descriptor::Variant result = {static_cast<uint32_t>(entries.size()) +
                                    descriptor.variantCount++,
                                {},
                                readEntry(variant, exprs)};
  for (const auto &[dim, value] : variant.at("when").items()) {
    auto found =
        std::find(descriptor.dimNames.begin(), descriptor.dimNames.end(), dim);
    if (found == descriptor.dimNames.end())
      throw Malformed(concat("unknown dim ", quote(dim)));
    result.when.push_back(
        {static_cast<uint32_t>(found - descriptor.dimNames.begin()),
         value.get<int64_t>()});
  }
  entry->arenaBytes = std::max(entry->arenaBytes, result.info.arenaBytes);
  std::vector<bool> &onHost =
      descriptor.entries[entry - entries.begin()].onHost;
  for (size_t i = 0; i < onHost.size() && i < exprs.onHost.size(); ++i)
    onHost[i] = onHost[i] || exprs.onHost[i];
  descriptor.entries[entry - entries.begin()].variants.push_back(
      std::move(result));
}

void Reader::readRange(const json &tensor, LatheTensorInfo &info,
                       std::optional<Descriptor::Range> &exprs) {
  if (!tensor.contains("range"))
    return;
  auto range = tensor["range"].get<std::vector<std::string>>();
  if (isFloat(info.type)) {
    // As the elements are rounded: 0.7f is within 0.7 and 1.
    std::pair numbers = {roundTo(info.type, std::stod(range.at(0))),
                         roundTo(info.type, std::stod(range.at(1)))};
    exprs = {SizeExpr(0), SizeExpr(0), numbers};
  } else {
    exprs = {readSize(range.at(0)), readSize(range.at(1)), {}};
  }
  info.least = descriptor.keep(range[0]);
  info.most = descriptor.keep(range[1]);
}

LatheTensorInfo Reader::readTensor(const json &tensor, ShapeExpr *exprs) {
  LatheTensorInfo info = {};
  info.name = descriptor.keep(tensor.at("name").get<std::string>());
  auto typeName = tensor.at("type").get<std::string>();
  auto type = findType(&TypeNames::lathe, typeName);
  if (!type)
    throw Malformed(concat("unknown type ", quote(typeName)));
  info.type = *type;
  ShapeExpr shape;
  std::vector<const char *> texts;
  for (const json &size : tensor.at("shape")) {
    shape.push_back(readSize(size));
    texts.push_back(descriptor.keep(size.is_string() ? size.get<std::string>()
                                                     : size.dump()));
  }
  info.rank = static_cast<uint32_t>(shape.size());
  info.shape = descriptor.keep(std::move(texts));
  info.minShape = descriptor.keep(shapeAt(shape, minDims));
  info.maxShape = descriptor.keep(shapeAt(shape, maxDims));
  if (exprs)
    *exprs = std::move(shape);
  return info;
}

LatheEventInfo Reader::readEvent(const json &event,
                                 std::vector<SizeExpr> &flops) {
  json count = event.value("flops", json(0));
  flops.push_back(readSize(count));
  return {keepText(event, "name"), keepText(event, "op"),
          keepText(event, "shape"),
          descriptor.keep(count.is_string() ? count.get<std::string>()
                                            : count.dump())};
}

SizeExpr Reader::readSize(const json &size) {
  if (!size.is_string())
    return SizeExpr(size.get<int64_t>());
  auto expr = SizeExpr::parse(size.get<std::string>(), descriptor.dimNames);
  if (!expr)
    throw Malformed(expr.status().message());
  return *expr;
}

std::vector<int64_t> Reader::shapeAt(const ShapeExpr &exprs,
                                     const std::vector<int64_t> &dims) {
  std::vector<int64_t> shape;
  for (const SizeExpr &expr : exprs) {
    std::optional<int64_t> size = expr.evaluate(dims);
    if (!size)
      throw Malformed("a size overflows within the bounds of the dims");
    shape.push_back(*size);
  }
  return shape;
}

Result<std::unique_ptr<Descriptor>>
Descriptor::parse(const LatheModelBinary &binary) {
  if (binary.abiVersion != LATHE_ABI_VERSION)
    return Status(LATHE_BAD_MODEL,
                  concat("the model was compiled for version ",
                         binary.abiVersion, " of the runtime, this is version ",
                         LATHE_ABI_VERSION, "; compile it again"));
  auto descriptor = std::make_unique<Descriptor>();
  std::string text(binary.descriptor, binary.descriptorSize);
  try {
    Reader(*descriptor).readModel(json::parse(text));
    if (descriptor->info.entryCount + descriptor->variantCount !=
        binary.entryCount)
      throw Malformed("it does not describe every entry");
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const std::exception &error) {
    return Status(LATHE_BAD_MODEL,
                  concat("the model's descriptor is malformed (", error.what(),
                         "); compile the model again"));
  }
  descriptor->info.json = descriptor->keep(std::move(text));
  descriptor->info.embedded = binary.weights != nullptr;
  return descriptor;
}
