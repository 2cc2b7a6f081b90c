//===- CudaDevice.h - Kernels on a CUDA device ------------------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_CUDADEVICE_H
#define LATHE_RUNTIME_DEVICE_CUDADEVICE_H

#include "runtime/Device.h"
#include "runtime/device/CudaApi.h"
#include <string>

namespace lathe::runtime {

class CudaDevice;

/// The device's context is the thread's as long as this lives; what was its
/// context before is so again behind.
class CudaScope {
public:
  explicit CudaScope(const CudaDevice &device);
  ~CudaScope();
  CudaResult result() const { return entered; }

private:
  const CudaDevice &device;
  CudaResult entered;
};

/// Memory of the device's own.
class CudaMemory : public DeviceMemory {
public:
  explicit CudaMemory(const CudaDevice &device) : device(device) {}
  ~CudaMemory() override;
  Status allocate(size_t size, std::string_view purpose);
  /// Takes memory that stays its owner's.
  void borrow(CudaAddress other, size_t size) {
    address = other;
    length = size;
    isBorrowed = true;
  }
  /// What tensors have as their data: the device's own address.
  void *handle() override { return reinterpret_cast<void *>(address); }

  CudaAddress address = 0;

private:
  const CudaDevice &device;
  bool isBorrowed = false;
};

/// A stream and memory of the host's that the device copies to and from; other
/// memory the driver would have to copy first.
class CudaStaging {
public:
  explicit CudaStaging(const CudaDevice &device) : device(device) {}
  CudaStaging(const CudaStaging &) = delete;
  ~CudaStaging();
  /// The thread is in the device's context, here and below.
  CudaResult prepare(size_t bytes);
  /// Waits for what the stream was given.
  CudaResult wait();

  CudaStream stream = nullptr;
  unsigned char *data = nullptr;
  bool isBusy = false; ///< Set by who gives the stream something.

private:
  const CudaDevice &device;
};

struct CudaKernel {
  const LatheDeviceKernel *code = nullptr;
  CudaFunction function = nullptr;
};

/// The memory for workgroups that a kernel's launch asks for.
inline uint32_t countLaunchBytes(const LatheDeviceKernel &kernel) {
  return kernel.sharedBytes > LATHE_STATIC_SHARED_BYTES ? kernel.sharedBytes
                                                        : 0;
}

class CudaDevice : public Device {
public:
  static Result<std::unique_ptr<Device>> open(const LatheDeviceCode &code);
  ~CudaDevice() override;

  size_t mostBytes() const override { return totalMemory; }
  Result<std::unique_ptr<DeviceMemory>>
  allocate(size_t size, std::string_view purpose) override;
  Status write(DeviceMemory &memory, const void *from, size_t size) override;
  Status clear(DeviceMemory &memory) override;
  Result<std::unique_ptr<DeviceMemory>> wrap(void *data, size_t size) override;
  Result<std::unique_ptr<DeviceQueue>> createQueue() override;

  CudaApi api;
  CudaContext context = nullptr;
  std::string name;
  std::vector<CudaKernel> kernels;
  /// Whether kernels may be started while those before them still run.
  bool startsEarly = false;

private:
  Status start();
  /// The first device that runs one of the images: the driver lists the
  /// fastest before others.
  Status chooseDevice(const LatheDeviceCode &code);
  /// Copies through two pieces of staging memory: while the device copies from
  /// one, the other is filled.
  CudaResult copy(CudaAddress to, const unsigned char *from, size_t size) const;
  /// Whether the device runs as large workgroups as the kernel has, and they
  /// share as much memory.
  Status checkLimits(const LatheDeviceKernel &kernel) const;
  Status loadKernels(const LatheDeviceCode &code);
  /// Gives the driver an image; `log` gets what its compiler says.
  CudaResult load(const LatheDeviceImage &image, std::string &log);
  bool letsKernelsStartEarly() const;
  int attribute(CudaDeviceNumber device, int which) const;

  CudaDeviceNumber number = 0;
  uint32_t capability = 0; ///< 90 for 9.0.
  CudaModule module = nullptr;
  size_t totalMemory = 0;
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_CUDADEVICE_H
