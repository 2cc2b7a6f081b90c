//===- DeviceRun.cpp - The memory of runs on a device ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/DeviceRun.h"
#include "runtime/Types.h"
#include <algorithm>
#include <cstring>
#include <utility>

using namespace lathe::runtime;

Status DeviceRun::Block::allocate(Device &device, size_t size,
                                  std::string_view purpose) {
  auto made = device.allocate(size, purpose);
  if (!made)
    return made.status();
  memory = std::move(*made);
  return memory->data() ? Status() : mirror.allocate(size, purpose);
}

Status DeviceRun::Block::borrow(const LatheModel &model,
                                const LatheTensor &tensor, size_t size) {
  {
    std::lock_guard<std::mutex> lock(model.deviceMutex);
    auto found = model.memories.find(tensor.data);
    borrowed = found == model.memories.end() ? nullptr : found->second.get();
  }
  if (!borrowed) {
    auto made = model.device->wrap(tensor.data, size);
    if (!made)
      return made.status();
    wrapped = std::move(*made);
    borrowed = wrapped.get();
  }
  if (borrowed->size() < size)
    return {LATHE_BAD_ARGUMENT,
            concat("a tensor on the device has ", size,
                   " bytes, and memory of ", borrowed->size())};
  return borrowed->data() || mirror.size() >= size
             ? Status()
             : mirror.allocate(size, "inputs and outputs");
}

Status DeviceRun::prepare(const LatheModel &runModel, size_t arenaBytes,
                          size_t stateBytes, LatheContext &context) {
  model = &runModel;
  if (Status status = model->openDevice(); status.failed())
    return status;
  Device &device = *model->device;
  auto created = device.createQueue();
  if (!created)
    return created.status();
  // Nothing is named by no address.
  arenaBytes = std::max<size_t>(arenaBytes, 1);
  stateBytes = std::max<size_t>(stateBytes, 1);
  Status status = arenaMemory.allocate(device, arenaBytes, "working memory");
  if (!status.failed())
    status = stateMemory.allocate(device, stateBytes, "state");
  if (!status.failed())
    status = clearStates();
  if (status.failed())
    return status;
  DeviceQueue &queue = **created;
  unsigned slot = 0;
  queue.attach(slot++, *arenaMemory.memory, arena(), arenaBytes);
  queue.attach(slot++, *stateMemory.memory, states(), stateBytes);
  for (const LatheModel::DeviceCopy &copy : model->deviceCopies)
    queue.attach(slot++, *copy.memory, copy.address, copy.size);
  context.device = std::move(*created);
  context.sharesMemory = arenaMemory.memory->data() != nullptr;
  return {};
}

Status DeviceRun::clearStates() {
  return model->device->clear(*stateMemory.memory);
}

static size_t bytesOf(const LatheTensor &tensor) {
  return elementCount({tensor.shape, tensor.rank}) * latheTypeSize(tensor.type);
}

Status DeviceRun::place(const LatheTensor &tensor, size_t slot, size_t size) {
  while (tensors.size() <= slot)
    tensors.push_back(std::make_unique<Block>());
  Block &block = *tensors[slot];
  block.borrowed = nullptr;
  block.wrapped.reset();
  if (isOnDevice(tensor))
    return block.borrow(*model, tensor, size);
  bool hasName =
      block.memory && (block.memory->data() || block.mirror.size() >= size);
  if (hasName && block.memory->size() >= size)
    return {};
  return block.allocate(*model->device, size, "inputs and outputs");
}

Status DeviceRun::begin(std::span<const LatheTensor> inputs,
                        std::span<const LatheTensor> outputs,
                        DeviceQueue &queue, std::vector<void *> &addresses) {
  // Behind arena, states, and the model's copies.
  unsigned firstSlot = 2 + model->deviceCopies.size();
  inputCount = inputs.size();
  addresses.clear();
  for (std::span tensorsOf : {inputs, outputs})
    for (const LatheTensor &tensor : tensorsOf) {
      size_t slot = addresses.size(), bytes = bytesOf(tensor);
      size_t size = std::max<size_t>(bytes, 1);
      if (Status status = place(tensor, slot, size); status.failed())
        return status;
      Block &block = *tensors[slot];
      bool isGiven = slot < inputCount && bytes && !block.borrowed;
      bool isOwn = !block.get().data();
      void *address = isOwn && isGiven ? tensor.data : block.address();
      queue.attach(firstSlot + slot, block.get(), address, size);
      addresses.push_back(address);
      if (!isGiven)
        continue;
      if (isOwn)
        queue.upload(address, tensor.data, bytes);
      else
        std::memcpy(address, tensor.data, bytes);
    }
  return {};
}

Status DeviceRun::finish(std::span<const LatheTensor> outputs,
                         std::span<void *const> addresses,
                         LatheContext &context) {
  DeviceQueue &queue = *context.device;
  auto isOwn = [&](size_t output) {
    return !tensors[inputCount + output]->get().data();
  };
  auto bytesOf = [](const LatheTensor &output) {
    return isOnDevice(output) ? 0 : ::bytesOf(output);
  };
  for (size_t i = 0; i < outputs.size(); ++i)
    if (size_t bytes = bytesOf(outputs[i]); bytes && isOwn(i))
      queue.download(outputs[i].data, addresses[i], bytes);
  waitForDevice(context);
  if (context.deviceStatus.failed())
    return std::exchange(context.deviceStatus, Status());
  for (size_t i = 0; i < outputs.size(); ++i)
    if (size_t bytes = bytesOf(outputs[i]); bytes && !isOwn(i))
      std::memcpy(outputs[i].data, addresses[i], bytes);
  return {};
}
