//===- CudaApi.h - The CUDA driver's functions, found when running --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs are linked without a CUDA library, and built without CUDA's headers:
// what the runtime uses of the driver's interface is declared here. The driver
// keeps these functions as they are.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_CUDAAPI_H
#define LATHE_RUNTIME_DEVICE_CUDAAPI_H

#include "runtime/Status.h"
#include <cstddef>
#include <cstdint>

namespace lathe::runtime {

using CudaResult = int;
using CudaDeviceNumber = int;
using CudaAddress = uint64_t; ///< In the device's view of memory.
using CudaContext = struct CudaContextObject *;
using CudaModule = struct CudaModuleObject *;
using CudaFunction = struct CudaFunctionObject *;
using CudaStream = struct CudaStreamObject *;
using CudaEvent = struct CudaEventObject *;
using CudaGraph = struct CudaGraphObject *;
using CudaGraphExec = struct CudaGraphExecObject *;

/// An attribute of a launch, and all else that is said of one but what the
/// kernel gets.
struct CudaLaunchAttribute {
  alignas(8) int id;
  alignas(8) unsigned char value[64];
};
struct CudaLaunchConfig {
  unsigned gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes;
  CudaStream stream;
  CudaLaunchAttribute *attributes;
  unsigned attributeCount;
};

/// Numbers of the driver's interface.
enum : int {
  cudaSuccess = 0,
  cudaOutOfMemory = 2,
  cudaNoDevice = 100,
  cudaInvalidImage = 200,
  cudaNoBinaryForDevice = 209,
  cudaInvalidPtx = 218,
  cudaUnsupportedPtxVersion = 222,

  cudaAttributeMaxThreadsPerBlock = 1,
  cudaAttributeMaxSharedMemoryPerBlock = 8,
  cudaAttributeMajor = 75,
  cudaAttributeMinor = 76,
  /// Of kernels that ask for more.
  cudaAttributeMostSharedMemoryPerBlock = 97,

  cudaFunctionMaxDynamicSharedBytes = 8,

  cudaHostMemoryMapped = 2,
  cudaStreamNonBlocking = 1,
  cudaEventDefault = 0,
  cudaCaptureThreadLocal = 1,
  /// The kernel may start before the one launched before it has ended.
  cudaLaunchProgrammaticSerialization = 6,

  cudaJitErrorLog = 5,
  cudaJitErrorLogBytes = 6,
};

/// The driver's functions: our name, its name, and its parameters.
#define LATHE_CUDA_FUNCTIONS(FUNCTION)                                         \
  FUNCTION(Init, "cuInit", (unsigned flags))                                   \
  FUNCTION(DriverGetVersion, "cuDriverGetVersion", (int *version))             \
  FUNCTION(GetErrorName, "cuGetErrorName",                                     \
           (CudaResult result, const char **name))                             \
  FUNCTION(DeviceGetCount, "cuDeviceGetCount", (int *count))                   \
  FUNCTION(DeviceGet, "cuDeviceGet", (CudaDeviceNumber * device, int ordinal)) \
  FUNCTION(DeviceGetName, "cuDeviceGetName",                                   \
           (char *name, int length, CudaDeviceNumber device))                  \
  FUNCTION(DeviceGetAttribute, "cuDeviceGetAttribute",                         \
           (int *value, int attribute, CudaDeviceNumber device))               \
  FUNCTION(DeviceTotalMem, "cuDeviceTotalMem_v2",                              \
           (size_t *bytes, CudaDeviceNumber device))                           \
  FUNCTION(PrimaryContextRetain, "cuDevicePrimaryCtxRetain",                   \
           (CudaContext * context, CudaDeviceNumber device))                   \
  FUNCTION(PrimaryContextRelease, "cuDevicePrimaryCtxRelease_v2",              \
           (CudaDeviceNumber device))                                          \
  FUNCTION(ContextPush, "cuCtxPushCurrent_v2", (CudaContext context))          \
  FUNCTION(ContextPop, "cuCtxPopCurrent_v2", (CudaContext * context))          \
  FUNCTION(ModuleLoad, "cuModuleLoadDataEx",                                   \
           (CudaModule * module, const void *image, unsigned optionCount,      \
            int *options, void **values))                                      \
  FUNCTION(ModuleUnload, "cuModuleUnload", (CudaModule module))                \
  FUNCTION(ModuleGetFunction, "cuModuleGetFunction",                           \
           (CudaFunction * function, CudaModule module, const char *name))     \
  FUNCTION(FunctionSetAttribute, "cuFuncSetAttribute",                         \
           (CudaFunction function, int attribute, int value))                  \
  FUNCTION(Allocate, "cuMemAlloc_v2", (CudaAddress * address, size_t bytes))   \
  FUNCTION(Free, "cuMemFree_v2", (CudaAddress address))                        \
  FUNCTION(AllocateHost, "cuMemHostAlloc",                                     \
           (void **memory, size_t bytes, unsigned flags))                      \
  FUNCTION(FreeHost, "cuMemFreeHost", (void *memory))                          \
  FUNCTION(HostGetAddress, "cuMemHostGetDevicePointer_v2",                     \
           (CudaAddress * address, void *memory, unsigned flags))              \
  FUNCTION(                                                                    \
      CopyToDevice, "cuMemcpyHtoDAsync_v2",                                    \
      (CudaAddress to, const void *from, size_t bytes, CudaStream stream))     \
  FUNCTION(CopyToHost, "cuMemcpyDtoHAsync_v2",                                 \
           (void *to, CudaAddress from, size_t bytes, CudaStream stream))      \
  FUNCTION(                                                                    \
      Fill, "cuMemsetD8Async",                                                 \
      (CudaAddress to, unsigned char byte, size_t bytes, CudaStream stream))   \
  FUNCTION(StreamCreate, "cuStreamCreate",                                     \
           (CudaStream * stream, unsigned flags))                              \
  FUNCTION(StreamDestroy, "cuStreamDestroy_v2", (CudaStream stream))           \
  FUNCTION(StreamSynchronize, "cuStreamSynchronize", (CudaStream stream))      \
  FUNCTION(EventCreate, "cuEventCreate", (CudaEvent * event, unsigned flags))  \
  FUNCTION(EventDestroy, "cuEventDestroy_v2", (CudaEvent event))               \
  FUNCTION(EventRecord, "cuEventRecord", (CudaEvent event, CudaStream stream)) \
  FUNCTION(EventElapsedTime, "cuEventElapsedTime",                             \
           (float *milliseconds, CudaEvent begin, CudaEvent end))              \
  FUNCTION(LaunchKernel, "cuLaunchKernel",                                     \
           (CudaFunction function, unsigned gridX, unsigned gridY,             \
            unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ, \
            unsigned sharedBytes, CudaStream stream, void **parameters,        \
            void **extra))                                                     \
  FUNCTION(BeginCapture, "cuStreamBeginCapture_v2",                            \
           (CudaStream stream, int mode))                                      \
  FUNCTION(EndCapture, "cuStreamEndCapture",                                   \
           (CudaStream stream, CudaGraph * graph))                             \
  FUNCTION(GraphInstantiate, "cuGraphInstantiateWithFlags",                    \
           (CudaGraphExec * made, CudaGraph graph, unsigned long long flags))  \
  FUNCTION(GraphLaunch, "cuGraphLaunch",                                       \
           (CudaGraphExec graph, CudaStream stream))                           \
  FUNCTION(GraphDestroy, "cuGraphDestroy", (CudaGraph graph))                  \
  FUNCTION(GraphExecDestroy, "cuGraphExecDestroy", (CudaGraphExec graph))

/// Those that drivers before CUDA 11.8 have not.
#define LATHE_CUDA_NEWER_FUNCTIONS(FUNCTION)                                   \
  FUNCTION(LaunchKernelEx, "cuLaunchKernelEx",                                 \
           (const CudaLaunchConfig *config, CudaFunction function,             \
            void **parameters, void **extra))

struct CudaApi {
#define LATHE_DECLARE(NAME, SYMBOL, PARAMETERS)                                \
  CudaResult(*NAME) PARAMETERS = nullptr;
  LATHE_CUDA_FUNCTIONS(LATHE_DECLARE)
  LATHE_CUDA_NEWER_FUNCTIONS(LATHE_DECLARE)
#undef LATHE_DECLARE

  /// Opens the driver (libcuda.so.1), which stays open as long as the process.
  Status load();

  /// A status for what the driver returned when it was to do `what`. Most
  /// errors are of a kernel that ran before, and leave the device lost.
  Status status(CudaResult result, std::string_view what) const;
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_CUDAAPI_H
