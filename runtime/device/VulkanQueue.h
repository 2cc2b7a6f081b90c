//===- VulkanQueue.h - Launches recorded and run in order -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_VULKANQUEUE_H
#define LATHE_RUNTIME_DEVICE_VULKANQUEUE_H

#include "runtime/device/VulkanDevice.h"

namespace lathe::runtime {

/// Records launches in one command buffer, a barrier between neighbours, until
/// somebody waits or what they need is used up: descriptor sets, and room for
/// parameters. All of it is made once.
class VulkanQueue : public DeviceQueue {
public:
  explicit VulkanQueue(VulkanDevice &device)
      : device(device), parameters(device) {}
  ~VulkanQueue() override;
  Status prepare();

  void attach(unsigned slot, const DeviceMemory &memory,
              const void *address) override;
  void launch(int64_t event, int64_t kernel, int64_t count,
              const LatheDeviceBuffer *buffers,
              const int32_t *scalars) override;
  Status wait(std::vector<DeviceReport> &reports) override;

private:
  /// A launch that has not been waited for, and where its parameters are.
  struct Pending {
    int64_t event;
    size_t parameters;
  };

  /// Records a launch, or says what stands against it.
  Status record(int64_t event, const VulkanKernel &kernel, int64_t count,
                const LatheDeviceBuffer *buffers, const int32_t *scalars);
  /// The part of an attached memory to bind for a buffer, and the place of the
  /// buffer's first element in it.
  Status bind(const VulkanKernel &kernel, const LatheDeviceBuffer &buffer,
              VkDescriptorBufferInfo &bound, int32_t &place) const;
  Status begin();
  /// Runs what is recorded and waits for it.
  Status flush();

  VulkanDevice &device;
  /// Memories and where launches say that they are, by slot.
  struct Attached {
    const VulkanMemory *memory = nullptr;
    const unsigned char *address = nullptr;
  };
  std::vector<Attached> memories;
  VulkanMemory parameters;
  size_t parametersUsed = 0;
  uint32_t bindingsUsed = 0;
  VkDescriptorPool sets = VK_NULL_HANDLE;
  VkCommandPool commandPool = VK_NULL_HANDLE;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  VkFence fence = VK_NULL_HANDLE;
  bool recording = false;
  std::vector<Pending> pending;
  std::vector<VkDescriptorBufferInfo> bound; ///< Of the launch being recorded.
  std::vector<DeviceReport> reported;
  Status failure; ///< Of the first launch that failed since the last `wait`.
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_VULKANQUEUE_H
