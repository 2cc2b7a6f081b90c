//===- CudaApi.cpp - The CUDA driver's functions, found when running ------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/CudaApi.h"
#include <dlfcn.h>

using namespace lathe::runtime;

Status CudaApi::load() {
  void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!driver)
    return {LATHE_DEVICE_ERROR,
            "this model runs on a CUDA device, and there is no CUDA driver "
            "(libcuda.so.1): install NVIDIA's driver for your GPU, or compile "
            "for the processor or with --target=vulkan"};
#define LATHE_LOOK_UP(NAME, SYMBOL, PARAMETERS)                                \
  NAME = reinterpret_cast<CudaResult(*) PARAMETERS>(dlsym(driver, SYMBOL));
#define LATHE_FIND(NAME, SYMBOL, PARAMETERS)                                   \
  LATHE_LOOK_UP(NAME, SYMBOL, PARAMETERS)                                      \
  if (!NAME)                                                                   \
    return {LATHE_DEVICE_ERROR,                                                \
            "the CUDA driver (libcuda.so.1) has no " SYMBOL                    \
            ": update it to CUDA 11.4 or later"};
  LATHE_CUDA_FUNCTIONS(LATHE_FIND)
  LATHE_CUDA_NEWER_FUNCTIONS(LATHE_LOOK_UP)
#undef LATHE_FIND
#undef LATHE_LOOK_UP
  return {};
}

Status CudaApi::status(CudaResult result, std::string_view what) const {
  if (result == cudaSuccess)
    return {};
  if (result == cudaOutOfMemory)
    return {LATHE_OUT_OF_MEMORY,
            concat("the CUDA device has no memory to ", what,
                   "; use a device with more, or compile for smaller bounds of "
                   "the dims")};
  const char *name = nullptr;
  if (GetErrorName(result, &name) != cudaSuccess || !name)
    name = "an error that the driver has no name for";
  // From 700 on are errors of kernels, after which a context does nothing more.
  if (result >= 700 && result < 800)
    return {LATHE_DEVICE_ERROR,
            concat("the CUDA device was lost when it was to ", what, " (", name,
                   "); close the model and open it again")};
  return {LATHE_DEVICE_ERROR,
          concat("the CUDA device could not ", what, " (", name, ", ",
                 static_cast<int64_t>(result), ")")};
}
