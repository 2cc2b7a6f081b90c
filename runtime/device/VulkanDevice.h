//===- VulkanDevice.h - Kernels on a Vulkan device --------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_VULKANDEVICE_H
#define LATHE_RUNTIME_DEVICE_VULKANDEVICE_H

#include "runtime/Device.h"
#include "runtime/device/VulkanApi.h"
#include <mutex>
#include <string>

namespace lathe::runtime {

class VulkanDevice;

/// A buffer in memory that the host has mapped.
class VulkanMemory : public DeviceMemory {
public:
  explicit VulkanMemory(const VulkanDevice &device) : device(device) {}
  ~VulkanMemory() override;
  Status allocate(size_t size, std::string_view purpose);

  VkBuffer buffer = VK_NULL_HANDLE;

private:
  const VulkanDevice &device;
  VkDeviceMemory memory = VK_NULL_HANDLE;
};

/// A kernel that is ready to be launched. Kernels of as many bindings have the
/// layouts of the first of them.
struct VulkanKernel {
  const LatheDeviceKernel *code = nullptr;
  VkPipeline pipeline = VK_NULL_HANDLE;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  VkDescriptorSetLayout bindings = VK_NULL_HANDLE;
};

class VulkanDevice : public Device {
public:
  static Result<std::unique_ptr<Device>> open(const LatheDeviceCode &code);
  ~VulkanDevice() override;

  size_t mostBytes() const override { return mostMemory; }
  Result<std::unique_ptr<DeviceMemory>>
  allocate(size_t size, std::string_view purpose) override;
  Result<std::unique_ptr<DeviceQueue>> createQueue() override;

  /// Runs a command buffer and signals the fence; any thread may.
  VkResult submit(VkCommandBuffer commands, VkFence fence);

  VulkanApi api;
  VkDevice handle = VK_NULL_HANDLE;
  uint32_t queueFamily = 0;
  VkPhysicalDeviceLimits limits = {};
  VkPhysicalDeviceMemoryProperties memories = {};
  VkDeviceSize mostMemory = 0; ///< Of one allocation.
  std::string name;
  uint32_t workgroupSize = 1;
  std::vector<VulkanKernel> kernels;

private:
  Status createInstance();
  /// The fastest kind of device of those that have what kernels need.
  Status choosePhysicalDevice();
  /// Enables those features of the device that kernels may ask for.
  Status createDevice();
  /// Says which of the kernel's SPIR-V capabilities the device lacks.
  Status checkCapabilities(const LatheDeviceKernel &kernel) const;
  Status createKernel(const LatheDeviceKernel &code);
  Status createLayouts(VulkanKernel &kernel);

  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;
  std::mutex queueMutex;
  /// SPIR-V capabilities that the device offers beside those of all devices.
  std::vector<uint32_t> capabilities;
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_VULKANDEVICE_H
