//===- Context.cpp - The functions that compiled code calls ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Context.h"
#include <algorithm>
#include <span>

namespace {

struct Loop {
  int64_t count;
  int64_t parts;
  LatheLoopBody body;
  void *captures;

  /// Where part `part` begins: the parts differ by at most one iteration.
  int64_t begin(int64_t part) const {
    return count / parts * part + std::min(part, count % parts);
  }
  static void runPart(void *data, int64_t part) {
    const auto &loop = *static_cast<const Loop *>(data);
    loop.body(loop.begin(part), loop.begin(part + 1), loop.captures);
  }
};

} // namespace

void latheParallelFor(LatheContext *context, int64_t count, int64_t grain,
                      LatheLoopBody body, void *captures) {
  if (count <= 0)
    return;
  if (!context)
    return body(0, count, captures);
  int64_t parts =
      std::min<int64_t>(context->threads, count / std::max<int64_t>(grain, 1));
  if (parts <= 1 || context->inParallelLoop)
    return body(0, count, captures);
  Loop loop = {count, parts, body, captures};
  context->inParallelLoop = true;
  if (context->pool)
    context->pool->run(parts, Loop::runPart, &loop);
  else
    context->executor.run(context->executor.user, parts, Loop::runPart, &loop);
  context->inParallelLoop = false;
}

int64_t latheThreads(const LatheContext *context) {
  return context && !context->inParallelLoop ? context->threads : 1;
}

void latheEventBegin(LatheContext *context, int64_t event) {
  if (context->hooks.begin)
    context->hooks.begin(context->hooks.user, &context->events[event],
                         context->dims);
}

void latheEventEnd(LatheContext *context, int64_t event) {
  if (!context->hooks.end)
    return;
  // Launches return at once: what is measured is the device's work.
  if (context->device && !context->timesDevice)
    lathe::runtime::waitForDevice(*context);
  context->hooks.end(context->hooks.user, &context->events[event],
                     context->dims);
}

void latheReportIndex(LatheContext *context, int64_t event, int64_t index,
                      int64_t bound) {
  if (context->reported.exchange(true, std::memory_order_relaxed))
    return;
  context->reportedEvent = event;
  context->reportedIndex = index;
  context->reportedBound = bound;
  context->reportedFault = nullptr;
}

void latheDeviceLaunch(LatheContext *context, int64_t event, int64_t kernel,
                       int64_t groups, const LatheDeviceBuffer *buffers,
                       const int32_t *scalars) {
  context->device->launch(event, kernel, groups, buffers, scalars);
}

void latheDeviceUpload(LatheContext *context, const LatheDeviceBuffer *buffers,
                       int64_t count) {
  // All of a model for a device may be the host's: then there is none.
  if (!context->device)
    return;
  for (const LatheDeviceBuffer &buffer : std::span(buffers, count))
    if (buffer.bytes > 0)
      context->device->upload(buffer.address, buffer.address, buffer.bytes);
}

void latheDeviceWait(LatheContext *context, const LatheDeviceBuffer *buffers,
                     int64_t count) {
  if (!context->device)
    return;
  for (const LatheDeviceBuffer &buffer : std::span(buffers, count))
    if (buffer.bytes > 0)
      context->device->download(buffer.address, buffer.address, buffer.bytes);
  // Elsewhere the host writes what is only later copied to the device.
  if (count > 0 || context->sharesMemory)
    lathe::runtime::waitForDevice(*context);
}

void lathe::runtime::waitForDevice(LatheContext &context) {
  Status status = context.device->wait(context.deviceReports);
  for (const DeviceReport &report : context.deviceReports)
    latheReportIndex(&context, report.event, report.index, report.bound);
  if (!context.deviceStatus.failed())
    context.deviceStatus = std::move(status);
  if (!context.timesDevice)
    return;
  context.device->takeTimes(context.deviceTimes);
  for (const DeviceTime &time : context.deviceTimes)
    if (time.event >= 0)
      context.hooks.device(context.hooks.user, &context.events[time.event],
                           context.dims, time.begin, time.end);
}

void lathe::runtime::reportFault(LatheContext *context, int64_t event,
                                 const char *fault) {
  if (!context || context->reported.exchange(true, std::memory_order_relaxed))
    return;
  context->reportedEvent = event;
  context->reportedFault = fault;
}
