//===- VulkanCapabilities.cpp - What kernels ask of a device --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/VulkanCapabilities.h"
#include <algorithm>
#include <vector>

using namespace lathe::runtime;

namespace {
/// What a capability is, with Vulkan's name of it, and what `lathe compile`
/// takes for a device without.
struct Description {
  Capability capability;
  std::string_view what, without;
};
} // namespace

static constexpr Description descriptions[] = {
    {Capability::float16, "arithmetic on 16-bit floats (shaderFloat16)",
     "--target=vulkan:no-f16"},
    {Capability::float64, "64-bit floats (shaderFloat64)",
     "--target=vulkan:no-f64"},
    {Capability::int64, "64-bit integers (shaderInt64)",
     "--target=vulkan:no-int64"},
    {Capability::int16, "16-bit integers (shaderInt16)",
     "--target=vulkan:no-int16"},
    {Capability::int8, "8-bit integers (shaderInt8)",
     "--target=vulkan:no-int8"},
    {Capability::subgroups,
     "subgroups in compute shaders (VK_SUBGROUP_FEATURE_BASIC_BIT)",
     "--target=vulkan:no-subgroups"},
    {Capability::subgroupArithmetic,
     "sums of subgroups (VK_SUBGROUP_FEATURE_ARITHMETIC_BIT)",
     "--target=vulkan:no-subgroups"},
    {Capability::storage16,
     "16-bit numbers in buffers (storageBuffer16BitAccess)",
     "--target=vulkan:no-f16,no-int16"},
    {Capability::storage8, "8-bit numbers in buffers (storageBuffer8BitAccess)",
     "--target=vulkan:no-int8"},
    {Capability::bf16, "bf16 (shaderBFloat16Type)",
     "--target=vulkan:cooperative-matrices"},
    {Capability::cooperativeBf16Matrices,
     "cooperative matrices of 16x16 bf16 "
     "(shaderBFloat16CooperativeMatrix)",
     "--target=vulkan:cooperative-matrices"},
    {Capability::memoryModel, "Vulkan's memory model (vulkanMemoryModel)",
     "--target=vulkan"},
    {Capability::cooperativeMatrices,
     "cooperative matrices of 16x16 f16 with sums of f32 "
     "(VK_KHR_cooperative_matrix)",
     "--target=vulkan"}};

static Description describe(Capability capability) {
  for (const Description &known : descriptions)
    if (known.capability == capability)
      return known;
  return {capability, "a capability that its kernels use", "--target=cpu"};
}

/// The capabilities that a kernel's code begins with, but for those of all
/// devices.
static std::vector<Capability> listAsked(const LatheDeviceKernel &kernel) {
  constexpr uint32_t matrix = 0, shader = 1, opCapability = 2u << 16 | 17;
  constexpr size_t header = 5;
  std::span words(static_cast<const uint32_t *>(kernel.code),
                  kernel.codeSize / 4);
  std::vector<Capability> asked;
  for (size_t i = header; i + 1 < words.size() && words[i] == opCapability;
       i += 2)
    if (words[i + 1] != matrix && words[i + 1] != shader)
      asked.push_back(static_cast<Capability>(words[i + 1]));
  return asked;
}

bool lathe::runtime::asksFor(const LatheDeviceKernel &kernel,
                             Capability capability) {
  std::vector<Capability> asked = listAsked(kernel);
  return std::find(asked.begin(), asked.end(), capability) != asked.end();
}

Status lathe::runtime::checkCapabilities(const LatheDeviceKernel &kernel,
                                         std::span<const Capability> has,
                                         std::string_view device) {
  for (Capability asked : listAsked(kernel)) {
    if (std::find(has.begin(), has.end(), asked) != has.end())
      continue;
    Description lacking = describe(asked);
    return {LATHE_DEVICE_ERROR,
            concat("the Vulkan device '", device, "' lacks ", lacking.what,
                   ", which kernel '", kernel.name,
                   "' of this model needs: use another device, or compile "
                   "with ",
                   lacking.without)};
  }
  return {};
}
