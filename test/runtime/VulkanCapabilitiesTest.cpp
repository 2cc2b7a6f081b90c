//===- VulkanCapabilitiesTest.cpp - What kernels ask of a device ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/VulkanCapabilities.h"
#include <gmock/gmock.h>

using namespace lathe::runtime;
using testing::HasSubstr;

namespace {

/// SPIR-V's header, OpCapability Shader, and that of others; what follows is
/// not one.
std::string check(std::vector<uint32_t> asked, std::vector<Capability> has) {
  constexpr uint32_t opCapability = 2u << 16 | 17, opExtension = 2u << 16 | 10;
  std::vector<uint32_t> words = {0x07230203, 0x00010300, 0, 9, 0};
  asked.insert(asked.begin(), 1);
  for (uint32_t capability : asked)
    words.insert(words.end(), {opCapability, capability});
  words.insert(words.end(), {opExtension, 63});
  LatheDeviceKernel kernel = {};
  kernel.name = "main_kernel";
  kernel.code = words.data();
  kernel.codeSize = 4 * words.size();
  return checkCapabilities(kernel, has, "Toaster").message();
}

TEST(VulkanCapabilities, AreTheDevices) {
  EXPECT_EQ(check({}, {}), "");
  EXPECT_EQ(check({61, 63}, {Capability::float64, Capability::subgroups,
                             Capability::subgroupArithmetic}),
            "");
}

TEST(VulkanCapabilities, SayWhatTheModelCanBeCompiledForInstead) {
  EXPECT_EQ(check({61, 63}, {Capability::subgroups}),
            "the Vulkan device 'Toaster' lacks sums of subgroups "
            "(VK_SUBGROUP_FEATURE_ARITHMETIC_BIT), which kernel 'main_kernel' "
            "of this model needs: use another device, or compile with "
            "--target=vulkan:no-subgroups");
  EXPECT_THAT(check({11}, {Capability::float64}),
              HasSubstr("64-bit integers (shaderInt64), which kernel "));
  EXPECT_THAT(check({4433}, {}),
              HasSubstr("compile with --target=vulkan:no-f16,no-int16"));
  EXPECT_THAT(check({6022}, {Capability::memoryModel}),
              HasSubstr("(VK_KHR_cooperative_matrix), which kernel "
                        "'main_kernel' of this model needs: use another "
                        "device, or compile with --target=vulkan"));
  EXPECT_THAT(check({6022, 5118}, {Capability::cooperativeMatrices}),
              HasSubstr("--target=vulkan:cooperative-matrices"));
  EXPECT_THAT(check({4711}, {}), HasSubstr("lacks a capability that its"));
}

} // namespace
