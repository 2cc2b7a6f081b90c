//===- VulkanDevice.h - Kernels on a Vulkan device --------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_VULKANDEVICE_H
#define LATHE_RUNTIME_DEVICE_VULKANDEVICE_H

#include "runtime/device/VulkanMatrices.h"
#include "runtime/device/VulkanMemory.h"
#include <mutex>
#include <string>

namespace lathe::runtime {

/// A kernel that is ready to be launched. Kernels of as many bindings have the
/// layouts of the first of them.
struct VulkanKernel {
  const LatheDeviceKernel *code = nullptr;
  VkPipeline pipeline = VK_NULL_HANDLE;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  VkDescriptorSetLayout bindings = VK_NULL_HANDLE;

  /// The buffers and the parameters.
  uint32_t bindingCount() const { return code->bufferCount + 1; }
};

class VulkanDevice : public Device {
public:
  static Result<std::unique_ptr<Device>> open(const LatheDeviceCode &code);
  ~VulkanDevice() override;

  size_t mostBytes() const override { return mostMemory; }
  Result<std::unique_ptr<DeviceMemory>>
  allocate(size_t size, std::string_view purpose) override;
  Status write(DeviceMemory &memory, const void *from, size_t size) override;
  Status clear(DeviceMemory &memory) override;
  Result<std::unique_ptr<DeviceQueue>> createQueue() override;

  /// Runs a command buffer and signals the fence; any thread may.
  VkResult submit(VkCommandBuffer commands, VkFence fence);

  VulkanApi api;
  VkDevice handle = VK_NULL_HANDLE;
  uint32_t queueFamily = 0;
  uint32_t timestampBits = 0; ///< Of its timers; 0: it has none.
  VkPhysicalDeviceLimits limits = {};
  VkPhysicalDeviceMemoryProperties memories = {};
  VkDeviceSize mostMemory = 0;                ///< Of one allocation.
  MemoryKind memoryKind = MemoryKind::shared; ///< What kernels work in.
  std::string name;
  std::vector<VulkanKernel> kernels;

private:
  Status createInstance();
  /// The fastest kind of device of those that have what kernels need.
  Status choosePhysicalDevice();
  /// What the chosen one has that needs no feature.
  void readProperties();
  /// What the environment variable LATHE_DEVICE_MEMORY says ("device" or
  /// "shared"), or what is fast.
  Status chooseMemoryKind();
  /// Enables those features of the device that kernels may ask for.
  Status createDevice();
  /// Says what of the device is too small for the kernel's workgroups.
  Status checkLimits(const LatheDeviceKernel &kernel) const;
  /// Says so if the kernel has matrices of which not all invocations of a
  /// subgroup would be in its workgroups.
  Status checkSubgroups(const LatheDeviceKernel &kernel) const;
  Status createKernel(const LatheDeviceKernel &code);
  Status createLayouts(VulkanKernel &kernel);

  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;
  std::mutex queueMutex;
  /// What the device offers beside what all devices do.
  std::vector<Capability> capabilities;
  VulkanMatrices matrices;
  uint32_t mostSubgroupSize = 0; ///< 0: it does not say, and has none.
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_VULKANDEVICE_H
