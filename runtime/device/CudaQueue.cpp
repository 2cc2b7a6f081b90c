//===- CudaQueue.cpp - Commands gathered and run in order -----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/CudaQueue.h"
#include <algorithm>
#include <cstring>
#include <utility>

using namespace lathe::runtime;

using Command = CudaCommands::Command;

// What is gathered at most, and how many graphs are kept: a run with work of
// the host in between waits several times.
static constexpr size_t mostCommands = 4096;
static constexpr size_t mostRecordings = 16;
static constexpr size_t stagingBytes = 16 << 20;
// To start a graph costs as much as some commands.
static constexpr size_t leastGraph = 4;
// A grid's rows and columns, as many as every device has.
static constexpr int64_t mostGroups = 65535;

Status CudaQueue::prepare() {
  const CudaApi &api = device.api;
  CudaScope scope(device);
  CudaResult result = scope.result();
  if (result == cudaSuccess)
    result = staging.prepare(stagingBytes);
  constexpr size_t bytes = 4 * LATHE_REPORT_WORDS * mostCommands;
  void *memory = nullptr;
  if (result == cudaSuccess)
    result = api.AllocateHost(&memory, bytes, cudaHostMemoryMapped);
  if (result == cudaSuccess) {
    reportWords = static_cast<int32_t *>(memory);
    std::memset(memory, 0, bytes);
    result = api.HostGetAddress(&reportAddress, memory, 0);
  }
  return api.status(result, "prepare for launches");
}

CudaQueue::~CudaQueue() {
  CudaScope scope(device);
  for (const Recording &recording : recordings)
    if (recording.graph)
      (void)device.api.GraphExecDestroy(recording.graph);
  for (CudaEvent timer : timers)
    (void)device.api.EventDestroy(timer);
  if (reportWords)
    (void)device.api.FreeHost(reportWords);
}

void CudaQueue::attach(unsigned slot, const DeviceMemory &memory,
                       const void *address, size_t size) {
  if (memories.size() <= slot)
    memories.resize(slot + 1);
  memories[slot] = {static_cast<const CudaMemory *>(&memory),
                    static_cast<const unsigned char *>(address), size};
}

Status CudaQueue::find(std::string_view user, const void *address, size_t size,
                       CudaAddress &found) const {
  auto *begin = static_cast<const unsigned char *>(address);
  for (const Attached &named : memories)
    if (named.memory && begin >= named.address &&
        begin + size <= named.address + named.size) {
      found = named.memory->address + (begin - named.address);
      return {};
    }
  return {LATHE_DEVICE_ERROR,
          concat(user, " uses memory that the CUDA device '", device.name,
                 "' does not see")};
}

//===----------------------------------------------------------------------===//
// Gathering
//===----------------------------------------------------------------------===//

void CudaQueue::launch(int64_t event, int64_t kernel, int64_t groups,
                       const LatheDeviceBuffer *buffers,
                       const int32_t *scalars) {
  if (failure.failed() || groups <= 0)
    return;
  failure = gather(event, kernel, groups, buffers, scalars);
}

Status CudaQueue::gather(int64_t event, int64_t number, int64_t groups,
                         const LatheDeviceBuffer *buffers,
                         const int32_t *scalars) {
  const LatheDeviceKernel &code = *device.kernels[number].code;
  std::string user = concat("kernel '", code.name, "'");
  // Groups stand in rows.
  int64_t columns = std::min<int64_t>(groups, mostGroups);
  int64_t rows = (groups + columns - 1) / columns;
  if (rows * columns > INT32_MAX / int64_t(code.workgroupSize) ||
      rows > mostGroups)
    return {LATHE_DEVICE_ERROR,
            concat(user, " runs ", groups,
                   " workgroups at once, more than it counts; compile for "
                   "smaller dims")};
  if (gathered.list.size() == mostCommands)
    if (Status status = flush(); status.failed())
      return status;
  Command command;
  command.kernel = static_cast<uint32_t>(number);
  command.columns = static_cast<uint32_t>(columns);
  command.rows = static_cast<uint32_t>(rows);
  command.firstAddress = gathered.addresses.size();
  command.firstScalar = gathered.scalars.size();
  for (uint32_t i = 0; i < code.bufferCount; ++i) {
    auto bytes = static_cast<size_t>(std::max<int64_t>(buffers[i].bytes, 0));
    // The limit of the kernels' 32-bit subscripts.
    if (bytes / buffers[i].elementBytes > INT32_MAX)
      return {LATHE_DEVICE_ERROR,
              concat(user, " uses a tensor of ", bytes,
                     " bytes, more than it counts; compile for smaller dims "
                     "or for the processor")};
    CudaAddress address = 0;
    if (Status status = find(user, buffers[i].address, bytes, address);
        status.failed())
      return status;
    gathered.addresses.push_back(address);
  }
  gathered.addresses.push_back(reportAddress +
                               4 * LATHE_REPORT_WORDS * events.size());
  gathered.scalars.insert(gathered.scalars.end(), scalars,
                          scalars + code.scalarCount);
  command.stamp = needsStamp(event);
  gathered.list.push_back(command);
  events.push_back(event);
  return {};
}

Status CudaQueue::gather(Command::Kind kind, CudaAddress address,
                         unsigned char *host, size_t size) {
  while (size > 0) {
    if (gathered.list.size() == mostCommands || stagingUsed == stagingBytes)
      if (Status status = flush(); status.failed())
        return status;
    Command command;
    command.kind = kind;
    command.address = address;
    command.place = stagingUsed;
    command.size = std::min(size, stagingBytes - stagingUsed);
    if (kind == Command::upload)
      std::memcpy(staging.data + command.place, host, command.size);
    else
      arrivals.push_back({host, command.place, command.size});
    gathered.list.push_back(command);
    stagingUsed += command.size;
    address += command.size;
    host += command.size;
    size -= command.size;
  }
  return {};
}

void CudaQueue::upload(const void *to, const void *from, size_t size) {
  CudaAddress address = 0;
  if (failure.failed())
    return;
  failure = find("the host", to, size, address);
  if (!failure.failed())
    failure =
        gather(Command::upload, address,
               static_cast<unsigned char *>(const_cast<void *>(from)), size);
}

void CudaQueue::download(void *to, const void *from, size_t size) {
  CudaAddress address = 0;
  if (failure.failed())
    return;
  failure = find("the host", from, size, address);
  if (!failure.failed())
    failure = gather(Command::download, address,
                     static_cast<unsigned char *>(to), size);
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

CudaResult CudaQueue::submitLaunch(const Command &command, bool startsEarly) {
  const CudaKernel &kernel = device.kernels[command.kernel];
  parameters.clear();
  // The report's address is behind those of the buffers.
  for (uint32_t i = 0; i <= kernel.code->bufferCount; ++i)
    parameters.push_back(&gathered.addresses[command.firstAddress + i]);
  for (uint32_t i = 0; i < kernel.code->scalarCount; ++i)
    parameters.push_back(&gathered.scalars[command.firstScalar + i]);
  uint32_t threads = kernel.code->workgroupSize,
           bytes = countLaunchBytes(*kernel.code);
  if (!startsEarly)
    return device.api.LaunchKernel(kernel.function, command.columns,
                                   command.rows, 1, threads, 1, 1, bytes,
                                   staging.stream, parameters.data(), nullptr);
  CudaLaunchAttribute attribute = {cudaLaunchProgrammaticSerialization, {}};
  constexpr int yes = 1;
  std::memcpy(attribute.value, &yes, sizeof(yes));
  CudaLaunchConfig config = {
      command.columns, command.rows,   1,          threads, 1, 1,
      bytes,           staging.stream, &attribute, 1};
  return device.api.LaunchKernelEx(&config, kernel.function, parameters.data(),
                                   nullptr);
}

CudaResult CudaQueue::submit() {
  const CudaApi &api = device.api;
  bool behindLaunch = false;
  for (const Command &command : gathered.list) {
    unsigned char *host = staging.data + command.place;
    CudaResult result = command.stamp ? stamp() : cudaSuccess;
    if (result != cudaSuccess)
      return result;
    bool isLaunch = command.kind == Command::launch;
    if (isLaunch)
      result = submitLaunch(command, device.startsEarly && behindLaunch &&
                                         !command.stamp);
    else if (command.kind == Command::upload)
      result =
          api.CopyToDevice(command.address, host, command.size, staging.stream);
    else
      result =
          api.CopyToHost(host, command.address, command.size, staging.stream);
    if (result != cudaSuccess)
      return result;
    behindLaunch = isLaunch;
  }
  return stamped.empty() ? cudaSuccess : stamp();
}

CudaResult CudaQueue::makeGraph(CudaGraphExec &made) {
  const CudaApi &api = device.api;
  CudaResult result = api.BeginCapture(staging.stream, cudaCaptureThreadLocal);
  if (result != cudaSuccess)
    return result;
  CudaResult submitted = submit();
  CudaGraph graph = nullptr;
  // Ends the capture whatever was captured.
  result = api.EndCapture(staging.stream, &graph);
  if (submitted != cudaSuccess)
    result = submitted;
  if (result == cudaSuccess)
    result = api.GraphInstantiate(&made, graph, 0);
  if (result != cudaSuccess)
    made = nullptr;
  if (graph)
    (void)api.GraphDestroy(graph);
  return result;
}

CudaResult CudaQueue::run() {
  // Events of graphs would need the graph's own.
  if (gathered.list.size() < leastGraph || !stamped.empty())
    return submit();
  auto found = std::find_if(recordings.begin(), recordings.end(),
                            [&](const Recording &recording) {
                              return recording.commands == gathered;
                            });
  if (found != recordings.end()) {
    CudaResult result = found->graph ? cudaSuccess : makeGraph(found->graph);
    return result == cudaSuccess
               ? device.api.GraphLaunch(found->graph, staging.stream)
               : result;
  }
  if (recordings.size() < mostRecordings) {
    recordings.push_back({gathered, nullptr});
    return submit();
  }
  Recording &forgotten = recordings[oldest++ % mostRecordings];
  if (forgotten.graph)
    (void)device.api.GraphExecDestroy(std::exchange(forgotten.graph, nullptr));
  forgotten.commands = gathered;
  return submit();
}

//===----------------------------------------------------------------------===//
// Times
//===----------------------------------------------------------------------===//

bool CudaQueue::measure(bool on) { return measures = on; }

CudaResult CudaQueue::stamp() {
  if (timersUsed == timers.size()) {
    CudaEvent made = nullptr;
    if (CudaResult result = device.api.EventCreate(&made, cudaEventDefault))
      return result;
    timers.push_back(made);
  }
  return device.api.EventRecord(timers[timersUsed++], staging.stream);
}

CudaResult CudaQueue::collectTimes(int64_t start) {
  int64_t begin = start;
  for (size_t i = 0; i < stamped.size(); ++i) {
    float milliseconds = 0;
    if (CudaResult result = device.api.EventElapsedTime(
            &milliseconds, timers[0], timers[i + 1]))
      return result;
    int64_t end = start + static_cast<int64_t>(double(milliseconds) * 1e6);
    times.push_back({stamped[i], begin, end});
    begin = end;
  }
  return cudaSuccess;
}

//===----------------------------------------------------------------------===//
// Waiting
//===----------------------------------------------------------------------===//

void CudaQueue::takeReports() {
  for (size_t i = 0; i < events.size(); ++i) {
    int32_t *words = reportWords + LATHE_REPORT_WORDS * i;
    if (addReport(events[i], words))
      std::fill_n(words, LATHE_REPORT_WORDS, 0);
  }
}

Status CudaQueue::flush() {
  if (gathered.list.empty())
    return {};
  CudaScope scope(device);
  CudaResult result = scope.result();
  staging.isBusy = true;
  timersUsed = 0;
  int64_t start = now();
  if (result == cudaSuccess)
    result = run();
  // What was handed over before something failed still runs.
  CudaResult finished = staging.wait();
  if (result == cudaSuccess)
    result = finished;
  takeReports();
  if (result == cudaSuccess)
    result = collectTimes(start);
  if (result == cudaSuccess)
    for (const Arrival &arrival : arrivals)
      std::memcpy(arrival.to, staging.data + arrival.place, arrival.size);
  gathered.clear();
  stamped.clear();
  events.clear();
  arrivals.clear();
  stagingUsed = 0;
  return device.api.status(result, "run kernels");
}
