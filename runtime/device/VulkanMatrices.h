//===- VulkanMatrices.h - Cooperative matrices of a device ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The extensions VK_KHR_cooperative_matrix and VK_KHR_shader_bfloat16, of which
// Vulkan's headers before 1.3.255 know nothing, as far as kernels use them.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_VULKANMATRICES_H
#define LATHE_RUNTIME_DEVICE_VULKANMATRICES_H

#include "runtime/device/VulkanApi.h"
#include "runtime/device/VulkanCapabilities.h"
#include <vector>

namespace lathe::runtime {

/// What a device says of one kind of product
/// (VkCooperativeMatrixPropertiesKHR): rows x steps by steps x columns numbers,
/// added to rows x columns ones.
struct MatrixProduct {
  VkStructureType sType;
  void *pNext;
  uint32_t rows, columns, steps;
  uint32_t left, right, added, result; ///< VkComponentTypeKHR.
  VkBool32 saturates;
  uint32_t scope; ///< VkScopeKHR.
};

/// VkComponentTypeKHR and VkScopeKHR.
inline constexpr uint32_t componentF16 = 0, componentF32 = 1,
                          componentBf16 = 1000141000, scopeSubgroup = 3;

/// Whether kernels' products of such numbers, of 16x16 by 16x16 with sums of
/// f32, are among those of a device.
bool multiplies(const std::vector<MatrixProduct> &offered, uint32_t component);

/// The cooperative matrices of a device with Vulkan 1.3, and what making a
/// device takes to have them.
class VulkanMatrices {
public:
  /// Asks the device. Without matrices there is nothing to enable.
  void find(const VulkanApi &api, VkInstance instance, VkPhysicalDevice device);

  /// What kernels may ask for.
  const std::vector<Capability> &capabilities() const { return has; }
  /// Extensions to enable, and the features that they need, before `next`.
  const std::vector<const char *> &extensions() const { return names; }
  void *enable(void *next);

private:
  /// VkPhysicalDeviceCooperativeMatrixFeaturesKHR.
  struct MatrixFeatures {
    VkStructureType sType;
    void *pNext;
    VkBool32 matrices, robustAccess;
  };
  /// VkPhysicalDeviceShaderBfloat16FeaturesKHR.
  struct Bf16Features {
    VkStructureType sType;
    void *pNext;
    VkBool32 type, dotProduct, matrices;
  };

  std::vector<Capability> has;
  std::vector<const char *> names;
  VkPhysicalDeviceSubgroupSizeControlFeatures subgroups = {};
  MatrixFeatures features = {};
  Bf16Features bf16 = {};
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_VULKANMATRICES_H
