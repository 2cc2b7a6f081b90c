//===- VulkanMatricesTest.cpp - Cooperative matrices of a device ----------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Asks functions that stand for a driver's.
//
//===----------------------------------------------------------------------===//

#include "runtime/device/VulkanMatrices.h"
#include <cstring>
#include <gmock/gmock.h>

using namespace lathe::runtime;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StrEq;

namespace {

/// Of 16x16 by 16x16 numbers of 16 bits, as kernels have them.
MatrixProduct product(uint32_t component) {
  MatrixProduct made = {};
  made.rows = made.columns = made.steps = 16;
  made.left = made.right = component;
  made.added = made.result = componentF32;
  made.scope = scopeSubgroup;
  return made;
}

TEST(VulkanMatrices, AreThoseOfKernels) {
  EXPECT_FALSE(multiplies({}, componentF16));
  MatrixProduct f16 = product(componentF16), bf16 = product(componentBf16);
  EXPECT_TRUE(multiplies({bf16, f16}, componentF16));
  EXPECT_TRUE(multiplies({bf16, f16}, componentBf16));
  EXPECT_FALSE(multiplies({bf16}, componentF16));
  for (auto change : std::vector<void (*)(MatrixProduct &)>{
           [](MatrixProduct &other) { other.rows = 8; },
           [](MatrixProduct &other) { other.columns = 8; },
           [](MatrixProduct &other) { other.steps = 8; },
           [](MatrixProduct &other) { other.left = componentF32; },
           [](MatrixProduct &other) { other.right = componentF32; },
           [](MatrixProduct &other) { other.added = componentF16; },
           [](MatrixProduct &other) { other.result = componentF16; },
           [](MatrixProduct &other) { other.saturates = VK_TRUE; },
           [](MatrixProduct &other) { other.scope = 2; }}) {
    MatrixProduct other = f16;
    change(other);
    EXPECT_FALSE(multiplies({other}, componentF16));
    EXPECT_TRUE(multiplies({other, f16}, componentF16));
  }
}

/// What a structure of features begins with.
struct Features {
  uint32_t type;
  Features *next;
  VkBool32 has[3];
};
constexpr uint32_t typeOfMatrices = 1000506000, typeOfBf16 = 1000141000,
                   typeOfProduct = 1000506001, typeOfSubgroups = 1000225002;

/// A driver, as far as it is asked.
struct Driver {
  std::vector<const char *> extensions = {"VK_KHR_cooperative_matrix",
                                          "VK_KHR_shader_bfloat16"};
  bool matrices = true, fullSubgroups = true, bf16 = true, bf16Matrices = true;
  std::vector<MatrixProduct> products = {product(componentF16),
                                         product(componentBf16)};
  std::vector<uint32_t> asked; ///< Types of structures.
};
Driver driver;

VkResult VKAPI_CALL listExtensions(VkPhysicalDevice, const char *,
                                   uint32_t *count,
                                   VkExtensionProperties *found) {
  *count = driver.extensions.size();
  for (uint32_t i = 0; found && i < *count; ++i)
    std::strcpy(found[i].extensionName, driver.extensions[i]);
  return VK_SUCCESS;
}

void VKAPI_CALL fillFeatures(VkPhysicalDevice,
                             VkPhysicalDeviceFeatures2 *features) {
  for (auto *next = static_cast<Features *>(features->pNext); next;
       next = next->next) {
    driver.asked.push_back(next->type);
    if (next->type == typeOfMatrices)
      next->has[0] = driver.matrices;
    if (next->type == typeOfSubgroups)
      next->has[0] = next->has[1] = driver.fullSubgroups;
    if (next->type == typeOfBf16) {
      next->has[0] = driver.bf16;
      next->has[2] = driver.bf16Matrices;
    }
  }
}

VkResult VKAPI_CALL listProducts(VkPhysicalDevice, uint32_t *count,
                                 MatrixProduct *products) {
  *count = driver.products.size();
  for (uint32_t i = 0; products && i < *count; ++i) {
    EXPECT_EQ(products[i].sType, typeOfProduct);
    products[i] = driver.products[i];
  }
  return VK_SUCCESS;
}

PFN_vkVoidFunction VKAPI_CALL findFunction(VkInstance, const char *name) {
  EXPECT_THAT(name, StrEq("vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR"));
  return reinterpret_cast<PFN_vkVoidFunction>(listProducts);
}

/// What is found, and enabled before a structure of type 7, types first.
class DevicesMatrices : public testing::Test {
protected:
  DevicesMatrices() { driver = {}; }

  void find() {
    VulkanApi api;
    api.EnumerateDeviceExtensionProperties = listExtensions;
    api.GetPhysicalDeviceFeatures2 = fillFeatures;
    api.GetInstanceProcAddr = findFunction;
    matrices.find(api, VK_NULL_HANDLE, VK_NULL_HANDLE);
    Features last = {7, nullptr, {}};
    enabled.clear();
    for (auto *next = static_cast<Features *>(matrices.enable(&last)); next;
         next = next->next) {
      enabled.push_back(next->type);
      if (next->type != 7) {
        EXPECT_TRUE(next->has[0]) << next->type;
      }
      if (next->type == typeOfSubgroups) {
        EXPECT_TRUE(next->has[1]);
      }
      if (next->type == typeOfBf16) {
        EXPECT_TRUE(next->has[2]);
      }
    }
  }

  void expectNone() {
    find();
    EXPECT_THAT(matrices.capabilities(), IsEmpty());
    EXPECT_THAT(matrices.extensions(), IsEmpty());
    EXPECT_THAT(enabled, ElementsAre(7u));
  }

  void expectF16() {
    find();
    EXPECT_THAT(matrices.capabilities(),
                ElementsAre(Capability::cooperativeMatrices));
    EXPECT_THAT(matrices.extensions(),
                ElementsAre(StrEq("VK_KHR_cooperative_matrix")));
    EXPECT_THAT(enabled, ElementsAre(typeOfSubgroups, typeOfMatrices, 7u));
  }

  VulkanMatrices matrices;
  std::vector<uint32_t> enabled;
};

TEST_F(DevicesMatrices, OfBothTypes) {
  find();
  EXPECT_THAT(matrices.capabilities(),
              ElementsAre(Capability::cooperativeMatrices, Capability::bf16,
                          Capability::cooperativeBf16Matrices));
  EXPECT_THAT(matrices.extensions(),
              ElementsAre(StrEq("VK_KHR_cooperative_matrix"),
                          StrEq("VK_KHR_shader_bfloat16")));
  EXPECT_THAT(enabled,
              ElementsAre(typeOfBf16, typeOfSubgroups, typeOfMatrices, 7u));
}

TEST_F(DevicesMatrices, OfF16Alone) {
  driver.extensions.pop_back();
  expectF16();
  EXPECT_THAT(driver.asked, ElementsAre(typeOfSubgroups, typeOfMatrices))
      << "a device is asked what it knows";
}
TEST_F(DevicesMatrices, OfF16WithoutBf16s) {
  driver.bf16Matrices = false;
  expectF16();
}
TEST_F(DevicesMatrices, OfF16WithoutTheTypeBf16) {
  driver.bf16 = false;
  expectF16();
}
TEST_F(DevicesMatrices, OfF16WithoutProductsOfBf16) {
  driver.products.pop_back();
  expectF16();
}

TEST_F(DevicesMatrices, NoneWithoutTheExtension) {
  driver.extensions.erase(driver.extensions.begin());
  expectNone();
}
TEST_F(DevicesMatrices, NoneWithoutTheFeature) {
  driver.matrices = false;
  expectNone();
}
TEST_F(DevicesMatrices, NoneWithoutFullSubgroups) {
  driver.fullSubgroups = false;
  expectNone();
}
TEST_F(DevicesMatrices, NoneWithoutProducts) {
  driver.products.clear();
  expectNone();
}

} // namespace
