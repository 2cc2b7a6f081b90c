//===- VulkanApi.cpp - Vulkan's functions, found when running -------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/VulkanApi.h"
#include <dlfcn.h>

using namespace lathe::runtime;

Status VulkanApi::load() {
  void *loader = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!loader)
    return {LATHE_DEVICE_ERROR,
            "this model runs on a Vulkan device, and there is no Vulkan loader "
            "(libvulkan.so.1): install it with the driver of your GPU, or "
            "Mesa's (Debian: mesa-vulkan-drivers), or compile for the "
            "processor"};
  GetInstanceProcAddr = reinterpret_cast<PFN_vkGetInstanceProcAddr>(
      dlsym(loader, "vkGetInstanceProcAddr"));
  if (GetInstanceProcAddr)
    CreateInstance = reinterpret_cast<PFN_vkCreateInstance>(
        GetInstanceProcAddr(nullptr, "vkCreateInstance"));
  if (!CreateInstance)
    return {LATHE_DEVICE_ERROR,
            "the Vulkan loader (libvulkan.so.1) lacks its functions: install "
            "it anew"};
  return {};
}

void VulkanApi::loadInstance(VkInstance instance) {
#define LATHE_FIND(NAME)                                                       \
  NAME = reinterpret_cast<PFN_vk##NAME>(                                       \
      GetInstanceProcAddr(instance, "vk" #NAME));
  LATHE_VULKAN_INSTANCE_FUNCTIONS(LATHE_FIND)
#undef LATHE_FIND
}

void VulkanApi::loadDevice(VkDevice device) {
#define LATHE_FIND(NAME)                                                       \
  NAME = reinterpret_cast<PFN_vk##NAME>(GetDeviceProcAddr(device, "v"          \
                                                                  "k" #NAME));
  LATHE_VULKAN_DEVICE_FUNCTIONS(LATHE_FIND)
#undef LATHE_FIND
}

Status lathe::runtime::vulkanStatus(VkResult result, std::string_view what) {
  switch (result) {
  case VK_SUCCESS:
    return {};
  case VK_ERROR_OUT_OF_HOST_MEMORY:
  case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    return {LATHE_OUT_OF_MEMORY,
            concat("the Vulkan device has no memory to ", what,
                   "; use a device with more, or compile for smaller bounds of "
                   "the dims")};
  case VK_ERROR_DEVICE_LOST:
    return {LATHE_DEVICE_ERROR,
            concat("the Vulkan device was lost when it was to ", what,
                   "; close the model and open it again")};
  default:
    return {LATHE_DEVICE_ERROR,
            concat("the Vulkan device could not ", what, " (VkResult ",
                   static_cast<int64_t>(result), ")")};
  }
}
