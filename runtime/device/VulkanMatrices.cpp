//===- VulkanMatrices.cpp - Cooperative matrices of a device --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/VulkanMatrices.h"
#include <algorithm>

using namespace lathe::runtime;

static constexpr char matrixExtension[] = "VK_KHR_cooperative_matrix",
                      bf16Extension[] = "VK_KHR_shader_bfloat16";

/// Types of structures that headers may lack.
static constexpr auto typeOfFeatures = static_cast<VkStructureType>(1000506000),
                      typeOfProduct = static_cast<VkStructureType>(1000506001),
                      typeOfBf16 = static_cast<VkStructureType>(1000141000);

using ListProducts = VkResult (*)(VkPhysicalDevice device, uint32_t *count,
                                  MatrixProduct *products);

bool lathe::runtime::multiplies(const std::vector<MatrixProduct> &offered,
                                uint32_t component) {
  constexpr uint32_t size = 16;
  return std::any_of(
      offered.begin(), offered.end(), [&](const MatrixProduct &product) {
        return product.rows == size && product.columns == size &&
               product.steps == size && product.left == component &&
               product.right == component && product.added == componentF32 &&
               product.result == componentF32 && !product.saturates &&
               product.scope == scopeSubgroup;
      });
}

static bool hasExtension(const VulkanApi &api, VkPhysicalDevice device,
                         std::string_view name) {
  uint32_t count = 0;
  api.EnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> found(count);
  api.EnumerateDeviceExtensionProperties(device, nullptr, &count, found.data());
  return std::any_of(found.begin(), found.end(),
                     [&](const VkExtensionProperties &extension) {
                       return name == extension.extensionName;
                     });
}

static std::vector<MatrixProduct> listProducts(const VulkanApi &api,
                                               VkInstance instance,
                                               VkPhysicalDevice device) {
  auto list = reinterpret_cast<ListProducts>(api.GetInstanceProcAddr(
      instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR"));
  uint32_t count = 0;
  if (!list || list(device, &count, nullptr) != VK_SUCCESS)
    return {};
  std::vector<MatrixProduct> products(count,
                                      describe<MatrixProduct>(typeOfProduct));
  if (list(device, &count, products.data()) != VK_SUCCESS)
    return {};
  return products;
}

void VulkanMatrices::find(const VulkanApi &api, VkInstance instance,
                          VkPhysicalDevice device) {
  bool knowsBf16 = hasExtension(api, device, bf16Extension);
  if (!hasExtension(api, device, matrixExtension))
    return;
  // Features are asked for where the device knows their structures.
  bf16 = describe<Bf16Features>(typeOfBf16);
  features =
      describe<MatrixFeatures>(typeOfFeatures, knowsBf16 ? &bf16 : nullptr);
  subgroups = describe<VkPhysicalDeviceSubgroupSizeControlFeatures>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES,
      &features);
  auto all = describe<VkPhysicalDeviceFeatures2>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &subgroups);
  api.GetPhysicalDeviceFeatures2(device, &all);
  std::vector<MatrixProduct> products = listProducts(api, instance, device);
  if (!features.matrices || !subgroups.computeFullSubgroups ||
      !multiplies(products, componentF16))
    return;
  has = {Capability::cooperativeMatrices};
  names = {matrixExtension};
  if (!bf16.type || !bf16.matrices || !multiplies(products, componentBf16))
    return;
  has.insert(has.end(),
             {Capability::bf16, Capability::cooperativeBf16Matrices});
  names.push_back(bf16Extension);
}

void *VulkanMatrices::enable(void *next) {
  if (names.empty())
    return next;
  features = describe<MatrixFeatures>(typeOfFeatures, next);
  features.matrices = VK_TRUE;
  subgroups = describe<VkPhysicalDeviceSubgroupSizeControlFeatures>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES,
      &features);
  subgroups.subgroupSizeControl = subgroups.computeFullSubgroups = VK_TRUE;
  if (names.size() == 1)
    return &subgroups;
  bf16 = describe<Bf16Features>(typeOfBf16, &subgroups);
  bf16.type = bf16.matrices = VK_TRUE;
  return &bf16;
}
