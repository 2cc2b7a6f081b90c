//===- DeviceRun.cpp - The memory of runs on a device ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/DeviceRun.h"
#include "runtime/Types.h"
#include <cstring>

using namespace lathe::runtime;

namespace {
/// Slots of the queue; the model's copies follow.
enum { arenaSlot, statesSlot, tensorsSlot, copiesSlot };
} // namespace

Status DeviceRun::prepare(const LatheModel &runModel, size_t arenaBytes,
                          size_t stateBytes, LatheContext &context) {
  model = &runModel;
  if (Status status = model->openDevice(); status.failed())
    return status;
  auto queue = model->device->createQueue();
  if (!queue)
    return queue.status();
  auto arena = model->device->allocate(arenaBytes, "working memory");
  if (!arena)
    return arena.status();
  auto states = model->device->allocate(stateBytes, "state");
  if (!states)
    return states.status();
  arenaMemory = std::move(*arena);
  stateMemory = std::move(*states);
  clearStates();
  unsigned slot = copiesSlot;
  for (const LatheModel::DeviceCopy &copy : model->deviceCopies)
    (*queue)->attach(slot++, *copy.memory, copy.address);
  (*queue)->attach(arenaSlot, *arenaMemory);
  (*queue)->attach(statesSlot, *stateMemory);
  context.device = std::move(*queue);
  return {};
}

void DeviceRun::clearStates() {
  std::memset(stateMemory->data(), 0, stateMemory->size());
}

static size_t bytesOf(const LatheTensor &tensor) {
  return elementCount({tensor.shape, tensor.rank}) * latheTypeSize(tensor.type);
}

Status DeviceRun::copyIn(std::span<const LatheTensor> inputs,
                         std::span<const LatheTensor> outputs,
                         DeviceQueue &queue, std::vector<void *> &addresses) {
  constexpr size_t alignment = 64;
  offsets.clear();
  size_t needed = 0;
  for (std::span tensors : {inputs, outputs})
    for (const LatheTensor &tensor : tensors) {
      offsets.push_back(needed);
      needed += (bytesOf(tensor) + alignment - 1) / alignment * alignment;
    }
  if (!tensorMemory || tensorMemory->size() < needed) {
    auto memory = model->device->allocate(needed, "inputs and outputs");
    if (!memory)
      return memory.status();
    queue.attach(tensorsSlot, **memory);
    tensorMemory = std::move(*memory);
  }
  addresses.clear();
  for (size_t offset : offsets)
    addresses.push_back(tensorMemory->data() + offset);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (size_t bytes = bytesOf(inputs[i]))
      std::memcpy(addresses[i], inputs[i].data, bytes);
  return {};
}

void DeviceRun::copyOut(std::span<const LatheTensor> outputs,
                        std::span<void *const> addresses) {
  for (size_t i = 0; i < outputs.size(); ++i)
    if (size_t bytes = bytesOf(outputs[i]))
      std::memcpy(outputs[i].data, addresses[i], bytes);
}
