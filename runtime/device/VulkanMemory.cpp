//===- VulkanMemory.cpp - Memory of a Vulkan device -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/VulkanMemory.h"
#include "runtime/device/VulkanDevice.h"
#include <algorithm>
#include <atomic>
#include <cstring>

using namespace lathe::runtime;

VulkanMemory::~VulkanMemory() {
  device.api.DestroyBuffer(device.handle, buffer, nullptr);
  device.api.FreeMemory(device.handle, memory, nullptr);
}

namespace {
constexpr VkMemoryPropertyFlags isOwn = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
constexpr VkMemoryPropertyFlags isMapped =
    VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
/// The host reads it fast.
constexpr VkMemoryPropertyFlags isCached =
    isMapped | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
} // namespace

/// The first kind of memory among those in `allowed` with the first of `wishes`
/// that any has.
static std::optional<uint32_t>
chooseMemory(const VkPhysicalDeviceMemoryProperties &memories, uint32_t allowed,
             std::initializer_list<VkMemoryPropertyFlags> wishes) {
  for (VkMemoryPropertyFlags wanted : wishes)
    for (uint32_t i = 0; i < memories.memoryTypeCount; ++i)
      if ((allowed >> i & 1) &&
          (memories.memoryTypes[i].propertyFlags & wanted) == wanted)
        return i;
  return std::nullopt;
}

bool lathe::runtime::hasSharedMemory(
    const VkPhysicalDeviceMemoryProperties &memories) {
  return chooseMemory(memories, UINT32_MAX, {isCached | isOwn}).has_value();
}

Status VulkanMemory::allocate(size_t size, std::string_view purpose,
                              MemoryKind kind) {
  static std::atomic<uint64_t> allocations = 0;
  serial = ++allocations;
  const VulkanApi &api = device.api;
  std::string what = concat("allocate the ", size, " bytes of ", purpose);
  // Buffers are bound in whole words.
  auto bufferInfo =
      describe<VkBufferCreateInfo>(VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO);
  bufferInfo.size = (std::max<size_t>(size, 1) + 63) / 64 * 64;
  bufferInfo.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
                     VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                     VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  VkResult result =
      api.CreateBuffer(device.handle, &bufferInfo, nullptr, &buffer);
  if (result != VK_SUCCESS)
    return vulkanStatus(result, what);
  VkMemoryRequirements needs;
  api.GetBufferMemoryRequirements(device.handle, buffer, &needs);
  auto info =
      describe<VkMemoryAllocateInfo>(VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO);
  info.allocationSize = needs.size;
  bool isShared = kind == MemoryKind::shared;
  std::optional<uint32_t> type =
      isShared ? chooseMemory(device.memories, needs.memoryTypeBits,
                              {isCached | isOwn, isCached, isMapped})
               : chooseMemory(device.memories, needs.memoryTypeBits,
                              {isOwn, VkMemoryPropertyFlags(0)});
  if (!type)
    return {LATHE_DEVICE_ERROR,
            concat("the Vulkan device '", device.name,
                   "' has no memory that the processor sees, too")};
  info.memoryTypeIndex = *type;
  void *mapped = nullptr;
  result = api.AllocateMemory(device.handle, &info, nullptr, &memory);
  if (result == VK_SUCCESS)
    result = api.BindBufferMemory(device.handle, buffer, memory, 0);
  if (result == VK_SUCCESS && isShared)
    result = api.MapMemory(device.handle, memory, 0, VK_WHOLE_SIZE, 0, &mapped);
  if (result != VK_SUCCESS)
    return vulkanStatus(result, what);
  bytes = static_cast<unsigned char *>(mapped);
  length = bufferInfo.size;
  return {};
}

//===----------------------------------------------------------------------===//
// Transfers outside of queues
//===----------------------------------------------------------------------===//

namespace {
/// Runs a few commands at a time, and waits for them when it goes.
class Submission {
public:
  explicit Submission(VulkanDevice &device) : staging(device), device(device) {}
  ~Submission() {
    (void)wait();
    device.api.DestroyFence(device.handle, fence, nullptr);
    device.api.DestroyCommandPool(device.handle, pool, nullptr);
  }

  Status prepare(size_t stagingBytes) {
    const VulkanApi &api = device.api;
    if (stagingBytes)
      if (Status status = staging.allocate(stagingBytes, "staging memory",
                                           MemoryKind::shared);
          status.failed())
        return status;
    auto poolInfo = describe<VkCommandPoolCreateInfo>(
        VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO);
    poolInfo.queueFamilyIndex = device.queueFamily;
    VkResult result =
        api.CreateCommandPool(device.handle, &poolInfo, nullptr, &pool);
    auto info = describe<VkCommandBufferAllocateInfo>(
        VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO);
    info.commandPool = pool;
    info.commandBufferCount = 1;
    if (result == VK_SUCCESS)
      result = api.AllocateCommandBuffers(device.handle, &info, &commands);
    auto fenceInfo =
        describe<VkFenceCreateInfo>(VK_STRUCTURE_TYPE_FENCE_CREATE_INFO);
    if (result == VK_SUCCESS)
      result = api.CreateFence(device.handle, &fenceInfo, nullptr, &fence);
    return vulkanStatus(result, "prepare for copies");
  }

  /// Records by `record(commands)` and submits. What was submitted before is
  /// done.
  template <typename Record> Status run(Record record) {
    const VulkanApi &api = device.api;
    VkResult result = api.ResetCommandPool(device.handle, pool, 0);
    auto info = describe<VkCommandBufferBeginInfo>(
        VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO);
    info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
    if (result == VK_SUCCESS)
      result = api.BeginCommandBuffer(commands, &info);
    if (result != VK_SUCCESS)
      return vulkanStatus(result, "record copies");
    record(commands);
    // Whatever is submitted later sees it.
    auto barrier = describe<VkMemoryBarrier>(VK_STRUCTURE_TYPE_MEMORY_BARRIER);
    barrier.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
    barrier.dstAccessMask =
        VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT;
    api.CmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                           VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 1, &barrier,
                           0, nullptr, 0, nullptr);
    result = api.EndCommandBuffer(commands);
    if (result == VK_SUCCESS)
      result = device.submit(commands, fence);
    isBusy = result == VK_SUCCESS;
    return vulkanStatus(result, "copy to its memory");
  }

  Status wait() {
    if (!isBusy)
      return {};
    isBusy = false;
    VkResult result =
        device.api.WaitForFences(device.handle, 1, &fence, VK_TRUE, UINT64_MAX);
    if (result == VK_SUCCESS)
      result = device.api.ResetFences(device.handle, 1, &fence);
    return vulkanStatus(result, "copy to its memory");
  }

  VulkanMemory staging;

private:
  VulkanDevice &device;
  VkCommandPool pool = VK_NULL_HANDLE;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  VkFence fence = VK_NULL_HANDLE;
  bool isBusy = false;
};
} // namespace

Status lathe::runtime::writeByStaging(VulkanDevice &device,
                                      const VulkanMemory &memory,
                                      const void *from, size_t size) {
  constexpr size_t mostBytes = 8 << 20;
  Submission first(device), second(device);
  Submission *next = &first, *other = &second;
  for (Submission *submission : {next, other})
    if (Status status = submission->prepare(std::min(size, mostBytes));
        status.failed())
      return status;
  auto *source = static_cast<const unsigned char *>(from);
  for (size_t done = 0; done < size;) {
    if (Status status = next->wait(); status.failed())
      return status;
    size_t part = std::min(size - done, mostBytes);
    std::memcpy(next->staging.data(), source + done, part);
    Status status = next->run([&](VkCommandBuffer commands) {
      VkBufferCopy region = {0, done, part};
      device.api.CmdCopyBuffer(commands, next->staging.buffer, memory.buffer, 1,
                               &region);
    });
    if (status.failed())
      return status;
    done += part;
    std::swap(next, other);
  }
  Status status = first.wait();
  return status.failed() ? status : second.wait();
}

Status lathe::runtime::clearOnDevice(VulkanDevice &device,
                                     const VulkanMemory &memory) {
  Submission submission(device);
  Status status = submission.prepare(/*stagingBytes=*/0);
  if (!status.failed())
    status = submission.run([&](VkCommandBuffer commands) {
      device.api.CmdFillBuffer(commands, memory.buffer, 0, VK_WHOLE_SIZE, 0);
    });
  return status.failed() ? status : submission.wait();
}
