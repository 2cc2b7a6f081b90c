//===- DeviceTensors.cpp - Tensors of a run on its device -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/main/DeviceTensors.h"
#include "runtime/Model.h"
#include "runtime/Types.h"

using namespace lathe::runtime;

DeviceTensors::~DeviceTensors() {
  for (void *memory : memories)
    latheMemoryDestroy(instance, memory);
}

/// Whether the processor reads an input of an entry.
static bool isRead(const Descriptor &descriptor, uint32_t entry, size_t input) {
  const Descriptor::Entry &read = descriptor.entries[entry];
  std::string_view name = descriptor.info.entries[entry].inputs[input].name;
  for (const LatheDimInfo &dim :
       std::span(descriptor.info.dims, descriptor.info.dimCount))
    if (dim.input && name == dim.input)
      return true;
  return read.onHost[input] || read.ranges[input];
}

Status DeviceTensors::move(const LatheModel &model, uint32_t entry,
                           std::span<LatheTensor> inputs,
                           std::span<LatheTensor> outputs) {
  if (latheInstanceDevice(instance).kind == LATHE_HOST)
    return {};
  Status status;
  for (size_t i = 0; i < inputs.size() && !status.failed(); ++i)
    if (!isRead(*model.descriptor, entry, i))
      status = move(inputs[i], /*hasContents=*/true);
  for (size_t i = 0; i < outputs.size() && !status.failed(); ++i)
    status = move(outputs[i], /*hasContents=*/false);
  return status;
}

Status DeviceTensors::move(LatheTensor &tensor, bool hasContents) {
  size_t size =
      elementCount({tensor.shape, tensor.rank}) * latheTypeSize(tensor.type);
  void *memory = nullptr;
  LatheStatus status;
  if (latheMemoryCreate(instance, size, &memory, &status))
    return {status.code, status.message};
  memories.push_back(memory);
  if (hasContents &&
      latheMemoryWrite(instance, memory, tensor.data, size, &status))
    return {status.code, status.message};
  tensor.data = memory;
  tensor.device = latheInstanceDevice(instance);
  return {};
}
