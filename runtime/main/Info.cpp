//===- Info.cpp - A model's description for people
//--------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/main/Info.h"
#include "runtime/Safetensors.h"
#include "runtime/main/CommandLine.h"
#include "runtime/main/TextSupport.h"

using namespace lathe::runtime;

static void printTensor(const char *kind, const LatheTensorInfo &tensor,
                        FILE *stream, const EntryRoles &roles = {}) {
  fprintf(stream, "  %-8s %-24s %s%s", kind, tensor.name,
          typeText(tensor).c_str(), describeRole(roles, tensor.name).c_str());
  if (tensor.least)
    fprintf(stream, ", %s to %s", tensor.least, tensor.most);
  fputc('\n', stream);
}

static void printDims(const LatheModelInfo &model, FILE *stream) {
  for (const LatheDimInfo &dim : std::span(model.dims, model.dimCount)) {
    fprintf(stream, "dimension    %s: ", dim.name);
    for (uint32_t i = 0; i < dim.valueCount; ++i)
      fprintf(stream, "%s%lld", i ? ", " : "",
              static_cast<long long>(dim.values[i]));
    if (!dim.valueCount)
      fprintf(stream, "%lld to %s", static_cast<long long>(dim.min),
              dim.limit ? dim.limit : std::to_string(dim.max).c_str());
    if (dim.input)
      fprintf(stream, dim.valueCount ? ", chosen by '%s'" : ", from '%s'",
              dim.input);
    fputc('\n', stream);
  }
}

void lathe::runtime::printInfo(const LatheModelInfo &model,
                               std::span<const EntryRoles> roles,
                               FILE *stream) {
  fprintf(stream, "model        %s\n", model.name);
  if (*model.summary)
    fprintf(stream, "summary      %s\n", model.summary);
  fprintf(stream, "target       %s%s\n", model.target,
          model.optimised ? "" : " (reference code, not optimised)");
  fprintf(stream, "parameters   %lld\n",
          static_cast<long long>(model.parameters));
  fprintf(stream, "weights      %.3f MB, %s\n",
          static_cast<double>(model.weightsBytes) * 1e-6,
          model.embedded ? "embedded" : model.weightsFile);
  if (model.stateBytes)
    fprintf(stream, "state        %.3f MB\n",
            static_cast<double>(model.stateBytes) * 1e-6);
  if (const TextSupport *text = &latheTextSupport)
    text->printInfo(model, stream);
  printDims(model, stream);
  for (const auto &entry : std::span(model.entries, model.entryCount)) {
    fprintf(stream, "\nentry %s, %.3f MB of working memory\n", entry.name,
            static_cast<double>(entry.arenaBytes) * 1e-6);
    for (const LatheTensorInfo &tensor : inputsOf(entry))
      printTensor("input", tensor, stream, roles[&entry - model.entries]);
    for (const LatheTensorInfo &tensor : outputsOf(entry))
      printTensor("output", tensor, stream, roles[&entry - model.entries]);
  }
  fprintf(stream, "\n");
  for (const auto &tensor : std::span(model.states, model.stateCount))
    printTensor("state", tensor, stream);
  for (const auto &tensor : std::span(model.weights, model.weightCount))
    if (!std::string_view(tensor.name).starts_with(paddingPrefix))
      printTensor("weight", tensor, stream);
}
