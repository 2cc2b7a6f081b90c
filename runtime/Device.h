//===- Device.h - Devices that run kernels --------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the runtime asks of a part such as runtime/device/, which only programs
// with kernels are linked with: their object names its LatheDeviceDriver.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_H
#define LATHE_RUNTIME_DEVICE_H

#include "runtime/Status.h"
#include "runtime/abi.h"
#include <memory>
#include <vector>

namespace lathe::runtime {

/// Memory that the device and the host see, at `data` for the host.
class DeviceMemory {
public:
  virtual ~DeviceMemory() = default;
  unsigned char *data() const { return bytes; }
  size_t size() const { return length; }

protected:
  unsigned char *bytes = nullptr;
  size_t length = 0;
};

/// An index that a kernel met beyond its bound.
struct DeviceReport {
  int64_t event, index, bound;
};

/// Launches in the order in which they were made; used by one thread at a time.
class DeviceQueue {
public:
  virtual ~DeviceQueue() = default;
  /// Lets launches use a memory, which must outlive the queue or the next
  /// `attach` in its slot. Its `data`, or `address` in place of that, is where
  /// launches say that it is.
  virtual void attach(unsigned slot, const DeviceMemory &memory,
                      const void *address = nullptr) = 0;
  virtual void launch(int64_t event, int64_t kernel, int64_t count,
                      const LatheDeviceBuffer *buffers,
                      const int32_t *scalars) = 0;
  /// Waits for all launches. An error is that of the first launch that met
  /// one; `reports` gets what kernels reported, in the launches' order.
  virtual Status wait(std::vector<DeviceReport> &reports) = 0;
};

/// A device with the kernels of one model, for all instances and threads.
class Device {
public:
  virtual ~Device() = default;
  /// As much as the device allocates at once.
  virtual size_t mostBytes() const = 0;
  /// Memory with any contents.
  virtual Result<std::unique_ptr<DeviceMemory>>
  allocate(size_t size, std::string_view purpose) = 0;
  virtual Result<std::unique_ptr<DeviceQueue>> createQueue() = 0;
};

} // namespace lathe::runtime

/// How to open a device of one kind.
struct LatheDeviceDriver {
  lathe::runtime::Result<std::unique_ptr<lathe::runtime::Device>> (*open)(
      const LatheDeviceCode &code);
};

#endif // LATHE_RUNTIME_DEVICE_H
