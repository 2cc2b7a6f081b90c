//===- Instance.cpp - Running models --------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/DeviceRun.h"
#include "runtime/HostMemory.h"
#include "runtime/Types.h"
#include <algorithm>
#include <array>

using namespace lathe::runtime;

namespace {

/// The memref descriptors of an entry's arguments, made once and filled in by
/// each run.
class Arguments {
public:
  void add(uint32_t rank) {
    offsets.push_back(words.size());
    words.resize(words.size() + 3 + 2 * rank);
  }
  /// After the last `add`.
  void link() {
    for (size_t offset : offsets)
      pointers.push_back(&words[offset]);
  }

  void set(size_t argument, const void *data, std::span<const int64_t> shape) {
    int64_t *word = &words[offsets[argument]];
    int64_t address = static_cast<int64_t>(reinterpret_cast<intptr_t>(data));
    word[0] = address; // Allocated,
    word[1] = address; // aligned,
    word[2] = 0;       // offset.
    int64_t *sizes = word + 3, *strides = sizes + shape.size();
    int64_t stride = 1;
    for (size_t i = shape.size(); i-- > 0; stride *= shape[i]) {
      sizes[i] = shape[i];
      strides[i] = stride;
    }
  }
  void **data() { return pointers.data(); }

private:
  std::vector<size_t> offsets;
  std::vector<int64_t> words;
  std::vector<void *> pointers;
};

} // namespace

struct LatheInstance {
  const LatheModel *model = nullptr;
  HostMemory arena;
  HostMemory states;
  DeviceRun device; ///< Has arena and states instead, with a device.
  LatheContext context;
  std::vector<Arguments> arguments; ///< Per entry.
  std::vector<int64_t> dims;
  std::vector<void *> addresses; ///< Of the present run's tensors.
  std::atomic<bool> running = false;

  Status prepare(const LatheInstanceOptions &options);
  Status run(uint32_t entry, std::span<const LatheTensor> inputs,
             std::span<const LatheTensor> outputs);

  Status resetState() {
    if (context.device)
      return device.clearStates();
    states.clear();
    return {};
  }

  void setHooks(const LatheHooks &hooks) {
    context.hooks = hooks;
    context.timesDevice =
        context.device && context.device->measure(hooks.device != nullptr);
  }

private:
  /// Memory on the device or on the host; weights, states and arena.
  Status allocate(std::array<const void *, 3> &places,
                  const std::array<int64_t, 3> &sizes);
  Status checkCall(uint32_t entry, std::span<const LatheTensor> inputs,
                   std::span<const LatheTensor> outputs);
  /// The code for the present dims, null for the entry's own.
  const Descriptor::Variant *findVariant(uint32_t entry) const;
  /// The error that compiled code reported.
  Status reportedError(const LatheEntryInfo &entry) const;
};

Status LatheInstance::allocate(std::array<const void *, 3> &places,
                               const std::array<int64_t, 3> &sizes) {
  const void *weights = model->weights ? model->weights->data() : nullptr;
  Status status;
  if (model->binary->device) {
    // Launches name weights by the host's addresses.
    status = device.prepare(*model, sizes[2], sizes[1], context);
    if (!status.failed())
      places = {weights, device.states(), device.arena()};
    return status;
  }
  status = states.allocate(sizes[1], "state");
  if (!status.failed())
    status = arena.allocate(sizes[2], "working memory");
  places = {weights, states.data(), arena.data()};
  return status;
}

Status LatheInstance::prepare(const LatheInstanceOptions &options) {
  const LatheModelInfo &info = model->descriptor->info;
  dims.resize(info.dimCount);
  size_t arenaBytes = 0;
  for (const LatheEntryInfo &entry : std::span(info.entries, info.entryCount))
    arenaBytes = std::max(arenaBytes, entry.arenaBytes);
  // The arguments are inputs, outputs, weights, states, arena.
  std::array<int64_t, 3> sizes = {static_cast<int64_t>(info.weightsBytes),
                                  static_cast<int64_t>(info.stateBytes),
                                  static_cast<int64_t>(arenaBytes)};
  std::array<const void *, 3> places;
  if (Status status = allocate(places, sizes); status.failed())
    return status;
  for (const LatheEntryInfo &entry : std::span(info.entries, info.entryCount)) {
    Arguments &args = arguments.emplace_back();
    for (const auto &tensor : std::span(entry.inputs, entry.inputCount))
      args.add(tensor.rank);
    for (const auto &tensor : std::span(entry.outputs, entry.outputCount))
      args.add(tensor.rank);
    for (size_t i = 0; i < sizes.size(); ++i)
      args.add(1);
    args.link();
    size_t tensors = entry.inputCount + entry.outputCount;
    for (size_t i = 0; i < sizes.size(); ++i)
      args.set(tensors + i, places[i], {&sizes[i], 1});
  }

  context.dims = dims.data();
  context.threads = options.threads ? options.threads : availableProcessors();
  if (options.hooks)
    setHooks(*options.hooks);
  if (options.executor) {
    if (!options.executor->run)
      return {LATHE_BAD_ARGUMENT, "'executor' has a null 'run'"};
    context.executor = *options.executor;
    return {};
  }
  auto pool = ThreadPool::create(context.threads);
  if (!pool)
    return pool.status();
  context.pool = std::move(*pool);
  return {};
}

static std::string describe(const LatheDevice &device) {
  return concat(device.kind == LATHE_CUDA     ? "CUDA device "
                : device.kind == LATHE_VULKAN ? "Vulkan device "
                                              : "device of another kind ",
                device.id);
}

/// Checks whether a tensor may be where it is.
static Status checkPlace(const LatheModel &model, const char *name,
                         const LatheTensor &tensor, bool isOnHost) {
  LatheDevice own = model.getDevice();
  if (!isOnDevice(tensor))
    return {};
  if (tensor.device.kind != own.kind || tensor.device.id != own.id)
    return {LATHE_BAD_ARGUMENT,
            concat(quote(name), " is on ", describe(tensor.device), ", but ",
                   quote(model.descriptor->info.name), " runs on ",
                   own.kind == LATHE_HOST ? "the host" : describe(own))};
  if (isOnHost)
    return {LATHE_BAD_ARGUMENT,
            concat(quote(name), " is read by the processor, too, and so must "
                                "be on the host")};
  return {};
}

/// Checks the memory of a tensor whose shape is known to be good.
static Status checkData(const LatheTensorInfo &info,
                        const LatheTensor &tensor) {
  auto address = reinterpret_cast<uintptr_t>(tensor.data);
  if (!address && elementCount({tensor.shape, tensor.rank}) > 0)
    return {LATHE_BAD_ARGUMENT, concat(quote(info.name), " has null data")};
  size_t size = latheTypeSize(tensor.type);
  if (address % size && !isOnDevice(tensor))
    return {LATHE_BAD_ARGUMENT,
            concat(quote(info.name),
                   " is at an address that is not a multiple "
                   "of its element size, ",
                   size)};
  return {};
}

/// Whether two tensors have bytes in common. Memory on a Vulkan device is a
/// handle.
static bool overlap(const LatheTensor &a, const LatheTensor &b) {
  if (isOnDevice(a) != isOnDevice(b) ||
      (isOnDevice(a) &&
       (a.device.kind != b.device.kind || a.device.id != b.device.id)))
    return false;
  auto end = [](const LatheTensor &tensor) {
    size_t bytes =
        elementCount({tensor.shape, tensor.rank}) * latheTypeSize(tensor.type);
    bool isHandle = isOnDevice(tensor) && tensor.device.kind == LATHE_VULKAN;
    return reinterpret_cast<uintptr_t>(tensor.data) +
           (isHandle ? std::min<size_t>(bytes, 1) : bytes);
  };
  auto begin = [](const LatheTensor &tensor) {
    return reinterpret_cast<uintptr_t>(tensor.data);
  };
  return std::max(begin(a), begin(b)) < std::min(end(a), end(b));
}

/// Refuses outputs that share memory with another tensor: they are written
/// while inputs are still read. Where a device computes, tensors of the host's
/// are copied, outputs last.
static Status checkApart(const LatheEntryInfo &info,
                         std::span<const LatheTensor> inputs,
                         std::span<const LatheTensor> outputs,
                         bool copiesHost) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (copiesHost && !isOnDevice(outputs[i]))
      continue;
    const char *other = nullptr;
    for (size_t j = 0; j < inputs.size() && !other; ++j)
      if (overlap(outputs[i], inputs[j]))
        other = info.inputs[j].name;
    for (size_t j = 0; j < i && !other; ++j)
      if (overlap(outputs[i], outputs[j]))
        other = info.outputs[j].name;
    if (other)
      return {LATHE_BAD_ARGUMENT,
              concat(quote(info.outputs[i].name), " shares memory with ",
                     quote(other), "; give it memory of its own")};
  }
  return {};
}

Status LatheInstance::checkCall(uint32_t entry,
                                std::span<const LatheTensor> inputs,
                                std::span<const LatheTensor> outputs) {
  const Descriptor &descriptor = *model->descriptor;
  if (entry >= descriptor.info.entryCount)
    return {LATHE_BAD_ARGUMENT, concat("there is no entry ", entry, ": ",
                                       quote(descriptor.info.name), " has ",
                                       descriptor.info.entryCount)};
  const LatheEntryInfo &info = descriptor.info.entries[entry];
  if (inputs.size() != info.inputCount || outputs.size() != info.outputCount)
    return {LATHE_BAD_ARGUMENT,
            concat(quote(info.name), " takes ", info.inputCount, " inputs and ",
                   info.outputCount, " outputs, got ", inputs.size(), " and ",
                   outputs.size())};
  Status status;
  for (size_t i = 0; i < inputs.size() && !status.failed(); ++i)
    status = checkPlace(*model, info.inputs[i].name, inputs[i],
                        descriptor.entries[entry].onHost[i] ||
                            descriptor.entries[entry].ranges[i]);
  for (size_t i = 0; i < outputs.size() && !status.failed(); ++i)
    status = checkPlace(*model, info.outputs[i].name, outputs[i], false);
  if (!status.failed())
    status = bindDims(descriptor, entry, inputs, dims);
  const std::vector<ShapeExpr> &shapes = descriptor.entries[entry].outputs;
  for (size_t i = 0; i < outputs.size() && !status.failed(); ++i)
    status =
        checkTensor(descriptor, info.outputs[i], shapes[i], outputs[i], dims);
  for (size_t i = 0; i < inputs.size() && !status.failed(); ++i)
    status = checkData(info.inputs[i], inputs[i]);
  for (size_t i = 0; i < outputs.size() && !status.failed(); ++i)
    status = checkData(info.outputs[i], outputs[i]);
  if (!status.failed())
    status = checkApart(info, inputs, outputs, context.device != nullptr);
  return status.failed() ? status
                         : checkRanges(descriptor, entry, inputs, dims);
}

const Descriptor::Variant *LatheInstance::findVariant(uint32_t entry) const {
  for (const auto &variant : model->descriptor->entries[entry].variants)
    if (std::all_of(variant.when.begin(), variant.when.end(),
                    [&](auto size) { return dims[size.first] == size.second; }))
      return &variant;
  return nullptr;
}

Status LatheInstance::reportedError(const LatheEntryInfo &entry) const {
  const LatheEventInfo &event = entry.events[context.reportedEvent];
  if (context.reportedFault)
    return {LATHE_BAD_VALUE, concat(quote(event.name), " (", event.op, ") ",
                                    context.reportedFault)};
  return {LATHE_BAD_INDEX, concat(quote(event.name), " (", event.op,
                                  ") met the index ", context.reportedIndex,
                                  ", wanted 0 to ", context.reportedBound - 1)};
}

Status LatheInstance::run(uint32_t entry, std::span<const LatheTensor> inputs,
                          std::span<const LatheTensor> outputs) {
  if (Status status = checkCall(entry, inputs, outputs); status.failed())
    return status;
  Arguments &args = arguments[entry];
  if (context.device) {
    Status status = device.begin(inputs, outputs, *context.device, addresses);
    if (status.failed())
      return status;
  }
  size_t next = 0;
  for (std::span tensors : {inputs, outputs})
    for (const LatheTensor &tensor : tensors) {
      args.set(next, context.device ? addresses[next] : tensor.data,
               {tensor.shape, tensor.rank});
      ++next;
    }
  const Descriptor::Variant *variant = findVariant(entry);
  const LatheEntryInfo &info =
      variant ? variant->info : model->descriptor->info.entries[entry];
  context.events = info.events;
  context.reported.store(false, std::memory_order_relaxed);
  model->binary->entries[variant ? variant->code : entry](&context,
                                                          args.data());
  if (context.device) {
    Status status = device.finish(
        outputs, std::span(addresses).subspan(inputs.size()), context);
    if (status.failed())
      return status;
  }
  return context.reported.load() ? reportedError(info) : Status();
}

LatheCode latheInstanceCreate(const LatheModel *model,
                              const LatheInstanceOptions *options,
                              LatheInstance **instance, LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (!model || !instance)
      return {LATHE_BAD_ARGUMENT, "'model' or 'instance' is null"};
    *instance = nullptr;
    if (!model->isReady())
      return {LATHE_BAD_ARGUMENT,
              concat(quote(model->descriptor->info.name),
                     " has no weights yet; call latheModelLoadWeights first")};
    auto created = std::make_unique<LatheInstance>();
    created->model = model;
    Status prepared =
        created->prepare(options ? *options : LatheInstanceOptions());
    if (!prepared.failed())
      *instance = created.release();
    return prepared;
  });
}

void latheInstanceDestroy(LatheInstance *instance) { delete instance; }

LatheDevice latheInstanceDevice(const LatheInstance *instance) {
  return instance->model->getDevice();
}

LatheCode latheMemoryCreate(const LatheInstance *instance, size_t size,
                            void **data, LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (!instance || !data)
      return {LATHE_BAD_ARGUMENT, "'instance' or 'data' is null"};
    *data = nullptr;
    return instance->model->createMemory(size, *data);
  });
}

LatheCode latheMemoryWrite(const LatheInstance *instance, void *data,
                           const void *from, size_t size, LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (!instance || !data || (!from && size > 0))
      return {LATHE_BAD_ARGUMENT, "'instance', 'data' or 'from' is null"};
    return instance->model->writeMemory(data, from, size);
  });
}

void latheMemoryDestroy(const LatheInstance *instance, void *data) {
  instance->model->destroyMemory(data);
}

LatheCode latheInstanceResetState(LatheInstance *instance,
                                  LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (!instance)
      return {LATHE_BAD_ARGUMENT, "'instance' is null"};
    if (instance->running.exchange(true, std::memory_order_acquire))
      return {LATHE_BAD_ARGUMENT, "the instance is running"};
    Status result = instance->resetState();
    instance->running.store(false, std::memory_order_release);
    return result;
  });
}

void latheInstanceSetHooks(LatheInstance *instance, const LatheHooks *hooks) {
  instance->setHooks(hooks ? *hooks : LatheHooks());
}

LatheCode latheInstanceRun(LatheInstance *instance, uint32_t entry,
                           const LatheTensor *inputs, size_t inputCount,
                           const LatheTensor *outputs, size_t outputCount,
                           LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (!instance)
      return {LATHE_BAD_ARGUMENT, "'instance' is null"};
    if (instance->running.exchange(true, std::memory_order_acquire))
      return {LATHE_BAD_ARGUMENT,
              "the instance is running already; give each thread its own"};
    Status result =
        instance->run(entry, {inputs, inputCount}, {outputs, outputCount});
    instance->running.store(false, std::memory_order_release);
    return result;
  });
}
