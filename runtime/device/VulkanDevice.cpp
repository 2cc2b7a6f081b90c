//===- VulkanDevice.cpp - Kernels on a Vulkan device ----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/VulkanDevice.h"
#include "runtime/device/VulkanQueue.h"
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <span>

using namespace lathe::runtime;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Result<std::unique_ptr<DeviceMemory>>
VulkanDevice::allocate(size_t size, std::string_view purpose) {
  auto memory = std::make_unique<VulkanMemory>(*this);
  if (Status status = memory->allocate(size, purpose, memoryKind);
      status.failed())
    return status;
  return std::unique_ptr<DeviceMemory>(std::move(memory));
}

Status VulkanDevice::write(DeviceMemory &memory, const void *from,
                           size_t size) {
  if (!memory.data())
    return writeByStaging(*this, static_cast<VulkanMemory &>(memory), from,
                          size);
  std::memcpy(memory.data(), from, size);
  return {};
}

Status VulkanDevice::clear(DeviceMemory &memory) {
  if (!memory.data())
    return clearOnDevice(*this, static_cast<VulkanMemory &>(memory));
  std::memset(memory.data(), 0, memory.size());
  return {};
}

Result<std::unique_ptr<DeviceQueue>> VulkanDevice::createQueue() {
  auto created = std::make_unique<VulkanQueue>(*this);
  if (Status status = created->prepare(); status.failed())
    return status;
  return std::unique_ptr<DeviceQueue>(std::move(created));
}

VkResult VulkanDevice::submit(VkCommandBuffer commands, VkFence fence) {
  auto info = describe<VkSubmitInfo>(VK_STRUCTURE_TYPE_SUBMIT_INFO);
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  std::lock_guard<std::mutex> lock(queueMutex);
  return api.QueueSubmit(queue, 1, &info, fence);
}

//===----------------------------------------------------------------------===//
// The device
//===----------------------------------------------------------------------===//

Result<std::unique_ptr<Device>>
VulkanDevice::open(const LatheDeviceCode &code) {
  auto device = std::make_unique<VulkanDevice>();
  Status status = device->api.load();
  if (!status.failed())
    status = device->createInstance();
  if (!status.failed())
    status = device->choosePhysicalDevice();
  if (!status.failed())
    status = device->createDevice();
  for (uint32_t i = 0; i < code.kernelCount && !status.failed(); ++i)
    status = device->createKernel(code.kernels[i]);
  if (status.failed())
    return status;
  return std::unique_ptr<Device>(std::move(device));
}

VulkanDevice::~VulkanDevice() {
  if (handle) {
    api.DeviceWaitIdle(handle);
    std::vector<VkPipelineLayout> freed;
    for (const VulkanKernel &kernel : kernels) {
      api.DestroyPipeline(handle, kernel.pipeline, nullptr);
      if (std::find(freed.begin(), freed.end(), kernel.layout) != freed.end())
        continue;
      freed.push_back(kernel.layout);
      api.DestroyPipelineLayout(handle, kernel.layout, nullptr);
      api.DestroyDescriptorSetLayout(handle, kernel.bindings, nullptr);
    }
    api.DestroyDevice(handle, nullptr);
  }
  if (instance)
    api.DestroyInstance(instance, nullptr);
}

Status VulkanDevice::createInstance() {
  auto application =
      describe<VkApplicationInfo>(VK_STRUCTURE_TYPE_APPLICATION_INFO);
  application.pApplicationName = "lathe";
  // What devices of 1.2 lack is not asked of them.
  application.apiVersion = VK_API_VERSION_1_3;
  auto info =
      describe<VkInstanceCreateInfo>(VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO);
  info.pApplicationInfo = &application;
  VkResult result = api.CreateInstance(&info, nullptr, &instance);
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
    return {LATHE_DEVICE_ERROR,
            "this model runs on a Vulkan device, and the Vulkan loader found "
            "no driver: install that of your GPU, or Mesa's (Debian: "
            "mesa-vulkan-drivers)"};
  if (result == VK_SUCCESS)
    api.loadInstance(instance);
  return vulkanStatus(result, "make an instance");
}

/// How much we want a kind of device: GPUs before processors.
static int preferenceOf(VkPhysicalDeviceType type) {
  switch (type) {
  case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
    return 4;
  case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
    return 3;
  case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
    return 2;
  default:
    return 1;
  }
}

Status VulkanDevice::choosePhysicalDevice() {
  uint32_t count = 0;
  api.EnumeratePhysicalDevices(instance, &count, nullptr);
  std::vector<VkPhysicalDevice> found(count);
  VkResult result =
      api.EnumeratePhysicalDevices(instance, &count, found.data());
  if (result != VK_SUCCESS && result != VK_INCOMPLETE)
    return vulkanStatus(result, "list devices");
  int best = 0;
  for (VkPhysicalDevice candidate : std::span(found.data(), count)) {
    VkPhysicalDeviceProperties properties;
    api.GetPhysicalDeviceProperties(candidate, &properties);
    int preference = preferenceOf(properties.deviceType);
    if (properties.apiVersion < VK_API_VERSION_1_2 || preference <= best)
      continue;
    best = preference;
    physical = candidate;
    limits = properties.limits;
    name = properties.deviceName;
  }
  if (best == 0)
    return {LATHE_DEVICE_ERROR,
            concat("this model runs on a Vulkan device, and none of the ",
                   count, " here has Vulkan 1.2: update its driver")};
  readProperties();
  return chooseMemoryKind();
}

void VulkanDevice::readProperties() {
  api.GetPhysicalDeviceMemoryProperties(physical, &memories);
  auto control = describe<VkPhysicalDeviceSubgroupSizeControlProperties>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES);
  auto subgroups = describe<VkPhysicalDeviceSubgroupProperties>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES, &control);
  auto sizes = describe<VkPhysicalDeviceMaintenance3Properties>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES, &subgroups);
  auto more = describe<VkPhysicalDeviceProperties2>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &sizes);
  api.GetPhysicalDeviceProperties2(physical, &more);
  mostMemory = sizes.maxMemoryAllocationSize;
  if (more.properties.apiVersion >= VK_API_VERSION_1_3) {
    mostSubgroupSize = control.maxSubgroupSize;
    matrices.find(api, instance, physical);
    capabilities = matrices.capabilities();
  }
  // What subgroups do needs no feature.
  if (subgroups.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) {
    if (subgroups.supportedOperations & VK_SUBGROUP_FEATURE_BASIC_BIT)
      capabilities.push_back(Capability::subgroups);
    if (subgroups.supportedOperations & VK_SUBGROUP_FEATURE_ARITHMETIC_BIT)
      capabilities.push_back(Capability::subgroupArithmetic);
  }
}

Status VulkanDevice::chooseMemoryKind() {
  const char *named = std::getenv("LATHE_DEVICE_MEMORY");
  std::string_view wanted = named ? named : "";
  if (wanted.empty())
    memoryKind =
        hasSharedMemory(memories) ? MemoryKind::shared : MemoryKind::own;
  else if (wanted == "device")
    memoryKind = MemoryKind::own;
  else if (wanted == "shared")
    memoryKind = MemoryKind::shared;
  else
    return {LATHE_BAD_ARGUMENT, concat("LATHE_DEVICE_MEMORY is ", quote(wanted),
                                       ", wanted 'device' or 'shared'")};
  return {};
}

Status VulkanDevice::createDevice() {
  uint32_t count = 0;
  api.GetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  api.GetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
  auto computes = [](const VkQueueFamilyProperties &family) {
    return (family.queueFlags & VK_QUEUE_COMPUTE_BIT) != 0;
  };
  auto family = std::find_if(families.begin(), families.end(), computes);
  if (family == families.end())
    return {LATHE_DEVICE_ERROR,
            concat("the Vulkan device '", name, "' does not compute")};
  queueFamily = family - families.begin();
  timestampBits = family->timestampValidBits;

  auto offered12 = describe<VkPhysicalDeviceVulkan12Features>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES);
  auto offered11 = describe<VkPhysicalDeviceVulkan11Features>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES, &offered12);
  auto offered = describe<VkPhysicalDeviceFeatures2>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &offered11);
  api.GetPhysicalDeviceFeatures2(physical, &offered);
  auto enabled12 = describe<VkPhysicalDeviceVulkan12Features>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES);
  auto enabled11 = describe<VkPhysicalDeviceVulkan11Features>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES, &enabled12);
  auto enabled = describe<VkPhysicalDeviceFeatures2>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &enabled11);
  auto enable = [&](VkBool32 has, VkBool32 &feature, Capability capability) {
    feature = has;
    if (has)
      capabilities.push_back(capability);
  };
  enable(offered.features.shaderFloat64, enabled.features.shaderFloat64,
         Capability::float64);
  enable(offered.features.shaderInt64, enabled.features.shaderInt64,
         Capability::int64);
  enable(offered.features.shaderInt16, enabled.features.shaderInt16,
         Capability::int16);
  enable(offered12.shaderFloat16, enabled12.shaderFloat16, Capability::float16);
  enable(offered12.shaderInt8, enabled12.shaderInt8, Capability::int8);
  enable(offered11.storageBuffer16BitAccess, enabled11.storageBuffer16BitAccess,
         Capability::storage16);
  enable(offered12.storageBuffer8BitAccess, enabled12.storageBuffer8BitAccess,
         Capability::storage8);
  enable(offered12.vulkanMemoryModel, enabled12.vulkanMemoryModel,
         Capability::memoryModel);

  float priority = 1;
  auto queueInfo = describe<VkDeviceQueueCreateInfo>(
      VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO);
  queueInfo.queueFamilyIndex = queueFamily;
  queueInfo.queueCount = 1;
  queueInfo.pQueuePriorities = &priority;
  auto info = describe<VkDeviceCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                           matrices.enable(&enabled));
  info.enabledExtensionCount = matrices.extensions().size();
  info.ppEnabledExtensionNames = matrices.extensions().data();
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queueInfo;
  VkResult result = api.CreateDevice(physical, &info, nullptr, &handle);
  if (result != VK_SUCCESS)
    return vulkanStatus(result, "start");
  api.loadDevice(handle);
  api.GetDeviceQueue(handle, queueFamily, 0, &queue);
  return {};
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

Status VulkanDevice::checkLimits(const LatheDeviceKernel &kernel) const {
  uint32_t most = std::min(limits.maxComputeWorkGroupInvocations,
                           limits.maxComputeWorkGroupSize[0]);
  if (kernel.workgroupSize > most)
    return {LATHE_DEVICE_ERROR,
            concat("the Vulkan device '", name, "' runs ", most,
                   " invocations in a workgroup, kernel '", kernel.name,
                   "' of this model has ", kernel.workgroupSize,
                   ": use another device, or compile for the processor")};
  if (kernel.sharedBytes > limits.maxComputeSharedMemorySize)
    return {LATHE_DEVICE_ERROR,
            concat("workgroups of the Vulkan device '", name, "' share ",
                   limits.maxComputeSharedMemorySize,
                   " bytes of memory, those of kernel '", kernel.name,
                   "' of this model ", kernel.sharedBytes,
                   ": use another device, or compile for the processor")};
  return {};
}

Status VulkanDevice::checkSubgroups(const LatheDeviceKernel &kernel) const {
  if (!asksFor(kernel, Capability::cooperativeMatrices) ||
      mostSubgroupSize == 0 || kernel.workgroupSize % mostSubgroupSize == 0)
    return {};
  return {LATHE_DEVICE_ERROR,
          concat("subgroups of the Vulkan device '", name, "' have up to ",
                 mostSubgroupSize, " invocations, and workgroups of kernel '",
                 kernel.name, "' of this model, which has matrices of whole ",
                 "subgroups, ", kernel.workgroupSize,
                 ": use another device, or compile with --target=vulkan")};
}

Status VulkanDevice::createLayouts(VulkanKernel &kernel) {
  // The parameters are the last binding.
  uint32_t count = kernel.code->bufferCount + 1;
  if (count > limits.maxPerStageDescriptorStorageBuffers)
    return {LATHE_DEVICE_ERROR,
            concat("kernel '", kernel.code->name, "' has ", count,
                   " buffers, the Vulkan device '", name, "' binds ",
                   limits.maxPerStageDescriptorStorageBuffers)};
  for (const VulkanKernel &other : kernels)
    if (other.code->bufferCount == kernel.code->bufferCount) {
      kernel.bindings = other.bindings;
      kernel.layout = other.layout;
      return {};
    }
  std::vector<VkDescriptorSetLayoutBinding> bindings(count);
  for (uint32_t i = 0; i < count; ++i)
    bindings[i] = {i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1,
                   VK_SHADER_STAGE_COMPUTE_BIT, nullptr};
  auto info = describe<VkDescriptorSetLayoutCreateInfo>(
      VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO);
  info.bindingCount = count;
  info.pBindings = bindings.data();
  VkResult result =
      api.CreateDescriptorSetLayout(handle, &info, nullptr, &kernel.bindings);
  auto layoutInfo = describe<VkPipelineLayoutCreateInfo>(
      VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO);
  layoutInfo.setLayoutCount = 1;
  layoutInfo.pSetLayouts = &kernel.bindings;
  if (result == VK_SUCCESS)
    result =
        api.CreatePipelineLayout(handle, &layoutInfo, nullptr, &kernel.layout);
  return vulkanStatus(result, "lay out a kernel's buffers");
}

Status VulkanDevice::createKernel(const LatheDeviceKernel &code) {
  for (Status status : {checkCapabilities(code, capabilities, name),
                        checkLimits(code), checkSubgroups(code)})
    if (status.failed())
      return status;
  VulkanKernel kernel;
  kernel.code = &code;
  Status status = createLayouts(kernel);
  // Its handles are this object's to free from here on.
  kernels.push_back(kernel);
  if (status.failed())
    return status;
  auto info = describe<VkShaderModuleCreateInfo>(
      VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO);
  info.codeSize = code.codeSize;
  info.pCode = static_cast<const uint32_t *>(code.code);
  VkShaderModule shader = VK_NULL_HANDLE;
  VkResult result = api.CreateShaderModule(handle, &info, nullptr, &shader);
  auto pipeline = describe<VkComputePipelineCreateInfo>(
      VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO);
  pipeline.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  pipeline.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  pipeline.stage.module = shader;
  if (asksFor(code, Capability::cooperativeMatrices))
    pipeline.stage.flags =
        VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT;
  pipeline.stage.pName = code.name;
  pipeline.layout = kernel.layout;
  if (result == VK_SUCCESS)
    result = api.CreateComputePipelines(handle, VK_NULL_HANDLE, 1, &pipeline,
                                        nullptr, &kernels.back().pipeline);
  api.DestroyShaderModule(handle, shader, nullptr);
  return vulkanStatus(result, concat("compile kernel '", code.name, "'"));
}

extern "C" const LatheDeviceDriver latheVulkan = {VulkanDevice::open,
                                                  LATHE_VULKAN};
