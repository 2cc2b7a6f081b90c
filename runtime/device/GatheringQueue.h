//===- GatheringQueue.h - Queues that run when waited for -------*- C++ -*-===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_RUNTIME_DEVICE_GATHERINGQUEUE_H
#define LATHE_RUNTIME_DEVICE_GATHERINGQUEUE_H

#include "runtime/Device.h"
#include <chrono>
#include <utility>

namespace lathe::runtime {

/// A queue that gathers what it is to do. The first thing that goes wrong is
/// kept for whoever waits, and nothing is gathered after it.
class GatheringQueue : public DeviceQueue {
public:
  Status wait(std::vector<DeviceReport> &reports) final {
    Status flushed = flush();
    if (!failure.failed())
      failure = std::move(flushed);
    reports.swap(reported);
    reported.clear();
    return std::exchange(failure, Status());
  }
  void takeTimes(std::vector<DeviceTime> &taken) final {
    taken.swap(times);
    times.clear();
  }

protected:
  /// Runs what is gathered and waits for it.
  virtual Status flush() = 0;

  /// Takes what a kernel wrote to the words of its report. Returns whether it
  /// wrote any.
  bool addReport(int64_t event, const int32_t *words) {
    if (!words[0])
      return false;
    auto low = static_cast<uint32_t>(words[1]);
    auto high = static_cast<uint32_t>(words[2]);
    reported.push_back(
        {event, static_cast<int64_t>(uint64_t(high) << 32 | low), words[3]});
    return true;
  }

  /// Whether a launch that is gathered needs a stamp before it: the event is
  /// another one than that of the launch before, and times are taken.
  bool needsStamp(int64_t event) {
    if (!measures || (!stamped.empty() && stamped.back() == event))
      return false;
    stamped.push_back(event);
    return true;
  }
  /// The clock of the host's events.
  static int64_t now() {
    return std::chrono::nanoseconds(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

  Status failure; ///< The first since the last `wait`.
  bool measures = false;
  std::vector<int64_t> stamped; ///< The events whose begins are stamped.
  std::vector<DeviceTime> times;

private:
  std::vector<DeviceReport> reported;
};

} // namespace lathe::runtime

#endif // LATHE_RUNTIME_DEVICE_GATHERINGQUEUE_H
