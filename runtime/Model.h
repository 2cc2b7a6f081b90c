//===- Model.h - Models and instances, as the C interface has them --------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MODEL_H
#define LATHE_RUNTIME_MODEL_H

#include "runtime/Context.h"
#include "runtime/Descriptor.h"
#include "runtime/Safetensors.h"
#include <map>
#include <mutex>

struct LatheModel {
  const LatheModelBinary *binary = nullptr;
  std::unique_ptr<lathe::runtime::Descriptor> descriptor;
  std::optional<lathe::runtime::Safetensors> weights;
  std::string fallback; ///< Why code for a device was passed over.

  /// Bytes of the host that the device has a copy of: launches name it by their
  /// address.
  struct DeviceCopy {
    const void *address;
    size_t size;
    std::unique_ptr<lathe::runtime::DeviceMemory> memory;
  };
  /// The device that runs the model's kernels, and its copies of weights and
  /// constants: made for the first instance, and shared by all.
  mutable std::mutex deviceMutex;
  mutable std::unique_ptr<lathe::runtime::Device> device;
  mutable std::vector<DeviceCopy> deviceCopies;
  mutable bool hasCopies = false;
  /// Memory of tensors, by what stands for it.
  mutable std::map<void *, std::unique_ptr<lathe::runtime::DeviceMemory>>
      memories;

  /// Makes the device, unless it is there.
  lathe::runtime::Status startDevice() const;
  /// Makes the device and its copies, unless they are there.
  lathe::runtime::Status openDevice() const;

  /// What runs the model.
  LatheDevice getDevice() const {
    return {binary->device ? binary->device->driver->kind : LATHE_HOST, 0};
  }

  /// Memory for tensors, on the device that runs the model.
  lathe::runtime::Status createMemory(size_t size, void *&data) const;
  lathe::runtime::Status writeMemory(void *data, const void *from,
                                     size_t size) const;
  void destroyMemory(void *data) const;

  /// Can an instance be made?
  bool isReady() const { return weights || descriptor->info.weightsBytes == 0; }
};

#endif // LATHE_RUNTIME_MODEL_H
