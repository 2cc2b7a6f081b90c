//===- CudaQueue.h - Commands gathered and run in order ---------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_CUDAQUEUE_H
#define LATHE_RUNTIME_DEVICE_CUDAQUEUE_H

#include "runtime/device/CudaDevice.h"
#include "runtime/device/GatheringQueue.h"

namespace lathe::runtime {

/// What a stream is to do between two waits.
struct CudaCommands {
  struct Command {
    enum Kind { launch, upload, download } kind = launch;
    /// Of a launch: the kernel, its grid, and where its parameters begin.
    uint32_t kernel = 0, columns = 0, rows = 0;
    size_t firstAddress = 0, firstScalar = 0;
    /// Of a copy: memory of the device, a place in the staging memory, bytes.
    CudaAddress address = 0;
    size_t place = 0, size = 0;
    bool stamp = false; ///< Whether the time is taken before it.
    bool operator==(const Command &) const = default;
  };
  std::vector<Command> list;
  std::vector<CudaAddress> addresses;
  std::vector<int32_t> scalars;

  bool operator==(const CudaCommands &) const = default;
  void clear() {
    list.clear();
    addresses.clear();
    scalars.clear();
  }
};

/// Gathers commands until somebody waits, then runs them on a stream of its
/// own. Those that are just as before become a graph, which the driver starts
/// as one.
class CudaQueue : public GatheringQueue {
public:
  explicit CudaQueue(CudaDevice &device) : device(device), staging(device) {}
  ~CudaQueue() override;
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
  /// Adds a launch, or a copy, to what is gathered, or says what stands
  /// against it.
  Status gather(int64_t event, int64_t kernel, int64_t groups,
                const LatheDeviceBuffer *buffers, const int32_t *scalars);
  Status gather(CudaCommands::Command::Kind kind, CudaAddress address,
                unsigned char *host, size_t size);
  /// Where the device has what the host's `size` bytes at `address` name.
  Status find(std::string_view user, const void *address, size_t size,
              CudaAddress &found) const;
  Status flush() override;
  CudaResult run();
  /// Hands what is gathered to the stream, one by one.
  CudaResult submit();
  /// `startsEarly` lets it start while the launch before it still runs.
  CudaResult submitLaunch(const CudaCommands::Command &command,
                          bool startsEarly);
  CudaResult makeGraph(CudaGraphExec &graph);
  /// Has the stream take the time, as the next of this run's.
  CudaResult stamp();
  /// Reads the times that were taken, of which the first was at `start`.
  CudaResult collectTimes(int64_t start);
  void takeReports();

  CudaDevice &device;
  /// Memories and the host's bytes that name them, by slot.
  struct Attached {
    const CudaMemory *memory = nullptr;
    const unsigned char *address = nullptr;
    size_t size = 0;
  };
  std::vector<Attached> memories;
  CudaStaging staging;
  size_t stagingUsed = 0;
  CudaCommands gathered;
  std::vector<int64_t> events; ///< Of the launches that are gathered.
  /// Where bytes go that were downloaded to staging memory.
  struct Arrival {
    unsigned char *to;
    size_t place, size;
  };
  std::vector<Arrival> arrivals;
  /// What was run last, the oldest to be forgotten next. A graph is made the
  /// second time.
  struct Recording {
    CudaCommands commands;
    CudaGraphExec graph = nullptr;
  };
  std::vector<Recording> recordings;
  size_t oldest = 0;
  /// Words for the report of each launch, on the host, where kernels write.
  int32_t *reportWords = nullptr;
  CudaAddress reportAddress = 0;
  std::vector<void *> parameters; ///< Of the launch being submitted.
  std::vector<CudaEvent> timers;  ///< One more than were stamped at once.
  size_t timersUsed = 0;
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_CUDAQUEUE_H
