//===- VulkanMemory.h - Memory of a Vulkan device ---------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_VULKANMEMORY_H
#define LATHE_RUNTIME_DEVICE_VULKANMEMORY_H

#include "runtime/Device.h"
#include "runtime/device/VulkanApi.h"

namespace lathe::runtime {

class VulkanDevice;

/// Who reaches a memory.
enum class MemoryKind {
  shared, ///< The host, too: mapped and coherent.
  own,    ///< The device alone, as fast as it can.
};

/// A buffer and its memory.
class VulkanMemory : public DeviceMemory {
public:
  explicit VulkanMemory(const VulkanDevice &device) : device(device) {}
  ~VulkanMemory() override;
  Status allocate(size_t size, std::string_view purpose, MemoryKind kind);

  VkBuffer buffer = VK_NULL_HANDLE;
  /// Tells it from memories that came before it and had the same handle.
  uint64_t serial = 0;

private:
  const VulkanDevice &device;
  VkDeviceMemory memory = VK_NULL_HANDLE;
};

/// Whether the host is as fast as the device in some of its memory: with
/// integrated GPUs and processors it is, with other GPUs hardly ever.
bool hasSharedMemory(const VkPhysicalDeviceMemoryProperties &memories);

/// Copies bytes of the host's to the beginning of a memory that it does not
/// see. While the device copies from one of two staging buffers, the other is
/// filled: so a file that is mapped is read meanwhile.
Status writeByStaging(VulkanDevice &device, const VulkanMemory &memory,
                      const void *from, size_t size);

/// Makes a memory zero that the host does not see.
Status clearOnDevice(VulkanDevice &device, const VulkanMemory &memory);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_VULKANMEMORY_H
