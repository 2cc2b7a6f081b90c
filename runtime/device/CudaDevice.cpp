//===- CudaDevice.cpp - Kernels on a CUDA device --------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/CudaDevice.h"
#include "runtime/device/CudaQueue.h"
#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

using namespace lathe::runtime;

//===----------------------------------------------------------------------===//
// Context and memory
//===----------------------------------------------------------------------===//

CudaScope::CudaScope(const CudaDevice &device)
    : device(device), entered(device.api.ContextPush(device.context)) {}

CudaScope::~CudaScope() {
  CudaContext popped = nullptr;
  if (entered == cudaSuccess)
    (void)device.api.ContextPop(&popped);
}

CudaMemory::~CudaMemory() {
  if (!address || isBorrowed)
    return;
  CudaScope scope(device);
  (void)device.api.Free(address);
}

Status CudaMemory::allocate(size_t size, std::string_view purpose) {
  CudaScope scope(device);
  CudaResult result = scope.result();
  if (result == cudaSuccess)
    result = device.api.Allocate(&address, std::max<size_t>(size, 1));
  if (result != cudaSuccess) {
    address = 0;
    return device.api.status(
        result, concat("allocate the ", size, " bytes of ", purpose));
  }
  length = size;
  return {};
}

CudaResult CudaStaging::prepare(size_t bytes) {
  CudaResult result = device.api.StreamCreate(&stream, cudaStreamNonBlocking);
  if (result != cudaSuccess) {
    stream = nullptr;
    return result;
  }
  void *memory = nullptr;
  result = device.api.AllocateHost(&memory, std::max<size_t>(bytes, 1),
                                   cudaHostMemoryMapped);
  if (result == cudaSuccess)
    data = static_cast<unsigned char *>(memory);
  return result;
}

CudaResult CudaStaging::wait() {
  return std::exchange(isBusy, false) ? device.api.StreamSynchronize(stream)
                                      : cudaSuccess;
}

CudaStaging::~CudaStaging() {
  CudaScope scope(device);
  (void)wait();
  if (stream)
    (void)device.api.StreamDestroy(stream);
  if (data)
    (void)device.api.FreeHost(data);
}

CudaResult CudaDevice::copy(CudaAddress to, const unsigned char *from,
                            size_t size) const {
  constexpr size_t mostBytes = 8 << 20;
  CudaStaging first(*this), second(*this);
  CudaStaging *next = &first, *other = &second;
  for (CudaStaging *staging : {next, other})
    if (CudaResult result = staging->prepare(std::min(size, mostBytes));
        result != cudaSuccess)
      return result;
  for (size_t done = 0; done < size; std::swap(next, other)) {
    if (CudaResult result = next->wait(); result != cudaSuccess)
      return result;
    size_t part = std::min(size - done, mostBytes);
    std::memcpy(next->data, from + done, part);
    if (CudaResult result =
            api.CopyToDevice(to + done, next->data, part, next->stream);
        result != cudaSuccess)
      return result;
    next->isBusy = true;
    done += part;
  }
  CudaResult result = first.wait();
  return result == cudaSuccess ? second.wait() : result;
}

Status CudaDevice::write(DeviceMemory &memory, const void *from, size_t size) {
  CudaScope scope(*this);
  CudaResult result = scope.result();
  if (result == cudaSuccess)
    result = copy(static_cast<CudaMemory &>(memory).address,
                  static_cast<const unsigned char *>(from), size);
  return api.status(result, "copy to its memory");
}

Status CudaDevice::clear(DeviceMemory &memory) {
  CudaScope scope(*this);
  CudaResult result = scope.result();
  CudaStaging staging(*this);
  if (result == cudaSuccess)
    result = staging.prepare(0);
  if (result == cudaSuccess)
    result = api.Fill(static_cast<CudaMemory &>(memory).address, 0,
                      memory.size(), staging.stream);
  if (result == cudaSuccess) {
    staging.isBusy = true;
    result = staging.wait();
  }
  return api.status(result, "clear its memory");
}

Result<std::unique_ptr<DeviceMemory>>
CudaDevice::allocate(size_t size, std::string_view purpose) {
  auto memory = std::make_unique<CudaMemory>(*this);
  if (Status status = memory->allocate(size, purpose); status.failed())
    return status;
  return std::unique_ptr<DeviceMemory>(std::move(memory));
}

Result<std::unique_ptr<DeviceMemory>> CudaDevice::wrap(void *data,
                                                       size_t size) {
  auto memory = std::make_unique<CudaMemory>(*this);
  memory->borrow(reinterpret_cast<CudaAddress>(data), size);
  return std::unique_ptr<DeviceMemory>(std::move(memory));
}

Result<std::unique_ptr<DeviceQueue>> CudaDevice::createQueue() {
  auto created = std::make_unique<CudaQueue>(*this);
  if (Status status = created->prepare(); status.failed())
    return status;
  return std::unique_ptr<DeviceQueue>(std::move(created));
}

//===----------------------------------------------------------------------===//
// The device
//===----------------------------------------------------------------------===//

Result<std::unique_ptr<Device>> CudaDevice::open(const LatheDeviceCode &code) {
  auto device = std::make_unique<CudaDevice>();
  Status status = device->api.load();
  if (!status.failed())
    status = device->start();
  if (!status.failed())
    status = device->chooseDevice(code);
  for (const LatheDeviceKernel &kernel :
       std::span(code.kernels, code.kernelCount))
    if (!status.failed())
      status = device->checkLimits(kernel);
  if (!status.failed())
    status = device->loadKernels(code);
  if (status.failed())
    return status;
  return std::unique_ptr<Device>(std::move(device));
}

CudaDevice::~CudaDevice() {
  if (!context)
    return;
  if (module) {
    CudaScope scope(*this);
    (void)api.ModuleUnload(module);
  }
  (void)api.PrimaryContextRelease(number);
}

static Status noDevice() {
  return {LATHE_DEVICE_ERROR,
          "this model runs on a CUDA device, and the CUDA driver found none: "
          "look whether nvidia-smi lists one and CUDA_VISIBLE_DEVICES leaves "
          "it in, or compile for the processor"};
}

Status CudaDevice::start() {
  CudaResult result = api.Init(0);
  return result == cudaNoDevice ? noDevice()
                                : api.status(result, "start its driver");
}

int CudaDevice::attribute(CudaDeviceNumber device, int which) const {
  int value = 0;
  return api.DeviceGetAttribute(&value, which, device) == cudaSuccess ? value
                                                                      : 0;
}

/// Whether devices of a capability run an image: machine code is for those of
/// its generation.
static bool runs(const LatheDeviceImage &image, uint32_t capability) {
  if (image.exact || capability < image.capability)
    return capability == image.capability;
  return image.format == LATHE_IMAGE_PTX ||
         capability / 10 == image.capability / 10;
}

static std::string describeCapability(uint32_t capability) {
  return concat(capability / 10, ".", capability % 10);
}

Status CudaDevice::chooseDevice(const LatheDeviceCode &code) {
  int count = 0;
  CudaResult result = api.DeviceGetCount(&count);
  if (result != cudaSuccess && result != cudaNoDevice)
    return api.status(result, "list devices");
  if (count == 0)
    return noDevice();
  std::span images(code.images, code.imageCount);
  std::string others;
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    CudaDeviceNumber candidate = 0;
    char text[100] = "";
    result = api.DeviceGet(&candidate, ordinal);
    if (result == cudaSuccess)
      result = api.DeviceGetName(text, sizeof(text), candidate);
    if (result != cudaSuccess)
      return api.status(result, "describe itself");
    uint32_t has = 10 * attribute(candidate, cudaAttributeMajor) +
                   attribute(candidate, cudaAttributeMinor);
    if (std::none_of(images.begin(), images.end(),
                     [&](const auto &image) { return runs(image, has); })) {
      others += concat(others.empty() ? "" : ", ", "'", text, "' has ",
                       describeCapability(has));
      continue;
    }
    number = candidate;
    name = text;
    capability = has;
    (void)api.DeviceTotalMem(&totalMemory, number);
    return api.status(api.PrimaryContextRetain(&context, number), "start");
  }
  const LatheDeviceImage &last = images.back();
  return {LATHE_DEVICE_ERROR,
          concat("this model's kernels are for CUDA devices of compute "
                 "capability ",
                 describeCapability(last.capability),
                 last.exact ? " alone" : " or later", ": ", others,
                 "; compile with --target=cuda:sm_XX of the device")};
}

Status CudaDevice::checkLimits(const LatheDeviceKernel &kernel) const {
  auto limit = [&](int which) {
    return static_cast<uint32_t>(std::max(attribute(number, which), 0));
  };
  uint32_t threads = limit(cudaAttributeMaxThreadsPerBlock),
           shared = limit(countLaunchBytes(kernel)
                              ? cudaAttributeMostSharedMemoryPerBlock
                              : cudaAttributeMaxSharedMemoryPerBlock);
  if (threads < kernel.workgroupSize)
    return {LATHE_DEVICE_ERROR,
            concat("the CUDA device '", name, "' runs ", threads,
                   " threads in a block, kernel '", kernel.name,
                   "' of this model has ", kernel.workgroupSize)};
  if (shared < kernel.sharedBytes)
    return {LATHE_DEVICE_ERROR,
            concat("blocks of the CUDA device '", name, "' share ", shared,
                   " bytes of memory, those of kernel '", kernel.name,
                   "' of this model ", kernel.sharedBytes)};
  return {};
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

CudaResult CudaDevice::load(const LatheDeviceImage &image, std::string &log) {
  log.assign(1000, '\0');
  int options[] = {cudaJitErrorLog, cudaJitErrorLogBytes};
  void *values[] = {log.data(), reinterpret_cast<void *>(log.size())};
  CudaResult result =
      api.ModuleLoad(&module, image.code, std::size(options), options, values);
  if (result != cudaSuccess)
    module = nullptr;
  log.resize(std::char_traits<char>::length(log.c_str()));
  return result;
}

/// Graphs know such launches since CUDA 12.3.
bool CudaDevice::letsKernelsStartEarly() const {
  int version = 0;
  return api.LaunchKernelEx && api.DriverGetVersion(&version) == cudaSuccess &&
         version >= 12030;
}

Status CudaDevice::loadKernels(const LatheDeviceCode &code) {
  CudaScope scope(*this);
  CudaResult result = scope.result();
  std::string log;
  // Where machine code does not suit after all, PTX may.
  if (result == cudaSuccess)
    for (const LatheDeviceImage &image :
         std::span(code.images, code.imageCount))
      if (!module && runs(image, capability)) {
        result = load(image, log);
        startsEarly = image.startsEarly && letsKernelsStartEarly();
      }
  if (result == cudaUnsupportedPtxVersion)
    return {LATHE_DEVICE_ERROR,
            concat("the driver of the CUDA device '", name,
                   "' is older than the model's kernels: update it, or "
                   "compile with --target=cuda:sm_XX of an older device")};
  if (result != cudaSuccess)
    return api.status(result, concat("load the model's kernels",
                                     log.empty() ? "" : ": ", log));
  for (const LatheDeviceKernel &kernel :
       std::span(code.kernels, code.kernelCount)) {
    CudaFunction function = nullptr;
    result = api.ModuleGetFunction(&function, module, kernel.name);
    if (result != cudaSuccess)
      return api.status(result, concat("find kernel '", kernel.name, "'"));
    if (uint32_t bytes = countLaunchBytes(kernel)) {
      result = api.FunctionSetAttribute(
          function, cudaFunctionMaxDynamicSharedBytes, static_cast<int>(bytes));
      if (result != cudaSuccess)
        return api.status(result, concat("let kernel '", kernel.name,
                                         "' share ", bytes, " bytes"));
    }
    kernels.push_back({&kernel, function});
  }
  return {};
}

extern "C" const LatheDeviceDriver latheCuda = {CudaDevice::open, LATHE_CUDA};
