//===- DeviceTensors.h - Tensors of a run on its device -----------*- C++
//-*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_MAIN_DEVICETENSORS_H
#define LATHE_RUNTIME_MAIN_DEVICETENSORS_H

#include "runtime/Status.h"
#include "runtime/lathe.h"
#include <span>
#include <vector>

namespace lathe::runtime {

/// Copies of a run's tensors in memory of the device that runs the instance:
/// of inputs that may be there with their contents, and of all outputs with
/// any contents.
class DeviceTensors {
public:
  explicit DeviceTensors(const LatheInstance *instance) : instance(instance) {}
  DeviceTensors(const DeviceTensors &) = delete;
  DeviceTensors &operator=(const DeviceTensors &) = delete;
  ~DeviceTensors();

  /// Moves tensors of the host's there; those that the processor reads stay.
  Status move(const LatheModel &model, uint32_t entry,
              std::span<LatheTensor> inputs, std::span<LatheTensor> outputs);

private:
  Status move(LatheTensor &tensor, bool hasContents);

  const LatheInstance *instance;
  std::vector<void *> memories;
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_MAIN_DEVICETENSORS_H
