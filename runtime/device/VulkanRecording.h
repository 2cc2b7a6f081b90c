//===- VulkanRecording.h - Commands of a Vulkan device ----------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_VULKANRECORDING_H
#define LATHE_RUNTIME_DEVICE_VULKANRECORDING_H

#include "runtime/device/VulkanDevice.h"

namespace lathe::runtime {

/// A launch, or a copy from one buffer to another.
struct VulkanCommand {
  const VulkanKernel *kernel = nullptr; ///< Null for a copy.
  uint32_t columns = 0, rows = 0;       ///< Of workgroups.
  VkBuffer from = VK_NULL_HANDLE, to = VK_NULL_HANDLE;
  uint64_t serial = 0; ///< Of the memory that is not for staging.
  VkDeviceSize fromOffset = 0, toOffset = 0, size = 0;
  /// Waits for all commands before it.
  bool barrier = false;
  /// Takes the time before it, the end of what was before.
  bool stamp = false;
  bool operator==(const VulkanCommand &) const = default;
};

/// What a kernel has bound.
struct VulkanBinding {
  VkBuffer buffer;
  uint64_t serial; ///< Of its memory.
  VkDeviceSize offset, range;
  bool operator==(const VulkanBinding &) const = default;
};

/// Commands in their order.
struct VulkanCommands {
  std::vector<VulkanCommand> commands;
  /// Of the launches, one after another.
  std::vector<VulkanBinding> bindings;
  /// Bytes of parameters that are copied to the device first, and back in the
  /// end, as kernels report in them. 0 where kernels read the host's.
  size_t parameterBytes = 0;
  VkBuffer hostParameters = VK_NULL_HANDLE;
  VkBuffer parameters = VK_NULL_HANDLE;
  /// Where times go: those of the commands with `stamp`, then that of the end.
  VkQueryPool times = VK_NULL_HANDLE;

  bool operator==(const VulkanCommands &) const = default;
  void clear() {
    commands.clear();
    bindings.clear();
    parameterBytes = 0;
    times = VK_NULL_HANDLE;
  }
};

/// Commands as the device takes them.
class VulkanRecording {
public:
  explicit VulkanRecording(VulkanDevice &device) : device(device) {}
  ~VulkanRecording();

  /// Records commands in place of those of before, which are done.
  Status record(const VulkanCommands &list);
  VkCommandBuffer handle() const { return commands; }

private:
  VkResult reserve(const VulkanCommands &list);
  VkResult bind(const VulkanKernel &kernel, const VulkanBinding *bindings);
  void copy(const VulkanCommand &command);
  void copyParameters(VkBuffer from, VkBuffer to, size_t size);
  void writeBarrier();
  void stamp(VkQueryPool times);

  VulkanDevice &device;
  VkCommandPool commandPool = VK_NULL_HANDLE;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  /// Room for as many sets and bindings.
  VkDescriptorPool sets = VK_NULL_HANDLE;
  uint32_t setRoom = 0, bindingRoom = 0;
  uint32_t stamps = 0; ///< Taken by what is being recorded.
  std::vector<VkDescriptorBufferInfo> bound; ///< By the launch being recorded.
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_VULKANRECORDING_H
