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

/// Memory of a device.
class DeviceMemory {
public:
  virtual ~DeviceMemory() = default;
  /// Where the host sees it, too; null for memory that is the device's own.
  unsigned char *data() const { return bytes; }
  size_t size() const { return length; }
  /// What a tensor there has as its data: an address of the device's, or
  /// something that stands for the memory.
  virtual void *handle() { return this; }

protected:
  unsigned char *bytes = nullptr;
  size_t length = 0;
};

/// An index that a kernel met beyond its bound.
struct DeviceReport {
  int64_t event, index, bound;
};

/// When a device worked on an event's launches, in nanoseconds of the host's
/// steady clock.
struct DeviceTime {
  int64_t event, begin, end;
};

/// What a device is to do, in this order; used by one thread at a time. All of
/// it names memory by addresses of the host's. Errors are those of `wait`.
class DeviceQueue {
public:
  virtual ~DeviceQueue() = default;
  /// Gives the `size` bytes from `address` on as the name of as many bytes of a
  /// memory, which must outlive the queue or the next `attach` in its slot. For
  /// memory that the host sees, `address` is its `data`, unless the bytes there
  /// are what the memory is a copy of and never change.
  virtual void attach(unsigned slot, const DeviceMemory &memory,
                      const void *address, size_t size) = 0;
  virtual void launch(int64_t event, int64_t kernel, int64_t groups,
                      const LatheDeviceBuffer *buffers,
                      const int32_t *scalars) = 0;
  /// Copies the host's bytes at `from`, which may change as soon as this
  /// returns, to the memory that `to` names. Nothing is to be done where the
  /// host sees that memory: `to` and `from` are the same then.
  virtual void upload(const void *to, const void *from, size_t size) = 0;
  /// Copies the memory that `from` names to the host's at `to`, where the bytes
  /// are after the next `wait`. As for `upload`, nothing is to be done where
  /// the host sees the memory.
  virtual void download(void *to, const void *from, size_t size) = 0;
  /// Waits until all is done. An error is the first that was met; `reports`
  /// gets what kernels reported, in the launches' order.
  virtual Status wait(std::vector<DeviceReport> &reports) = 0;
  /// Takes the times of events from now on, or no longer. Returns whether it
  /// does: not every device has timers.
  virtual bool measure(bool) { return false; }
  /// Hands over the times of what the last `wait` waited for, in order.
  virtual void takeTimes(std::vector<DeviceTime> &) {}
};

/// A device with the kernels of one model, for all instances and threads.
class Device {
public:
  virtual ~Device() = default;
  /// As much as the device allocates at once.
  virtual size_t mostBytes() const = 0;
  /// Memory with any contents: that which kernels reach fastest. `purpose` is
  /// for messages ("weights").
  virtual Result<std::unique_ptr<DeviceMemory>>
  allocate(size_t size, std::string_view purpose) = 0;
  /// Copies the host's bytes to the beginning of a memory, or makes all of it
  /// zero. No queue is using it; those that do later see what was written.
  virtual Status write(DeviceMemory &memory, const void *from, size_t size) = 0;
  virtual Status clear(DeviceMemory &memory) = 0;
  /// Memory of the caller's, at least `size` bytes from what a tensor has as
  /// its data, where that is no `handle` of ours.
  virtual Result<std::unique_ptr<DeviceMemory>> wrap(void *, size_t) {
    return Status(
        LATHE_BAD_ARGUMENT,
        "a tensor on the device has data that latheMemoryCreate did not give");
  }
  virtual Result<std::unique_ptr<DeviceQueue>> createQueue() = 0;
};

} // namespace lathe::runtime

/// A kind of device, and how to open one.
struct LatheDeviceDriver {
  lathe::runtime::Result<std::unique_ptr<lathe::runtime::Device>> (*open)(
      const LatheDeviceCode &code);
  LatheDeviceKind kind = LATHE_VULKAN;
};

#endif // LATHE_RUNTIME_DEVICE_H
