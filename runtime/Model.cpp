//===- Model.cpp - Opening models and finding their weights ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Model.h"
#include "runtime/HostMemory.h"
#include "runtime/Processor.h"
#include <algorithm>

using namespace lathe::runtime;

static Result<std::unique_ptr<LatheModel>>
openCode(const LatheModelBinary &binary) {
  auto descriptor = Descriptor::parse(binary);
  if (!descriptor)
    return descriptor.status();
  if (Status missing = requireProcessor((*descriptor)->processorFeatures);
      missing.failed())
    return missing;
  auto opened = std::make_unique<LatheModel>();
  opened->binary = &binary;
  opened->descriptor = std::move(*descriptor);
  return opened;
}

LatheCode latheModelOpen(const LatheModelBinary *binary, LatheModel **model,
                         LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (!binary || !model)
      return {LATHE_BAD_ARGUMENT, "'binary' or 'model' is null"};
    *model = nullptr;
    auto opened = openCode(*binary);
    if (!opened)
      return opened.status();
    *model = opened->release();
    return {};
  });
}

LatheCode latheModelOpenOn(const LatheModelBinary *binary, int32_t kind,
                           LatheModel **model, LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (!binary || !model)
      return {LATHE_BAD_ARGUMENT, "'binary' or 'model' is null"};
    *model = nullptr;
    // Where there is no choice, the first instance starts the device.
    bool mayChoose = kind == 0 && binary->next;
    Status missing(
        LATHE_BAD_ARGUMENT,
        concat("the model has no code for devices of the kind ", kind));
    std::string fallback;
    for (auto *code = binary; code; code = code->next) {
      auto opened = openCode(*code);
      if (!opened)
        return opened.status();
      if (kind != 0 && (*opened)->getDevice().kind != kind)
        continue;
      if (mayChoose && code->device) {
        missing = (*opened)->startDevice();
        if (missing.failed()) {
          fallback = missing.message();
          continue;
        }
      }
      (*opened)->fallback = fallback;
      *model = opened->release();
      return {};
    }
    return missing;
  });
}

const char *latheModelFallback(const LatheModel *model) {
  return model->fallback.empty() ? nullptr : model->fallback.c_str();
}

/// Appends a copy of `size` bytes in the device's memory.
static Status copyToDevice(Device &device, const void *data, size_t size,
                           std::string_view purpose,
                           std::vector<LatheModel::DeviceCopy> &copies) {
  auto memory = device.allocate(size, purpose);
  if (!memory)
    return memory.status();
  if (Status status = device.write(**memory, data, size); status.failed())
    return status;
  copies.push_back({data, size, std::move(*memory)});
  return {};
}

/// Copies weights in parts of whole tensors, each part as large as the device
/// allocates at once, unless a single tensor is larger.
static Status copyWeights(Device &device, const Safetensors &weights,
                          std::vector<LatheModel::DeviceCopy> &copies) {
  uint64_t begin = 0, end = 0;
  auto copyPart = [&] {
    uint64_t size = end - begin;
    return size ? copyToDevice(device, weights.data() + begin, size, "weights",
                               copies)
                : Status();
  };
  for (const TensorEntry &tensor : weights.tensors()) {
    // What fills the gaps has no alignment.
    bool mayBegin = !tensor.name.starts_with(paddingPrefix);
    uint64_t next = tensor.offset + tensor.bytes;
    if (mayBegin && next - begin > device.mostBytes()) {
      if (Status status = copyPart(); status.failed())
        return status;
      begin = tensor.offset;
    }
    end = next;
  }
  return copyPart();
}

Status LatheModel::startDevice() const {
  std::lock_guard<std::mutex> lock(deviceMutex);
  if (device)
    return {};
  auto opened = binary->device->driver->open(*binary->device);
  if (!opened)
    return opened.status();
  device = std::move(*opened);
  return {};
}

Status LatheModel::openDevice() const {
  if (Status status = startDevice(); status.failed())
    return status;
  std::lock_guard<std::mutex> lock(deviceMutex);
  if (hasCopies)
    return {};
  const LatheDeviceCode &code = *binary->device;
  std::vector<DeviceCopy> copies;
  Status status;
  if (weights)
    status = copyWeights(*device, *weights, copies);
  if (!status.failed() && code.constantsSize)
    status = copyToDevice(*device, code.constants, code.constantsSize,
                          "constants", copies);
  if (status.failed())
    return status;
  deviceCopies = std::move(copies);
  hasCopies = true;
  return {};
}

namespace {
/// Memory of models that run on the host.
class TensorMemory : public DeviceMemory {
public:
  Status allocate(size_t size) {
    Status status = memory.allocate(size, "a tensor");
    bytes = memory.data();
    length = size;
    return status;
  }
  void *handle() override { return bytes; }

private:
  HostMemory memory;
};
} // namespace

Status LatheModel::createMemory(size_t size, void *&data) const {
  std::unique_ptr<DeviceMemory> made;
  size = std::max<size_t>(size, 1);
  if (device) {
    auto allocated = device->allocate(size, "a tensor");
    if (!allocated)
      return allocated.status();
    made = std::move(*allocated);
  } else {
    auto memory = std::make_unique<TensorMemory>();
    if (Status status = memory->allocate(size); status.failed())
      return status;
    made = std::move(memory);
  }
  data = made->handle();
  std::lock_guard<std::mutex> lock(deviceMutex);
  memories[data] = std::move(made);
  return {};
}

Status LatheModel::writeMemory(void *data, const void *from,
                               size_t size) const {
  DeviceMemory *memory = nullptr;
  {
    std::lock_guard<std::mutex> lock(deviceMutex);
    if (auto found = memories.find(data); found != memories.end())
      memory = found->second.get();
  }
  if (!memory || memory->size() < size)
    return {LATHE_BAD_ARGUMENT,
            memory ? concat(size, " bytes do not fit into memory of ",
                            memory->size())
                   : "latheMemoryCreate did not give this memory"};
  if (device)
    return device->write(*memory, from, size);
  if (size > 0)
    std::memcpy(memory->data(), from, size);
  return {};
}

void LatheModel::destroyMemory(void *data) const {
  std::lock_guard<std::mutex> lock(deviceMutex);
  memories.erase(data);
}

void latheModelClose(LatheModel *model) { delete model; }

const LatheModelInfo *latheModelInfo(const LatheModel *model) {
  return &model->descriptor->info;
}

/// The metadata text under `key`, empty if there is none.
static std::string metadataText(const Safetensors &file,
                                const std::string &key) {
  auto found = file.metadata().find(key);
  return found == file.metadata().end() ? "" : found->second;
}

/// Makes `file` the model's weights if it was written for this compilation.
static Status accept(LatheModel &model, Safetensors file,
                     const std::string &name) {
  const LatheModelInfo &info = model.descriptor->info;
  auto mismatch = [&](std::string_view what) {
    return Status(LATHE_BAD_FILE,
                  concat(quote(name), what, " ", quote(info.name),
                         ": use the weights file that was written together "
                         "with this program, or compile again"));
  };
  std::string layout = metadataText(file, "lathe.layout");
  if (layout.empty())
    return mismatch(" is a safetensors file, but no weights file of");
  if (layout != model.descriptor->layout)
    return mismatch(" belongs to another compilation than this of");
  if (file.dataSize() != info.weightsBytes)
    return mismatch(" has not as many bytes as the weights of");
  if (reinterpret_cast<uintptr_t>(file.data()) % weightsAlignment != 0)
    return {LATHE_BAD_FILE,
            concat(quote(name), " has its data at an address that is not a "
                                "multiple of 64: align the memory it is in")};
  model.weights = std::move(file);
  return {};
}

static Status useMemory(LatheModel &model, const void *data, size_t size,
                        const std::string &name) {
  auto file =
      Safetensors::parse(static_cast<const unsigned char *>(data), size, name);
  return file ? accept(model, std::move(*file), name) : file.status();
}

static Status checkLoadable(const LatheModel *model) {
  if (!model)
    return {LATHE_BAD_ARGUMENT, "'model' is null"};
  if (model->weights)
    return {LATHE_BAD_ARGUMENT, concat(quote(model->descriptor->info.name),
                                       " has its weights already")};
  return {};
}

LatheCode latheModelLoadWeights(LatheModel *model, const char *path,
                                LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (Status bad = checkLoadable(model); bad.failed())
      return bad;
    if (!path && model->isReady())
      return {};
    if (!path && model->binary->weights)
      return useMemory(*model, model->binary->weights,
                       model->binary->weightsSize, "the embedded weights");
    std::string place = path ? std::string(path)
                             : concat(folderOf(fileHolding(model->binary)), "/",
                                      model->descriptor->info.weightsFile);
    auto file = Safetensors::open(place);
    if (!file && file.status().code() == LATHE_IO_ERROR)
      return {LATHE_IO_ERROR,
              concat(file.status().message(), "; the weights of ",
                     quote(model->descriptor->info.name),
                     " are kept beside the program unless another path is "
                     "given")};
    return file ? accept(*model, std::move(*file), place) : file.status();
  });
}

LatheCode latheModelUseWeights(LatheModel *model, const void *data, size_t size,
                               LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (Status bad = checkLoadable(model); bad.failed())
      return bad;
    if (!data)
      return {LATHE_BAD_ARGUMENT, "'data' is null"};
    return useMemory(*model, data, size, "the weights in memory");
  });
}

LatheCode latheModelCheckWeights(const LatheModel *model, LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (!model || !model->isReady())
      return {LATHE_BAD_ARGUMENT, "the model has no weights yet"};
    if (!model->weights)
      return {};
    std::string wanted = metadataText(*model->weights, "lathe.checksum");
    std::string found =
        hexText(checksum64(model->weights->data(), model->weights->dataSize()));
    if (found == wanted)
      return {};
    return {LATHE_BAD_FILE,
            concat("the weights of ", quote(model->descriptor->info.name),
                   wanted.empty()
                       ? std::string(" carry no checksum")
                       : concat(" have the checksum ", found, ", wanted ",
                                wanted, ": the file is damaged"),
                   "; compile again or fetch the file again")};
  });
}

LatheCode latheModelOutputShape(const LatheModel *model, uint32_t entry,
                                const LatheTensor *inputs, size_t inputCount,
                                uint32_t output, int64_t *shape,
                                LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (!model)
      return {LATHE_BAD_ARGUMENT, "'model' is null"};
    const Descriptor &descriptor = *model->descriptor;
    if (entry >= descriptor.info.entryCount ||
        inputCount != descriptor.info.entries[entry].inputCount ||
        output >= descriptor.info.entries[entry].outputCount)
      return {LATHE_BAD_ARGUMENT,
              "there is no such entry or output, or the inputs are not as many "
              "as it has"};
    // A scalar has no sizes to store.
    if (!shape && !descriptor.entries[entry].outputs[output].empty())
      return {LATHE_BAD_ARGUMENT, "'shape' is null"};
    std::vector<int64_t> dims(descriptor.info.dimCount);
    if (Status bad = bindDims(descriptor, entry, {inputs, inputCount}, dims);
        bad.failed())
      return bad;
    for (const SizeExpr &size : descriptor.entries[entry].outputs[output]) {
      std::optional<int64_t> value = size.evaluate(dims);
      if (!value || *value < 0)
        return {
            LATHE_BAD_SHAPE,
            concat("the inputs do not tell the shape of ",
                   quote(descriptor.info.entries[entry].outputs[output].name))};
      *shape++ = *value;
    }
    return {};
  });
}
