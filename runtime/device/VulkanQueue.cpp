//===- VulkanQueue.cpp - Launches recorded and run in order ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/VulkanQueue.h"
#include <algorithm>
#include <cstring>
#include <utility>

using namespace lathe::runtime;

// What is gathered before it runs, at most.
static constexpr size_t mostLaunches = 1024;
static constexpr size_t parameterBytes = 256 * mostLaunches;
static constexpr size_t stagingBytes = 16 << 20;
/// Recordings that are kept. A run of one entry needs one, and one more for
/// each time that the host waits.
static constexpr size_t mostRecordings = 16;

Status VulkanQueue::prepare() {
  Status status =
      hostParameters.allocate(parameterBytes, "parameters", MemoryKind::shared);
  if (!status.failed() && device.memoryKind == MemoryKind::own)
    status = parameters.allocate(parameterBytes, "parameters", MemoryKind::own);
  if (status.failed())
    return status;
  pending.reserve(mostLaunches);
  auto fenceInfo =
      describe<VkFenceCreateInfo>(VK_STRUCTURE_TYPE_FENCE_CREATE_INFO);
  return vulkanStatus(
      device.api.CreateFence(device.handle, &fenceInfo, nullptr, &fence),
      "prepare for launches");
}

VulkanQueue::~VulkanQueue() {
  device.api.DestroyQueryPool(device.handle, timers, nullptr);
  device.api.DestroyFence(device.handle, fence, nullptr);
}

void VulkanQueue::attach(unsigned slot, const DeviceMemory &memory,
                         const void *address, size_t size) {
  if (memories.size() <= slot)
    memories.resize(slot + 1);
  memories[slot] = {static_cast<const VulkanMemory *>(&memory),
                    static_cast<const unsigned char *>(address), size};
}

const VulkanQueue::Attached *VulkanQueue::find(const void *address,
                                               size_t size) const {
  auto *begin = static_cast<const unsigned char *>(address);
  for (const Attached &named : memories)
    if (named.memory && begin >= named.address &&
        begin + size <= named.address + named.size)
      return &named;
  return nullptr;
}

Status VulkanQueue::lacks(std::string_view what) const {
  return {LATHE_DEVICE_ERROR, concat(what, " memory that the Vulkan device '",
                                     device.name, "' does not see")};
}

static size_t alignTo(size_t offset, size_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

Status VulkanQueue::bind(const VulkanKernel &kernel,
                         const LatheDeviceBuffer &buffer, VulkanBinding &bound,
                         int32_t &place, MemoryRange &range) const {
  size_t bytes = static_cast<size_t>(std::max<int64_t>(buffer.bytes, 0));
  const Attached *named = find(buffer.address, bytes);
  if (!named)
    return lacks(concat("kernel '", kernel.code->name, "' uses"));
  const VulkanMemory &memory = *named->memory;
  size_t offset =
      static_cast<const unsigned char *>(buffer.address) - named->address;
  range = rangeOf(memory, offset, bytes);
  // The whole memory if that can be: places differ more from run to run.
  if (memory.size() <= device.limits.maxStorageBufferRange &&
      memory.size() / buffer.elementBytes <= INT32_MAX) {
    place = static_cast<int32_t>(offset / buffer.elementBytes);
    bound = {memory.buffer, memory.serial, 0, memory.size()};
    return {};
  }
  // Multiples of the alignment are multiples of an element, too.
  size_t start =
      offset - offset % std::max<size_t>(
                            device.limits.minStorageBufferOffsetAlignment, 16);
  if (start == memory.size())
    start -= 64; // An empty buffer at the end.
  place = static_cast<int32_t>((offset - start) / buffer.elementBytes);
  bound = {memory.buffer, memory.serial, start,
           std::min(alignTo(offset - start + std::max<size_t>(bytes, 1), 4),
                    memory.size() - start)};
  // The limit in bytes, and that of the kernels' 32-bit subscripts.
  if (bound.range > device.limits.maxStorageBufferRange ||
      bound.range / buffer.elementBytes > INT32_MAX)
    return {LATHE_DEVICE_ERROR,
            concat("kernel '", kernel.code->name, "' uses a tensor of ", bytes,
                   " bytes, of which the Vulkan device '", device.name,
                   "' reaches ", device.limits.maxStorageBufferRange,
                   "; use another device or compile for the processor")};
  return {};
}

void VulkanQueue::launch(int64_t event, int64_t kernel, int64_t groups,
                         const LatheDeviceBuffer *buffers,
                         const int32_t *scalars) {
  if (failure.failed() || groups <= 0)
    return;
  failure = add(event, device.kernels[kernel], groups, buffers, scalars);
}

Status VulkanQueue::add(int64_t event, const VulkanKernel &kernel,
                        int64_t groups, const LatheDeviceBuffer *buffers,
                        const int32_t *scalars) {
  const LatheDeviceKernel &code = *kernel.code;
  // Groups stand in rows, as one dimension takes but 65535 everywhere.
  int64_t columns =
      std::min<int64_t>(groups, device.limits.maxComputeWorkGroupCount[0]);
  int64_t rows = (groups + columns - 1) / columns;
  if (rows * columns > INT32_MAX / int64_t(code.workgroupSize) ||
      rows > int64_t(device.limits.maxComputeWorkGroupCount[1]))
    return {LATHE_DEVICE_ERROR,
            concat("kernel '", code.name, "' runs ", groups,
                   " workgroups at once, more than the Vulkan device '",
                   device.name, "' counts; compile for smaller dims")};

  size_t words = LATHE_REPORT_WORDS + code.bufferCount + code.scalarCount;
  size_t alignment =
      std::max<size_t>(device.limits.minStorageBufferOffsetAlignment, 4);
  if (pending.size() == mostLaunches ||
      alignTo(parametersUsed, alignment) + 4 * words > hostParameters.size())
    if (Status status = flush(); status.failed())
      return status;
  size_t place = alignTo(parametersUsed, alignment);
  auto *written = reinterpret_cast<int32_t *>(hostParameters.data() + place);
  std::fill_n(written, LATHE_REPORT_WORDS, 0);

  size_t first = commands.bindings.size();
  commands.bindings.resize(first + kernel.bindingCount());
  reads.resize(code.bufferCount);
  for (uint32_t i = 0; i < code.bufferCount; ++i)
    if (Status status = bind(kernel, buffers[i], commands.bindings[first + i],
                             written[LATHE_REPORT_WORDS + i], reads[i]);
        status.failed()) {
      commands.bindings.resize(first);
      return status;
    }
  std::copy_n(scalars, code.scalarCount,
              written + LATHE_REPORT_WORDS + code.bufferCount);
  const VulkanMemory &read = parameters.buffer ? parameters : hostParameters;
  commands.bindings.back() = {read.buffer, read.serial, place, 4 * words};
  parametersUsed = place + 4 * words;
  VulkanCommand command;
  command.kernel = &kernel;
  command.columns = columns;
  command.rows = rows;
  // The last buffer is the one that the kernel stores to.
  MemoryRange stored = reads.back();
  reads.pop_back();
  command.barrier = hazards.needBarrier(reads, stored);
  command.stamp = needsStamp(event);
  commands.commands.push_back(command);
  pending.push_back({event, place});
  return {};
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

void VulkanQueue::upload(const void *to, const void *from, size_t size) {
  if (!failure.failed())
    failure = addCopies(to, from, nullptr, size);
}

void VulkanQueue::download(void *to, const void *from, size_t size) {
  if (!failure.failed())
    failure = addCopies(from, nullptr, to, size);
}

Status VulkanQueue::addCopies(const void *name, const void *from, void *to,
                              size_t size) {
  const Attached *named = find(name, size);
  if (!named)
    return lacks("the processor's code touches");
  if (named->memory->data())
    return {};
  if (!staging.buffer)
    if (Status status = staging.allocate(stagingBytes, "staging memory",
                                         MemoryKind::shared);
        status.failed())
      return status;
  size_t offset = static_cast<const unsigned char *>(name) - named->address;
  for (size_t done = 0; done < size;) {
    if (stagingUsed == stagingBytes)
      if (Status status = flush(); status.failed())
        return status;
    size_t part = std::min(size - done, stagingBytes - stagingUsed);
    VulkanCommand command;
    command.from = from ? staging.buffer : named->memory->buffer;
    command.to = from ? named->memory->buffer : staging.buffer;
    command.fromOffset = from ? stagingUsed : offset + done;
    command.toOffset = from ? offset + done : stagingUsed;
    command.serial = named->memory->serial;
    command.size = part;
    MemoryRange host = rangeOf(staging, stagingUsed, part);
    MemoryRange there = rangeOf(*named->memory, offset + done, part);
    command.barrier =
        hazards.needBarrier({from ? &host : &there, 1}, from ? there : host);
    commands.commands.push_back(command);
    if (from)
      std::memcpy(staging.data() + stagingUsed,
                  static_cast<const unsigned char *>(from) + done, part);
    else
      arrivals.push_back(
          {static_cast<unsigned char *>(to) + done, stagingUsed, part});
    done += part;
    // Neighbours do not share words, which devices copy by.
    stagingUsed = std::min(alignTo(stagingUsed + part, 16), stagingBytes);
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

Result<const VulkanRecording *> VulkanQueue::findRecording() {
  auto found = std::find_if(kept.begin(), kept.end(), [&](const auto &one) {
    return one->commands == commands;
  });
  if (found == kept.end()) {
    if (kept.size() < mostRecordings)
      kept.push_back(std::make_unique<Kept>(device));
    found = std::min_element(
        kept.begin(), kept.end(),
        [](const auto &a, const auto &b) { return a->lastUse < b->lastUse; });
    // What fails to be recorded equals nothing.
    (*found)->commands.clear();
    if (Status status = (*found)->recording.record(commands); status.failed())
      return status;
    (*found)->commands = commands;
  }
  (*found)->lastUse = ++uses;
  return &(*found)->recording;
}

VkResult VulkanQueue::submit(const VulkanRecording &recording) {
  const VulkanApi &api = device.api;
  VkResult result = device.submit(recording.handle(), fence);
  if (result == VK_SUCCESS)
    result = api.WaitForFences(device.handle, 1, &fence, VK_TRUE, UINT64_MAX);
  if (result == VK_SUCCESS)
    result = api.ResetFences(device.handle, 1, &fence);
  return result;
}

/// Takes what kernels reported, and what the host is to have.
void VulkanQueue::collect() {
  for (const Pending &launch : pending) {
    int32_t words[LATHE_REPORT_WORDS];
    std::memcpy(words, hostParameters.data() + launch.parameters,
                sizeof(words));
    addReport(launch.event, words);
  }
  for (const Arrival &arrival : arrivals)
    std::memcpy(arrival.to, staging.data() + arrival.offset, arrival.size);
}

void VulkanQueue::collectTimes(int64_t start) {
  std::vector<uint64_t> ticks(stamped.size() + 1);
  VkResult result = device.api.GetQueryPoolResults(
      device.handle, timers, 0, ticks.size(), 8 * ticks.size(), ticks.data(), 8,
      VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
  if (result != VK_SUCCESS)
    return;
  uint64_t mask = device.timestampBits >= 64
                      ? UINT64_MAX
                      : (uint64_t(1) << device.timestampBits) - 1;
  auto timeOf = [&](uint64_t tick) {
    return start + static_cast<int64_t>(double((tick - ticks[0]) & mask) *
                                        device.limits.timestampPeriod);
  };
  for (size_t i = 0; i < stamped.size(); ++i)
    times.push_back({stamped[i], timeOf(ticks[i]), timeOf(ticks[i + 1])});
}

bool VulkanQueue::measure(bool on) {
  if (on && !timers && device.timestampBits) {
    auto info = describe<VkQueryPoolCreateInfo>(
        VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO);
    info.queryType = VK_QUERY_TYPE_TIMESTAMP;
    info.queryCount = mostLaunches + 1;
    if (device.api.CreateQueryPool(device.handle, &info, nullptr, &timers) !=
        VK_SUCCESS)
      timers = VK_NULL_HANDLE;
  }
  measures = on && timers;
  return measures;
}

Status VulkanQueue::flush() {
  if (commands.commands.empty())
    return {};
  if (!stamped.empty())
    commands.times = timers;
  if (parameters.buffer && parametersUsed) {
    commands.parameterBytes = parametersUsed;
    commands.hostParameters = hostParameters.buffer;
    commands.parameters = parameters.buffer;
  }
  auto recording = findRecording();
  int64_t start = now();
  Status status = recording ? vulkanStatus(submit(**recording), "run kernels")
                            : recording.status();
  if (!status.failed())
    collect();
  if (!status.failed() && !stamped.empty())
    collectTimes(start);
  stamped.clear();
  hazards.clear();
  commands.clear();
  pending.clear();
  arrivals.clear();
  parametersUsed = stagingUsed = 0;
  return status;
}
