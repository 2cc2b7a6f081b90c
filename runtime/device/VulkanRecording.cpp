//===- VulkanRecording.cpp - Commands of a Vulkan device ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/VulkanRecording.h"
#include <algorithm>

using namespace lathe::runtime;

VulkanRecording::~VulkanRecording() {
  const VulkanApi &api = device.api;
  api.DestroyCommandPool(device.handle, commandPool, nullptr);
  api.DestroyDescriptorPool(device.handle, sets, nullptr);
}

/// Makes a command buffer, and room for the launches' bindings.
VkResult VulkanRecording::reserve(const VulkanCommands &list) {
  const VulkanApi &api = device.api;
  VkResult result = VK_SUCCESS;
  if (!commandPool) {
    auto poolInfo = describe<VkCommandPoolCreateInfo>(
        VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
    poolInfo.queueFamilyIndex = device.queueFamily;
    result =
        api.CreateCommandPool(device.handle, &poolInfo, nullptr, &commandPool);
    auto info = describe<VkCommandBufferAllocateInfo>(
        VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
    info.commandPool = commandPool;
    info.commandBufferCount = 1;
    if (result == VK_SUCCESS)
      result = api.AllocateCommandBuffers(device.handle, &info, &commands);
  } else {
    result = api.ResetCommandPool(device.handle, commandPool, 0);
  }
  if (result != VK_SUCCESS)
    return result;
  auto launches = static_cast<uint32_t>(
      std::count_if(list.commands.begin(), list.commands.end(),
                    [](const VulkanCommand &it) { return it.kernel; }));
  auto bindings = static_cast<uint32_t>(list.bindings.size());
  if (launches <= setRoom && bindings <= bindingRoom)
    return sets ? api.ResetDescriptorPool(device.handle, sets, 0) : VK_SUCCESS;
  api.DestroyDescriptorPool(device.handle, sets, nullptr);
  sets = VK_NULL_HANDLE;
  setRoom = launches;
  bindingRoom = bindings;
  VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, bindingRoom};
  auto info = describe<VkDescriptorPoolCreateInfo>(
      VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO);
  info.maxSets = setRoom;
  info.poolSizeCount = 1;
  info.pPoolSizes = &size;
  result = api.CreateDescriptorPool(device.handle, &info, nullptr, &sets);
  if (result != VK_SUCCESS)
    setRoom = bindingRoom = 0;
  return result;
}

VkResult VulkanRecording::bind(const VulkanKernel &kernel,
                               const VulkanBinding *bindings) {
  const VulkanApi &api = device.api;
  auto setInfo = describe<VkDescriptorSetAllocateInfo>(
      VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO);
  setInfo.descriptorPool = sets;
  setInfo.descriptorSetCount = 1;
  setInfo.pSetLayouts = &kernel.bindings;
  VkDescriptorSet set = VK_NULL_HANDLE;
  VkResult result = api.AllocateDescriptorSets(device.handle, &setInfo, &set);
  if (result != VK_SUCCESS)
    return result;
  bound.clear();
  for (uint32_t i = 0; i < kernel.bindingCount(); ++i)
    bound.push_back(
        {bindings[i].buffer, bindings[i].offset, bindings[i].range});
  auto write =
      describe<VkWriteDescriptorSet>(VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET);
  write.dstSet = set;
  write.descriptorCount = kernel.bindingCount();
  write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
  write.pBufferInfo = bound.data();
  api.UpdateDescriptorSets(device.handle, 1, &write, 0, nullptr);
  api.CmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                      kernel.pipeline);
  api.CmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                            kernel.layout, 0, 1, &set, 0, nullptr);
  return VK_SUCCESS;
}

/// Between all before and all behind it.
void VulkanRecording::writeBarrier() {
  constexpr VkPipelineStageFlags stages =
      VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
  auto barrier = describe<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
  barrier.srcAccessMask =
      VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
  barrier.dstAccessMask =
      VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
      VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
  device.api.CmdPipelineBarrier(commands, stages, stages, 0, 1, &barrier, 0,
                                nullptr, 0, nullptr);
}

/// Takes the time at which all before is done.
void VulkanRecording::stamp(VkQueryPool times) {
  device.api.CmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT,
                               times, stamps++);
}

void VulkanRecording::copy(const VulkanCommand &command) {
  VkBufferCopy region = {command.fromOffset, command.toOffset, command.size};
  device.api.CmdCopyBuffer(commands, command.from, command.to, 1, &region);
}

void VulkanRecording::copyParameters(VkBuffer from, VkBuffer to, size_t size) {
  VkBufferCopy region = {0, 0, size};
  device.api.CmdCopyBuffer(commands, from, to, 1, &region);
}

Status VulkanRecording::record(const VulkanCommands &list) {
  const VulkanApi &api = device.api;
  VkResult result = reserve(list);
  auto info = describe<VkCommandBufferBeginInfo>(
      VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
  if (result == VK_SUCCESS)
    result = api.BeginCommandBuffer(commands, &info);
  if (result != VK_SUCCESS)
    return vulkanStatus(result, "record launches");
  if (list.parameterBytes) {
    copyParameters(list.hostParameters, list.parameters, list.parameterBytes);
    writeBarrier();
  }
  stamps = 0;
  if (list.times)
    api.CmdResetQueryPool(
        commands, list.times, 0,
        1 + std::count_if(list.commands.begin(), list.commands.end(),
                          [](const VulkanCommand &it) { return it.stamp; }));
  const VulkanBinding *bindings = list.bindings.data();
  for (const VulkanCommand &command : list.commands) {
    if (command.barrier)
      writeBarrier();
    if (command.stamp)
      stamp(list.times);
    if (!command.kernel) {
      copy(command);
      continue;
    }
    if (result = bind(*command.kernel, bindings); result != VK_SUCCESS)
      return vulkanStatus(result, "bind a kernel's buffers");
    bindings += command.kernel->bindingCount();
    api.CmdDispatch(commands, command.columns, command.rows, 1);
  }
  if (list.times)
    stamp(list.times);
  if (list.parameterBytes) {
    writeBarrier();
    copyParameters(list.parameters, list.hostParameters, list.parameterBytes);
  }
  // What was stored is there for the host, and for all that follows.
  auto barrier = describe<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
  barrier.srcAccessMask =
      VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT |
                          VK_ACCESS_MEMORY_WRITE_BIT | VK_ACCESS_HOST_READ_BIT |
                          VK_ACCESS_HOST_WRITE_BIT;
  api.CmdPipelineBarrier(
      commands,
      VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
      VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
      &barrier, 0, nullptr, 0, nullptr);
  return vulkanStatus(api.EndCommandBuffer(commands), "record launches");
}
