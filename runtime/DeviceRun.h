//===- DeviceRun.h - The memory of runs on a device -----------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICERUN_H
#define LATHE_RUNTIME_DEVICERUN_H

#include "runtime/HostMemory.h"
#include "runtime/Model.h"
#include <span>

namespace lathe::runtime {

/// What an instance has on the model's device: arena, states, and a memory for
/// each input and output, which grows where a run needs more than all before.
///
/// Compiled code names memory by addresses of the host's, and touches some of
/// it itself. Where the device's memory is its own, these are addresses of as
/// much memory of the host's, of which only what the host touches takes room;
/// its contents are what kernel.wait asked for and otherwise stale. An input is
/// named by the caller's address, and so needs no second copy.
class DeviceRun {
public:
  /// Makes memory and queue. The queue is the context's.
  Status prepare(const LatheModel &model, size_t arenaBytes, size_t stateBytes,
                 LatheContext &context);

  void *arena() const { return arenaMemory.address(); }
  void *states() const { return stateMemory.address(); }
  Status clearStates();

  /// Gives the device the inputs; `addresses` gets where inputs, then outputs
  /// are for compiled code. Tensors that are on the device are used there.
  Status begin(std::span<const LatheTensor> inputs,
               std::span<const LatheTensor> outputs, DeviceQueue &queue,
               std::vector<void *> &addresses);
  /// Waits, and stores the outputs where the caller wants them.
  Status finish(std::span<const LatheTensor> outputs,
                std::span<void *const> addresses, LatheContext &context);

private:
  /// A memory, and the host's that names it where the host does not see it.
  struct Block {
    std::unique_ptr<DeviceMemory> memory;
    HostMemory mirror;
    /// The caller's memory, in place of our own for the present run.
    DeviceMemory *borrowed = nullptr;
    std::unique_ptr<DeviceMemory> wrapped; ///< `borrowed`, if we made it.

    DeviceMemory &get() const { return borrowed ? *borrowed : *memory; }
    unsigned char *address() const {
      return get().data() ? get().data() : mirror.data();
    }
    Status borrow(const LatheModel &model, const LatheTensor &tensor,
                  size_t size);
    Status allocate(Device &device, size_t size, std::string_view purpose);
  };

  /// Makes room for a tensor of a run, or finds it where the caller has it.
  Status place(const LatheTensor &tensor, size_t slot, size_t size);

  const LatheModel *model = nullptr;
  Block arenaMemory, stateMemory;
  std::vector<std::unique_ptr<Block>> tensors; ///< By place in a run.
  size_t inputCount = 0;                       ///< Of the present run.
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICERUN_H
