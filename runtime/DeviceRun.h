//===- DeviceRun.h - The memory of runs on a device -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICERUN_H
#define LATHE_RUNTIME_DEVICERUN_H

#include "runtime/Model.h"
#include <span>

namespace lathe::runtime {

/// What an instance has on the model's device: arena and states, and memory
/// that a run's inputs and outputs are copied to and from. This grows where a
/// run needs more than all before it.
class DeviceRun {
public:
  /// Makes memory and queue. The queue is the context's.
  Status prepare(const LatheModel &model, size_t arenaBytes, size_t stateBytes,
                 LatheContext &context);

  void *arena() const { return arenaMemory->data(); }
  void *states() const { return stateMemory->data(); }
  void clearStates();

  /// Copies the inputs; `addresses` gets where inputs, then outputs are.
  Status copyIn(std::span<const LatheTensor> inputs,
                std::span<const LatheTensor> outputs, DeviceQueue &queue,
                std::vector<void *> &addresses);
  /// Copies the outputs to where the caller wants them.
  static void copyOut(std::span<const LatheTensor> outputs,
                      std::span<void *const> addresses);

private:
  const LatheModel *model = nullptr;
  std::unique_ptr<DeviceMemory> arenaMemory, stateMemory, tensorMemory;
  std::vector<size_t> offsets; ///< Of the present run's tensors.
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICERUN_H
