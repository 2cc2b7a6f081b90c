//===- DLPack.cpp - Tensors from and for other libraries ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/Types.h"
#include <algorithm>
#include <memory>
#include <vector>

using namespace lathe::runtime;

namespace {

/// DLPack's number for a kind of elements, and their bits.
struct ElementKind {
  LatheType type;
  uint8_t code, bits;
};
constexpr uint8_t isSigned = 0, isUnsigned = 1, isFloat = 2, isBfloat = 4,
                  isBool = 6;
constexpr ElementKind elementKinds[] = {
    {LATHE_F32, isFloat, 32},    {LATHE_F64, isFloat, 64},
    {LATHE_F16, isFloat, 16},    {LATHE_BF16, isBfloat, 16},
    {LATHE_I8, isSigned, 8},     {LATHE_U8, isUnsigned, 8},
    {LATHE_I16, isSigned, 16},   {LATHE_I32, isSigned, 32},
    {LATHE_I64, isSigned, 64},   {LATHE_BOOL, isBool, 8},
    {LATHE_U16, isUnsigned, 16}, {LATHE_U32, isUnsigned, 32},
    {LATHE_U64, isUnsigned, 64}};

/// A tensor made for another library, with what it refers to.
struct MadeTensor {
  LatheDLManagedTensor managed = {};
  std::vector<int64_t> shape;
  void *owner;
  void (*release)(void *owner);
};

} // namespace

/// Whether strides are those of a dense row-major tensor. Those of dimensions
/// of size 1 say nothing, and an empty tensor has no elements to be strided.
static bool isDense(const LatheDLTensor &tensor) {
  int64_t expected = 1;
  if (!tensor.strides ||
      std::count(tensor.shape, tensor.shape + tensor.ndim, 0))
    return true;
  for (int32_t i = tensor.ndim; i-- > 0; expected *= tensor.shape[i])
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected)
      return false;
  return true;
}

LatheCode latheTensorFromDLPack(const LatheDLTensor *from, LatheTensor *tensor,
                                LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (!from || !tensor)
      return {LATHE_BAD_ARGUMENT, "'from' or 'tensor' is null"};
    if (from->ndim < 0 || (from->ndim > 0 && !from->shape))
      return {LATHE_BAD_ARGUMENT,
              concat("a DLPack tensor has ", from->ndim,
                     " dimensions and no shape of as many")};
    auto kind = std::find_if(std::begin(elementKinds), std::end(elementKinds),
                             [&](const ElementKind &it) {
                               return it.code == from->dtype.code &&
                                      it.bits == from->dtype.bits;
                             });
    if (kind == std::end(elementKinds) || from->dtype.lanes != 1)
      return {LATHE_BAD_ARGUMENT,
              concat("a DLPack tensor has elements of code ",
                     int(from->dtype.code), ", ", int(from->dtype.bits),
                     " bits and ", from->dtype.lanes,
                     " lanes, which are none of ours")};
    if (!isDense(*from))
      return {LATHE_BAD_ARGUMENT,
              "a DLPack tensor is not dense and row-major; copy it to one that "
              "is"};
    // Pinned and managed memory of CUDA's is the host's, too.
    constexpr int32_t cudaHost = 3, cudaManaged = 13;
    LatheDevice device = from->device;
    if (device.kind == cudaHost || device.kind == cudaManaged)
      device = {LATHE_HOST, 0};
    if (device.kind != LATHE_HOST && device.kind != LATHE_CUDA &&
        device.kind != LATHE_VULKAN)
      return {LATHE_BAD_ARGUMENT,
              concat("a DLPack tensor is on a device of the kind ", device.kind,
                     ", wanted ", int(LATHE_HOST), " (host), ", int(LATHE_CUDA),
                     " (CUDA) or ", int(LATHE_VULKAN), " (Vulkan)")};
    if (device.kind == LATHE_VULKAN && from->byte_offset)
      return {LATHE_BAD_ARGUMENT,
              concat("a DLPack tensor begins ", from->byte_offset,
                     " bytes into its memory on a Vulkan device, wanted 0")};
    auto address = reinterpret_cast<uintptr_t>(from->data) + from->byte_offset;
    size_t size = latheTypeSize(kind->type);
    if (device.kind != LATHE_VULKAN && address % size)
      return {LATHE_BAD_ARGUMENT,
              concat("a DLPack tensor is at an address that is not a multiple "
                     "of its element size, ",
                     size)};
    tensor->type = kind->type;
    tensor->rank = static_cast<uint32_t>(from->ndim);
    tensor->shape = from->shape;
    tensor->data = reinterpret_cast<void *>(address);
    tensor->device = device;
    return {};
  });
}

LatheCode latheTensorToDLPack(const LatheTensor *tensor, void *owner,
                              void (*release)(void *owner),
                              LatheDLManagedTensor **managed,
                              LatheStatus *status) {
  return guarded(status, [&]() -> Status {
    if (!tensor || !managed)
      return {LATHE_BAD_ARGUMENT, "'tensor' or 'managed' is null"};
    *managed = nullptr;
    if (tensor->rank > 0 && !tensor->shape)
      return {LATHE_BAD_ARGUMENT,
              concat("a tensor of rank ", tensor->rank, " has no shape")};
    auto kind = std::find_if(
        std::begin(elementKinds), std::end(elementKinds),
        [&](const ElementKind &it) { return it.type == tensor->type; });
    if (kind == std::end(elementKinds))
      return {LATHE_BAD_ARGUMENT,
              concat("DLPack has no elements ", latheTypeName(tensor->type))};
    auto made = std::make_unique<MadeTensor>();
    made->shape.assign(tensor->shape, tensor->shape + tensor->rank);
    made->owner = owner;
    made->release = release;
    LatheDLTensor &to = made->managed.dl_tensor;
    to.data = tensor->data;
    to.device =
        isOnDevice(*tensor) ? tensor->device : LatheDevice{LATHE_HOST, 0};
    to.ndim = static_cast<int32_t>(tensor->rank);
    to.dtype = {kind->code, kind->bits, 1};
    to.shape = made->shape.data();
    made->managed.manager_ctx = made.get();
    made->managed.deleter = [](LatheDLManagedTensor *self) {
      std::unique_ptr<MadeTensor> gone(
          static_cast<MadeTensor *>(self->manager_ctx));
      if (gone->release)
        gone->release(gone->owner);
    };
    *managed = &made.release()->managed;
    return {};
  });
}
