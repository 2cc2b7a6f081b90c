//===- Generator.cpp - A model that goes on with a text -------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/text/Generator.h"
#include "runtime/abi.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

using namespace lathe::runtime;
using namespace lathe::runtime::text;
using nlohmann::json;

//===--- What the descriptor says -----------------------------------------===//

static const LatheTensorInfo *findTensor(const LatheTensorInfo *tensors,
                                         uint32_t count,
                                         std::string_view name) {
  auto found = std::find_if(
      tensors, tensors + count,
      [&](const LatheTensorInfo &tensor) { return tensor.name == name; });
  return found == tensors + count ? nullptr : found;
}

/// The most tokens of a text: one more than the greatest position.
static int64_t contextOf(const LatheModelInfo &info,
                         const LatheTensorInfo &position, int64_t chunk) {
  for (const LatheDimInfo &dim : std::span(info.dims, info.dimCount))
    if (dim.input && std::string_view(dim.input) == position.name)
      return dim.max + 1;
  int64_t most = 0;
  if (position.most) {
    std::string_view text = position.most;
    auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), most);
    if (error == std::errc() && end == text.data() + text.size())
      return most + 1;
  }
  return chunk;
}

Result<TextModel> TextModel::read(const LatheModelInfo &info) {
  auto malformed = [&](std::string_view what) {
    return Status(LATHE_BAD_MODEL, concat("what ", quote(info.name),
                                          " says of text is "
                                          "malformed (",
                                          what, "); compile the model again"));
  };
  auto entryCalled = [&](const std::string &name) {
    auto found = std::find_if(
        info.entries, info.entries + info.entryCount,
        [&](const LatheEntryInfo &entry) { return entry.name == name; });
    return static_cast<uint32_t>(found - info.entries);
  };
  TextModel model;
  try {
    const json text = json::parse(info.json).at("text");
    auto prefill = text.at("prefill").get<std::string>();
    model.prefill = entryCalled(prefill);
    model.decode = entryCalled(text.value("decode", prefill));
    model.vocabulary = text.at("vocabulary").get<int64_t>();
    model.tokenizer = text.value("tokenizer", "");
    model.kind = text.value("kind", "");
    model.offset = text.value("offset", int64_t(0));
    model.start = text.value("start", Tokens());
    model.end = text.value("end", Tokens());
    model.chat = text.value("template", "");
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const std::exception &error) {
    return malformed(error.what());
  }
  if (std::max(model.prefill, model.decode) >= info.entryCount)
    return malformed("it names an entry that is not there");
  const LatheEntryInfo &entry = info.entries[model.prefill];
  const LatheTensorInfo *tokens =
      findTensor(entry.inputs, entry.inputCount, "tokens");
  const LatheTensorInfo *position =
      findTensor(entry.inputs, entry.inputCount, "position");
  if (!tokens || tokens->rank == 0)
    return malformed("its entry reads no tokens");
  model.hasState = position;
  model.chunk = tokens->maxShape[tokens->rank - 1];
  model.context =
      position ? contextOf(info, *position, model.chunk) : model.chunk;
  return model;
}

//===--- Running ----------------------------------------------------------===//

Status Generator::restart() {
  history.clear();
  LatheStatus status;
  if (latheInstanceResetState(&instance, &status))
    return {status.code, status.message};
  return {};
}

Status Generator::read(std::span<const int64_t> tokens) {
  if (static_cast<size_t>(text.context - size()) < tokens.size())
    return {LATHE_BAD_SHAPE,
            concat("the text has ", history.size() + tokens.size(),
                   " tokens, but ", quote(info.name), " reads at most ",
                   text.context)};
  if (!text.hasState) {
    history.insert(history.end(), tokens.begin(), tokens.end());
    return run(text.prefill, history, 0);
  }
  while (!tokens.empty()) {
    auto part = tokens.first(
        std::min<size_t>(tokens.size(), static_cast<size_t>(text.chunk)));
    uint32_t entry = part.size() == 1 && size() ? text.decode : text.prefill;
    if (Status status = run(entry, part, size()); status.failed())
      return status;
    history.insert(history.end(), part.begin(), part.end());
    tokens = tokens.subspan(part.size());
  }
  return {};
}

/// A vector's memory as i32 or i64, as the input `info` wants it.
static void store(const LatheTensorInfo &info, std::span<const int64_t> values,
                  std::vector<int64_t> &memory) {
  memory.resize(values.size());
  if (info.type == LATHE_I64)
    std::copy(values.begin(), values.end(), memory.begin());
  else
    std::copy(values.begin(), values.end(),
              reinterpret_cast<int32_t *>(memory.data()));
}

Status Generator::run(uint32_t number, std::span<const int64_t> tokens,
                      int64_t position) {
  const LatheEntryInfo &entry = info.entries[number];
  LatheStatus status;
  std::vector<std::vector<int64_t>> memory(entry.inputCount);
  std::vector<std::vector<int64_t>> shapes;
  std::vector<LatheTensor> inputs, outputs;
  shapes.reserve(entry.inputCount + entry.outputCount);
  for (uint32_t i = 0; i < entry.inputCount; ++i) {
    const LatheTensorInfo &input = entry.inputs[i];
    bool isTokens = std::string_view(input.name) == "tokens";
    store(input, isTokens ? tokens : std::span(&position, 1), memory[i]);
    std::vector<int64_t> &shape = shapes.emplace_back(input.rank, 1);
    if (isTokens)
      shape.back() = static_cast<int64_t>(tokens.size());
    inputs.push_back({input.type, input.rank, shape.data(), memory[i].data()});
  }
  std::vector<std::vector<unsigned char>> others(entry.outputCount);
  for (uint32_t i = 0; i < entry.outputCount; ++i) {
    const LatheTensorInfo &output = entry.outputs[i];
    std::vector<int64_t> &shape = shapes.emplace_back(output.rank);
    if (latheModelOutputShape(&model, number, inputs.data(), inputs.size(), i,
                              shape.data(), &status))
      return {status.code, status.message};
    size_t count = 1;
    for (int64_t size : shape)
      count *= static_cast<size_t>(size);
    bool isLogits = std::string_view(output.name) == "logits";
    if (isLogits)
      logits.resize(count);
    else
      others[i].resize(count * latheTypeSize(output.type));
    outputs.push_back(
        {output.type, output.rank, shape.data(),
         isLogits ? static_cast<void *>(logits.data()) : others[i].data()});
  }
  if (latheInstanceRun(&instance, number, inputs.data(), inputs.size(),
                       outputs.data(), outputs.size(), &status))
    return {status.code, status.message};
  lastPosition = position;
  return {};
}

Result<int64_t> Generator::draw(const Sampling &sampling) {
  auto size = static_cast<size_t>(text.vocabulary);
  if (logits.size() < size)
    return Status(LATHE_BAD_MODEL, "the model gave fewer logits than it has "
                                   "tokens; compile the model again");
  const float *row = logits.data() + (logits.size() - size);
  bool isNumber =
      std::none_of(row, row + size, [](float x) { return std::isnan(x); });
  if (!isNumber || !std::isfinite(*std::max_element(row, row + size)))
    return Status(LATHE_BAD_VALUE,
                  concat("after ", history.size(),
                         " tokens the model gave logits that have no finite "
                         "maximum"));
  scratch.resize(size);
  int64_t token = 0;
  latheSample(nullptr, 0, row, &sampling.temperature, &sampling.limit,
              &sampling.mass, &sampling.seed, &lastPosition, &token,
              scratch.data(), 1, text.vocabulary);
  return token;
}
