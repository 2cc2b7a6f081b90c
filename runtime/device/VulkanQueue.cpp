//===- VulkanQueue.cpp - Launches recorded and run in order ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/VulkanQueue.h"
#include <algorithm>
#include <cstring>
#include <utility>

using namespace lathe::runtime;

// What one command buffer may need.
static constexpr uint32_t mostLaunches = 256;
static constexpr uint32_t mostBindings = 16 * mostLaunches;
static constexpr size_t parameterBytes = 256 * mostLaunches;

Status VulkanQueue::prepare() {
  const VulkanApi &api = device.api;
  if (Status status = parameters.allocate(parameterBytes, "parameters");
      status.failed())
    return status;
  pending.reserve(mostLaunches);
  VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, mostBindings};
  auto setsInfo = describe<VkDescriptorPoolCreateInfo>(
      VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO);
  setsInfo.maxSets = mostLaunches;
  setsInfo.poolSizeCount = 1;
  setsInfo.pPoolSizes = &size;
  VkResult result =
      api.CreateDescriptorPool(device.handle, &setsInfo, nullptr, &sets);
  auto poolInfo = describe<VkCommandPoolCreateInfo>(
      VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
  poolInfo.queueFamilyIndex = device.queueFamily;
  if (result == VK_SUCCESS)
    result =
        api.CreateCommandPool(device.handle, &poolInfo, nullptr, &commandPool);
  auto bufferInfo = describe<VkCommandBufferAllocateInfo>(
      VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
  bufferInfo.commandPool = commandPool;
  bufferInfo.commandBufferCount = 1;
  if (result == VK_SUCCESS)
    result = api.AllocateCommandBuffers(device.handle, &bufferInfo, &commands);
  auto fenceInfo =
      describe<VkFenceCreateInfo>(VK_STRUCTURE_TYPE_FENCE_CREATE_INFO);
  if (result == VK_SUCCESS)
    result = api.CreateFence(device.handle, &fenceInfo, nullptr, &fence);
  return vulkanStatus(result, "prepare for launches");
}

VulkanQueue::~VulkanQueue() {
  const VulkanApi &api = device.api;
  api.DestroyFence(device.handle, fence, nullptr);
  api.DestroyCommandPool(device.handle, commandPool, nullptr);
  api.DestroyDescriptorPool(device.handle, sets, nullptr);
}

void VulkanQueue::attach(unsigned slot, const DeviceMemory &memory,
                         const void *address) {
  if (memories.size() <= slot)
    memories.resize(slot + 1);
  memories[slot] = {
      static_cast<const VulkanMemory *>(&memory),
      static_cast<const unsigned char *>(address ? address : memory.data())};
}

static size_t alignTo(size_t offset, size_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

Status VulkanQueue::bind(const VulkanKernel &kernel,
                         const LatheDeviceBuffer &buffer,
                         VkDescriptorBufferInfo &bound, int32_t &place) const {
  auto *address = static_cast<unsigned char *>(buffer.address);
  size_t bytes = static_cast<size_t>(std::max<int64_t>(buffer.bytes, 0));
  for (const auto &[memory, first] : memories) {
    if (!memory || address < first || address + bytes > first + memory->size())
      continue;
    size_t offset = address - first;
    // Multiples of the alignment are multiples of an element, too.
    size_t start =
        offset -
        offset %
            std::max<size_t>(device.limits.minStorageBufferOffsetAlignment, 16);
    if (start == memory->size())
      start -= 64; // An empty buffer at the end.
    place = static_cast<int32_t>((offset - start) / buffer.elementBytes);
    bound = {memory->buffer, start,
             std::min(alignTo(offset - start + std::max<size_t>(bytes, 1), 4),
                      memory->size() - start)};
    // The limit in bytes, and that of the kernels' 32-bit subscripts.
    if (bound.range > device.limits.maxStorageBufferRange ||
        bound.range / buffer.elementBytes > INT32_MAX)
      return {LATHE_DEVICE_ERROR,
              concat("kernel '", kernel.code->name, "' uses a tensor of ",
                     bytes, " bytes, of which the Vulkan device '", device.name,
                     "' reaches ", device.limits.maxStorageBufferRange,
                     "; use another device or compile for the processor")};
    return {};
  }
  return {LATHE_DEVICE_ERROR, concat("kernel '", kernel.code->name,
                                     "' uses memory that the Vulkan device '",
                                     device.name, "' does not see")};
}

void VulkanQueue::launch(int64_t event, int64_t kernel, int64_t count,
                         const LatheDeviceBuffer *buffers,
                         const int32_t *scalars) {
  if (failure.failed() || count <= 0)
    return;
  failure = record(event, device.kernels[kernel], count, buffers, scalars);
}

Status VulkanQueue::begin() {
  if (recording)
    return {};
  auto info = describe<VkCommandBufferBeginInfo>(
      VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
  info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  VkResult result = device.api.BeginCommandBuffer(commands, &info);
  recording = result == VK_SUCCESS;
  return vulkanStatus(result, "record launches");
}

Status VulkanQueue::record(int64_t event, const VulkanKernel &kernel,
                           int64_t count, const LatheDeviceBuffer *buffers,
                           const int32_t *scalars) {
  const VulkanApi &api = device.api;
  const LatheDeviceKernel &code = *kernel.code;
  // Groups stand in rows, as one dimension takes but 65535 everywhere.
  int64_t groups = (count + device.workgroupSize - 1) / device.workgroupSize;
  int64_t columns =
      std::min<int64_t>(groups, device.limits.maxComputeWorkGroupCount[0]);
  int64_t rows = (groups + columns - 1) / columns;
  if (count > INT32_MAX - int64_t(device.workgroupSize) * columns ||
      rows > int64_t(device.limits.maxComputeWorkGroupCount[1]))
    return {LATHE_DEVICE_ERROR,
            concat("kernel '", code.name, "' computes ", count,
                   " elements at once, more than the Vulkan device '",
                   device.name, "' counts; compile for smaller dims")};

  size_t words = LATHE_REPORT_WORDS + code.bufferCount + code.scalarCount;
  size_t alignment =
      std::max<size_t>(device.limits.minStorageBufferOffsetAlignment, 4);
  if (pending.size() == mostLaunches ||
      bindingsUsed + code.bufferCount + 1 > mostBindings ||
      alignTo(parametersUsed, alignment) + 4 * words > parameters.size())
    if (Status status = flush(); status.failed())
      return status;
  if (Status status = begin(); status.failed())
    return status;
  size_t place = alignTo(parametersUsed, alignment);
  auto *written = reinterpret_cast<int32_t *>(parameters.data() + place);
  std::fill_n(written, LATHE_REPORT_WORDS, 0);

  bound.resize(code.bufferCount + 1);
  for (uint32_t i = 0; i < code.bufferCount; ++i)
    if (Status status =
            bind(kernel, buffers[i], bound[i], written[LATHE_REPORT_WORDS + i]);
        status.failed())
      return status;
  std::copy_n(scalars, code.scalarCount,
              written + LATHE_REPORT_WORDS + code.bufferCount);
  bound.back() = {parameters.buffer, place, 4 * words};
  parametersUsed = place + 4 * words;
  bindingsUsed += code.bufferCount + 1;

  auto setInfo = describe<VkDescriptorSetAllocateInfo>(
      VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO);
  setInfo.descriptorPool = sets;
  setInfo.descriptorSetCount = 1;
  setInfo.pSetLayouts = &kernel.bindings;
  VkDescriptorSet set = VK_NULL_HANDLE;
  VkResult result = api.AllocateDescriptorSets(device.handle, &setInfo, &set);
  if (result != VK_SUCCESS)
    return vulkanStatus(result, "bind a kernel's buffers");
  auto write =
      describe<VkWriteDescriptorSet>(VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET);
  write.dstSet = set;
  write.descriptorCount = bound.size();
  write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
  write.pBufferInfo = bound.data();
  api.UpdateDescriptorSets(device.handle, 1, &write, 0, nullptr);

  if (!pending.empty()) {
    auto barrier = describe<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
    barrier.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT;
    barrier.dstAccessMask =
        VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT;
    api.CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                           VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1, &barrier,
                           0, nullptr, 0, nullptr);
  }
  api.CmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                      kernel.pipeline);
  api.CmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                            kernel.layout, 0, 1, &set, 0, nullptr);
  api.CmdDispatch(commands, columns, rows, 1);
  pending.push_back({event, place});
  return {};
}

Status VulkanQueue::flush() {
  if (!recording)
    return {};
  const VulkanApi &api = device.api;
  recording = false;
  // What kernels stored is the host's to read.
  auto barrier = describe<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
  barrier.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT;
  api.CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                         VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, nullptr,
                         0, nullptr);
  VkResult result = api.EndCommandBuffer(commands);
  if (result == VK_SUCCESS)
    result = device.submit(commands, fence);
  if (result == VK_SUCCESS)
    result = api.WaitForFences(device.handle, 1, &fence, VK_TRUE, UINT64_MAX);
  if (result == VK_SUCCESS)
    result = api.ResetFences(device.handle, 1, &fence);
  if (result == VK_SUCCESS)
    result = api.ResetDescriptorPool(device.handle, sets, 0);
  if (result == VK_SUCCESS)
    result = api.ResetCommandPool(device.handle, commandPool, 0);
  for (const Pending &launch : pending) {
    uint32_t words[LATHE_REPORT_WORDS];
    std::memcpy(words, parameters.data() + launch.parameters, sizeof(words));
    if (words[0])
      reported.push_back(
          {launch.event,
           static_cast<int64_t>(uint64_t(words[2]) << 32 | words[1]),
           static_cast<int32_t>(words[3])});
  }
  pending.clear();
  parametersUsed = 0;
  bindingsUsed = 0;
  return vulkanStatus(result, "run kernels");
}

Status VulkanQueue::wait(std::vector<DeviceReport> &reports) {
  Status flushed = flush();
  if (!failure.failed())
    failure = std::move(flushed);
  reports.swap(reported);
  reported.clear();
  return std::exchange(failure, Status());
}
