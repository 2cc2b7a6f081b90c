//===- Program.cpp - Models that the tool compiles and runs itself --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/lathe/Program.h"
#include "runtime/SampleInputs.h"
#include "runtime/Types.h"
#include "runtime/abi.h"
#include "tools/lathe/Session.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace lathe::tool;
namespace rt = ::lathe::runtime;

Workshop::Workshop() {
  (void)llvm::sys::fs::createUniqueDirectory("lathe", path);
}

Workshop::~Workshop() { (void)llvm::sys::fs::remove_directories(path); }

std::string Workshop::file(const llvm::Twine &name) const {
  llvm::SmallString<128> inner(path);
  llvm::sys::path::append(inner, name);
  return inner.str().str();
}

std::string Workshop::file(const llvm::Twine &folder,
                           const llvm::Twine &name) const {
  llvm::SmallString<128> inner(path);
  llvm::sys::path::append(inner, folder);
  (void)llvm::sys::fs::create_directory(inner);
  llvm::sys::path::append(inner, name);
  return inner.str().str();
}

std::vector<Tensor> lathe::tool::makeSample(const LatheModelInfo &info,
                                            uint32_t entry,
                                            std::span<const int64_t> wanted,
                                            uint64_t seed) {
  std::vector<int64_t> dims = rt::nearestDims(info, wanted);
  std::vector<Tensor> inputs;
  const LatheEntryInfo &description = info.entries[entry];
  for (uint32_t i = 0; i < description.inputCount; ++i) {
    const LatheTensorInfo &input = description.inputs[i];
    Tensor tensor{input.type, rt::sampleShape(info, input, dims), {}};
    tensor.bytes.resize(*rt::byteSize(input.type, tensor.shape));
    // Indices stay small: what they index is not known here.
    rt::fillSample(info, input, dims, tensor.view(), seed + i, /*bound=*/2);
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

Program::~Program() {
  latheInstanceDestroy(instance);
  latheModelClose(model);
}

bool Program::open(const std::string &library, const std::string &symbol,
                   const std::string &weightsPath, uint32_t threadCount) {
  std::string error;
  auto handle =
      llvm::sys::DynamicLibrary::getPermanentLibrary(library.c_str(), &error);
  auto *binary = handle.isValid()
                     ? static_cast<const LatheModelBinary *>(
                           handle.getAddressOfSymbol(symbol.c_str()))
                     : nullptr;
  if (!binary)
    return fail("cannot load the compiled model: " + error) == 0;
  LatheInstanceOptions options = {threadCount, nullptr, nullptr};
  LatheStatus status;
  if (latheModelOpen(binary, &model, &status) ||
      latheModelLoadWeights(model, weightsPath.c_str(), &status) ||
      latheInstanceCreate(model, &options, &instance, &status))
    return fail(status.message) == 0;
  return true;
}

static std::vector<LatheTensor> viewAll(std::vector<Tensor> &tensors) {
  std::vector<LatheTensor> views;
  for (Tensor &tensor : tensors)
    views.push_back(tensor.view());
  return views;
}

bool Program::prepare(uint32_t entry, std::vector<Tensor> &inputs,
                      std::vector<Tensor> &outputs) {
  const LatheEntryInfo &description = info().entries[entry];
  std::vector<LatheTensor> in = viewAll(inputs);
  LatheStatus status;
  outputs.clear();
  for (uint32_t i = 0; i < description.outputCount; ++i) {
    const LatheTensorInfo &output = description.outputs[i];
    Tensor tensor{output.type, std::vector<int64_t>(output.rank), {}};
    if (latheModelOutputShape(model, entry, in.data(), in.size(), i,
                              tensor.shape.data(), &status))
      return fail(status.message) == 0;
    tensor.bytes.resize(*rt::byteSize(output.type, tensor.shape));
    outputs.push_back(std::move(tensor));
  }
  return true;
}

bool Program::runPrepared(uint32_t entry, std::vector<Tensor> &inputs,
                          std::vector<Tensor> &outputs) {
  std::vector<LatheTensor> in = viewAll(inputs), out = viewAll(outputs);
  LatheStatus status;
  if (latheInstanceRun(instance, entry, in.data(), in.size(), out.data(),
                       out.size(), &status))
    return fail(status.message) == 0;
  return true;
}
