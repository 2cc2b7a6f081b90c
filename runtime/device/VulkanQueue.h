//===- VulkanQueue.h - Launches recorded and run in order -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_VULKANQUEUE_H
#define LATHE_RUNTIME_DEVICE_VULKANQUEUE_H

#include "runtime/device/GatheringQueue.h"
#include "runtime/device/Hazards.h"
#include "runtime/device/VulkanRecording.h"

namespace lathe::runtime {

/// Gathers launches and copies until somebody waits or the room that they share
/// is used up: for parameters, and for what is copied. All memory of its own is
/// taken once. What was gathered before, with other parameters or not, is not
/// recorded again: a few recordings are kept.
class VulkanQueue : public GatheringQueue {
public:
  explicit VulkanQueue(VulkanDevice &device)
      : device(device), hostParameters(device), parameters(device),
        staging(device) {}
  ~VulkanQueue() override;
  Status prepare();

  void attach(unsigned slot, const DeviceMemory &memory, const void *address,
              size_t size) override;
  void launch(int64_t event, int64_t kernel, int64_t groups,
              const LatheDeviceBuffer *buffers,
              const int32_t *scalars) override;
  void upload(const void *to, const void *from, size_t size) override;
  void download(void *to, const void *from, size_t size) override;
  bool measure(bool on) override;

private:
  /// A memory, and the host's bytes that name it.
  struct Attached {
    const VulkanMemory *memory = nullptr;
    const unsigned char *address = nullptr;
    size_t size = 0;
  };
  /// A launch that has not been waited for, and where its parameters are.
  struct Pending {
    int64_t event;
    size_t parameters;
  };
  /// Bytes that are in the staging memory after the next wait.
  struct Arrival {
    void *to;
    size_t offset, size;
  };

  /// Commands, and the device's form of them.
  struct Kept {
    explicit Kept(VulkanDevice &device) : recording(device) {}
    VulkanCommands commands;
    VulkanRecording recording;
    uint64_t lastUse = 0;
  };

  /// Appends a launch, or says what stands against it.
  Status add(int64_t event, const VulkanKernel &kernel, int64_t groups,
             const LatheDeviceBuffer *buffers, const int32_t *scalars);
  /// Appends the copies of `size` bytes between the named memory and the
  /// host's, as many as staging memory asks for.
  Status addCopies(const void *name, const void *from, void *to, size_t size);
  /// The memory that is named so; null if there is none.
  const Attached *find(const void *address, size_t size) const;
  /// The part of a memory to bind for a buffer, the place of the buffer's first
  /// element in it, and the bytes that the buffer is.
  Status bind(const VulkanKernel &kernel, const LatheDeviceBuffer &buffer,
              VulkanBinding &bound, int32_t &place, MemoryRange &range) const;
  Status lacks(std::string_view what) const;
  /// Where the bytes that a command reads or writes are.
  static MemoryRange rangeOf(const VulkanMemory &memory, size_t begin,
                             size_t size) {
    return {&memory, begin, begin + size};
  }
  /// The recording of what was gathered.
  Result<const VulkanRecording *> findRecording();
  Status flush() override;
  VkResult submit(const VulkanRecording &recording);
  /// Reads the device's timers, of which the first stood at `start`.
  void collectTimes(int64_t start);
  void collect();

  VulkanDevice &device;
  std::vector<Attached> memories; ///< By slot.
  /// Parameters as the host writes them, and where kernels read them if that
  /// is elsewhere.
  VulkanMemory hostParameters, parameters;
  size_t parametersUsed = 0;
  VulkanMemory staging; ///< Made when first used.
  size_t stagingUsed = 0;
  std::vector<std::unique_ptr<Kept>> kept;
  uint64_t uses = 0;
  VkFence fence = VK_NULL_HANDLE;
  VulkanCommands commands;
  Hazards hazards;
  std::vector<MemoryRange> reads; ///< Of the launch being added.
  std::vector<Pending> pending;
  std::vector<Arrival> arrivals;
  VkQueryPool timers = VK_NULL_HANDLE;
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_VULKANQUEUE_H
