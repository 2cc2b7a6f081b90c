//===- VulkanApi.h - Vulkan's functions, found when running -----*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs are linked without a Vulkan library: the loader is opened where
// there is one.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_VULKANAPI_H
#define LATHE_RUNTIME_DEVICE_VULKANAPI_H

#define VK_NO_PROTOTYPES
#include "runtime/Status.h"
#include <vulkan/vulkan_core.h>

/// The functions of an instance, and of a device, without their prefix.
#define LATHE_VULKAN_INSTANCE_FUNCTIONS(FUNCTION)                              \
  FUNCTION(DestroyInstance)                                                    \
  FUNCTION(EnumeratePhysicalDevices)                                           \
  FUNCTION(GetPhysicalDeviceProperties)                                        \
  FUNCTION(GetPhysicalDeviceProperties2)                                       \
  FUNCTION(GetPhysicalDeviceMemoryProperties)                                  \
  FUNCTION(GetPhysicalDeviceQueueFamilyProperties)                             \
  FUNCTION(GetPhysicalDeviceFeatures2)                                         \
  FUNCTION(EnumerateDeviceExtensionProperties)                                 \
  FUNCTION(CreateDevice)                                                       \
  FUNCTION(GetDeviceProcAddr)
#define LATHE_VULKAN_DEVICE_FUNCTIONS(FUNCTION)                                \
  FUNCTION(DestroyDevice)                                                      \
  FUNCTION(GetDeviceQueue)                                                     \
  FUNCTION(CreateBuffer)                                                       \
  FUNCTION(DestroyBuffer)                                                      \
  FUNCTION(GetBufferMemoryRequirements)                                        \
  FUNCTION(AllocateMemory)                                                     \
  FUNCTION(FreeMemory)                                                         \
  FUNCTION(BindBufferMemory)                                                   \
  FUNCTION(MapMemory)                                                          \
  FUNCTION(CreateShaderModule)                                                 \
  FUNCTION(DestroyShaderModule)                                                \
  FUNCTION(CreateDescriptorSetLayout)                                          \
  FUNCTION(DestroyDescriptorSetLayout)                                         \
  FUNCTION(CreatePipelineLayout)                                               \
  FUNCTION(DestroyPipelineLayout)                                              \
  FUNCTION(CreateComputePipelines)                                             \
  FUNCTION(DestroyPipeline)                                                    \
  FUNCTION(CreateDescriptorPool)                                               \
  FUNCTION(DestroyDescriptorPool)                                              \
  FUNCTION(ResetDescriptorPool)                                                \
  FUNCTION(AllocateDescriptorSets)                                             \
  FUNCTION(UpdateDescriptorSets)                                               \
  FUNCTION(CreateCommandPool)                                                  \
  FUNCTION(DestroyCommandPool)                                                 \
  FUNCTION(ResetCommandPool)                                                   \
  FUNCTION(AllocateCommandBuffers)                                             \
  FUNCTION(BeginCommandBuffer)                                                 \
  FUNCTION(EndCommandBuffer)                                                   \
  FUNCTION(CmdBindPipeline)                                                    \
  FUNCTION(CmdBindDescriptorSets)                                              \
  FUNCTION(CmdPipelineBarrier)                                                 \
  FUNCTION(CmdDispatch)                                                        \
  FUNCTION(CreateQueryPool)                                                    \
  FUNCTION(DestroyQueryPool)                                                   \
  FUNCTION(CmdResetQueryPool)                                                  \
  FUNCTION(CmdWriteTimestamp)                                                  \
  FUNCTION(GetQueryPoolResults)                                                \
  FUNCTION(CmdCopyBuffer)                                                      \
  FUNCTION(CmdFillBuffer)                                                      \
  FUNCTION(CreateFence)                                                        \
  FUNCTION(DestroyFence)                                                       \
  FUNCTION(ResetFences)                                                        \
  FUNCTION(WaitForFences)                                                      \
  FUNCTION(QueueSubmit)                                                        \
  FUNCTION(DeviceWaitIdle)

namespace lathe::runtime {

/// Vulkan's functions. Those of instances and devices are there once one was
/// made.
struct VulkanApi {
  PFN_vkGetInstanceProcAddr GetInstanceProcAddr = nullptr;
  PFN_vkCreateInstance CreateInstance = nullptr;
#define LATHE_DECLARE(NAME) PFN_vk##NAME NAME = nullptr;
  LATHE_VULKAN_INSTANCE_FUNCTIONS(LATHE_DECLARE)
  LATHE_VULKAN_DEVICE_FUNCTIONS(LATHE_DECLARE)
#undef LATHE_DECLARE

  /// Opens the loader, which stays open as long as the process.
  Status load();
  void loadInstance(VkInstance instance);
  void loadDevice(VkDevice device);
};

/// A structure of Vulkan's of which nothing but the type is said.
template <typename T> T describe(VkStructureType type, void *next = nullptr) {
  T description = {};
  description.sType = type;
  description.pNext = next;
  return description;
}

/// The error of a call that did `what` ("allocate memory"); success for
/// VK_SUCCESS.
Status vulkanStatus(VkResult result, std::string_view what);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_VULKANAPI_H
