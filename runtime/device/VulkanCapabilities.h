//===- VulkanCapabilities.h - What kernels ask of a device ------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_VULKANCAPABILITIES_H
#define LATHE_RUNTIME_DEVICE_VULKANCAPABILITIES_H

#include "runtime/Status.h"
#include "runtime/abi.h"
#include <span>

namespace lathe::runtime {

/// SPIR-V's numbers of what not all devices have.
enum class Capability : uint32_t {
  float16 = 9,
  float64 = 10,
  int64 = 11,
  int16 = 22,
  int8 = 39,
  subgroups = 61,
  subgroupArithmetic = 63,
  storage16 = 4433,
  storage8 = 4448,
  bf16 = 5116,
  cooperativeBf16Matrices = 5118,
  memoryModel = 5345,
  cooperativeMatrices = 6022
};

/// Whether a kernel's code asks for a capability.
bool asksFor(const LatheDeviceKernel &kernel, Capability capability);

/// Says which of the capabilities that a kernel's code asks for is not among
/// those that the device of that name `has` beside those of all devices, and
/// for what device the model can be compiled instead.
Status checkCapabilities(const LatheDeviceKernel &kernel,
                         std::span<const Capability> has,
                         std::string_view device);

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_VULKANCAPABILITIES_H
