//===- VulkanCapabilities.cpp - What kernels ask of a device --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/VulkanCapabilities.h"
#include <algorithm>

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
     "--target=vulkan:no-int8"}};

static Description describe(Capability capability) {
  for (const Description &known : descriptions)
    if (known.capability == capability)
      return known;
  return {capability, "a capability that its kernels use", "--target=cpu"};
}

Status lathe::runtime::checkCapabilities(const LatheDeviceKernel &kernel,
                                         std::span<const Capability> has,
                                         std::string_view device) {
  constexpr uint32_t matrix = 0, shader = 1, opCapability = 2u << 16 | 17;
  constexpr size_t header = 5;
  std::span words(static_cast<const uint32_t *>(kernel.code),
                  kernel.codeSize / 4);
  for (size_t i = header; i + 1 < words.size() && words[i] == opCapability;
       i += 2) {
    auto asked = static_cast<Capability>(words[i + 1]);
    if (words[i + 1] == matrix || words[i + 1] == shader ||
        std::find(has.begin(), has.end(), asked) != has.end())
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
